// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/deployment.hpp>
#include <replicate/page.hpp>

#include "support/published_bodies.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace json = boost::json;
using replicate::deployment_info;
using replicate::deployment_release;

TEST_CASE("the deployments of the OpenAPI document are read")
{
    std::vector<json::value> const lists = replicate::tests::openapi_examples("deployments.list");
    if (lists.empty())
        return;
    auto const page = replicate::page<deployment_info>::from_json(lists.at(0));
    CHECK(page.results.at(0).owner == "replicate");
    CHECK(page.next.substr(0, 7) == "http://");
    for (std::string_view operation : {"deployments.create", "deployments.get", "deployments.update"}) {
        CAPTURE(operation);
        deployment_info const read = deployment_info::from_json(replicate::tests::openapi_examples(operation).back());
        bool const updated = operation == "deployments.update";
        CHECK(read.owner == "acme");
        CHECK(read.name == "my-app-image-generator");
        CHECK(read.reference().owner() == "acme");
        CHECK(read.reference().name() == "my-app-image-generator");
        REQUIRE(read.current_release);
        deployment_release const& release = *read.current_release;
        CHECK(release.number == (updated ? 2 : 1));
        CHECK(release.model == "stability-ai/sdxl");
        CHECK(release.version == "da77bc59ee60423279fd632efb4795ab731d9e3ca9705ef3341091fb989b7eaf");
        CHECK(release.hardware == "gpu-t4");
        CHECK(release.min_instances == (updated ? 3 : 1));
        CHECK(release.max_instances == (updated ? 10 : 5));
        CHECK(release.created_at.has_value());
        REQUIRE(release.created_by);
        CHECK(release.created_by->username == "acme");
        CHECK(release.created_by->avatar_url == "https://cdn.replicate.com/avatars/acme.png");
    }
}

TEST_CASE("a deployment without a release is one")
{
    deployment_info const read =
        deployment_info::from_json(json::parse(R"({"owner":"a","name":"b","current_release":null})"));
    CHECK_FALSE(read.current_release);
    deployment_info const other =
        deployment_info::from_json(json::parse(R"({"owner":"a","name":"b","current_release":{}})"));
    REQUIRE(other.current_release);
    CHECK(other.current_release->number == 0);
    CHECK(other.current_release->hardware == "");
    CHECK_FALSE(other.current_release->created_by);
}

TEST_CASE("a name from the service that no path can hold is no reference")
{
    deployment_info const read = deployment_info::from_json(json::parse(R"({"owner":"a/b","name":".."})"));
    CHECK_THROWS_AS(read.reference(), replicate::error);
}
