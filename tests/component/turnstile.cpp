// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/io/turnstile.hpp>

#include "support/coroutines.hpp"

#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
using replicate::io::pass;
using replicate::io::turnstile;
using replicate::io::strand;
using replicate::io::wait_list;
using replicate::io::wait_ticket;
using replicate::tests::make_strand;
using replicate::tests::run_dry;
using replicate::tests::run_ready;
using replicate::tests::task;

// What the coroutines of a test share.
class shared {
public:
    explicit shared(strand chosen, std::size_t in_flight)
        : executor(chosen)
        , admission(std::make_shared<turnstile>(chosen, in_flight))
    {
    }

    strand executor;
    std::shared_ptr<turnstile> admission;
    std::vector<int> order;
    std::vector<std::optional<pass>> held = std::vector<std::optional<pass>>(1000);
    int at_work = 0;
    int most_at_work = 0;
};

asio::awaitable<void> take_and_hold(std::shared_ptr<shared> all, int who)
{
    pass mine = co_await all->admission->admit();
    all->order.push_back(who);
    all->held[static_cast<std::size_t>(who)].emplace(std::move(mine));
}

asio::awaitable<void> take_and_work(std::shared_ptr<shared> all, int who)
{
    pass const mine = co_await all->admission->admit();
    all->order.push_back(who);
    all->most_at_work = std::max(all->most_at_work, ++all->at_work);
    co_await asio::post(all->executor, asio::use_awaitable);
    --all->at_work;
}

class turnstile_fixture {
public:
    asio::io_context context;
    strand executor = make_strand(context);

    // So many can still be at work at once.
    int places(std::shared_ptr<shared> const& all)
    {
        all->order.clear();
        std::vector<std::unique_ptr<task>> tasks;
        for (int who = 990; who < 1000; ++who)
            tasks.push_back(std::make_unique<task>(executor, take_and_hold(all, who)));
        run_ready(context);
        int const result = static_cast<int>(all->order.size());
        for (auto& each : tasks)
            each->cancel();
        for (std::size_t who = 990; who < 1000; ++who)
            all->held[who].reset();
        run_ready(context);
        for (std::size_t who = 990; who < 1000; ++who)
            all->held[who].reset();
        return result;
    }
};

} // namespace

TEST_CASE_FIXTURE(
    turnstile_fixture, "a thousand calls are served in the order of their coming, so many at once and no more")
{
    auto const all = std::make_shared<shared>(executor, 7);
    for (int who = 0; who < 1000; ++who)
        task(executor, take_and_work(all, who));
    CHECK(run_dry(context));
    REQUIRE(all->order.size() == 1000);
    CHECK(std::is_sorted(all->order.begin(), all->order.end()));
    CHECK(all->most_at_work == 7);
    CHECK(places(all) == 7);
}

TEST_CASE_FIXTURE(turnstile_fixture, "a pass that is given back lets exactly the next one go")
{
    auto const all = std::make_shared<shared>(executor, 1);
    for (int who = 0; who < 4; ++who)
        task(executor, take_and_hold(all, who));
    for (std::size_t served = 1; served <= 4; ++served) {
        run_ready(context);
        CHECK(all->order.size() == served);
        CHECK(all->order.back() == static_cast<int>(served) - 1);
        all->held[served - 1].reset();
    }
    CHECK(run_dry(context));
    CHECK(places(all) == 1);
}

TEST_CASE_FIXTURE(turnstile_fixture, "passes that come back at one moment let as many go")
{
    auto const all = std::make_shared<shared>(executor, 3);
    for (int who = 0; who < 6; ++who)
        task(executor, take_and_hold(all, who));
    run_ready(context);
    REQUIRE(all->order == std::vector{0, 1, 2});
    for (std::size_t who = 0; who < 3; ++who)
        all->held[who].reset();
    run_ready(context);
    CHECK(all->order == std::vector{0, 1, 2, 3, 4, 5});
}

TEST_CASE_FIXTURE(turnstile_fixture, "one who comes while the woken one has not run yet does not overtake it")
{
    auto const all = std::make_shared<shared>(executor, 1);
    task(executor, take_and_hold(all, 0));
    task(executor, take_and_hold(all, 1));
    run_ready(context);
    // The newcomer's start is queued before the wake-up of the one who waits.
    task(executor, take_and_hold(all, 2));
    all->held[0].reset();
    run_ready(context);
    CHECK(all->order == std::vector{0, 1});
    all->held[1].reset();
    run_ready(context);
    CHECK(all->order == std::vector{0, 1, 2});
}

TEST_CASE_FIXTURE(turnstile_fixture, "a pass that is moved is given back once")
{
    auto const all = std::make_shared<shared>(executor, 2);
    task(executor, take_and_hold(all, 0));
    run_ready(context);
    {
        pass first = std::move(*all->held[0]);
        pass const second = std::move(first);
        all->held[0].reset();
        CHECK(places(all) == 1);
    }
    CHECK(places(all) == 2);
}

TEST_CASE_FIXTURE(turnstile_fixture, "a waiter that is cancelled leaves no trace")
{
    auto const all = std::make_shared<shared>(executor, 1);
    task const holder(executor, take_and_hold(all, 0));
    std::vector<std::unique_ptr<task>> waiters;
    for (int who = 1; who <= 3; ++who)
        waiters.push_back(std::make_unique<task>(executor, take_and_hold(all, who)));
    run_ready(context);
    REQUIRE(all->order == std::vector{0});
    std::size_t cancelled = 0;
    SUBCASE("the first of the queue")
    {
        cancelled = 1;
    }
    SUBCASE("one in the middle")
    {
        cancelled = 2;
    }
    SUBCASE("the last")
    {
        cancelled = 3;
    }
    waiters[cancelled - 1]->cancel();
    run_ready(context);
    CHECK(waiters[cancelled - 1]->ended());
    CHECK(waiters[cancelled - 1]->code() == asio::error::operation_aborted);
    CHECK(all->order == std::vector{0});
    for (auto& each : all->held) {
        each.reset();
        run_ready(context);
    }
    std::vector<int> expected{0, 1, 2, 3};
    std::erase(expected, static_cast<int>(cancelled));
    CHECK(all->order == expected);
    CHECK(places(all) == 1);
}

TEST_CASE_FIXTURE(turnstile_fixture, "a waiter that is cancelled at the moment when it is woken passes its turn on")
{
    auto const all = std::make_shared<shared>(executor, 1);
    task const holder(executor, take_and_hold(all, 0));
    task first(executor, take_and_hold(all, 1));
    task const second(executor, take_and_hold(all, 2));
    run_ready(context);
    SUBCASE("woken, then cancelled")
    {
        all->held[0].reset();
        first.cancel();
    }
    SUBCASE("cancelled, then woken")
    {
        first.cancel();
        all->held[0].reset();
    }
    run_ready(context);
    CHECK(first.ended());
    // It may have got its pass and kept it; what must not be is that nobody has it.
    if (all->order == std::vector{0, 1})
        all->held[1].reset();
    run_ready(context);
    CHECK(all->order.back() == 2);
    all->held[2].reset();
    run_ready(context);
    CHECK(places(all) == 1);
}

TEST_CASE_FIXTURE(turnstile_fixture, "nothing is pending once all passes are back")
{
    auto const all = std::make_shared<shared>(executor, 1);
    for (int who = 0; who < 3; ++who)
        task(executor, take_and_work(all, who));
    CHECK(run_dry(context));
    CHECK(all->order.size() == 3);
}

TEST_CASE("a context that is destroyed takes those who wait with it")
{
    std::optional<asio::io_context> context(std::in_place);
    auto all = std::make_shared<shared>(make_strand(*context), 1);
    std::weak_ptr<shared> const watched = all;
    for (int who = 0; who < 50; ++who)
        task(all->executor, take_and_hold(all, who));
    run_ready(*context);
    REQUIRE(all->order.size() == 1);
    SUBCASE("while a pass is out")
    {
    }
    SUBCASE("while one who was woken has not run yet")
    {
        all->held[0].reset();
    }
    // As with a client: whoever waits keeps alive what it waits in, until the context lets go of it.
    all.reset();
    CHECK_FALSE(watched.expired());
    context.reset();
    CHECK(watched.expired());
}
