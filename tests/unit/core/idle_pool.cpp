// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/idle_pool.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using replicate::pool_config;
using replicate::core::checkout_kind;

namespace {

// A thing that can be moved and knows how many of its kind are open.
class connection {
public:
    connection(int name, int& open)
        : name_(name)
        , open_(&open, [](int* count) { --*count; })
    {
        ++open;
    }

    int name() const noexcept { return name_; }

private:
    int name_;
    std::unique_ptr<int, void (*)(int*)> open_;
};

using pool = replicate::core::idle_pool<connection>;
using time_point = pool::time_point;

constexpr time_point start_of_test{1h};

pool_config limits_of(std::size_t connections, pool::time_point::duration idle, pool::time_point::duration age)
{
    pool_config limits;
    limits.connections_per_origin = connections;
    limits.idle_timeout = idle;
    limits.maximum_age = age;
    return limits;
}

// Puts in so many connections, named 0, 1, 2, that were opened and given back at these times.
void fill(pool& filled, int count, int& open, time_point opened_at, time_point now)
{
    for (int i = 0; i < count; ++i)
        REQUIRE(filled.checkout(now).first == checkout_kind::open);
    for (int i = 0; i < count; ++i)
        filled.put(connection(i, open), opened_at, now);
}

// A pool beside a plain description of what it should be, to which the same things happen.
class comparison {
public:
    static constexpr std::size_t limit = 2;
    static constexpr auto idle_timeout = 3s;
    static constexpr auto maximum_age = 5s;

    // Does what a letter says: c: one wants a connection, p: the first on loan comes back, q: the last, g: the first on loan
    // is lost, x: all idle ones are closed, t: a second passes. False where the letter has no meaning now.
    bool apply(char letter)
    {
        switch (letter) {
        case 'c': return want();
        case 'p': return !loans_.empty() && give_back(loans_.begin());
        case 'q': return loans_.size() > 1 && give_back(loans_.end() - 1);
        case 'g': return !loans_.empty() && lose();
        case 'x':
            tested_.clear();
            expected_idle_.clear();
            return true;
        default: now_ += 1s; return true;
        }
    }

    bool is_right() const
    {
        return right_ && tested_.idle() == expected_idle_.size()
            && tested_.places() == expected_idle_.size() + loans_.size() && tested_.places() <= limit
            && static_cast<std::size_t>(open_) == tested_.places();
    }

private:
    struct record {
        int name;
        time_point opened_at;
        time_point idle_since;
    };
    struct loan {
        connection held;
        time_point opened_at;
    };

    void expire()
    {
        std::erase_if(expected_idle_, [this](record const& one) {
            return now_ - one.idle_since >= idle_timeout || now_ - one.opened_at >= maximum_age;
        });
    }

    bool want()
    {
        expire();
        auto [kind, given] = tested_.checkout(now_);
        if (!expected_idle_.empty()) {
            record const latest = expected_idle_.back();
            expected_idle_.pop_back();
            right_ = right_ && kind == checkout_kind::reuse && given && given->name() == latest.name;
            if (given)
                loans_.push_back({std::move(*given), latest.opened_at});
        } else if (loans_.size() < limit) {
            right_ = right_ && kind == checkout_kind::open && !given;
            loans_.push_back({connection(next_name_++, open_), now_});
        } else {
            right_ = right_ && kind == checkout_kind::wait && !given;
        }
        return true;
    }

    bool give_back(std::vector<loan>::iterator which)
    {
        loan returned = std::move(*which);
        loans_.erase(which);
        expected_idle_.push_back({returned.held.name(), returned.opened_at, now_});
        tested_.put(std::move(returned.held), returned.opened_at, now_);
        expire();
        return true;
    }

    bool lose()
    {
        loans_.erase(loans_.begin());
        tested_.give_up_place();
        return true;
    }

    int open_ = 0;
    pool tested_{limits_of(limit, idle_timeout, maximum_age)};
    std::vector<record> expected_idle_;
    std::vector<loan> loans_;
    time_point now_ = start_of_test;
    int next_name_ = 0;
    bool right_ = true;
};

// Plays all sequences of so many letters that have a meaning.
void play_all(std::string& played, std::size_t longest, int& count)
{
    for (char letter : {'c', 'p', 'q', 'g', 'x', 't'}) {
        played.push_back(letter);
        comparison compared;
        bool meant = true;
        bool right = true;
        for (char each : played) {
            meant = compared.apply(each);
            right = right && compared.is_right();
        }
        if (meant) {
            ++count;
            if (!right)
                FAIL_CHECK("after " << played);
            if (right && played.size() < longest)
                play_all(played, longest, count);
        }
        played.pop_back();
    }
}

} // namespace

TEST_CASE("whatever happens to a pool, it counts places, keeps to its limit, reuses the latest and drops the old")
{
    std::string played;
    int count = 0;
    play_all(played, 8, count);
    CHECK(count > 90000);
}

TEST_CASE("so many connections are opened as are allowed, then one waits for a place")
{
    for (std::size_t limit : {std::size_t(1), std::size_t(2), std::size_t(128)}) {
        pool tested(limits_of(limit, 55s, 10min));
        for (std::size_t i = 0; i < limit; ++i)
            CHECK(tested.checkout(start_of_test).first == checkout_kind::open);
        CHECK(tested.checkout(start_of_test).first == checkout_kind::wait);
        CHECK(tested.places() == limit);
        tested.give_up_place();
        CHECK(tested.checkout(start_of_test).first == checkout_kind::open);
        CHECK(tested.checkout(start_of_test).first == checkout_kind::wait);
    }
}

TEST_CASE("the connection that was given back last is used first")
{
    int open = 0;
    pool tested(limits_of(4, 55s, 10min));
    fill(tested, 3, open, start_of_test, start_of_test);
    for (int expected : {2, 1, 0}) {
        auto [kind, given] = tested.checkout(start_of_test + 1s);
        CHECK(kind == checkout_kind::reuse);
        REQUIRE(given);
        CHECK(given->name() == expected);
    }
    CHECK(tested.checkout(start_of_test + 1s).first == checkout_kind::open);
    CHECK(tested.places() == 4);
}

TEST_CASE("a connection that was idle too long is closed, and its place is free")
{
    int open = 0;
    pool tested(limits_of(1, 55s, 10min));
    fill(tested, 1, open, start_of_test, start_of_test);
    auto [kind, given] = tested.checkout(start_of_test + 55s - 1ns);
    CHECK(kind == checkout_kind::reuse);
    REQUIRE(given);
    tested.put(std::move(*given), start_of_test, start_of_test + 60s);
    CHECK(tested.idle() == 1);
    CHECK(tested.checkout(start_of_test + 60s + 55s).first == checkout_kind::open);
    given.reset();
    CHECK(open == 0);
}

TEST_CASE("a connection that was opened too long ago is closed however busy it is")
{
    int open = 0;
    pool tested(limits_of(2, 55s, 10min));
    CHECK(tested.checkout(start_of_test).first == checkout_kind::open);
    tested.put(connection(0, open), start_of_test, start_of_test + 10min - 1ns);
    CHECK(tested.idle() == 1);
    auto [kind, given] = tested.checkout(start_of_test + 10min - 1ns);
    CHECK(kind == checkout_kind::reuse);
    REQUIRE(given);
    tested.put(std::move(*given), start_of_test, start_of_test + 10min);
    given.reset();
    CHECK(tested.idle() == 0);
    CHECK(tested.places() == 0);
    CHECK(open == 0);
}

TEST_CASE("closing the idle connections leaves the places of the others")
{
    int open = 0;
    pool tested(limits_of(4, 55s, 10min));
    fill(tested, 3, open, start_of_test, start_of_test);
    CHECK(tested.checkout(start_of_test).first == checkout_kind::reuse);
    CHECK(open == 2);
    tested.clear();
    CHECK(open == 0);
    CHECK(tested.idle() == 0);
    CHECK(tested.places() == 1);
    tested.clear();
    CHECK(tested.places() == 1);
}

TEST_CASE("a pool closes what it holds when it ends")
{
    int open = 0;
    {
        pool tested(limits_of(4, 55s, 10min));
        fill(tested, 4, open, start_of_test, start_of_test);
        CHECK(open == 4);
    }
    CHECK(open == 0);
}
