// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_PROGRAM_SCENARIOS_HPP
#define REPLICATE_TESTS_SUPPORT_PROGRAM_SCENARIOS_HPP

#include <support/simulated_network.hpp>
#include <support/simulated_service.hpp>

#include <replicate/core/poll_action.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <utility>
#include <vector>

namespace replicate::tests {

/// The limit of creates becomes another one, and nobody is told.
struct limit_change {
    /// Seconds from the start.
    double at = 0;
    double per_minute = 600;
    double burst = 600;
};

/// What a program runs, and against what. Times are in seconds.
class program_scenario {
public:
    service_settings service;
    simulated_network network;
    /// How many inputs.
    std::size_t inputs = 10'000;
    /// The most predictions in flight.
    std::size_t in_flight = std::numeric_limits<std::size_t>::max();
    /// How many creates may hold their connection for the answer.
    std::size_t sync_waits = 100;
    /// On average, so often somebody else in the program runs one at once; 0: nobody.
    double interactive_every = 0;
    /// The part of requests whose connection fails before they leave.
    double connection_failures = 0;
    std::vector<limit_change> changes;
    core::poll_limits polls;
    /// Before this time polls and delays are not measured.
    double warm_up = 0;
    /// It is given up then.
    double longest = 1e6;
    std::uint64_t seed = 1;

    program_scenario() = default;
};

/// What came of it. Times are in seconds.
class program_figures {
public:
    /// Of inputs and single runs: how many there were, and how many have had one result, or more than one.
    std::size_t inputs = 0;
    std::size_t delivered_once = 0;
    std::size_t delivered_twice = 0;
    /// Results that say that the prediction has failed.
    std::size_t failed = 0;
    /// All requests that were sent, and those that were refused with 429.
    std::size_t requests = 0;
    std::size_t refused = 0;
    /// Looks, while it was measured, and what one each 0.5 s for each prediction would have come to.
    std::size_t gets = 0;
    std::size_t lists = 0;
    double usual_requests = 0;
    /// Creates that the service took, and how many it would have taken of this program until the last of them.
    double accepted = 0;
    double offered = 0;
    /// When the last was delivered, and when it would have been for one who knows the limit, if that never changed.
    double makespan = 0;
    double ideal = 0;
    /// From the end of a prediction to its delivery, in order.
    std::vector<double> delays;
    /// How long single runs waited for their turn, in order.
    std::vector<double> interactive_waits;
    std::size_t most_in_flight = 0;
    double mean_in_flight = 0;
    std::size_t windows = 0;
    std::uint64_t events = 0;

    program_figures() = default;

    static double part_of(std::vector<double> const& sorted, double part)
    {
        if (sorted.empty())
            return 0;
        auto const index = static_cast<std::size_t>(part * static_cast<double>(sorted.size()));
        return sorted[std::min(index, sorted.size() - 1)];
    }

    double delay(double part) const { return part_of(delays, part); }

    /// Looks, in percent of the usual ones.
    double percent() const { return 100 * static_cast<double>(gets + lists) / std::max(1.0, usual_requests); }

    /// The part of the creates that the limit had room for.
    double used() const { return accepted / offered; }

    /// The part of requests that were refused.
    double refused_part() const { return static_cast<double>(refused) / static_cast<double>(requests); }
};

/// 10,000 inputs of a model that boots and takes about `median` seconds, on a service whose limit the program is not told.
inline program_scenario many_inputs(std::uint64_t seed, double limit = 600, double median = 10)
{
    program_scenario made;
    simulated_model model;
    model.median = median;
    model.boot = 20;
    model.machines = static_cast<std::size_t>(limit / 60 * median * 2);
    made.service.models = {model};
    made.service.creates.per_minute = made.service.creates.burst = limit;
    made.seed = seed;
    return made;
}

/// All that can go wrong at once: the limit falls, to that of low credit too, and rises; others create predictions; clocks differ, the
/// list lags; connections and looks fail, and answers are late. People wait in between.
inline program_scenario troubled_inputs(std::uint64_t seed, std::size_t inputs = 10'000)
{
    std::mt19937_64 random(seed);
    auto const between = [&random](double least, double most) {
        return std::uniform_real_distribution<double>(least, most)(random);
    };
    double const limit = between(600, 1800);
    program_scenario made = many_inputs(seed, limit, between(3, 40));
    made.inputs = inputs;
    simulated_model other;
    other.name = "acme/other";
    other.median = between(1, 100);
    other.sigma = 0.8;
    made.service.models.push_back(other);
    made.service.creates.wish = static_cast<wish_form>(static_cast<int>(between(0, 4)));
    made.service.creates.counts_rejected = between(0, 1) < 0.5;
    made.service.foreign = between(0, 0.2);
    made.service.skew = between(-3600, 3600);
    made.service.list_lag = between(0, 2);
    made.service.failures = 0.01;
    made.connection_failures = 0.01;
    made.network.spikes = 0.02;
    made.interactive_every = 5;
    double at = between(60, 200);
    made.changes = {{at, limit / 2, limit / 2}, {at += between(60, 120), 6, 1}, {at += between(60, 200), limit, limit},
        {at += between(100, 200), 1.5 * limit, 1.5 * limit}};
    return made;
}

/// So many hours of work, in which the limit changes now and then.
inline program_scenario long_day(std::uint64_t seed, double hours = 24)
{
    program_scenario made = troubled_inputs(seed);
    double const limit = made.service.creates.per_minute;
    std::mt19937_64 random(seed + 1);
    made.changes.clear();
    made.inputs = static_cast<std::size_t>(1e9);
    made.longest = 3600 * hours;
    double at = 0;
    while ((at += std::exponential_distribution<double>(1 / 1800.0)(random)) < made.longest) {
        double const factor = std::uniform_real_distribution<double>(0.3, 2)(random);
        bool const has_little_credit = random() % 6 == 0;
        made.changes.push_back({at, has_little_credit ? 6 : factor * limit, has_little_credit ? 1 : factor * limit});
        if (has_little_credit)
            made.changes.push_back({at += 300, limit, limit});
    }
    return made;
}

/// A program that waits for very many: 5,000 in flight, each fifth prediction of the account is of others.
inline program_scenario thousands_of(simulated_model model, std::uint64_t seed)
{
    program_scenario made;
    made.service.models = {std::move(model)};
    made.service.foreign = 0.2;
    made.service.creates.per_minute = 3000;
    made.service.creates.burst = 60;
    made.inputs = static_cast<std::size_t>(1e9);
    made.in_flight = 5000;
    made.sync_waits = 0;
    made.warm_up = 300;
    made.longest = made.warm_up + 200;
    made.seed = seed;
    return made;
}

/// All run at once, for about 500 s.
inline program_scenario thousands_at_once(std::uint64_t seed, double sigma = 0.2)
{
    simulated_model model;
    model.median = 490;
    model.sigma = sigma;
    model.overhead = 2;
    program_scenario made = thousands_of(std::move(model), seed);
    // So many that there are no waves of ends.
    made.service.creates.per_minute = 780;
    made.warm_up = 1100;
    made.longest = 1300;
    return made;
}

/// They wait for 200 machines, which boot first, on a service whose clock is another one and whose list lags.
inline program_scenario thousands_queued(std::uint64_t seed)
{
    simulated_model model;
    model.median = 20;
    model.machines = 200;
    model.boot = 60;
    program_scenario made = thousands_of(std::move(model), seed);
    made.service.skew = -40;
    made.service.list_lag = 0.2;
    return made;
}

/// They run for some seconds, of a wide spread, on 30 machines.
inline program_scenario quick_thousands_queued(std::uint64_t seed)
{
    simulated_model model;
    model.median = 3;
    model.sigma = 0.8;
    model.machines = 30;
    return thousands_of(std::move(model), seed);
}

/// A few that run for so many seconds.
inline program_scenario few_at_once(std::size_t in_flight, double median, std::uint64_t seed = 1)
{
    simulated_model model;
    model.median = median;
    program_scenario made = thousands_of(std::move(model), seed);
    made.in_flight = in_flight;
    made.warm_up = 20 * median;
    made.longest = 70 * median;
    return made;
}

} // namespace replicate::tests

#endif
