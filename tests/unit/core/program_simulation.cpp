// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <support/program_scenarios.hpp>
#include <support/simulated_program.hpp>
#include <support/slowness.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>

using namespace replicate::tests;

namespace {

void check_thousands(program_figures const& figures, std::size_t least_delivered)
{
    CAPTURE(figures.gets);
    CAPTURE(figures.lists);
    CAPTURE(figures.delay(1));
    CHECK(figures.mean_in_flight >= 4850);
    CHECK(figures.delays.size() >= least_delivered);
    CHECK(figures.percent() <= 0.5);
    CHECK(figures.delay(0.5) <= 1.2);
    CHECK(figures.delay(0.99) <= 3.0);
}

} // namespace

TEST_CASE("thousands that run all at once are seen soon after their end, with few requests")
{
    for (std::uint64_t seed = 1; seed <= 2; ++seed)
        check_thousands(simulated_program(thousands_at_once(seed)).run(), 1500);
}

TEST_CASE("thousands that wait for a few machines, which boot first, are seen soon after their end, with few requests")
{
    for (std::uint64_t seed = 1; seed <= 3; ++seed)
        check_thousands(simulated_program(thousands_queued(seed)).run(), 1500);
}

TEST_CASE("thousands of quick ones that wait in a queue are seen soon after their end, with few requests")
{
    check_thousands(simulated_program(quick_thousands_queued(1)).run(), 1200);
}

TEST_CASE("at most eight are seen at once after their end")
{
    for (std::size_t in_flight : {1u, 3u, 8u})
        for (double median : {2.0, 10.0, 60.0}) {
            CAPTURE(in_flight);
            CAPTURE(median);
            program_figures const figures = simulated_program(few_at_once(in_flight, median)).run();
            CHECK(figures.delays.size() >= 30 * in_flight);
            CHECK(figures.delay(0.5) <= 0.15);
        }
}

TEST_CASE("some hundreds are seen soon after their end")
{
    for (std::size_t in_flight : {20u, 100u, 500u}) {
        CAPTURE(in_flight);
        program_scenario scenario = few_at_once(in_flight, 50);
        scenario.warm_up = 300;
        scenario.longest = 600;
        program_figures const figures = simulated_program(scenario).run();
        CHECK(figures.delay(0.5) <= 1.2);
        CHECK(figures.percent() <= 25);
    }
}

TEST_CASE("pages that never show an end, and requests that fail, delay what has ended but lose nothing")
{
    program_scenario scenario = few_at_once(300, 20);
    scenario.service.list_lag = 1e9;
    scenario.warm_up = 200;
    scenario.longest = 800;
    program_figures const unseen = simulated_program(scenario).run();
    CHECK(unseen.delays.size() >= 1000);
    CHECK(unseen.delay(1) <= 60);

    scenario.service.list_lag = 0;
    scenario.service.failures = 0.2;
    program_figures const failing = simulated_program(scenario).run();
    CHECK(failing.delays.size() >= 1000);
    CHECK(failing.delay(1) <= 120);
}

namespace {

constexpr std::size_t inputs = 10'000;
// A sanitizer has seen it all after fewer.
constexpr std::uint64_t seeds = slowness > 1 ? 1 : 4;

// What holds whatever happens.
void check_each_is_delivered_once(program_figures const& figures, std::size_t least)
{
    CHECK(figures.inputs >= least);
    CHECK(figures.delivered_once == figures.inputs);
    CHECK(figures.delivered_twice == 0);
}

} // namespace

TEST_CASE("all that decides works together: many inputs take as long as the limit demands, and next to nothing is refused")
{
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        CAPTURE(seed);
        program_scenario scenario = many_inputs(seed, seed % 2 == 0 ? 600 : 1800, seed <= 2 ? 10 : 60);
        scenario.inputs = inputs;
        program_figures const figures = simulated_program(scenario).run();
        CAPTURE(figures.makespan);
        CAPTURE(figures.ideal);
        CAPTURE(figures.refused);
        CAPTURE(figures.gets);
        CAPTURE(figures.lists);
        check_each_is_delivered_once(figures, inputs);
        CHECK(figures.refused_part() <= 0.001);
        CHECK(figures.makespan <= 1.03 * figures.ideal);
        CHECK(figures.delay(0.5) <= 1.5);
        CHECK(figures.delay(0.99) <= 5);
        CHECK(figures.percent() <= 5);
    }
}

TEST_CASE("whatever happens at once, each input has one result, the limit is used, and those who wait do not wait behind the many")
{
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        CAPTURE(seed);
        program_figures const figures = simulated_program(troubled_inputs(seed, inputs)).run();
        CAPTURE(figures.makespan);
        CAPTURE(figures.refused);
        CAPTURE(figures.gets);
        CAPTURE(figures.lists);
        CAPTURE(figures.delay(1));
        check_each_is_delivered_once(figures, inputs);
        CHECK(figures.failed > inputs / 100);
        // Three for each fall, and one of 1,000.
        CHECK(figures.refused <= 6 + figures.requests / 1000);
        CHECK(figures.used() >= 0.9);
        CHECK(figures.delay(0.5) <= 3.5);
        CHECK(figures.delay(1) <= 120);
        CHECK(program_figures::part_of(figures.interactive_waits, 0.5) <= 0.5);
        CHECK(figures.percent() <= 15);
    }
}

TEST_CASE("a seed brings about the same again")
{
    program_figures const one = simulated_program(troubled_inputs(7, 500)).run();
    program_figures const other = simulated_program(troubled_inputs(7, 500)).run();
    CHECK(one.events == other.events);
    CHECK(one.requests == other.requests);
    CHECK(one.delays == other.delays);
}
