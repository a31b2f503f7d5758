// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Every way in which Asio lets one wait, for async_run.

#if defined(__GNUC__) && !defined(__clang__)
// With sanitizers, g++ 12 takes an empty object of Asio's use_future for one that was not initialized. It looks for this
// where that stands, so before the headers.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "support/local_client.hpp"
#include "support/slowness.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <variant>

namespace {

using namespace replicate::tests;
using boost::system::error_code;
using replicate::condition;

constexpr char const* llama = "meta/meta-llama-3-8b-instruct";
constexpr char const* endless = "test/never-ends";

replicate::input prompt()
{
    return replicate::input().set("prompt", "tokens").set("max_tokens", 4);
}

constexpr char const* expected = "You wrote \"tokens\". A";

// A handler that can only be moved, with the executor it wants.
class lonely_handler {
public:
    using executor_type = asio::any_io_executor;

    lonely_handler(std::unique_ptr<std::string> mark, std::string& result, asio::any_io_executor executor)
        : mark_(std::move(mark))
        , result_(&result)
        , executor_(std::move(executor))
    {
    }
    executor_type get_executor() const noexcept { return executor_; }
    void operator()(error_code code, replicate::output value)
    {
        *result_ = *mark_ + (code ? code.message() : value.text());
    }

private:
    std::unique_ptr<std::string> mark_;
    std::string* result_;
    asio::any_io_executor executor_;
};

asio::awaitable<std::string> await_each_way(replicate::client client)
{
    std::string all;
    replicate::diagnostics known;
    replicate::run_options const options;
    auto plain = co_await client.async_run(llama, prompt());
    all += plain.text();
    auto with_options = co_await client.async_run(llama, prompt(), options);
    all += with_options.text();
    auto with_diagnostics = co_await client.async_run(llama, prompt(), known);
    all += with_diagnostics.text();
    auto with_both = co_await client.async_run(llama, prompt(), options, known);
    all += with_both.text();
    auto with_token = co_await client.async_run(llama, prompt(), asio::use_awaitable);
    all += with_token.text();
    auto with_deferred = co_await client.async_run(llama, prompt(), options, known, asio::deferred);
    all += with_deferred.text();
    co_return all;
}

asio::awaitable<void> await_codes(replicate::client client, std::string version)
{
    replicate::diagnostics known;
    auto [code, value] = co_await client.async_run(version, replicate::input(), asio::as_tuple(asio::use_awaitable));
    CHECK(code == condition::prediction_failed);
    CHECK(value.json().is_null());
    auto [same, again] = co_await client.async_run(version, replicate::input(), known, asio::as_tuple(asio::deferred));
    CHECK(same == condition::prediction_failed);
    REQUIRE(known.prediction != nullptr);
    CHECK(known.prediction->logs.find("Loading weights") != std::string::npos);
    error_code redirected;
    co_await client.async_run(version, replicate::input(), asio::redirect_error(asio::use_awaitable, redirected));
    CHECK(redirected == condition::prediction_failed);
    co_await client.async_run(llama, prompt(), known, asio::redirect_error(asio::use_awaitable, redirected));
    CHECK_FALSE(redirected);
    CHECK(known.prediction == nullptr);
}

} // namespace

TEST_CASE("co_await takes options, diagnostics and tokens, each if wanted")
{
    local_client local;
    std::string six;
    for (int i = 0; i < 6; ++i)
        six += expected;
    CHECK(local.get(await_each_way(local.client)) == six);
}

TEST_CASE("codes come in tuples and by redirection, and diagnostics say the rest")
{
    local_client local;
    local.get(await_codes(local.client, local.server.version("test/fails")));
}

TEST_CASE("a call that is not awaited does nothing")
{
    local_client local;
    {
        auto const forgotten = local.client.async_run(llama, prompt());
        auto const deferred = local.client.async_run(llama, prompt(), asio::deferred);
    }
    run_out(local.context);
    CHECK(local.server.counts().connections == 0);
}

TEST_CASE("a callback is called once, not before the call has returned")
{
    local_client local;
    pending<replicate::output> run;
    local.client.async_run(llama, prompt(), run.token());
    CHECK_FALSE(run.done());
    run_out(local.context);
    CHECK(run.completions() == 1);
    CHECK_FALSE(run.code());
    CHECK(run.value().text() == expected);
}

TEST_CASE("a callback that can only be moved is enough")
{
    local_client local;
    std::string result;
    lonely_handler handler(std::make_unique<std::string>("moved: "), result, local.context.get_executor());
    local.client.async_run(llama, prompt(), std::move(handler));
    run_out(local.context);
    CHECK(result == std::string("moved: ") + expected);
}

TEST_CASE("a handler whose type is hidden is enough")
{
    local_client local;
    pending<replicate::output> run;
    asio::any_completion_handler<void(error_code, replicate::output)> handler(run.token());
    local.client.async_run(llama, prompt(), std::move(handler));
    run_out(local.context);
    CHECK(run.value().text() == expected);
}

TEST_CASE("a future waits while another thread runs the context")
{
    local_client local;
    auto work = asio::make_work_guard(local.context);
    std::thread runner([&] { local.context.run(); });
    std::future<replicate::output> good = local.client.async_run(llama, prompt(), asio::use_future);
    CHECK(good.get().text() == expected);
    auto bad = local.client.async_run(local.server.version("test/fails"), replicate::input(), asio::use_future);
    auto const failure = thrown_by<boost::system::system_error>([&] { bad.get(); });
    REQUIRE(failure.has_value());
    CHECK(failure->code() == condition::prediction_failed);
    work.reset();
    runner.join();
}

TEST_CASE("a deferred call may be started later, on what it was made with")
{
    local_client local;
    replicate::run_options options = local_client::quick();
    auto later = local.client.async_run(llama, prompt(), options, asio::deferred);
    pending<replicate::output> run;
    std::move(later)(run.token());
    run_out(local.context);
    CHECK(run.value().text() == expected);
}

TEST_CASE("the handler runs on the executor that it is bound to, not inside the client")
{
    local_client local;
    asio::thread_pool elsewhere(1);
    std::promise<std::thread::id> where;
    std::promise<std::thread::id> pool_thread;
    asio::post(elsewhere, [&] { pool_thread.set_value(std::this_thread::get_id()); });
    local.client.async_run(llama, prompt(), asio::bind_executor(elsewhere, [&](error_code, replicate::output) {
        where.set_value(std::this_thread::get_id());
    }));
    auto arrived = where.get_future();
    REQUIRE(local.run_until([&] { return arrived.wait_for(0s) == std::future_status::ready; }));
    CHECK(arrived.get() == pool_thread.get_future().get());
    elsewhere.join();
}

TEST_CASE("a handler bound to a strand runs inside it")
{
    local_client local;
    auto const strand = asio::make_strand(local.context);
    bool inside = false;
    local.client.async_run(llama, prompt(),
        asio::bind_executor(strand, [&](error_code, replicate::output) { inside = strand.running_in_this_thread(); }));
    run_out(local.context);
    CHECK(inside);
}

TEST_CASE("a handler that waits for another call of the same client does not block it")
{
    local_client local;
    std::string inner;
    local.client.async_run(llama, prompt(), [&](error_code, replicate::output) {
        // The client must be able to work while this handler has the thread: its strand is free.
        pending<replicate::output> run;
        local.client.async_run(llama, prompt(), run.token());
        for (auto const limit = steady::now() + ample; !run.done() && steady::now() < limit;)
            local.context.run_one_for(1ms);
        inner = run.value().text();
    });
    run_out(local.context);
    CHECK(inner == expected);
}

TEST_CASE("a cancellation slot ends the call at once with operation_aborted")
{
    local_client local;
    asio::cancellation_signal signal;
    pending<replicate::output> run;
    local.client.async_run(local.server.version(endless), replicate::input(),
        local_client::quick(replicate::wait::poll()), run.token(signal));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.gets >= 1; }));
    auto const emitted = steady::now();
    signal.emit(asio::cancellation_type::partial);
    REQUIRE(local.run_until([&] { return run.done(); }));
    CHECK(run.ended() - emitted < slowness * 100ms);
    CHECK(run.code() == asio::error::operation_aborted);
    run_out(local.context);
    CHECK(run.completions() == 1);
}

TEST_CASE("a cancellation that wants a call without effect is not heeded when that is too late")
{
    local_client local;
    asio::cancellation_signal signal;
    pending<replicate::output> run;
    local.client.async_run(llama, prompt(), run.token(signal));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.create_requests == 1; }));
    signal.emit(asio::cancellation_type::total);
    run_out(local.context);
    CHECK_FALSE(run.code());
    // The operation is over: nobody listens any more, and nothing dangles.
    signal.emit(asio::cancellation_type::terminal);
    run_out(local.context);
    CHECK(run.completions() == 1);
}

TEST_CASE("of two calls joined by || the loser is cancelled, at the service too")
{
    using namespace asio::experimental::awaitable_operators;
    local_client local;
    auto const options = local_client::quick(replicate::wait::poll());
    auto const winner = local.get(local.client.async_run(llama, prompt(), options)
        || local.client.async_run(local.server.version(endless), replicate::input(), options));
    REQUIRE(winner.index() == 0);
    CHECK(std::get<0>(winner).text() == expected);
    run_out(local.context);
    for (std::string const& id : local.server.predictions())
        CHECK(status_at(local.server, id) != "processing");
    CHECK(local.server.counts().cancels == 1);
}

TEST_CASE("a timer joined by || ends a call")
{
    using namespace asio::experimental::awaitable_operators;
    local_client local;
    asio::steady_timer timer(local.context, 50ms);
    // The service holds its answer for a second; only that tells which prediction to cancel.
    auto const options = local_client::quick(replicate::wait::sync(1s));
    auto const begun = steady::now();
    auto const winner = local.get(local.client.async_run(local.server.version(endless), replicate::input(), options)
        || timer.async_wait(asio::use_awaitable));
    CHECK(winner.index() == 1);
    CHECK(steady::now() - begun < slowness * 150ms);
    run_out(local.context);
    CHECK(local.server.counts().cancels == 1);
}

TEST_CASE("calls joined by && both arrive")
{
    using namespace asio::experimental::awaitable_operators;
    local_client local;
    auto const both = local.get(local.client.async_run(llama, prompt()) && local.client.async_run(llama, prompt()));
    CHECK(std::get<0>(both).text() == expected);
    CHECK(std::get<1>(both).text() == expected);
}

TEST_CASE("a coroutine of another context may use the client")
{
    local_client local;
    auto work = asio::make_work_guard(local.context);
    std::thread runner([&] { local.context.run(); });
    asio::io_context other;
    std::thread::id resumed_on;
    auto const use = [](replicate::client client, std::thread::id& where) -> asio::awaitable<std::string> {
        auto output = co_await client.async_run(llama, prompt());
        where = std::this_thread::get_id();
        co_return output.text();
    };
    CHECK(get(other, use(local.client, resumed_on)) == expected);
    CHECK(resumed_on == std::this_thread::get_id());
    work.reset();
    runner.join();
}

TEST_CASE("what a callback throws comes out of the context, and the client goes on")
{
    local_client local;
    for (int i = 0; i < 2; ++i) {
        local.client.async_run(
            llama, prompt(), [](error_code, replicate::output) { throw std::runtime_error("from the callback"); });
        auto const thrown = thrown_by<std::runtime_error>([&] { run_out(local.context); });
        REQUIRE(thrown.has_value());
        CHECK(thrown->what() == std::string("from the callback"));
    }
    CHECK(local.get(local.client.async_run(llama, prompt())).text() == expected);
    CHECK(local.server.counts().connections == 1);
}

TEST_CASE("all operations take tokens")
{
    local_client local;
    replicate::diagnostics known;
    pending<replicate::prediction> created, got, canceled;
    pending<replicate::page<replicate::prediction>> listed;
    auto const predictions = local.client.predictions();
    predictions.async_create(
        local.server.version(endless), replicate::input(), replicate::create_options(), known, created.token());
    run_out(local.context);
    REQUIRE_FALSE(created.code());
    predictions.async_get(created.value().id, replicate::call_options(), known, got.token());
    predictions.async_list(replicate::prediction_list_options(), known, listed.token());
    run_out(local.context);
    predictions.async_cancel(created.value().id, replicate::call_options(), known, canceled.token());
    run_out(local.context);
    CHECK(got.value().id == created.value().id);
    CHECK(listed.value().results.size() == 1);
    CHECK(canceled.value().status == replicate::prediction_status::canceled);
    CHECK(predictions.async_get(created.value().id, asio::use_future).valid());
    run_out(local.context);
}
