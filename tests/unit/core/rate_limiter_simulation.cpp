// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <support/rate_scenarios.hpp>
#include <support/slowness.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <sstream>
#include <string>

using replicate::tests::constant_limit;
using replicate::tests::falling_limit;
using replicate::tests::makespan;
using replicate::tests::rate_figures;
using replicate::tests::rate_scenario;
using replicate::tests::rate_statistics;
using replicate::tests::rising_limit;

namespace {

// A sanitizer has seen it all after fewer.
constexpr std::uint64_t seeds = 1000 / replicate::tests::slowness;

template<class Trial>
rate_statistics all_seeds(Trial trial)
{
    rate_statistics all;
    for (std::uint64_t seed = 0; seed < seeds; ++seed)
        all.add(trial(seed));
    return all;
}

// For what fails.
std::string text_of(rate_statistics const& all)
{
    std::ostringstream text;
    text << "value " << all.least() << " to " << all.greatest() << ", on average " << all.mean() << "; refused at most "
         << all.most_refused() << ", on average " << all.mean_refused();
    return text.str();
}

} // namespace

TEST_CASE("with headers, a constant unknown limit is used by 98 % after the first minute, and one in 1,000 is refused at most")
{
    rate_scenario scenario;
    scenario.wish_forms = 5;
    rate_statistics const all = all_seeds([&](std::uint64_t seed) { return constant_limit(scenario, seed); });
    INFO(text_of(all));
    CHECK(all.least() >= 0.98);
    CHECK(all.most_refused() <= 0.001);
}

TEST_CASE("without any header, a constant unknown limit is used by 95 % on average, and one in 100 is refused at most")
{
    rate_scenario scenario;
    scenario.has_headers = false;
    scenario.wish_forms = 5;
    rate_statistics const all = all_seeds([&](std::uint64_t seed) { return constant_limit(scenario, seed); });
    INFO(text_of(all));
    CHECK(all.least() >= 0.9);
    CHECK(all.most_refused() <= 0.01);
}

TEST_CASE("answers that are held for up to a minute teach the limit all the same")
{
    rate_scenario scenario;
    scenario.least_limit = 120;
    scenario.greatest_limit = 1200;
    scenario.held = 60; // so that nothing is known in the first minute
    rate_statistics const all = all_seeds([&](std::uint64_t seed) { return constant_limit(scenario, seed); });
    INFO(text_of(all));
    CHECK(all.least() >= 0.97);
    CHECK(all.most_refused() <= 0.001);
}

TEST_CASE("with headers, a limit that halves is held after at most 3 refusals")
{
    rate_scenario scenario;
    rate_statistics const all = all_seeds([&](std::uint64_t seed) { return falling_limit(scenario, seed, false); });
    INFO(text_of(all));
    CHECK(all.most_refused() <= 3);
    CHECK(all.least() >= 0.98);
}

TEST_CASE("without any header, a limit that halves is held after at most 3 refusals")
{
    rate_scenario scenario;
    scenario.has_headers = false;
    // What is under way when the first is refused cannot be called back: here that is one, two at most.
    scenario.greatest_limit = 1000;
    scenario.may_be_late = false;
    rate_statistics const all = all_seeds([&](std::uint64_t seed) { return falling_limit(scenario, seed, false); });
    INFO(text_of(all));
    CHECK(all.most_refused() <= 3);
    CHECK(all.least() >= 0.75);
}

TEST_CASE("with headers, a limit that falls to 6 a minute and one at once is held after at most 3 refusals")
{
    rate_scenario scenario;
    scenario.greatest_limit = 1200;
    rate_statistics const all = all_seeds([&](std::uint64_t seed) { return falling_limit(scenario, seed, true); });
    INFO(text_of(all));
    CHECK(all.most_refused() <= 3);
}

TEST_CASE("without any header, a limit that falls to 6 a minute and one at once is held after at most 3 refusals")
{
    rate_scenario scenario;
    scenario.has_headers = false;
    scenario.greatest_limit = 1000;
    scenario.may_be_late = false;
    rate_statistics const all = all_seeds([&](std::uint64_t seed) { return falling_limit(scenario, seed, true); });
    INFO(text_of(all));
    CHECK(all.most_refused() <= 3);
}

TEST_CASE("a limit that rises is used by 95 % within two minutes")
{
    rate_scenario scenario;
    rate_statistics const all = all_seeds([&](std::uint64_t seed) { return rising_limit(scenario, seed, 1.2, 4); });
    INFO(text_of(all));
    CHECK(all.least() >= 0.95);
    CHECK(all.most_refused() <= 0.001);
}

TEST_CASE("a limit that rises is found without any header, too")
{
    rate_scenario scenario;
    scenario.has_headers = false;
    scenario.least_limit = 300;
    scenario.greatest_limit = 1200;
    rate_statistics const all = all_seeds([&](std::uint64_t seed) { return rising_limit(scenario, seed, 1.2, 2); });
    INFO(text_of(all));
    CHECK(all.mean() >= 0.95);
    CHECK(all.least() >= 0.9);
    CHECK(all.most_refused() <= 0.01);
}

TEST_CASE("with headers, 10,000 creates take at most 3 % longer than the limit demands")
{
    rate_scenario scenario;
    rate_statistics const all = all_seeds([&](std::uint64_t seed) { return makespan(scenario, seed); });
    INFO(text_of(all));
    CHECK(all.greatest() <= 1.03);
    CHECK(all.most_refused() <= 0.001);
}

TEST_CASE("without any header, 10,000 creates take at most 3 % longer than a limit demands that is not far above the documented one")
{
    rate_scenario scenario;
    scenario.has_headers = false;
    scenario.greatest_limit = 900;
    rate_statistics const all = all_seeds([&](std::uint64_t seed) { return makespan(scenario, seed); });
    INFO(text_of(all));
    CHECK(all.greatest() <= 1.03);
    CHECK(all.most_refused() <= 0.01);
}

namespace {

// Many seeds of a limit that keeps few requests in store.
rate_statistics small_buckets(bool has_headers, double limit, double least, double greatest)
{
    rate_scenario scenario;
    scenario.has_headers = has_headers;
    scenario.least_limit = scenario.greatest_limit = limit;
    scenario.least_burst = least;
    scenario.greatest_burst = greatest;
    scenario.may_be_used = false;
    rate_statistics all;
    for (std::uint64_t seed = 0; seed < 100 / replicate::tests::slowness; ++seed)
        all.add(constant_limit(scenario, seed));
    return all;
}

} // namespace

TEST_CASE("with headers, the limit of a small bucket is used by 95 % on average, and one in 100 is refused at most")
{
    for (double const limit : {60, 200, 600, 1200, 3000}) {
        // What comes within 0.4 s may be there and gone within what the network varies.
        rate_statistics const all = small_buckets(true, limit, limit < 1000 ? 3 : limit / 150, 20);
        INFO("limit " << limit << ": " << text_of(all));
        CHECK(all.mean() >= 0.95);
        CHECK(all.least() >= 0.85);
        CHECK(all.most_refused() <= 0.01);
    }
}

TEST_CASE("a bucket of two does not starve whose answers say what is left")
{
    for (double const limit : {200, 600, 1200}) {
        rate_statistics const all = small_buckets(true, limit, 2, 2);
        INFO("limit " << limit << ": " << text_of(all));
        CHECK(all.mean() >= 0.7);
        CHECK(all.least() >= 0.4);
        CHECK(all.mean_refused() <= 0.01);
    }
}

TEST_CASE("without any header, the limit of a small bucket is used by 75 % on average, and one in 100 is refused at most")
{
    for (double const limit : {600, 1200, 3000}) {
        rate_statistics const all = small_buckets(false, limit, limit < 1000 ? 3 : limit / 150, 20);
        INFO("limit " << limit << ": " << text_of(all));
        CHECK(all.mean() >= 0.75);
        CHECK(all.most_refused() <= 0.01);
    }
}
