// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Many runs at once: one plan for all of their predictions.

#include "support/local_client.hpp"
#include "support/slowness.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::testing::operation;
using replicate::testing::script;

void add_model(replicate::testing::server& server, steady::duration time)
{
    server.model("acme/slow", [time](replicate::input const& values) {
        return script().run(time).output(values.object());
    });
}

// So many runs under way.
class crowd {
public:
    crowd(local_client& local, std::string model, std::size_t count, replicate::run_options const& options)
        : local_(local)
    {
        for (std::size_t i = 0; i < count; ++i) {
            runs.emplace_back();
            signals.emplace_back();
            replicate::input values;
            values.set("number", static_cast<std::int64_t>(i));
            local.client.async_run(model, std::move(values), options, runs.back().token(signals.back()));
        }
    }

    bool wait()
    {
        return local_.run_until([this] { return done() == runs.size(); }, 2 * ample);
    }

    std::size_t done() const
    {
        std::size_t sum = 0;
        for (auto const& run : runs)
            sum += run.done();
        return sum;
    }

    std::deque<pending<replicate::output>> runs;
    std::deque<asio::cancellation_signal> signals;

private:
    local_client& local_;
};

replicate::run_options polls()
{
    replicate::run_options options;
    options.wait = replicate::wait::poll();
    return options;
}

} // namespace

TEST_CASE("many runs are watched by pages, and each gets its own result once")
{
    local_client local;
    add_model(local.server, slowness * 3s);
    crowd many(local, local.server.version("acme/slow"), 60, polls());
    REQUIRE(many.wait());
    for (std::size_t i = 0; i < many.runs.size(); ++i) {
        CHECK(many.runs[i].completions() == 1);
        CHECK(many.runs[i].code() == boost::system::error_code());
        CHECK(many.runs[i].value().json().at("number").to_number<std::size_t>() == i);
    }
    auto const counts = local.server.counts();
    CHECK(counts.creates == 60);
    CHECK(counts.lists >= 1);
    // One for each that has ended, and few besides.
    CHECK(counts.gets >= 60);
    CHECK(counts.gets <= 160);
    run_out(local.context);
}

TEST_CASE("where pages are refused, many runs are asked for one by one")
{
    local_client local;
    add_model(local.server, slowness * 1s);
    local.server.always(operation::list).status(403, R"({"detail":"no"})");
    crowd many(local, local.server.version("acme/slow"), 40, polls());
    REQUIRE(many.wait());
    for (auto const& run : many.runs)
        CHECK(run.code() == boost::system::error_code());
    run_out(local.context);
}

TEST_CASE("a token that is refused ends all waits with that error")
{
    local_client local;
    constexpr char const* refusal = R"({"title":"Unauthenticated","detail":"no","status":401})";
    crowd many(local, local.server.version("test/never-ends"), 40, polls());
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.creates == 40; }));
    local.server.always(operation::get).status(401, refusal);
    local.server.always(operation::list).status(401, refusal);
    REQUIRE(many.wait());
    for (auto const& run : many.runs)
        CHECK(run.code() == condition::authentication);
    run_out(local.context);
}

TEST_CASE("of many runs one can be cancelled, and the others go on")
{
    local_client local;
    add_model(local.server, slowness * 2s);
    crowd many(local, local.server.version("acme/slow"), 40, polls());
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.lists >= 1; }));
    many.signals[7].emit(asio::cancellation_type::terminal);
    REQUIRE(local.run_until([&] { return many.runs[7].done(); }));
    CHECK(many.runs[7].code() == asio::error::operation_aborted);
    REQUIRE(many.wait());
    for (std::size_t i = 0; i < many.runs.size(); ++i) {
        CHECK(many.runs[i].completions() == 1);
        CHECK((i == 7 || many.runs[i].code() == boost::system::error_code()));
    }
    run_out(local.context);
    CHECK(local.server.counts().cancels == 1);
}

TEST_CASE("when all of many runs are cancelled, the context has no work left")
{
    local_client local;
    crowd many(local, local.server.version("test/never-ends"), 40, polls());
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.lists >= 1; }));
    for (auto& signal : many.signals)
        signal.emit(asio::cancellation_type::terminal);
    REQUIRE(many.wait());
    run_out(local.context);
    CHECK(local.server.counts().cancels == 40);
}

TEST_CASE("a context may be destroyed while many runs wait")
{
    replicate::testing::server server;
    auto context = std::make_unique<asio::io_context>();
    {
        replicate::client client(*context, local_client::settings(server));
        for (int i = 0; i < 40; ++i)
            client.async_run(server.version("test/never-ends"), replicate::input(), polls(),
                [](boost::system::error_code, replicate::output) {});
        REQUIRE(run_until(*context, [&] { return server.counts().lists >= 1; }));
    }
    context.reset();
}

TEST_CASE("a run whose time is up while it sleeps tells all that was seen of its prediction, and cancels it")
{
    local_client local;
    replicate::diagnostics known;
    pending<replicate::output> run;
    auto options = polls();
    options.first_poll_interval = 1h;
    options.maximum_poll_interval = 1h;
    options.timeout = slowness * 500ms;
    replicate::input values;
    values.set("word", "kept");
    local.client.async_run(local.server.version("test/never-ends"), std::move(values), options, known, run.token());
    REQUIRE(local.run_until([&] { return run.done(); }));
    CHECK(run.code() == replicate::errc::deadline_exceeded);
    REQUIRE(known.prediction != nullptr);
    CHECK(known.prediction->input().at("word") == "kept");
    CHECK(known.prediction->urls.get.find(known.prediction->id) != std::string::npos);
    CHECK(known.prediction->meta().status == 201);
    run_out(local.context);
    CHECK(status_at(local.server, known.prediction->id) == "canceled");
    CHECK(local.server.counts().gets == 0);
}

TEST_CASE("a prediction that the plan never asks for is asked for when it has taken too long")
{
    local_client local;
    auto options = polls();
    options.first_poll_interval = 1h;
    options.maximum_poll_interval = 1h;
    options.start_timeout = slowness * 300ms;
    local.server.model("acme/cold", [](replicate::input const&) { return script().boot(1h).output("done"); });
    crowd one(local, local.server.version("acme/cold"), 1, options);
    REQUIRE(one.wait());
    CHECK(one.runs[0].code() == replicate::errc::start_timed_out);
    CHECK(local.server.counts().gets == 1);
    run_out(local.context);
}

TEST_CASE("runs go on when the client is gone")
{
    local_client local;
    add_model(local.server, slowness * 500ms);
    auto gone = std::make_unique<replicate::client>(local.context, local_client::settings(local.server));
    std::deque<pending<replicate::output>> runs(20);
    for (auto& run : runs)
        gone->async_run(local.server.version("acme/slow"), replicate::input(), polls(), run.token());
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.creates == 20; }));
    gone.reset();
    for (auto& run : runs) {
        REQUIRE(local.run_until([&] { return run.done(); }));
        CHECK(run.code() == boost::system::error_code());
    }
    run_out(local.context);
}

TEST_CASE("a run that may not take long to start is told of it by pages too")
{
    local_client local;
    local.server.model("acme/cold", [](replicate::input const&) { return script().boot(1h).output("done"); });
    auto options = polls();
    options.start_timeout = slowness * 2s;
    crowd many(local, local.server.version("acme/cold"), 30, options);
    REQUIRE(many.wait());
    for (auto const& run : many.runs)
        CHECK(run.code() == replicate::errc::start_timed_out);
    run_out(local.context);
}

TEST_CASE("so many runs as allowed hold their connection, the others are polled")
{
    replicate::testing::server_options server_options;
    local_client local([](replicate::config& settings) { settings.limits.sync_waits = 2; }, server_options);
    add_model(local.server, slowness * 300ms);
    crowd some(local, local.server.version("acme/slow"), 2, local_client::quick());
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.creates == 2; }));
    auto const first = local.server.last_request(operation::create);
    REQUIRE(first.has_value());
    CHECK(first->header("prefer") == "wait=60");
    crowd more(local, local.server.version("acme/slow"), 1, local_client::quick());
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.creates == 3; }));
    auto const third = local.server.last_request(operation::create);
    REQUIRE(third.has_value());
    CHECK(third->header("prefer") == "");
    REQUIRE(some.wait());
    REQUIRE(more.wait());
    crowd later(local, local.server.version("acme/slow"), 1, local_client::quick());
    REQUIRE(later.wait());
    CHECK(local.server.last_request(operation::create)->header("prefer") == "wait=60");
}
