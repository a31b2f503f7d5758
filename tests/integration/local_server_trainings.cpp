// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Trainings on the local server, and the versions that come of them.

#include <replicate/testing/server.hpp>

#include "support/raw_client.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace std::chrono_literals;
namespace testing = replicate::testing;
namespace json = boost::json;

namespace {

std::string trainings_of(testing::server const& server, std::string const& model)
{
    return "/v1/models/" + model + "/versions/" + server.version(model) + "/trainings";
}

void create_destination(raw::api& api)
{
    raw::answer const made = api.call(
        "POST", "/v1/models", R"({"owner":"acme","name":"mine","visibility":"private","hardware":"gpu-t4"})");
    CHECK(made.status == 201);
}

std::string const creation = R"({"destination":"acme/mine","input":{"zeal":1,"at":"https://x/y.zip"}})";

// Asks until an answer is as it is to be, and gives that; fails where it does not come to that.
template<class Condition>
raw::answer ask_until(raw::api& api, std::string const& path, Condition const& condition)
{
    auto const limit = std::chrono::steady_clock::now() + 30s;
    raw::answer seen = api.call("GET", path);
    while (!condition(seen)) {
        REQUIRE(std::chrono::steady_clock::now() < limit);
        seen = api.call("GET", path);
    }
    return seen;
}

// Asks until it has ended.
raw::answer wait_for(raw::api& api, std::string const& id)
{
    return ask_until(api, "/v1/trainings/" + id, [](raw::answer const& seen) {
        return seen.status != 200 || (seen.text("status") != "starting" && seen.text("status") != "processing");
    });
}

void wait_until_gone(raw::api& api, std::string const& path)
{
    ask_until(api, path, [](raw::answer const& seen) { return seen.status != 200; });
}

} // namespace

TEST_CASE("a training runs, and its destination has a new version then")
{
    testing::server server;
    raw::api api(server);
    create_destination(api);
    raw::answer const created = api.call("POST", trainings_of(server, "stability-ai/sdxl"), creation);
    CHECK(created.status == 201);
    CHECK(created.text("status") == "starting");
    CHECK(created.text("model") == "stability-ai/sdxl");
    CHECK_FALSE(created.json().as_object().contains("destination"));
    CHECK_FALSE(created.json().as_object().contains("output"));
    std::string const id = created.text("id");
    CHECK(created.json().at("urls")
        == json::value({{"get", server.base_url() + "/predictions/" + id},
            {"cancel", server.base_url() + "/predictions/" + id + "/cancel"}}));
    CHECK(server.version("acme/mine").empty());

    raw::answer const ended = wait_for(api, id);
    CHECK(ended.text("status") == "succeeded");
    json::value const document = ended.json();
    CHECK(document.at("urls").at("get").as_string().c_str() == server.base_url() + "/trainings/" + id);
    CHECK(document.at("logs").as_string().find("40%|####      | 40/100\r") != json::string::npos);
    CHECK(document.at("metrics").at("predict_time").as_double() > 0);
    std::string const version = server.version("acme/mine");
    CHECK(version.size() == 64);
    CHECK(document.at("output").at("version").as_string().c_str() == "acme/mine:" + version);
    CHECK(document.at("output").at("weights").as_string().starts_with(server.delivery_url()));
    raw::answer const run = api.call(
        "POST", "/v1/predictions", R"({"version":"acme/mine:)" + version + R"(","input":{"prompt":"x"}})");
    CHECK(api.poll(run.text("id")).text("status") == "succeeded");
    CHECK(api.call("GET", "/v1/models/acme/mine/versions").json().at("results").as_array().size() == 1);
    CHECK(server.counts().training_creates == 1);
}

TEST_CASE("the links in the answer to a create lead to the training")
{
    testing::server server;
    raw::api api(server);
    create_destination(api);
    std::string const id = api.call("POST", trainings_of(server, "stability-ai/sdxl"), creation).text("id");
    CHECK(api.call("GET", "/v1/predictions/" + id).text("id") == id);
    CHECK(api.call("POST", "/v1/predictions/" + id + "/cancel").text("status") == "canceled");
    CHECK(api.call("GET", "/v1/trainings/" + id).text("status") == "canceled");
}

TEST_CASE("a training that is cancelled or fails gives no version")
{
    testing::server server;
    raw::api api(server);
    create_destination(api);
    server.model("acme/base", [](replicate::input const&) { return 1; });
    server.training("acme/base", [](replicate::input const&) { return testing::script().never_ends(); });
    std::string const id = api.call("POST", trainings_of(server, "acme/base"), creation).text("id");
    raw::answer const cancelled = api.call("POST", "/v1/trainings/" + id + "/cancel");
    CHECK(cancelled.status == 200);
    CHECK(cancelled.text("status") == "canceled");
    CHECK(cancelled.json().at("output").is_null());
    server.training("acme/base", [](replicate::input const&) { return testing::script().fail("no data"); });
    std::string const failing = api.call("POST", trainings_of(server, "acme/base"), creation).text("id");
    CHECK(wait_for(api, failing).text("error") == "no data");
    CHECK(server.version("acme/mine").empty());
}

TEST_CASE("a training goes only to an existing model of the account, from an existing version")
{
    testing::server server;
    raw::api api(server);
    std::string const target = trainings_of(server, "stability-ai/sdxl");
    for (char const* const destination : {"acme/mine", "<invalid>", "stability-ai/sdxl", ""}) {
        raw::answer const refused =
            api.call("POST", target, R"({"destination":")" + std::string(destination) + R"(","input":{}})");
        CHECK(refused.status == 404);
        CHECK(refused.body == "{\"detail\":\"The specified training destination does not exist\",\"status\":404}\n");
    }
    create_destination(api);
    CHECK(api.call("POST", target, R"({"destination":"acme/mine"})").status == 422);
    CHECK(api.call("POST", target, R"({"destination":"acme/mine","input":{},"extra":1})").status == 422);
    CHECK(api.call("POST", "/v1/models/acme/mine/versions/x/trainings", creation).status == 404);
    CHECK(api.call("GET", "/v1/trainings/none").status == 404);
    CHECK(api.call("POST", "/v1/trainings/none/cancel").status == 404);
}

TEST_CASE("trainings are listed, the newest first")
{
    testing::server_options options;
    options.page_size = 2;
    testing::server server(options);
    raw::api api(server);
    create_destination(api);
    std::string oldest;
    for (int i = 0; i < 3; ++i) {
        std::string const id = api.call("POST", trainings_of(server, "stability-ai/sdxl"), creation).text("id");
        oldest = oldest.empty() ? id : oldest;
    }
    json::value const first = api.call("GET", "/v1/trainings").json();
    CHECK(first.at("results").as_array().size() == 2);
    std::string const next = first.at("next").as_string().c_str();
    json::value const second = api.call("GET", next.substr(next.find("/v1/"))).json();
    CHECK(second.at("results").at(0).at("id").as_string().c_str() == oldest);
}

TEST_CASE("a version is deleted some time after the request, unless something needs it")
{
    testing::server_options options;
    options.version_deletion_delay = 100ms;
    testing::server server(options);
    raw::api api(server);
    create_destination(api);
    auto const train = [&](std::string const& base) {
        wait_for(api, api.call("POST", trainings_of(server, base), creation).text("id"));
        return server.version("acme/mine");
    };
    std::string const first = train("stability-ai/sdxl");
    std::string const second = train("acme/mine");
    CHECK(first != second);
    std::string const versions = "/v1/models/acme/mine/versions/";
    CHECK(api.call("DELETE", versions + first).text("detail") == "This version is the base of a fine-tuned version");
    raw::answer const accepted = api.call("DELETE", versions + second);
    CHECK(accepted.status == 202);
    CHECK(accepted.body.empty());
    CHECK(api.call("GET", versions + second).status == 200);
    wait_until_gone(api, versions + second);
    CHECK(server.version("acme/mine") == first);
    api.call("POST", "/v1/deployments",
        R"({"name":"d","model":"acme/mine","version":")" + first
            + R"(","hardware":"cpu","min_instances":0,"max_instances":1})");
    CHECK(api.call("DELETE", versions + first).text("detail") == "This version is used by the deployment acme/d");
    CHECK(api.call("DELETE", "/v1/deployments/acme/d").status == 204);
    CHECK(api.call("DELETE", versions + first).status == 202);
    wait_until_gone(api, versions + first);
    CHECK(api.call("DELETE", "/v1/models/acme/mine").status == 204);
}
