// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Many inputs at once.

#include "support/local_client.hpp"
#include "support/slowness.hpp"

#include <replicate/map.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::errc;
using replicate::input;
using replicate::map_options;
using replicate::map_order;
using replicate::map_result;
using replicate::map_results;
using replicate::testing::operation;
using replicate::testing::script;

// Takes a little time, the longer the smaller the number; fails where it is told.
script work(input const& values)
{
    auto const number = values.at("number").to_number<int>();
    auto const time = std::chrono::milliseconds(number % 7 == 0 ? slowness * 100 : 2);
    if (values.contains("fails"))
        return script().run(time).fail("no good: " + std::to_string(number));
    return script().run(time).output(("result " + std::to_string(number)).c_str());
}

class fixture : public local_client {
public:
    explicit fixture(configuration const& configure = nullptr)
        : local_client(configure)
    {
        server.model("acme/work", work);
        model = server.version("acme/work");
    }

    static map_options quick(replicate::wait how = replicate::wait::poll())
    {
        map_options options;
        options.run = local_client::quick(how);
        options.run.priority = replicate::priority::batch;
        return options;
    }

    static input numbered(int number) { return input().set("number", number); }

    static std::vector<input> inputs(int count)
    {
        std::vector<input> made;
        for (int number = 0; number < count; ++number)
            made.push_back(numbered(number));
        return made;
    }

    std::optional<map_result> next(map_results const& results)
    {
        replicate::call_options options;
        options.timeout = ample;
        return get(results.async_next(options));
    }

    std::vector<map_result> all(map_results const& results)
    {
        std::vector<map_result> found;
        while (auto result = next(results))
            found.push_back(std::move(*result));
        return found;
    }

    std::string model;
};

std::vector<std::size_t> indexes(std::vector<map_result> const& results)
{
    std::vector<std::size_t> numbers;
    for (auto const& result : results)
        numbers.push_back(result.index());
    return numbers;
}

bool are_the_first(std::vector<std::size_t> numbers, std::size_t count)
{
    std::sort(numbers.begin(), numbers.end());
    for (std::size_t i = 0; i < numbers.size(); ++i)
        if (numbers[i] != i)
            return false;
    return numbers.size() == count;
}

} // namespace

TEST_CASE("every input gives its result, once")
{
    fixture made;
    auto const results = made.get(made.client.async_map(made.model, fixture::inputs(100), fixture::quick()));
    auto const found = made.all(results);
    CHECK(are_the_first(indexes(found), 100));
    for (auto const& result : found) {
        REQUIRE(result.ok());
        CHECK_FALSE(result.code());
        CHECK(result.output().text() == "result " + std::to_string(result.index()));
        CHECK(result.prediction()->id == result.output().prediction().id);
        CHECK(result.timing().worked > 0ms);
    }
    CHECK(made.server.counts().creates == 100);
    CHECK_FALSE(made.next(results)); // and stays at its end
}

TEST_CASE("results come in the order of the inputs where that is wanted, and as they complete otherwise")
{
    fixture made;
    auto options = fixture::quick();
    auto const as_completed = made.all(made.get(made.client.async_map(made.model, fixture::inputs(40), options)));
    CHECK_FALSE(std::ranges::is_sorted(indexes(as_completed)));
    options.order = map_order::input;
    auto const in_order = made.all(made.get(made.client.async_map(made.model, fixture::inputs(40), options)));
    CHECK(in_order.size() == 40);
    CHECK(std::ranges::is_sorted(indexes(in_order)));
}

TEST_CASE("an input that fails says why, and disturbs no other")
{
    fixture made;
    auto inputs = fixture::inputs(20);
    inputs[3].set("fails", true);
    inputs[4].set("file", replicate::file_source::from_path("/nothing/here")); // refused before it is sent
    auto const found = made.all(made.get(made.client.async_map(made.model, std::move(inputs), fixture::quick())));
    CHECK(are_the_first(indexes(found), 20));
    for (auto const& result : found) {
        CHECK(result.ok() == (result.index() != 3 && result.index() != 4));
        if (result.index() == 3) {
            CHECK(result.code() == replicate::condition::prediction_failed);
            CHECK(std::string(result.error().what()).find("no good: 3") != std::string::npos);
            REQUIRE(result.prediction());
            CHECK(result.prediction()->status == replicate::prediction_status::failed);
            CHECK_THROWS_AS((void)result.output(), replicate::prediction_error);
        }
        if (result.index() == 4)
            CHECK(std::string(result.error().what()).find("/nothing/here") != std::string::npos);
    }
    CHECK(made.server.counts().creates == 19);
}

TEST_CASE("the first failure ends all where that is wanted, and what is in flight is cancelled")
{
    fixture made;
    made.server.model("acme/long", [](input const& values) {
        return values.at("number").to_number<int>() == 2 ? script().run(20ms).fail("no") : script().run(60s).output("late");
    });
    auto options = fixture::quick();
    options.stop_on_error = true;
    options.in_flight = 5;
    auto const results =
        made.get(made.client.async_map(made.server.version("acme/long"), fixture::inputs(100), options));
    auto const found = made.all(results);
    CHECK(are_the_first(indexes(found), 5));
    for (auto const& result : found)
        CHECK(result.code() == (result.index() == 2 ? make_error_code(errc::prediction_failed)
                                                    : boost::system::error_code(asio::error::operation_aborted)));
    CHECK(made.run_until_server([](auto const& counts) { return counts.cancels == 4; }));
    CHECK(made.server.counts().creates == 5);
}

TEST_CASE("where there is too little credit no further input is taken, and what is in flight goes on")
{
    fixture made;
    made.server.model("acme/long", [](input const&) { return script().run(slowness * 300ms).output("done"); });
    auto options = fixture::quick();
    options.in_flight = 4;
    int pulled = 0;
    auto const results = made.get(made.client.async_map(made.server.version("acme/long"),
        [&]() -> std::optional<input> { return fixture::numbered(pulled++); }, options));
    REQUIRE(made.run_until_server([](auto const& counts) { return counts.creates == 4; }));
    made.server.always(operation::create)
        .status(402, R"({"title":"Insufficient credit","detail":"You have insufficient credit.","status":402})");
    auto const found = made.all(results);
    CHECK(found.size() == static_cast<std::size_t>(pulled));
    CHECK(pulled <= 20);
    for (auto const& result : found) {
        if (result.index() < 4)
            CHECK(result.ok());
        else
            CHECK(result.code() == replicate::condition::insufficient_credit);
    }
    CHECK(made.server.counts().creates == 4);
}

TEST_CASE("inputs are pulled as there is room: from a function, from a view, from one that counts")
{
    fixture made;
    auto options = fixture::quick();
    options.ahead = 2;
    options.in_flight = 4;
    options.buffer = 3;
    int pulled = 0;
    auto const results = made.get(made.client.async_map(made.model,
        [&]() -> std::optional<input> {
            return pulled < 50 ? std::optional<input>(fixture::numbered(pulled++)) : std::nullopt;
        },
        options));
    std::size_t read = 0;
    // Nothing is read for a while: what is pulled meanwhile is bounded.
    made.run_until_server([](auto const& counts) { return counts.creates >= 5; });
    made.run_until([&] { return results.progress().in_flight == 0; });
    CHECK(pulled <= 3 + 4);
    CHECK_FALSE(results.progress().total);
    while (auto result = made.next(results)) {
        ++read;
        CHECK(pulled <= static_cast<int>(read) + 3 + 4);
    }
    CHECK(read == 50);

    auto const numbers = std::views::iota(0, 10) | std::views::transform(&fixture::numbered);
    CHECK(made.all(made.get(made.client.async_map(made.model, numbers, options))).size() == 10);
    std::vector<input> const kept = fixture::inputs(5);
    auto const counted = made.get(made.client.async_map(made.model, std::views::all(kept), options));
    CHECK(counted.progress().total == 5u);
    CHECK(made.all(counted).size() == 5);
    CHECK(made.all(made.get(made.client.async_map(made.model, std::vector<input>()))).empty());
}

TEST_CASE("requests for several models go side by side")
{
    fixture made;
    std::vector<replicate::run_request> requests;
    requests.emplace_back(made.model, fixture::numbered(5));
    requests.emplace_back("test/fails", input());
    requests.emplace_back(made.server.version("test/echo"), input().set("text", "hello"));
    auto options = fixture::quick();
    options.order = map_order::input;
    auto const found = made.all(made.get(made.client.async_map(requests, options)));
    REQUIRE(found.size() == 3);
    CHECK(found[0].output().text() == "result 5");
    CHECK(found[1].code() == errc::prediction_failed);
    CHECK(found[2].ok());
}

TEST_CASE("a source that throws ends with its exception, behind the results of what it gave before")
{
    fixture made;
    int pulled = 0;
    auto const results = made.get(made.client.async_map(made.model,
        [&]() -> std::optional<input> {
            if (pulled == 3)
                throw std::runtime_error("the file is torn");
            return fixture::numbered(pulled++);
        },
        fixture::quick()));
    for (int i = 0; i < 3; ++i)
        CHECK(made.next(results)->ok());
    auto const thrown = failure_of<std::runtime_error>(made.context, results.async_next());
    REQUIRE(thrown);
    CHECK(std::string(thrown->what()) == "the file is torn");
    CHECK_FALSE(made.next(results));
}

namespace {

// What a range of numbers does.
enum class tear { when_it_begins, when_it_is_read, when_it_goes_on };

// The numbers from 0 to 9, torn behind three of them, or at once.
class torn_range {
public:
    class iterator {
    public:
        using value_type = input;
        using difference_type = std::ptrdiff_t;

        iterator() = default;
        explicit iterator(tear how)
            : how_(how)
        {
        }

        input operator*() const
        {
            if (how_ == tear::when_it_is_read && number_ == 3)
                throw std::runtime_error("torn when it is read");
            return fixture::numbered(number_);
        }
        iterator& operator++()
        {
            if (how_ == tear::when_it_goes_on && number_ == 2)
                throw std::runtime_error("torn when it goes on");
            ++number_;
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(std::default_sentinel_t) const { return number_ == 10; }

    private:
        tear how_ = tear::when_it_is_read;
        int number_ = 0;
    };

    explicit torn_range(tear how)
        : how_(how)
    {
    }

    iterator begin() const
    {
        if (how_ == tear::when_it_begins)
            throw std::runtime_error("torn when it begins");
        return iterator(how_);
    }
    std::default_sentinel_t end() const { return {}; }

private:
    tear how_;
};

} // namespace

TEST_CASE("a range that throws, wherever it does, ends with its exception behind the results of what it gave before")
{
    fixture made;
    for (tear const how : {tear::when_it_begins, tear::when_it_is_read, tear::when_it_goes_on}) {
        CAPTURE(static_cast<int>(how));
        auto const results = made.get(made.client.async_map(made.model, torn_range(how), fixture::quick()));
        std::size_t const given = how == tear::when_it_begins ? 0 : 3;
        for (std::size_t i = 0; i < given; ++i)
            CHECK(made.next(results)->ok());
        auto const thrown = failure_of<std::runtime_error>(made.context, results.async_next());
        REQUIRE(thrown);
        CHECK(std::string(thrown->what()).starts_with("torn when it "));
        CHECK_FALSE(made.next(results));
        CHECK(results.progress().failed == 0);
    }
    // And nothing of it is left behind.
    CHECK(are_the_first(indexes(made.all(made.get(made.client.async_map(made.model, fixture::inputs(5), fixture::quick())))), 5));
    CHECK(made.server.counts().creates == 11);
}

TEST_CASE("an observer that throws ends the input that it was told of, and no other")
{
    fixture made;
    auto options = fixture::quick();
    options.in_flight = 4;
    int told = 0;
    options.run.observer = [&told](replicate::run_update const&) {
        if (++told == 3)
            throw std::runtime_error("enough");
    };
    auto const results = made.get(made.client.async_map(made.model, fixture::inputs(12), options));
    auto const found = made.all(results);
    CHECK(are_the_first(indexes(found), 12));
    CHECK(std::ranges::count_if(found, [](map_result const& result) { return !result.ok(); }) == 1);
    for (auto const& result : found)
        if (!result.ok())
            CHECK_THROWS_AS((void)result.output(), std::runtime_error);
    run_out(made.context);
    CHECK(made.server.counts().creates == 12);
}

TEST_CASE("options that mean nothing are refused, and nothing is taken")
{
    fixture made;
    bool pulled = false;
    auto const source = [&]() -> std::optional<input> {
        pulled = true;
        return std::nullopt;
    };
    auto const refused = [&](auto const& change) {
        auto options = fixture::quick();
        change(options);
        auto const failure = made.failure_of(made.client.async_map(made.model, source, options));
        return failure && failure->code() == errc::invalid_argument ? std::string(failure->what()) : std::string();
    };
    CHECK(refused([](auto& options) { options.ahead = 0; }).find("options.ahead") != std::string::npos);
    CHECK(refused([](auto& options) { options.buffer = 0; }).find("options.buffer") != std::string::npos);
    CHECK(refused([](auto& options) { options.order = static_cast<map_order>(7); }).find("options.order") != std::string::npos);
    CHECK(refused([](auto& options) { options.run.timeout = -1s; }).find("options.timeout") != std::string::npos);
    auto const wrong = static_cast<replicate::priority>(7);
    CHECK(refused([&](auto& options) { options.run.priority = wrong; }).find("options.priority") != std::string::npos);
    replicate::retry_config no_budget;
    no_budget.quota_cost = no_budget.quota + 1;
    CHECK(refused([&](auto& options) { options.run.retry = no_budget; }).find("options.retry.quota_cost") != std::string::npos);
    for (std::optional<std::chrono::duration<double>> const odd : {0.0s, -1.0s})
        CHECK(refused([&](auto& options) { options.run.rerun_predict_time = odd; }).find("options.rerun_predict_time") != std::string::npos);
    CHECK_FALSE(pulled);
    CHECK_THROWS_AS((void)map_results().progress(), replicate::error);
    CHECK_THROWS_AS((void)map_results().async_next(), replicate::error);
}

TEST_CASE("the progress tells what waits, works, has ended and was read, and what it has cost")
{
    fixture made;
    auto options = fixture::quick();
    options.in_flight = 3;
    auto inputs = fixture::inputs(20);
    inputs[19].set("fails", true);
    auto const results = made.get(made.client.async_map(made.model, inputs, options));
    auto const first = results.progress();
    CHECK(first.total == 20u);
    CHECK(first.queued + first.in_flight + first.done() <= 20);
    CHECK(first.done() == 0);
    CHECK_FALSE(first.remaining_time);
    double paid = 0;
    for (auto const& result : made.all(results))
        paid += result.prediction()->metrics.predict_time.value_or(0);
    auto const last = results.progress();
    CHECK(last.succeeded == 19);
    CHECK(last.failed == 1);
    CHECK(last.delivered == 20);
    CHECK(last.queued == 0);
    CHECK(last.in_flight == 0);
    CHECK(last.rate > 0);
    CHECK(last.remaining_time->count() == 0);
    CHECK(last.predict_time == doctest::Approx(paid));
    CHECK(paid > 0);
}

TEST_CASE("the progress counts what was paid for interrupted predictions that were run again, and for those that failed")
{
    fixture made;
    made.server.model("acme/flaky", [count = std::make_shared<std::atomic<int>>(0)](input const&) {
        constexpr char const* interruption = "Prediction interrupted; please retry (code: PA)";
        return ++*count % 3 == 0 ? script().run(5ms).output("done") : script().run(5ms).fail(interruption);
    });
    auto options = fixture::quick();
    options.in_flight = 1;
    options.run.reruns = 1;
    // The first fails at its second try, the second succeeds at once, and so on.
    auto const results = made.get(made.client.async_map(made.server.version("acme/flaky"), fixture::inputs(6), options));
    CHECK(made.all(results).size() == 6);
    double paid = 0;
    for (std::string const& id : made.server.predictions()) {
        auto const known = made.get(made.client.predictions().async_get(id));
        CHECK(known.metrics.predict_time.value_or(0) > 0);
        paid += known.metrics.predict_time.value_or(0);
    }
    CHECK(made.server.predictions().size() == 9);
    auto const last = results.progress();
    CHECK(last.succeeded == 3);
    CHECK(last.failed == 3);
    CHECK(last.predict_time == doctest::Approx(paid));
}

TEST_CASE("inputs of a map wait for their turn although the queue is full, and none fails for it")
{
    local_client::configuration const narrow = [](replicate::config& settings) {
        settings.scheduler.in_flight = 1;
        settings.scheduler.queue_length = 1;
    };
    fixture made(narrow);
    made.server.model("acme/long", [](input const&) { return script().run(slowness * 200ms).output("done"); });
    // One is at work and one waits: there is no room in the queue.
    std::vector<pending<replicate::output>> others(3);
    std::string const other = made.server.version("acme/long");
    for (auto const& one : others)
        made.client.async_run(other, input(), local_client::quick(replicate::wait::poll()), one.token());
    auto const results = made.get(made.client.async_map(made.model, fixture::inputs(30), fixture::quick()));
    auto const found = made.all(results);
    CHECK(are_the_first(indexes(found), 30));
    CHECK(std::ranges::all_of(found, [](map_result const& result) { return result.ok(); }));
    REQUIRE(made.run_until([&] { return std::ranges::all_of(others, [](auto const& one) { return one.done(); }); }));
    CHECK(others[2].code() == errc::queue_full);
    CHECK(made.server.counts().creates == 32);
}

TEST_CASE("a map that is cancelled takes nothing more, and gives a result for each that it took")
{
    fixture made;
    auto options = fixture::quick();
    options.in_flight = 4;
    int pulled = 0;
    auto const results = made.get(made.client.async_map(made.server.version("test/never-ends"),
        [&]() -> std::optional<input> { return fixture::numbered(pulled++); }, options));
    REQUIRE(made.run_until_server([](auto const& counts) { return counts.creates == 4; }));
    results.cancel();
    auto const found = made.all(results);
    CHECK(are_the_first(indexes(found), 4));
    for (auto const& result : found)
        CHECK(result.code() == asio::error::operation_aborted);
    CHECK(pulled == 4);
    CHECK(made.run_until_server([](auto const& counts) { return counts.cancels == 4; }));
}

TEST_CASE("when nobody holds the results any more, what is in flight is cancelled, or left to run")
{
    for (auto const wish : {replicate::on_cancel::cancel_remote, replicate::on_cancel::detach}) {
        fixture made;
        auto options = fixture::quick();
        options.in_flight = 3;
        options.run.on_cancel = wish;
        {
            auto const results =
                made.get(made.client.async_map(made.server.version("test/never-ends"), fixture::inputs(10), options));
            REQUIRE(made.run_until([&] { return made.server.predictions().size() == 3 && results.progress().in_flight == 3; }));
            // Every answer to a create has come: the predictions are asked for.
            REQUIRE(made.run_until_server([](auto const& counts) { return counts.gets >= 6; }));
        }
        run_out(made.context);
        CHECK(made.server.counts().creates == 3);
        CHECK(made.server.counts().cancels == (wish == replicate::on_cancel::cancel_remote ? 3 : 0));
    }
}

TEST_CASE("a read that is cancelled or late loses no result, and several may wait at once")
{
    fixture made;
    made.server.model("acme/slow", [](input const&) { return script().run(200ms).output("x"); });
    auto const results =
        made.get(made.client.async_map(made.server.version("acme/slow"), fixture::inputs(3), fixture::quick()));
    replicate::call_options soon;
    soon.timeout = 5ms;
    auto const late = made.failure_of(results.async_next(soon));
    REQUIRE(late);
    CHECK(late->code() == errc::deadline_exceeded);
    asio::cancellation_signal signal;
    pending<std::optional<map_result>> cancelled;
    results.async_next(cancelled.token(signal));
    signal.emit(asio::cancellation_type::terminal);
    REQUIRE(made.run_until([&] { return cancelled.done(); }));
    CHECK(cancelled.code() == asio::error::operation_aborted);
    std::vector<pending<std::optional<map_result>>> readers(4);
    for (auto const& reader : readers)
        results.async_next(reader.token());
    REQUIRE(made.run_until([&] { return std::ranges::all_of(readers, [](auto const& reader) { return reader.done(); }); }));
    std::set<std::size_t> seen;
    for (auto const& reader : readers)
        if (reader.value())
            seen.insert(reader.value()->index());
    CHECK(seen.size() == 3);
}

TEST_CASE("a context that is destroyed with a map under way leaves nothing behind")
{
    auto const held = std::make_shared<int>(0);
    {
        replicate::testing::server server;
        asio::io_context context;
        replicate::client client(context, local_client::settings(server));
        auto const results = replicate::tests::get(context,
            client.async_map(server.version("test/never-ends"),
                [held]() -> std::optional<input> { return fixture::numbered(++*held); }, fixture::quick()));
        server.wait_until([](auto const& counts) { return counts.creates > 0; }, 0ms);
        context.restart();
        context.run_for(50ms);
    }
    CHECK(held.use_count() == 1);
}

TEST_CASE("of a large map that is cancelled each prediction is cancelled, though that takes longer than one may take")
{
    fixture made([](replicate::config& settings) { settings.timeouts.remote_cancel = slowness * 300ms; });
    auto options = made.quick();
    options.run.on_cancel = replicate::on_cancel::cancel_remote;
    auto const results = made.get(made.client.async_map(made.server.version("test/never-ends"), made.inputs(400), options));
    REQUIRE(made.run_until_server([](auto const& counts) { return counts.creates == 400; }));
    results.cancel();
    run_out(made.context);
    CHECK(made.server.counts().cancels == 400);
}

TEST_CASE("where the service says nothing to cancels, thousands do not wait for it one after the other")
{
    fixture made([](replicate::config& settings) { settings.timeouts.remote_cancel = slowness * 100ms; });
    auto options = made.quick();
    options.run.on_cancel = replicate::on_cancel::cancel_remote;
    auto const results = made.get(made.client.async_map(made.server.version("test/never-ends"), made.inputs(400), options));
    REQUIRE(made.run_until_server([](auto const& counts) { return counts.creates == 400; }));
    made.server.always(operation::cancel).never_answer();
    auto const begin = steady::now();
    results.cancel();
    run_out(made.context);
    // Two waves of 32, not thirteen.
    CHECK(steady::now() - begin < slowness * 1s);
}
