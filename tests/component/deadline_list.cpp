// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/io/deadline_list.hpp>

#include "support/coroutines.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using replicate::io::deadline_list;
using replicate::tests::make_strand;
using replicate::tests::run_dry;
using replicate::tests::run_ready;
using replicate::tests::run_until;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

class entry final : public replicate::io::deadline_entry {
public:
    entry() = default;
    explicit entry(std::function<void()> action)
        : action_(std::move(action))
    {
    }

    int fired = 0;

private:
    void on_deadline() override
    {
        ++fired;
        if (action_)
            action_();
    }

    std::function<void()> action_;
};

class deadline_fixture {
public:
    boost::asio::io_context context;
    std::shared_ptr<deadline_list> list = std::make_shared<deadline_list>(make_strand(context));
    clock::time_point past = clock::now() - 1s;
    clock::time_point far = clock::now() + 1h;
};

} // namespace

TEST_CASE_FIXTURE(deadline_fixture, "entries fire in the order of their times, in whatever order they were armed")
{
    std::string order;
    entry a([&] { order += 'a'; }), b([&] { order += 'b'; }), c([&] { order += 'c'; }), d([&] { order += 'd'; });
    list->arm(c, past + 3ms);
    list->arm(a, past + 1ms);
    list->arm(d, past + 4ms);
    list->arm(b, past + 2ms);
    CHECK(run_dry(context));
    CHECK(order == "abcd");
}

TEST_CASE_FIXTURE(deadline_fixture, "an entry fires once, and not before its time")
{
    entry one;
    auto const time = clock::now() + 20ms;
    list->arm(one, time);
    run_ready(context);
    CHECK((one.fired == 0 || clock::now() >= time));
    CHECK(run_dry(context));
    CHECK(one.fired == 1);
    CHECK(clock::now() >= time);
    CHECK_FALSE(one.is_linked());
}

TEST_CASE_FIXTURE(deadline_fixture, "an entry that is moved to an earlier time fires then")
{
    entry one;
    list->arm(one, far);
    run_ready(context);
    list->arm(one, past);
    CHECK(run_dry(context));
    CHECK(one.fired == 1);
}

TEST_CASE_FIXTURE(deadline_fixture, "an entry that is moved to a later time does not fire at its earlier one")
{
    entry moved, other;
    list->arm(moved, clock::now() + 5ms);
    list->arm(moved, far);
    list->arm(other, clock::now() + 10ms);
    CHECK(run_until(context, [&] { return other.fired == 1; }));
    CHECK(moved.fired == 0);
    CHECK(moved.time() == far);
    list->disarm(moved);
    CHECK(run_dry(context));
    CHECK(moved.fired == 0);
}

TEST_CASE_FIXTURE(
    deadline_fixture, "an entry whose time the timer passed while it was moved later still fires in the end")
{
    entry one;
    list->arm(one, clock::now() + 2ms);
    list->arm(one, clock::now() + 15ms);
    CHECK(run_dry(context));
    CHECK(one.fired == 1);
}

TEST_CASE_FIXTURE(deadline_fixture, "a list without entries keeps no context busy")
{
    SUBCASE("when nothing was ever armed")
    {
    }
    SUBCASE("when all are disarmed")
    {
        entry a, b;
        list->arm(a, far);
        list->arm(b, far + 1s);
        list->disarm(a);
        list->disarm(b);
        list->disarm(b);
    }
    SUBCASE("when all are disarmed after the timer has begun")
    {
        entry a;
        list->arm(a, far);
        run_ready(context);
        list->disarm(a);
    }
    SUBCASE("when the last has fired")
    {
        entry a;
        list->arm(a, past);
    }
    auto const begin = clock::now();
    CHECK(run_dry(context));
    CHECK(clock::now() - begin < 5s);
}

TEST_CASE_FIXTURE(deadline_fixture, "an entry may disarm others while it fires, also those that are due")
{
    entry due, later;
    entry first([&] {
        list->disarm(due);
        list->disarm(later);
    });
    list->arm(first, past);
    list->arm(due, past + 1ms);
    list->arm(later, far);
    CHECK(run_dry(context));
    CHECK(first.fired == 1);
    CHECK(due.fired == 0);
    CHECK(later.fired == 0);
}

TEST_CASE_FIXTURE(deadline_fixture, "an entry may disarm itself while it fires")
{
    entry* self = nullptr;
    entry one([&] { list->disarm(*self); });
    self = &one;
    list->arm(one, past);
    CHECK(run_dry(context));
    CHECK(one.fired == 1);
}

TEST_CASE_FIXTURE(deadline_fixture, "an entry may destroy itself and others while it fires")
{
    std::optional<entry> first, second;
    first.emplace([&] {
        second.reset();
        first.reset();
    });
    second.emplace();
    list->arm(*first, past);
    list->arm(*second, past + 1ms);
    CHECK(run_dry(context));
    CHECK_FALSE(first);
    CHECK_FALSE(second);
}

TEST_CASE_FIXTURE(deadline_fixture, "an entry may be armed again while it fires")
{
    entry* self = nullptr;
    entry one([&] {
        if (self->fired < 3)
            list->arm(*self, clock::now() + 1ms);
    });
    self = &one;
    list->arm(one, past);
    CHECK(run_dry(context));
    CHECK(one.fired == 3);
}

TEST_CASE_FIXTURE(
    deadline_fixture, "an entry armed for a late time while another fires does not hold up those in between")
{
    entry late, between;
    entry first([&] { list->arm(late, far); });
    list->arm(first, past);
    list->arm(between, clock::now() + 10ms);
    CHECK(run_until(context, [&] { return between.fired == 1; }));
    CHECK(late.fired == 0);
    list->disarm(late);
    CHECK(run_dry(context));
}

TEST_CASE_FIXTURE(deadline_fixture, "an entry armed for a time that has passed while another fires, fires too")
{
    entry second;
    entry first([&] { list->arm(second, past - 1s); });
    list->arm(first, past);
    CHECK(run_dry(context));
    CHECK(second.fired == 1);
}

TEST_CASE_FIXTURE(deadline_fixture, "an entry that is destroyed while it is armed does not fire")
{
    entry other;
    int fired = 0;
    {
        entry gone([&] { ++fired; });
        list->arm(gone, past);
        list->arm(other, past + 1ms);
    }
    CHECK(run_dry(context));
    CHECK(fired == 0);
    CHECK(other.fired == 1);
}

TEST_CASE_FIXTURE(
    deadline_fixture, "a list that is destroyed while its timer runs fires nothing and leaves nothing to do")
{
    entry one;
    SUBCASE("before the timer has begun")
    {
        list->arm(one, past);
    }
    SUBCASE("while the timer waits")
    {
        list->arm(one, far);
        run_ready(context);
    }
    list.reset();
    CHECK_FALSE(one.is_linked());
    CHECK(run_dry(context));
    CHECK(one.fired == 0);
}

TEST_CASE("a list outlives neither its context nor keeps it alive")
{
    entry one;
    std::optional<boost::asio::io_context> context(std::in_place);
    auto list = std::make_shared<deadline_list>(make_strand(*context));
    std::weak_ptr<deadline_list> const watched = list;
    list->arm(one, clock::now() + 1h);
    run_ready(*context);
    list.reset();
    CHECK(watched.expired());
    context.reset();
    CHECK(one.fired == 0);
}

TEST_CASE_FIXTURE(deadline_fixture, "a thousand entries, half of them moved or taken out, fire in order")
{
    std::vector<std::unique_ptr<entry>> entries;
    std::vector<int> order;
    for (int i = 0; i < 1000; ++i) {
        entries.push_back(std::make_unique<entry>([&order, i] { order.push_back(i); }));
        list->arm(*entries.back(), far + std::chrono::milliseconds(i));
    }
    for (int i = 0; i < 1000; ++i) {
        int const which = (i * 7919) % 1000;
        if (which % 2 == 0)
            list->disarm(*entries[static_cast<std::size_t>(which)]);
        else
            list->arm(*entries[static_cast<std::size_t>(which)], past + std::chrono::microseconds(which));
    }
    CHECK(run_dry(context));
    REQUIRE(order.size() == 500);
    for (std::size_t i = 0; i < order.size(); ++i)
        CHECK(order[i] == static_cast<int>(2 * i + 1));
}
