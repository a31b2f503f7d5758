// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/stream_machine.hpp>

#include <boost/asio/error.hpp>
#include <boost/json/parse.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

namespace json = boost::json;
using replicate::errc;
using replicate::prediction;
using replicate::core::received_logs;
using replicate::core::received_output;
using replicate::core::sse_event;
using replicate::core::stream_action_kind;
using replicate::core::stream_break;
using replicate::core::stream_machine;
using namespace std::chrono_literals;

sse_event event(std::string name, std::string data, std::string id)
{
    sse_event made;
    made.name = std::move(name);
    made.data = std::move(data);
    made.has_own_id = !id.empty();
    made.id = std::move(id);
    return made;
}

prediction seen(std::string_view status, std::string_view output, std::string_view error = "null",
    std::string_view logs = "null")
{
    std::string const text = R"({"id":"p","status":")" + std::string(status) + R"(","output":)" + std::string(output)
        + R"(,"error":)" + std::string(error) + R"(,"logs":)" + std::string(logs) + "}";
    return prediction::from_json(json::parse(text));
}

stream_break lost()
{
    stream_break how;
    how.code = errc::connection_lost;
    return how;
}

stream_break refused(unsigned status)
{
    stream_break how;
    how.code = make_error_code(boost::system::errc::permission_denied);
    how.status = status;
    return how;
}

class machine_fixture {
public:
    machine_fixture()
    {
        options.resumes = 3;
        options.first_backoff = 100ms;
        options.maximum_backoff = 400ms;
    }

    stream_machine make(bool makes_files = false) const { return stream_machine(options, makes_files); }

    replicate::stream_options options;
};

} // namespace

TEST_CASE_FIXTURE(machine_fixture, "a stream that is done asks how the prediction ended, and gives done last")
{
    stream_machine machine = make();
    CHECK(machine.start().kind == stream_action_kind::connect);
    CHECK(machine.on_event(event("output", "Hello", "1:0")));
    CHECK_FALSE(machine.on_event(event("done", "{}", "1:1")));
    CHECK(machine.is_done());
    CHECK(machine.on_break(stream_break(), 0.5).kind == stream_action_kind::get);
    CHECK(machine.on_seen(seen("processing", "null"), 0.5).kind == stream_action_kind::get);
    CHECK(machine.on_seen(seen("succeeded", R"(["Hel","lo"])"), 0.5).kind == stream_action_kind::finish);
    CHECK_FALSE(machine.verdict());
    CHECK(machine.rest().output.empty());
    CHECK(machine.rest().done == "{}");
    CHECK(machine.rest().done_id == "1:1");
}

TEST_CASE_FIXTURE(machine_fixture, "a break is resumed at once, then with growing pauses, and then left to the record")
{
    stream_machine machine = make();
    CHECK(machine.on_event(event("output", "a", "1:0")));
    auto action = machine.on_break(lost(), 0.999);
    CHECK(action.kind == stream_action_kind::connect);
    CHECK(machine.last_event_id() == "1:0");
    std::vector<std::chrono::steady_clock::duration> pauses;
    for (int i = 0; i < 2; ++i) {
        action = machine.on_break(lost(), 0.999);
        CHECK(action.kind == stream_action_kind::get);
        pauses.push_back(action.pause);
        CHECK(machine.on_seen(seen("processing", "null"), 0.0).kind == stream_action_kind::connect);
    }
    CHECK(pauses[0] > 90ms);
    CHECK(pauses[1] > 190ms);
    CHECK(machine.on_break(lost(), 0.0).kind == stream_action_kind::get);
    // Enough: from now on only the record is asked.
    CHECK(machine.on_seen(seen("processing", "null"), 0.0).kind == stream_action_kind::get);
    CHECK(machine.on_seen(seen("succeeded", R"(["a","b"])"), 0.0).kind == stream_action_kind::finish);
    CHECK(machine.rest().output == std::vector<std::string>{"b"});
    CHECK_FALSE(machine.verdict());
}

TEST_CASE_FIXTURE(machine_fixture, "something new makes up for the breaks before it; a replay does not")
{
    stream_machine machine = make();
    for (int round = 0; round < 20; ++round) {
        CHECK(machine.on_event(event("output", "a", "1:" + std::to_string(round))));
        CHECK(machine.on_break(lost(), 0.0).kind == stream_action_kind::connect);
        CHECK_FALSE(machine.on_event(event("output", "a", "1:0")));
    }
    CHECK(machine.on_break(lost(), 0.0).kind == stream_action_kind::get);
}

TEST_CASE_FIXTURE(machine_fixture, "a model that is starting may be silent for any time")
{
    stream_machine machine = make();
    CHECK(machine.on_break(lost(), 0.0).kind == stream_action_kind::connect);
    for (int i = 0; i < 50; ++i) {
        CHECK(machine.on_break(lost(), 0.0).kind == stream_action_kind::get);
        CHECK(machine.on_seen(seen("starting", "null"), 0.0).kind == stream_action_kind::connect);
    }
}

TEST_CASE_FIXTURE(machine_fixture, "the token is shown once it is asked for, and only to a host that may see it")
{
    for (unsigned const status : {401u, 403u}) {
        stream_machine machine = make();
        stream_break how = refused(status);
        SUBCASE("a host of the service")
        {
            how.could_show_token = true;
            CHECK(machine.on_break(how, 0.0).kind == stream_action_kind::connect);
            CHECK(machine.shows_token());
            CHECK(machine.on_break(how, 0.0).kind == stream_action_kind::get);
        }
        SUBCASE("another host")
        {
            CHECK(machine.on_break(how, 0.0).kind == stream_action_kind::get);
            CHECK_FALSE(machine.shows_token());
        }
    }
}

TEST_CASE_FIXTURE(machine_fixture, "a stream that is not there is not asked for again")
{
    for (unsigned const status : {404u, 410u, 400u}) {
        stream_machine machine = make();
        CHECK(machine.on_break(refused(status), 0.0).kind == stream_action_kind::get);
        CHECK(machine.on_seen(seen("starting", "null"), 0.0).kind == stream_action_kind::get);
        CHECK(machine.on_seen(seen("processing", "null"), 0.0).kind == stream_action_kind::get);
    }
}

TEST_CASE_FIXTURE(machine_fixture, "an output that is not what came is told")
{
    for (std::string_view const output : {R"(["Hexxo"])", R"(["Hell"])", R"("Jello, world")"}) {
        stream_machine machine = make();
        CHECK(machine.on_event(event("output", "Hello", "1:0")));
        machine.on_event(event("done", "{}", "1:1"));
        CHECK(machine.on_seen(seen("succeeded", output), 0.0).kind == stream_action_kind::finish);
        CHECK(machine.verdict() == errc::stream_truncated);
        CHECK(machine.rest().output.empty());
    }
}

TEST_CASE_FIXTURE(machine_fixture, "an output that the record does not tell is believed to the stream that was done")
{
    stream_machine machine = make();
    CHECK(machine.on_event(event("output", "Hello", "1:0")));
    SUBCASE("done")
    {
        machine.on_event(event("done", "{}", "1:1"));
        machine.on_seen(seen("succeeded", "null"), 0.0);
        CHECK_FALSE(machine.verdict());
    }
    SUBCASE("not done")
    {
        machine.on_seen(seen("succeeded", "null"), 0.0);
        CHECK(machine.verdict() == errc::stream_truncated);
    }
}

TEST_CASE_FIXTURE(machine_fixture, "a prediction that does not succeed says so, whatever the stream said")
{
    stream_machine machine = make();
    CHECK(machine.on_event(event("output", "Hello", "1:0")));
    SUBCASE("failed, not said")
    {
        machine.on_seen(seen("failed", "null", R"("out of memory")"), 0.0);
        CHECK(machine.verdict() == errc::prediction_failed);
        CHECK(machine.rest().error == "out of memory");
        CHECK(machine.rest().done == R"({"reason":"error"})");
    }
    SUBCASE("failed, said")
    {
        CHECK(machine.on_event(event("error", "out of memory", "1:1")));
        machine.on_seen(seen("failed", "null", R"("out of memory")"), 0.0);
        CHECK(machine.rest().error.empty());
    }
    SUBCASE("canceled")
    {
        machine.on_event(event("done", R"({"reason":"canceled"})", "1:1"));
        machine.on_seen(seen("canceled", "null"), 0.0);
        CHECK(machine.verdict() == errc::prediction_canceled);
        CHECK(machine.rest().done == R"({"reason":"canceled"})");
    }
    SUBCASE("aborted")
    {
        machine.on_seen(seen("aborted", "null"), 0.0);
        CHECK(machine.verdict() == errc::prediction_aborted);
    }
}

TEST_CASE_FIXTURE(machine_fixture, "a record that cannot be had does not take back what is done")
{
    stream_machine machine = make();
    SUBCASE("it comes too late")
    {
        machine.on_event(event("done", "{}", "1:1"));
        auto action = machine.on_break(stream_break(), 0.0);
        for (int i = 0; i < 100 && action.kind == stream_action_kind::get; ++i)
            action = machine.on_seen(seen("processing", "null"), 0.0);
        CHECK(action.kind == stream_action_kind::finish);
        CHECK_FALSE(machine.verdict());
    }
    SUBCASE("it is too large")
    {
        machine.on_event(event("done", "{}", "1:1"));
        CHECK(machine.on_get_failed(errc::body_too_large, 0.0).kind == stream_action_kind::finish);
    }
    SUBCASE("and nothing is done")
    {
        CHECK(machine.on_get_failed(errc::connection_lost, 0.0).kind == stream_action_kind::get);
        CHECK(machine.on_get_failed(errc::body_too_large, 0.0).kind == stream_action_kind::fail);
    }
}

TEST_CASE_FIXTURE(machine_fixture, "of files the number is compared, because the stream may bring them whole")
{
    received_output received(true);
    received.add("data:image/png;base64,AAAA");
    auto const rest = received.compare(seen("succeeded", R"(["https://x.test/a","https://x.test/b"])"));
    CHECK(rest.output == std::vector<std::string>{"https://x.test/b"});
    CHECK_FALSE(rest.differs);
    received.add("b");
    received.add("c");
    CHECK(received.compare(seen("succeeded", R"(["https://x.test/a","https://x.test/b"])")).differs);
}

TEST_CASE("every cut of a text is completed, whatever its pieces")
{
    std::string const text = "Hello, wor\xc3\xa4ld";
    auto const ended = seen("succeeded", R"(["Hel","","lo, ","wor","äld"])");
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        received_output received(false);
        received.add(text.substr(0, cut));
        std::string whole = text.substr(0, cut);
        for (std::string const& piece : received.compare(ended).output)
            whole += piece;
        CHECK(whole == text);
        CHECK_FALSE(received.compare(ended).differs);
    }
}

TEST_CASE_FIXTURE(machine_fixture, "no stream is opened again sooner than the service wishes, up to the longest pause of all")
{
    stream_machine machine = make();
    machine.on_retry(250ms);
    CHECK(machine.on_break(lost(), 0.0).kind == stream_action_kind::connect);
    SUBCASE("also the first time")
    {
        stream_machine other = make();
        other.on_retry(250ms);
        CHECK(other.on_break(lost(), 0.0).pause == 250ms);
    }
    SUBCASE("and the second time; later the own pauses are longer")
    {
        // The own ones would be 50 ms, 100 ms and 200 ms here, and 400 ms at most.
        CHECK(machine.on_break(lost(), 0.0).pause == 250ms);
        CHECK(machine.on_break(lost(), 0.999).pause == 250ms);
        CHECK(machine.on_break(lost(), 0.999).pause > 390ms);
    }
    SUBCASE("but not longer than the options allow")
    {
        machine.on_retry(1h);
        CHECK(machine.on_break(lost(), 0.0).pause == 400ms);
    }
    SUBCASE("a later wish counts")
    {
        machine.on_retry(0ms);
        CHECK(machine.on_break(lost(), 0.0).pause == 50ms);
    }
    SUBCASE("and what is done is not opened again")
    {
        machine.on_event(event("done", "{}", "1:1"));
        CHECK(machine.on_break(stream_break(), 0.0).pause == 0ms);
        CHECK(machine.on_seen(seen("processing", "null"), 0.0).pause == 50ms);
    }
}

TEST_CASE_FIXTURE(machine_fixture, "a token that cannot be had passes, but what is done does not wait for it for ever")
{
    stream_machine machine = make();
    CHECK(machine.on_event(event("output", "Hello", "1:0")));
    SUBCASE("not done")
    {
        for (int i = 0; i < 100; ++i)
            CHECK(machine.on_get_impossible(0.0).kind == stream_action_kind::get);
        CHECK(machine.on_get_impossible(0.999).pause > 390ms);
    }
    SUBCASE("done")
    {
        machine.on_event(event("done", "{}", "1:1"));
        auto action = machine.on_break(stream_break(), 0.0);
        int looks = 0;
        for (; action.kind == stream_action_kind::get; ++looks)
            action = machine.on_get_impossible(0.0);
        CHECK(looks < 10);
        CHECK(action.kind == stream_action_kind::finish);
        CHECK_FALSE(machine.verdict());
    }
}

TEST_CASE_FIXTURE(machine_fixture, "the logs that a broken stream did not bring come from the record")
{
    stream_machine machine = make();
    CHECK(machine.on_event(event("logs", "one\n", "1:0")));
    CHECK(machine.on_event(event("output", "a", "1:1")));
    auto const ended = seen("succeeded", R"(["a","b"])", "null", R"("one\ntwo\n")");
    SUBCASE("broken")
    {
        machine.on_seen(ended, 0.0);
        CHECK(machine.rest().logs == "two\n");
        CHECK(machine.rest().output == std::vector<std::string>{"b"});
    }
    SUBCASE("a stream that was done has said what it had to say")
    {
        machine.on_event(event("done", "{}", "1:2"));
        machine.on_seen(ended, 0.0);
        CHECK(machine.rest().logs.empty());
    }
    SUBCASE("nothing that came is told again")
    {
        CHECK(machine.on_event(event("logs", "two\n", "1:2")));
        machine.on_seen(ended, 0.0);
        CHECK(machine.rest().logs.empty());
    }
}

TEST_CASE("every cut of logs is completed, however a stream writes the ends of their lines")
{
    std::string const whole = "loading\n 10%|#  | 1/10\r 20%|## | 2/10\r\n\nw\xc3\xa4rm\nlast";
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
        received_logs received;
        received.add(whole.substr(0, cut));
        std::string expected = whole.substr(cut);
        if (cut > 0 && whole[cut - 1] == '\r' && expected.starts_with('\n'))
            expected.erase(0, 1);
        CHECK(received.missing_of(whole) == expected);
    }
    received_logs lines;
    lines.add("loading\n");
    lines.add(" 10%|#  | 1/10\n 20%|## | 2/10\n");
    CHECK(lines.missing_of(whole) == "\nw\xc3\xa4rm\nlast");
    lines.add("\n");
    CHECK(lines.missing_of(whole) == "w\xc3\xa4rm\nlast");
}

TEST_CASE("logs that are not those that came, or go no further, add nothing")
{
    received_logs received;
    received.add("one\ntwo");
    CHECK(received.missing_of("").empty());
    CHECK(received.missing_of("one\n").empty());
    CHECK(received.missing_of("one\ntwo\n").empty());
    CHECK(received.missing_of("two\nthree\n").empty());
    CHECK(received.missing_of("one\ntwo and more\n") == " and more\n");
}
