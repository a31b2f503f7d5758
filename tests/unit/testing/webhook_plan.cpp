// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// When the local server's webhooks are due; no network, no clock.

#include <replicate/impl/testing/create_request.hpp>
#include <replicate/impl/testing/webhook_plan.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
namespace testing = replicate::testing;
using testing::script;
using testing::detail::prediction_record;
using testing::detail::webhook_event;
using testing::detail::webhook_plan;

namespace {

prediction_record record_of(script life)
{
    prediction_record record;
    record.life = std::move(life);
    return record;
}

// Follows a plan as a job does, with a clock that jumps from one moment to the next.
std::string follow(script life, std::vector<webhook_event> wanted, std::chrono::milliseconds throttle)
{
    constexpr char const* words[] = {"start", "output", "logs", "completed"};
    prediction_record const record = record_of(std::move(life));
    webhook_plan plan(std::move(wanted), throttle);
    std::string sent;
    webhook_plan::time_point now{};
    for (int i = 0; i < 1000 && !plan.over(); ++i) {
        auto const due = plan.take(record, now);
        if (due)
            sent += std::string(words[static_cast<int>(*due)]) + '@'
                + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count())
                + ' ';
        else if (!plan.over())
            now = plan.next(record, now);
    }
    CHECK(plan.over());
    return sent;
}

} // namespace

TEST_CASE("webhooks are due at the start, at outputs and logs, and at the end, as far as they are wanted")
{
    script const life = script().boot(10ms).run(10ms).log("a").run(10ms).piece("b").run(10ms);
    std::vector<webhook_event> const all{
        webhook_event::start, webhook_event::output, webhook_event::logs, webhook_event::completed};
    CHECK(follow(life, all, 0ms) == "start@10 logs@20 output@30 completed@40 ");
    CHECK(follow(life, {}, 0ms) == "output@30 completed@40 ");
    CHECK(follow(life, {webhook_event::completed}, 0ms) == "completed@40 ");
    CHECK(follow(life, {webhook_event::logs}, 0ms) == "logs@20 ");
    CHECK(follow(script("text"), {webhook_event::output}, 0ms) == "output@0 ");
    CHECK(follow(script().boot(10ms).abort(), {}, 0ms) == "completed@10 ");
}

TEST_CASE("what follows too soon waits until it may be sent, or until the end")
{
    script life;
    for (int i = 0; i < 10; ++i)
        life.run(10ms).piece("x");
    CHECK(follow(life, {}, 35ms) == "output@10 output@45 output@80 completed@100 ");
    CHECK(follow(script().piece("x").run(5ms).log("l").run(100ms), {webhook_event::output, webhook_event::logs}, 35ms)
        == "output@0 logs@35 ");
}

TEST_CASE("the filter of a create is a list of the four events")
{
    using testing::detail::parse_create;
    auto const filtered = [](std::string const& filter) {
        return parse_create(R"({"input":{},"webhook_events_filter":)" + filter + "}", false);
    };
    CHECK(filtered(R"(["start","completed"])").webhook_events
        == std::vector<webhook_event>{webhook_event::start, webhook_event::completed});
    CHECK(filtered("[]").webhook_events.empty());
    CHECK_FALSE(filtered("null").refusal.has_value());
    CHECK(filtered(R"("start")").refusal.has_value());
    CHECK(filtered(R"(["begin"])").refusal.has_value());
    CHECK(filtered("[1]").refusal.has_value());
}
