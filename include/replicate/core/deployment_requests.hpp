// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_DEPLOYMENT_REQUESTS_HPP
#define REPLICATE_CORE_DEPLOYMENT_REQUESTS_HPP

#include <replicate/core/resource_path.hpp>
#include <replicate/identifier.hpp>
#include <replicate/list_options.hpp>
#include <replicate/resource_options.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace replicate::core {

/// Refuses what is not the name of a model.
inline void check_model_name(std::string_view argument, std::string_view name)
{
    auto const parsed = model_ref::parse(name);
    if (!parsed || parsed->kind() != model_ref::form::model)
        detail::throw_invalid_argument(argument, detail::quoted(name) + " is not the name of a model; write owner/name");
}

/// Refuses what is not the id of a version.
inline void check_version_id(std::string_view argument, std::string_view id)
{
    if (!detail::is_version_id(id))
        detail::throw_invalid_argument(
            argument, detail::quoted(id) + " is not the id of a version, which is 64 hexadecimal digits");
}

/// Refuses a text that has to say something.
inline void check_not_empty(std::string_view argument, std::string_view text)
{
    if (text.empty())
        detail::throw_invalid_argument(argument, "is empty, but needed");
}

/// Refuses numbers of instances that the service does not take.
inline void check_instances(std::optional<int> least, std::optional<int> most)
{
    if (least && (*least < 0 || *least > 5))
        detail::throw_invalid_argument("min_instances", "must be from 0 to 5");
    if (most && (*most < 0 || *most > 20))
        detail::throw_invalid_argument("max_instances", "must be from 0 to 20");
    if (least && most && *least > *most)
        detail::throw_invalid_argument("max_instances", "must not be less than min_instances");
}

/// GET of a page of the account's deployments.
inline request list_deployments_request(list_options const& options, page_links const& links)
{
    return page_request("/deployments", options.page, links);
}

/// POST of a new deployment. Instances cost money, so it is never sent twice.
inline request create_deployment_request(new_deployment const& what)
{
    if (std::string const why = detail::why_not_a_part("name", what.name); !why.empty())
        detail::throw_invalid_argument("name", detail::quoted(what.name) + " cannot be one: " + why);
    check_model_name("model", what.model);
    check_version_id("version", what.version);
    check_not_empty("hardware", what.hardware);
    check_instances(what.min_instances, what.max_instances);
    json::object body;
    body["name"] = json::string(what.name);
    body["model"] = json::string(what.model);
    body["version"] = json::string(what.version);
    body["hardware"] = json::string(what.hardware);
    body["min_instances"] = what.min_instances;
    body["max_instances"] = what.max_instances;
    request result = json_request("POST", "/deployments", body);
    result.repeatability = repeatability::creates;
    return result;
}

/// GET of a deployment.
inline request get_deployment_request(std::string const& owner, std::string const& name)
{
    return request("GET", "/deployments" + owner_and_name(owner, name));
}

/// PATCH of a deployment. Repeating it changes nothing.
inline request update_deployment_request(
    std::string const& owner, std::string const& name, deployment_update const& what)
{
    std::string target = "/deployments" + owner_and_name(owner, name);
    check_instances(what.min_instances, what.max_instances);
    json::object body;
    if (what.version) {
        check_version_id("version", *what.version);
        body["version"] = json::string(*what.version);
    }
    if (what.hardware) {
        check_not_empty("hardware", *what.hardware);
        body["hardware"] = json::string(*what.hardware);
    }
    if (what.min_instances)
        body["min_instances"] = *what.min_instances;
    if (what.max_instances)
        body["max_instances"] = *what.max_instances;
    if (body.empty())
        detail::throw_invalid_argument("deployment_update", "changes nothing; set at least one member");
    return json_request("PATCH", std::move(target), body);
}

/// DELETE of a deployment.
inline request delete_deployment_request(std::string const& owner, std::string const& name)
{
    return request("DELETE", "/deployments" + owner_and_name(owner, name));
}

} // namespace replicate::core

#endif
