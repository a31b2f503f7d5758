// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Deployments on the local server.

#include <replicate/testing/server.hpp>

#include "support/raw_client.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
namespace testing = replicate::testing;
namespace json = boost::json;

namespace {

std::string creation(testing::server const& server, std::string const& name, std::string const& model = "test/echo")
{
    return json::serialize(json::value({{"name", name}, {"model", model}, {"version", server.version(model)},
        {"hardware", "gpu-t4"}, {"min_instances", 1}, {"max_instances", 3}}));
}

std::vector<std::string> pointers(raw::answer const& refused)
{
    CHECK(refused.status == 400);
    std::vector<std::string> listed;
    json::value const document = refused.json();
    for (json::value const& each : document.at("errors").as_array())
        listed.push_back(each.at("pointer").as_string().c_str());
    return listed;
}

} // namespace

TEST_CASE("a deployment is created, read and run")
{
    testing::server server;
    raw::api api(server);
    raw::answer const created = api.call("POST", "/v1/deployments", creation(server, "my-app"));
    CHECK(created.status == 200);
    json::value const document = created.json();
    CHECK(document.at("owner").as_string() == "acme");
    CHECK(document.at("name").as_string() == "my-app");
    json::value const& release = document.at("current_release");
    CHECK(release.at("number").as_int64() == 1);
    CHECK(release.at("model").as_string() == "test/echo");
    CHECK(release.at("created_by").at("username").as_string() == "acme");
    CHECK(release.at("configuration")
        == json::value({{"hardware", "gpu-t4"}, {"min_instances", 1}, {"max_instances", 3}}));
    CHECK(api.call("GET", "/v1/deployments/acme/my-app").body == created.body);
    raw::answer const run = api.call("POST", "/v1/deployments/acme/my-app/predictions", R"({"input":{"a":1}})");
    CHECK(run.status == 201);
    CHECK(run.text("deployment") == "acme/my-app");
    CHECK(api.poll(run.text("id")).json().at("output") == json::value({{"a", 1}}));
    CHECK(server.counts().deployments == 2);
    CHECK(server.counts().creates == 1);
}

TEST_CASE("an update makes a new release where something changed, and only there")
{
    testing::server server;
    raw::api api(server);
    api.call("POST", "/v1/deployments", creation(server, "my-app"));
    auto const update = [&](std::string const& body) {
        json::value const document = api.call("PATCH", "/v1/deployments/acme/my-app", body).json();
        return document.at("current_release").at("number").as_int64();
    };
    CHECK(update(R"({"min_instances":1})") == 1);
    CHECK(update(R"({"min_instances":2,"hardware":"cpu"})") == 2);
    CHECK(update("{}") == 2);
    CHECK(update(R"({"max_instances":20})") == 3);
    json::value const now = api.call("GET", "/v1/deployments/acme/my-app").json();
    CHECK(now.at("current_release").at("configuration")
        == json::value({{"hardware", "cpu"}, {"min_instances", 2}, {"max_instances", 20}}));
}

TEST_CASE("a deployment that may not be is refused with what is wrong, each with a pointer")
{
    testing::server server;
    raw::api api(server);
    using names = std::vector<std::string>;
    CHECK(pointers(api.call("POST", "/v1/deployments", "{}"))
        == names{"/version", "/hardware", "/min_instances", "/max_instances", "/name", "/model"});
    CHECK(pointers(api.call("POST", "/v1/deployments",
              R"({"name":"A b","model":"no/model","version":"x","hardware":"quantum","min_instances":6,"max_instances":-1})"))
        == names{"/name", "/model", "/version", "/hardware", "/min_instances", "/max_instances"});
    CHECK(api.call("POST", "/v1/deployments", creation(server, "twice")).status == 200);
    CHECK(pointers(api.call("POST", "/v1/deployments", creation(server, "twice"))) == names{"/name"});
    CHECK(pointers(api.call("PATCH", "/v1/deployments/acme/twice", R"({"min_instances":4})"))
        == names{"/max_instances"});
    CHECK(pointers(api.call("PATCH", "/v1/deployments/acme/twice",
              R"({"version":")" + server.version("test/slow") + R"("})"))
        == names{"/version"});
    CHECK(api.call("PATCH", "/v1/deployments/acme/twice", R"({"model":"test/slow"})").status == 422);
    CHECK(api.call("PATCH", "/v1/deployments/acme/none", "{}").status == 404);
    CHECK(api.call("GET", "/v1/deployments/acme/none").status == 404);
}

TEST_CASE("deployments are listed, the newest first")
{
    testing::server_options options;
    options.page_size = 2;
    testing::server server(options);
    raw::api api(server);
    for (char const* const name : {"a", "b", "c"})
        CHECK(api.call("POST", "/v1/deployments", creation(server, name)).status == 200);
    json::value const first = api.call("GET", "/v1/deployments").json();
    REQUIRE(first.at("results").as_array().size() == 2);
    CHECK(first.at("results").at(0).at("name").as_string() == "c");
    std::string const next = first.at("next").as_string().c_str();
    json::value const second = api.call("GET", next.substr(next.find("/v1/"))).json();
    REQUIRE(second.at("results").as_array().size() == 1);
    CHECK(second.at("results").at(0).at("name").as_string() == "a");
    CHECK(second.at("next").is_null());
}

TEST_CASE("a deployment is deleted when it has not been used for a while")
{
    testing::server_options options;
    options.deployment_rest = 100ms;
    testing::server server(options);
    raw::api api(server);
    CHECK(api.call("DELETE", "/v1/deployments/acme/none").status == 404);
    api.call("POST", "/v1/deployments", creation(server, "unused"));
    CHECK(api.call("DELETE", "/v1/deployments/acme/unused").status == 204);
    CHECK(api.call("POST", "/v1/deployments/acme/unused/predictions", R"({"input":{}})").status == 404);

    testing::server strict;
    raw::api other(strict);
    other.call("POST", "/v1/deployments", creation(strict, "used"));
    other.call("POST", "/v1/deployments/acme/used/predictions", R"({"input":{}})");
    CHECK(other.call("DELETE", "/v1/deployments/acme/used").status == 400);
}
