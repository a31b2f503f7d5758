// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_CLIENT_IPP
#define REPLICATE_IMPL_CLIENT_IPP

#include <replicate/client.hpp>
#include <replicate/detail/download.hpp>
#include <replicate/detail/prediction_calls.hpp>
#include <replicate/detail/run.hpp>

#include <memory>
#include <string>
#include <utility>

namespace replicate::detail {

REPLICATE_DECL std::shared_ptr<client_state> make_client_state(asio::any_io_executor executor, config settings)
{
    return std::make_shared<client_state>(std::move(executor), std::move(settings));
}

REPLICATE_DECL asio::any_io_executor executor_of(client_state const& client)
{
    return client.strand().get_inner_executor();
}

REPLICATE_DECL void close_idle_connections(std::shared_ptr<client_state> client)
{
    auto const executor = client->strand();
    asio::dispatch(executor, [client = std::move(client)] { client->transport().close_idle(); });
}

REPLICATE_DECL void start_run(std::shared_ptr<client_state> client, model_ref model, input values, run_options options,
    erased_handler<output> handler)
{
    auto const timeout = options.timeout.value_or(client->settings().timeouts.run);
    start<output>(std::move(client), timeout, std::move(handler), [&](operation& owner) {
        return run_body(owner, std::move(model), std::move(values), std::move(options));
    });
}

REPLICATE_DECL void start_create(std::shared_ptr<client_state> client, model_ref model, input values,
    create_options options, erased_handler<prediction> handler)
{
    auto const timeout = options.timeout.value_or(client->settings().timeouts.call);
    start<prediction>(std::move(client), timeout, std::move(handler), [&](operation& owner) {
        return create_body(owner, std::move(model), std::move(values), std::move(options));
    });
}

REPLICATE_DECL void start_get(
    std::shared_ptr<client_state> client, std::string id, call_options options, erased_handler<prediction> handler)
{
    auto const timeout = options.timeout.value_or(client->settings().timeouts.call);
    start<prediction>(std::move(client), timeout, std::move(handler),
        [&](operation& owner) { return get_body(owner, std::move(id), options); });
}

REPLICATE_DECL void start_cancel(
    std::shared_ptr<client_state> client, std::string id, call_options options, erased_handler<prediction> handler)
{
    auto const timeout = options.timeout.value_or(client->settings().timeouts.call);
    start<prediction>(std::move(client), timeout, std::move(handler),
        [&](operation& owner) { return cancel_body(owner, std::move(id), options); });
}

REPLICATE_DECL void start_list(std::shared_ptr<client_state> client, prediction_list_options options,
    erased_handler<page<prediction>> handler)
{
    auto const timeout = options.timeout.value_or(client->settings().timeouts.call);
    start<page<prediction>>(std::move(client), timeout, std::move(handler),
        [&](operation& owner) { return list_body(owner, std::move(options)); });
}

REPLICATE_DECL void start_read(
    std::shared_ptr<client_state> client, std::string location, call_options options, erased_handler<std::string> handler)
{
    auto const timeout = options.timeout.value_or(client->settings().timeouts.call);
    start<std::string>(std::move(client), timeout, std::move(handler),
        [&](operation& owner) { return read_file_body(owner, std::move(location), options); });
}

} // namespace replicate::detail

#endif
