// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_EXCHANGES_HPP
#define REPLICATE_TESTS_SUPPORT_EXCHANGES_HPP

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::tests {

namespace json = boost::json;

/// What the service sends with every answer.
inline json::object usual_headers(std::string_view content_type = "application/json")
{
    json::object headers;
    headers["content-type"] = json::string(content_type);
    headers["cf-ray"] = "82702682c85e3afa-IAD";
    headers["ratelimit-remaining"] = "2999";
    headers["ratelimit-reset"] = "1";
    return headers;
}

/// An exchange made by hand, for `server::replay`. `path` is what stands behind /v1.
inline json::object exchange(std::string_view method, std::string_view path, int status, std::string_view body,
    json::object headers = usual_headers())
{
    json::object request;
    request["method"] = json::string(method);
    request["uri"] = "https://api.replicate.com/v1" + std::string(path);
    json::object response;
    response["status"] = status;
    response["headers"] = std::move(headers);
    response["body"] = json::string(body);
    json::object result;
    result["request"] = std::move(request);
    result["response"] = std::move(response);
    return result;
}

/// Several of them.
inline json::array exchanges(std::initializer_list<json::object> all)
{
    json::array result;
    for (json::object const& one : all)
        result.push_back(one);
    return result;
}

} // namespace replicate::tests

#endif
