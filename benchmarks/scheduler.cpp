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

#include <support/rate_scenarios.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>

namespace {

using replicate::tests::rate_figures;
using replicate::tests::rate_scenario;
using replicate::tests::rate_statistics;

constexpr char const* help =
    "scheduler [FLAG VALUE]...\n"
    "  --seeds N         trials of each scenario; what is not said varies with the seed (default 200)\n"
    "  --first-seed N    the first of them (default 0)\n"
    "  --limit N         the limit per minute (default: 60 to 3,000)\n"
    "  --headers yes|no  whether answers say what is left (default: both)\n"
    "  --in-flight N     the most creates under way at once (default: no bound)\n"
    "  --round-trip MS   there and back, on average (default 50)\n"
    "  --held MS         answers are held for up to so long, as sync waits are (default 0)\n"
    "  --creates N       for the makespan (default 10,000)\n"
    "  --factor F        the limit rises to so many times itself (default: 1.2 to 4)\n"
    "  --scenario NAME   constant, half, low-credit, rise or makespan (default: all)\n";

// The flags as they were given.
class arguments {
public:
    arguments(int count, char** values)
    {
        for (int i = 1; i < count; ++i) {
            std::string const name = values[i];
            if (name == "--help") {
                std::fputs(help, stdout);
                std::exit(0);
            }
            if (std::string(help).find("  " + name + ' ') == std::string::npos || name.substr(0, 2) != "--")
                throw std::invalid_argument(name + ": no such flag; --help lists them");
            if (i + 1 == count)
                throw std::invalid_argument(name + ": needs a value");
            given_[name] = values[++i];
        }
    }

    bool has(std::string const& name) const { return given_.count(name) != 0; }

    std::string text(std::string const& name, std::string const& otherwise) const
    {
        auto const found = given_.find(name);
        return found == given_.end() ? otherwise : found->second;
    }

    double number(std::string const& name, double otherwise, double least) const
    {
        if (!has(name))
            return otherwise;
        std::string const given = text(name, "");
        char* end = nullptr;
        double const value = std::strtod(given.c_str(), &end);
        if (given.empty() || *end != '\0' || !(value >= least && value <= 1e9))
            throw std::invalid_argument(name + ": must be a number from " + std::to_string(least) + " to 1e9");
        return value;
    }

private:
    std::map<std::string, std::string> given_;
};

class report {
public:
    explicit report(arguments const& given)
        : given_(given)
        , seeds_(static_cast<std::uint64_t>(given.number("--seeds", 200, 1)))
        , first_seed_(static_cast<std::uint64_t>(given.number("--first-seed", 0, 0)))
        , only_(given.text("--scenario", ""))
        , headers_(given.text("--headers", ""))
    {
        bool is_known = only_.empty();
        for (char const* name : {"constant", "half", "low-credit", "rise", "makespan"})
            is_known = is_known || only_ == name;
        if (!is_known)
            throw std::invalid_argument("--scenario: must be constant, half, low-credit, rise or makespan");
        if (!headers_.empty() && headers_ != "yes" && headers_ != "no")
            throw std::invalid_argument("--headers: must be yes or no");
    }

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

} // namespace

int main(int count, char** values)
{
    try {
        arguments const given(count, values);
        report(given).print();
    } catch (std::exception const& problem) {
        std::fprintf(stderr, "%s\n", problem.what());
        return 2;
    }
}
