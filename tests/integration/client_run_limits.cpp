// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// How long a prediction may take, and how often one may be tried.

#include "support/local_client.hpp"
#include "support/slowness.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::errc;
using replicate::input;
using replicate::testing::operation;
using replicate::testing::script;

// A model that the service interrupts so many times before it succeeds.
class interrupted_model {
public:
    explicit interrupted_model(int times, std::string error = "Prediction interrupted; please retry (code: PA)")
        : left_(std::make_shared<std::atomic<int>>(times))
        , error_(std::move(error))
    {
    }

    script operator()(input const&) const
    {
        bool const fails = left_->fetch_sub(1) > 0;
        return fails ? script().run(1ms).fail(error_) : script().run(1ms).output("done");
    }

private:
    std::shared_ptr<std::atomic<int>> left_;
    std::string error_;
};

replicate::run_options polling()
{
    return local_client::quick(replicate::wait::poll());
}

} // namespace

TEST_CASE("a prediction that does not start in time is given up and cancelled, whatever time is left for it to run")
{
    local_client local;
    local.server.model("acme/cold", [](input const&) { return script().boot(60s).output("late"); });
    auto options = polling();
    options.start_timeout = 100ms * slowness;
    auto const late = local.failure_of(local.client.async_run(local.server.version("acme/cold"), input(), options));
    REQUIRE(late.has_value());
    CHECK(late->code() == errc::start_timed_out);
    CHECK(late->code() == condition::timeout);
    REQUIRE(late->diagnostics().prediction != nullptr);
    CHECK(std::string(late->what()).find(late->diagnostics().prediction->id) != std::string::npos);
    CHECK(local.run_until_server([](auto const& counts) { return counts.cancels == 1; }));
    CHECK(local.run_until([&] { return status_at(local.server, late->diagnostics().prediction->id) != "starting"; }));
}

TEST_CASE("the time to run is counted from the start, however long that took")
{
    local_client local;
    local.server.model("acme/cold", [](input const&) { return script().boot(500ms).run(1ms).output("warm"); });
    local.server.model("acme/long", [](input const&) { return script().run(60s).output("late"); });
    auto options = polling();
    options.running_timeout = 200ms * slowness;
    CHECK(local.get(local.client.async_run(local.server.version("acme/cold"), input(), options)).text() == "warm");
    auto const late = local.failure_of(local.client.async_run(local.server.version("acme/long"), input(), options));
    REQUIRE(late.has_value());
    CHECK(late->code() == errc::running_timed_out);
    CHECK(local.run_until_server([](auto const& counts) { return counts.cancels == 1; }));
}

TEST_CASE("one whose prediction has taken too long is told at once, however long it takes to cancel it")
{
    local_client local;
    auto options = polling();
    options.running_timeout = 50ms * slowness;
    options.timeout = ample;
    local.server.next(operation::cancel).never_answer();
    auto const began = steady::now();
    auto const late = local.failure_of(local.client.async_run(local.server.version("test/never-ends"), input(), options));
    REQUIRE(late.has_value());
    CHECK(late->code() == errc::running_timed_out);
    CHECK(steady::now() - began < slowness * 5s);
    CHECK(local.run_until_server([](auto const& counts) { return counts.cancels >= 1; }));
}

TEST_CASE("a prediction whose time to start or run is over is left to run where that is wanted")
{
    local_client local;
    auto options = polling();
    options.start_timeout = 1ms;
    options.running_timeout = 1ms;
    options.on_cancel = replicate::on_cancel::detach;
    auto const late = local.failure_of(local.client.async_run(local.server.version("test/never-ends"), input(), options));
    REQUIRE(late.has_value());
    CHECK(late->code() == condition::timeout);
    CHECK(local.server.counts().cancels == 0);
}

TEST_CASE("an answer is not held longer than the prediction may take to start")
{
    local_client local;
    auto options = local_client::quick();
    options.start_timeout = 3s;
    local.get(local.client.async_run(local.server.version("test/echo"), input(), options));
    CHECK(local.server.last_request(operation::create)->header("prefer") == "wait=3");
}

TEST_CASE("what the service has interrupted is run again as often as is wanted, and no more")
{
    local_client local;
    auto options = local_client::quick();
    local.server.model("acme/flaky", interrupted_model(2));
    SUBCASE("not wanted")
    {
        auto const failed = local.failure_of(local.client.async_run(local.server.version("acme/flaky"), input(), options));
        REQUIRE(failed.has_value());
        CHECK(failed->code() == condition::prediction_failed);
        CHECK(local.server.counts().creates == 1);
    }
    SUBCASE("not often enough")
    {
        options.reruns = 1;
        auto const failed = local.failure_of(local.client.async_run(local.server.version("acme/flaky"), input(), options));
        REQUIRE(failed.has_value());
        CHECK(failed->code() == condition::prediction_failed);
        CHECK(local.server.counts().creates == 2);
        // All that were paid for are told.
        auto const ids = local.server.predictions();
        CHECK(failed->diagnostics().interrupted == std::vector<std::string>{ids.at(0)});
        CHECK(failed->diagnostics().prediction->id == ids.at(1));
        for (std::string const& id : ids)
            CHECK(std::string(failed->what()).find(id) != std::string::npos);
    }
    SUBCASE("often enough")
    {
        options.reruns = 5;
        auto const output = local.get(local.client.async_run(local.server.version("acme/flaky"), input(), options));
        CHECK(output.text() == "done");
        CHECK(local.server.counts().creates == 3);
        // Those that were paid for in vain, in their order.
        auto const ids = local.server.predictions();
        CHECK(output.interrupted() == std::vector<std::string>(ids.begin(), ids.begin() + 2));
        CHECK(output.prediction().id == ids.at(2));
    }
    SUBCASE("within a cost")
    {
        options.reruns = 5;
        options.rerun_predict_time = std::chrono::microseconds(1);
        auto const failed = local.failure_of(local.client.async_run(local.server.version("acme/flaky"), input(), options));
        REQUIRE(failed.has_value());
        CHECK(failed->code() == condition::prediction_failed);
        CHECK(local.server.counts().creates == 1);
        options.rerun_predict_time = 1h;
        CHECK(local.get(local.client.async_run(local.server.version("acme/flaky"), input(), options)).text() == "done");
    }
    SUBCASE("until its time is up")
    {
        local.server.model("acme/lost", [first = std::make_shared<std::atomic<bool>>(true)](input const&) {
            return first->exchange(false) ? script().run(1ms).fail("Prediction interrupted; please retry (code: PA)") : script().run(1h);
        });
        options = polling();
        options.reruns = 5;
        options.timeout = slowness * 1s;
        auto const late = local.failure_of(local.client.async_run(local.server.version("acme/lost"), input(), options));
        REQUIRE(late.has_value());
        CHECK(late->code() == errc::deadline_exceeded);
        CHECK(late->diagnostics().interrupted == std::vector<std::string>{local.server.predictions().at(0)});
    }
    SUBCASE("never for nothing")
    {
        options.rerun_predict_time = std::chrono::seconds(0);
        auto const refused = local.failure_of(local.client.async_run(local.server.version("acme/flaky"), input(), options));
        REQUIRE(refused.has_value());
        CHECK(refused->code() == errc::invalid_argument);
        CHECK(local.server.counts().creates == 0);
    }
}

TEST_CASE("a failure of the model is never run again")
{
    local_client local;
    local.server.model("acme/broken", interrupted_model(1, "CUDA out of memory (E1001)"));
    auto options = local_client::quick();
    options.reruns = 5;
    auto const failed = local.failure_of(local.client.async_run(local.server.version("acme/broken"), input(), options));
    REQUIRE(failed.has_value());
    CHECK(failed->code() == condition::prediction_failed);
    CHECK(local.server.counts().creates == 1);
}

TEST_CASE("the service is told to end a prediction soon after its caller would")
{
    local_client local;
    auto const sent = [&] { return std::string(local.server.last_request(operation::create)->header("cancel-after")); };
    auto const model = local.server.version("test/echo");
    auto options = local_client::quick();
    SUBCASE("with a timeout")
    {
        options.timeout = 60s;
        local.get(local.client.async_run(model, input(), options));
        CHECK((sent() == "62s" || sent() == "61s"));
    }
    SUBCASE("with a short one")
    {
        options.timeout = 2s;
        local.get(local.client.async_run(model, input(), options));
        CHECK(sent() == "5s");
    }
    SUBCASE("of a stream")
    {
        replicate::stream_options streaming;
        streaming.timeout = 60s;
        auto const stream = local.get(
            local.client.async_stream("meta/meta-llama-3-8b-instruct", input().set("prompt", "x"), streaming));
        CHECK(sent() == "62s");
        local.get(stream.async_text());
    }
    SUBCASE("unless it said when")
    {
        options.timeout = 60s;
        options.cancel_after = 600s;
        local.get(local.client.async_run(model, input(), options));
        CHECK(sent() == "600s");
    }
    SUBCASE("unless the prediction is to go on")
    {
        options.timeout = 60s;
        options.on_cancel = replicate::on_cancel::detach;
        local.get(local.client.async_run(model, input(), options));
        CHECK(sent().empty());
    }
    SUBCASE("but not where nobody waits for the end")
    {
        replicate::create_options creating;
        creating.timeout = 60s;
        local.get(local.client.predictions().async_create(model, input(), creating));
        CHECK(sent().empty());
    }
}

TEST_CASE("limits that mean nothing are refused")
{
    local_client local;
    auto options = local_client::quick();
    SUBCASE("start") { options.start_timeout = 0ms; }
    SUBCASE("run") { options.running_timeout = -1s; }
    auto const refused = local.failure_of(local.client.async_run(local.server.version("test/echo"), input(), options));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == errc::invalid_argument);
    CHECK(local.server.counts().requests == 0);
}
