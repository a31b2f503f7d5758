// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// What a model can be called, and which requests that makes.

#include "support/exchanges.hpp"
#include "support/local_client.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::condition;

// Methods and paths of all requests but the polls.
std::vector<std::string> asked(local_client const& local)
{
    std::vector<std::string> all;
    for (auto const& request : local.server.requests())
        if (request.operation != replicate::testing::operation::get)
            all.push_back(request.method + ' ' + request.target.substr(3));
    return all;
}

// The version that the last create named; empty where it named none.
std::string version_asked(local_client const& local)
{
    auto const sent = local.server.last_request(replicate::testing::operation::create);
    REQUIRE(sent.has_value());
    auto const body = boost::json::parse(sent->body);
    auto const* const version = body.as_object().if_contains("version");
    return version == nullptr ? "" : std::string(version->as_string().c_str());
}

std::string run(local_client& local, replicate::model_ref model)
{
    auto const output = local.get(
        local.client.async_run(std::move(model), replicate::input().set("text", "a"), local_client::quick()));
    return output.prediction().model;
}

} // namespace

TEST_CASE("an official model is run by its name")
{
    local_client local;
    local.get(local.client.async_run(
        "meta/meta-llama-3-8b-instruct", replicate::input().set("prompt", "a"), local_client::quick()));
    CHECK(asked(local) == std::vector<std::string>{"POST /models/meta/meta-llama-3-8b-instruct/predictions"});
    CHECK(version_asked(local) == "");
}

TEST_CASE("a model of the community is run by its name, its version and both together")
{
    local_client local;
    std::string const version = local.server.version("replicate/hello-world");
    CHECK(run(local, "replicate/hello-world") == "replicate/hello-world");
    CHECK(asked(local)
        == std::vector<std::string>{"POST /models/replicate/hello-world/predictions", "GET /models/replicate/hello-world",
            "POST /predictions"});
    CHECK(version_asked(local) == version);
    CHECK(run(local, "replicate/hello-world") == "replicate/hello-world");
    CHECK(asked(local).size() == 4);
    CHECK(asked(local).back() == "POST /predictions");
    CHECK(run(local, "replicate/hello-world:" + version) == "replicate/hello-world");
    CHECK(run(local, version) == "replicate/hello-world");
    CHECK(asked(local).size() == 6);
    CHECK(version_asked(local) == version);
}

TEST_CASE("a deployment is said explicitly, and run by its own path")
{
    local_client local;
    local.server.deployment("acme/greeter", "replicate/hello-world");
    CHECK(run(local, replicate::deployment("acme", "greeter")) == "replicate/hello-world");
    CHECK(asked(local) == std::vector<std::string>{"POST /deployments/acme/greeter/predictions"});
    CHECK(version_asked(local) == "");
}

TEST_CASE("a model that is there but names no version is tried by its name where versions are run")
{
    for (char const* latest : {"null", R"({"id":"not / a version"})"}) {
        CAPTURE(latest);
        local_client local;
        local.server.replay(exchanges({exchange("POST", "/models/acme/odd/predictions", 404, R"({"detail":"no"})"),
            exchange("GET", "/models/acme/odd", 200,
                R"({"owner":"acme","name":"odd","latest_version":)" + std::string(latest) + "}"),
            exchange("POST", "/predictions", 201, R"({"id":"p1","status":"succeeded","output":"yes"})")}));
        auto const output = local.get(local.client.async_run("acme/odd", replicate::input(), local_client::quick()));
        CHECK(output.text() == "yes");
        CHECK(version_asked(local) == "acme/odd");
    }
}

TEST_CASE("a model that cannot be run by any name is refused with what the service says last")
{
    local_client local;
    local.server.replay(exchanges({exchange("POST", "/models/acme/odd/predictions", 404, R"({"detail":"no"})"),
        exchange("GET", "/models/acme/odd", 200, R"({"owner":"acme","name":"odd","latest_version":null})"),
        exchange("POST", "/predictions", 422, R"({"title":"Invalid version or not permitted","status":422})")}));
    auto const refused =
        local.failure_of(local.client.async_run("acme/odd", replicate::input(), local_client::quick()));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == condition::invalid_input);
    CHECK(refused->diagnostics().problem.title == "Invalid version or not permitted");
    CHECK(local.server.counts().requests == 3);
}
