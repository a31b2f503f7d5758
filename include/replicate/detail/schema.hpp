// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_SCHEMA_HPP
#define REPLICATE_DETAIL_SCHEMA_HPP

#include <replicate/core/deployment_requests.hpp>
#include <replicate/core/model_requests.hpp>
#include <replicate/core/prediction_requests.hpp>
#include <replicate/core/schema_memory.hpp>
#include <replicate/deployment.hpp>
#include <replicate/detail/call.hpp>
#include <replicate/model.hpp>
#include <replicate/run_options.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace replicate::detail {

/// Asks the service for the schema of what a reference means. Lives in the frame that awaits it.
class schema_search {
public:
    schema_search(operation& owner, model_ref what)
        : owner_(owner)
        , what_(std::move(what))
    {
    }

    /// The schema, if it is remembered.
    std::optional<core::found_schema> recall()
    {
        core::schema_memory& memory = owner_.client().schemas();
        if (what_.kind() == model_ref::form::model_version || what_.kind() == model_ref::form::version)
            return memory.of_version(what_.version());
        return memory.of_name(name(), std::chrono::steady_clock::now());
    }

    /// Asks for it, and remembers it.
    asio::awaitable<core::found_schema> ask()
    {
        core::found_schema found;
        switch (what_.kind()) {
        case model_ref::form::model: found = co_await ask_for_latest(); break;
        case model_ref::form::model_version: found = co_await ask_for_version(what_); break;
        case model_ref::form::deployment: found = co_await ask_for_deployment(); break;
        case model_ref::form::version:
            throw_invalid_argument("model", "a version id alone does not say where its schema is; write owner/name:version");
        }
        owner_.client().schemas().remember(name(), found, std::chrono::steady_clock::now());
        co_return found;
    }

private:
    /// What is remembered for some minutes only; empty for a version.
    std::string name() const
    {
        if (what_.kind() == model_ref::form::deployment)
            return "deployment " + what_.str();
        return what_.kind() == model_ref::form::model ? what_.str() : std::string();
    }

    asio::awaitable<json::value> get(core::request request)
    {
        call look(owner_, std::move(request));
        call_result const result = co_await look.perform();
        if (result.code)
            owner_.make_failure(result.code).raise();
        auto document = core::parse_document(result.response.body);
        if (!document)
            owner_.make_failure(document.error()).raise();
        co_return std::move(*document);
    }

    core::found_schema take(std::string model, std::optional<model_version> const& version)
    {
        if (!version)
            refuse("the model " + model + " has no version");
        if (!version->openapi_schema().is_object())
            refuse("the version " + version->id + " of " + model + " has no schema");
        core::found_schema found;
        found.model = std::move(model);
        found.version = version->id;
        found.document = std::make_shared<json::value const>(version->openapi_schema());
        owner_.client().versions().remember_output(
            found.version, core::output_kind_of(*found.document, version->cog_version));
        return found;
    }

    [[noreturn]] void refuse(std::string why)
    {
        owner_.context().detail = std::move(why);
        owner_.make_failure(errc::unexpected_document).raise();
        std::terminate();
    }

    asio::awaitable<core::found_schema> ask_for_latest()
    {
        json::value document = co_await get(core::get_model_request(what_));
        model const described = model::from_json(std::move(document));
        co_return take(what_.str(), described.latest_version);
    }

    asio::awaitable<core::found_schema> ask_for_version(model_ref which)
    {
        json::value document = co_await get(core::get_version_request(which.owner(), which.name(), which.version()));
        model_version const described = model_version::from_json(std::move(document));
        co_return take(which.owner() + "/" + which.name(), described);
    }

    asio::awaitable<core::found_schema> ask_for_deployment()
    {
        json::value document = co_await get(core::get_deployment_request(what_.owner(), what_.name()));
        deployment_info const described = deployment_info::from_json(std::move(document));
        auto const release = described.current_release.value_or(deployment_release());
        auto const runs = model_ref::parse(release.model + ":" + release.version);
        if (!runs)
            refuse("the deployment " + what_.str() + " does not say which version it runs");
        auto known = owner_.client().schemas().of_version(runs->version());
        if (known)
            co_return std::move(*known);
        core::found_schema found = co_await ask_for_version(*runs);
        co_return found;
    }

    operation& owner_;
    model_ref what_;
};

/// The body of `client::async_schema`. One call at a time asks the service; those that waited meanwhile find the answer.
inline asio::awaitable<core::found_schema> schema_body(operation& owner, model_ref model, call_options options)
{
    check(options);
    schema_search search(owner, std::move(model));
    std::optional<core::found_schema> known = search.recall();
    if (known)
        co_return std::move(*known);
    io::pass const turn = co_await owner.client().schema_gate().admit();
    known = search.recall();
    if (known)
        co_return std::move(*known);
    core::found_schema found = co_await search.ask();
    co_return found;
}

} // namespace replicate::detail

#endif
