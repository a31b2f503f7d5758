// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Defects of other clients that this one must not have, each named by what must not happen.

#include "support/local_client.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <doctest/doctest.h>

#include <string>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::testing::fault;
using replicate::testing::operation;
using replicate::testing::script;

} // namespace

TEST_CASE("D3: a network failure of a create must not create several predictions")
{
    // Each of the ways in which a network fails once a request has been sent.
    for (fault const& how : {fault().drop_after_request(), fault().reset_after_request(), fault().cut_answer(20)}) {
        local_client local;
        local.server.always(operation::create).use(how);
        auto const output = local.get(
            local.client.async_run("meta/meta-llama-3-8b-instruct", replicate::input().set("prompt", "once")));
        CHECK(output.prediction().id == local.server.predictions().at(0));
        CHECK(local.server.counts().create_requests == 1);
        CHECK(local.server.predictions().size() == 1);
    }
}

TEST_CASE("D4: a create that times out or meets 5xx must not be sent again")
{
    for (fault const& how : {fault().never_answer(), fault().status(500).carried_out(),
             fault().status(502).carried_out(), fault().status(503).carried_out(), fault().status(504).carried_out()}) {
        local_client local([](replicate::config& settings) { settings.timeouts.response = 100ms; });
        local.server.always(operation::create).use(how);
        auto const output = local.get(local.client.async_run("meta/meta-llama-3-8b-instruct",
            replicate::input().set("prompt", "once"), local_client::quick(replicate::wait::poll())));
        CHECK(output.prediction().id == local.server.predictions().at(0));
        CHECK(local.server.counts().create_requests == 1);
        CHECK(local.server.predictions().size() == 1);
    }
}

TEST_CASE("D4: the limit on an answer must not run out while the service holds it as it was asked to")
{
    local_client local([](replicate::config& settings) { settings.timeouts.response = 100ms; });
    auto const output = local.get(local.client.async_run(local.server.version("test/slow"),
        replicate::input().set("milliseconds", 900), local_client::quick(replicate::wait::sync(1s))));
    CHECK(output.text() == "slow, but done");
    CHECK(local.server.counts().create_requests == 1);
}

TEST_CASE("D5: a run must not give an empty output while its prediction is still processing")
{
    using replicate::testing::sync_timeout;
    for (auto const style : {sync_timeout::starting, sync_timeout::processing}) {
        replicate::testing::server_options server_options;
        server_options.sync_timeout = style;
        server_options.longest_wait = 10ms;
        local_client local(nullptr, server_options);
        local.server.model("acme/late",
            [](replicate::input const&) { return script().run(20ms).log("half").run(60ms).output("all of it"); });
        auto const output = local.get(
            local.client.async_run(local.server.version("acme/late"), replicate::input(), local_client::quick()));
        CHECK(output.text() == "all of it");
        CHECK(output.prediction().is_terminal());
    }
}

TEST_CASE("D5: a run must not give a part of the output while its prediction is still processing")
{
    local_client local;
    local.server.model("acme/pieces",
        [](replicate::input const&) { return script().text_pieces({"a", "b", "c", "d", "e", "f"}, 15ms); });
    auto const output = local.get(local.client.async_run(
        local.server.version("acme/pieces"), replicate::input(), local_client::quick(replicate::wait::poll())));
    CHECK(output.text() == "abcdef");
    CHECK(local.server.counts().gets >= 3);
}

TEST_CASE("D6: an aborted prediction must not be polled for ever")
{
    for (auto const& how : {replicate::wait::poll(), replicate::wait::sync()}) {
        local_client local;
        local.server.model("acme/queue", [](replicate::input const&) { return script().boot(20ms).abort(); });
        auto const ended = local.failure_of<replicate::prediction_error>(
            local.client.async_run(local.server.version("acme/queue"), replicate::input(), local_client::quick(how)));
        REQUIRE(ended.has_value());
        CHECK(ended->code() == condition::prediction_aborted);
        auto const gets = local.server.counts().gets;
        run_out(local.context);
        CHECK(local.server.counts().gets == gets);
    }
}

TEST_CASE("D7: a canceled prediction must not look like a success without output")
{
    local_client local;
    pending<replicate::output> run;
    local.client.async_run(local.server.version("test/never-ends"), replicate::input(),
        local_client::quick(replicate::wait::poll()), run.token());
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.gets >= 1; }));
    CHECK(local.server.cancel(local.server.predictions().at(0)));
    REQUIRE(local.run_until([&] { return run.done(); }));
    CHECK(run.code() == condition::prediction_canceled);
    // Also when it was canceled while its create was held.
    pending<replicate::output> held;
    local.client.async_run(
        local.server.version("test/never-ends"), replicate::input(), local_client::quick(), held.token());
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.predictions == 2; }));
    CHECK(local.server.cancel(local.server.predictions().at(1)));
    REQUIRE(local.run_until([&] { return held.done(); }));
    CHECK(held.code() == condition::prediction_canceled);
}

TEST_CASE("D8: a sync wait that runs out must not lose the prediction that is paid for")
{
    // The service answers at the last moment of the wait, and a little later than it was asked to.
    local_client local;
    local.server.next_create().delay(700ms);
    auto const begun = steady::now();
    auto const output = local.get(local.client.async_run(local.server.version("test/slow"),
        replicate::input().set("milliseconds", 1500), local_client::quick(replicate::wait::sync(1s))));
    CHECK(steady::now() - begun > 1700ms);
    CHECK(output.text() == "slow, but done");
    CHECK(output.prediction().id == local.server.predictions().at(0));
    CHECK(local.server.counts().creates == 1);
}

TEST_CASE("D8: an answer that is lost behind its id must not lose the prediction")
{
    local_client local;
    local.server.next_create().cut_answer(400);
    auto const output = local.get(local.client.async_run(local.server.version("test/slow"),
        replicate::input().set("milliseconds", 50), local_client::quick(replicate::wait::sync(1s))));
    CHECK(output.text() == "slow, but done");
    CHECK(local.server.counts().create_requests == 1);
}

TEST_CASE("D8: a deadline that passes must tell which prediction it leaves, and must not leave it running")
{
    local_client local;
    auto options = local_client::quick();
    options.timeout = 200ms;
    auto const late =
        local.failure_of(local.client.async_run(local.server.version("test/never-ends"), replicate::input(), options));
    REQUIRE(late.has_value());
    CHECK(late->code() == replicate::errc::deadline_exceeded);
    REQUIRE(late->diagnostics().prediction != nullptr);
    std::string const id = local.server.predictions().at(0);
    CHECK(late->diagnostics().prediction->id == id);
    run_out(local.context);
    CHECK(status_at(local.server, id) == "canceled");
}

TEST_CASE("D24: a call that was cancelled beforehand must not create a prediction")
{
    local_client local;
    // With a connection at hand, what is sent is sent at once.
    local.get(local.client.predictions().async_list());
    for (auto const type : {asio::cancellation_type::terminal, asio::cancellation_type::partial}) {
        asio::cancellation_signal signal;
        pending<replicate::output> run;
        local.client.async_run("meta/meta-llama-3-8b-instruct", replicate::input().set("prompt", "never"),
            local_client::quick(), run.token(signal));
        signal.emit(type);
        run_out(local.context);
        CHECK(run.code() == asio::error::operation_aborted);
    }
    // A coroutine that is cancelled before it comes to its call.
    asio::cancellation_signal signal;
    std::exception_ptr failure;
    asio::co_spawn(local.context,
        local.client.async_run("meta/meta-llama-3-8b-instruct", replicate::input().set("prompt", "never")),
        asio::bind_cancellation_slot(
            signal.slot(), [&](std::exception_ptr thrown, replicate::output) { failure = thrown; }));
    signal.emit(asio::cancellation_type::terminal);
    run_out(local.context);
    CHECK(failure != nullptr);
    CHECK(local.server.counts().requests == 1);
    CHECK(local.server.counts().create_requests == 0);
    CHECK(local.server.predictions().empty());
}
