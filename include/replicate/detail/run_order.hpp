// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_RUN_ORDER_HPP
#define REPLICATE_DETAIL_RUN_ORDER_HPP

#include <replicate/core/prediction_requests.hpp>
#include <replicate/detail/reconcile.hpp>
#include <replicate/output.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace replicate::detail {

/// What a run asks for: needed until its prediction is known.
class run_order {
public:
    /// What is to be run.
    model_ref model;
    /// Its input.
    input values;
    /// What the client knows of the create.
    create_claim claim;
    /// The version that it was tried with where only its name was given; empty where there was none.
    std::string tried_version;
    /// Whether it is run by its name where versions are.
    bool by_reference = false;

    run_order(model_ref of, input with)
        : model(std::move(of))
        , values(std::move(with))
    {
    }

    /// It is about to be created.
    void begin(std::shared_ptr<client_state> client, model_ref const& target, std::optional<std::chrono::seconds> cancel_after,
        std::optional<std::string> const& webhook)
    {
        tried_version = target.version();
        core::create_signature made(by_reference ? model : target, values.object());
        made.webhook = webhook;
        made.cancel_after = cancel_after;
        claim.begin(std::move(client), std::move(made));
    }

    /// What creates it.
    core::request request(model_ref const& target, std::chrono::seconds server_wait, std::optional<std::chrono::seconds> cancel_after,
        std::optional<std::string> const& webhook, std::vector<webhook_event> const& events) const
    {
        if (by_reference)
            return core::creation_request("/predictions", model.str(), values, server_wait, cancel_after, webhook, events);
        return core::create_prediction_request(target, values, server_wait, cancel_after, webhook, events);
    }

    /// Whether the model's name alone says what is run.
    bool is_by_name() const { return model.kind() == model_ref::form::model && !by_reference; }
};

/// Asks for the latest version of the model, and says whether there is another one to be run than was tried.
inline asio::awaitable<bool> look_up_latest_version(operation& owner, run_order& order)
{
    core::version_memory& memory = owner.client().versions();
    memory.forget(order.model);
    call look(owner, core::get_model_request(order.model));
    call_result const result = co_await look.perform();
    auto const document = core::parse_document(result.code ? "null" : result.response.body);
    std::string const version = document ? core::latest_version_of(*document) : std::string();
    // A model without a version that can be named may still be run by its name where versions are.
    order.by_reference = version.empty() && document && document->is_object();
    if (version.empty())
        co_return order.by_reference;
    memory.remember(order.model, version);
    json::value const* const latest = find_member(&*document, "latest_version");
    if (json::value const* const schema = find_member(latest, "openapi_schema"))
        memory.remember_output(version, core::output_kind_of(*schema, text_at(latest, "cog_version")));
    // A version that was remembered, and is the latest still, was refused for another reason.
    co_return version != order.tried_version;
}

} // namespace replicate::detail

#endif
