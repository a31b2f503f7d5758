// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/poll_pace.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <vector>

using namespace std::chrono_literals;
using replicate::core::poll_budget;
using replicate::core::poll_demand;
using replicate::core::poll_pace;

namespace {

constexpr poll_budget::time_point start_of_test{1h};

double cost(poll_pace const& pace, std::vector<poll_demand> const& demands)
{
    double sum = 0;
    for (poll_demand const& one : demands)
        sum += one.cost / pace.interval(one);
    return sum;
}

} // namespace

TEST_CASE("a budget lets a few go at once and then so many a second")
{
    poll_budget budget(10);
    poll_budget::time_point now = start_of_test;
    CHECK(budget.next(now) == now);
    budget.take(now);
    CHECK(budget.next(now) == now);
    int sent = 1;
    while (now < start_of_test + 10s) {
        now = budget.next(now);
        budget.take(now);
        ++sent;
    }
    CHECK(sent >= 100);
    CHECK(sent <= 104);
}

TEST_CASE("a budget that is changed holds from then on")
{
    poll_budget budget(1000);
    budget.take(start_of_test);
    budget.set(1, start_of_test);
    CHECK(budget.per_second() == 1);
    budget.take(start_of_test);
    budget.take(start_of_test);
    CHECK(budget.next(start_of_test) >= start_of_test + 1s);
    CHECK(budget.next(start_of_test) <= start_of_test + 1001ms);
}

TEST_CASE("all is spent where it helps, and no more")
{
    for (std::size_t count : {1u, 10u, 100u, 1000u})
        for (double rate : {1.0, 10.0, 40.0}) {
            CAPTURE(count);
            CAPTURE(rate);
            std::vector<poll_demand> demands;
            for (std::size_t i = 0; i < count; ++i)
                demands.push_back({1, 0.01 * static_cast<double>(1 + i % 17)});
            poll_pace pace;
            pace.solve(demands, rate);
            CHECK(cost(pace, demands) <= rate * 1.001);
            bool const is_quickest = pace.interval(demands.back()) == poll_pace::shortest;
            bool const spends = cost(pace, demands) >= rate * 0.8;
            CHECK((is_quickest || spends));
        }
}

TEST_CASE("where more end it is looked more often, by the square root")
{
    std::vector<poll_demand> const demands{{1, 0.1}, {1, 0.4}, {1, 0.2}};
    poll_pace pace;
    pace.solve(demands, 3 / 1.5);
    CHECK(pace.interval(demands[0]) / pace.interval(demands[1]) == doctest::Approx(2).epsilon(0.01));
}

TEST_CASE("nowhere that matters is looked at more rarely than so while the requests suffice")
{
    std::vector<poll_demand> demands;
    for (int i = 0; i < 100; ++i)
        demands.push_back({1, i == 0 ? 100.0 : 1.0});
    poll_pace pace;
    pace.solve(demands, 40);
    CHECK(pace.interval(demands[50]) <= poll_pace::longest);
    CHECK(pace.interval(demands[0]) == poll_pace::shortest);
}

TEST_CASE("where nothing is expected it is looked rarely")
{
    std::vector<poll_demand> const demands{{1, 1}, {1, 0.0001}, {1, 0}};
    poll_pace pace;
    pace.solve(demands, 40);
    CHECK(pace.interval(demands[1]) == poll_pace::slow);
    CHECK(pace.interval(demands[2]) == poll_pace::slow);
}

TEST_CASE("no demand is no trouble")
{
    poll_pace pace;
    pace.solve({}, 10);
    CHECK(pace.interval({1, 0}) == poll_pace::slow);
    pace.solve({{1, 0}}, 10);
    CHECK(pace.interval({1, 0}) == poll_pace::slow);
}
