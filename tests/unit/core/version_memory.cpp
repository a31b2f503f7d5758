// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/prediction_machine.hpp>
#include <replicate/core/prediction_requests.hpp>
#include <replicate/core/version_memory.hpp>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace std::chrono_literals;
using replicate::model_ref;
using replicate::core::prediction_machine;
using replicate::core::run_action_kind;
using replicate::core::version_memory;

namespace {

constexpr auto start_of_test = std::chrono::steady_clock::time_point(1h);
std::string const version(64, 'a');

} // namespace

TEST_CASE("a model without a remembered version is run by its name")
{
    CHECK(version_memory().resolve("acme/shout", start_of_test) == model_ref("acme/shout"));
}

TEST_CASE("a remembered version stands for its model, for some minutes, and for nothing else")
{
    version_memory memory;
    memory.remember("acme/shout", version, start_of_test);
    CHECK(memory.resolve("acme/shout", start_of_test + 4min) == model_ref("acme/shout:" + version));
    CHECK(memory.resolve("acme/shout", start_of_test + 6min) == model_ref("acme/shout"));
    CHECK(memory.resolve("acme/whisper", start_of_test) == model_ref("acme/whisper"));
    CHECK(memory.resolve(replicate::deployment("acme", "shout"), start_of_test).kind() == model_ref::form::deployment);
}

TEST_CASE("a newer version replaces a remembered one")
{
    version_memory memory;
    memory.remember("acme/shout", version, start_of_test);
    memory.remember("acme/shout", std::string(64, 'b'), start_of_test);
    CHECK(memory.resolve("acme/shout", start_of_test).version() == std::string(64, 'b'));
}

TEST_CASE("the latest version is read from a model, where it has a usable one")
{
    auto const latest = [](char const* text) { return replicate::core::latest_version_of(boost::json::parse(text)); };
    CHECK(latest(R"({"latest_version":{"id":"abc"}})") == "abc");
    CHECK(latest(R"({"latest_version":null})").empty());
    CHECK(latest(R"({"latest_version":{"id":"../x"}})").empty());
    CHECK(latest(R"({"name":"x"})").empty());
    CHECK(latest("null").empty());
}

TEST_CASE("a version is looked up once, for a model that was named without one and not found")
{
    auto const not_found = replicate::make_http_error_code(404);
    prediction_machine machine(replicate::run_options(), start_of_test + 1h);
    machine.start(start_of_test);
    CHECK(machine.on_create_failed(not_found, false).kind == run_action_kind::fail);
    CHECK(machine.on_create_failed(replicate::make_http_error_code(401), true).kind == run_action_kind::fail);
    CHECK(machine.on_create_failed(not_found, true).kind == run_action_kind::look_up_version);
    auto const again = machine.on_version_looked_up(true, start_of_test);
    CHECK(again.kind == run_action_kind::create);
    CHECK(again.server_wait == 60s);
    CHECK(machine.on_create_failed(not_found, true).kind == run_action_kind::fail);
}

TEST_CASE("a remembered version is looked up again where it is refused as not found or as input, once")
{
    for (unsigned status : {404U, 422U}) {
        prediction_machine machine(replicate::run_options(), start_of_test + 1h);
        machine.start(start_of_test);
        auto const refusal = replicate::make_http_error_code(status);
        CHECK(machine.on_create_failed(refusal, true, true).kind == run_action_kind::look_up_version);
        CHECK(machine.on_version_looked_up(true, start_of_test).kind == run_action_kind::create);
        CHECK(machine.on_create_failed(refusal, true, true).kind == run_action_kind::fail);
    }
    prediction_machine machine(replicate::run_options(), start_of_test + 1h);
    machine.start(start_of_test);
    CHECK(machine.on_create_failed(replicate::make_http_error_code(422), true, false).kind == run_action_kind::fail);
}

TEST_CASE("a forgotten version stands for nothing")
{
    version_memory memory;
    memory.remember("acme/shout", version, start_of_test);
    memory.forget("acme/shout");
    CHECK(memory.resolve("acme/shout", start_of_test) == model_ref("acme/shout"));
}

TEST_CASE("without a version to be found the refusal stands")
{
    prediction_machine machine(replicate::run_options(), start_of_test + 1h);
    machine.start(start_of_test);
    machine.on_create_failed(replicate::make_http_error_code(404), true);
    CHECK(machine.on_version_looked_up(false, start_of_test).kind == run_action_kind::fail);
}
