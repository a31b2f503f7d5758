// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/rate_notice.hpp>

#include <doctest/doctest.h>

#include <string>

using replicate::core::parse_rate_notice;
using replicate::core::rate_mode;

TEST_CASE("the limit of an account with little credit is read from the text of its refusals")
{
    auto const notice = parse_rate_notice(
        "Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per minute with a burst of 1 "
        "requests while you have less than $5.0 in credit. Your rate limit resets in ~7s.");
    REQUIRE(notice);
    CHECK(notice->per_second == doctest::Approx(0.1));
    CHECK(notice->burst == 1);
    CHECK(notice->mode == rate_mode::low_credit);
}

TEST_CASE("the limit of an account without a payment method is read, and the lesser of two limits counts")
{
    auto const notice = parse_rate_notice("Without a payment method you may make 1 request per second and at most 6 requests per minute.");
    REQUIRE(notice);
    CHECK(notice->per_second == doctest::Approx(0.1));
    CHECK(notice->burst == 1);
    CHECK(notice->mode == rate_mode::no_payment);
}

TEST_CASE("limits are read in every unit, and a burst may be greater")
{
    CHECK(parse_rate_notice("limited to 2 requests per second")->per_second == doctest::Approx(2));
    CHECK(parse_rate_notice("limited to 90 per minute.")->per_second == doctest::Approx(1.5));
    CHECK(parse_rate_notice("limited to 36 requests per hour")->per_second == doctest::Approx(0.01));
    CHECK(parse_rate_notice("864 per day")->per_second == doctest::Approx(0.01));
    CHECK(parse_rate_notice("0.5 requests per second")->per_second == doctest::Approx(0.5));
    auto const notice = parse_rate_notice("reduced to 600 requests per minute with a burst of 20 requests");
    CHECK(notice->burst == 20);
    CHECK(notice->mode == rate_mode::normal);
}

TEST_CASE("a text that names no limit gives none")
{
    for (char const* text : {"", "Request was throttled. Your rate limit resets in ~30s.",
             "Request was throttled. Expected available in 1 second.", "requests per minute", "0 requests per minute",
             "six requests per minute", "6 requests per fortnight", " per ", "per minute", "-6e9 per ", "burst of 1", "6 requests per"})
        CHECK_MESSAGE(!parse_rate_notice(text), text);
}

TEST_CASE("a burst below one, or of no number, is one")
{
    CHECK(parse_rate_notice("6 requests per minute with a burst of 0")->burst == 1);
    CHECK(parse_rate_notice("6 requests per minute with a burst of many")->burst == 1);
}

TEST_CASE("of a text of any length the beginning is read")
{
    CHECK(!parse_rate_notice(std::string(10'000'000, 'x') + " 6 requests per minute"));
    CHECK(parse_rate_notice("6 requests per minute" + std::string(10'000'000, '9')));
}
