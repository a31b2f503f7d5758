// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/held_answers.hpp>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using replicate::priority;
using replicate::core::held_answers;

TEST_CASE("so many answers are held at once as allowed")
{
    held_answers answers(2, 128);
    bool first = false, second = false, third = false;
    CHECK(answers.take(60s, priority::interactive, first) == 60s);
    CHECK(answers.take(0s, priority::interactive, second) == 0s);
    CHECK_FALSE(second);
    CHECK(answers.take(30s, priority::interactive, second) == 30s);
    CHECK(answers.take(60s, priority::interactive, third) == 0s);
    CHECK_FALSE(third);
    CHECK(answers.held() == 2);
    // The repetition of a create keeps its place.
    CHECK(answers.take(20s, priority::interactive, first) == 20s);
    CHECK(answers.held() == 2);
    answers.give_back();
    CHECK(answers.take(60s, priority::interactive, third) == 60s);
    CHECK(third);
}

TEST_CASE("none is held where none may be")
{
    held_answers answers(0, 128);
    bool counted = false;
    CHECK(answers.take(60s, priority::interactive, counted) == 0s);
    CHECK_FALSE(counted);
}

TEST_CASE("the last quarter of the places is for those that somebody waits for")
{
    held_answers answers(4, 128);
    bool places[4] = {};
    for (int i = 0; i < 3; ++i)
        CHECK(answers.take(60s, priority::batch, places[i]) == 60s);
    CHECK(answers.take(60s, priority::batch, places[3]) == 0s);
    CHECK(answers.take(60s, priority::interactive, places[3]) == 60s);
}

TEST_CASE("of four connections one is left for what is asked besides")
{
    held_answers answers(100, 4);
    bool places[4] = {};
    for (int i = 0; i < 3; ++i)
        CHECK(answers.take(60s, priority::interactive, places[i]) == 60s);
    CHECK(answers.take(60s, priority::interactive, places[3]) == 0s);
}
