// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// How the local server holds a create that asked it to wait.

#include <replicate/testing/server.hpp>

#include "support/raw_client.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>

using namespace std::chrono_literals;
namespace testing = replicate::testing;

namespace {

raw::answer create(raw::api& api, std::string const& model, std::string const& prefer, std::string const& input = "{}")
{
    return api.call(
        "POST", "/v1/models/" + model + "/predictions", "{\"input\":" + input + "}", "Prefer: " + prefer + "\r\n");
}

testing::server_options impatient()
{
    testing::server_options options;
    options.longest_wait = 20ms;
    return options;
}

} // namespace

TEST_CASE("a sync create answers processing with the whole output, as recorded")
{
    testing::server server;
    server.model("acme/shout", [](replicate::input const& input) {
        return testing::script().boot(10ms).log("working").run(10ms).output(input.at("text"));
    });
    raw::api api(server);
    raw::answer const answer = create(api, "acme/shout", "wait=10", R"({"text":"HI"})");
    CHECK(answer.status == 201);
    CHECK(answer.header("preference-applied") == "wait=10");
    CHECK(answer.text("status") == "processing");
    CHECK(answer.text("output") == "HI");
    CHECK(answer.text("logs").empty());
    CHECK_FALSE(answer.json().as_object().contains("completed_at"));
    raw::answer const ended = api.poll(answer.text("id"));
    CHECK(ended.text("status") == "succeeded");
    CHECK(ended.text("logs") == "working\n");
}

TEST_CASE("a sync create can answer with the finished prediction")
{
    testing::server_options options;
    options.sync_answer = testing::sync_answer::terminal;
    testing::server server(options);
    raw::api api(server);
    raw::answer const answer = create(api, "test/echo", "wait");
    CHECK(answer.header("preference-applied") == "wait");
    CHECK(answer.text("status") == "succeeded");
    CHECK(answer.json().as_object().contains("completed_at"));
}

TEST_CASE("a sync create whose prediction fails says so at once")
{
    testing::server server;
    raw::api api(server);
    raw::answer const answer = create(api, "test/fails", "wait");
    CHECK(answer.status == 201);
    CHECK(answer.text("status") == "failed");
    CHECK(answer.text("error") == "CUDA out of memory (E1001)");
    CHECK(answer.text("logs").find("Traceback") != std::string::npos);
}

TEST_CASE("a sync create whose time is up answers starting, whatever the prediction does")
{
    testing::server server(impatient());
    raw::api api(server);
    raw::answer const answer = create(api, "test/never-ends", "wait=60");
    CHECK(answer.status == 201);
    CHECK(answer.text("status") == "starting");
    CHECK(answer.header("location").empty());
    CHECK(api.call("GET", "/v1/predictions/" + answer.text("id")).text("status") == "processing");
}

TEST_CASE("a sync create whose time is up can answer 202, processing, without output, with a Location")
{
    testing::server_options options = impatient();
    options.sync_timeout = testing::sync_timeout::processing;
    options.sync_location = true;
    testing::server server(options);
    raw::api api(server);
    raw::answer const answer = create(api, "test/never-ends", "wait=60");
    CHECK(answer.status == 202);
    CHECK(answer.text("status") == "processing");
    CHECK(answer.json().at("output").is_null());
    CHECK(answer.header("location") == server.base_url() + "/predictions/" + answer.text("id"));
}

TEST_CASE("the seconds of the preference are kept to")
{
    testing::server server;
    raw::api api(server);
    auto const begin = std::chrono::steady_clock::now();
    CHECK(create(api, "test/never-ends", "wait=1").text("status") == "starting");
    auto const time = std::chrono::steady_clock::now() - begin;
    CHECK(time >= 1s);
    CHECK(time < 3s);
}

TEST_CASE("a preference that is none is not applied")
{
    testing::server server;
    raw::api api(server);
    for (std::string const prefer : {"wait=0", "wait=x", "respond-async", "wait=-1", "waiting"}) {
        CAPTURE(prefer);
        raw::answer const answer = create(api, "test/echo", prefer);
        CHECK(answer.status == 201);
        CHECK(answer.header("preference-applied").empty());
        CHECK(answer.text("status") == "starting");
    }
    CHECK(create(api, "test/echo", "respond-async, wait=5").header("preference-applied") == "wait=5");
}

TEST_CASE("a held create answers as soon as its prediction is canceled")
{
    testing::server server;
    raw::api holder(server);
    holder.send("POST", "/v1/models/test/never-ends/predictions", R"({"input":{}})", "Prefer: wait\r\n");
    REQUIRE(server.wait_until([](auto const& counts) { return counts.predictions == 1; }));
    raw::api canceler(server);
    CHECK(canceler
              .call("POST", "/v1/predictions/" + server.predictions().front() + "/cancel", "", "Content-Length: 0\r\n")
              .text("status")
        == "canceled");
    CHECK(holder.transport().read().text("status") == "canceled");

    holder.send("POST", "/v1/models/test/never-ends/predictions", R"({"input":{}})", "Prefer: wait\r\n");
    REQUIRE(server.wait_until([](auto const& counts) { return counts.predictions == 2; }));
    CHECK(server.cancel(server.predictions().back()));
    CHECK(holder.transport().read().text("status") == "canceled");
}

TEST_CASE("a client that leaves a held create is noticed, and its prediction goes on")
{
    testing::server server;
    {
        raw::api api(server);
        api.send("POST", "/v1/models/test/never-ends/predictions", R"({"input":{}})", "Prefer: wait\r\n");
        REQUIRE(server.wait_until([](auto const& counts) { return counts.predictions == 1; }));
    }
    REQUIRE(server.wait_until([](auto const& counts) { return counts.live_connections == 0; }));
    CHECK(server.prediction(server.predictions().front())->at("status").as_string() == "processing");
}

TEST_CASE("a request that comes while a create is held is answered after it")
{
    testing::server server;
    raw::api api(server);
    api.send("POST", "/v1/models/test/slow/predictions", R"({"input":{"milliseconds":100}})", "Prefer: wait\r\n");
    api.send("GET", "/v1/models/test/echo");
    CHECK(api.transport().read().text("output") == "slow, but done");
    CHECK(api.transport().read().text("name") == "echo");
}

TEST_CASE("files of a sync answer can be data URIs, and are links when the prediction is read")
{
    testing::server_options options;
    options.data_uri_outputs = true;
    testing::server server(options);
    server.model(
        "acme/file", [](replicate::input const&) { return testing::script().file("abc", "text/plain", "a.txt"); });
    raw::api api(server);
    raw::answer const answer = create(api, "acme/file", "wait");
    CHECK(answer.text("output") == "data:text/plain;base64,YWJj");
    CHECK(api.poll(answer.text("id")).text("output").starts_with(server.delivery_url() + "/"));
}

TEST_CASE("a fault and a held create go together")
{
    testing::server server;
    raw::api api(server);
    server.next_create().cut_answer(12);
    api.send("POST", "/v1/models/test/slow/predictions", R"({"input":{"milliseconds":50}})", "Prefer: wait\r\n");
    while (api.transport().receive()) {}
    CHECK(api.transport().received == "HTTP/1.1 201");
    raw::api second(server);
    server.next_create().drop_after_request();
    CHECK(create(second, "test/never-ends", "wait").status == 0);
}
