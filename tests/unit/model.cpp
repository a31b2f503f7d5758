// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/model.hpp>
#include <replicate/page.hpp>

#include "support/published_bodies.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

namespace json = boost::json;
using replicate::model;
using replicate::model_version;

TEST_CASE("the recorded models are read")
{
    std::vector<json::value> const bodies = replicate::tests::recorded_bodies("models-get", "GET", "/models/");
    if (bodies.empty())
        return;
    REQUIRE(bodies.size() == 2);
    model const sdxl = model::from_json(bodies[0]);
    CHECK(sdxl.owner == "stability-ai");
    CHECK(sdxl.name == "sdxl");
    CHECK(sdxl.reference() == "stability-ai/sdxl");
    CHECK(sdxl.url == "https://replicate.com/stability-ai/sdxl");
    CHECK(sdxl.description == "A text-to-image generative AI model that creates beautiful images");
    CHECK(sdxl.visibility == "public");
    CHECK(sdxl.github_url == "https://github.com/replicate/cog-sdxl");
    CHECK(sdxl.paper_url == "https://arxiv.org/abs/2307.01952");
    CHECK(sdxl.run_count == 19361490);
    CHECK_FALSE(sdxl.is_official);
    REQUIRE(sdxl.latest_version);
    CHECK(sdxl.latest_version->id.size() == 64);
    CHECK(sdxl.latest_version->openapi_schema().at("components").is_object());
    CHECK(sdxl.latest_version->raw() == bodies[0].at("latest_version").as_object());
    REQUIRE(sdxl.default_example());
    CHECK(sdxl.default_example()->status == replicate::prediction_status::succeeded);
    model const empty = model::from_json(bodies[1]);
    CHECK(empty.reference() == "mattt/empty");
    CHECK(empty.description == "");
    CHECK_FALSE(empty.latest_version);
    CHECK_FALSE(empty.default_example());
}

TEST_CASE("the recorded version is read")
{
    for (json::value const& body : replicate::tests::recorded_bodies("run", "GET", "/versions/")) {
        model_version const version = model_version::from_json(body);
        CHECK(version.id == "39ed52f2a78e934b3ba6e2a89f5b1c712de7dfea535525255b1aa35c5565e08b");
        CHECK(version.cog_version == "0.8.5");
        REQUIRE(version.created_at);
        CHECK(
            *version.created_at == std::chrono::system_clock::time_point(std::chrono::microseconds(1691773223916379)));
        CHECK(version.openapi_schema().is_object());
    }
}

TEST_CASE("the models and versions of the OpenAPI document are read")
{
    std::vector<json::value> const models = replicate::tests::openapi_examples("models.get");
    if (models.empty())
        return;
    model const hello = model::from_json(models.at(0));
    CHECK(hello.reference() == "replicate/hello-world");
    CHECK(hello.run_count == 5681081);
    CHECK_FALSE(hello.default_example());
    CHECK(hello.latest_version.has_value());
    std::vector<json::value> const created = replicate::tests::openapi_examples("models.create");
    CHECK(model::from_json(created.back()).reference() == "alice/hot-dog-detector");
    auto const versions =
        replicate::page<model_version>::from_json(replicate::tests::openapi_examples("models.versions.list").at(0));
    REQUIRE(versions.results.size() == 1);
    CHECK(versions.results[0].cog_version == "0.3.0");
    CHECK(versions.next == "");
    CHECK(model_version::from_json(replicate::tests::openapi_examples("models.versions.get").at(0)).id
        == versions.results[0].id);
}

TEST_CASE("a model says what it is, where the service does")
{
    model const read =
        model::from_json(json::parse(R"({"owner":"a","name":"b","is_official":true,"visibility":"private",
        "run_count":18446744073709551615,"created_at":"2024-10-01T00:00:00Z","weights_url":"w","cover_image_url":"c",
        "license_url":"l","default_example":{"status":"succeeded"},"latest_version":[]})"));
    CHECK(read.is_official);
    CHECK(read.visibility == "private");
    CHECK(read.run_count == 18446744073709551615u);
    CHECK(read.created_at.has_value());
    CHECK(read.weights_url == "w");
    CHECK(read.cover_image_url == "c");
    CHECK(read.license_url == "l");
    CHECK_FALSE(read.default_example());
    CHECK_FALSE(read.latest_version);
    CHECK(model::from_json(json::parse(R"({"owner":"a","name":"b","run_count":-1})")).run_count == 0);
}
