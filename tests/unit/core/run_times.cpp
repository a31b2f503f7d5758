// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/run_times.hpp>

#include <doctest/doctest.h>

#include <string>

using replicate::core::run_phase;
using replicate::core::run_time_memory;
using replicate::core::run_times;

namespace {

// So many predictions that are seen each half second and end at this age.
void run(run_times& times, int count, double end)
{
    for (int i = 0; i < count; ++i) {
        for (double age = 0; age + 0.5 <= end; age += 0.5)
            times.ran(run_phase::processing, age, age + 0.5);
        times.ended(run_phase::processing, end);
    }
}

} // namespace

TEST_CASE("of an unknown model it is assumed that it takes as long again as it took already")
{
    run_times const times;
    CHECK_FALSE(times.is_known());
    CHECK(times.rate(run_phase::starting, 0) == doctest::Approx(1));
    CHECK(times.rate(run_phase::processing, 9) == doctest::Approx(0.1));
    CHECK(times.rate(run_phase::processing, 99) == doctest::Approx(0.01));
}

TEST_CASE("an end is likely at the ages at which others ended, and unlikely before")
{
    run_times times;
    run(times, 20, 10);
    CHECK(times.is_known());
    CHECK(times.longest() == 10);
    CHECK(times.rate(run_phase::processing, 10) > 0.3);
    CHECK(times.rate(run_phase::processing, 5) < 0.02);
    CHECK(times.rate(run_phase::processing, 1) < 0.1);
}

TEST_CASE("the phases are learned each by itself")
{
    run_times times;
    run(times, 20, 10);
    CHECK(times.rate(run_phase::starting, 10) == doctest::Approx(1.0 / 11));
}

TEST_CASE("new observations replace old ones")
{
    run_times times;
    run(times, 1000, 10);
    run(times, 10'000, 40);
    CHECK(times.rate(run_phase::processing, 10) < 0.01);
    CHECK(times.rate(run_phase::processing, 40) > 0.1);
}

TEST_CASE("ages that make no sense are taken as the shortest or the longest")
{
    run_times times;
    times.ran(run_phase::starting, 3, 1);
    times.ended(run_phase::starting, -5);
    times.ended(run_phase::starting, 1e300);
    CHECK(times.rate(run_phase::starting, -1) > 0);
    CHECK(times.rate(run_phase::starting, 1e300) >= 0);
}

TEST_CASE("the memory of models is bounded")
{
    run_time_memory memory;
    for (int i = 0; i < 1000; ++i) {
        memory.forget_unused();
        memory.of("acme/" + std::to_string(i)).ended(run_phase::processing, 1);
    }
    CHECK(memory.size() <= 257);
}
