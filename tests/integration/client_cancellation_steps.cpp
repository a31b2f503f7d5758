// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// A call is cancelled behind its first handler, behind its second, and so on, until it ends by itself: wherever it waits, it ends
// once, its prediction becomes what was asked for, and its connections are fit for the next.
//
// The slow ones are cancelled behind each third handler or so, each time at others; behind each where REPLICATE_EVERY_STEP is set.

#include "support/descriptors.hpp"
#include "support/local_client.hpp"

#include <replicate/map.hpp>
#include <replicate/webhook_listener.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::input;
using replicate::on_cancel;
using replicate::testing::operation;
using replicate::testing::script;

// Each cancellation has a client of its own; all have one server.
class stage {
public:
    stage()
    {
        server.model("acme/reads-file", [](input const& values) {
            return script().output(std::string(values.contains("document") ? "read" : "nothing").c_str());
        });
        replicate::testing::webhook_options webhooks;
        webhooks.throttle = 0ms;
        webhooks.first_pause = 1ms;
        server.webhooks(webhooks);
    }

    // How many more predictions there are than before.
    std::vector<std::string> created_since(std::size_t before) const
    {
        // The oldest come first.
        auto ids = server.predictions();
        ids.erase(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(before));
        return ids;
    }

    replicate::testing::server server;
};

// A client with a context that is run handler by handler.
class stepped_client {
public:
    explicit stepped_client(stage& at)
        : stage_(at)
        , client(context, local_client::settings(at.server))
        , before_(at.server.predictions().size())
    {
    }

    // False where the work is over, or `is_over`, before that.
    bool run_handlers(std::size_t count, std::function<bool()> const& is_over)
    {
        context.restart();
        for (std::size_t i = 0; i < count; ++i)
            if (is_over() || context.run_one_for(ample) == 0)
                return false;
        return !is_over();
    }

    // What a client of the next call would notice.
    void check_is_fit()
    {
        auto options = local_client::quick();
        auto const output = get(context,
            client.async_run(stage_.server.version("replicate/hello-world"), input().set("text", "again"), options));
        CHECK(output.text() == "hello again");
    }

    // All that the calls before have created.
    std::vector<std::string> statuses() const
    {
        std::vector<std::string> found;
        for (auto const& id : stage_.created_since(before_))
            found.push_back(status_at(stage_.server, id));
        return found;
    }

private:
    stage& stage_;

public:
    asio::io_context context;
    replicate::client client;

private:
    std::size_t before_;
};

bool has_ended(std::string const& status)
{
    return status == "succeeded" || status == "canceled";
}

// One way to run a model.
class run_case {
public:
    std::string model;
    input values;
    replicate::run_options options;
    // What goes wrong.
    std::function<void(replicate::testing::server&)> disturb;
    bool waits_for_webhook = false;
    // The call that goes on for ever is stepped through so far.
    std::size_t enough_handlers = 10'000;
};

// Cancels one run behind `handlers` handlers; false where it was over before.
bool cancel_run(stage& at, run_case const& one, std::size_t handlers)
{
    stepped_client stepped(at);
    replicate::run_options options = one.options;
    std::optional<replicate::webhook_listener> listener;
    if (one.waits_for_webhook) {
        listener.emplace(stepped.client);
        options.wait = replicate::wait::webhook(*listener, 1h);
    }
    if (one.disturb)
        one.disturb(at.server);
    asio::cancellation_signal signal;
    pending<replicate::output> run;
    stepped.client.async_run(one.model, one.values, options, run.token(signal));
    bool const is_under_way = stepped.run_handlers(handlers, [&] { return run.done(); });
    signal.emit(asio::cancellation_type::terminal);
    REQUIRE(run_until(stepped.context, [&] { return run.done(); }));
    listener.reset();
    run_out(stepped.context);
    CHECK(run.completions() == 1);
    bool const is_aborted = run.code() == asio::error::operation_aborted;
    CAPTURE(run.code());
    CHECK((is_aborted || !run.code()));
    auto const statuses = stepped.statuses();
    CHECK(statuses.size() <= 1);
    // Who was given no output has no prediction that goes on to be paid for, unless that was wished.
    if (options.on_cancel == on_cancel::cancel_remote)
        CHECK(std::ranges::all_of(statuses, has_ended));
    else
        CHECK(std::ranges::count(statuses, "canceled") == 0);
    at.server.clear_faults();
    stepped.check_is_fit();
    return is_under_way;
}

// Where each `stride`th handler is enough.
std::size_t stride_of(std::size_t stride)
{
    return std::getenv("REPLICATE_EVERY_STEP") != nullptr ? 1 : stride;
}

// Cancels something behind its handlers, until it was over before or that is enough. Returns how many there were.
std::size_t cancel_everywhere(stage& at, std::size_t stride, std::size_t enough, std::function<bool(std::size_t)> const& cancel)
{
    auto const now = std::chrono::system_clock::now().time_since_epoch();
    std::size_t handlers = static_cast<std::size_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count()) % stride;
    while (handlers < enough) {
        CAPTURE(handlers);
        if (!cancel(handlers))
            break;
        // Nothing of it is left.
        REQUIRE(at.server.wait_until([](auto const& counts) { return counts.live_connections == 0; }));
        handlers += stride;
    }
    // No connection was used again in the middle of something.
    CHECK(at.server.counts().others == 0);
    return std::min(handlers, enough);
}

std::size_t cancel_everywhere(stage& at, run_case const& one, std::size_t stride = 1)
{
    return cancel_everywhere(
        at, stride, one.enough_handlers, [&](std::size_t handlers) { return cancel_run(at, one, handlers); });
}

replicate::map_options map_of(replicate::wait how)
{
    replicate::map_options options;
    options.run = local_client::quick(how);
    options.in_flight = 2;
    return options;
}

std::vector<input> three_inputs()
{
    std::vector<input> made;
    for (int number = 0; number < 3; ++number)
        made.push_back(input().set("text", std::to_string(number)));
    return made;
}

// What is cancelled of a map.
enum class cancelled { map, read };

// One way to map.
class map_case {
public:
    cancelled what = cancelled::map;
    replicate::map_options options = map_of(replicate::wait::poll());
    // Nothing is read until nothing more happens, so that results wait and inputs are not taken.
    bool reads_late = false;
};

// Reads the results of a map, all at once or each when nothing happens without.
class map_reading {
public:
    map_reading(replicate::map_results results, bool reads_late, asio::cancellation_signal& signal)
        : results_(std::move(results))
        , reads_late_(reads_late)
        , signal_(signal)
    {
    }

    // Goes on, and tells whether all is read.
    bool go_on()
    {
        while (started_ < reads.size() && (!reads_late_ || is_idle())) {
            if (started_ == 0)
                results_.async_next(reads[started_].token(signal_));
            else
                results_.async_next(reads[started_].token());
            ++started_;
        }
        return std::ranges::all_of(reads, [](auto const& read) { return read.done(); });
    }

    std::vector<pending<std::optional<replicate::map_result>>> reads{5};

private:
    bool is_idle() const
    {
        auto const progress = results_.progress();
        return progress.queued + progress.in_flight == 0 && (started_ == 0 || reads[started_ - 1].done());
    }

    replicate::map_results results_;
    bool reads_late_;
    asio::cancellation_signal& signal_;
    std::size_t started_ = 0;
};

// Reads the results of a map, of which something is cancelled behind `handlers` handlers; false where it was over before.
bool cancel_map(stage& at, map_case const& one, std::size_t handlers)
{
    stepped_client stepped(at);
    asio::cancellation_signal signal;
    auto const results = get(
        stepped.context, stepped.client.async_map(at.server.version("replicate/hello-world"), three_inputs(), one.options));
    map_reading reading(results, one.reads_late, signal);
    auto const& reads = reading.reads;
    cancelled const what = one.what;
    auto const are_done = [&] { return reading.go_on(); };
    bool const is_under_way = stepped.run_handlers(handlers, are_done);
    if (what == cancelled::map)
        results.cancel();
    else
        signal.emit(asio::cancellation_type::terminal);
    REQUIRE(run_until(stepped.context, are_done));
    run_out(stepped.context);
    std::vector<std::size_t> indexes;
    for (auto const& read : reads) {
        CHECK(read.completions() == 1);
        CHECK((!read.code() || (what == cancelled::read && &read == &reads[0])));
        if (read.value())
            indexes.push_back(read.value()->index());
    }
    std::ranges::sort(indexes);
    CHECK(std::ranges::adjacent_find(indexes) == indexes.end());
    auto const statuses = stepped.statuses();
    CHECK(std::ranges::all_of(statuses, has_ended));
    // Each that was paid for has a result.
    CHECK(statuses.size() <= indexes.size());
    if (what == cancelled::read)
        CHECK(indexes.size() == 3);
    stepped.check_is_fit();
    return is_under_way;
}

} // namespace

TEST_CASE("a run can be cancelled behind each of its handlers")
{
    stage at;
    auto const before = open_descriptors();
    run_case one;
    one.model = at.server.version("replicate/hello-world");
    one.values.set("text", "x");
    SUBCASE("that holds its connection")
    {
        one.options = local_client::quick();
    }
    SUBCASE("that polls")
    {
        one.options = local_client::quick(replicate::wait::poll());
    }
    SUBCASE("that leaves its prediction running")
    {
        one.options = local_client::quick(replicate::wait::poll());
        one.options.on_cancel = on_cancel::detach;
    }
    SUBCASE("that looks up a version and uploads a file")
    {
        one.model = "acme/reads-file";
        one.values = input().set("document", replicate::file_source::from_bytes(std::string(400'000, 'd'), "document.bin"));
        one.options = local_client::quick();
    }
    std::size_t const handlers = cancel_everywhere(at, one, stride_of(one.model.starts_with("acme") ? 4 : 1));
    MESSAGE("cancelled at some of ", handlers, " places");
    // Among them name resolution, connection, handshake, request and answer.
    CHECK(handlers > 10);
    CHECK(open_descriptors() <= before + 4);
}

TEST_CASE("a run that is disturbed can be cancelled behind each of its handlers")
{
    stage at;
    auto const before = open_descriptors();
    run_case one;
    one.model = at.server.version("replicate/hello-world");
    one.values.set("text", "x");
    one.options = local_client::quick(replicate::wait::poll());
    SUBCASE("its create is refused for too many")
    {
        one.disturb = [](auto& server) {
            server.next_create().status(429, R"({"detail":"Request was throttled."})", {{"retry-after-ms", "5"}});
        };
    }
    SUBCASE("the answer to its create is lost")
    {
        one.disturb = [](auto& server) { server.next_create().drop_after_request(); };
    }
    SUBCASE("half of the answer to its create is lost, and its prediction is to be left running")
    {
        one.options.on_cancel = on_cancel::detach;
        one.disturb = [](auto& server) { server.next_create().cut_answer(60); };
    }
    SUBCASE("its connection fails, and its upload is refused once")
    {
        one.model = at.server.version("acme/reads-file");
        one.values = input().set("document", replicate::file_source::from_bytes(std::string(400'000, 'd'), "document.bin"));
        one.disturb = [](auto& server) {
            server.next_connection().drop_before_request();
            server.next(operation::file_create).status(503);
        };
    }
    SUBCASE("it is held, and its connection is lost before it is answered")
    {
        one.options = local_client::quick();
        one.disturb = [](auto& server) { server.next_create().reset_after_request(); };
    }
    SUBCASE("it waits for a webhook")
    {
        one.waits_for_webhook = true;
    }
    SUBCASE("it is observed, and a look at it fails")
    {
        one.options.observer = [](replicate::run_update const&) {};
        one.disturb = [](auto& server) { server.next_get().status(503); };
    }
    std::size_t const handlers = cancel_everywhere(at, one, stride_of(5));
    MESSAGE("cancelled at some of ", handlers, " places");
    CHECK(handlers > 10);
    CHECK(open_descriptors() <= before + 4);
}

TEST_CASE("a run whose prediction never ends can be cancelled behind each of its handlers")
{
    stage at;
    run_case one;
    one.model = at.server.version("test/never-ends");
    one.options = local_client::quick(replicate::wait::poll());
    one.enough_handlers = 60;
    CHECK(cancel_everywhere(at, one, stride_of(4)) == one.enough_handlers);
    CHECK(at.server.counts().cancels > 0);
}

TEST_CASE("a map, or a read of its results, can be cancelled behind each of its handlers")
{
    stage at;
    auto const before = open_descriptors();
    map_case one;
    SUBCASE("the map") { one.what = cancelled::map; }
    SUBCASE("the first read") { one.what = cancelled::read; }
    SUBCASE("the map, whose creates are held") { one.options = map_of(replicate::wait::sync()); }
    SUBCASE("the map, whose results are read late")
    {
        one.reads_late = true;
        one.options.buffer = one.options.ahead = 1;
    }
    std::size_t const handlers =
        cancel_everywhere(at, stride_of(5), 10'000, [&](std::size_t count) { return cancel_map(at, one, count); });
    MESSAGE("cancelled at some of ", handlers, " places");
    CHECK(handlers > 20);
    CHECK(open_descriptors() <= before + 4);
}
