// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_START_HPP
#define REPLICATE_DETAIL_START_HPP

#include <replicate/catalog.hpp>
#include <replicate/client_metrics.hpp>
#include <replicate/config.hpp>
#include <replicate/core/schema_memory.hpp>
#include <replicate/detail/initiate.hpp>
#include <replicate/identifier.hpp>
#include <replicate/input.hpp>
#include <replicate/list_options.hpp>
#include <replicate/output.hpp>
#include <replicate/run_options.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>
#include <utility>

// The wall. In front of it: templates over completion tokens, cheap to compile. Behind it, in impl/client.ipp: Beast, TLS
// and all coroutines. Each function starts one operation and returns at once; whatever happens, the handler is completed once.
// Operations that only ask and decode go through the one in question.hpp.

namespace replicate::detail {

/// Makes the state of a client; throws an `error` of `errc::missing_token` or `errc::invalid_configuration`.
std::shared_ptr<client_state> make_client_state(asio::any_io_executor executor, config settings);

/// The executor that a client was made with.
asio::any_io_executor executor_of(client_state const& client);

/// Closes the connections that are not in use.
void close_idle_connections(std::shared_ptr<client_state> client);

void start_run(std::shared_ptr<client_state> client, model_ref model, input values, run_options options,
    erased_handler<output> handler);
void start_default_run(
    asio::any_io_executor caller, model_ref model, input values, run_options options, erased_handler<output> handler);
void start_create(std::shared_ptr<client_state> client, model_ref model, input values, create_options options,
    erased_handler<prediction> handler);
void start_secret(
    std::shared_ptr<client_state> client, secret_options options, erased_handler<webhook_secret> handler);
void start_schema(std::shared_ptr<client_state> client, model_ref model, call_options options,
    erased_handler<core::found_schema> handler);
void start_metrics(
    std::shared_ptr<client_state> client, call_options options, erased_handler<client_metrics> handler);
void start_read(
    std::shared_ptr<client_state> client, std::string location, call_options options, erased_handler<std::string> handler);

/// What `initiate` calls, with the arguments of the operation. A class with a constructor, not a lambda: see initiate.hpp.
template<auto Start, class... Arguments>
class bound_start {
public:
    /// True for an operation that finds its client by the executor of its caller.
    static constexpr bool wants_executor = false;

    explicit bound_start(Arguments... arguments)
        : arguments_(std::move(arguments)...)
    {
    }

    template<class Options, class Handler>
    void operator()(Options options, Handler handler)
    {
        std::apply(
            [&](Arguments&... arguments) { Start(std::move(arguments)..., std::move(options), std::move(handler)); },
            arguments_);
    }

private:
    std::tuple<Arguments...> arguments_;
};

/// The same for an operation of the default client.
template<auto Start, class... Arguments>
class unbound_start {
public:
    static constexpr bool wants_executor = true;

    explicit unbound_start(Arguments... arguments)
        : arguments_(std::move(arguments)...)
    {
    }

    template<class Options, class Handler>
    void operator()(asio::any_io_executor caller, Options options, Handler handler)
    {
        std::apply(
            [&](Arguments&... arguments) {
                Start(std::move(caller), std::move(arguments)..., std::move(options), std::move(handler));
            },
            arguments_);
    }

private:
    std::tuple<Arguments...> arguments_;
};

/// Binds the arguments of an operation.
template<auto Start, class... Arguments>
bound_start<Start, Arguments...> bind_start(Arguments... arguments)
{
    return bound_start<Start, Arguments...>(std::move(arguments)...);
}

/// Binds the arguments of an operation of the default client.
template<auto Start, class... Arguments>
unbound_start<Start, Arguments...> bind_default_start(Arguments... arguments)
{
    return unbound_start<Start, Arguments...>(std::move(arguments)...);
}

} // namespace replicate::detail

#endif
