// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/run_options.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <type_traits>

using namespace std::chrono_literals;
using replicate::call_options;
using replicate::create_options;
using replicate::errc;
using replicate::run_options;
using replicate::wait;
using replicate::wait_options;

using duration = std::chrono::steady_clock::duration;

namespace {

// Temporaries of these stand in co_await expressions, where g++ 12 destroys aggregates twice.
static_assert(!std::is_aggregate_v<wait>);
static_assert(!std::is_aggregate_v<call_options>);
static_assert(!std::is_aggregate_v<create_options>);
static_assert(!std::is_aggregate_v<run_options>);
static_assert(!std::is_aggregate_v<wait_options>);

// What a check says of these options; empty where it is content.
template<class Options>
std::string complaint_about(Options const& options)
{
    try {
        replicate::detail::check(options);
    } catch (replicate::error const& refused) {
        CHECK(refused.code() == errc::invalid_argument);
        return refused.what();
    }
    return {};
}

bool names(std::string const& complaint, std::string const& argument)
{
    return complaint.find(argument) != std::string::npos;
}

} // namespace

TEST_CASE("the defaults are good, and as documented")
{
    run_options const run;
    CHECK(complaint_about(run) == "");
    CHECK(complaint_about(call_options()) == "");
    CHECK(run.wait.is_sync());
    CHECK(run.wait.at_most() == 60s);
    CHECK_FALSE(run.timeout);
    CHECK_FALSE(run.cancel_after);
    CHECK(run.on_cancel == replicate::on_cancel::cancel_remote);
    CHECK_FALSE(run.early_output);
    CHECK(run.first_poll_interval == 500ms);
    CHECK(run.maximum_poll_interval == 5s);
    create_options const create;
    CHECK_FALSE(create.wait.is_sync());
    CHECK_FALSE(create.timeout);
    CHECK_FALSE(create.cancel_after);
    CHECK(create.on_cancel == replicate::on_cancel::cancel_remote);
}

TEST_CASE("polling asks the service for no wait")
{
    CHECK_FALSE(wait::poll().is_sync());
    CHECK(wait::poll().at_most() == 0s);
    run_options options;
    options.wait = wait::poll();
    CHECK(complaint_about(options) == "");
}

TEST_CASE("the service holds an answer for 1 to 60 seconds, and is not asked for anything else")
{
    for (int seconds = -2; seconds <= 100; ++seconds) {
        CAPTURE(seconds);
        run_options options;
        options.wait = wait::sync(std::chrono::seconds(seconds));
        bool const good = seconds >= 1 && seconds <= 60;
        CHECK((complaint_about(options) == "") == good);
        if (!good)
            CHECK(names(complaint_about(options), "options.wait"));
    }
    for (std::chrono::seconds extreme : {std::chrono::seconds::min(), std::chrono::seconds::max()}) {
        run_options options;
        options.wait = wait::sync(extreme);
        CHECK(names(complaint_about(options), "options.wait"));
    }
}

TEST_CASE("the service ends a prediction after 5 seconds to 24 hours, and is not asked for anything else")
{
    for (std::chrono::seconds good : {std::chrono::seconds(5), std::chrono::seconds(6), std::chrono::seconds(24h)}) {
        run_options options;
        options.cancel_after = good;
        CHECK(complaint_about(options) == "");
    }
    for (std::chrono::seconds bad :
        {std::chrono::seconds::min(), -1s, 0s, 4s, std::chrono::seconds(24h) + 1s, std::chrono::seconds::max()}) {
        run_options options;
        options.cancel_after = bad;
        CAPTURE(bad.count());
        CHECK(names(complaint_about(options), "options.cancel_after"));
    }
}

TEST_CASE("a timeout lies ahead, and not in the next century")
{
    for (duration good : {duration(1ns), duration(1ms), duration(1h), duration(24h * 366)}) {
        call_options call;
        call.timeout = good;
        CHECK(complaint_about(call) == "");
        run_options run;
        run.timeout = good;
        CHECK(complaint_about(run) == "");
    }
    for (duration bad : {duration::min(), duration(-1ns), duration(0), duration(24h * 366 + 1ns), duration::max()}) {
        call_options call;
        call.timeout = bad;
        CHECK(names(complaint_about(call), "options.timeout"));
        run_options run;
        run.timeout = bad;
        CHECK(names(complaint_about(run), "options.timeout"));
    }
}

TEST_CASE("the waits between polls begin with a millisecond or more, do not shrink, and end with a day")
{
    auto const complaint = [](duration first, duration longest) {
        run_options options;
        options.first_poll_interval = first;
        options.maximum_poll_interval = longest;
        return complaint_about(options);
    };
    CHECK(complaint(1ms, 1ms) == "");
    CHECK(complaint(1ms, 24h) == "");
    CHECK(complaint(24h, 24h) == "");
    CHECK(names(complaint(1ms - 1ns, 1s), "options.first_poll_interval"));
    CHECK(names(complaint(0s, 1s), "options.first_poll_interval"));
    CHECK(names(complaint(-1s, 1s), "options.first_poll_interval"));
    CHECK(names(complaint(2s, 2s - 1ns), "options.maximum_poll_interval"));
    CHECK(names(complaint(1s, 24h + 1ns), "options.maximum_poll_interval"));
    CHECK(names(complaint(1s, duration::max()), "options.maximum_poll_interval"));
}

TEST_CASE("a safety poll comes every 10 milliseconds at most, and every day at least; the listener has the webhooks")
{
    auto const waiting = [](duration safety_poll) {
        run_options options;
        options.wait = replicate::wait::webhook_of({}, safety_poll);
        return options;
    };
    CHECK(complaint_about(waiting(10ms)) == "");
    CHECK(complaint_about(waiting(24h)) == "");
    CHECK(names(complaint_about(waiting(10ms - 1ns)), "options.wait"));
    CHECK(names(complaint_about(waiting(24h + 1ns)), "options.wait"));
    run_options options = waiting(30s);
    options.webhook_events_filter = {replicate::webhook_event::start};
    CHECK(complaint_about(options) == "");
    options.webhook = "https://a.example/";
    CHECK(names(complaint_about(options), "options.webhook"));
}

TEST_CASE("one who waits for what exists leaves it alone by default, and looks as often as a run does")
{
    wait_options options;
    CHECK(complaint_about(options) == "");
    CHECK(options.on_cancel == replicate::on_cancel::detach);
    CHECK_FALSE(options.timeout);
    CHECK(options.first_poll_interval == run_options().first_poll_interval);
    CHECK(options.maximum_poll_interval == run_options().maximum_poll_interval);
    options.timeout = 0s;
    CHECK(names(complaint_about(options), "options.timeout"));
    options.timeout = 1s;
    options.first_poll_interval = 0ms;
    CHECK(names(complaint_about(options), "options.first_poll_interval"));
    options.first_poll_interval = 6s;
    CHECK(names(complaint_about(options), "options.maximum_poll_interval"));
    options.maximum_poll_interval = 25h;
    CHECK(names(complaint_about(options), "options.maximum_poll_interval"));
}
