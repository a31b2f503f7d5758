// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_MODEL_ROUTES_HPP
#define REPLICATE_IMPL_TESTING_MODEL_ROUTES_HPP

#include <replicate/impl/testing/prediction_text.hpp>
#include <replicate/impl/testing/service.hpp>

#include <string>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

inline std::string describe_version(model_entry const& model)
{
    object_writer version;
    version.string("id", model.version);
    version.raw("created_at", "\"2024-01-01T00:00:00.000000Z\"");
    version.raw("cog_version", "\"0.16.7\"");
    version.raw("openapi_schema", "{}");
    return std::move(version).finish();
}

inline outcome get_model(service& server, call const& received)
{
    auto const& owner = received.arguments[0];
    auto const& name = received.arguments[1];
    model_pointer const model = server.models.by_name(owner + '/' + name);
    if (!model)
        return outcome(not_found());
    object_writer document;
    document.string("url", "https://replicate.com/" + model->name);
    document.string("owner", owner);
    document.string("name", name);
    document.raw("description", "null");
    document.raw("visibility", "\"public\"");
    document.raw("is_official", model->official ? "true" : "false");
    document.raw("github_url", "null");
    document.raw("paper_url", "null");
    document.raw("license_url", "null");
    document.raw("run_count", "0");
    document.raw("cover_image_url", "null");
    document.raw("default_example", "null");
    document.raw("latest_version", describe_version(*model));
    return outcome(reply(200, std::move(document).finish()));
}

inline outcome get_version(service& server, call const& received)
{
    model_pointer const model = server.models.by_version(received.arguments[2]);
    if (!model || model->name != received.arguments[0] + '/' + received.arguments[1])
        return outcome(not_found());
    return outcome(reply(200, describe_version(*model)));
}

/// Models and versions.
inline std::vector<route> model_routes()
{
    return {
        route("GET", "/models/{}/{}", operation::model, bucket::other, get_model),
        route("GET", "/models/{}/{}/versions/{}", operation::model, bucket::other, get_version),
    };
}

} // namespace replicate::testing::detail

#endif
