// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Waiting for what exists already: predictions and trainings, whoever has started them.

#include "support/local_client.hpp"
#include "support/slowness.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::errc;
using replicate::prediction;
using replicate::prediction_status;
using replicate::testing::operation;
using replicate::testing::script;

class waiting_client : public local_client {
public:
    explicit waiting_client(configuration const& configure = nullptr)
        : local_client(configure)
    {
        server.model("acme/slow", [](replicate::input const&) { return script().log("begun").run(60ms).output("done"); });
        options.first_poll_interval = 2ms;
        options.maximum_poll_interval = 10ms;
    }

    /// The id of a new prediction.
    std::string create(std::string const& model)
    {
        return get(client.predictions().async_create(server.version(model), replicate::input())).id;
    }

    replicate::wait_options options;
};

} // namespace

TEST_CASE("a prediction is waited for by its id, and given as it has ended")
{
    waiting_client local;
    std::string const id = local.create("acme/slow");
    prediction const ended = local.get(local.client.predictions().async_wait(id, local.options));
    CHECK(ended.id == id);
    CHECK(ended.status == prediction_status::succeeded);
    CHECK(ended.output() == boost::json::value("done"));
    CHECK(ended.logs == "begun\n");
    CHECK(ended.meta().status == 200);
    CHECK(local.server.counts().gets >= 2);
    CHECK(local.server.counts().requests == local.server.counts().gets + 1);
    SUBCASE("one that has ended costs one look")
    {
        local.server.reset_counts();
        local.get(local.client.predictions().async_wait(id));
        CHECK(local.server.counts().requests == 1);
    }
}

TEST_CASE("a prediction that failed or was canceled is a value to who waits for it")
{
    waiting_client local;
    prediction const failed =
        local.get(local.client.predictions().async_wait(local.create("test/fails"), local.options));
    CHECK(failed.status == prediction_status::failed);
    CHECK_FALSE(failed.error.empty());
    std::string const id = local.create("test/never-ends");
    pending<prediction> waiting;
    local.client.predictions().async_wait(id, local.options, waiting.token());
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.gets >= 3; }));
    CHECK_FALSE(waiting.done());
    local.server.cancel(id);
    REQUIRE(local.run_until([&] { return waiting.done(); }));
    CHECK_FALSE(waiting.code());
    CHECK(waiting.value().status == prediction_status::canceled);
}

TEST_CASE("what may pass does not end a wait")
{
    waiting_client local;
    std::string const id = local.create("acme/slow");
    SUBCASE("not known yet") { local.server.next_get().status(404); }
    SUBCASE("the server is broken")
    {
        for (int i = 0; i < 12; ++i)
            local.server.next_get().status(500);
    }
    SUBCASE("no answer")
    {
        for (int i = 0; i < 12; ++i)
            local.server.next_get().drop_after_request();
    }
    SUBCASE("another prediction") { local.server.next_get().status(200, R"({"id":"other","status":"succeeded"})"); }
    SUBCASE("something else") { local.server.next_get().status(200, "<html>"); }
    prediction const ended = local.get(local.client.predictions().async_wait(id, local.options));
    CHECK(ended.id == id);
    CHECK(ended.status == prediction_status::succeeded);
}

TEST_CASE("what does not pass ends a wait")
{
    waiting_client local;
    std::string const id = local.create("test/never-ends");
    std::size_t cancels = 0;
    SUBCASE("a request that makes no sense")
    {
        local.server.always(operation::get).status(400);
        auto const refused = local.failure_of(local.client.predictions().async_wait(id, local.options));
        REQUIRE(refused.has_value());
        CHECK(refused->code() == condition::invalid_input);
        CHECK(local.server.counts().gets == 1);
    }
    SUBCASE("a token that is refused again and again, where the prediction is not to run unwatched")
    {
        local.server.always(operation::get).status(401);
        local.options.on_cancel = replicate::on_cancel::cancel_remote;
        cancels = 1;
        auto const refused = local.failure_of(local.client.predictions().async_wait(id, local.options));
        REQUIRE(refused.has_value());
        CHECK(refused->code() == condition::authentication);
        CHECK(local.server.counts().gets < 10);
    }
    run_out(local.context);
    CHECK(local.server.counts().cancels == cancels);
}

TEST_CASE("a wait ends by its deadline, and leaves the prediction alone unless told otherwise")
{
    waiting_client local;
    std::string const id = local.create("test/never-ends");
    local.options.timeout = 150ms * slowness;
    std::size_t cancels = 0;
    SUBCASE("left alone") {}
    SUBCASE("cancelled")
    {
        local.options.on_cancel = replicate::on_cancel::cancel_remote;
        cancels = 1;
    }
    auto const late = local.failure_of(local.client.predictions().async_wait(id, local.options));
    REQUIRE(late.has_value());
    CHECK(late->code() == errc::deadline_exceeded);
    REQUIRE(late->diagnostics().prediction != nullptr);
    CHECK(late->diagnostics().prediction->id == id);
    run_out(local.context);
    CHECK(local.server.counts().cancels == cancels);
    CHECK(status_at(local.server, id) == (cancels == 0 ? "processing" : "canceled"));
}

TEST_CASE("the deadline of a wait tells what the last look failed of")
{
    waiting_client local;
    std::string const id = local.create("test/never-ends");
    local.server.always(operation::get).status(503);
    local.options.timeout = 300ms * slowness;
    auto const late = local.failure_of(local.client.predictions().async_wait(id, local.options));
    REQUIRE(late.has_value());
    CHECK(late->code() == errc::deadline_exceeded);
    CHECK(std::string(late->what()).find("503") != std::string::npos);
}

TEST_CASE("a wait is cancelled at once, wherever it is")
{
    waiting_client local;
    std::string const id = local.create("test/never-ends");
    SUBCASE("while it pauses") { local.options.first_poll_interval = local.options.maximum_poll_interval = 1h; }
    SUBCASE("while it looks") { local.server.always(operation::get).never_answer(); }
    std::size_t cancels = 0;
    SUBCASE("and cancels the prediction where that is wanted")
    {
        local.options.on_cancel = replicate::on_cancel::cancel_remote;
        cancels = 1;
    }
    pending<prediction> waiting;
    asio::cancellation_signal signal;
    local.client.predictions().async_wait(id, local.options, waiting.token(signal));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.gets == 1; }));
    CHECK_FALSE(local.run_until([&] { return waiting.done(); }, 20ms));
    auto const began = steady::now();
    signal.emit(asio::cancellation_type::terminal);
    REQUIRE(local.run_until([&] { return waiting.done(); }));
    CHECK(steady::now() - began < 1s * slowness);
    CHECK(waiting.code() == asio::error::operation_aborted);
    run_out(local.context);
    CHECK(waiting.completions() == 1);
    CHECK(local.server.counts().cancels == cancels);
}

TEST_CASE("a wait that makes no sense is refused before anything is sent")
{
    waiting_client local;
    auto const refusal_of = [&](std::string const& id) {
        auto const refused = local.failure_of(local.client.predictions().async_wait(id, local.options));
        REQUIRE(refused.has_value());
        CHECK(refused->code() == errc::invalid_argument);
        return std::string(refused->what());
    };
    CHECK(refusal_of("").find("id: ") != std::string::npos);
    CHECK(refusal_of("a/b").find("id: ") != std::string::npos);
    local.options.timeout = 0s;
    CHECK(refusal_of("abc").find("options.timeout: ") != std::string::npos);
    local.options.timeout = 1s;
    local.options.maximum_poll_interval = 1ms;
    CHECK(refusal_of("abc").find("options.maximum_poll_interval: ") != std::string::npos);
    local.options.first_poll_interval = 0ms;
    CHECK(refusal_of("abc").find("options.first_poll_interval: ") != std::string::npos);
    CHECK(local.server.counts().requests == 0);
}

TEST_CASE("a wait survives a token function that fails for a while, once it has worked")
{
    int calls = 0;
    int fails_from = 0, fails_to = 0;
    waiting_client local([&](replicate::config& settings) {
        settings.token_source = [&, token = settings.token] {
            ++calls;
            if (calls >= fails_from && calls < fails_to)
                throw std::runtime_error("the vault is sealed");
            return token;
        };
    });
    std::string const id = local.create("acme/slow");
    SUBCASE("later")
    {
        fails_from = calls + 2;
        fails_to = calls + 5;
        CHECK(local.get(local.client.predictions().async_wait(id, local.options)).status == prediction_status::succeeded);
        CHECK(calls >= fails_to);
    }
    SUBCASE("from the first look on")
    {
        fails_from = calls + 1;
        fails_to = 1'000'000;
        CHECK_THROWS_WITH_AS(local.get(local.client.predictions().async_wait(id, local.options)), "the vault is sealed",
            std::runtime_error);
    }
}

TEST_CASE("waits hold no place among the predictions in flight")
{
    waiting_client local([](replicate::config& settings) { settings.scheduler.in_flight = 1; });
    local.options.first_poll_interval = local.options.maximum_poll_interval = 1h;
    std::vector<pending<prediction>> waits(3);
    asio::cancellation_signal signals[3];
    std::string const id = local.create("test/never-ends");
    for (std::size_t i = 0; i < waits.size(); ++i)
        local.client.predictions().async_wait(id, local.options, waits[i].token(signals[i]));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.gets == 3; }));
    CHECK(local.get(local.client.predictions().async_get(id)).id == id);
    for (auto& signal : signals)
        signal.emit(asio::cancellation_type::terminal);
    run_out(local.context);
    for (auto const& wait : waits)
        CHECK(wait.code() == asio::error::operation_aborted);
}

TEST_CASE("many waits look at pages together, and each gets its own prediction once")
{
    waiting_client local;
    local.server.model("acme/long", [](replicate::input const& values) { return script().run(slowness * 3s).output(values.object()); });
    std::string const version = local.server.version("acme/long");
    std::vector<pending<prediction>> waits(60);
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < waits.size(); ++i)
        ids.push_back(local.create("acme/long"));
    local.server.reset_counts();
    for (std::size_t i = 0; i < waits.size(); ++i)
        local.client.predictions().async_wait(ids[i], waits[i].token());
    REQUIRE(local.run_until(
        [&] { return std::all_of(waits.begin(), waits.end(), [](auto const& one) { return one.done(); }); }, 2 * ample));
    for (std::size_t i = 0; i < waits.size(); ++i) {
        CHECK(waits[i].completions() == 1);
        CHECK(waits[i].value().id == ids[i]);
        CHECK(waits[i].value().status == prediction_status::succeeded);
    }
    auto const counts = local.server.counts();
    CHECK(counts.lists >= 1);
    // The first look, that of the end, and few besides.
    CHECK(counts.gets >= 120);
    CHECK(counts.gets <= 220);
    run_out(local.context);
}

TEST_CASE("two waits for one prediction are both told of its end")
{
    waiting_client local;
    std::string const id = local.create("acme/slow");
    std::vector<pending<prediction>> waits(2);
    for (auto const& one : waits)
        local.client.predictions().async_wait(id, local.options, one.token());
    REQUIRE(local.run_until([&] { return waits[0].done() && waits[1].done(); }));
    for (auto const& one : waits)
        CHECK(one.value().status == prediction_status::succeeded);
    run_out(local.context);
}

TEST_CASE("a context may be destroyed while many wait")
{
    replicate::testing::server server;
    auto context = std::make_unique<asio::io_context>();
    {
        replicate::client client(*context, local_client::settings(server));
        for (int i = 0; i < 30; ++i) {
            auto const made = get(*context, client.predictions().async_create(server.version("test/never-ends"), replicate::input()));
            client.predictions().async_wait(made.id, [](boost::system::error_code, prediction) {});
        }
        REQUIRE(run_until(*context, [&] { return server.counts().lists >= 1; }));
    }
    context.reset();
}

TEST_CASE("trainings are waited for alike")
{
    waiting_client local;
    for (char const* status : {"starting", "processing", "processing"})
        local.server.next(operation::training).status(200, R"({"id":"t1","status":")" + std::string(status) + R"("})");
    SUBCASE("to their end")
    {
        local.server.next(operation::training)
            .status(200, R"({"id":"t1","status":"succeeded","output":{"version":"me/tuned:v2"}})");
        replicate::training const ended = local.get(local.client.trainings().async_wait("t1", local.options));
        CHECK(ended.status == prediction_status::succeeded);
        CHECK(ended.trained_version == "me/tuned:v2");
        CHECK(local.server.counts().trainings == 4);
        CHECK(local.server.counts().requests == 4);
    }
    SUBCASE("or to the deadline, which may cancel them")
    {
        local.server.always(operation::training).status(200, R"({"id":"t1","status":"processing"})");
        local.options.timeout = 100ms * slowness;
        local.options.on_cancel = replicate::on_cancel::cancel_remote;
        auto const late = local.failure_of(local.client.trainings().async_wait("t1", local.options));
        REQUIRE(late.has_value());
        CHECK(late->code() == errc::deadline_exceeded);
        run_out(local.context);
        CHECK(local.server.last_request()->target == "/v1/trainings/t1/cancel");
    }
}
