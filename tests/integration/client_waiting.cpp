// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// How a run waits for its prediction: the sync answer in all its forms, polls, what disturbs them, and the end.

#include "support/local_client.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::testing::operation;
using replicate::testing::script;
using replicate::testing::sync_answer;
using replicate::testing::sync_timeout;

// A model that runs for so long and then says "done".
void add_model(replicate::testing::server& server, char const* name, steady::duration time)
{
    server.model(name, [time](replicate::input const&) { return script().log("begun").run(time).output("done"); });
}

std::string prefer_of(replicate::testing::server const& server)
{
    auto const request = server.last_request(operation::create);
    return request ? std::string(request->header("prefer")) : "no request";
}

} // namespace

TEST_CASE("a sync answer that is complete but not final is confirmed by one GET")
{
    replicate::testing::server_options options;
    options.sync_answer = sync_answer::processing_with_output;
    local_client local(nullptr, options);
    add_model(local.server, "acme/quick", 20ms);
    auto const output = local.get(local.client.async_run(local.server.version("acme/quick"), replicate::input()));
    CHECK(output.text() == "done");
    CHECK(output.prediction().status == replicate::prediction_status::succeeded);
    CHECK(output.prediction().metrics.predict_time.has_value());
    CHECK(output.prediction().logs == "begun\n");
    CHECK(local.server.counts().gets == 1);
    CHECK(local.server.counts().requests == 2);
}

TEST_CASE("a sync answer that is final is believed")
{
    replicate::testing::server_options options;
    options.sync_answer = sync_answer::terminal;
    local_client local(nullptr, options);
    add_model(local.server, "acme/quick", 20ms);
    auto const output = local.get(local.client.async_run(local.server.version("acme/quick"), replicate::input()));
    CHECK(output.text() == "done");
    CHECK(output.prediction().status == replicate::prediction_status::succeeded);
    CHECK(local.server.counts().requests == 1);
}

TEST_CASE("early_output takes the complete answer as it is, with one request")
{
    local_client local;
    add_model(local.server, "acme/quick", 20ms);
    auto options = local_client::quick();
    options.early_output = true;
    auto const output =
        local.get(local.client.async_run(local.server.version("acme/quick"), replicate::input(), options));
    CHECK(output.text() == "done");
    CHECK(output.prediction().status == replicate::prediction_status::processing);
    CHECK(local.server.counts().requests == 1);
}

TEST_CASE("early_output does not take an answer that came before the output")
{
    for (auto const style : {sync_timeout::starting, sync_timeout::processing}) {
        replicate::testing::server_options server_options;
        server_options.sync_timeout = style;
        server_options.longest_wait = 20ms;
        local_client local(nullptr, server_options);
        add_model(local.server, "acme/slower", 100ms);
        auto options = local_client::quick();
        options.early_output = true;
        auto const output =
            local.get(local.client.async_run(local.server.version("acme/slower"), replicate::input(), options));
        CHECK(output.text() == "done");
        CHECK(output.prediction().status == replicate::prediction_status::succeeded);
        CHECK(local.server.counts().gets >= 1);
    }
}

TEST_CASE("whatever a sync create answers when its time is up, the run waits for the end")
{
    for (auto const style : {sync_timeout::starting, sync_timeout::processing})
        for (bool const location : {false, true})
            for (auto const framing :
                {replicate::testing::answer_framing::content_length, replicate::testing::answer_framing::chunked,
                    replicate::testing::answer_framing::connection_close}) {
                replicate::testing::server_options options;
                options.sync_timeout = style;
                options.sync_location = location;
                options.longest_wait = 20ms;
                options.framing = framing;
                options.back_end = replicate::testing::back_end::random;
                local_client local(nullptr, options);
                add_model(local.server, "acme/slower", 80ms);
                auto const output = local.get(local.client.async_run(
                    local.server.version("acme/slower"), replicate::input(), local_client::quick()));
                CHECK(output.text() == "done");
                CHECK(output.prediction().status == replicate::prediction_status::succeeded);
                CHECK(local.server.counts().creates == 1);
                CHECK(local.server.counts().gets >= 2);
            }
}

TEST_CASE("202 is not believed although it holds an output")
{
    local_client local;
    add_model(local.server, "acme/quick", 5ms);
    std::string const version = local.server.version("acme/quick");
    // What a gateway made of an answer: accepted, and yet an output is there.
    auto const known = local.get(local.client.predictions().async_create(version, replicate::input()));
    local.server.next_create().status(
        202, R"({"id":")" + known.id + R"(","status":"processing","output":["part of it"],"urls":{}})");
    auto options = local_client::quick();
    options.early_output = true;
    auto const output = local.get(local.client.async_run(version, replicate::input(), options));
    CHECK(output.text() == "done");
}

TEST_CASE("polling asks for nothing but the prediction, at growing intervals")
{
    local_client local;
    add_model(local.server, "acme/slow", 400ms);
    auto options = local_client::quick(replicate::wait::poll());
    options.first_poll_interval = 10ms;
    options.maximum_poll_interval = 80ms;
    auto const output =
        local.get(local.client.async_run(local.server.version("acme/slow"), replicate::input(), options));
    CHECK(output.text() == "done");
    auto const requests = local.server.requests();
    REQUIRE(requests.size() >= 4);
    CHECK(requests[0].operation == operation::create);
    CHECK(requests[0].header("prefer").empty());
    std::vector<steady::duration> gaps;
    for (std::size_t i = 1; i < requests.size(); ++i) {
        CHECK(requests[i].target == "/v1/predictions/" + output.prediction().id);
        gaps.push_back(requests[i].arrived - requests[i - 1].arrived);
    }
    // 10 ms, half as long again each time, at most 80 ms, 10 % of jitter either way.
    CHECK(gaps.front() >= 9ms);
    CHECK(*std::max_element(gaps.begin(), gaps.end()) >= 60ms);
    CHECK(gaps.size() <= 11);
    CHECK(local.server.counts().connections == 1);
}

TEST_CASE("a poll sees the end, whatever it is")
{
    struct {
        char const* name;
        script life;
        std::optional<condition> expected;
    } const rows[] = {
        {"acme/good", script().run(10ms).output("yes"), std::nullopt},
        {"acme/empty", script().run(10ms), std::nullopt},
        {"acme/bad", script().run(10ms).fail("no"), condition::prediction_failed},
        {"acme/never", script().boot(10ms).abort(), condition::prediction_aborted},
    };
    for (auto const& how : {replicate::wait::poll(), replicate::wait::sync()})
        for (auto const& row : rows) {
            local_client local;
            local.server.model(row.name, [&](replicate::input const&) { return row.life; });
            auto const failed = local.failure_of<replicate::prediction_error>(
                local.client.async_run(local.server.version(row.name), replicate::input(), local_client::quick(how)));
            CHECK(failed.has_value() == row.expected.has_value());
            if (failed && row.expected)
                CHECK(failed->code() == *row.expected);
        }
}

TEST_CASE("an output of null is a success")
{
    local_client local;
    local.server.model("acme/mute", [](replicate::input const&) { return script().run(5ms); });
    auto const output =
        local.get(local.client.async_run(local.server.version("acme/mute"), replicate::input(), local_client::quick()));
    CHECK(output.json().is_null());
    CHECK(output.text().empty());
    CHECK(output.prediction().status == replicate::prediction_status::succeeded);
}

TEST_CASE("a failure without a reason is a failure")
{
    local_client local;
    local.server.model("acme/curt", [](replicate::input const&) { return script().run(5ms).fail(""); });
    auto const failed = local.failure_of<replicate::prediction_error>(
        local.client.async_run(local.server.version("acme/curt"), replicate::input(), local_client::quick()));
    REQUIRE(failed.has_value());
    CHECK(failed->code() == condition::prediction_failed);
}

TEST_CASE("a sync wait is the one asked for, and ends before the deadline does")
{
    local_client local;
    add_model(local.server, "acme/quick", 1ms);
    auto const prefer_with = [&](std::optional<steady::duration> timeout, replicate::wait how) {
        auto options = local_client::quick(how);
        options.timeout = timeout;
        local.get(local.client.async_run(local.server.version("acme/quick"), replicate::input(), options));
        return prefer_of(local.server);
    };
    CHECK(prefer_with(std::nullopt, replicate::wait::sync()) == "wait=60");
    CHECK(prefer_with(std::nullopt, replicate::wait::sync(7s)) == "wait=7");
    CHECK(prefer_with(90s, replicate::wait::sync()) == "wait=60");
    CHECK(prefer_with(30s, replicate::wait::sync()) == "wait=28");
    CHECK(prefer_with(30s, replicate::wait::sync(10s)) == "wait=10");
    // Too short to be held at all: then it is polled.
    CHECK(prefer_with(1500ms, replicate::wait::sync()) == "");
    CHECK(prefer_with(30s, replicate::wait::poll()) == "");
}

TEST_CASE("the service is told its own deadline where one is wanted")
{
    local_client local;
    add_model(local.server, "acme/quick", 1ms);
    auto options = local_client::quick();
    local.get(local.client.async_run(local.server.version("acme/quick"), replicate::input(), options));
    CHECK(local.server.last_request(operation::create)->header("cancel-after").empty());
    options.cancel_after = 90s;
    auto const output =
        local.get(local.client.async_run(local.server.version("acme/quick"), replicate::input(), options));
    CHECK(local.server.last_request(operation::create)->header("cancel-after") == "90s");
    REQUIRE(output.prediction().deadline.has_value());
    // The service cuts the digits of each time as it likes.
    auto const given = *output.prediction().deadline - *output.prediction().created_at;
    CHECK(given > 89s);
    CHECK(given < 91s);
}

TEST_CASE("a status that nobody knows yet is not the end")
{
    local_client local;
    add_model(local.server, "acme/quick", 1ms);
    std::string const version = local.server.version("acme/quick");
    auto const known = local.get(local.client.predictions().async_create(version, replicate::input()));
    std::string const odd = R"({"id":")" + known.id + R"(","status":"paused","output":null,"urls":{}})";
    local.server.next_create().status(201, odd);
    local.server.next_get().times(3).status(200, odd);
    auto const output = local.get(local.client.async_run(version, replicate::input(), local_client::quick()));
    CHECK(output.text() == "done");
    CHECK(local.server.counts().gets == 4);
}

TEST_CASE("a prediction that is not found just after its creation is asked for again")
{
    local_client local;
    add_model(local.server, "acme/quick", 1ms);
    local.server.next_get().times(3).status(404, R"({"detail":"Not found.","status":404})");
    auto const output = local.get(local.client.async_run(
        local.server.version("acme/quick"), replicate::input(), local_client::quick(replicate::wait::poll())));
    CHECK(output.text() == "done");
    CHECK(local.server.counts().gets == 4);
}

TEST_CASE("a token that is refused for a while, as it is just being changed, ends no run")
{
    local_client local;
    add_model(local.server, "acme/quick", 1ms);
    local.server.next_get().status(401, R"({"title":"Unauthenticated","detail":"no","status":401})");
    local.server.next_get().status(403, "<html>blocked</html>");
    auto const output = local.get(local.client.async_run(
        local.server.version("acme/quick"), replicate::input(), local_client::quick(replicate::wait::poll())));
    CHECK(output.text() == "done");
    CHECK(local.server.counts().gets == 3);
}

TEST_CASE("a token that is refused while polling ends the run in the end, and the prediction is cancelled")
{
    local_client local;
    local.server.always(operation::get).status(401, R"({"title":"Unauthenticated","detail":"no","status":401})");
    auto const refused = local.failure_of(local.client.async_run(
        local.server.version("test/never-ends"), replicate::input(), local_client::quick(replicate::wait::poll())));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == condition::authentication);
    REQUIRE(refused->diagnostics().prediction != nullptr);
    CHECK(refused->diagnostics().prediction->id == local.server.predictions().at(0));
    CHECK(local.server.counts().gets == 4);
    CHECK(local.run_until_server([](auto const& counts) { return counts.cancels == 1; }));
}

TEST_CASE("whatever goes wrong with a poll, the wait goes on")
{
    using replicate::testing::fault;
    struct {
        char const* what;
        fault how;
    } const rows[] = {
        {"408", fault().status(408)},
        {"429", fault().status(429, R"({"detail":"slow down"})", {{"retry-after-ms", "3"}})},
        {"500", fault().status(500, "oops")},
        {"502, a page", fault().status(502, "<html><h1>Bad gateway</h1></html>", {{"content-type", "text/html"}})},
        {"503", fault().status(503)},
        {"504", fault().status(504)},
        {"524", fault().status(524)},
        {"reset", fault().reset_after_request()},
        {"closed", fault().drop_after_request()},
        {"closed at the header", fault().drop_before_request()},
        {"half a header", fault().cut_answer(40)},
        {"half a body", fault().cut_answer(400)},
        {"garbage", fault().garbage()},
        {"silence", fault().never_answer()},
        {"a page that is not JSON", fault().status(200, "<html>maintenance</html>")},
        {"JSON without an id", fault().status(200, R"({"detail":"?"})")},
    };
    for (auto const& row : rows) {
        CAPTURE(std::string(row.what));
        local_client local([](replicate::config& settings) {
            settings.timeouts.response = 100ms;
            settings.retry.attempts = 2;
            settings.scheduler.keep_limits = false; // so many 429 in so short a time tell of a very low limit
        });
        add_model(local.server, "acme/slow", 30ms);
        // More than the tries of one call, so that some of the calls fail.
        local.server.next_get().times(5).use(row.how);
        auto const output = local.get(local.client.async_run(
            local.server.version("acme/slow"), replicate::input(), local_client::quick(replicate::wait::poll())));
        CHECK(output.text() == "done");
        CHECK(local.server.counts().creates == 1);
        CHECK(local.server.counts().gets >= 6);
    }
}

TEST_CASE("the confirming look at a sync answer is repeated like any other")
{
    local_client local;
    add_model(local.server, "acme/quick", 5ms);
    local.server.next_get().times(6).reset_after_request();
    auto const output = local.get(
        local.client.async_run(local.server.version("acme/quick"), replicate::input(), local_client::quick()));
    CHECK(output.prediction().status == replicate::prediction_status::succeeded);
    CHECK(local.server.counts().gets == 7);
    CHECK(local.server.counts().creates == 1);
}

TEST_CASE("a prediction is created without being waited for")
{
    local_client local;
    auto const created =
        local.get(local.client.predictions().async_create(local.server.version("test/never-ends"), replicate::input()));
    CHECK(created.status == replicate::prediction_status::starting);
    CHECK(prefer_of(local.server).empty());
    replicate::create_options options;
    options.wait = replicate::wait::sync(1s);
    local.get(local.client.predictions().async_create(
        local.server.version("test/slow"), replicate::input().set("milliseconds", 1), options));
    CHECK(prefer_of(local.server) == "wait=1");
    CHECK(local.server.counts().gets == 0);
}

TEST_CASE("a list is followed from page to page")
{
    local_client local;
    auto const predictions = local.client.predictions();
    std::string const version = local.server.version("replicate/hello-world");
    for (int i = 0; i < 205; ++i)
        local.get(predictions.async_create(version, replicate::input().set("text", i % 2 == 0 ? "a" : "b")));
    replicate::prediction_list_options options;
    std::vector<std::string> ids;
    std::size_t pages = 0;
    do {
        auto page = local.get(predictions.async_list(options));
        for (auto const& each : page.results)
            ids.push_back(each.id);
        options.page = page.next;
        ++pages;
    } while (!options.page.empty());
    std::reverse(ids.begin(), ids.end());
    CHECK(pages == 3);
    CHECK(ids == local.server.predictions());
}

TEST_CASE("a canceled prediction says so, and one that has ended stays as it is")
{
    local_client local;
    auto const predictions = local.client.predictions();
    auto const running =
        local.get(predictions.async_create(local.server.version("test/never-ends"), replicate::input()));
    CHECK(local.get(predictions.async_cancel(running.id)).status == replicate::prediction_status::canceled);
    auto const ended = local.get(
        local.client.async_run(local.server.version("replicate/hello-world"), replicate::input().set("text", "x")));
    CHECK(local.get(predictions.async_cancel(ended.prediction().id)).status == replicate::prediction_status::succeeded);
}
