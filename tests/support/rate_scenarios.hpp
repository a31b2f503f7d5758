// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_RATE_SCENARIOS_HPP
#define REPLICATE_TESTS_SUPPORT_RATE_SCENARIOS_HPP

#include <support/simulated_creates.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>

namespace replicate::tests {

/// What varies from seed to seed in a scenario, and between which bounds. The client is told none of it.
struct rate_scenario {
    /// The limit, per minute; drawn on a logarithmic scale.
    double least_limit = 60;
    double greatest_limit = 3000;
    /// How many the bucket holds; 0: what comes in a minute. Where the greatest is more than the least, it is drawn between them.
    double least_burst = 0;
    double greatest_burst = 0;
    bool has_headers = true;
    /// Whether the bucket may be partly used up at first.
    bool may_be_used = true;
    /// The first so many of the forms in which a refusal says how long to wait.
    int wish_forms = 4;
    /// Whether one in fifty of the ways takes up to 200 ms longer.
    bool may_be_late = true;
    /// Seconds, there and back.
    double round_trip = 0.05;
    /// The service holds answers for up to so many seconds.
    double held = 0;
    std::size_t in_flight = std::numeric_limits<std::size_t>::max();
};

/// One client, the service and the network between them, as a seed has them.
class rate_trial {
public:
    rate_trial(rate_scenario const& scenario, std::uint64_t seed)
        : random_(seed)
        , settings_(draw_settings(scenario))
        , creates_(limiter_, settings_, draw_network(scenario), seed)
    {
        creates_.set_in_flight(scenario.in_flight);
    }

    double part() { return std::uniform_real_distribution<double>(0, 1)(random_); }
    double limit() const noexcept { return settings_.per_minute; }
    simulated_creates& creates() noexcept { return creates_; }
    simulated_limits& service() noexcept { return creates_.service(); }
    core::rate_limiter& limiter() noexcept { return limiter_; }

    void change(double per_minute, double burst)
    {
        settings_.per_minute = per_minute;
        service().change(per_minute, burst, creates_.clock());
    }

private:
    simulated_limits_settings draw_settings(rate_scenario const& scenario)
    {
        simulated_limits_settings drawn;
        drawn.per_minute = scenario.least_limit * std::pow(scenario.greatest_limit / scenario.least_limit, part());
        drawn.burst = scenario.least_burst > 0 ? scenario.least_burst : drawn.per_minute;
        if (scenario.greatest_burst > scenario.least_burst)
            drawn.burst = std::round(scenario.least_burst + (scenario.greatest_burst - scenario.least_burst) * part());
        drawn.full = part() < 0.5 || !scenario.may_be_used ? 1 : part();
        drawn.has_headers = scenario.has_headers;
        drawn.reset = static_cast<reset_meaning>(static_cast<int>(3 * part()));
        drawn.wish = static_cast<wish_form>(static_cast<int>(scenario.wish_forms * part()));
        drawn.counts_rejected = part() < 0.5;
        return drawn;
    }

    simulated_network draw_network(rate_scenario const& scenario)
    {
        simulated_network drawn;
        drawn.round_trip = scenario.round_trip;
        drawn.jitter = 0.8 * part();
        drawn.spikes = part() < 0.5 || !scenario.may_be_late ? 0 : 0.02;
        drawn.lateness = 0.005 * part();
        drawn.held = scenario.held;
        return drawn;
    }

    std::mt19937_64 random_;
    simulated_limits_settings settings_;
    core::rate_limiter limiter_;
    simulated_creates creates_;
};

/// What came of one scenario with one seed.
struct rate_figures {
    /// Requests taken, as a part of what the limit allows; or, for a makespan, the time as a multiple of the ideal one.
    double value = 0;
    /// Requests refused, as a part of all; or how many, after a fall.
    double refused = 0;
};

/// A limit that does not change: the five minutes after the first.
inline rate_figures constant_limit(rate_scenario const& scenario, std::uint64_t seed)
{
    rate_trial trial(scenario, seed);
    trial.creates().run_until(60);
    double const accepted_before = static_cast<double>(trial.service().accepted());
    double const rejected_before = static_cast<double>(trial.service().rejected());
    trial.creates().run_until(360);
    double const accepted = static_cast<double>(trial.service().accepted()) - accepted_before;
    double const rejected = static_cast<double>(trial.service().rejected()) - rejected_before;
    return {accepted / (5 * trial.limit()), rejected / (accepted + rejected)};
}

/// A limit that falls: how many are refused before it is held, which is when nothing is refused for half a minute; with headers all of
/// five minutes count. Then what is used of the new limit in five minutes more.
inline rate_figures falling_limit(rate_scenario const& scenario, std::uint64_t seed, bool to_low_credit)
{
    rate_trial trial(scenario, seed);
    double const begin = 120 + 60 * trial.part();
    trial.creates().run_until(begin);
    if (to_low_credit)
        trial.change(6, 1);
    else
        trial.change(trial.limit() / 2, trial.limit() / 2);
    std::uint64_t const before = trial.service().rejected();
    std::uint64_t refused = before;
    double last_refusal = std::numeric_limits<double>::max();
    double now = begin;
    while (now < begin + 300) {
        trial.creates().run_until(++now);
        if (trial.service().rejected() != refused) {
            if (!scenario.has_headers && now > last_refusal + 30)
                break;
            refused = trial.service().rejected();
            last_refusal = now;
        }
    }
    std::uint64_t const accepted = trial.service().accepted();
    trial.creates().run_until(now + 300);
    double const used = static_cast<double>(trial.service().accepted() - accepted);
    return {used / (5 * trial.limit()), static_cast<double>(refused - before)};
}

/// A limit that rises to `factor` of itself: what is used of it in the minute after the first two.
inline rate_figures rising_limit(rate_scenario const& scenario, std::uint64_t seed, double least_factor, double greatest_factor)
{
    rate_trial trial(scenario, seed);
    double const begin = 120 + 60 * trial.part();
    trial.creates().run_until(begin);
    double const factor = least_factor + (greatest_factor - least_factor) * trial.part();
    trial.change(trial.limit() * factor, trial.limit() * factor);
    trial.creates().run_until(begin + 120);
    double const accepted_before = static_cast<double>(trial.service().accepted());
    double const rejected_before = static_cast<double>(trial.service().rejected());
    trial.creates().run_until(begin + 180);
    double const accepted = static_cast<double>(trial.service().accepted()) - accepted_before;
    double const rejected = static_cast<double>(trial.service().rejected()) - rejected_before;
    return {accepted / trial.limit(), rejected / (accepted + rejected)};
}

/// 10,000 creates: their time, as a multiple of what one needs who knows the limit, uses what is in store at once, and has each
/// further one there in the moment when it is free.
inline rate_figures makespan(rate_scenario const& scenario, std::uint64_t seed, double creates = 10'000)
{
    rate_trial trial(scenario, seed);
    double const store = trial.service().level();
    trial.creates().run_until(1e7, static_cast<std::uint64_t>(creates));
    double const ideal = std::max(0.0, creates - store) / (trial.limit() / 60) + scenario.round_trip;
    return {trial.creates().now() / ideal, static_cast<double>(trial.service().rejected()) / creates};
}

/// The figures of all seeds.
class rate_statistics {
public:
    void add(rate_figures figures)
    {
        least_ = std::min(least_, figures.value);
        greatest_ = std::max(greatest_, figures.value);
        sum_ += figures.value;
        most_refused_ = std::max(most_refused_, figures.refused);
        refused_ += figures.refused;
        ++count_;
    }

    double least() const noexcept { return least_; }
    double greatest() const noexcept { return greatest_; }
    double mean() const noexcept { return sum_ / count_; }
    double most_refused() const noexcept { return most_refused_; }
    double mean_refused() const noexcept { return refused_ / count_; }

private:
    double least_ = std::numeric_limits<double>::max();
    double greatest_ = 0;
    double sum_ = 0;
    double most_refused_ = 0;
    double refused_ = 0;
    double count_ = 0;
};

} // namespace replicate::tests

#endif
