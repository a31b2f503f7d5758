// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/webhook_replay.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>

using namespace std::chrono_literals;
using replicate::webhook::replay_guard;

namespace {

constexpr std::chrono::system_clock::time_point start(std::chrono::seconds(1'700'000'000));

} // namespace

TEST_CASE("an id is admitted once")
{
    replay_guard guard;
    CHECK(guard.admit("a", start));
    CHECK_FALSE(guard.admit("a", start));
    CHECK(guard.admit("b", start));
    CHECK_FALSE(guard.admit("a", start + 10min));
    CHECK(guard.size() == 2);
}

TEST_CASE("an id is forgotten when no tolerance would accept its webhook any more")
{
    replay_guard guard(10, 600s);
    CHECK(guard.admit("a", start));
    CHECK_FALSE(guard.admit("a", start + 600s));
    CHECK(guard.admit("b", start + 600s));
    CHECK(guard.admit("a", start + 600s + 1ms));
    CHECK_FALSE(guard.admit("b", start + 1200s));
    CHECK(guard.size() == 2);
}

TEST_CASE("no more ids are remembered than allowed, and the oldest goes first")
{
    replay_guard guard(3, 600s);
    for (char const* id : {"a", "b", "c", "d"})
        CHECK(guard.admit(id, start));
    CHECK(guard.size() == 3);
    CHECK_FALSE(guard.admit("b", start));
    CHECK_FALSE(guard.admit("d", start));
    CHECK(guard.admit("a", start));
    CHECK(guard.admit("b", start));
    CHECK(guard.size() == 3);
}

TEST_CASE("an id whose webhook could not be handled is admitted again")
{
    replay_guard guard(3, 600s);
    CHECK(guard.admit("a", start));
    CHECK(guard.admit("b", start));
    guard.forget("a");
    guard.forget("never seen");
    CHECK(guard.size() == 1);
    CHECK(guard.admit("a", start));
    CHECK_FALSE(guard.admit("b", start));
}

TEST_CASE("a clock that goes back admits nothing twice")
{
    replay_guard guard(3, 600s);
    CHECK(guard.admit("a", start));
    CHECK_FALSE(guard.admit("a", start - 1h));
    CHECK(guard.admit("b", start - 1h));
    CHECK_FALSE(guard.admit("b", start));
}

TEST_CASE("what a guard remembers moves with it")
{
    replay_guard first;
    CHECK(first.admit("a", start));
    replay_guard second(std::move(first));
    CHECK_FALSE(second.admit("a", start));
    CHECK(second.admit("b", start));
    replay_guard third(1, 1s);
    third = std::move(second);
    CHECK_FALSE(third.admit("b", start + 1min));
    third.forget("a");
    CHECK(third.admit("a", start));
}

TEST_CASE("a hundred thousand ids in a bounded memory stay each admitted once within their time")
{
    replay_guard guard(1000, 600s);
    for (int i = 0; i < 100'000; ++i) {
        std::string const id = "msg_" + std::to_string(i);
        auto const now = start + std::chrono::seconds(i);
        REQUIRE(guard.admit(id, now));
        REQUIRE_FALSE(guard.admit(id, now));
        if (i >= 600)
            REQUIRE_FALSE(guard.admit("msg_" + std::to_string(i - 600), now));
    }
    CHECK(guard.size() == 601);
}

TEST_CASE("a guard that could remember nothing is refused")
{
    CHECK_THROWS_WITH_AS(
        replay_guard(0), "invalid argument: capacity: is zero; give the number of ids to remember", replicate::error);
    CHECK_THROWS_WITH_AS(
        replay_guard(1, 0s), "invalid argument: memory: is not above zero; give twice the tolerance", replicate::error);
}
