// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// A call is cancelled behind its first handler, behind its second, and so on, until it ends by itself: wherever it waits, it ends
// once, its prediction becomes what was asked for, and its connections are fit for the next.

#include "support/descriptors.hpp"
#include "support/local_client.hpp"

#include <replicate/map.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::input;
using replicate::on_cancel;
using replicate::testing::script;

// Each cancellation has a client of its own; all have one server.
class stage {
public:
    stage()
    {
        server.model("acme/reads-file", [](input const& values) {
            return script().output(std::string(values.contains("document") ? "read" : "nothing").c_str());
        });
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
    // The call that goes on for ever is stepped through so far.
    std::size_t enough_handlers = 10'000;
};

// Cancels one run behind `handlers` handlers; false where it was over before.
bool cancel_run(stage& at, run_case const& one, std::size_t handlers)
{
    stepped_client stepped(at);
    asio::cancellation_signal signal;
    pending<replicate::output> run;
    stepped.client.async_run(one.model, one.values, one.options, run.token(signal));
    bool const is_under_way = stepped.run_handlers(handlers, [&] { return run.done(); });
    signal.emit(asio::cancellation_type::terminal);
    REQUIRE(run_until(stepped.context, [&] { return run.done(); }));
    run_out(stepped.context);
    CHECK(run.completions() == 1);
    bool const is_aborted = run.code() == asio::error::operation_aborted;
    CHECK((is_aborted || !run.code()));
    auto const statuses = stepped.statuses();
    CHECK(statuses.size() <= 1);
    // Who was given no output has no prediction that goes on to be paid for, unless that was wished.
    if (one.options.on_cancel == on_cancel::cancel_remote)
        CHECK(std::ranges::all_of(statuses, has_ended));
    else
        CHECK(std::ranges::count(statuses, "canceled") == 0);
    stepped.check_is_fit();
    return is_under_way;
}

// At every handler. Returns how many there were.
std::size_t cancel_everywhere(stage& at, run_case const& one)
{
    std::size_t handlers = 0;
    while (handlers < one.enough_handlers) {
        CAPTURE(handlers);
        if (!cancel_run(at, one, handlers))
            break;
        ++handlers;
    }
    return handlers;
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

// Reads the results of a map, of which something is cancelled behind `handlers` handlers; false where it was over before.
bool cancel_map(stage& at, cancelled what, std::size_t handlers)
{
    stepped_client stepped(at);
    asio::cancellation_signal signal;
    auto const results = get(stepped.context,
        stepped.client.async_map(at.server.version("replicate/hello-world"), three_inputs(), map_of(replicate::wait::poll())));
    std::vector<pending<std::optional<replicate::map_result>>> reads(5);
    results.async_next(reads[0].token(signal));
    for (std::size_t i = 1; i < reads.size(); ++i)
        results.async_next(reads[i].token());
    auto const are_done = [&] { return std::ranges::all_of(reads, [](auto const& read) { return read.done(); }); };
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
    std::size_t const handlers = cancel_everywhere(at, one);
    MESSAGE("cancelled at ", handlers, " places");
    // Among them name resolution, connection, handshake, request and answer.
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
    CHECK(cancel_everywhere(at, one) == one.enough_handlers);
    CHECK(at.server.counts().cancels > 0);
}

TEST_CASE("a map, or a read of its results, can be cancelled behind each of its handlers")
{
    stage at;
    cancelled what = cancelled::map;
    SUBCASE("the map") { what = cancelled::map; }
    SUBCASE("the first read") { what = cancelled::read; }
    std::size_t handlers = 0;
    while (cancel_map(at, what, handlers)) {
        ++handlers;
        CAPTURE(handlers);
    }
    MESSAGE("cancelled at ", handlers, " places");
    CHECK(handlers > 20);
}
