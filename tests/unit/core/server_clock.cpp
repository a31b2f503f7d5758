// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/server_clock.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <random>

using namespace std::chrono_literals;
using replicate::core::server_clock;

namespace {

using steady = std::chrono::steady_clock::time_point;
using wall = std::chrono::system_clock::time_point;

constexpr auto begun = steady(1h);
constexpr auto noon = wall(std::chrono::hours(490'000));

} // namespace

TEST_CASE("the time at the service lies between two bounds, which become narrower")
{
    server_clock clock;
    CHECK_FALSE(clock.is_known());
    clock.observe(noon, 1s, begun, begun + 500ms);
    REQUIRE(clock.is_known());
    CHECK(clock.earliest(begun + 10s) == noon + 9500ms);
    CHECK(clock.latest(begun + 10s) == noon + 11s);
    // The next whole second is told early in it.
    clock.observe(noon + 9s, 1s, begun + 9s, begun + 9100ms);
    CHECK(clock.earliest(begun + 10s) == noon + 9900ms);
    CHECK(clock.latest(begun + 10s) == noon + 11s);
    // One that says less changes nothing.
    clock.observe(noon + 15s, 1s, begun, begun + 60s);
    CHECK(clock.earliest(begun + 10s) == noon + 9900ms);
}

TEST_CASE("the true time is never outside of the bounds, whatever the clock of this machine says and however slow answers are")
{
    std::minstd_rand random(7);
    for (int round = 0; round < 1000; ++round) {
        auto const offset = std::chrono::milliseconds(std::uniform_int_distribution<int>(0, 2'000'000'000)(random));
        auto const truth = [&](steady when) { return noon + offset + (when - begun); };
        server_clock clock;
        steady now = begun;
        for (int answer = 0; answer < 20; ++answer) {
            steady const asked = now;
            now += std::chrono::milliseconds(std::uniform_int_distribution<int>(0, 3000)(random));
            steady const told_at = asked + (now - asked) / 2;
            clock.observe(std::chrono::floor<std::chrono::seconds>(truth(told_at)), 1s, asked, now);
            CHECK(clock.earliest(now) <= truth(now));
            CHECK(clock.latest(now) >= truth(now));
        }
        CHECK(clock.latest(now) - clock.earliest(now) < 4s);
    }
}

TEST_CASE("a clock that was set, or a machine that slept, is noticed")
{
    server_clock clock;
    clock.observe(noon, 1s, begun, begun);
    clock.observe(noon + 8h, 1s, begun + 1s, begun + 1s);
    CHECK(clock.earliest(begun + 1s) == noon + 8h);
    CHECK(clock.latest(begun + 1s) == noon + 8h + 1s);
    // Servers that differ by a second are no reason.
    clock.observe(noon + 8h - 1s, 1s, begun + 2s, begun + 2s);
    CHECK(clock.earliest(begun + 1s) <= noon + 8h);
    CHECK(clock.latest(begun + 1s) >= noon + 8h);
}

TEST_CASE("nothing is learned from times without sense")
{
    server_clock clock;
    clock.observe(wall::max(), 1s, begun, begun);
    clock.observe(wall::min(), 1s, begun, begun);
    clock.observe(noon, 1s, begun, begun - 1s);
    CHECK_FALSE(clock.is_known());
}
