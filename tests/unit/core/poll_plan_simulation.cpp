// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <support/waiting_scenarios.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>

using namespace replicate::tests;

namespace {

void check_thousands(waiting_figures const& figures, std::size_t least_delivered)
{
    CAPTURE(figures.gets);
    CAPTURE(figures.lists);
    CAPTURE(figures.delay(1));
    CHECK(figures.mean_in_flight >= 4850);
    CHECK(figures.delivered >= least_delivered);
    CHECK(figures.percent() <= 0.5);
    CHECK(figures.delay(0.5) <= 1.2);
    CHECK(figures.delay(0.99) <= 3.0);
}

} // namespace

TEST_CASE("thousands that run all at once are seen soon after their end, with few requests")
{
    for (std::uint64_t seed = 1; seed <= 2; ++seed)
        check_thousands(simulated_waiting(thousands_at_once(seed)).run(), 1500);
}

TEST_CASE("thousands that wait for a few machines, which boot first, are seen soon after their end, with few requests")
{
    for (std::uint64_t seed = 1; seed <= 3; ++seed)
        check_thousands(simulated_waiting(thousands_queued(seed)).run(), 1500);
}

TEST_CASE("thousands of quick ones that wait in a queue are seen soon after their end, with few requests")
{
    check_thousands(simulated_waiting(quick_thousands_queued(1)).run(), 1200);
}

TEST_CASE("at most eight are seen at once after their end")
{
    for (std::size_t in_flight : {1u, 3u, 8u})
        for (double median : {2.0, 10.0, 60.0}) {
            CAPTURE(in_flight);
            CAPTURE(median);
            waiting_figures const figures = simulated_waiting(few_at_once(in_flight, median)).run();
            CHECK(figures.delivered >= 30 * in_flight);
            CHECK(figures.delay(0.5) <= 0.15);
        }
}

TEST_CASE("some hundreds are seen soon after their end")
{
    for (std::size_t in_flight : {20u, 100u, 500u}) {
        CAPTURE(in_flight);
        waiting_scenario scenario = few_at_once(in_flight, 50);
        scenario.warm_up = 300;
        scenario.length = 300;
        waiting_figures const figures = simulated_waiting(scenario).run();
        CHECK(figures.delay(0.5) <= 1.2);
        CHECK(figures.percent() <= 25);
    }
}

TEST_CASE("pages that never show an end, and requests that fail, delay what has ended but lose nothing")
{
    waiting_scenario scenario = few_at_once(300, 20);
    scenario.list_lag = 1e9;
    scenario.warm_up = 200;
    scenario.length = 600;
    waiting_figures const unseen = simulated_waiting(scenario).run();
    CHECK(unseen.delivered >= 1000);
    CHECK(unseen.delay(1) <= 60);

    scenario.list_lag = 0;
    scenario.failures = 0.2;
    waiting_figures const failing = simulated_waiting(scenario).run();
    CHECK(failing.delivered >= 1000);
    CHECK(failing.delay(1) <= 120);
}
