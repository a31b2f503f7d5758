// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// One client and several threads. These tests are meant for the thread sanitizer; without it they still check what is
// delivered, and how often.

#include <replicate.hpp>
#include <replicate/testing/server.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// A server with a model that answers at once and one that answers when the test is long over.
void add_models(replicate::testing::server& server)
{
    server.model("acme/echo", [](replicate::input const& input) {
        auto const& text = input.at("text").as_string();
        return std::string(text.data(), text.size());
    });
    server.model("acme/never", [](replicate::input const&) { return replicate::testing::script().never_ends(); });
}

/// Runs a context on four threads until it has no more work.
void run_on_four_threads(asio::io_context& context)
{
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&context] { context.run(); });
    for (auto& thread : threads)
        thread.join();
}

class collected {
public:
    void add(std::string text)
    {
        std::lock_guard const lock(mutex_);
        texts_.insert(std::move(text));
    }
    std::multiset<std::string> texts() const
    {
        std::lock_guard const lock(mutex_);
        return texts_;
    }

private:
    mutable std::mutex mutex_;
    std::multiset<std::string> texts_;
};

asio::awaitable<void> echo(replicate::client client, int number, collected& answers)
{
    replicate::input input{{"text", std::to_string(number)}};
    auto output = co_await client.async_run("acme/echo", input);
    answers.add(output.text());
}

std::multiset<std::string> numbers(int count)
{
    std::multiset<std::string> expected;
    for (int i = 0; i < count; ++i)
        expected.insert(std::to_string(i));
    return expected;
}

/// Many runs that never end by themselves, each with its own cancellation.
class cancellable_runs {
public:
    cancellable_runs(replicate::client client, int count)
    {
        replicate::run_options options;
        options.wait = replicate::wait::poll();
        options.first_poll_interval = 1ms;
        options.maximum_poll_interval = 2ms;
        for (int i = 0; i < count; ++i)
            client.async_run("acme/never", replicate::input(), options,
                asio::bind_cancellation_slot(signals_.emplace_back().slot(),
                    [this](boost::system::error_code code, replicate::output) { note(code); }));
    }

    void cancel_all()
    {
        for (auto& signal : signals_)
            signal.emit(asio::cancellation_type::terminal);
    }

    int completions() const { return completions_; }
    int aborted() const { return aborted_; }

private:
    void note(boost::system::error_code code)
    {
        ++completions_;
        if (code == asio::error::operation_aborted)
            ++aborted_;
    }

    std::list<asio::cancellation_signal> signals_;
    std::atomic<int> completions_ = 0;
    std::atomic<int> aborted_ = 0;
};

} // namespace

TEST_CASE("runs on four threads each get their own output, once")
{
    replicate::testing::server server;
    add_models(server);
    asio::io_context context(4);
    replicate::client client(context, server.config());
    collected answers;
    for (int i = 0; i < 200; ++i)
        asio::co_spawn(context, echo(client, i, answers), asio::detached);
    run_on_four_threads(context);
    CHECK(answers.texts() == numbers(200));
    CHECK(server.counts().creates == 200);
}

TEST_CASE("a client may be called from threads that do not run its context")
{
    replicate::testing::server server;
    add_models(server);
    asio::thread_pool inside(2);
    replicate::client client(inside.get_executor(), server.config());
    collected answers;
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 4; ++caller)
        callers.emplace_back([&, caller] {
            for (int i = caller; i < 80; i += 4)
                answers.add(client
                                .async_run("acme/echo", replicate::input().set("text", std::to_string(i)), asio::use_future)
                                .get()
                                .text());
        });
    for (auto& caller : callers)
        caller.join();
    inside.join();
    CHECK(answers.texts() == numbers(80));
}

TEST_CASE("runs that are cancelled from another thread complete once, and their predictions are cancelled")
{
    replicate::testing::server server;
    add_models(server);
    asio::io_context context(4);
    std::optional<cancellable_runs> runs;
    runs.emplace(replicate::client(context, server.config()), 50);
    std::thread canceller([&] {
        // Cancelled when they are in all stages at once: queued, being created, polling.
        CHECK(server.wait_until([](auto const& counts) { return counts.creates >= 25; }));
        runs->cancel_all();
    });
    run_on_four_threads(context);
    canceller.join();
    CHECK(runs->completions() == 50);
    CHECK(runs->aborted() == 50);
    CHECK(server.counts().cancels == server.counts().creates);
}

TEST_CASE("deadlines that pass while answers arrive complete each run once")
{
    replicate::testing::server server;
    add_models(server);
    asio::io_context context(4);
    replicate::client client(context, server.config());
    std::atomic<int> completions = 0;
    for (int i = 0; i < 200; ++i) {
        replicate::run_options options;
        options.timeout = 1ms + i * 500us;
        options.on_cancel = replicate::on_cancel::detach;
        client.async_run("acme/echo", replicate::input().set("text", "x"), options,
            [&completions](boost::system::error_code, replicate::output) { ++completions; });
    }
    run_on_four_threads(context);
    CHECK(completions == 200);
}

TEST_CASE("the last handle of a client may go while its runs are in flight")
{
    replicate::testing::server server;
    add_models(server);
    asio::io_context context(4);
    collected answers;
    auto client = std::make_unique<replicate::client>(context, server.config());
    for (int i = 0; i < 50; ++i)
        client->async_run("acme/echo", replicate::input().set("text", std::to_string(i)),
            [&answers](boost::system::error_code, replicate::output output) { answers.add(output.text()); });
    asio::post(context, [&client] { client.reset(); });
    run_on_four_threads(context);
    CHECK(answers.texts() == numbers(50));
}

TEST_CASE("a context that is stopped and destroyed with runs in flight takes them with it")
{
    replicate::testing::server server;
    add_models(server);
    std::vector<std::future<replicate::output>> futures;
    {
        asio::io_context context(4);
        replicate::client client(context, server.config());
        for (int i = 0; i < 20; ++i)
            futures.push_back(client.async_run("acme/never", replicate::input(), asio::use_future));
        std::thread stopper([&] {
            CHECK(server.wait_until([](auto const& counts) { return counts.creates >= 10; }));
            context.stop();
        });
        run_on_four_threads(context);
        stopper.join();
    }
    for (auto& future : futures)
        CHECK_THROWS_AS(future.get(), std::future_error);
}

TEST_CASE("a coroutine of one context may use a client of another")
{
    replicate::testing::server server;
    add_models(server);
    asio::thread_pool inside(2);
    replicate::client client(inside.get_executor(), server.config());
    asio::io_context outside(4);
    collected answers;
    for (int i = 0; i < 50; ++i)
        asio::co_spawn(outside, echo(client, i, answers), asio::detached);
    run_on_four_threads(outside);
    inside.join();
    CHECK(answers.texts() == numbers(50));
}

TEST_CASE("clients of two contexts on two threads keep the limits of one account together")
{
    replicate::testing::server_options options;
    options.rates.creates_per_minute = 600;
    options.rates.create_burst = 60;
    replicate::testing::server server(options);
    add_models(server);
    replicate::config settings = server.config();
    settings.account = replicate::account_limits();
    asio::io_context one(1);
    asio::io_context two(1);
    collected answers;
    replicate::client const first(one, settings);
    replicate::client const second(two, settings);
    for (int i = 0; i < 80; ++i)
        asio::co_spawn(i % 2 == 0 ? one : two, echo(i % 2 == 0 ? first : second, i, answers), asio::detached);
    std::thread beside([&two] { two.run(); });
    one.run();
    beside.join();
    CHECK(answers.texts() == numbers(80));
    CHECK(server.counts().create_requests <= 81);
}

namespace {

/// Results of maps, read on several threads.
class collected_results {
public:
    void add(replicate::map_result const& result)
    {
        if (result.ok())
            answers.add(result.output().text());
        else if (result.code() == asio::error::operation_aborted)
            ++aborted;
        else
            ++failed;
    }

    collected answers;
    std::atomic<int> aborted = 0;
    std::atomic<int> failed = 0;
};

asio::awaitable<void> read_all(replicate::map_results results, collected_results& found)
{
    for (;;) {
        std::optional<replicate::map_result> result = co_await results.async_next();
        if (!result)
            break;
        found.add(*result);
    }
}

/// Maps these numbers, and reads the results with two readers at once.
asio::awaitable<void> map_numbers(replicate::client client, int first, int last, collected_results& found)
{
    std::vector<replicate::input> inputs;
    for (int number = first; number < last; ++number)
        inputs.push_back(replicate::input().set("text", std::to_string(number)));
    replicate::map_options options;
    options.run.wait = replicate::wait::poll();
    options.run.first_poll_interval = 2ms;
    options.buffer = 8;
    replicate::map_results results = co_await client.async_map("acme/echo", std::move(inputs), options);
    auto const executor = co_await asio::this_coro::executor;
    asio::co_spawn(executor, read_all(results, found), asio::detached);
    co_await read_all(results, found);
}

/// Maps inputs whose predictions never end.
asio::awaitable<void> map_endlessly(replicate::client client, std::promise<replicate::map_results>& started, collected_results& found)
{
    replicate::map_options options;
    options.run.wait = replicate::wait::poll();
    options.in_flight = 10;
    replicate::map_results results =
        co_await client.async_map("acme/never", [] { return std::optional<replicate::input>(std::in_place); }, options);
    started.set_value(results);
    co_await read_all(results, found);
}

/// What the limiter of a client has let through. The context has run dry.
std::uint64_t creates_sent(asio::io_context& context, replicate::client const& client)
{
    auto metrics = client.async_metrics(asio::use_future);
    context.restart();
    context.run();
    return metrics.get().creates.sent;
}

} // namespace

TEST_CASE("maps on four threads each give all their results once, with single runs in between, and one of them cancelled")
{
    replicate::testing::server server;
    add_models(server);
    asio::io_context context(4);
    replicate::client const client(context, server.config());
    collected_results mapped;
    collected_results endless;
    collected single;
    std::promise<replicate::map_results> started;
    for (int i = 0; i < 3; ++i)
        asio::co_spawn(context, map_numbers(client, 40 * i, 40 * (i + 1), mapped), asio::detached);
    asio::co_spawn(context, map_endlessly(client, started, endless), asio::detached);
    for (int i = 0; i < 20; ++i)
        asio::co_spawn(context, echo(client, i, single), asio::detached);
    std::thread canceller([&] {
        replicate::map_results const results = started.get_future().get();
        CHECK(server.wait_until([](auto const& counts) { return counts.creates >= 3 * 40 + 20 + 10; }));
        CHECK(results.progress().done() == 0);
        results.cancel();
    });
    run_on_four_threads(context);
    canceller.join();
    CHECK(mapped.answers.texts() == numbers(120));
    CHECK(mapped.aborted + mapped.failed == 0);
    CHECK(single.texts() == numbers(20));
    CHECK(endless.answers.texts().empty());
    CHECK(endless.failed == 0);
    CHECK(endless.aborted >= 10);
    CHECK(server.counts().creates == 3 * 40 + 20 + 10);
    CHECK(server.counts().cancels == 10);
}

TEST_CASE("maps of two contexts on two threads keep the limits of one account together")
{
    replicate::testing::server_options options;
    options.rates.creates_per_minute = 6000;
    replicate::testing::server server(options);
    add_models(server);
    replicate::config settings = server.config();
    settings.account = replicate::account_limits();
    asio::io_context one(1);
    asio::io_context two(1);
    collected_results found;
    replicate::client const first(one, settings);
    replicate::client const second(two, settings);
    asio::co_spawn(one, map_numbers(first, 0, 40, found), asio::detached);
    asio::co_spawn(two, map_numbers(second, 40, 80, found), asio::detached);
    std::thread beside([&two] { two.run(); });
    one.run();
    beside.join();
    CHECK(found.answers.texts() == numbers(80));
    CHECK(found.aborted + found.failed == 0);
    CHECK(server.counts().creates == 80);
    CHECK(server.counts().create_requests == 80);
    // Each knows of what the other has sent.
    CHECK(creates_sent(one, first) == 80);
    CHECK(creates_sent(two, second) == 80);
}

namespace {

/// Without a lock: the callbacks of one client come one after the other.
class plain_counter : public replicate::client_observer {
public:
    std::size_t started = 0;
    std::size_t finished = 0;
    std::size_t closed = 0;

    void on_request_started(replicate::request_started const&) override { ++started; }
    void on_request_finished(replicate::request_finished const&) override { ++finished; }
    void on_connection_closed(replicate::connection_closed const&) override { ++closed; }
};

} // namespace

TEST_CASE("metrics are asked for on several threads while predictions run, and observer and log need no lock")
{
    replicate::testing::server server;
    add_models(server);
    auto const heard = std::make_shared<plain_counter>();
    std::size_t lines = 0;
    collected answers;
    std::atomic<std::size_t> asked = 0;
    {
        asio::io_context context(4);
        replicate::config settings = server.config();
        settings.observer = heard;
        settings.log.level = replicate::log_level::trace;
        settings.log.sink = [&lines](replicate::log_record const&) { ++lines; };
        replicate::client const client(context, settings);
        for (int i = 0; i < 40; ++i) {
            asio::co_spawn(context, echo(client, i, answers), asio::detached);
            client.async_metrics([&asked](boost::system::error_code code, replicate::client_metrics const& told) {
                asked += !code && told.requests.finished <= told.requests.started ? 1 : 0;
            });
        }
        run_on_four_threads(context);
    }
    CHECK(answers.texts().size() == 40);
    CHECK(asked == 40);
    CHECK(heard->started == server.counts().requests);
    CHECK(heard->finished == heard->started);
    CHECK(heard->closed == server.counts().connections);
    CHECK(lines > heard->started + heard->finished);
}
