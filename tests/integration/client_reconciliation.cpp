// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Creates whose answers were lost: what was created is found, paid for once, and delivered once.

#include "support/local_client.hpp"
#include "support/slowness.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <deque>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace replicate::tests;
using boost::system::error_code;
using replicate::ambiguous_create;
using replicate::condition;
using replicate::errc;
using replicate::testing::fault;
using replicate::testing::operation;
using replicate::testing::script;
using replicate::testing::server_options;

constexpr char const* bad_gateway = "<html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>";

// Answers with the member `number` of its input.
void add_counter(replicate::testing::server& server)
{
    server.model(
        "acme/counter", [](replicate::input const& input) { return script().run(2ms).output(input.at("number")); });
}

replicate::input numbered(std::size_t number)
{
    return replicate::input().set("number", number);
}

// The ways to lose the answer to a create that was carried out.
std::vector<std::pair<std::string, fault>> losses()
{
    return {
        {"closed", fault().drop_after_request()},
        {"reset", fault().reset_after_request()},
        {"half a status line", fault().cut_answer(7)},
        {"half a header", fault().cut_answer(60)},
        {"half a body", fault().cut_answer(200)},
        {"502", fault().status(502, bad_gateway, {{"content-type", "text/html"}}).carried_out()},
        {"500", fault().status(500).carried_out()},
        {"silence", fault().never_answer()},
        {"created, without an id", fault().status(201, "{}").carried_out()},
    };
}

void be_quick_to_lose(replicate::config& settings)
{
    settings.timeouts.response = 150ms * slowness;
}

// Many runs with partly identical inputs, some at a time.
class lossy_runs {
public:
    class one {
    public:
        std::size_t input = 0;
        std::size_t completions = 0;
        error_code code;
        replicate::output value;
        replicate::diagnostics known;
    };

    lossy_runs(local_client& local, std::size_t count, std::size_t distinct)
        : local_(local)
        , version_(local.server.version("acme/counter"))
        , count_(count)
        , distinct_(distinct)
    {
    }

    void go(std::size_t at_a_time)
    {
        for (std::size_t i = 0; i < at_a_time; ++i)
            start_next();
        REQUIRE(local_.run_until([&] { return under_way_ == 0; }, 4 * ample));
        run_out(local_.context);
    }

    // Each logical prediction was created once, and its result delivered once.
    void check() const
    {
        std::set<std::string> ids;
        std::size_t failed = 0;
        for (one const& each : all_) {
            CHECK(each.completions == 1);
            if (each.code) {
                CAPTURE(describe(each.code, each.known));
                CHECK_FALSE(each.code);
                ++failed;
                continue;
            }
            CHECK(each.value.json() == boost::json::value(each.input));
            CHECK(ids.insert(each.value.prediction().id).second);
        }
        CHECK(failed == 0);
        CHECK(ids.size() == count_);
        auto const counts = local_.server.counts();
        CHECK(counts.create_requests == count_);
        CHECK(counts.creates == count_);
        CHECK(counts.predictions == count_);
        MESSAGE(count_ << " runs of " << distinct_ << " inputs, " << counts.faults << " faults: " << counts.creates
                       << " creates, " << ids.size() << " delivered, " << counts.lists << " lists, " << counts.gets << " gets");
    }

private:
    void start_next()
    {
        if (all_.size() == count_)
            return;
        one& call = all_.emplace_back();
        call.input = all_.size() % distinct_;
        ++under_way_;
        auto const how = all_.size() % 2 == 0 ? replicate::wait::poll() : replicate::wait::sync(1s);
        local_.client.async_run(version_, numbered(call.input), local_client::quick(how), call.known,
            [this, &call](error_code code, replicate::output value) {
                ++call.completions;
                call.code = code;
                call.value = std::move(value);
                --under_way_;
                start_next();
            });
    }

    local_client& local_;
    std::string version_;
    std::size_t count_;
    std::size_t distinct_;
    std::deque<one> all_;
    std::size_t under_way_ = 0;
};

std::vector<fault> storm_of_losses()
{
    std::vector<fault> choices;
    for (int i = 0; i < 3; ++i) {
        choices.push_back(fault().drop_after_request());
        choices.push_back(fault().reset_after_request());
        choices.push_back(fault().status(502, bad_gateway, {{"content-type", "text/html"}}).carried_out());
    }
    // Some end behind the id.
    for (std::size_t const bytes : {30U, 150U, 200U, 250U, 300U, 400U, 600U})
        choices.push_back(fault().cut_answer(bytes));
    return choices;
}

// What the list of the real service does in 10 s, the local one does in `lag`; the client waits as long in proportion.
void run_storm(std::size_t faults, steady::duration lag)
{
    server_options options;
    options.remembered_requests = 10;
    options.list_lag = lag;
    local_client local(
        [&](replicate::config& settings) {
            settings.reconcile.first_look = 10ms;
            settings.reconcile.give_up_after = slowness * 1000ms + 4 * lag;
            // One machine has one clock.
            settings.reconcile.clock_margin = 20ms;
        },
        options);
    add_counter(local.server);
    local.server.random_faults(20261, 0.8, storm_of_losses(), operation::create);
    local.server.random_faults(20262, 0.05, {fault().status(503), fault().reset_after_request()}, operation::list);
    lossy_runs runs(local, faults * 5 / 4 + 40, 40);
    runs.go(96);
    runs.check();
    CHECK(local.server.counts().faults >= faults);
}

} // namespace

TEST_CASE("over two thousand lost answers to partly identical creates each is created once and delivered once")
{
    run_storm(slowness == 1 ? 2000 : 200, 0ms);
}

TEST_CASE("so it is when the list of predictions lags behind")
{
    run_storm(slowness == 1 ? 500 : 50, 300ms);
}

TEST_CASE("a create whose answer was lost is found, whatever is run and however it is waited for")
{
    for (auto const& [name, how] : losses()) {
        CAPTURE(name);
        local_client local(be_quick_to_lose);
        add_counter(local.server);
        std::size_t number = 0;
        for (replicate::wait const& manner : {replicate::wait::poll(), replicate::wait::sync(1s)}) {
            local.server.next_create().use(how);
            auto const output = local.get(local.client.async_run(
                local.server.version("acme/counter"), numbered(++number), local_client::quick(manner)));
            CHECK(output.json() == boost::json::value(number));
        }
        local.server.next_create().use(how);
        auto const created = local.get(local.client.predictions().async_create("test/echo", numbered(1)));
        CHECK(created.id == local.server.predictions().at(2));
        CHECK_FALSE(created.urls.get.empty());
        local.server.next_create().use(how);
        auto stream = local.get(local.client.async_stream(
            "meta/meta-llama-3-8b-instruct", replicate::input().set("prompt", "once")));
        CHECK_FALSE(local.get(stream.async_text()).empty());
        CHECK(local.server.counts().create_requests == 4);
        CHECK(local.server.counts().predictions == 4);
    }
}

TEST_CASE("clients that come one after the other and ask for the same do not take each other's predictions")
{
    replicate::testing::server server;
    add_counter(server);
    // The service tells its time in whole seconds, and what was created within one second cannot be told apart by time.
    server.model("acme/second", [](replicate::input const&) { return script().run(1100ms).output("over"); });
    asio::io_context context;
    enum class loss { none, of_the_answer, of_the_request };
    for (loss const what : {loss::none, loss::of_the_answer, loss::of_the_request}) {
        CAPTURE(static_cast<int>(what));
        replicate::client const one(context, local_client::settings(server));
        auto const before = server.predictions().size();
        if (what == loss::of_the_answer)
            server.next_create().drop_after_request();
        if (what == loss::of_the_request)
            server.next_create().drop_after_request().not_carried_out();
        pending<replicate::output> run;
        one.async_run(server.version("acme/counter"), numbered(1), local_client::quick(), run.token());
        REQUIRE(run_until(context, [&] { return run.done(); }));
        if (what == loss::of_the_request) {
            CHECK(run.code() == condition::outcome_unknown);
            CHECK(server.predictions().size() == before);
        } else {
            CHECK_FALSE(run.code());
            REQUIRE(server.predictions().size() == before + 1);
            CHECK(run.value().prediction().id == server.predictions().back());
            get(context, one.async_run(server.version("acme/second"), replicate::input(), local_client::quick()));
        }
    }
    run_out(context);
    CHECK(server.counts().create_requests == 5);
}

TEST_CASE("a create that was not carried out fails with what was looked at, and is not sent again")
{
    for (fault const& how : {fault().drop_after_request().not_carried_out(), fault().status(502, bad_gateway)}) {
        local_client local;
        local.get(local.client.predictions().async_create("test/echo", numbered(5)));
        local.server.next_create().use(how);
        auto const failed =
            local.failure_of(local.client.async_run("test/echo", numbered(5), local_client::quick()));
        REQUIRE(failed.has_value());
        CHECK(failed->code() == condition::outcome_unknown);
        std::string const told = failed->what();
        CAPTURE(told);
        CHECK(told.find("looked for it ") != std::string::npos);
        CHECK(told.find("among 1 predictions since ") != std::string::npos);
        CHECK(told.find("(1 of other calls)") != std::string::npos);
        CHECK(told.starts_with("POST /models/test/echo/predictions: "));
        CHECK(failed->diagnostics().attempts == 1);
        CHECK(local.server.counts().create_requests == 2);
        auto const lists = local.server.counts().lists;
        CHECK(lists >= 2);
        CHECK(lists < 12);
    }
}

TEST_CASE("a create is sent anew where that is wanted, after nothing was found, and a bounded number of times")
{
    local_client local;
    auto options = local_client::quick();
    options.ambiguous_create = ambiguous_create::at_least_once;
    local.server.next_create().drop_after_request().not_carried_out();
    auto const output = local.get(local.client.async_run("test/echo", numbered(1), options));
    CHECK(local.server.counts().create_requests == 2);
    CHECK(local.server.predictions() == std::vector<std::string>{output.prediction().id});
    // What was carried out is found, and not sent anew.
    local.server.next_create().drop_after_request();
    local.get(local.client.async_run("test/echo", numbered(1), options));
    CHECK(local.server.counts().create_requests == 3);
    // What the service says it has created is never created anew.
    local.server.next_create().status(201, "{}");
    auto const lost = local.failure_of(local.client.async_run("test/echo", numbered(1), options));
    CHECK(lost->code() == errc::created_id_lost);
    CHECK(local.server.counts().create_requests == 4);
    local.server.always(operation::create).status(502, bad_gateway);
    auto const failed = local.failure_of(local.client.async_run("test/echo", numbered(1), options));
    CHECK(failed->code() == condition::outcome_unknown);
    CHECK(local.server.counts().create_requests == 8);
}

TEST_CASE("the clock of this machine may be wrong by hours")
{
    for (auto const offset : {-7200s, 7200s})
        for (bool const knows : {false, true}) {
            server_options options;
            options.clock_offset = offset;
            local_client local(nullptr, options);
            if (knows)
                local.get(local.client.predictions().async_create("test/echo", numbered(0)));
            local.server.next_create().drop_after_request();
            local.get(local.client.async_run("test/echo", numbered(1), local_client::quick()));
            CHECK(local.server.counts().create_requests == (knows ? 2 : 1));
        }
}

TEST_CASE("a list that fails for a while, and one of many pages, is read all the same")
{
    server_options options;
    options.page_size = 3;
    local_client local(nullptr, options);
    for (std::size_t i = 0; i < 10; ++i)
        local.get(local.client.predictions().async_create("test/echo", numbered(i)));
    // It is not the newest.
    local.server.next_create().delay(20ms).drop_after_request();
    local.server.next(operation::list).times(6).status(503);
    pending<replicate::output> run;
    local.client.async_run("test/echo", numbered(77), local_client::quick(), run.token());
    for (std::size_t i = 20; i < 28; ++i)
        local.get(local.client.predictions().async_create("test/echo", numbered(i)));
    REQUIRE(local.run_until([&] { return run.done(); }));
    CHECK_FALSE(run.code());
    CHECK(local.server.counts().create_requests == 19);
    CHECK(local.server.counts().predictions == 19);
}

TEST_CASE("a list that leads elsewhere is not followed, and the failure says so")
{
    replicate::testing::server other;
    server_options options;
    options.page_size = 1;
    options.page_links = replicate::testing::page_links::foreign_host;
    options.foreign_page_base = other.base_url();
    local_client local(nullptr, options);
    for (std::size_t i = 0; i < 3; ++i)
        local.get(local.client.predictions().async_create("test/echo", numbered(i)));
    local.server.next_create().drop_after_request().not_carried_out();
    auto const failed = local.failure_of(local.client.async_run("test/echo", numbered(77), local_client::quick()));
    REQUIRE(failed.has_value());
    CHECK(failed->code() == condition::outcome_unknown);
    CHECK(std::string(failed->what()).find("is not the next or previous page") != std::string::npos);
    CHECK(std::string(failed->what()).find(local.server.token()) == std::string::npos);
    CHECK(other.counts().connections == 0);
}

TEST_CASE("a call that is cancelled while its prediction is looked for is over at once, and the prediction is cancelled or left")
{
    for (auto const policy : {replicate::on_cancel::cancel_remote, replicate::on_cancel::detach})
        for (bool const by_deadline : {false, true}) {
            server_options server_settings;
            server_settings.list_lag = slowness * 300ms;
            local_client local([](replicate::config& settings) { settings.reconcile.give_up_after = slowness * 3s; }, server_settings);
            local.server.next_create().drop_after_request();
            auto options = local_client::quick(replicate::wait::poll());
            options.on_cancel = policy;
            if (by_deadline)
                options.timeout = slowness * 100ms;
            asio::cancellation_signal signal;
            pending<replicate::output> run;
            local.client.async_run(
                local.server.version("test/never-ends"), replicate::input(), options, run.token(signal));
            REQUIRE(local.run_until_server([](auto const& counts) { return counts.lists >= 1; }));
            if (!by_deadline)
                signal.emit(asio::cancellation_type::terminal);
            REQUIRE(local.run_until([&] { return run.done(); }));
            CHECK(run.code() == (by_deadline ? make_error_code(errc::deadline_exceeded) : make_error_code(asio::error::operation_aborted)));
            run_out(local.context);
            CHECK(run.completions() == 1);
            bool const cancels = policy == replicate::on_cancel::cancel_remote;
            CHECK(local.server.counts().cancels == (cancels ? 1 : 0));
            std::string const left = status_at(local.server, local.server.predictions().at(0));
            CHECK((left == "canceled") == cancels);
        }
}

TEST_CASE("a call that is cancelled before its answer is lost still cancels what was created")
{
    local_client local(be_quick_to_lose);
    local.server.next_create().never_answer();
    asio::cancellation_signal signal;
    pending<replicate::output> run;
    local.client.async_run(local.server.version("test/never-ends"), replicate::input(),
        local_client::quick(replicate::wait::poll()), run.token(signal));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.creates == 1; }));
    signal.emit(asio::cancellation_type::terminal);
    REQUIRE(local.run_until([&] { return run.done(); }));
    run_out(local.context);
    CHECK(local.server.counts().cancels == 1);
    CHECK(status_at(local.server, local.server.predictions().at(0)) == "canceled");
}

TEST_CASE("the answer of an identical create that is held decides what a lost one may take")
{
    for (bool const carried_out : {true, false}) {
        local_client local([](replicate::config& settings) { settings.reconcile.clock_margin = 0s; });
        std::string const version = local.server.version("test/slow");
        auto const values = replicate::input().set("milliseconds", slowness * 300);
        pending<replicate::output> held, lost;
        local.client.async_run(version, values, local_client::quick(replicate::wait::sync(20s)), held.token());
        REQUIRE(local.run_until_server([](auto const& counts) { return counts.creates == 1; }));
        if (carried_out)
            local.server.next_create().drop_after_request();
        else
            local.server.next_create().drop_after_request().not_carried_out();
        local.client.async_run(version, values, local_client::quick(), lost.token());
        REQUIRE(local.run_until([&] { return held.done() && lost.done(); }));
        CHECK_FALSE(held.code());
        CHECK(bool(lost.code()) != carried_out);
        if (carried_out)
            CHECK(held.value().prediction().id != lost.value().prediction().id);
        CHECK(local.server.counts().create_requests == 2);
    }
}

TEST_CASE("many lost creates are looked for together")
{
    local_client local([](replicate::config& settings) { settings.reconcile.give_up_after = slowness * 500ms; });
    local.server.always(operation::create).drop_after_request();
    std::vector<pending<replicate::prediction>> all(60);
    for (std::size_t i = 0; i < all.size(); ++i)
        local.client.predictions().async_create("test/echo", numbered(i / 6), all[i].token());
    run_out(local.context);
    std::set<std::string> ids;
    for (auto const& each : all) {
        CHECK_FALSE(each.code());
        ids.insert(each.value().id);
    }
    CHECK(ids.size() == all.size());
    CHECK(local.server.counts().lists < 30);
    CHECK(local.server.counts().creates == 60);
}
