// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/account_limits.hpp>
#include <replicate/io/scheduler.hpp>

#include "support/coroutines.hpp"

#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using replicate::priority;
using replicate::core::admission_kind;
using replicate::core::admission_limits;
using replicate::core::rate_bucket;
using replicate::io::admission;
using replicate::io::admission_wish;
using replicate::io::scheduler;
using replicate::io::strand;
using replicate::tests::make_strand;
using replicate::tests::run_dry;
using replicate::tests::run_ready;
using replicate::tests::run_until;
using replicate::tests::task;

// So many that they do not matter.
constexpr double plenty = 1e9;

replicate::rate_options rate_of(double creates_per_minute)
{
    replicate::rate_options rate;
    rate.creates_per_minute = creates_per_minute;
    rate.gets_per_minute = plenty;
    rate.others_per_minute = plenty;
    return rate;
}

admission_limits places(std::size_t in_flight)
{
    admission_limits limits;
    limits.in_flight = in_flight;
    return limits;
}

// What the coroutines of a test share.
class shared {
public:
    shared(asio::io_context& context, admission_limits limits, replicate::rate_options rate,
        std::shared_ptr<replicate::io::shared_limits> account = nullptr)
        : executor(make_strand(context))
        , deadlines(std::make_shared<replicate::io::deadline_list>(executor))
        , admissions(scheduler::make(executor, deadlines, std::move(limits), rate, std::move(account)))
    {
    }

    strand executor;
    std::shared_ptr<replicate::io::deadline_list> deadlines;
    std::shared_ptr<scheduler> admissions;
    std::vector<int> order;
    std::vector<std::optional<admission>> held = std::vector<std::optional<admission>>(1000);
};

admission_wish creation(replicate::priority before = priority::interactive, std::string group = {}, std::string model = {})
{
    admission_wish wish;
    wish.bucket = rate_bucket::create;
    wish.kind = admission_kind::creation;
    wish.priority = before;
    wish.group = std::move(group);
    wish.model = std::move(model);
    return wish;
}

asio::awaitable<void> take_and_hold(std::shared_ptr<shared> all, int who, admission_wish wish)
{
    admission mine = co_await all->admissions->admit(std::move(wish));
    all->order.push_back(who);
    all->held[static_cast<std::size_t>(who)].emplace(std::move(mine));
}

// Sends what it may send at once, and waits for nothing.
asio::awaitable<void> take_and_send(std::shared_ptr<shared> all, int who, admission_wish wish)
{
    admission mine = co_await all->admissions->admit(std::move(wish));
    all->order.push_back(who);
    mine.token.on_sending();
}

replicate::core::response answer_of(unsigned status)
{
    replicate::core::response answer;
    answer.status = status;
    return answer;
}

class scheduler_fixture {
public:
    asio::io_context context;

    std::shared_ptr<shared> make(std::size_t in_flight, double creates_per_minute = plenty)
    {
        return std::make_shared<shared>(context, places(in_flight), rate_of(creates_per_minute));
    }

    void take(std::shared_ptr<shared> const& all, int who, admission_wish wish)
    {
        task(all->executor, take_and_hold(all, who, std::move(wish)));
        // Admissions of one moment keep a distance in time, however small; the order of coming is to be kept by the queue.
        run_ready(context);
    }

    // Runs until so many have had their turn.
    bool run_to(std::shared_ptr<shared> const& all, std::size_t count)
    {
        return run_until(context, [&] { return all->order.size() >= count; });
    }
};

} // namespace

TEST_CASE_FIXTURE(scheduler_fixture, "who need not wait has its turn before it gives way to anybody")
{
    auto const all = make(2);
    admission first;
    CHECK(all->admissions->try_admit(creation(), first));
    CHECK(first.place);
    CHECK(first.token);
    CHECK(all->admissions->in_flight() == 1);
    // Nothing was posted, and no timer runs.
    CHECK(context.poll() == 0);
    first = admission();
    CHECK(all->admissions->in_flight() == 0);
}

TEST_CASE_FIXTURE(scheduler_fixture, "places that are given back are taken in the order of coming, so many at once and no more")
{
    auto const all = make(3);
    for (int who = 0; who < 9; ++who)
        take(all, who, creation());
    CHECK(run_to(all, 3));
    for (std::size_t served = 3; served < 9; ++served) {
        run_ready(context);
        CHECK(all->order.size() == served);
        CHECK(all->admissions->in_flight() == 3);
        all->held[served - 3].reset();
        CHECK(run_to(all, served + 1));
    }
    CHECK(std::is_sorted(all->order.begin(), all->order.end()));
    all->held.clear();
    CHECK(run_dry(context));
    CHECK(all->admissions->in_flight() == 0);
}

TEST_CASE_FIXTURE(scheduler_fixture, "an interactive one goes before all that are batch, however many these are")
{
    auto const all = make(1);
    take(all, 0, creation());
    for (int who = 1; who < 500; ++who)
        take(all, who, creation(priority::batch));
    take(all, 500, creation(priority::interactive));
    all->held[0].reset();
    CHECK(run_to(all, 2));
    CHECK(all->order == std::vector{0, 500});
    all->held[500].reset();
    CHECK(run_to(all, 3));
    CHECK(all->order.back() == 1);
}

TEST_CASE_FIXTURE(scheduler_fixture, "requests without a place wait for their turn alone, and not for creates")
{
    auto const all = make(1);
    take(all, 0, creation());
    take(all, 1, creation());
    admission_wish look;
    look.bucket = rate_bucket::get_prediction;
    take(all, 2, look);
    CHECK(run_to(all, 2));
    CHECK(all->order == std::vector{0, 2});
}

TEST_CASE_FIXTURE(scheduler_fixture, "creates keep the distance in time that the rate asks for")
{
    // A hundred a second.
    auto const all = make(1000, 6'000);
    auto const began = scheduler::clock::now();
    for (int who = 0; who < 20; ++who)
        take(all, who, creation());
    CHECK(all->order.size() < 20);
    CHECK(run_to(all, 20));
    CHECK(scheduler::clock::now() - began >= 80ms);
    CHECK(run_dry(context));
}

TEST_CASE_FIXTURE(scheduler_fixture, "one who goes on within a place goes first")
{
    auto const all = make(10, 600);
    take(all, 0, creation());
    for (int who = 1; who < 5; ++who)
        take(all, who, creation());
    admission_wish again = creation();
    again.kind = admission_kind::continued;
    take(all, 5, again);
    CHECK(run_to(all, 4));
    // One or two were quick enough to go at once.
    CHECK(std::find(all->order.begin(), all->order.end(), 5) < all->order.begin() + 3);
}

TEST_CASE_FIXTURE(scheduler_fixture, "one who leaves while it waits leaves no trace")
{
    auto const all = make(1);
    take(all, 0, creation());
    std::vector<std::unique_ptr<task>> waiters;
    for (int who = 1; who <= 3; ++who)
        waiters.push_back(std::make_unique<task>(all->executor, take_and_hold(all, who, creation())));
    run_ready(context);
    std::size_t left = 0;
    SUBCASE("the first")
    {
        left = 1;
    }
    SUBCASE("the last")
    {
        left = 3;
    }
    waiters[left - 1]->cancel();
    run_ready(context);
    CHECK(waiters[left - 1]->ended());
    CHECK(waiters[left - 1]->code() == asio::error::operation_aborted);
    CHECK(all->admissions->waiting(rate_bucket::create) == 2);
    std::vector<int> expected{0, 1, 2, 3};
    std::erase(expected, static_cast<int>(left));
    all->held[0].reset();
    CHECK(run_to(all, 2));
    all->held[static_cast<std::size_t>(expected[1])].reset();
    CHECK(run_to(all, 3));
    CHECK(all->order == expected);
    all->held.clear();
    CHECK(run_dry(context));
}

TEST_CASE_FIXTURE(scheduler_fixture, "one who leaves at the moment of its turn passes it on")
{
    auto const all = make(1);
    take(all, 0, creation());
    task first(all->executor, take_and_hold(all, 1, creation()));
    task const second(all->executor, take_and_hold(all, 2, creation()));
    run_ready(context);
    SUBCASE("its turn, then its leaving")
    {
        all->held[0].reset();
        first.cancel();
    }
    SUBCASE("its leaving, then its turn")
    {
        first.cancel();
        all->held[0].reset();
    }
    CHECK(run_until(context, [&] { return first.ended(); }));
    all->held[1].reset();
    CHECK(run_until(context, [&] { return second.ended(); }));
    CHECK(all->order.back() == 2);
    all->held[2].reset();
    CHECK(all->admissions->in_flight() == 0);
}

TEST_CASE_FIXTURE(scheduler_fixture, "one who waits longer than it wanted is told so")
{
    auto const all = make(1);
    take(all, 0, creation());
    admission_wish hasty = creation();
    hasty.patience = 20ms;
    take(all, 1, hasty);
    CHECK(run_to(all, 2));
    REQUIRE(all->held[1]);
    CHECK(all->held[1]->code == replicate::errc::timed_out);
    CHECK(all->held[1]->detail.find("timeouts.queue") != std::string::npos);
    CHECK(all->admissions->waiting(rate_bucket::create) == 0);
    CHECK(run_dry(context));
}

TEST_CASE_FIXTURE(scheduler_fixture, "one too many is turned away at once, but not one that goes on")
{
    admission_limits limits = places(1);
    limits.length = 2;
    auto const all = std::make_shared<shared>(context, limits, rate_of(plenty));
    for (int who = 0; who < 4; ++who)
        take(all, who, creation());
    CHECK(all->order == std::vector{0, 3});
    CHECK(all->held[3]->code == replicate::errc::queue_full);
    CHECK(all->held[3]->code == replicate::condition::rate_limited);
    CHECK(all->held[3]->detail == "2 wait already; config.scheduler.queue_length says how many may");
    admission_wish again = creation();
    again.kind = admission_kind::continued;
    take(all, 4, again);
    CHECK(run_to(all, 3));
    CHECK(all->order.back() == 4);
    CHECK_FALSE(all->held[4]->code);
}

TEST_CASE_FIXTURE(scheduler_fixture, "too little credit ends the wait of all who would create, and of nobody else")
{
    auto const all = make(1);
    for (int who = 0; who < 4; ++who)
        take(all, who, creation());
    REQUIRE(all->order == std::vector{0});
    replicate::problem told;
    told.status = 402;
    told.detail = "You have insufficient credit to run this model.";
    all->held[0]->token.on_sending();
    all->held[0]->token.learn(answer_of(402), {}, told);
    CHECK(run_to(all, 4));
    for (std::size_t who = 1; who < 4; ++who) {
        CHECK(all->held[who]->code == replicate::condition::insufficient_credit);
        CHECK(all->held[who]->problem.detail == told.detail);
        CHECK_FALSE(all->held[who]->place);
    }
    take(all, 4, creation());
    CHECK(all->held[4]->code == replicate::condition::insufficient_credit);
    admission_wish look;
    look.bucket = rate_bucket::get_prediction;
    take(all, 5, look);
    CHECK(run_to(all, 6));
    CHECK_FALSE(all->held[5]->code);
    CHECK(run_dry(context));
}

TEST_CASE_FIXTURE(scheduler_fixture, "a wrong token stops nobody")
{
    auto const all = make(1);
    for (int who = 0; who < 2; ++who)
        take(all, who, creation());
    all->held[0]->token.on_sending();
    all->held[0]->token.learn(answer_of(401), {}, {});
    all->held[0].reset();
    CHECK(run_to(all, 2));
    CHECK_FALSE(all->held[1]->code);
}

TEST_CASE_FIXTURE(scheduler_fixture, "a refusal for too many makes all wait")
{
    auto const all = make(100);
    take(all, 0, creation());
    all->held[0]->token.on_sending();
    all->held[0]->token.learn(answer_of(429), replicate::core::retry_after(200ms, 1h), {});
    auto const refused = scheduler::clock::now();
    for (int who = 1; who < 5; ++who)
        take(all, who, creation());
    CHECK(all->order.size() == 1);
    CHECK(run_to(all, 2));
    CHECK(scheduler::clock::now() - refused >= 195ms);
}

TEST_CASE_FIXTURE(scheduler_fixture, "the right to send goes back where nothing was sent")
{
    // One in a second.
    auto const all = make(10, 60);
    for (int who = 0; who < 4; ++who)
        take(all, who, creation());
    REQUIRE(all->order == std::vector{0});
    auto const began = scheduler::clock::now();
    all->held[0].reset();
    CHECK(run_to(all, 2));
    CHECK(scheduler::clock::now() - began < 800ms);
    CHECK(all->admissions->rate(rate_bucket::create).sent == 1);
}

TEST_CASE("a context that is destroyed takes those who wait with it")
{
    std::optional<asio::io_context> context(std::in_place);
    std::shared_ptr<replicate::io::shared_limits> account;
    SUBCASE("with a limiter of its own")
    {
    }
    SUBCASE("with a shared one")
    {
        account = replicate::account_limits(rate_of(6'000)).state();
    }
    auto all = std::make_shared<shared>(*context, places(5), rate_of(6'000), account);
    std::weak_ptr<shared> const watched = all;
    for (int who = 0; who < 50; ++who)
        task(all->executor, take_and_hold(all, who, creation()));
    run_until(*context, [&] { return all->order.size() == 5; });
    SUBCASE("while places are out")
    {
    }
    SUBCASE("while one that has its turn has not run yet")
    {
        all->held[0].reset();
    }
    all.reset();
    CHECK_FALSE(watched.expired());
    context.reset();
    CHECK(watched.expired());
}

TEST_CASE_FIXTURE(scheduler_fixture, "two clients of one account keep the distance of one, and take turns")
{
    replicate::account_limits const account(rate_of(12'000));
    auto const one = std::make_shared<shared>(context, places(1000), rate_of(plenty), account.state());
    auto const two = std::make_shared<shared>(context, places(1000), rate_of(plenty), account.state());
    auto const began = scheduler::clock::now();
    for (int who = 0; who < 40; ++who) {
        task(one->executor, take_and_send(one, who, creation(priority::batch)));
        task(two->executor, take_and_send(two, who, creation(priority::batch)));
    }
    CHECK(run_until(context, [&] { return one->order.size() + two->order.size() >= 60; }));
    // 190 ms; with a limit for each it would be 45 ms.
    CHECK(scheduler::clock::now() - began >= 150ms);
    CHECK(one->order.size() >= 20);
    CHECK(two->order.size() >= 20);
    SUBCASE("an interactive one of either goes before all that are batch")
    {
        task(two->executor, take_and_send(two, 900, creation(priority::interactive)));
        run_ready(context);
        auto const before = one->order.size() + two->order.size();
        CHECK(run_until(context, [&] { return two->order.back() == 900; }));
        // One may have had its turn in the moment of the interactive one's coming.
        CHECK(one->order.size() + two->order.size() <= before + 2);
    }
    SUBCASE("one whose context does not run stops nobody")
    {
        asio::io_context idle;
        {
            auto const third = std::make_shared<shared>(idle, places(1000), rate_of(plenty), account.state());
            task(third->executor, take_and_send(third, 0, creation(priority::interactive)));
            task(third->executor, take_and_send(third, 1, creation(priority::interactive)));
            run_ready(idle);
        }
        CHECK(run_until(context, [&] { return one->order.size() + two->order.size() == 80; }));
    }
    CHECK(run_until(context, [&] { return one->order.size() + two->order.size() >= 80; }));
    CHECK(run_dry(context));
}

TEST_CASE_FIXTURE(scheduler_fixture, "what one client learns of an account, the others know")
{
    replicate::account_limits const account(rate_of(plenty));
    auto const one = std::make_shared<shared>(context, places(1), rate_of(plenty), account.state());
    auto const two = std::make_shared<shared>(context, places(1), rate_of(plenty), account.state());
    take(one, 0, creation());
    take(two, 0, creation());
    run_until(context, [&] { return two->order.size() == 1; });
    take(two, 1, creation());
    replicate::problem told;
    told.status = 402;
    told.detail = "no credit";
    one->held[0]->token.on_sending();
    one->held[0]->token.learn(answer_of(402), {}, told);
    CHECK(run_until(context, [&] { return two->order.size() == 2; }));
    CHECK(two->held[1]->code == replicate::condition::insufficient_credit);
    CHECK(two->held[1]->problem.detail == "no credit");
    CHECK(run_dry(context));
}

TEST_CASE("limits of an account that cannot be are refused")
{
    replicate::rate_options rate;
    rate.creates_per_minute = -1;
    try {
        replicate::account_limits const account(rate);
        FAIL("it was not refused");
    } catch (replicate::error const& refused) {
        CHECK(refused.code() == replicate::errc::invalid_configuration);
        CHECK(std::string(refused.what()).find("creates_per_minute") != std::string::npos);
    }
}
