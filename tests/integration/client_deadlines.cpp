// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// No operation outlives its deadline by more than a tenth of a second, whatever the other side does, or does not do.

#include "support/local_client.hpp"
#include "support/slowness.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::phase;
using replicate::testing::fault;
using replicate::testing::operation;

constexpr auto grace = slowness * 100ms;

// What an operation with a deadline ended with, and when.
class timed_end {
public:
    boost::system::error_code code;
    replicate::diagnostics known;
    steady::duration elapsed{};
};

// Starts an operation on a client of a server that was prepared, and waits for its end.
class deadline_check {
public:
    using preparation = std::function<void(replicate::testing::server&)>;

    explicit deadline_check(preparation const& prepare, local_client::configuration const& configure = nullptr)
        : local(configure)
    {
        created_ = local.get(
            local.client.predictions().async_create(local.server.version("test/never-ends"), replicate::input()));
        local.client.close_idle_connections();
        run_out(local.context);
        prepare(local.server);
    }

    timed_end run(steady::duration timeout, replicate::wait how, replicate::input values = replicate::input())
    {
        replicate::run_options options = local_client::quick(how);
        options.timeout = timeout;
        pending<replicate::output> call;
        timed_end end;
        local.client.async_run(
            local.server.version("test/never-ends"), std::move(values), options, end.known, call.token());
        finish(call, end);
        return end;
    }

    timed_end get(steady::duration timeout)
    {
        replicate::call_options options;
        options.timeout = timeout;
        pending<replicate::prediction> call;
        timed_end end;
        local.client.predictions().async_get(created_.id, options, end.known, call.token());
        finish(call, end);
        return end;
    }

    timed_end cancel(steady::duration timeout)
    {
        replicate::call_options options;
        options.timeout = timeout;
        pending<replicate::prediction> call;
        timed_end end;
        local.client.predictions().async_cancel(created_.id, options, end.known, call.token());
        finish(call, end);
        return end;
    }

    timed_end list(steady::duration timeout)
    {
        replicate::prediction_list_options options;
        options.timeout = timeout;
        pending<replicate::page<replicate::prediction>> call;
        timed_end end;
        local.client.predictions().async_list(options, end.known, call.token());
        finish(call, end);
        return end;
    }

    local_client local;

private:
    template<class T>
    void finish(pending<T> const& call, timed_end& end)
    {
        REQUIRE(local.run_until([&] { return call.done(); }));
        end.code = call.code();
        end.elapsed = call.elapsed();
    }

    replicate::prediction created_;
};

void check_end(timed_end const& end, steady::duration timeout)
{
    CHECK(end.code == replicate::errc::deadline_exceeded);
    CHECK(end.code == condition::timeout);
    CHECK(end.elapsed >= timeout);
    CHECK(end.elapsed < timeout + grace);
}

} // namespace

TEST_CASE("a server that never accepts does not hold an operation")
{
    // A queue of connections that nobody serves.
    asio::io_context context;
    asio::ip::tcp::acceptor silent(context, {asio::ip::make_address("127.0.0.1"), 0});
    auto settings = replicate::config();
    settings.token = "r8_x";
    settings.base_url = "https://127.0.0.1:" + std::to_string(silent.local_endpoint().port());
    replicate::client const client(context, settings);
    replicate::run_options options;
    options.timeout = 300ms;
    pending<replicate::output> call;
    replicate::diagnostics known;
    client.async_run("test/echo", replicate::input(), options, known, call.token());
    REQUIRE(run_until(context, [&] { return call.done(); }));
    check_end({call.code(), known, call.elapsed()}, 300ms);
    CHECK(known.phase == phase::handshake);
    run_out(context);
    CHECK(steady::now() - call.ended() < grace);
}

TEST_CASE("a server that accepts and stays silent does not hold an operation")
{
    for (auto const& how : {replicate::wait::poll(), replicate::wait::sync()}) {
        deadline_check check([](auto& server) { server.always().never_answer(); });
        auto const end = check.run(300ms, how);
        check_end(end, 300ms);
        CHECK(end.known.phase == phase::wait);
        CHECK(end.known.attempts == 1);
        check_end(check.get(200ms), 200ms);
    }
}

TEST_CASE("a server that blocks in the handshake does not hold an operation")
{
    deadline_check check([](auto& server) { server.always(operation::connection).stall_handshake(); });
    auto const end = check.run(300ms, replicate::wait::sync());
    check_end(end, 300ms);
    CHECK(end.known.phase == phase::handshake);
    check_end(check.get(200ms), 200ms);
}

TEST_CASE("a server that drips one byte a second does not hold an operation")
{
    for (auto const& how : {replicate::wait::poll(), replicate::wait::sync()}) {
        deadline_check check([](auto& server) { server.always().drip(1); });
        check_end(check.run(300ms, how), 300ms);
        check_end(check.get(200ms), 200ms);
    }
}

TEST_CASE("a server that never reads does not hold an operation")
{
    // A request of any size, before and after its header; more than the sockets can buffer.
    for (std::size_t const size : {10U, 24U * 1024 * 1024}) {
        replicate::input const values{{"prompt", std::string(size, 'x')}};
        deadline_check first([](auto& server) { server.always().never_read(); });
        // To write so large a request takes its time, too.
        auto const timeout = slowness * (size > 1000 ? 1500ms : 400ms);
        auto const end = first.run(timeout, replicate::wait::sync(), values);
        check_end(end, timeout);
        CHECK(end.known.phase == (size > 1000 ? phase::write : phase::wait));
        deadline_check second([](auto& server) { server.always(operation::connection).never_read(); });
        check_end(second.run(timeout, replicate::wait::poll(), values), timeout);
    }
}

namespace {

void repeats_for_ever(replicate::config& settings)
{
    settings.retry.attempts = 1000;
    settings.retry.quota = 0; // none
}

} // namespace

TEST_CASE("a cancel and a list end by their deadlines, whatever the server does")
{
    using preparation = deadline_check::preparation;
    std::vector<preparation> const harms{
        [](auto& server) { server.always().never_answer(); },
        [](auto& server) { server.always().drip(1); },
        [](auto& server) { server.always().never_read(); },
        [](auto& server) { server.always(operation::connection).stall_handshake(); },
        [](auto& server) { server.always().status(503); },
        [](auto& server) { server.always().status(429); },
    };
    for (auto const& harm : harms) {
        deadline_check check(harm, repeats_for_ever);
        check_end(check.cancel(200ms), 200ms);
        check_end(check.list(200ms), 200ms);
    }
}

TEST_CASE("a server that fails each try does not hold an operation")
{
    std::vector<fault> const faults{
        fault().status(503), fault().status(429), fault().reset_after_request(), fault().delay(50ms).status(500)};
    for (auto const& how : faults) {
        deadline_check check([&](auto& server) { server.always(operation::get).use(how); },
            repeats_for_ever);
        check_end(check.get(200ms), 200ms);
        auto const end = check.run(300ms, replicate::wait::poll());
        check_end(end, 300ms);
        REQUIRE(end.known.prediction != nullptr);
        CHECK_FALSE(end.known.prediction->id.empty());
    }
}

TEST_CASE("a queue does not hold an operation")
{
    deadline_check check([](auto&) {}, [](replicate::config& settings) { settings.scheduler.in_flight = 1; });
    asio::cancellation_signal signal;
    pending<replicate::output> first;
    check.local.client.async_run(check.local.server.version("test/never-ends"), replicate::input(),
        local_client::quick(replicate::wait::poll()), first.token(signal));
    auto const end = check.run(200ms, replicate::wait::sync());
    check_end(end, 200ms);
    CHECK(end.known.attempts == 0);
    CHECK(end.known.phase == phase::queue);
    CHECK(check.local.server.counts().creates == 2);
    signal.emit(asio::cancellation_type::terminal);
    run_out(check.local.context);
}

TEST_CASE("a pool without a free connection does not hold an operation")
{
    deadline_check check([](auto& server) { server.next().never_answer(); },
        [](replicate::config& settings) { settings.pool.connections_per_origin = 1; });
    asio::cancellation_signal signal;
    pending<replicate::page<replicate::prediction>> first;
    check.local.client.predictions().async_list(first.token(signal));
    auto const end = check.run(200ms, replicate::wait::sync());
    check_end(end, 200ms);
    CHECK(end.known.phase == phase::queue);
    signal.emit(asio::cancellation_type::terminal);
    run_out(check.local.context);
}

TEST_CASE("a model that never ends does not hold an operation")
{
    deadline_check check([](auto&) {});
    auto const end = check.run(400ms, replicate::wait::poll());
    check_end(end, 400ms);
    REQUIRE(end.known.prediction != nullptr);
    CHECK(end.known.prediction->status == replicate::prediction_status::processing);
}

TEST_CASE("a file that drips does not hold its reader")
{
    local_client local;
    auto const output = local.get(local.client.async_run(
        "black-forest-labs/flux-schnell", replicate::input().set("prompt", "x").set("width", 16)));
    auto const file = output.files().at(0);
    for (fault const& how : {fault().drip(1), fault().never_answer()}) {
        local.server.next_download().use(how);
        replicate::call_options options;
        options.timeout = 200ms;
        pending<std::string> read;
        file.async_read(options, read.token());
        REQUIRE(local.run_until([&] { return read.done(); }));
        check_end({read.code(), {}, read.elapsed()}, 200ms);
    }
}

TEST_CASE("each phase has a limit of its own, and is named when that passes")
{
    struct {
        char const* what;
        phase expected;
        operation where;
        fault how;
    } const rows[] = {
        {"handshake", phase::handshake, operation::connection, fault().stall_handshake()},
        {"response", phase::wait, operation::any, fault().never_answer()},
        {"response of one that does not read", phase::wait, operation::connection, fault().never_read()},
        {"read", phase::read, operation::any, fault().drip(400)},
    };
    for (auto const& row : rows) {
        CAPTURE(std::string(row.what));
        deadline_check check([&](auto& server) { server.always(row.where).use(row.how); },
            [](replicate::config& settings) {
                settings.retry.attempts = 1;
                settings.timeouts.handshake = 200ms;
                settings.timeouts.response = 600ms;
                settings.timeouts.read = 200ms;
            });
        auto const end = check.get(20s);
        CHECK(end.code == replicate::errc::timed_out);
        CHECK(end.known.phase == row.expected);
        CHECK(end.elapsed < slowness * 2s);
    }
}

TEST_CASE("the wait for a held answer is not taken for silence")
{
    local_client local([](replicate::config& settings) { settings.timeouts.response = 200ms; });
    auto const output = local.get(local.client.async_run(local.server.version("test/slow"),
        replicate::input().set("milliseconds", 600), local_client::quick(replicate::wait::sync(2s))));
    CHECK(output.text() == "slow, but done");
    CHECK(local.server.counts().create_requests == 1);
}

TEST_CASE("many operations whose time is up at once all end in time")
{
    local_client local;
    local.server.always().never_answer();
    std::vector<pending<replicate::output>> calls(100);
    auto options = local_client::quick();
    options.timeout = 400ms;
    options.on_cancel = replicate::on_cancel::detach;
    for (auto& call : calls)
        local.client.async_run("test/echo", replicate::input(), options, call.token());
    run_out(local.context);
    for (auto const& call : calls) {
        CHECK(call.code() == replicate::errc::deadline_exceeded);
        CHECK(call.elapsed() < 400ms + grace);
    }
}
