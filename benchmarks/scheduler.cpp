// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// How well the client uses a rate limit that it does not know, and how it waits for many predictions, simulated: figures of as many
// seeds as one likes, of the cases that the tests hold and of any other.
//
//   scheduler                                     the table
//   scheduler --seeds 10000                       of so many seeds each (default 200)
//   scheduler --limit 6000 --headers no           one scenario with this limit a minute, without rate headers
//   scheduler --help                              all flags

#include "support/arguments.hpp"

#include <support/program_scenarios.hpp>
#include <support/rate_scenarios.hpp>
#include <support/simulated_program.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <string>

namespace {

using replicate::benchmarks::arguments;
using replicate::tests::rate_figures;
using replicate::tests::rate_scenario;
using replicate::tests::rate_statistics;

constexpr char const* help =
    "scheduler [FLAG VALUE]...\n"
    "  --seeds N         trials of each scenario; what is not said varies with the seed (default 200)\n"
    "  --first-seed N    the first of them (default 0)\n"
    "  --limit N         the limit per minute (default: 60 to 3,000)\n"
    "  --burst N         so many at once (default: as many as come in a minute)\n"
    "  --headers yes|no  whether answers say what is left (default: both)\n"
    "  --in-flight N     the most creates under way at once (default: no bound); for waiting: predictions (default 5,000)\n"
    "  --round-trip MS   there and back, on average (default 50)\n"
    "  --held MS         answers are held for up to so long, as sync waits are (default 0)\n"
    "  --creates N       for the makespan (default 10,000)\n"
    "  --factor F        the limit rises to so many times itself (default: 1.2 to 4)\n"
    "  --scenario NAME   constant, half, low-credit, rise, makespan, waiting, all-together or day (default: all but day)\n"
    "for waiting, all-together and day, of which there are a hundredth as many trials; any of these makes a scenario of one's own:\n"
    "  --run-time S      half of the predictions run for less (default 490)\n"
    "  --spread SIGMA    the standard deviation of the run time's logarithm (default 0.2)\n"
    "  --machines N      how many run at once, the others wait in a queue (default: all)\n"
    "  --boot S          how long a machine boots (default 0)\n"
    "  --foreign PART    the part of the account's predictions that is of others (default 0.2)\n"
    "  --list-lag MS     how old the list is (default 0)\n"
    "for all-together besides, where --creates says how many inputs there are:\n"
    "  --failures PART   the part of looks that fail, and of connections (default 0)\n"
    "  --skew S          how much the service's clock is ahead (default 0)\n"
    "  --interactive S   so often somebody runs a single one in between (default: never)\n"
    "for day:\n"
    "  --hours N         how long it is (default 24)\n";

class report {
public:
    explicit report(arguments const& given)
        : given_(given)
        , seeds_(static_cast<std::uint64_t>(given.number("--seeds", 200, 1)))
        , first_seed_(static_cast<std::uint64_t>(given.number("--first-seed", 0, 0)))
        , only_(given.one_of("--scenario", "constant half low-credit rise makespan waiting all-together day"))
        , headers_(given.one_of("--headers", "yes no"))
    {
    }

    bool wants_rates() const { return only_ != "waiting" && only_ != "all-together" && only_ != "day"; }

    void print()
    {
        std::printf("%-12s %-8s %8s %8s %8s   %-24s\n", "scenario", "headers", "least", "mean", "most", "refused: mean, most");
        for (bool const has_headers : {true, false}) {
            if (!headers_.empty() && has_headers != (headers_ == "yes"))
                continue;
            rate_scenario const scenario = make_scenario(has_headers);
            double const least = given_.number("--factor", 1.2, 0.01);
            double const most = given_.number("--factor", 4, 0.01);
            double const creates = given_.number("--creates", 10'000, 1);
            row("constant", scenario, true, [&](std::uint64_t seed) { return constant_limit(scenario, seed); });
            row("half", scenario, false, [&](std::uint64_t seed) { return falling_limit(scenario, seed, false); });
            row("low-credit", scenario, false, [&](std::uint64_t seed) { return falling_limit(scenario, seed, true); });
            row("rise", scenario, true, [&](std::uint64_t seed) { return rising_limit(scenario, seed, least, most); });
            row("makespan", scenario, true, [&](std::uint64_t seed) { return makespan(scenario, seed, creates); });
        }
        std::puts("constant: the part of the limit that is used in the five minutes after the first\n"
                  "half, low-credit: the part of the new limit that is used after it is held, and how many were refused before\n"
                  "rise: the part of the new limit that is used in the minute after the first two\n"
                  "makespan: the time for all creates as a multiple of the ideal");
    }

private:
    rate_scenario make_scenario(bool has_headers) const
    {
        rate_scenario made;
        made.least_limit = given_.number("--limit", made.least_limit, 0.1);
        made.greatest_limit = given_.number("--limit", made.greatest_limit, 0.1);
        if (given_.has("--burst"))
            made.least_burst = made.greatest_burst = given_.number("--burst", 1, 1);
        made.round_trip = given_.number("--round-trip", 50, 0) / 1000;
        made.held = given_.number("--held", 0, 0) / 1000;
        made.has_headers = has_headers;
        if (given_.has("--in-flight"))
            made.in_flight = static_cast<std::size_t>(given_.number("--in-flight", 1, 1));
        return made;
    }

    template<class Trial>
    void row(char const* name, rate_scenario const& scenario, bool as_part, Trial trial)
    {
        if (!only_.empty() && only_ != name)
            return;
        rate_statistics all;
        for (std::uint64_t seed = first_seed_; seed < first_seed_ + seeds_; ++seed)
            all.add(trial(seed));
        std::printf("%-12s %-8s %8.4f %8.4f %8.4f   ", name, scenario.has_headers ? "yes" : "no", all.least(), all.mean(), all.greatest());
        if (as_part)
            std::printf("%.3f %%, %.3f %%\n", 100 * all.mean_refused(), 100 * all.most_refused());
        else
            std::printf("%.2f, %.0f\n", all.mean_refused(), all.most_refused());
        std::fflush(stdout);
    }

    arguments const& given_;
    std::uint64_t seeds_;
    std::uint64_t first_seed_;
    std::string only_;
    std::string headers_;
};

replicate::tests::simulated_model own_model(arguments const& given, double run_time)
{
    replicate::tests::simulated_model model;
    model.median = given.number("--run-time", run_time, 0.01);
    model.sigma = given.number("--spread", 0.2, 0);
    model.machines = static_cast<std::size_t>(given.number("--machines", 0, 0));
    model.boot = given.number("--boot", 0, 0);
    return model;
}

// How soon the ends of many predictions are seen, and by how many requests.
class waiting_report {
public:
    explicit waiting_report(arguments const& given)
        : given_(given)
        , seeds_(std::max<std::uint64_t>(1, static_cast<std::uint64_t>(given.number("--seeds", 200, 1)) / 100))
        , first_seed_(static_cast<std::uint64_t>(given.number("--first-seed", 1, 0)))
    {
    }

    bool is_wanted() const
    {
        std::string const only = given_.text("--scenario", "waiting");
        return only == "waiting";
    }

    void print() const
    {
        std::printf("%-28s %9s %9s %10s %8s %8s %8s\n", "waiting", "in flight", "delivered", "requests", "median", "99 %", "longest");
        bool is_own = false;
        for (char const* flag : {"--in-flight", "--run-time", "--spread", "--machines", "--boot", "--foreign", "--list-lag"})
            is_own = is_own || given_.has(flag);
        if (is_own) {
            row("as told", [this](std::uint64_t seed) { return own(seed); });
        } else {
            row("all at once", [](std::uint64_t seed) { return replicate::tests::thousands_at_once(seed); });
            row("all at once, spread 0.3", [](std::uint64_t seed) { return replicate::tests::thousands_at_once(seed, 0.3); });
            row("on 200 machines", [](std::uint64_t seed) { return replicate::tests::thousands_queued(seed); });
            row("quick ones on 30 machines", [](std::uint64_t seed) { return replicate::tests::quick_thousands_queued(seed); });
            row("8, about 10 s", [](std::uint64_t seed) { return replicate::tests::few_at_once(8, 10, seed); });
            row("8, about 60 s", [](std::uint64_t seed) { return replicate::tests::few_at_once(8, 60, seed); });
        }
        std::puts("waiting: requests in percent of one each 0.5 s for each prediction; from the end of a prediction to its delivery, in seconds");
    }

private:
    replicate::tests::program_scenario own(std::uint64_t seed) const
    {
        replicate::tests::simulated_model const model = own_model(given_, 490);
        double const in_flight = given_.number("--in-flight", 5000, 1);
        // As many as end.
        double const machines = model.machines == 0 ? in_flight : std::min(in_flight, static_cast<double>(model.machines));
        double const per_second = machines / model.median;
        double const foreign = std::min(given_.number("--foreign", 0.2, 0), 0.999);
        replicate::tests::program_scenario made = replicate::tests::thousands_of(model, seed);
        made.service.foreign = foreign;
        made.service.creates.per_minute = given_.number("--limit", 60 * (0.2 + 1 / (1 - foreign)) * per_second, 0.1);
        made.service.list_lag = given_.number("--list-lag", 0, 0) / 1000;
        made.network.round_trip = given_.number("--round-trip", 50, 0) / 1000;
        made.in_flight = static_cast<std::size_t>(in_flight);
        double const queue = in_flight / machines * model.median;
        made.warm_up = in_flight / per_second / 0.2 + 2 * model.median + queue / 2 + model.boot;
        made.longest = made.warm_up + std::max(200.0, 400 * model.median / in_flight);
        return made;
    }

    template<class Make>
    void row(char const* name, Make make) const
    {
        for (std::uint64_t seed = first_seed_; seed < first_seed_ + seeds_; ++seed) {
            auto const figures = replicate::tests::simulated_program(make(seed)).run();
            std::printf("%-28s %9.0f %9zu %8.3f %% %8.3f %8.3f %8.3f\n", name, figures.mean_in_flight, figures.delays.size(),
                figures.percent(), figures.delay(0.5), figures.delay(0.99), figures.delay(1));
            std::fflush(stdout);
        }
    }

    arguments const& given_;
    std::uint64_t seeds_;
    std::uint64_t first_seed_;
};

// A whole program: limiter, scheduler, map and poll plan together.
class program_report {
public:
    explicit program_report(arguments const& given)
        : given_(given)
        , only_(given.text("--scenario", "all-together"))
        , seeds_(std::max<std::uint64_t>(1, static_cast<std::uint64_t>(given.number("--seeds", 200, 1)) / 100))
        , first_seed_(static_cast<std::uint64_t>(given.number("--first-seed", 1, 0)))
    {
    }

    bool is_wanted() const { return only_ == "all-together" || only_ == "day"; }

    void print() const
    {
        std::printf("%-16s %8s %6s %8s %7s %8s %8s %8s %7s %8s %8s %8s %7s\n", "all together", "results", "twice", "refused", "used",
            "makespan", "ideal", "looks", "median", "99 %", "longest", "single", "cpu");
        bool is_own = false;
        for (char const* flag : {"--limit", "--headers", "--run-time", "--spread", "--machines", "--boot", "--foreign", "--list-lag",
                 "--failures", "--skew", "--interactive", "--in-flight", "--creates"})
            is_own = is_own || given_.has(flag);
        double const hours = given_.number("--hours", 24, 0.01);
        if (only_ == "day") {
            row("a day", [hours](std::uint64_t seed) { return replicate::tests::long_day(seed, hours); });
        } else if (is_own) {
            row("as told", [this](std::uint64_t seed) { return own(seed); });
        } else {
            row("10,000 inputs", [](std::uint64_t seed) { return replicate::tests::many_inputs(seed); });
            row("all troubles", [](std::uint64_t seed) { return replicate::tests::troubled_inputs(seed); });
        }
        std::puts("all together: results, those that came twice, requests refused, the part of the limit that was used; the time for all, and\n"
                  "where the limit does not change what it would be at best; looks in percent of one each 0.5 s for each prediction; from the\n"
                  "end of a prediction to its delivery; the longest that a single run waited for its turn; all times in seconds");
    }

private:
    replicate::tests::program_scenario own(std::uint64_t seed) const
    {
        replicate::tests::program_scenario made = replicate::tests::many_inputs(seed, given_.number("--limit", 600, 0.1));
        made.service.models = {own_model(given_, 10)};
        made.service.creates.has_headers = given_.text("--headers", "yes") != "no";
        made.service.foreign = std::min(given_.number("--foreign", 0, 0), 0.999);
        made.service.list_lag = given_.number("--list-lag", 0, 0) / 1000;
        made.service.skew = given_.number("--skew", 0, -1e6);
        made.service.failures = made.connection_failures = std::min(given_.number("--failures", 0, 0), 0.9);
        made.interactive_every = given_.number("--interactive", 0, 0);
        made.inputs = static_cast<std::size_t>(given_.number("--creates", 10'000, 1));
        made.network.round_trip = given_.number("--round-trip", 50, 0) / 1000;
        if (given_.has("--in-flight"))
            made.in_flight = static_cast<std::size_t>(given_.number("--in-flight", 1, 1));
        return made;
    }

    template<class Make>
    void row(char const* name, Make make) const
    {
        for (std::uint64_t seed = first_seed_; seed < first_seed_ + seeds_; ++seed) {
            std::clock_t const begin = std::clock();
            auto const figures = replicate::tests::simulated_program(make(seed)).run();
            double const cpu = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
            std::printf("%-16s %8zu %6zu %8zu %7.4f %8.0f %8.0f %6.2f %% %7.3f %8.3f %8.3f %8.3f %5.2f s\n", name, figures.delivered_once,
                figures.delivered_twice, figures.refused, figures.used(), figures.makespan, figures.ideal, figures.percent(),
                figures.delay(0.5), figures.delay(0.99), figures.delay(1),
                replicate::tests::program_figures::part_of(figures.interactive_waits, 1), cpu);
            std::fflush(stdout);
        }
    }

    arguments const& given_;
    std::string only_;
    std::uint64_t seeds_;
    std::uint64_t first_seed_;
};

} // namespace

int main(int count, char** values)
{
    try {
        arguments const given(help, count, values);
        report rates(given);
        if (rates.wants_rates())
            rates.print();
        waiting_report const waiting(given);
        if (waiting.is_wanted())
            waiting.print();
        program_report const programs(given);
        if (programs.is_wanted())
            programs.print();
    } catch (std::exception const& problem) {
        std::fprintf(stderr, "%s\n", problem.what());
        return 2;
    }
}
