// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_DEPLOYMENT_ROUTES_HPP
#define REPLICATE_IMPL_TESTING_DEPLOYMENT_ROUTES_HPP

#include <replicate/core/datetime.hpp>
#include <replicate/impl/testing/catalog.hpp>
#include <replicate/impl/testing/catalog_routes.hpp>
#include <replicate/impl/testing/model_routes.hpp>
#include <replicate/impl/testing/page_answer.hpp>
#include <replicate/impl/testing/resource_body.hpp>
#include <replicate/impl/testing/service.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

inline std::string describe_deployment(service const& server, deployment_record const& deployment)
{
    model_pointer const newest = server.models.by_name(deployment.model);
    object_writer configuration;
    configuration.string("hardware", deployment.hardware);
    configuration.raw("min_instances", std::to_string(deployment.least_instances));
    configuration.raw("max_instances", std::to_string(deployment.most_instances));
    object_writer release;
    release.raw("number", std::to_string(deployment.release));
    release.string("model", deployment.model);
    release.string("version", deployment.version.empty() && newest ? newest->version : deployment.version);
    release.string("created_at", core::format_rfc3339(deployment.released, 6));
    release.raw("created_by", describe_account(server.options));
    release.raw("configuration", std::move(configuration).finish());
    object_writer document;
    document.string("owner", deployment.name.substr(0, deployment.name.find('/')));
    document.string("name", deployment.name.substr(deployment.name.find('/') + 1));
    document.raw("current_release", std::move(release).finish());
    return std::move(document).finish();
}

inline outcome list_deployments(service& server, call const& received)
{
    auto all = server.deployments.all();
    std::sort(all.begin(), all.end(), [](deployment_record const& left, deployment_record const& right) {
        return left.created != right.created ? right.created < left.created : right.name < left.name;
    });
    std::vector<list_item<deployment_record>> items;
    for (deployment_record const& each : all)
        items.emplace_back(time_key(each.created) + ' ' + each.name, each);
    return answer_page(server, received, page_form("/deployments", list_order::descending, 25), items,
        [&](deployment_record const& each) { return describe_deployment(server, each); });
}

inline outcome get_deployment(service& server, call const& received)
{
    auto const found = server.deployments.find(model_name(received));
    return outcome(found ? reply(200, describe_deployment(server, *found)) : not_found());
}

// The members that a create and an update have in common; what is absent stays as it is.
inline void read_release(service const& server, resource_body& body, deployment_record& deployment)
{
    if (auto const version = body.text("version")) {
        model_pointer const found = server.models.by_version(*version);
        if (!found || found->name != deployment.model)
            body.refuse("version", "The version does not exist, or is not one of the model.");
        deployment.version = *version;
    }
    if (auto const hardware = body.text("hardware")) {
        if (!is_hardware(*hardware))
            body.refuse("hardware", "Hardware must be one of: " + hardware_choices() + '.');
        deployment.hardware = *hardware;
    }
    if (auto const least = body.integer("min_instances", 0, 5))
        deployment.least_instances = *least;
    if (auto const most = body.integer("max_instances", 0, 20))
        deployment.most_instances = *most;
    if (!body.refused() && deployment.most_instances < deployment.least_instances)
        body.refuse("max_instances", "Must not be less than min_instances.");
}

inline outcome create_deployment(service& server, call const& received)
{
    resource_body body(
        received.request.body, {"name", "model", "version", "hardware", "min_instances", "max_instances"});
    if (body.refused())
        return outcome(body.refusal());
    for (std::string_view const name : {"version", "hardware", "min_instances", "max_instances"})
        body.require(name);
    std::string const name = body.required_text("name");
    deployment_record made;
    made.name = server.options.account + '/' + name;
    made.model = body.required_text("model");
    made.created = made.released = received.now.system;
    if (!name.empty() && !is_resource_name(name))
        body.refuse("name", "Use lower-case letters, digits, '-', '_' and '.' only.");
    if (!made.model.empty() && !server.models.card(made.model))
        body.refuse("model", "The model does not exist.");
    read_release(server, body, made);
    if (!body.refused() && !server.deployments.add(made))
        body.refuse("name", "A deployment with that name already exists.");
    if (body.refused())
        return outcome(body.refusal());
    return outcome(reply(200, describe_deployment(server, made)));
}

inline outcome update_deployment(service& server, call const& received)
{
    std::string const name = model_name(received);
    auto const found = server.deployments.find(name);
    if (!found)
        return outcome(not_found());
    resource_body body(received.request.body, {"version", "hardware", "min_instances", "max_instances"});
    deployment_record changed = *found;
    if (!body.refused())
        read_release(server, body, changed);
    if (body.refused())
        return outcome(body.refusal());
    auto const release = [](deployment_record const& each) {
        return std::tie(each.version, each.hardware, each.least_instances, each.most_instances);
    };
    if (release(changed) != release(*found)) {
        ++changed.release;
        changed.released = received.now.system;
        server.deployments.add(changed, true);
    }
    return outcome(reply(200, describe_deployment(server, changed)));
}

inline outcome delete_deployment(service& server, call const& received)
{
    std::string const name = model_name(received);
    auto const found = server.deployments.find(name);
    if (!found)
        return outcome(not_found());
    if (found->used && received.now.system - *found->used < server.options.deployment_rest)
        return outcome(problem(400, "", "A deployment can be deleted when it has not been used for 15 minutes"));
    server.deployments.erase(name);
    return outcome(reply(204, ""));
}

/// Deployments, but for running them.
inline std::vector<route> deployment_routes()
{
    return {
        route("GET", "/deployments", operation::deployment, bucket::other, list_deployments),
        route("POST", "/deployments", operation::deployment, bucket::other, create_deployment),
        route("GET", "/deployments/{}/{}", operation::deployment, bucket::other, get_deployment),
        route("PATCH", "/deployments/{}/{}", operation::deployment, bucket::other, update_deployment),
        route("DELETE", "/deployments/{}/{}", operation::deployment, bucket::other, delete_deployment),
    };
}

} // namespace replicate::testing::detail

#endif
