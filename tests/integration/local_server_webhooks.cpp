// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// The webhooks that the local server sends.

#include <replicate/testing/server.hpp>
#include <replicate/webhook.hpp>

#include "support/foreign_host.hpp"
#include "support/raw_client.hpp"
#include "support/slowness.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
namespace testing = replicate::testing;
using replicate::tests::closing_answer;
using replicate::tests::foreign_host;
using replicate::tests::slowness;

namespace {

testing::webhook_options quick()
{
    testing::webhook_options options;
    options.throttle = 0ms;
    options.first_pause = 1ms;
    return options;
}

// A server that sends the webhooks of one model.
class fixture {
public:
    testing::server server;

    explicit fixture(testing::script life, testing::webhook_options options = quick())
    {
        server.webhooks(options);
        server.model("test/calls", [life](replicate::input const&) { return life; });
    }

    raw::answer create(std::string const& url, std::string const& filter = "")
    {
        raw::api api(server);
        std::string const events = filter.empty() ? "" : R"(,"webhook_events_filter":)" + filter;
        raw::answer const created = api.call(
            "POST", "/v1/models/test/calls/predictions", R"({"input":{},"webhook":")" + url + "\"" + events + "}");
        return created;
    }

    boost::system::error_code check(testing::recorded_request const& received) const
    {
        return replicate::webhook::check(headers_of(received), received.body, server.webhook_secret());
    }

    static replicate::webhook::headers headers_of(testing::recorded_request const& received)
    {
        return replicate::webhook::headers::from(received.headers);
    }
};

std::string status_of(testing::recorded_request const& received)
{
    return boost::json::parse(received.body).at("status").as_string().c_str();
}

std::vector<std::string> statuses_of(foreign_host const& receiver)
{
    std::vector<std::string> found;
    for (auto const& each : receiver.requests())
        found.push_back(status_of(each));
    return found;
}

using words = std::vector<std::string>;

} // namespace

TEST_CASE("a webhook is the prediction, posted and signed, over TLS and without")
{
    fixture made(testing::script("done"));
    foreign_host secure(made.server);
    foreign_host plain;
    for (foreign_host* const receiver : {&secure, &plain}) {
        raw::answer const created = made.create(receiver->url() + "/hook?room=7");
        REQUIRE(created.status == 201);
        REQUIRE(receiver->wait_for(1));
        auto const received = receiver->requests()[0];
        CHECK(received.method == "POST");
        CHECK(received.target == "/hook?room=7");
        CHECK(received.header("content-type") == "application/json");
        CHECK(received.header("webhook-id").substr(0, 4) == "msg_");
        CHECK_FALSE(made.check(received));
        CHECK(status_of(received) == "succeeded");
        CHECK(boost::json::parse(received.body).at("id").as_string() == created.text("id").c_str());
        CHECK_FALSE(receiver->saw_authorization());
    }
    CHECK(made.server.wait_until([](auto const& counts) { return counts.webhooks_accepted == 2; }));
    CHECK(made.server.counts().webhooks == 2);
}

TEST_CASE("webhooks are sent for what was asked for: by default outputs and the end")
{
    testing::script const life = testing::script()
                                     .boot(10ms)
                                     .log("a")
                                     .run(150ms * slowness)
                                     .piece("b")
                                     .run(150ms * slowness)
                                     .log("c")
                                     .run(150ms * slowness);
    auto const sent_for = [&](std::string const& filter, std::size_t count) {
        fixture made(life);
        foreign_host receiver;
        REQUIRE(made.create(receiver.url(), filter).status == 201);
        CHECK(receiver.wait_for(count));
        return statuses_of(receiver);
    };
    CHECK(sent_for("", 2) == words{"processing", "succeeded"});
    CHECK(sent_for(R"(["completed"])", 1) == words{"succeeded"});
    CHECK(sent_for(R"(["start"])", 1) == words{"processing"});
    CHECK(sent_for(R"(["start","output","logs","completed"])", 5).size() == 5);
}

TEST_CASE("webhooks for outputs and logs are as far apart as they have to be")
{
    testing::webhook_options options = quick();
    options.throttle = 1h;
    testing::script life;
    for (int i = 0; i < 10; ++i)
        life.run(2ms).log("line").piece("x");
    fixture made(life, options);
    foreign_host receiver;
    REQUIRE(made.create(receiver.url(), R"(["output","logs","completed"])").status == 201);
    REQUIRE(made.server.wait_until([](auto const& counts) { return counts.webhooks_accepted == 2; }));
    CHECK(statuses_of(receiver) == words{"processing", "succeeded"});
}

TEST_CASE("a cancelled prediction sends its last webhook at once")
{
    fixture made(testing::script().log("a").never_ends());
    foreign_host receiver;
    raw::answer const created = made.create(receiver.url());
    REQUIRE(made.server.cancel(created.text("id")));
    REQUIRE(receiver.wait_for(1));
    CHECK(statuses_of(receiver) == words{"canceled"});
}

TEST_CASE("only the last webhook is tried again, with the same id, until it is accepted or given up")
{
    fixture made(testing::script().piece("a").run(20ms * slowness));
    foreign_host receiver;
    std::size_t asked = 0;
    receiver.answer_with([&](testing::recorded_request const&) {
        ++asked;
        if (asked == 2)
            return std::string();
        return closing_answer(asked == 4 ? 200 : 500, "{}");
    });
    REQUIRE(made.create(receiver.url()).status == 201);
    REQUIRE(made.server.wait_until([](auto const& counts) { return counts.webhooks_accepted == 1; }));
    CHECK(statuses_of(receiver) == words{"processing", "succeeded", "succeeded", "succeeded"});
    auto const all = receiver.requests();
    CHECK(all[0].header("webhook-id") != all[1].header("webhook-id"));
    CHECK(all[1].header("webhook-id") == all[3].header("webhook-id"));
    CHECK(made.server.counts().webhooks_failed == 3);
    receiver.answer_with([](auto const&) { return closing_answer(404, ""); });
    REQUIRE(made.create(receiver.url(), R"(["completed"])").status == 201);
    CHECK(made.server.wait_until([](auto const& counts) { return counts.webhooks == 4 + 6; }));
}

TEST_CASE("a webhook does not follow redirects")
{
    testing::webhook_options options = quick();
    options.retries = 0;
    fixture made(testing::script("done"), options);
    foreign_host elsewhere;
    foreign_host receiver;
    receiver.answer_with(
        [&](auto const&) { return closing_answer(307, "", "Location: " + elsewhere.url() + "/\r\n"); });
    REQUIRE(made.create(receiver.url()).status == 201);
    REQUIRE(made.server.wait_until([](auto const& counts) { return counts.webhooks_failed == 1; }));
    CHECK(elsewhere.requests().empty());
}

TEST_CASE("webhooks come twice, in the wrong order, wrongly signed, too old, late, or never, as told")
{
    testing::script const life = testing::script().piece("a").run(20ms * slowness);
    auto const received = [&](testing::webhook_options options, std::size_t count) {
        fixture made(life, options);
        foreign_host receiver;
        REQUIRE(made.create(receiver.url()).status == 201);
        REQUIRE(made.server.wait_until([&](auto const& counts) { return counts.webhooks_accepted == count; }));
        std::vector<std::pair<testing::recorded_request, boost::system::error_code>> found;
        for (auto const& each : receiver.requests())
            found.emplace_back(each, made.check(each));
        return found;
    };
    testing::webhook_options options = quick();
    options.duplicated = true;
    auto found = received(options, 4);
    CHECK(found[0].first.header("webhook-id") == found[1].first.header("webhook-id"));
    CHECK(found[2].first.header("webhook-id") == found[3].first.header("webhook-id"));
    options = quick();
    options.reordered = true;
    found = received(options, 2);
    CHECK(status_of(found[0].first) == "succeeded");
    CHECK(status_of(found[1].first) == "processing");
    options = quick();
    options.wrong_signature = true;
    CHECK(received(options, 2)[0].second == replicate::webhook::errc::wrong_signature);
    options = quick();
    options.age = 10min;
    CHECK(received(options, 2)[0].second == replicate::webhook::errc::too_old);
    options.age = -10min;
    CHECK(received(options, 2)[0].second == replicate::webhook::errc::too_new);
    options = quick();
    options.delay = 50ms;
    auto const begin = std::chrono::steady_clock::now();
    received(options, 2);
    CHECK(std::chrono::steady_clock::now() - begin >= 100ms);
    options.sent = false;
    CHECK(received(options, 0).empty());
}

TEST_CASE("webhooks go to this machine only, and an event that is none is refused")
{
    fixture made(testing::script("done"));
    CHECK(made.create("https://example.com/hook").status == 201);
    CHECK(made.create("not an address").status == 201);
    CHECK(made.server.counts().webhooks_withheld == 2);
    CHECK(made.server.counts().webhooks == 0);
    CHECK(made.create("https://127.0.0.1:1/", R"(["end"])").status == 422);
    CHECK(made.create("https://127.0.0.1:1/", R"("completed")").status == 422);
}

TEST_CASE("a training sends webhooks too, also when it is cancelled")
{
    testing::server server;
    server.webhooks(quick());
    foreign_host receiver;
    raw::api api(server);
    std::string const model = R"({"owner":"acme","name":"mine","visibility":"private","hardware":"cpu"})";
    REQUIRE(api.call("POST", "/v1/models", model).status == 201);
    std::string const route =
        "/v1/models/stability-ai/sdxl/versions/" + server.version("stability-ai/sdxl") + "/trainings";
    std::string const body = R"({"destination":"acme/mine","input":{},"webhook":")" + receiver.url()
        + R"(","webhook_events_filter":["completed"]})";
    raw::answer const first = api.call("POST", route, body);
    REQUIRE(first.status == 201);
    REQUIRE(receiver.wait_for(1));
    CHECK(status_of(receiver.requests()[0]) == "succeeded");
    CHECK(boost::json::parse(receiver.requests()[0].body).at("id").as_string() == first.text("id").c_str());
    std::string const id = api.call("POST", route, body).text("id");
    REQUIRE(api.call("POST", "/v1/trainings/" + id + "/cancel").status == 200);
    REQUIRE(receiver.wait_for(2));
    CHECK(status_of(receiver.requests()[1]) == "canceled");
    CHECK(api.call("POST", route, R"({"destination":"acme/mine","input":{},"webhook_events_filter":["end"]})").status
        == 422);
}

TEST_CASE("a server ends while webhooks wait")
{
    fixture made(testing::script().boot(1h));
    foreign_host receiver;
    CHECK(made.create(receiver.url()).status == 201);
    boost::asio::io_context context;
    {
        testing::server guest(context.get_executor());
        guest.model("test/calls", [](replicate::input const&) { return testing::script().boot(1h); });
    }
    context.run();
}
