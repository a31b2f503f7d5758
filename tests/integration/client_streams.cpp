// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/stream.hpp>

#include "support/local_client.hpp"
#include "support/slowness.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;
using replicate::condition;
using replicate::errc;
using replicate::event;
using replicate::input;
using replicate::tests::failure_of;
using replicate::tests::get;
using replicate::tests::run_out;
using replicate::tests::run_until;
using replicate::tests::thrown_by;
using replicate::testing::script;
using namespace std::chrono_literals;

// What came of a stream.
class heard {
public:
    std::string text;
    std::string logs;
    std::size_t outputs = 0;
    std::vector<std::string> names;
    std::optional<replicate::error> failure;

    void take(event const& one)
    {
        names.push_back(one.name());
        if (one.is_logs())
            logs += one.text();
        if (!one.is_output())
            return;
        text += one.text();
        ++outputs;
    }
};

asio::awaitable<heard> listen(replicate::stream stream)
{
    heard all;
    try {
        for (std::optional<event> one = co_await stream.async_next(); one;) {
            all.take(*one);
            one = co_await stream.async_next();
        }
    } catch (replicate::error const& failure) {
        all.failure.emplace(failure);
    }
    co_return all;
}

asio::awaitable<heard> stream_and_listen(replicate::client client, std::string model, replicate::stream_options options)
{
    input const values = input().set("prompt", "llamas");
    replicate::stream stream = co_await client.async_stream(model, values, options);
    heard all = co_await listen(stream);
    co_return all;
}

// Pieces with everything in them that could go wrong: line ends, letters of several bytes, blanks at the edges, nothing.
std::vector<std::string> awkward_pieces()
{
    return {"Once", " upon\n", "a time", "\n\n", " ", "", "there was a ll\xc3\xa4m\xc3\xa4 \xf0\x9f\xa6\x99", "data: x",
        ": no comment", "\n", "id: 7", " the end.\n"};
}

std::string joined(std::vector<std::string> const& pieces)
{
    std::string all;
    for (std::string const& piece : pieces)
        all += piece;
    return all;
}

script tale(std::chrono::milliseconds pause = 2ms)
{
    return script().run(pause).log("thinking").text_pieces(awkward_pieces(), pause);
}

class streams_fixture {
public:
    streams_fixture()
    {
        options.first_backoff = 5ms;
        options.maximum_backoff = 50ms;
        server.model("test/tale", [](input const&) { return tale(); });
        server.model("test/slow-tale", [](input const&) { return tale(60ms); });
    }

    heard stream(std::string const& model) { return get(context, stream_and_listen(client, model, options)); }

    replicate::stream open(std::string const& model)
    {
        return get(context, client.async_stream(model, input().set("prompt", "llamas"), options));
    }

    replicate::testing::server server;
    asio::io_context context;
    replicate::client client{context, server.config()};
    replicate::stream_options options;
    std::string const text = joined(awkward_pieces());
};

void check_whole(heard const& all, std::string const& text)
{
    CHECK_FALSE(all.failure.has_value());
    CHECK(all.text == text);
    REQUIRE_FALSE(all.names.empty());
    CHECK(all.names.back() == "done");
    CHECK(std::count(all.names.begin(), all.names.end(), "done") == 1);
}

} // namespace

TEST_CASE_FIXTURE(streams_fixture, "a stream brings every piece as it was made, and then is done")
{
    replicate::stream const stream = open("test/slow-tale");
    CHECK_FALSE(stream.prediction()->is_terminal());
    heard const all = get(context, listen(stream));
    check_whole(all, text);
    CHECK(stream.prediction()->status == replicate::prediction_status::succeeded);
    CHECK(stream.prediction()->metrics.predict_time.value_or(0.0) > 0.0);
    CHECK(stream.prediction()->meta().status == 200);
    CHECK(server.counts().creates == 1);
    CHECK(server.counts().stream_authorizations == 0);
    CHECK(server.counts().streams == 1);
    run_out(context);
}

TEST_CASE_FIXTURE(streams_fixture, "events come while the prediction still runs")
{
    server.model("test/pause", [](input const&) {
        return script().text_pieces({"first"}, 1ms).run(20s).text_pieces({"second"}, 1ms);
    });
    replicate::stream const stream = open("test/pause");
    std::optional<event> one = get(context, stream.async_next());
    while (one && !one->is_output())
        one = get(context, stream.async_next());
    REQUIRE(one.has_value());
    CHECK(one->text() == "first");
    CHECK(server.prediction(stream.prediction()->id)->at("status") == "processing");
}

TEST_CASE_FIXTURE(streams_fixture, "a stream is whole however the service frames it")
{
    replicate::testing::stream_options shape;
    SUBCASE("byte by byte") { shape.byte_by_byte = true; }
    SUBCASE("to the end of the connection") { shape.framing = replicate::testing::stream_framing::connection_close; }
    SUBCASE("line ends of two letters") { shape.lines = replicate::testing::stream_lines::carriage_return_line_feed; }
    SUBCASE("line ends of the other kind") { shape.lines = replicate::testing::stream_lines::carriage_return; }
    SUBCASE("no ids") { shape.event_ids = false; }
    SUBCASE("a flood of comments") { shape.comments = 1'000; }
    SUBCASE("closed by the service") { shape.close_after_done = true; }
    SUBCASE("only for those who ask for it") { shape.needs_accept = true; }
    server.every_stream(shape);
    check_whole(stream("test/tale"), text);
    CHECK(server.counts().streams == 1);
    CHECK(server.counts().creates == 1);
}

TEST_CASE_FIXTURE(streams_fixture, "a stream cut behind each of its events still brings every piece once")
{
    std::size_t const events = awkward_pieces().size() + 1;
    for (auto const ending : {replicate::testing::stream_ending::close, replicate::testing::stream_ending::reset,
             replicate::testing::stream_ending::complete})
        for (bool const resumes : {true, false})
            for (std::size_t cut = 0; cut <= events; ++cut) {
                INFO("cut behind ", cut, " events, ending ", static_cast<int>(ending), ", resumed: ", resumes);
                replicate::testing::stream_options shape;
                shape.cut_after_events = cut;
                shape.cut = ending;
                server.clear_faults();
                server.next_stream(shape);
                replicate::testing::stream_options whole;
                whole.resumes = resumes;
                server.every_stream(whole);
                heard const all = stream("test/tale");
                check_whole(all, text);
                CHECK(all.outputs <= awkward_pieces().size());
            }
}

TEST_CASE_FIXTURE(streams_fixture, "a stream cut at 200 random bytes still brings every piece once")
{
    std::uint32_t seed = 12345;
    for (int round = 0; round < 200; ++round) {
        seed = seed * 1664525 + 1013904223;
        replicate::testing::stream_options shape;
        shape.cut_after_bytes = (seed >> 8) % 700;
        shape.cut = seed % 2 == 0 ? replicate::testing::stream_ending::close : replicate::testing::stream_ending::reset;
        INFO("cut behind ", *shape.cut_after_bytes, " bytes");
        server.next_stream(shape);
        check_whole(stream("test/tale"), text);
    }
    CHECK(server.counts().creates == 200);
}

TEST_CASE_FIXTURE(streams_fixture, "a stream that is cut again and again is resumed behind its last event each time")
{
    replicate::testing::stream_options shape;
    shape.cut_after_events = 2;
    server.every_stream(shape);
    heard const all = stream("test/slow-tale");
    check_whole(all, text);
    CHECK(all.outputs <= awkward_pieces().size());
    CHECK(server.counts().streams >= 6);
}

TEST_CASE_FIXTURE(streams_fixture, "events without ids are never taken twice: the rest comes from the prediction")
{
    replicate::testing::stream_options shape;
    shape.event_ids = false;
    shape.cut_after_events = 5;
    server.every_stream(shape);
    check_whole(stream("test/tale"), text);
    CHECK(server.counts().streams == 1);
}

TEST_CASE_FIXTURE(streams_fixture, "where there is no stream behind the link the text comes from the prediction")
{
    replicate::testing::stream_options shape;
    SUBCASE("gone") { shape.status = 410; }
    SUBCASE("not found") { shape.status = 404; }
    SUBCASE("broken") { shape.status = 500; }
    SUBCASE("not for everybody, and the host is not the service's") { shape.needs_token = true; }
    SUBCASE("something else") { shape.content_type = "text/html"; }
    SUBCASE("an event larger than is allowed") { shape.huge_event = 100'000; }
    options.event_bytes = 10'000;
    server.every_stream(shape);
    check_whole(stream("test/tale"), text);
    CHECK(server.counts().stream_authorizations == 0);
}

TEST_CASE_FIXTURE(streams_fixture, "a host that may see the token is shown it once it asks for it")
{
    replicate::testing::stream_options shape;
    shape.needs_token = true;
    server.every_stream(shape);
    replicate::config settings = server.config();
    settings.files.delivery_hosts = server.stream_url().substr(std::string("https://").size());
    replicate::client const trusting(context, settings);
    check_whole(get(context, stream_and_listen(trusting, "test/tale", options)), text);
    CHECK(server.counts().streams == 2);
    CHECK(server.counts().stream_authorizations == 1);
}

TEST_CASE_FIXTURE(streams_fixture, "a stream that is throttled is asked for again")
{
    replicate::testing::stream_options shape;
    shape.status = 429;
    shape.body = R"({"detail":"Request was throttled.","retry_after":0})";
    server.next_stream(shape);
    check_whole(stream("test/tale"), text);
    CHECK(server.counts().streams == 2);
}

TEST_CASE_FIXTURE(streams_fixture, "a connection that falls silent is opened anew")
{
    replicate::testing::stream_options shape;
    shape.stall_after_events = 4;
    server.next_stream(shape);
    options.silence = 100ms * replicate::tests::slowness;
    check_whole(stream("test/tale"), text);
    CHECK(server.counts().streams == 2);
}

TEST_CASE_FIXTURE(streams_fixture, "a model that is slow to start outlasts the service's patience with silent streams")
{
    server.model("test/cold", [](input const&) { return script().boot(600ms).text_pieces(awkward_pieces(), 1ms); });
    replicate::testing::stream_options shape;
    shape.idle_timeout = 20ms;
    server.every_stream(shape);
    options.resumes = 2;
    heard const all = stream("test/cold");
    check_whole(all, text);
    CHECK(server.counts().streams > 4);
}

TEST_CASE_FIXTURE(streams_fixture, "what came is compared with the output in the end")
{
    replicate::testing::stream_options shape;
    shape.invalid_utf8 = true;
    server.every_stream(shape);
    heard const all = stream("test/tale");
    REQUIRE(all.failure.has_value());
    CHECK(all.failure->code() == errc::stream_truncated);
    CHECK(all.failure->code() == condition::protocol);
    CHECK(all.text.find("\xef\xbf\xbd") != std::string::npos);
    CHECK(all.failure->diagnostics().prediction->output().is_array());
}

TEST_CASE_FIXTURE(streams_fixture, "a prediction that fails is no quiet end of its stream")
{
    server.model("test/breaks", [](input const&) { return script().text_pieces({"Once"}, 1ms).fail("out of memory"); });
    replicate::testing::stream_options shape;
    SUBCASE("said by the stream") {}
    SUBCASE("said as plain text") { shape.json_errors = false; }
    SUBCASE("not said by the stream") { shape.status = 404; }
    server.every_stream(shape);
    heard const all = stream("test/breaks");
    REQUIRE(all.failure.has_value());
    CHECK(all.failure->code() == condition::prediction_failed);
    CHECK(std::string(all.failure->what()).find("out of memory") != std::string::npos);
    CHECK(all.text == "Once");
    REQUIRE(all.names.size() >= 2);
    CHECK(all.names[all.names.size() - 2] == "error");
    CHECK(all.names.back() == "done");
}

TEST_CASE_FIXTURE(streams_fixture, "where the record cannot be had, a stream ends as it said itself")
{
    server.model("test/breaks", [](input const&) { return script().text_pieces({"Once"}, 1ms).fail("out of memory"); });
    client = replicate::client(context, replicate::tests::local_client::settings(server));
    for (unsigned const status : {404u, 401u, 500u}) {
        server.clear_faults();
        server.always(replicate::testing::operation::get).status(status);
        heard const failed = stream("test/breaks");
        REQUIRE(failed.failure.has_value());
        CHECK(failed.failure->code() == condition::prediction_failed);
        CHECK(failed.text == "Once");
        check_whole(stream("test/tale"), text);
    }
}

TEST_CASE_FIXTURE(streams_fixture, "a model that thinks for long outlasts the service's patience, too")
{
    server.model("test/thinks", [](input const&) {
        return script().run(1ms).text_pieces({"a"}, 1ms).run(600ms).text_pieces(awkward_pieces(), 30ms);
    });
    replicate::testing::stream_options shape;
    shape.idle_timeout = 40ms;
    server.every_stream(shape);
    options.resumes = 2;
    replicate::stream const thinking = open("test/thinks");
    std::string told;
    std::size_t live = 0;
    while (auto const one = get(context, thinking.async_next())) {
        told += one->is_output() ? one->text() : "";
        live += one->is_output() && server.prediction(thinking.prediction()->id)->at("status") == "processing";
    }
    CHECK(told == "a" + text);
    CHECK(live > 3);
}

TEST_CASE_FIXTURE(streams_fixture, "whoever reads a stream slowly can make other calls meanwhile")
{
    replicate::config settings = server.config();
    settings.scheduler.in_flight = 1;
    client = replicate::client(context, settings);
    replicate::stream const slow = open("test/slow-tale");
    while (auto const one = get(context, slow.async_next()))
        get(context, client.predictions().async_get(slow.prediction()->id));
    CHECK(slow.prediction()->status == replicate::prediction_status::succeeded);
}

TEST_CASE_FIXTURE(streams_fixture, "a prediction that is cancelled elsewhere ends its stream with that")
{
    server.model("test/endless", [](input const&) { return script().text_pieces({"a", "b"}, 1ms).run(60s); });
    replicate::stream const stream = open("test/endless");
    REQUIRE(get(context, stream.async_next()).has_value());
    server.cancel(stream.prediction()->id);
    heard const all = get(context, listen(stream));
    REQUIRE(all.failure.has_value());
    CHECK(all.failure->code() == condition::prediction_canceled);
    CHECK(all.names.back() == "done");
}

TEST_CASE_FIXTURE(streams_fixture, "closing a stream, or letting it go, cancels its prediction unless told otherwise")
{
    server.model("test/endless", [](input const&) { return script().text_pieces({"a", "b"}, 1ms).run(60s); });
    bool expected = true;
    SUBCASE("closed") { open("test/endless").close(); }
    SUBCASE("let go") { static_cast<void>(open("test/endless")); }
    SUBCASE("left alone")
    {
        expected = false;
        options.on_cancel = replicate::on_cancel::detach;
        static_cast<void>(open("test/endless"));
    }
    run_out(context);
    CHECK(server.counts().cancels == (expected ? 1 : 0));
    CHECK(server.counts().live_streams == 0);
}

TEST_CASE_FIXTURE(streams_fixture, "a stream ends by its deadline, and so does its prediction")
{
    server.model("test/endless", [](input const&) { return script().text_pieces({"a"}, 1ms).run(60s); });
    options.timeout = 300ms * replicate::tests::slowness;
    heard const all = stream("test/endless");
    REQUIRE(all.failure.has_value());
    CHECK(all.failure->code() == errc::deadline_exceeded);
    CHECK(all.failure->diagnostics().prediction != nullptr);
    CHECK(all.text == "a");
    run_out(context);
    CHECK(server.counts().cancels == 1);
}

TEST_CASE_FIXTURE(streams_fixture, "a read that is cancelled or late loses no event")
{
    replicate::stream const stream = open("test/slow-tale");
    heard all;
    replicate::call_options hurried;
    hurried.timeout = 7ms;
    for (int reads = 0; reads < 100'000; ++reads) {
        replicate::tests::pending<std::optional<event>> read;
        asio::cancellation_signal signal;
        if (reads % 2 == 0) {
            stream.async_next(read.token(signal));
            signal.emit(asio::cancellation_type::terminal);
        } else {
            stream.async_next(hurried, read.token());
        }
        REQUIRE(run_until(context, [&] { return read.done(); }));
        if (!read.code() && !read.value())
            break;
        if (read.value())
            all.take(*read.value());
    }
    check_whole(all, text);
}

TEST_CASE_FIXTURE(streams_fixture, "while its reader is slow nothing is read from the network")
{
    std::vector<std::string> const pieces(180, std::string(128 * 1024, 'x'));
    server.model("test/flood", [&](input const&) { return script().text_pieces(pieces); });
    options.lag_bytes = 256 * 1024;
    replicate::stream const stream = open("test/flood");
    REQUIRE(get(context, stream.async_next()).has_value());
    // Until the buffers of the two sockets are full.
    std::size_t sent = 0;
    for (int quiet = 0; quiet < 5; quiet = server.counts().stream_events == sent ? quiet + 1 : 0) {
        sent = server.counts().stream_events;
        context.restart();
        context.run_for(50ms);
    }
    CHECK(sent < pieces.size() / 2);
    heard const all = get(context, listen(stream));
    CHECK_FALSE(all.failure.has_value());
    CHECK(all.outputs + 1 == pieces.size());
}

TEST_CASE_FIXTURE(streams_fixture, "several readers have the same stream, each at its own pace, also those who come late")
{
    replicate::stream const first = open("test/slow-tale");
    REQUIRE(get(context, first.async_next()).has_value());
    heard early;
    for (int i = 0; i < 4; ++i)
        if (auto const one = get(context, first.async_next()))
            early.take(*one);
    replicate::stream const second = first.subscribe();
    check_whole(get(context, listen(second)), text);
    heard rest = get(context, listen(first));
    CHECK(early.text + rest.text == text);
    replicate::stream const last = first.subscribe();
    check_whole(get(context, listen(last)), text);
    heard const late = get(context, listen(first.subscribe(replicate::subscribe_from::now)));
    CHECK(late.names.empty());
    CHECK(server.counts().streams == 1);
    CHECK(server.counts().creates == 1);
}

TEST_CASE_FIXTURE(streams_fixture, "a reader that may fall behind holds nobody back, and is told what it missed")
{
    std::vector<std::string> const pieces(300, std::string(10'000, 'x'));
    server.model("test/flood", [&](input const&) { return script().text_pieces(pieces); });
    options.lag_bytes = 100'000;
    options.history_bytes = 200'000;
    replicate::stream const first = open("test/flood");
    replicate::stream const slow = first.subscribe(replicate::subscribe_from::beginning, replicate::when_slow::fall_behind);
    heard const all = get(context, listen(first));
    CHECK(all.outputs == pieces.size());
    auto const missed = failure_of(context, slow.async_next());
    REQUIRE(missed.has_value());
    CHECK(missed->code() == errc::stream_lagged);
    auto const too_late = failure_of(context, first.subscribe().async_next());
    REQUIRE(too_late.has_value());
    CHECK(too_late->code() == errc::stream_lagged);
}

TEST_CASE_FIXTURE(streams_fixture, "a stream goes on while one reader is left")
{
    replicate::stream const first = open("test/slow-tale");
    replicate::stream const second = first.subscribe();
    first.close();
    check_whole(get(context, listen(second)), text);
    CHECK(server.counts().cancels == 0);
}

TEST_CASE_FIXTURE(streams_fixture, "a model that does not stream is refused with its prediction, which is cancelled")
{
    server.model("test/picture", [](input const&) { return script().run(60s).streams(script::stream_kind::none); });
    auto const refused = failure_of(context, client.async_stream("test/picture", input(), options));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == errc::stream_unavailable);
    REQUIRE(refused->diagnostics().prediction != nullptr);
    CHECK(std::string(refused->what()).find(refused->diagnostics().prediction->id) != std::string::npos);
    run_out(context);
    CHECK(server.counts().cancels == 1);
}

TEST_CASE_FIXTURE(streams_fixture, "reading a stream that is closed, or read already, or none, is told at once")
{
    replicate::stream const stream = open("test/slow-tale");
    replicate::tests::pending<std::optional<event>> waiting;
    stream.async_next(waiting.token());
    auto const twice = failure_of(context, stream.async_text());
    REQUIRE(twice.has_value());
    CHECK(twice->code() == errc::invalid_argument);
    stream.close();
    auto const closed = failure_of(context, stream.async_next());
    REQUIRE(closed.has_value());
    CHECK(closed->code() == errc::stream_closed);
    CHECK(closed->code() == condition::invalid_input);
    auto const none = thrown_by([] { static_cast<void>(replicate::stream().async_next()); });
    REQUIRE(none.has_value());
    CHECK(none->code() == errc::stream_closed);
    run_out(context);
}

TEST_CASE_FIXTURE(streams_fixture, "options that mean nothing are refused before anything is sent")
{
    SUBCASE("silence") { options.silence = 0ms; }
    SUBCASE("backoff") { options.first_backoff = 0ms; }
    SUBCASE("maximum_backoff") { options.maximum_backoff = 1ms; }
    SUBCASE("cancel_after") { options.cancel_after = 1s; }
    SUBCASE("timeout") { options.timeout = -1s; }
    SUBCASE("event_bytes") { options.event_bytes = 0; }
    auto const refused = failure_of(context, client.async_stream("test/tale", input(), options));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == errc::invalid_argument);
    CHECK(server.counts().requests == 0);
}

TEST_CASE_FIXTURE(streams_fixture, "the text of a stream can be had in one")
{
    replicate::stream const stream = open("test/tale");
    CHECK(get(context, stream.async_text()) == text);
    CHECK(get(context, stream.async_text()).empty());
}

TEST_CASE_FIXTURE(streams_fixture, "a stream of files gives files")
{
    server.model("test/previews", [](input const&) {
        return script().run(1ms).file("first", "image/png", "a.png");
    });
    replicate::stream const stream = open("test/previews");
    std::vector<replicate::file_output> files;
    while (auto const one = get(context, stream.async_next()))
        if (one->is_output())
            files.push_back(one->file());
    REQUIRE(files.size() == 1);
    CHECK(get(context, files.front().async_read()) == "first");
}

TEST_CASE_FIXTURE(streams_fixture, "the logs that a broken stream did not bring come from the prediction, each line once")
{
    server.model("test/chatty", [](input const&) {
        return script().log("one").text_pieces({"a"}, 1ms).log("two").log("three").text_pieces({"b"}, 1ms).log("four").run(1ms);
    });
    for (unsigned const resumes : {0u, 5u})
        for (std::size_t cut = 0; cut <= 7; ++cut) {
            INFO("cut behind ", cut, " events, resumed ", resumes, " times");
            replicate::testing::stream_options shape;
            shape.cut_after_events = cut;
            server.next_stream(shape);
            options.resumes = resumes;
            heard const all = stream("test/chatty");
            check_whole(all, "ab");
            CHECK(all.logs == "one\ntwo\nthree\nfour\n");
        }
}

TEST_CASE_FIXTURE(streams_fixture, "a stream outlives a token function that fails for a while")
{
    int calls = 0;
    int fails_from = 0, fails_to = 0;
    replicate::config settings = server.config();
    settings.files.delivery_hosts = server.stream_url().substr(std::string("https://").size());
    settings.token_source = [&, token = settings.token] {
        ++calls;
        if (calls >= fails_from && calls < fails_to)
            throw std::runtime_error("the vault is sealed");
        return token;
    };
    client = replicate::client(context, settings);
    SUBCASE("when the record is asked for")
    {
        fails_from = 2;
        fails_to = 4;
        check_whole(stream("test/tale"), text);
        CHECK(calls == fails_to);
    }
    SUBCASE("when the rest is asked for")
    {
        replicate::testing::stream_options shape;
        shape.status = 404;
        server.every_stream(shape);
        fails_from = 2;
        fails_to = 12;
        check_whole(stream("test/tale"), text);
        CHECK(calls >= fails_to);
    }
    SUBCASE("when the stream wants to see the token")
    {
        replicate::testing::stream_options shape;
        shape.needs_token = true;
        server.every_stream(shape);
        fails_from = 2;
        fails_to = 3;
        check_whole(stream("test/slow-tale"), text);
        CHECK(server.counts().stream_authorizations == 1);
    }
    SUBCASE("for ever: what is done is done")
    {
        fails_from = 2;
        fails_to = 1'000'000;
        check_whole(stream("test/tale"), text);
    }
    SUBCASE("when it is closed")
    {
        server.model("test/endless", [](input const&) { return script().text_pieces({"a"}, 1ms).run(60s); });
        fails_from = 2;
        fails_to = 3;
        open("test/endless").close();
        run_out(context);
        CHECK(server.counts().cancels == 1);
    }
    SUBCASE("when there is no stream")
    {
        server.model("test/picture", [](input const&) { return script().run(60s).streams(script::stream_kind::none); });
        fails_from = 2;
        fails_to = 3;
        auto const refused = failure_of(context, client.async_stream("test/picture", input(), options));
        REQUIRE(refused.has_value());
        CHECK(refused->code() == errc::stream_unavailable);
        run_out(context);
        CHECK(server.counts().cancels == 1);
    }
}

TEST_CASE_FIXTURE(streams_fixture, "the deadline of a stream tells why its prediction could not be asked for")
{
    server.model("test/endless", [](input const&) { return script().text_pieces({"a"}, 1ms).run(60s); });
    replicate::config settings = server.config();
    int calls = 0;
    settings.token_source = [&, token = settings.token] {
        if (++calls > 1)
            throw std::runtime_error("the vault is sealed");
        return token;
    };
    client = replicate::client(context, settings);
    replicate::testing::stream_options shape;
    shape.status = 404;
    server.every_stream(shape);
    options.timeout = 300ms * replicate::tests::slowness;
    options.on_cancel = replicate::on_cancel::detach;
    heard const all = stream("test/endless");
    REQUIRE(all.failure.has_value());
    CHECK(all.failure->code() == errc::deadline_exceeded);
    CHECK(std::string(all.failure->what()).find("the vault is sealed") != std::string::npos);
}

TEST_CASE_FIXTURE(streams_fixture, "a broken stream is not opened again sooner than the service has wished")
{
    replicate::testing::stream_options shape;
    shape.cut_after_events = 1;
    shape.retry = 400ms;
    server.next_stream(shape);
    options.first_backoff = 1ms;
    options.maximum_backoff = 10s;
    auto const began = std::chrono::steady_clock::now();
    check_whole(stream("test/tale"), text);
    CHECK(std::chrono::steady_clock::now() - began >= 400ms);
    CHECK(server.counts().streams == 2);
}
