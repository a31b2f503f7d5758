// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_PREDICTION_REQUESTS_HPP
#define REPLICATE_CORE_PREDICTION_REQUESTS_HPP

#include <replicate/core/datetime.hpp>
#include <replicate/core/percent_encoding.hpp>
#include <replicate/core/resource_path.hpp>
#include <replicate/error.hpp>
#include <replicate/identifier.hpp>
#include <replicate/input.hpp>
#include <replicate/list_options.hpp>
#include <replicate/webhook_event.hpp>

#include <boost/json/serialize.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::core {

/// The path that creates a prediction of this model (http-api 3.2): official models and deployments have their own; a
/// version goes to /predictions by its id.
inline std::string creation_target(model_ref const& model)
{
    std::string const owner_and_name = percent_encode(model.owner()) + '/' + percent_encode(model.name());
    switch (model.kind()) {
    case model_ref::form::model: return "/models/" + owner_and_name + "/predictions";
    case model_ref::form::deployment: return "/deployments/" + owner_and_name + "/predictions";
    case model_ref::form::version:
    case model_ref::form::model_version: break;
    }
    return "/predictions";
}

/// The members of a body that say where and when to call a webhook, each with a comma before it.
inline std::string webhook_members(std::optional<std::string> const& url, std::vector<webhook_event> const& events)
{
    std::string members;
    if (url)
        members += ",\"webhook\":" + json::serialize(json::string(*url));
    for (std::size_t i = 0; i < events.size(); ++i)
        members.append(i == 0 ? ",\"webhook_events_filter\":[\"" : "\",\"").append(to_string(events[i]));
    return events.empty() ? members : members + "\"]";
}

/// Asks the service to hold its answer for so long, in the place of what it was asked before; zero does not ask.
inline void set_server_wait(request& what, std::chrono::seconds server_wait)
{
    std::erase_if(what.headers, [](auto const& header) { return header.first == "Prefer"; });
    what.server_wait = server_wait;
    if (server_wait.count() > 0)
        what.headers.emplace_back("Prefer", "wait=" + std::to_string(server_wait.count()));
}

/// POST of a new prediction of a version, or where that is empty of what the path says. `server_wait` of zero does not ask the
/// service to hold its answer.
inline request creation_request(std::string path, std::string const& version, input const& values,
    std::chrono::seconds server_wait, std::optional<std::chrono::seconds> cancel_after,
    std::optional<std::string> const& webhook = std::nullopt, std::vector<webhook_event> const& events = {})
{
    request result("POST", std::move(path));
    result.repeatability = repeatability::creates;
    result.content_type = "application/json";
    result.body = "{";
    if (!version.empty())
        result.body += "\"version\":" + json::serialize(json::string(version)) + ",";
    result.body += "\"input\":" + json::serialize(values.object()) + webhook_members(webhook, events) + "}";
    set_server_wait(result, server_wait);
    if (cancel_after)
        result.headers.emplace_back("Cancel-After", std::to_string(cancel_after->count()) + "s");
    return result;
}

/// POST of a new prediction of a model, a version or a deployment, by the path for it.
inline request create_prediction_request(model_ref const& model, input const& values, std::chrono::seconds server_wait,
    std::optional<std::chrono::seconds> cancel_after, std::optional<std::string> const& webhook = std::nullopt,
    std::vector<webhook_event> const& events = {})
{
    return creation_request(
        creation_target(model), model.version(), values, server_wait, cancel_after, webhook, events);
}

/// GET of a prediction.
inline request get_prediction_request(std::string_view id)
{
    return request("GET", "/predictions" + path_segment("id", id));
}

/// GET of a model.
inline request get_model_request(model_ref const& model)
{
    return request("GET", "/models/" + percent_encode(model.owner()) + '/' + percent_encode(model.name()));
}

/// The id of the latest version in the description of a model; empty where it has none.
inline std::string latest_version_of(json::value const& model)
{
    json::object const* const object = model.if_object();
    json::value const* const latest = object == nullptr ? nullptr : object->if_contains("latest_version");
    std::string id = latest == nullptr || !latest->is_object() ? "" : detail::text_member(latest->get_object(), "id");
    return is_safe_segment(id) ? id : std::string();
}

/// POST that cancels a prediction. Repeating it changes nothing. The path is made of the id, not taken from
/// `urls.cancel`: the token must not follow a link.
inline request cancel_prediction_request(std::string_view id)
{
    return request("POST", "/predictions" + path_segment("id", id) + "/cancel");
}

/// GET of a page of predictions, the newest first.
inline request list_predictions_request(prediction_list_options const& options, page_links const& links)
{
    query_text query;
    if (options.created_after)
        query.add("created_after", format_rfc3339(*options.created_after, 6));
    if (options.created_before)
        query.add("created_before", format_rfc3339(*options.created_before, 6));
    if (options.only_from_web)
        query.add("source", "web");
    return page_request("/predictions", options.page, links, query);
}

} // namespace replicate::core

#endif
