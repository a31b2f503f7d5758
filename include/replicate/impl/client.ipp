// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_CLIENT_IPP
#define REPLICATE_IMPL_CLIENT_IPP

#include <replicate/client.hpp>
#include <replicate/detail/metrics_body.hpp>
#include <replicate/detail/question_body.hpp>
#include <replicate/detail/run_body.hpp>
#include <replicate/detail/run_operation.hpp>
#include <replicate/detail/schema.hpp>
#include <replicate/detail/secret.hpp>
#include <replicate/detail/wait_body.hpp>

#include <memory>
#include <string>
#include <utility>
#include <variant>

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
    // Not at once: who asks may be an observer who hears of what is being closed.
    asio::post(executor, [client = std::move(client)] { client->transport().close_idle(); });
}

REPLICATE_DECL void start_run(std::shared_ptr<client_state> client, model_ref model, input values, run_options options,
    erased_handler<output> handler)
{
    start_run_operation(std::move(client), std::move(handler), run_request(std::move(model), std::move(values)),
        std::make_shared<run_options const>(std::move(options)));
}

REPLICATE_DECL void start_create(std::shared_ptr<client_state> client, model_ref model, input values,
    create_options options, erased_handler<prediction> handler)
{
    auto const timeout = options.timeout.value_or(client->settings().timeouts.call);
    start<prediction>(std::move(client), timeout, std::move(handler), [&](operation& owner) {
        return create_body(owner, std::move(model), std::move(values), std::move(options));
    });
}

REPLICATE_DECL void start_question(std::shared_ptr<client_state> client, std::shared_ptr<question> what,
    std::optional<std::chrono::steady_clock::duration> timeout, erased_handler<std::monostate> handler)
{
    auto const limit = timeout.value_or(client->settings().timeouts.call);
    start<std::monostate>(std::move(client), limit, std::move(handler),
        [&](operation& owner) { return question_body(owner, std::move(what)); });
}

REPLICATE_DECL void start_wait(std::shared_ptr<client_state> client, std::shared_ptr<waiting> what, wait_options options,
    erased_handler<std::monostate> handler)
{
    auto const timeout = options.timeout.value_or(client->settings().timeouts.run);
    start<std::monostate>(std::move(client), timeout, std::move(handler),
        [&](operation& owner) { return wait_body(owner, std::move(what), options); });
}

REPLICATE_DECL void start_secret(
    std::shared_ptr<client_state> client, secret_options options, erased_handler<webhook_secret> handler)
{
    auto const timeout = options.timeout.value_or(client->settings().timeouts.call);
    start<webhook_secret>(std::move(client), timeout, std::move(handler),
        [&](operation& owner) { return secret_body(owner, options); });
}

REPLICATE_DECL void start_schema(std::shared_ptr<client_state> client, model_ref model, call_options options,
    erased_handler<core::found_schema> handler)
{
    auto const timeout = options.timeout.value_or(client->settings().timeouts.call);
    start<core::found_schema>(std::move(client), timeout, std::move(handler),
        [&](operation& owner) { return schema_body(owner, std::move(model), options); });
}

REPLICATE_DECL void start_metrics(
    std::shared_ptr<client_state> client, call_options options, erased_handler<client_metrics> handler)
{
    auto const timeout = options.timeout.value_or(client->settings().timeouts.call);
    start<client_metrics>(
        std::move(client), timeout, std::move(handler), [&](operation& owner) { return metrics_body(owner, options); });
}

} // namespace replicate::detail

#endif
