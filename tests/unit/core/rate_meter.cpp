// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/rate_meter.hpp>

#include <doctest/doctest.h>

#include <chrono>

namespace {

using namespace std::chrono_literals;
using replicate::core::rate_meter;

} // namespace

TEST_CASE("a rate is right from early on, and follows a change")
{
    rate_meter::time_point now{};
    rate_meter meter(now, 20s);
    CHECK(meter.rate(now) == 0);
    for (int i = 0; i < 20; ++i)
        meter.on_event(now += 100ms);
    CHECK(meter.rate(now) == doctest::Approx(10).epsilon(0.1));
    for (int i = 0; i < 1'000; ++i)
        meter.on_event(now += 100ms);
    CHECK(meter.rate(now) == doctest::Approx(10).epsilon(0.02));
    for (int i = 0; i < 100; ++i)
        meter.on_event(now += 1s);
    CHECK(meter.rate(now) == doctest::Approx(1).epsilon(0.15));
    CHECK(meter.rate(now + 10min) < 0.01);
}
