// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// When calls may go: rate limits, priorities, groups, caps, and the queue before them.

#include "support/local_client.hpp"
#include "support/slowness.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::errc;
using replicate::phase;
using replicate::priority;
using replicate::run_options;
using replicate::testing::server_options;

server_options limits(std::size_t creates_per_minute, std::size_t burst)
{
    server_options options;
    options.remembered_requests = 100'000;
    options.rates.creates_per_minute = creates_per_minute;
    options.rates.create_burst = burst;
    return options;
}

// Runs that tell by their number which they are.
class numbered_runs {
public:
    explicit numbered_runs(local_client& local)
        : local_(local)
        , version_(local.server.version("test/echo"))
    {
    }

    std::size_t start(run_options const& options = local_client::quick())
    {
        std::size_t const number = all.size();
        all.emplace_back();
        local_.client.async_run(version_, replicate::input().set("number", number), options, all.back().token());
        return number;
    }

    std::size_t start_of(replicate::priority before, std::string const& group = {})
    {
        run_options options = local_client::quick();
        options.priority = before;
        options.group = group;
        return start(options);
    }

    bool are_done() const
    {
        return std::all_of(all.begin(), all.end(), [](auto const& run) { return run.done(); });
    }

    // Which were created, in the order in which the server saw that.
    std::vector<std::size_t> created() const
    {
        std::vector<std::size_t> numbers;
        for (auto const& request : local_.server.requests())
            if (request.method == "POST" && request.target.ends_with("/predictions"))
                numbers.push_back(boost::json::parse(request.body).at("input").at("number").to_number<std::size_t>());
        return numbers;
    }

    std::vector<pending<replicate::output>> all;

private:
    local_client& local_;
    std::string version_;
};

} // namespace

TEST_CASE("many runs at once use the rate, and none is refused that could have been foreseen")
{
    // Ten a second, and sixty at once.
    local_client local(nullptr, limits(600, 60));
    numbered_runs runs(local);
    auto const began = steady::now();
    for (int i = 0; i < 90; ++i)
        runs.start();
    REQUIRE(local.run_until([&] { return runs.are_done(); }));
    auto const took = steady::now() - began;
    for (auto const& run : runs.all)
        CHECK_FALSE(run.code());
    auto const counts = local.server.counts();
    CHECK(counts.creates == 90);
    CHECK(counts.create_requests == 90);
    // It cannot take less than (90 - 60) / 10 seconds, and takes a little more, because some are kept in store.
    CHECK(took >= 2900ms);
    CHECK(took < slowness * 12s);
}

TEST_CASE("after a refusal all wait together, and come back one after the other")
{
    local_client local;
    numbered_runs runs(local);
    local.server.next_create().status(429, R"({"detail":"Request was throttled. Your rate limit resets in ~1s."})");
    runs.start();
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.create_requests == 1; }));
    local.run_until([] { return false; }, 50ms);
    auto const refused = steady::now();
    for (int i = 0; i < 20; ++i)
        runs.start();
    local.run_until([] { return false; }, 500ms);
    CHECK(local.server.counts().create_requests == 1);
    REQUIRE(local.run_until([&] { return runs.are_done(); }));
    CHECK(steady::now() - refused >= 900ms);
    for (auto const& run : runs.all)
        CHECK_FALSE(run.code());
    CHECK(local.server.counts().create_requests == 22);
    // The one that was refused is continued: it goes first.
    CHECK(runs.created().at(1) == 0);
}

TEST_CASE("too little credit ends all runs that wait, with one clear error, and no further create is sent")
{
    local_client local([](replicate::config& settings) { settings.scheduler.in_flight = 1; });
    numbered_runs runs(local);
    local.server.next_create().delay(100ms).status(402,
        R"({"title":"Insufficient credit","detail":"You have insufficient credit to run this model.","status":402})");
    for (int i = 0; i < 20; ++i)
        runs.start();
    REQUIRE(local.run_until([&] { return runs.are_done(); }));
    for (auto const& run : runs.all)
        CHECK(run.code() == condition::insufficient_credit);
    CHECK(local.server.counts().create_requests == 1);
    auto const failed =
        local.failure_of(local.client.async_run("test/echo", replicate::input(), local_client::quick()));
    REQUIRE(failed.has_value());
    CHECK(failed->code() == condition::insufficient_credit);
    CHECK(std::string(failed->what()).find("You have insufficient credit to run this model.") != std::string::npos);
    CHECK(local.server.counts().create_requests == 1);
    // Other requests are not concerned.
    local.get(local.client.predictions().async_list());
}

TEST_CASE("when there is credit again one tries, the others wait for what comes of it, and all go on")
{
    local_client local([](replicate::config& settings) {
        settings.scheduler.rate.credit_pause = 200ms;
        settings.scheduler.rate.creates_per_minute = 60'000;
    });
    numbered_runs runs(local);
    local.server.next_create().status(402, R"({"title":"Insufficient credit","detail":"no","status":402})");
    runs.start();
    REQUIRE(local.run_until([&] { return runs.are_done(); }));
    CHECK(runs.all[0].code() == condition::insufficient_credit);
    auto const paused = steady::now();
    REQUIRE(local.run_until([&] { return steady::now() - paused > 250ms; }));
    for (int i = 0; i < 50; ++i)
        runs.start();
    REQUIRE(local.run_until([&] { return runs.are_done(); }));
    for (std::size_t i = 1; i < runs.all.size(); ++i)
        CHECK_FALSE(runs.all[i].code());
    CHECK(local.server.counts().creates == 50);
}

TEST_CASE("an interactive run goes before all batch runs that wait")
{
    local_client local([](replicate::config& settings) { settings.scheduler.in_flight = 2; });
    numbered_runs runs(local);
    for (int i = 0; i < 300; ++i)
        runs.start_of(priority::batch);
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.creates >= 10; }));
    std::size_t const sent = local.server.counts().create_requests;
    std::size_t const urgent = runs.start_of(priority::interactive);
    REQUIRE(local.run_until([&] { return runs.all[urgent].done(); }));
    REQUIRE(local.run_until([&] { return runs.are_done(); }));
    auto const created = runs.created();
    auto const place = static_cast<std::size_t>(std::find(created.begin(), created.end(), urgent) - created.begin());
    // Those that had their turn already when it came may be seen before it.
    CHECK(place <= sent + 3);
}

TEST_CASE("groups take turns as their weights say")
{
    local_client local([](replicate::config& settings) {
        settings.scheduler.in_flight = 4;
        settings.scheduler.groups["heavy"] = 3;
    });
    numbered_runs runs(local);
    for (int i = 0; i < 400; ++i)
        runs.start_of(priority::batch, i < 200 ? "light" : "heavy");
    REQUIRE(local.run_until([&] { return runs.are_done(); }));
    auto created = runs.created();
    REQUIRE(created.size() == 400);
    // As long as both wait, but for the first few, which found nobody else.
    created.resize(210);
    created.erase(created.begin(), created.begin() + 10);
    auto const heavy = std::count_if(created.begin(), created.end(), [](std::size_t number) { return number >= 200; });
    CHECK(heavy == doctest::Approx(150).epsilon(0.05));
}

TEST_CASE("a model that may have no more predictions in flight holds up no other model")
{
    local_client local([](replicate::config& settings) { settings.scheduler.per_model = 1; });
    std::vector<pending<replicate::output>> slow(3);
    asio::cancellation_signal signals[3];
    auto const options = local_client::quick(replicate::wait::poll());
    for (std::size_t i = 0; i < slow.size(); ++i)
        local.client.async_run(
            local.server.version("test/never-ends"), replicate::input(), options, slow[i].token(signals[i]));
    pending<replicate::output> other;
    local.client.async_run(local.server.version("test/echo"), replicate::input(), options, other.token());
    REQUIRE(local.run_until([&] { return other.done(); }));
    CHECK_FALSE(other.code());
    CHECK(local.server.counts().creates == 2);
    // A place that comes back is taken by the next.
    signals[0].emit(asio::cancellation_type::terminal);
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.creates == 3; }));
    signals[1].emit(asio::cancellation_type::terminal);
    signals[2].emit(asio::cancellation_type::terminal);
    run_out(local.context);
    CHECK(local.server.counts().creates <= 3);
}

TEST_CASE("a queue that is full turns further calls away at once, and says which setting that is")
{
    local_client local([](replicate::config& settings) {
        settings.scheduler.in_flight = 1;
        settings.scheduler.queue_length = 3;
    });
    asio::cancellation_signal signal;
    std::vector<pending<replicate::output>> runs(4);
    auto const options = local_client::quick(replicate::wait::poll());
    std::string const version = local.server.version("test/never-ends");
    local.client.async_run(version, replicate::input(), options, runs[0].token(signal));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.gets >= 1; }));
    std::vector<asio::cancellation_signal> signals(3);
    for (std::size_t i = 0; i < 3; ++i)
        local.client.async_run(version, replicate::input(), options, runs[i + 1].token(signals[i]));
    auto const refused = local.failure_of(local.client.async_run(version, replicate::input(), options));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == errc::queue_full);
    CHECK(refused->code() == condition::rate_limited);
    CHECK(std::string(refused->what()).find("config.scheduler.queue_length") != std::string::npos);
    // The run that has its place goes on, and other requests go.
    std::size_t const gets = local.server.counts().gets;
    REQUIRE(local.run_until_server([&](auto const& counts) { return counts.gets >= gets + 2; }));
    local.get(local.client.predictions().async_list());
    for (auto& each : signals)
        each.emit(asio::cancellation_type::terminal);
    signal.emit(asio::cancellation_type::terminal);
    run_out(local.context);
    CHECK(local.server.counts().create_requests == 1);
}

TEST_CASE("a wait for one's turn has a limit of its own")
{
    local_client local([](replicate::config& settings) {
        settings.scheduler.in_flight = 1;
        settings.timeouts.queue = 50ms;
    });
    asio::cancellation_signal signal;
    pending<replicate::output> first;
    auto const options = local_client::quick(replicate::wait::poll());
    std::string const version = local.server.version("test/never-ends");
    local.client.async_run(version, replicate::input(), options, first.token(signal));
    auto const began = steady::now();
    auto const late = local.failure_of(local.client.async_run(version, replicate::input(), options));
    REQUIRE(late.has_value());
    CHECK(late->code() == errc::timed_out);
    CHECK(late->diagnostics().phase == phase::queue);
    CHECK(late->diagnostics().attempts == 0);
    CHECK(std::string(late->what()).find("timeouts.queue") != std::string::npos);
    CHECK(steady::now() - began >= 50ms);
    CHECK(steady::now() - began < slowness * 1s);
    signal.emit(asio::cancellation_type::terminal);
    run_out(local.context);
    CHECK(local.server.counts().create_requests == 1);
}

TEST_CASE("a run that is cancelled while it waits for its turn is not seen by the server")
{
    // One in ten seconds, as the client knows.
    local_client local([](replicate::config& settings) { settings.scheduler.rate.creates_per_minute = 6; }, limits(6, 1));
    numbered_runs runs(local);
    runs.start();
    REQUIRE(local.run_until([&] { return runs.are_done(); }));
    asio::cancellation_signal signal;
    pending<replicate::output> second;
    local.client.async_run(
        local.server.version("test/echo"), replicate::input(), local_client::quick(), second.token(signal));
    local.run_until([] { return false; }, 50ms);
    CHECK_FALSE(second.done());
    signal.emit(asio::cancellation_type::terminal);
    auto const began = steady::now();
    run_out(local.context);
    CHECK(steady::now() - began < slowness * 1s);
    CHECK(second.code() == asio::error::operation_aborted);
    CHECK(local.server.counts().create_requests == 1);
}

TEST_CASE("a priority out of range is refused before anything is sent")
{
    local_client local;
    auto const wrong = static_cast<replicate::priority>(7);
    run_options run;
    run.priority = wrong;
    auto const first = local.failure_of(local.client.async_run("test/echo", replicate::input(), run));
    REQUIRE(first.has_value());
    CHECK(first->code() == errc::invalid_argument);
    CHECK(std::string(first->what()).find("options.priority") != std::string::npos);
    replicate::create_options create;
    create.priority = wrong;
    auto const second = local.failure_of(local.client.predictions().async_create("test/echo", replicate::input(), create));
    REQUIRE(second.has_value());
    CHECK(second->code() == errc::invalid_argument);
    CHECK(local.server.counts().requests == 0);
}

TEST_CASE("two clients of one account keep its limit together")
{
    replicate::rate_options rate;
    replicate::account_limits const account(rate);
    auto const shared = [&](replicate::config& settings) { settings.account = account; };
    local_client one(shared, limits(600, 60));
    replicate::client const two(one.context, [&] {
        auto settings = local_client::settings(one.server, shared);
        return settings;
    }());
    std::vector<pending<replicate::output>> runs(90);
    std::string const version = one.server.version("test/echo");
    for (std::size_t i = 0; i < runs.size(); ++i)
        (i % 2 == 0 ? one.client : two)
            .async_run(version, replicate::input().set("number", i), local_client::quick(), runs[i].token());
    REQUIRE(one.run_until([&] {
        return std::all_of(runs.begin(), runs.end(), [](auto const& run) { return run.done(); });
    }));
    for (auto const& run : runs)
        CHECK_FALSE(run.code());
    CHECK(one.server.counts().creates == 90);
    CHECK(one.server.counts().create_requests == 90);
}

TEST_CASE("a request of one's own that creates takes its turn with the runs")
{
    local_client local([](replicate::config& settings) { settings.scheduler.in_flight = 1; });
    asio::cancellation_signal signal;
    pending<replicate::output> first;
    local.client.async_run(local.server.version("test/never-ends"), replicate::input(),
        local_client::quick(replicate::wait::poll()), first.token(signal));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.gets >= 1; }));
    replicate::http_request create;
    create.method = "POST";
    create.url = local.server.base_url() + "/predictions";
    create.with_token = true;
    create.content_type = "application/json";
    create.body = R"({"version":")" + local.server.version("test/echo") + R"(","input":{}})";
    pending<replicate::http_response> own;
    local.client.http().async_send(create, own.token());
    local.run_until([] { return false; }, 50ms);
    CHECK(local.server.counts().create_requests == 1);
    signal.emit(asio::cancellation_type::terminal);
    REQUIRE(local.run_until([&] { return own.done(); }));
    CHECK(own.value().status == 201);
    run_out(local.context);
}
