// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/event.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <type_traits>

using replicate::done_reason;
using replicate::event;
using replicate::event_kind;

namespace {

done_reason reason_of(std::string_view text)
{
    return event("done", std::string(text), "").reason();
}

std::string detail_of(std::string_view text)
{
    return event("error", std::string(text), "").error_detail();
}

} // namespace

TEST_CASE("the kind of an event follows from its name, and every name is kept")
{
    struct row {
        std::string_view name;
        event_kind kind;
    };
    constexpr row rows[] = {{"output", event_kind::output}, {"logs", event_kind::logs}, {"error", event_kind::error},
        {"done", event_kind::done}, {"message", event_kind::unknown}, {"Output", event_kind::unknown},
        {"metrics", event_kind::unknown}, {"", event_kind::unknown}};
    for (row const& one : rows) {
        CAPTURE(one.name);
        event const read(std::string(one.name), "text", "7:1");
        CHECK(read.kind() == one.kind);
        CHECK(read.name() == one.name);
        CHECK(read.text() == "text");
        CHECK(read.id() == "7:1");
        CHECK(read.is_output() == (one.kind == event_kind::output));
        CHECK(read.is_logs() == (one.kind == event_kind::logs));
        CHECK(read.is_error() == (one.kind == event_kind::error));
        CHECK(read.is_done() == (one.kind == event_kind::done));
    }
}

TEST_CASE("the text of an output is what came, with its blanks and line ends")
{
    CHECK(event("output", " world\n", "").text() == " world\n");
    CHECK(event("output", "", "").text() == "");
    CHECK(event("output", "{\"detail\":\"x\"}", "").text() == "{\"detail\":\"x\"}");
}

TEST_CASE("an event made of nothing is of unknown kind")
{
    event const none;
    CHECK(none.kind() == event_kind::unknown);
    CHECK(none.text() == "");
    CHECK(none.reason() == done_reason::unknown);
    CHECK(none.error_detail() == "");
}

TEST_CASE("the reason of a done event is read, with or without data")
{
    CHECK(reason_of("{}") == done_reason::finished);
    CHECK(reason_of("") == done_reason::finished);
    CHECK(reason_of(" \n") == done_reason::finished);
    CHECK(reason_of(R"({"reason":null})") == done_reason::finished);
    CHECK(reason_of(R"({"reason":"canceled"})") == done_reason::canceled);
    CHECK(reason_of(R"({"reason": "error"})") == done_reason::error);
    CHECK(reason_of(R"({"reason":"moved"})") == done_reason::unknown);
    CHECK(reason_of(R"({"reason":5})") == done_reason::unknown);
    CHECK(reason_of("[]") == done_reason::unknown);
    CHECK(reason_of("canceled") == done_reason::unknown);
    CHECK(event("output", R"({"reason":"canceled"})", "").reason() == done_reason::unknown);
}

TEST_CASE("the detail of an error event is read from JSON and from plain text")
{
    CHECK(detail_of(R"({"detail":"Something went wrong"})") == "Something went wrong");
    CHECK(detail_of("Something went wrong") == "Something went wrong");
    CHECK(detail_of(R"("Something went wrong")") == "Something went wrong");
    CHECK(detail_of(R"({"message":"x"})") == R"({"message":"x"})");
    CHECK(detail_of(R"({"detail":null})") == R"({"detail":null})");
    CHECK(detail_of(R"({"detail":"cut)") == R"({"detail":"cut)");
    CHECK(detail_of("") == "");
    CHECK(event("output", R"({"detail":"x"})", "").error_detail() == "");
}

TEST_CASE("an output that is a URL can be taken as a file")
{
    CHECK(event("output", "https://replicate.delivery/a/out.png", "").file().name() == "out.png");
    CHECK(event("output", "data:text/plain,banana", "").file().url() == "data:text/plain,banana");
    for (event const& other : {event("output", "http://example.com/a", ""), event("output", "text", ""),
             event("output", "", ""), event("logs", "https://replicate.delivery/a", "")}) {
        CAPTURE(other.text());
        CHECK_FALSE(other.is_file());
        CHECK_THROWS_WITH_AS(other.file(),
            ("the output is of another kind: the event '" + other.name() + "' brings no URL of a file").c_str(),
            replicate::error);
    }
}

TEST_CASE("an event is no aggregate")
{
    CHECK_FALSE(std::is_aggregate_v<event>);
}
