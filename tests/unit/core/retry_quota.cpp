// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/retry_quota.hpp>

#include <doctest/doctest.h>

using replicate::retry_config;
using replicate::core::retry_quota;

namespace {

retry_config limits_of(unsigned quota)
{
    retry_config limits;
    limits.quota = quota;
    return limits;
}

} // namespace

TEST_CASE("repetitions use the quota up, and then there are none")
{
    retry_quota quota(limits_of(30));
    CHECK(quota.take(14));
    CHECK(quota.take(14));
    CHECK(quota.left() == 2);
    CHECK_FALSE(quota.take(14));
    CHECK(quota.left() == 2);
}

TEST_CASE("a success puts back what its last repetition took, or one, and never more than there was at first")
{
    retry_quota quota(limits_of(30));
    quota.succeeded(0);
    CHECK(quota.left() == 30);
    quota.take(14);
    quota.succeeded(0);
    CHECK(quota.left() == 17);
    quota.succeeded(14);
    CHECK(quota.left() == 30);
}

TEST_CASE("a quota of zero has no end")
{
    retry_quota quota(limits_of(0));
    for (int i = 0; i < 1000; ++i)
        REQUIRE(quota.take(14));
    quota.succeeded(14);
    CHECK(quota.left() == 0);
    CHECK(quota.take(4'000'000'000U));
}

TEST_CASE("a service that fails all the time gets few repetitions, one that fails now and then gets all it takes")
{
    retry_quota broken(retry_config{});
    int repetitions = 0;
    for (int call = 0; call < 1000; ++call)
        for (int i = 0; i < 3 && broken.take(14); ++i)
            ++repetitions;
    CHECK(repetitions == 35);

    retry_quota flaky(retry_config{});
    for (int call = 0; call < 100'000; ++call) {
        bool const fails = call % 10 == 0;
        if (fails)
            REQUIRE(flaky.take(14));
        flaky.succeeded(fails ? 14 : 0);
    }
}
