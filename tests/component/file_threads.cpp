// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/io/file_threads.hpp>
#include <replicate/io/side_by_side.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace replicate::io;
using namespace std::chrono_literals;

// Says on which thread it was done.
class noting_job final : public file_job {
public:
    std::thread::id where;

private:
    void work() override { where = std::this_thread::get_id(); }
};

class throwing_job final : public file_job {
    void work() override { throw std::runtime_error("no"); }
};

// Goes on until it is let go.
class held_job final : public file_job {
public:
    explicit held_job(std::shared_future<void> release)
        : release_(std::move(release))
    {
    }

    std::promise<void> begun;
    std::atomic<bool> ended = false;

private:
    void work() override
    {
        begun.set_value();
        release_.wait();
        ended = true;
    }

    std::shared_future<void> release_;
};

// Goes on until it is stopped, or has given up hope.
class asking_job final : public file_job {
public:
    std::promise<void> begun;
    std::promise<bool> was_stopped;

private:
    void work() override
    {
        begun.set_value();
        auto const limit = std::chrono::steady_clock::now() + 60s;
        while (!is_stopped() && std::chrono::steady_clock::now() < limit)
            std::this_thread::yield();
        was_stopped.set_value(is_stopped());
    }
};

template<class Context>
strand strand_of(Context& context)
{
    return asio::make_strand(asio::any_io_executor(context.get_executor()));
}

void run_until_begun(asio::io_context& context, std::promise<void>& promise)
{
    auto begun = promise.get_future();
    while (begun.wait_for(0s) != std::future_status::ready)
        context.run_one_for(1ms);
}

// What a job ends with, said when the context has run.
template<class Context>
std::shared_ptr<std::optional<std::exception_ptr>> start(
    Context& context, std::shared_ptr<file_job> job, asio::cancellation_slot slot = asio::cancellation_slot())
{
    auto const result = std::make_shared<std::optional<std::exception_ptr>>();
    auto const where = strand_of(context);
    asio::co_spawn(where, perform_job(asio::use_service<file_threads>(context), where, std::move(job)),
        asio::bind_cancellation_slot(slot, [result](std::exception_ptr failure) { result->emplace(failure); }));
    return result;
}

asio::awaitable<void> count(std::atomic<int>& sum, int amount)
{
    sum += amount;
    if (amount < 0)
        throw std::runtime_error("below zero");
    co_return;
}

asio::awaitable<void> never(strand where, bool& was_cancelled)
{
    boost::system::error_code code;
    asio::steady_timer timer(where, asio::steady_timer::time_point::max());
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, code));
    was_cancelled = code == asio::error::operation_aborted;
}

} // namespace

TEST_CASE("a job is done on another thread, and the context runs until it is")
{
    asio::io_context context;
    auto const job = std::make_shared<noting_job>();
    auto const result = start(context, job);
    context.run();
    REQUIRE(result->has_value());
    CHECK(**result == nullptr);
    CHECK(job->where != std::thread::id());
    CHECK(job->where != std::this_thread::get_id());
}

TEST_CASE("what a job throws reaches the one who waits")
{
    asio::io_context context;
    auto const result = start(context, std::make_shared<throwing_job>());
    context.run();
    REQUIRE(result->has_value());
    CHECK_THROWS_WITH_AS(std::rethrow_exception(**result), "no", std::runtime_error);
}

TEST_CASE("a cancellation ends the wait, not the job")
{
    asio::io_context context;
    std::promise<void> release;
    auto const job = std::make_shared<held_job>(release.get_future().share());
    asio::cancellation_signal signal;
    auto const result = start(context, job, signal.slot());
    run_until_begun(context, job->begun);
    signal.emit(asio::cancellation_type::terminal);
    context.run();
    REQUIRE(result->has_value());
    CHECK(**result != nullptr);
    CHECK_FALSE(job->ended);
    release.set_value();
}

TEST_CASE("a context that ends waits for the jobs that are being done")
{
    std::promise<void> release;
    std::vector<std::shared_ptr<held_job>> jobs;
    std::thread releaser;
    {
        asio::io_context context;
        auto const freed = release.get_future().share();
        for (int i = 0; i < 4; ++i) {
            jobs.push_back(std::make_shared<held_job>(freed));
            start(context, jobs.back());
        }
        for (auto const& job : jobs)
            run_until_begun(context, job->begun);
        releaser = std::thread([&release] { release.set_value(); });
    }
    for (auto const& job : jobs)
        CHECK(job->ended);
    releaser.join();
}

TEST_CASE("a job that nobody waits for any more is told so")
{
    asio::io_context context;
    auto const job = std::make_shared<asking_job>();
    asio::cancellation_signal signal;
    auto const result = start(context, job, signal.slot());
    run_until_begun(context, job->begun);
    signal.emit(asio::cancellation_type::terminal);
    context.run();
    CHECK(result->has_value());
    CHECK(job->was_stopped.get_future().get());
}

TEST_CASE("a context that ends stops the jobs that are being done")
{
    auto const job = std::make_shared<asking_job>();
    {
        asio::io_context context;
        start(context, job);
        run_until_begun(context, job->begun);
    }
    CHECK(job->was_stopped.get_future().get());
}

TEST_CASE("a job whose waiter has gone before its turn is not begun")
{
    auto const late = std::make_shared<noting_job>();
    auto const next = std::make_shared<noting_job>();
    asio::io_context context;
    std::promise<void> release;
    auto const freed = release.get_future().share();
    std::vector<std::shared_ptr<held_job>> jobs;
    for (int i = 0; i < 4; ++i) {
        jobs.push_back(std::make_shared<held_job>(freed));
        start(context, jobs.back());
    }
    for (auto const& job : jobs)
        run_until_begun(context, job->begun);
    asio::cancellation_signal signal;
    auto const gone = start(context, late, signal.slot());
    auto const waiting = start(context, next);
    context.poll();
    signal.emit(asio::cancellation_type::terminal);
    context.poll();
    CHECK(gone->has_value());
    release.set_value();
    context.run();
    REQUIRE(waiting->has_value());
    CHECK(next->where != std::thread::id());
    CHECK(late->where == std::thread::id());
}

TEST_CASE("many jobs of many threads are all done")
{
    asio::thread_pool context(4);
    std::vector<std::shared_ptr<noting_job>> jobs;
    std::atomic<int> done = 0;
    auto& threads = asio::use_service<file_threads>(context);
    for (int i = 0; i < 500; ++i) {
        jobs.push_back(std::make_shared<noting_job>());
        auto const where = strand_of(context);
        asio::co_spawn(
            where, perform_job(threads, where, jobs.back()), [&done](std::exception_ptr failure) { done += !failure; });
    }
    context.join();
    CHECK(done == 500);
}

TEST_CASE("coroutines side by side all end, and the first failure is the failure of all")
{
    asio::io_context context;
    auto const where = strand_of(context);
    std::atomic<int> sum = 0;
    for (bool fails : {false, true}) {
        std::vector<asio::awaitable<void>> works;
        bool was_cancelled = false;
        works.push_back(count(sum, 1));
        works.push_back(count(sum, fails ? -2 : 2));
        if (fails)
            works.push_back(never(where, was_cancelled));
        std::optional<std::exception_ptr> result;
        asio::co_spawn(where, side_by_side(where, std::move(works)),
            [&result](std::exception_ptr failure) { result.emplace(failure); });
        context.restart();
        context.run();
        REQUIRE(result.has_value());
        CHECK((*result != nullptr) == fails);
        CHECK(was_cancelled == fails);
    }
    CHECK(sum == 2);
}

TEST_CASE("a cancellation reaches all coroutines that are side by side")
{
    asio::io_context context;
    auto const where = strand_of(context);
    bool first = false;
    bool second = false;
    std::vector<asio::awaitable<void>> works;
    works.push_back(never(where, first));
    works.push_back(never(where, second));
    asio::cancellation_signal signal;
    bool ended = false;
    asio::co_spawn(where, side_by_side(where, std::move(works)),
        asio::bind_cancellation_slot(signal.slot(), [&ended](std::exception_ptr) { ended = true; }));
    context.poll();
    CHECK_FALSE(ended);
    asio::post(where, [&signal] { signal.emit(asio::cancellation_type::terminal); });
    context.restart();
    context.run();
    CHECK(ended);
    CHECK(first);
    CHECK(second);
}
