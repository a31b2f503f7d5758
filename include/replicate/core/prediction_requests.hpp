// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_PREDICTION_REQUESTS_HPP
#define REPLICATE_CORE_PREDICTION_REQUESTS_HPP

#include <replicate/core/percent_encoding.hpp>
#include <replicate/core/request.hpp>
#include <replicate/error.hpp>
#include <replicate/identifier.hpp>
#include <replicate/input.hpp>

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

/// POST that cancels a prediction. Repeating it changes nothing. The path is made of the id, not taken from
/// `urls.cancel`: the token must not follow a link.
inline request cancel_prediction_request(std::string_view id)
{
    return request("POST", "/predictions/" + percent_encode(id) + "/cancel");
}

} // namespace replicate::core

#endif
