// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Limits that several clients share, each with a context and a thread of its own. Meant for the thread sanitizer, like the
// other tests here.

#include <replicate/account_limits.hpp>
#include <replicate/io/scheduler.hpp>

#include "support/coroutines.hpp"

#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using replicate::core::rate_bucket;
using replicate::io::admission;
using replicate::io::admission_wish;
using replicate::io::scheduler;
using replicate::io::strand;

// When each request of the account went, of whichever client.
class moments {
public:
    void add(scheduler::clock::time_point when)
    {
        std::lock_guard const lock(mutex_);
        all_.push_back(when);
    }
    std::vector<scheduler::clock::time_point> all() const
    {
        std::lock_guard const lock(mutex_);
        return all_;
    }
    /// From the first to the last.
    scheduler::clock::duration length() const
    {
        auto const sent = all();
        auto const [first, last] = std::minmax_element(sent.begin(), sent.end());
        return *last - *first;
    }

private:
    mutable std::mutex mutex_;
    std::vector<scheduler::clock::time_point> all_;
};

class member {
public:
    explicit member(replicate::account_limits const& account)
        : executor(replicate::tests::make_strand(context))
        , admissions(scheduler::make(executor, std::make_shared<replicate::io::deadline_list>(executor),
              replicate::core::admission_limits(), replicate::rate_options(), account.state()))
    {
    }

    asio::io_context context;
    strand executor;
    std::shared_ptr<scheduler> admissions;
};

asio::awaitable<void> create_one(std::shared_ptr<scheduler> admissions, strand executor, moments& seen)
{
    admission_wish wish;
    wish.bucket = rate_bucket::create;
    wish.kind = replicate::core::admission_kind::creation;
    admission mine = co_await admissions->admit(std::move(wish));
    if (mine.code)
        co_return;
    mine.token.on_sending();
    seen.add(scheduler::clock::now());
    co_await asio::post(executor, asio::use_awaitable);
    replicate::core::response answer;
    answer.status = 201;
    mine.token.learn(answer, {}, {});
}

replicate::rate_options thousand_a_second()
{
    replicate::rate_options rate;
    rate.creates_per_minute = 60'000;
    return rate;
}

void start(member& one, int count, moments& seen)
{
    for (int i = 0; i < count; ++i)
        replicate::tests::task(one.executor, create_one(one.admissions, one.executor, seen));
}

} // namespace

TEST_CASE("two contexts on two threads keep the limits of their account together")
{
    replicate::account_limits const account(thousand_a_second());
    moments seen;
    member one(account);
    member two(account);
    start(one, 300, seen);
    start(two, 300, seen);
    std::thread beside([&] { two.context.run(); });
    one.context.run();
    beside.join();
    REQUIRE(seen.all().size() == 600);
    // So many take 500 ms, less where the limiter dares to try for more; with a limit for each it would be 200 ms.
    CHECK(seen.length() >= 400ms);
}

TEST_CASE("a client that comes, goes, or is destroyed with those who wait does not concern the others of its account")
{
    replicate::account_limits const account(thousand_a_second());
    moments seen;
    member steady(account);
    start(steady, 400, seen);
    std::thread beside([&] { steady.context.run(); });
    moments of_others;
    for (int round = 0; round < 20; ++round) {
        member passing(account);
        start(passing, 20, of_others);
        passing.context.run_for(5ms);
    }
    beside.join();
    CHECK(seen.all().size() == 400);
}

TEST_CASE("several threads on one context, and others beside it, keep the limits of their account")
{
    replicate::account_limits const account(thousand_a_second());
    moments seen;
    member one(account);
    member two(account);
    start(one, 200, seen);
    start(two, 200, seen);
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back([&] { one.context.run(); });
        threads.emplace_back([&] { two.context.run(); });
    }
    for (auto& thread : threads)
        thread.join();
    REQUIRE(seen.all().size() == 400);
    // 300 ms; with a limit for each it would be 100 ms.
    CHECK(seen.length() >= 220ms);
}
