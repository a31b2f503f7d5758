// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_WAITING_SCENARIOS_HPP
#define REPLICATE_TESTS_SUPPORT_WAITING_SCENARIOS_HPP

#include <support/simulated_waiting.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace replicate::tests {

/// 5,000 in flight, each fifth prediction of the account is of others; as many are created as the service takes.
inline waiting_scenario thousands_of(simulated_model model, std::uint64_t seed)
{
    waiting_scenario scenario;
    scenario.models = {std::move(model)};
    scenario.length = 200;
    scenario.seed = seed;
    return scenario;
}

/// All run at once, for about 500 s.
inline waiting_scenario thousands_at_once(std::uint64_t seed, double sigma = 0.2)
{
    simulated_model model;
    model.median = 490;
    model.sigma = sigma;
    model.overhead = 2;
    waiting_scenario scenario = thousands_of(std::move(model), seed);
    scenario.warm_up = 1100;
    return scenario;
}

/// They wait for 200 machines, which boot first, on a service whose clock is another one and whose list lags.
inline waiting_scenario thousands_queued(std::uint64_t seed)
{
    simulated_model model;
    model.median = 20;
    model.machines = 200;
    model.boot = 60;
    waiting_scenario scenario = thousands_of(std::move(model), seed);
    scenario.creates_per_second = 50;
    scenario.warm_up = 300;
    scenario.skew = -40;
    scenario.list_lag = 0.2;
    return scenario;
}

/// They run for some seconds, of a wide spread, on 30 machines.
inline waiting_scenario quick_thousands_queued(std::uint64_t seed)
{
    simulated_model model;
    model.median = 3;
    model.sigma = 0.8;
    model.machines = 30;
    waiting_scenario scenario = thousands_of(std::move(model), seed);
    scenario.creates_per_second = 50;
    scenario.warm_up = 300;
    return scenario;
}

/// A few that run for so many seconds.
inline waiting_scenario few_at_once(std::size_t in_flight, double median, std::uint64_t seed = 1)
{
    simulated_model model;
    model.median = median;
    waiting_scenario scenario;
    scenario.models = {std::move(model)};
    scenario.in_flight = in_flight;
    scenario.warm_up = 20 * median;
    scenario.length = 50 * median;
    scenario.seed = seed;
    return scenario;
}

} // namespace replicate::tests

#endif
