// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_RUN_IPP
#define REPLICATE_IMPL_RUN_IPP

#include <replicate/detail/default_client.hpp>
#include <replicate/run.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace replicate {

namespace detail {

/// The default client of a caller; null where there is none, and then the handler is told why.
template<class T>
std::shared_ptr<client_state> default_client_for(asio::any_io_executor const& caller, erased_handler<T>& handler)
{
    std::shared_ptr<client_state> client;
    try {
        client = default_client::of(caller);
    } catch (...) {
        asio::post(caller,
            [handler = std::move(handler), refusal = failure::of_exception(std::current_exception())]() mutable {
                std::move(handler)(std::move(refusal), T());
            });
    }
    return client;
}

REPLICATE_DECL void start_default_run(
    asio::any_io_executor caller, model_ref model, input values, run_options options, erased_handler<output> handler)
{
    if (auto client = default_client_for(caller, handler))
        start_run(std::move(client), std::move(model), std::move(values), std::move(options), std::move(handler));
}

REPLICATE_DECL void start_default_stream(asio::any_io_executor caller, model_ref model, input values,
    stream_options options, erased_handler<stream> handler)
{
    if (auto client = default_client_for(caller, handler))
        start_stream(std::move(client), std::move(model), std::move(values), std::move(options), std::move(handler));
}

/// What the blocking `run` of one thread runs on. It ends before anything static does, so that no TLS connection outlives the
/// TLS library.
class blocking_context {
public:
    ~blocking_context()
    {
        // A prediction whose caller has given up may still be being cancelled.
        context_.restart();
        context_.run_for(std::chrono::seconds(5));
    }

    output run(model_ref model, input values, run_options options)
    {
        std::optional<std::pair<failure, output>> result;
        auto const executor = context_.get_executor();
        start_default_run(executor, std::move(model), std::move(values), std::move(options),
            erased_handler<output>(asio::bind_executor(executor, [&result](failure outcome, output value) {
                result.emplace(std::move(outcome), std::move(value));
            })));
        context_.restart();
        while (!result)
            context_.run_one();
        if (result->first)
            result->first.raise();
        return std::move(result->second);
    }

private:
    asio::io_context context_;
};

} // namespace detail

REPLICATE_DECL output run(model_ref model, input values, run_options options)
{
    thread_local detail::blocking_context context;
    return context.run(std::move(model), std::move(values), std::move(options));
}

} // namespace replicate

#endif
