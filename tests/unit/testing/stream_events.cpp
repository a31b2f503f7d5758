// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// What the local server's streams say, and when; no network, no clock.

#include <replicate/impl/testing/option_queue.hpp>
#include <replicate/impl/testing/stream_events.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
namespace testing = replicate::testing;
using testing::script;
using testing::detail::prediction_record;
using testing::detail::stream_event;
using testing::detail::stream_events;
using testing::detail::stream_text;

namespace {

prediction_record record_of(script life)
{
    prediction_record record;
    record.id = "a";
    record.life = std::move(life);
    record.created =
        testing::detail::moment(std::chrono::steady_clock::time_point(1h), std::chrono::sys_seconds(1'000'000s));
    return record;
}

std::string names_of(std::vector<stream_event> const& events)
{
    std::string names;
    for (stream_event const& each : events)
        names += std::string(each.name) + '@'
            + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(each.at).count()) + '=' + each.data
            + ' ';
    return names;
}

std::string told(script life, testing::stream_options const& options = testing::stream_options())
{
    return names_of(stream_events(record_of(std::move(life)), options).list());
}

} // namespace

TEST_CASE("a stream tells the steps of a script at their times, then its end")
{
    CHECK(told(script().boot(5ms).log("l").run(10ms).piece("a").run(10ms).piece("b"))
        == "logs@5=l\n output@15=a output@25=b done@25={} ");
    CHECK(told(script().piece("a").fail("bad")) == R"(output@0=a error@0={"detail":"bad"} done@0={"reason":"error"} )");
    CHECK(told(script().piece("a").never_ends()) == "output@0=a ");
    CHECK(told(script().boot(5ms).abort()) == R"(done@5={"reason":"canceled"} )");
    CHECK(told(script().piece(1).piece(true)) == "output@0=1 output@0=true done@0={} ");
    CHECK(told(script("whole")) == "output@0=whole done@0={} ");
}

TEST_CASE("a stream ends where its prediction was ended from outside, and what came before stays the same")
{
    testing::stream_options const options;
    prediction_record record = record_of(script().run(10ms).piece("a").run(10ms).piece("b"));
    auto const before = stream_events(record, options).list();
    record.ended = testing::early_end(15ms, testing::early_end::reason::cancel);
    auto const after = stream_events(record, options).list();
    CHECK(names_of(after) == R"(output@10=a done@15={"reason":"canceled"} )");
    CHECK(after[0].id == before[0].id);
    record = record_of(script().boot(1h).piece("a"));
    record.ended = testing::early_end(1ms, testing::early_end::reason::cancel);
    CHECK(names_of(stream_events(record, options).list()) == R"(done@1={"reason":"canceled"} )");
}

TEST_CASE("the ids of events are the second and a counter within it")
{
    testing::stream_options const options;
    auto const events = stream_events(record_of(script().piece("a").piece("b").run(1s).piece("c")), options).list();
    REQUIRE(events.size() == 4);
    CHECK(events[0].id == "1000000:0");
    CHECK(events[1].id == "1000000:1");
    CHECK(events[2].id == "1000001:0");
    CHECK(events[3].id == "1000001:1");
}

TEST_CASE("the text of an event has a data line for each of its lines")
{
    testing::stream_options options;
    stream_event event(0ms, "output", " world\n");
    event.id = "1:2";
    CHECK(stream_text(options).greeting() == ": hi\n\n");
    CHECK(stream_text(options).event(event) == "event: output\nid: 1:2\ndata:  world\ndata: \n\n");
    event.data = "";
    CHECK(stream_text(options).event(event) == "event: output\nid: 1:2\ndata: \n\n");
    event.data = "a\r\nb\rc";
    CHECK(stream_text(options).event(event) == "event: output\nid: 1:2\ndata: a\ndata: b\ndata: c\n\n");
    options.retry = 1500ms;
    CHECK(stream_text(options).greeting() == ": hi\n\nretry: 1500\n\n");
    options.lines = testing::stream_lines::carriage_return;
    options.event_ids = false;
    options.comments = 1;
    event.data = "x";
    CHECK(stream_text(options).event(event) == ": nothing new 0\r\revent: output\rdata: x\r\r");
    CHECK(stream_text(options).timeout() == ":408: 408 Request Timeout\r\r");
}

TEST_CASE("a script is streamed as text, as files, or not at all")
{
    using kind = script::stream_kind;
    testing::output_file const file("x", "text/plain", "x");
    CHECK(script().streamed_as() == kind::none);
    CHECK(script("text").streamed_as() == kind::none);
    CHECK(script().piece("text").streamed_as() == kind::text);
    CHECK(script().file(file).streamed_as() == kind::files);
    CHECK(script().file_list({file}).streamed_as() == kind::files);
    CHECK(script().attach(file).piece(script::file_mark(0)).streamed_as() == kind::files);
    CHECK(script().piece("text").streams(kind::none).streamed_as() == kind::none);
}

TEST_CASE("options for the next ones come before those for all, as often as was said")
{
    testing::detail::option_queue<int> queue;
    queue.set(9);
    queue.add(1, 2);
    queue.add(5, 0);
    queue.add(2, 1);
    CHECK(queue.take() == 1);
    CHECK(queue.standing() == 9);
    CHECK(queue.take() == 1);
    CHECK(queue.take() == 2);
    CHECK(queue.take() == 9);
    CHECK(queue.take() == 9);
}
