// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/map_plan.hpp>
#include <replicate/detail/map_counters.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <random>
#include <vector>

namespace {

using replicate::map_options;
using replicate::map_order;
using replicate::core::map_plan;

map_options limits(std::size_t ahead, std::size_t buffer, std::size_t in_flight = 0)
{
    map_options options;
    options.ahead = ahead;
    options.buffer = buffer;
    options.in_flight = in_flight;
    return options;
}

std::size_t take_all(map_plan& plan)
{
    std::size_t taken = 0;
    for (; plan.may_take() && taken < 1'000; ++taken)
        plan.on_taken();
    return taken;
}

} // namespace

TEST_CASE("so many inputs are taken ahead, and one more for each that gets its turn")
{
    map_plan plan(limits(3, 10));
    CHECK(take_all(plan) == 3);
    plan.on_admitted();
    plan.on_admitted();
    CHECK(take_all(plan) == 2);
    CHECK(plan.queued() == 3);
    CHECK(plan.in_flight() == 2);
}

TEST_CASE("a limit of its own bounds what is taken, waiting ones included")
{
    map_plan plan(limits(8, 10, 2));
    CHECK(take_all(plan) == 2);
    plan.on_admitted();
    CHECK(take_all(plan) == 0);
    plan.on_ended(0, true, true);
    CHECK(take_all(plan) == 1);
}

TEST_CASE("no more inputs are taken than can be created at once, until a prediction exists or never will")
{
    map_plan plan(limits(8, 10), 2);
    CHECK(take_all(plan) == 2);
    plan.on_admitted();
    plan.on_admitted();
    CHECK(take_all(plan) == 0);
    plan.on_created();
    CHECK(take_all(plan) == 1);
    plan.on_created();
    plan.on_ended(1, true, false);
    CHECK(take_all(plan) == 1);
    CHECK(plan.in_flight() == 1);
}

TEST_CASE("nothing is taken while as many results wait as may")
{
    map_plan plan(limits(1, 2));
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(take_all(plan) == 1);
        plan.on_admitted();
        plan.on_ended(i, true, true);
    }
    CHECK(take_all(plan) == 0);
    CHECK(plan.deliver() == 0u);
    CHECK(take_all(plan) == 1);
}

TEST_CASE("results come as they complete, or as the inputs came")
{
    for (map_order const order : {map_order::completion, map_order::input}) {
        map_options options = limits(3, 10);
        options.order = order;
        map_plan plan(options);
        take_all(plan);
        plan.on_source_ended();
        plan.on_ended(2, false, true);
        CHECK(plan.deliver().has_value() == (order == map_order::completion));
        plan.on_ended(0, false, true);
        CHECK(plan.deliver() == 0u);
        plan.on_ended(1, false, true);
        CHECK(plan.deliver() == 1u);
        CHECK(plan.is_over() == (order == map_order::completion));
        CHECK(plan.deliver().has_value() == (order == map_order::input));
        CHECK(plan.is_over());
    }
}

TEST_CASE("in the order of the inputs a slow one does not hold up those behind it, within a bound")
{
    map_options options = limits(2, 4);
    options.order = map_order::input;
    map_plan plan(options);
    std::size_t ended = 0;
    for (bool goes_on = true; goes_on;) {
        goes_on = false;
        while (plan.may_take()) {
            std::size_t const number = plan.on_taken();
            plan.on_admitted();
            plan.on_created();
            if (number > 0) {
                plan.on_ended(number, true, true);
                ++ended;
                goes_on = true;
            }
        }
    }
    CHECK_FALSE(plan.deliver().has_value());
    // Two were in flight at most.
    CHECK(ended == 16);
    plan.on_ended(0, true, true);
    for (std::size_t i = 0; i <= ended; ++i)
        CHECK(plan.deliver() == i);
    CHECK(plan.may_take());
}

TEST_CASE("the first failure ends all, where that is wanted, and is told once")
{
    map_options options = limits(3, 10);
    options.stop_on_error = true;
    map_plan plan(options);
    take_all(plan);
    CHECK_FALSE(plan.on_ended(0, false, true));
    CHECK(plan.on_ended(1, false, false));
    CHECK_FALSE(plan.on_ended(2, false, false));
    CHECK_FALSE(plan.may_take());
    CHECK_FALSE(plan.is_over());
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(plan.deliver() == i);
    CHECK(plan.is_over());
}

TEST_CASE("a failure disturbs nothing where that is not wanted")
{
    map_plan plan(limits(3, 10));
    take_all(plan);
    CHECK_FALSE(plan.on_ended(0, false, false));
    CHECK(plan.may_take());
}

TEST_CASE("whatever happens in whatever order, each input gives one result, and no more is kept than is in flight and a bound")
{
    for (unsigned seed = 0; seed < 500; ++seed) {
        std::minstd_rand random(seed);
        auto const one_of = [&](std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(random); };
        map_options options = limits(1 + one_of(5), 1 + one_of(5), one_of(6));
        options.order = one_of(2) == 0 ? map_order::completion : map_order::input;
        map_plan plan(options);
        std::vector<std::size_t> waiting, working, given;
        std::size_t const total = one_of(60);
        std::size_t taken = 0;
        std::size_t undelivered = 0;
        std::size_t most_in_flight = 0;
        for (int step = 0; step < 10'000 && !plan.is_over(); ++step) {
            while (plan.may_take()) {
                if (taken == total)
                    plan.on_source_ended();
                else
                    waiting.push_back(plan.on_taken()), ++taken;
            }
            CHECK(waiting.size() <= options.ahead);
            std::size_t const early = options.order == map_order::input ? std::max(options.buffer, 8 * most_in_flight) : 0;
            CHECK(undelivered <= options.buffer + options.ahead + most_in_flight + early);
            if (std::size_t const what = one_of(3); what == 0 && !waiting.empty()) {
                std::size_t const at = one_of(waiting.size());
                working.push_back(waiting[at]);
                waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(at));
                plan.on_admitted();
                most_in_flight = std::max(most_in_flight, working.size());
            } else if (what == 1 && !working.empty()) {
                std::size_t const at = one_of(working.size());
                plan.on_ended(working[at], true, one_of(2) == 0);
                ++undelivered;
                working.erase(working.begin() + static_cast<std::ptrdiff_t>(at));
            } else if (auto const number = plan.deliver()) {
                given.push_back(*number);
                --undelivered;
            }
            CHECK(plan.queued() == waiting.size());
            CHECK(plan.in_flight() == working.size());
        }
        REQUIRE(plan.is_over());
        CHECK(given.size() == total);
        if (options.order == map_order::input)
            CHECK(std::is_sorted(given.begin(), given.end()));
        std::sort(given.begin(), given.end());
        CHECK(std::unique(given.begin(), given.end()) == given.end());
    }
}

TEST_CASE("all that was paid for is counted: what has succeeded, what has failed, and what was interrupted")
{
    using namespace std::chrono_literals;
    std::chrono::steady_clock::time_point const start(1h);
    replicate::detail::map_counters counters(std::nullopt, start);
    replicate::prediction_metrics cost;
    cost.predict_time = 1.5;
    cost.input_token_count = 10;
    cost.output_token_count = 100;
    counters.on_succeeded(cost, start + 1s);
    counters.on_failed(&cost, start + 2s);
    counters.on_interrupted(cost);
    counters.on_failed(nullptr, start + 3s);
    auto const seen = counters.snapshot(start + 4s);
    CHECK(seen.succeeded == 1);
    CHECK(seen.failed == 2);
    CHECK(seen.predict_time == 4.5);
    CHECK(seen.input_tokens == 30);
    CHECK(seen.output_tokens == 300);
}
