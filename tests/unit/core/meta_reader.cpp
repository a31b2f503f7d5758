// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/meta_reader.hpp>

#include <doctest/doctest.h>

#include <chrono>

using namespace std::chrono_literals;
using replicate::core::read_meta;
using replicate::core::response;

TEST_CASE("an answer says how many more requests are taken, when it was given, and its id")
{
    response answer;
    answer.status = 201;
    answer.headers = {{"ratelimit-remaining", "599"}, {"ratelimit-reset", "1"}, {"cf-ray", "82702682c85e3afa-IAD"},
        {"date", "Thu, 16 Nov 2023 13:41:15 GMT"}};
    auto const meta = read_meta(answer, 2, 30ms);
    CHECK(meta.status == 201);
    CHECK(meta.rate_limit_remaining == 599u);
    CHECK(meta.rate_limit_reset == 1s);
    CHECK(meta.request_id == "82702682c85e3afa-IAD");
    CHECK(meta.attempts == 2);
    CHECK(meta.elapsed == 30ms);
    CHECK(meta.server_date == std::chrono::system_clock::time_point(1700142075s));
}

TEST_CASE("what an answer does not say, or says in no way that is known, stays open")
{
    response answer;
    answer.status = 200;
    auto const nothing = read_meta(answer, 1, 0ms);
    CHECK_FALSE(nothing.rate_limit_remaining.has_value());
    CHECK_FALSE(nothing.rate_limit_reset.has_value());
    CHECK(nothing.request_id.empty());
    CHECK_FALSE(nothing.server_date.has_value());
    for (char const* odd : {"", "-1", "1.5", "many", " 1", "1 ", "99999999999999999999999"}) {
        CAPTURE(odd);
        answer.headers = {{"ratelimit-remaining", odd}, {"ratelimit-reset", odd}, {"date", odd}};
        auto const meta = read_meta(answer, 1, 0ms);
        CHECK_FALSE(meta.rate_limit_remaining.has_value());
        CHECK_FALSE(meta.rate_limit_reset.has_value());
        CHECK_FALSE(meta.server_date.has_value());
    }
    answer.headers = {{"ratelimit-reset", "9999999999999999"}};
    CHECK_FALSE(read_meta(answer, 1, 0ms).rate_limit_reset.has_value());
}
