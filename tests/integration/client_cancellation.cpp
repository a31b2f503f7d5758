// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Going away: at every stage the caller is free at once, and what was paid for is stopped.

#if defined(__GNUC__) && !defined(__clang__)
// With sanitizers, g++ 12 takes an empty object of Asio's use_future for one that was not initialized. It looks for this
// where that stands, so before the headers.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "support/descriptors.hpp"
#include "support/local_client.hpp"
#include "support/slowness.hpp"

#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::testing::operation;

constexpr auto at_once = slowness * 100ms;

// A run that is under way and can be cancelled.
class cancellable_run {
public:
    cancellable_run(local_client& local, replicate::run_options options)
        : local_(local)
    {
        local.client.async_run(
            local.server.version("test/never-ends"), replicate::input(), std::move(options), known, run.token(signal));
    }

    // Cancels, and waits for the end of the call, not of what goes on behind it.
    void cancel()
    {
        cancelled_ = steady::now();
        signal.emit(asio::cancellation_type::terminal);
        REQUIRE(local_.run_until([&] { return run.done(); }));
    }

    steady::duration delay() const { return run.ended() - cancelled_; }

    asio::cancellation_signal signal;
    pending<replicate::output> run;
    replicate::diagnostics known;

private:
    local_client& local_;
    steady::time_point cancelled_{};
};

// Runs what can be run at once.
void run_ready(asio::io_context& context)
{
    context.restart();
    context.poll();
}

std::string only_status(replicate::testing::server const& server)
{
    auto const ids = server.predictions();
    return ids.size() == 1 ? status_at(server, ids[0]) : std::to_string(ids.size()) + " predictions";
}

} // namespace

TEST_CASE("a call that is cancelled before it begins sends nothing")
{
    local_client local;
    for (bool const connected : {false, true}) {
        CAPTURE(connected);
        if (connected)
            local.get(local.client.predictions().async_list());
        local.server.reset_counts();
        cancellable_run call(local, local_client::quick());
        call.cancel();
        CHECK(call.run.code() == asio::error::operation_aborted);
        run_out(local.context);
        CHECK(call.run.completions() == 1);
        CHECK(local.server.counts().connections == 0);
        CHECK(local.server.counts().requests == 0);
        // The connection was not touched.
        CHECK(local.server.counts().live_connections == (connected ? 1 : 0));
    }
}

TEST_CASE("a total cancellation ends a call that has sent nothing yet")
{
    local_client local([](replicate::config& settings) { settings.scheduler.in_flight = 1; });
    replicate::model_ref const model(local.server.version("test/never-ends"));
    auto const predictions = local.client.predictions();
    pending<replicate::prediction> call;
    asio::cancellation_signal signal;
    SUBCASE("before it begins")
    {
        predictions.async_create(model, replicate::input(), call.token(signal));
    }
    SUBCASE("in the queue")
    {
        local.server.next_create().never_answer();
        pending<replicate::prediction> first;
        predictions.async_create(model, replicate::input(), first.token());
        REQUIRE(local.run_until_server([](auto const& counts) { return counts.requests == 1; }));
        predictions.async_create(model, replicate::input(), call.token(signal));
        run_ready(local.context);
    }
    SUBCASE("while it connects")
    {
        local.server.next_connection().stall_handshake();
        predictions.async_create(model, replicate::input(), call.token(signal));
        REQUIRE(local.run_until_server([](auto const& counts) { return counts.connections == 1; }));
    }
    std::size_t const before = local.server.counts().requests;
    signal.emit(asio::cancellation_type::total);
    REQUIRE(local.run_until([&] { return call.done(); }));
    CHECK(call.code() == asio::error::operation_aborted);
    run_ready(local.context);
    CHECK(local.server.counts().requests == before);
}

TEST_CASE("a total cancellation does not interrupt a call that has sent something, and another one still does")
{
    local_client local;
    cancellable_run call(local, local_client::quick(replicate::wait::poll()));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.gets >= 1; }));
    call.signal.emit(asio::cancellation_type::total);
    auto const seen = local.server.counts().gets;
    REQUIRE(local.run_until_server([&](auto const& counts) { return counts.gets >= seen + 3; }));
    CHECK_FALSE(call.run.done());
    call.cancel();
    CHECK(call.run.code() == asio::error::operation_aborted);
    run_out(local.context);
    CHECK(only_status(local.server) == "canceled");
}

TEST_CASE("a call that is cancelled in the queue sends nothing")
{
    local_client local([](replicate::config& settings) { settings.scheduler.in_flight = 1; });
    cancellable_run first(local, local_client::quick(replicate::wait::poll()));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.gets >= 1; }));
    cancellable_run second(local, local_client::quick(replicate::wait::poll()));
    cancellable_run third(local, local_client::quick(replicate::wait::poll()));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.gets >= 3; }));
    second.cancel();
    CHECK(second.run.code() == asio::error::operation_aborted);
    CHECK(second.delay() < at_once);
    CHECK(local.server.counts().create_requests == 1);
    // The one behind it takes the place when the first goes.
    first.cancel();
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.creates == 2; }));
    third.cancel();
    run_out(local.context);
    CHECK(local.server.counts().creates == 2);
    CHECK(local.server.counts().cancels == 2);
}

TEST_CASE("a call that is cancelled while it waits for a connection sends nothing")
{
    local_client local([](replicate::config& settings) { settings.pool.connections_per_origin = 1; });
    cancellable_run first(local, local_client::quick(replicate::wait::sync(1s)));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.creates == 1; }));
    cancellable_run second(local, local_client::quick());
    CHECK_FALSE(local.run_until([&] { return second.run.done(); }, 20ms));
    second.cancel();
    CHECK(second.run.code() == asio::error::operation_aborted);
    CHECK(second.delay() < at_once);
    first.cancel();
    run_out(local.context);
    CHECK(local.server.counts().creates == 1);
    CHECK(only_status(local.server) == "canceled");
}

TEST_CASE("a call that is cancelled while it connects sends nothing, and leaves no connection")
{
    local_client local;
    local.server.next_connection().stall_handshake();
    auto const before = open_descriptors();
    cancellable_run call(local, local_client::quick());
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.connections == 1; }));
    call.cancel();
    CHECK(call.run.code() == asio::error::operation_aborted);
    CHECK(call.delay() < at_once);
    run_out(local.context);
    // The stalled end of the server is still open, ours is not.
    CHECK(open_descriptors() == before + local.server.counts().live_connections);
    CHECK(local.server.counts().requests == 0);
}

TEST_CASE("a create that is held by the service ends at once for its caller, and is cancelled when its id is known")
{
    local_client local;
    cancellable_run call(local, local_client::quick(replicate::wait::sync(1s)));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.creates == 1; }));
    call.cancel();
    CHECK(call.run.code() == asio::error::operation_aborted);
    CHECK(call.delay() < at_once);
    CHECK(only_status(local.server) == "processing");
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.cancels == 1; }));
    run_out(local.context);
    CHECK(only_status(local.server) == "canceled");
    CHECK(call.run.completions() == 1);
    CHECK(local.server.counts().cancels == 1);
    CHECK(local.server.counts().gets == 0);
}

TEST_CASE("a create whose answer is yet to come is cancelled when its id is known")
{
    local_client local;
    local.server.next_create().delay(50ms);
    cancellable_run call(local, local_client::quick(replicate::wait::poll()));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.create_requests == 1; }));
    call.cancel();
    CHECK(call.run.code() == asio::error::operation_aborted);
    run_out(local.context);
    CHECK(only_status(local.server) == "canceled");
}

TEST_CASE("a create that is detached is interrupted, and its prediction left to run")
{
    local_client local;
    auto options = local_client::quick(replicate::wait::sync(1s));
    options.on_cancel = replicate::on_cancel::detach;
    cancellable_run call(local, options);
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.creates == 1; }));
    call.cancel();
    CHECK(call.run.code() == asio::error::operation_aborted);
    CHECK(call.delay() < at_once);
    run_out(local.context);
    CHECK(local.server.wait_until([](auto const& counts) { return counts.live_connections == 0; }));
    CHECK(only_status(local.server) == "processing");
    CHECK(local.server.counts().cancels == 0);
}

TEST_CASE("a polling run that is cancelled cancels its prediction")
{
    local_client local;
    cancellable_run call(local, local_client::quick(replicate::wait::poll()));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.gets >= 2; }));
    call.cancel();
    CHECK(call.run.code() == asio::error::operation_aborted);
    CHECK(call.delay() < at_once);
    REQUIRE(call.known.prediction != nullptr);
    CHECK(call.known.prediction->id == local.server.predictions().at(0));
    auto const gets = local.server.counts().gets;
    run_out(local.context);
    CHECK(only_status(local.server) == "canceled");
    CHECK(local.server.counts().gets <= gets + 1);
}

TEST_CASE("a polling run that is cancelled between two polls cancels its prediction")
{
    local_client local;
    auto options = local_client::quick(replicate::wait::poll());
    options.first_poll_interval = options.maximum_poll_interval = 20s;
    cancellable_run call(local, options);
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.creates == 1; }));
    CHECK_FALSE(local.run_until([&] { return call.run.done(); }, 20ms));
    call.cancel();
    CHECK(call.delay() < at_once);
    run_out(local.context);
    CHECK(only_status(local.server) == "canceled");
    CHECK(local.server.counts().gets == 0);
}

TEST_CASE("a poll that is never answered does not hold up its cancellation")
{
    local_client local;
    local.server.next_get().never_answer();
    cancellable_run call(local, local_client::quick(replicate::wait::poll()));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.gets == 1; }));
    call.cancel();
    CHECK(call.run.code() == asio::error::operation_aborted);
    CHECK(call.delay() < at_once);
    run_out(local.context);
    CHECK(only_status(local.server) == "canceled");
}

TEST_CASE("a polling run that is detached leaves its prediction to run")
{
    local_client local;
    auto options = local_client::quick(replicate::wait::poll());
    options.on_cancel = replicate::on_cancel::detach;
    cancellable_run call(local, options);
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.gets >= 1; }));
    call.cancel();
    run_out(local.context);
    CHECK(only_status(local.server) == "processing");
    CHECK(local.server.counts().cancels == 0);
}

TEST_CASE("a cancel that fails on its way is repeated")
{
    local_client local;
    local.server.next_cancel().times(2).reset_after_request();
    local.server.next_cancel().status(503);
    cancellable_run call(local, local_client::quick(replicate::wait::poll()));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.gets >= 1; }));
    call.cancel();
    run_out(local.context);
    CHECK(only_status(local.server) == "canceled");
    CHECK(local.server.counts().cancels == 4);
}

TEST_CASE("a cancel that is never answered is given up in its time")
{
    local_client local([](replicate::config& settings) { settings.timeouts.remote_cancel = 100ms; });
    local.server.always(operation::cancel).never_answer();
    cancellable_run call(local, local_client::quick(replicate::wait::poll()));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.gets >= 1; }));
    call.cancel();
    auto const begun = steady::now();
    run_out(local.context);
    CHECK(steady::now() - begun < slowness * 300ms);
    CHECK(local.server.counts().cancels == 1);
}

TEST_CASE("a run whose time is up does as one that is cancelled")
{
    struct {
        replicate::wait how;
        replicate::on_cancel policy;
        char const* expected;
    } const rows[] = {
        {replicate::wait::poll(), replicate::on_cancel::cancel_remote, "canceled"},
        {replicate::wait::poll(), replicate::on_cancel::detach, "processing"},
        {replicate::wait::sync(), replicate::on_cancel::cancel_remote, "canceled"},
        {replicate::wait::sync(), replicate::on_cancel::detach, "processing"},
    };
    for (auto const& row : rows) {
        local_client local;
        auto options = local_client::quick(row.how);
        options.on_cancel = row.policy;
        options.timeout = 150ms;
        cancellable_run call(local, options);
        REQUIRE(local.run_until([&] { return call.run.done(); }));
        CHECK(call.run.code() == replicate::errc::deadline_exceeded);
        CHECK(call.run.code() == condition::timeout);
        CHECK(call.run.elapsed() >= 150ms);
        CHECK(call.run.elapsed() < 150ms + at_once);
        REQUIRE(call.known.prediction != nullptr);
        run_out(local.context);
        CHECK(only_status(local.server) == row.expected);
        CHECK(call.run.completions() == 1);
    }
}

TEST_CASE("a create that is held beyond the deadline is cancelled when its id is known")
{
    local_client local;
    local.server.next_create().delay(400ms);
    auto options = local_client::quick(replicate::wait::poll());
    options.timeout = 100ms;
    cancellable_run call(local, options);
    REQUIRE(local.run_until([&] { return call.run.done(); }));
    CHECK(call.run.code() == replicate::errc::deadline_exceeded);
    CHECK(call.run.elapsed() < 100ms + at_once);
    CHECK(local.server.predictions().empty());
    run_out(local.context);
    CHECK(only_status(local.server) == "canceled");
}

TEST_CASE("a cancelled create is cancelled remotely, too")
{
    local_client local;
    replicate::create_options options;
    options.wait = replicate::wait::sync(1s);
    asio::cancellation_signal signal;
    pending<replicate::prediction> created;
    local.client.predictions().async_create(
        local.server.version("test/never-ends"), replicate::input(), options, created.token(signal));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.creates == 1; }));
    signal.emit(asio::cancellation_type::terminal);
    REQUIRE(local.run_until([&] { return created.done(); }));
    CHECK(created.code() == asio::error::operation_aborted);
    run_out(local.context);
    CHECK(only_status(local.server) == "canceled");
}

TEST_CASE("a cancellation that comes with the result is without effect")
{
    // At no moment may the call complete twice, or hang: the moment is moved through the whole life of a run.
    for (int microseconds = 0; microseconds < 30'000; microseconds += 500) {
        local_client local;
        asio::cancellation_signal signal;
        pending<replicate::output> run;
        local.client.async_run(local.server.version("replicate/hello-world"), replicate::input().set("text", "x"),
            local_client::quick(), run.token(signal));
        local.context.restart();
        local.context.run_for(std::chrono::microseconds(microseconds));
        signal.emit(asio::cancellation_type::terminal);
        run_out(local.context);
        CHECK(run.completions() == 1);
        if (run.code())
            CHECK(run.code() == asio::error::operation_aborted);
        else
            CHECK(run.value().text() == "hello x");
        CHECK(local.server.counts().creates <= 1);
        for (std::string const& id : local.server.predictions())
            CHECK(status_at(local.server, id) == "succeeded");
    }
}

TEST_CASE("the last handle may go while a call is under way")
{
    replicate::testing::server server;
    asio::io_context context;
    pending<replicate::output> run;
    {
        replicate::client const client(context, server.config());
        client.async_run("meta/meta-llama-3-8b-instruct", replicate::input().set("prompt", "on"), run.token());
    }
    run_out(context);
    CHECK(run.completions() == 1);
    CHECK_FALSE(run.code());
    // The output does not keep the client, whose connections are closed.
    CHECK(run.value().text().size() > 0);
    CHECK(server.wait_until([](auto const& counts) { return counts.live_connections == 0; }));
}

TEST_CASE("a context that is destroyed takes its calls with it, at whatever stage they are")
{
    auto const destroy_when = [](std::string const& stage, auto const& prepare, auto const& reached) {
        CAPTURE(stage);
        auto const server = std::make_unique<replicate::testing::server>();
        prepare(*server);
        auto const before = open_descriptors();
        auto context = std::make_unique<asio::io_context>();
        asio::cancellation_signal signal;
        pending<replicate::output> run;
        std::future<replicate::output> future;
        {
            auto settings = local_client::settings(*server);
            settings.scheduler.in_flight = 2;
            replicate::client const client(*context, settings);
            auto const options = local_client::quick(replicate::wait::poll());
            std::string const version = server->version("test/never-ends");
            client.async_run(version, replicate::input(), options, run.token(signal));
            future = client.async_run(version, replicate::input(), options, asio::use_future);
            // No place for this one.
            client.async_run(version, replicate::input(), options, pending<replicate::output>().token());
        }
        REQUIRE(run_until(*context, [&] { return reached(server->counts()); }));
        context.reset();
        CHECK_FALSE(run.done());
        auto const broken = thrown_by<std::future_error>([&] { future.get(); });
        REQUIRE(broken.has_value());
        CHECK(broken->code() == std::future_errc::broken_promise);
        // A server that stalls does not notice that we are gone.
        if (stage != "connecting")
            CHECK(server->wait_until([](auto const& counts) { return counts.live_connections == 0; }));
        CHECK(open_descriptors() == before + server->counts().live_connections);
        // The slot may still be emitted.
        signal.emit(asio::cancellation_type::terminal);
    };
    auto const nothing = [](replicate::testing::server&) {};
    destroy_when("not begun", nothing, [](auto const&) { return true; });
    destroy_when(
        "connecting", [](auto& server) { server.always(operation::connection).stall_handshake(); },
        [](auto const& counts) { return counts.connections == 2; });
    destroy_when(
        "creating", [](auto& server) { server.always(operation::create).never_answer(); },
        [](auto const& counts) { return counts.creates == 2; });
    destroy_when("polling", nothing, [](auto const& counts) { return counts.gets >= 4; });
    destroy_when(
        "repeating", [](auto& server) { server.always(operation::get).status(503); },
        [](auto const& counts) { return counts.gets >= 4; });
}

TEST_CASE("a context that is destroyed while a prediction is being cancelled takes that with it")
{
    replicate::testing::server server;
    server.always(operation::cancel).never_answer();
    auto context = std::make_unique<asio::io_context>();
    asio::cancellation_signal signal;
    pending<replicate::output> run;
    replicate::client(*context, server.config())
        .async_run(server.version("test/never-ends"), replicate::input(), local_client::quick(replicate::wait::poll()),
            run.token(signal));
    REQUIRE(run_until(*context, [&] { return server.counts().gets >= 1; }));
    signal.emit(asio::cancellation_type::terminal);
    REQUIRE(run_until(*context, [&] { return server.counts().cancels == 1; }));
    context.reset();
    CHECK(run.completions() == 1);
    CHECK(server.wait_until([](auto const& counts) { return counts.live_connections == 0; }));
}

TEST_CASE("a context runs out of work when the calls are done, although connections are kept")
{
    local_client local;
    local.get(local.client.async_run(
        "replicate/hello-world:" + local.server.version("replicate/hello-world"), replicate::input().set("text", "x")));
    auto const begun = steady::now();
    run_out(local.context);
    CHECK(steady::now() - begun < at_once);
    CHECK(local.server.counts().live_connections == 1);
    local.client.close_idle_connections();
    run_out(local.context);
    CHECK(local.server.wait_until([](auto const& counts) { return counts.live_connections == 0; }));
}

TEST_CASE("a create that has left in part is broken off when its caller goes, and never made")
{
    local_client local;
    local.server.always(operation::connection).never_read();
    auto options = local_client::quick();
    SUBCASE("cancelled") {}
    SUBCASE("its time is up") { options.timeout = slowness * 1500ms; }
    asio::cancellation_signal signal;
    pending<replicate::output> run;
    replicate::diagnostics known;
    local.client.async_run(local.server.version("test/echo"), replicate::input{{"text", std::string(24'000'000, 'x')}},
        options, known, run.token(signal));
    if (!options.timeout) {
        // It has begun to leave when nothing moves any more.
        local.run_until([] { return false; }, slowness * 1s);
        signal.emit(asio::cancellation_type::terminal);
    }
    REQUIRE(local.run_until([&] { return run.done(); }));
    CHECK(known.phase == replicate::phase::write);
    auto const told = steady::now();
    run_out(local.context); // nothing is waited for in the background
    CHECK(steady::now() - told < slowness * 2s);
    local.server.clear_faults();
    CHECK(local.server.counts().creates == 0);
}
