// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/held_answers.hpp>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using replicate::core::held_answers;

TEST_CASE("so many answers are held at once as allowed")
{
    held_answers answers(2);
    bool first = false, second = false, third = false;
    CHECK(answers.take(60s, first) == 60s);
    CHECK(answers.take(0s, second) == 0s);
    CHECK_FALSE(second);
    CHECK(answers.take(30s, second) == 30s);
    CHECK(answers.take(60s, third) == 0s);
    CHECK_FALSE(third);
    CHECK(answers.held() == 2);
    // The repetition of a create keeps its place.
    CHECK(answers.take(20s, first) == 20s);
    CHECK(answers.held() == 2);
    answers.give_back();
    CHECK(answers.take(60s, third) == 60s);
    CHECK(third);
}

TEST_CASE("none is held where none may be")
{
    held_answers answers(0);
    bool counted = false;
    CHECK(answers.take(60s, counted) == 0s);
    CHECK_FALSE(counted);
}
