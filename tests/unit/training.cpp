// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/page.hpp>
#include <replicate/training.hpp>
#include <replicate/webhook.hpp>

#include "support/published_bodies.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

namespace json = boost::json;
using replicate::prediction_status;
using replicate::training;

TEST_CASE("the recorded training is read")
{
    std::vector<json::value> const bodies = replicate::tests::recorded_bodies("trainings-create", "POST", "/trainings");
    if (bodies.empty())
        return;
    training const read = training::from_json(bodies.at(0));
    CHECK(read.id == "wj4is6lbdqqkdepnwpr6v2kuva");
    CHECK(read.model == "stability-ai/sdxl");
    CHECK(read.version == "39ed52f2a78e934b3ba6e2a89f5b1c712de7dfea535525255b1aa35c5565e08b");
    CHECK(read.status == prediction_status::starting);
    CHECK_FALSE(read.is_terminal());
    CHECK(read.input().at("use_face_detection_instead").as_bool());
    CHECK(read.output().is_null());
    CHECK(read.error == "");
    CHECK(read.trained_version == "");
    CHECK(read.created_at.has_value());
    CHECK_FALSE(read.completed_at);
    CHECK(read.urls.cancel == "https://api.replicate.com/v1/predictions/wj4is6lbdqqkdepnwpr6v2kuva/cancel");
}

TEST_CASE("the trainings of the OpenAPI document are read")
{
    std::vector<json::value> const lists = replicate::tests::openapi_examples("trainings.list");
    if (lists.empty())
        return;
    auto const page = replicate::page<training>::from_json(lists.at(0));
    REQUIRE(page.results.size() == 1);
    training const got = training::from_json(replicate::tests::openapi_examples("trainings.get").at(0));
    for (training const& read : {page.results[0], got}) {
        CHECK(read.id == "zz4ibbonubfz7carwiefibzgga");
        CHECK(read.status == prediction_status::succeeded);
        CHECK(read.is_terminal());
        CHECK(read.metrics.predict_time == 502.713876);
        CHECK(read.trained_version == "...");
        CHECK(read.weights == "...");
        CHECK(read.completed_at.has_value());
    }
    CHECK(page.results[0].source == "api");
    CHECK(got.logs == "...");
}

TEST_CASE("a training that failed says why")
{
    training const read = training::from_json(json::parse(
        R"({"id":"t","status":"failed","error":"no images","logs":"a\nb","output":null,"started_at":"never"})"));
    CHECK(read.status == prediction_status::failed);
    CHECK(read.is_terminal());
    CHECK(read.error == "no images");
    CHECK(read.logs == "a\nb");
    CHECK_FALSE(read.started_at);
    training const strange =
        training::from_json(json::parse(R"({"id":"t","status":"paused","error":{"code":5},"output":"x"})"));
    CHECK(strange.status == prediction_status::unknown);
    CHECK(strange.status_text == "paused");
    CHECK(strange.error == R"({"code":5})");
    CHECK(strange.trained_version == "");
    CHECK(strange.output() == json::value("x"));
}

TEST_CASE("the webhook of a training is read as a training")
{
    std::string const body = R"({"id":"t","status":"succeeded","output":{"version":"a/b:v"}})";
    replicate::webhook::secrets const secrets("whsec_AAEC");
    replicate::webhook::headers const headers(
        "msg_1", "1700000000", replicate::webhook::sign("msg_1", "1700000000", body, secrets));
    std::chrono::system_clock::time_point const now(std::chrono::seconds(1700000000));
    CHECK(replicate::webhook::parse<training>(headers, body, secrets, now).trained_version == "a/b:v");
}
