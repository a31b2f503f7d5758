// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/batch_names.hpp>
#include <replicate/core/batch_steps.hpp>
#include <replicate/core/failure_limit.hpp>

#include <doctest/doctest.h>

#include <array>
#include <set>
#include <string>

using replicate::batch_state;
using replicate::core::batch_shard;
using replicate::core::batch_step;
using replicate::core::directory_name;
using replicate::core::failure_limit;
using replicate::core::may_follow;
using replicate::core::step_of;
using replicate::core::token_fingerprint;

TEST_CASE("a row goes through its states in their order, and never back to where it is created")
{
    constexpr std::array states{batch_state::none, batch_state::intent, batch_state::created, batch_state::terminal, batch_state::saved,
        batch_state::failed};
    // A row a state that it is in, a column a state that it goes to.
    constexpr bool allowed[6][6] = {
        {false, true, false, false, false, true},   // none
        {false, true, true, false, false, true},    // intent
        {false, false, false, true, false, true},   // created
        {false, false, false, false, true, true},   // terminal
        {false, false, false, false, false, false}, // saved
        {false, false, false, false, false, false}, // failed
    };
    for (std::size_t from = 0; from < states.size(); ++from)
        for (std::size_t to = 0; to < states.size(); ++to) {
            CAPTURE(from);
            CAPTURE(to);
            CHECK(may_follow(states[from], states[to]) == allowed[from][to]);
            bool const is_retry = states[from] == batch_state::failed && states[to] == batch_state::intent;
            CHECK(may_follow(states[from], states[to], true) == (allowed[from][to] || is_retry));
        }
}

TEST_CASE("what is found in a journal says what is done next")
{
    CHECK(step_of(batch_state::none, false) == batch_step::create);
    CHECK(step_of(batch_state::intent, false) == batch_step::reconcile);
    CHECK(step_of(batch_state::intent, true) == batch_step::reconcile);
    CHECK(step_of(batch_state::created, true) == batch_step::wait);
    CHECK(step_of(batch_state::terminal, false) == batch_step::save);
    CHECK(step_of(batch_state::saved, true) == batch_step::nothing);
    CHECK(step_of(batch_state::failed, false) == batch_step::nothing);
    CHECK(step_of(batch_state::failed, true) == batch_step::create);
}

TEST_CASE("each row is in one part of a batch, and the parts are of about the same size")
{
    std::array<int, 7> sizes{};
    for (int i = 0; i < 7000; ++i) {
        int found = 0;
        for (std::uint32_t part = 0; part < sizes.size(); ++part)
            if (batch_shard(part, 7).has("row-" + std::to_string(i))) {
                ++found;
                ++sizes[part];
            }
        REQUIRE(found == 1);
    }
    for (int const size : sizes)
        CHECK((size > 850 && size < 1150));
    CHECK(batch_shard().has("any"));
    // Others who split the same batch must split it alike, today and in years.
    CHECK(batch_shard(2, 4).has("a"));
    CHECK_FALSE(batch_shard(1, 4).has("a"));
}

TEST_CASE("of a token only so much is kept as tells tokens apart")
{
    std::string const token = "r8_0123456789abcdefghijklmnopqrstuvwxyzA";
    CHECK(token_fingerprint(token).size() == 16);
    CHECK(token_fingerprint(token) != token_fingerprint(token + "B"));
    CHECK(token_fingerprint(token) == token_fingerprint(token));
}

TEST_CASE("rows have directories of their own, whatever they are called")
{
    CHECK(directory_name("row-1_a.b") == "row-1_a.b");
    CHECK(directory_name("..") == "%2e.");
    CHECK(directory_name("a/../b") == "a%2f..%2fb");
    CHECK(directory_name("a%2fb") == "a%252fb");
    CHECK(directory_name(std::string("\0\n", 2)) == "%00%0a");
    std::set<std::string> names;
    for (int i = 0; i < 100; ++i) {
        std::string const name = directory_name(std::string(300, '/') + std::to_string(i));
        CHECK(name.size() <= 200);
        names.insert(name);
    }
    CHECK(names.size() == 100);
}

TEST_CASE("a batch stops at so many failures, or at such a part of them")
{
    CHECK(!failure_limit().is_passed(1'000, 1'000));
    CHECK(!failure_limit::parse("2")->is_passed(2, 2));
    CHECK(failure_limit::parse("2")->is_passed(3, 3));
    CHECK(failure_limit::parse("0")->is_passed(1, 100));
    CHECK(!failure_limit::parse("10%")->is_passed(5, 10));
    CHECK(!failure_limit::parse("10%")->is_passed(10, 100));
    CHECK(failure_limit::parse("10%")->is_passed(11, 100));
    for (char const* text : {"", "%", "-1", "101%", "1.5", "10 %", "ten", "99999999999999999999999"})
        CHECK_FALSE(failure_limit::parse(text));
}
