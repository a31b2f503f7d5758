// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_PREDICTION_REQUESTS_HPP
#define REPLICATE_CORE_PREDICTION_REQUESTS_HPP

#include <replicate/core/datetime.hpp>
#include <replicate/core/percent_encoding.hpp>
#include <replicate/core/request.hpp>
#include <replicate/core/url.hpp>
#include <replicate/error.hpp>
#include <replicate/identifier.hpp>
#include <replicate/input.hpp>
#include <replicate/list_options.hpp>

#include <boost/json/serialize.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace replicate::core {

/// Refuses an id that could not stand in a path, before anything is sent.
inline void check_id(std::string_view argument, std::string_view id)
{
    if (!is_safe_segment(id))
        detail::throw_invalid_argument(argument, "is not an id: it must not be empty or hold slashes, spaces or control characters");
}

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

/// POST of a new prediction. `server_wait` of zero does not ask the service to hold its answer.
inline request create_prediction_request(model_ref const& model, input const& values, std::chrono::seconds server_wait,
    std::optional<std::chrono::seconds> cancel_after)
{
    request result("POST", creation_target(model));
    result.repeatability = repeatability::creates;
    result.content_type = "application/json";
    result.body = "{";
    if (std::string const version(model.version()); !version.empty())
        result.body += "\"version\":" + json::serialize(json::string(version)) + ",";
    result.body += "\"input\":" + json::serialize(values.object()) + "}";
    result.server_wait = server_wait;
    if (server_wait.count() > 0)
        result.headers.emplace_back("Prefer", "wait=" + std::to_string(server_wait.count()));
    if (cancel_after)
        result.headers.emplace_back("Cancel-After", std::to_string(cancel_after->count()) + "s");
    return result;
}

/// GET of a prediction.
inline request get_prediction_request(std::string_view id)
{
    return request("GET", "/predictions/" + percent_encode(id));
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
    return request("POST", "/predictions/" + percent_encode(id) + "/cancel");
}

/// The path and query of another page of a list. Links of the service are absolute and name its own host, also when they
/// come through a gateway; only their query is used, below the configured base, so that the token goes nowhere else.
inline std::string page_target(std::string_view link, std::string_view list_path, origin const& configured)
{
    auto const url = parse_absolute_url(link);
    bool const known_host = url && (url->origin.host == configured.host || url->origin.host == "api.replicate.com");
    bool const same_list = url && std::string_view(url->path).ends_with(list_path);
    if (!known_host || !same_list)
        detail::throw_invalid_argument("options.page", "is not the next or previous page of this list");
    return std::string(list_path) + (url->query.empty() ? "" : '?' + url->query);
}

/// GET of one page of predictions, newest first.
inline request list_predictions_request(prediction_list_options const& options, origin const& configured)
{
    if (!options.page.empty())
        return request("GET", page_target(options.page, "/predictions", configured));
    std::string query;
    auto const add = [&query](std::string_view name, std::string_view value) {
        query += (query.empty() ? '?' : '&');
        query.append(name).append("=").append(percent_encode(value));
    };
    if (options.created_after)
        add("created_after", format_rfc3339(*options.created_after, 6));
    if (options.created_before)
        add("created_before", format_rfc3339(*options.created_before, 6));
    if (options.only_from_web)
        add("source", "web");
    return request("GET", "/predictions" + query);
}

} // namespace replicate::core

#endif
