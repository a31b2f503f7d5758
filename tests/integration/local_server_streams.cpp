// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// The streams of the local server, seen by a client that shares no code with the library.

#include <replicate/testing/server.hpp>

#include "support/raw_stream.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace std::chrono_literals;
namespace testing = replicate::testing;

namespace {

// A server with one model, and its prediction.
class fixture {
public:
    testing::server server;

    explicit fixture(testing::script life)
    {
        server.model("test/streams", [life](replicate::input const&) { return life; });
        raw::api api(server);
        created = api.call("POST", "/v1/models/test/streams/predictions", R"({"input":{}})");
        REQUIRE(created.status == 201);
    }

    bool has_stream() const { return created.json().at("urls").as_object().contains("stream"); }

    std::string url() const
    {
        boost::json::value const document = created.json();
        auto const& text = document.at("urls").at("stream").as_string();
        return std::string(text.data(), text.size());
    }

    std::string id() const { return created.text("id"); }

    raw::answer read(std::string_view headers = {}) const
    {
        raw::visit visit(server, url(), headers);
        return visit.read();
    }

    raw::answer created;
};

testing::stream_options closing()
{
    testing::stream_options options;
    options.close_after_done = true;
    return options;
}

testing::script two_lines()
{
    return testing::script().text_pieces({"Hello", " world\n", "", "\xF0\x9F\xA6\x99"});
}

constexpr char const* two_lines_text = "Hello world\n\xF0\x9F\xA6\x99";

} // namespace

TEST_CASE("a stream has the greeting, its events in the order event, id, data, and done")
{
    fixture made(testing::script().log("loading").text_pieces({"Hello", " world\n"}));
    made.server.every_stream(closing());
    CHECK(made.url().starts_with(made.server.stream_url() + "/v1/streams/"));
    CHECK(made.url().size() == made.server.stream_url().size() + 12 + 52);
    raw::answer const stream = made.read();
    CHECK(stream.status == 200);
    CHECK(stream.complete);
    CHECK(stream.header("content-type") == "text/event-stream; charset=utf-8");
    CHECK(stream.header("transfer-encoding") == "chunked");
    auto const blocks = raw::blocks_of(stream.body);
    REQUIRE(blocks.size() == 5);
    CHECK(blocks[0].comment == ": hi");
    CHECK(stream.body.starts_with(
        ": hi\n\nevent: logs\nid: " + blocks[1].id + "\ndata: loading\ndata: \n\nevent: output\n"));
    CHECK(blocks[3].data == " world\n");
    CHECK(blocks[4].event == "done");
    CHECK(blocks[4].data == "{}");
    std::string const second = blocks[1].id.substr(0, blocks[1].id.find(':'));
    CHECK(blocks[1].id == second + ":0");
    CHECK(blocks[2].id == second + ":1");
    CHECK(made.server.counts().streams == 1);
    CHECK(made.server.counts().stream_events == 4);
    CHECK(made.server.last_request(testing::operation::stream)->header("host") == "127.0.0.1");
}

TEST_CASE("the events of a stream come while the prediction runs, each when it happens")
{
    fixture made(testing::script().text_pieces({"one", "two"}).never_ends());
    raw::live_stream stream(made.server, made.url());
    CHECK(stream.next().comment == ": hi");
    CHECK(stream.next().data == "one");
    CHECK(stream.next().data == "two");
    // Nothing more until the cancel.
    REQUIRE(made.server.cancel(made.id()));
    raw::block const done = stream.next();
    CHECK(done.event == "done");
    CHECK(done.data == R"({"reason":"canceled"})");
}

TEST_CASE("the stream of a prediction that fails has an error event, as JSON or as text, and done")
{
    fixture made(testing::script().text_pieces({"a"}).fail("out of memory"));
    testing::stream_options options = closing();
    made.server.next_stream(options);
    auto blocks = raw::blocks_of(made.read().body);
    REQUIRE(blocks.size() == 4);
    CHECK(blocks[2].event == "error");
    CHECK(blocks[2].data == R"({"detail":"out of memory"})");
    CHECK(blocks[3].data == R"({"reason":"error"})");
    options.json_errors = false;
    made.server.next_stream(options);
    blocks = raw::blocks_of(made.read().body);
    REQUIRE(blocks.size() == 4);
    CHECK(blocks[2].data == "out of memory");
}

TEST_CASE("Last-Event-ID resumes a stream, and without it everything is sent again")
{
    fixture made(two_lines());
    made.server.every_stream(closing());
    raw::answer const whole = made.read();
    CHECK(raw::output_of(whole.body) == two_lines_text);
    CHECK(made.read().body == whole.body);
    auto const blocks = raw::blocks_of(whole.body);
    for (std::size_t i = 1; i < blocks.size() - 1; ++i) {
        auto const rest = raw::blocks_of(made.read("Last-Event-ID: " + blocks[i].id + "\r\n").body);
        REQUIRE(rest.size() == blocks.size() - i);
        CHECK(rest[1].id == blocks[i + 1].id);
    }
    auto const asked = raw::visit(made.server, made.url() + "?last_event_id=" + blocks[2].id).read();
    CHECK(raw::blocks_of(asked.body).size() == blocks.size() - 2);
    CHECK(made.server.counts().last_event_ids.size() == blocks.size() - 2);
    testing::stream_options forgetful = closing();
    forgetful.resumes = false;
    made.server.next_stream(forgetful);
    CHECK(made.read("Last-Event-ID: " + blocks[2].id + "\r\n").body == whole.body);
}

TEST_CASE("an idle stream ends with the comment of the service, also after done")
{
    testing::stream_options impatient;
    impatient.idle_timeout = 20ms;
    fixture boots(testing::script().boot(1h).text_pieces({"a"}));
    boots.server.every_stream(impatient);
    raw::answer const idle = boots.read();
    CHECK(idle.complete);
    CHECK(idle.body == ": hi\n\n:408: 408 Request Timeout\n\n");
    fixture ended(two_lines());
    ended.server.every_stream(impatient);
    CHECK(ended.read().body.ends_with("data: {}\n\n:408: 408 Request Timeout\n\n"));
}

TEST_CASE("a stream is cut after any number of events, and in the ways that were asked for")
{
    fixture made(two_lines());
    made.server.every_stream(closing());
    auto const blocks = raw::blocks_of(made.read().body);
    for (std::size_t count = 0; count < blocks.size() - 1; ++count) {
        testing::stream_options options;
        options.cut_after_events = count;
        for (auto const cut :
            {testing::stream_ending::complete, testing::stream_ending::close, testing::stream_ending::reset}) {
            options.cut = cut;
            made.server.next_stream(options);
            raw::visit visit(made.server, made.url());
            raw::answer const stream = visit.read();
            CHECK(stream.complete == (cut == testing::stream_ending::complete));
            // A reset may overtake what was sent before it.
            if (cut != testing::stream_ending::reset)
                CHECK(raw::blocks_of(stream.body).size() == count + 1);
            else
                CHECK(visit.how_it_ended() == raw::ending::reset);
        }
    }
}

TEST_CASE("a stream is cut after any number of bytes, also within an event or a letter, chunked or not")
{
    fixture made(two_lines());
    made.server.every_stream(closing());
    std::string const whole = made.read().body;
    for (auto const framing : {testing::stream_framing::chunked, testing::stream_framing::connection_close}) {
        for (std::size_t count = 0; count <= whole.size(); ++count) {
            testing::stream_options options;
            options.framing = framing;
            options.cut_after_bytes = count;
            options.cut = testing::stream_ending::complete;
            made.server.next_stream(options);
            raw::answer const stream = made.read();
            CHECK(stream.complete);
            CHECK(stream.body == whole.substr(0, count));
        }
    }
}

TEST_CASE("a stream is written byte by byte, with other line ends, without ids, with comments, or delimited by its end")
{
    fixture made(two_lines());
    made.server.every_stream(closing());
    std::string const whole = made.read().body;
    testing::stream_options options = closing();
    options.byte_by_byte = true;
    made.server.next_stream(options);
    CHECK(made.read().body == whole);
    options = closing();
    options.lines = testing::stream_lines::carriage_return_line_feed;
    options.framing = testing::stream_framing::connection_close;
    made.server.next_stream(options);
    raw::answer const other = made.read();
    CHECK(other.complete);
    CHECK(other.header("connection") == "close");
    CHECK(other.body.starts_with(": hi\r\n\r\nevent: output\r\nid: "));
    options = closing();
    options.event_ids = false;
    options.comments = 1000;
    made.server.next_stream(options);
    std::string const flooded = made.read().body;
    CHECK(flooded.find("id: ") == std::string::npos);
    CHECK(raw::blocks_of(flooded).size() == 1 + 5 * 1001);
    CHECK(raw::output_of(flooded) == two_lines_text);
}

TEST_CASE("a stream has one event of 16 MB, or bytes that are not UTF-8")
{
    fixture made(two_lines());
    testing::stream_options options = closing();
    options.huge_event = 16 * 1024 * 1024;
    made.server.next_stream(options);
    auto const blocks = raw::blocks_of(made.read().body);
    CHECK(blocks.at(1).data.size() == options.huge_event);
    options = closing();
    options.invalid_utf8 = true;
    made.server.next_stream(options);
    CHECK(raw::blocks_of(made.read().body).at(1).data == "\xFF\xC3Hello");
}

TEST_CASE("a stream stalls after some events, and the server notices when its client goes")
{
    fixture made(two_lines());
    testing::stream_options options;
    options.stall_after_events = 2;
    options.idle_timeout = 0ms;
    made.server.every_stream(options);
    {
        raw::live_stream stream(made.server, made.url());
        CHECK(stream.next().comment == ": hi");
        CHECK(stream.next().data == "Hello");
        CHECK(stream.next().data == " world\n");
        CHECK(made.server.counts().live_streams == 1);
    }
    CHECK(made.server.wait_until([](auto const& counts) { return counts.live_streams == 0; }));
    CHECK(made.server.counts().stream_events == 2);
}

TEST_CASE("a stream is refused with any status, until the token comes, or until Accept is right")
{
    fixture made(two_lines());
    for (unsigned const status : {404U, 410U, 401U, 403U, 429U, 500U}) {
        testing::stream_options options;
        options.status = status;
        made.server.next_stream(options);
        CHECK(made.read().status == status);
    }
    testing::stream_options options = closing();
    options.needs_token = true;
    made.server.every_stream(options);
    CHECK(made.read().status == 401);
    CHECK(made.read("Authorization: Bearer nonsense\r\n").status == 401);
    CHECK(made.read("Authorization: Bearer " + made.server.token() + "\r\n").status == 200);
    CHECK(made.server.counts().stream_authorizations == 2);
    options = closing();
    options.needs_accept = true;
    options.content_type = "text/html";
    made.server.every_stream(options);
    CHECK(made.read().status == 406);
    raw::answer const accepted = made.read("Accept: text/event-stream\r\n");
    CHECK(accepted.status == 200);
    CHECK(accepted.header("content-type") == "text/html");
}

TEST_CASE("the faults of the server are for streams as well")
{
    fixture made(two_lines());
    made.server.next(testing::operation::stream).status(503);
    CHECK(made.read().status == 503);
    made.server.next(testing::operation::stream).drop_after_request();
    CHECK(made.read().status == 0);
    CHECK(made.server.counts().faults == 2);
}

TEST_CASE("nobody finds a stream without its address, nor after the data were removed")
{
    fixture made(two_lines());
    raw::visit stranger(made.server, made.server.stream_url() + "/v1/streams/" + std::string(52, 'a'));
    CHECK(stranger.read().status == 404);
    made.server.remove_data(made.id());
    CHECK(made.read().status == 404);
}

TEST_CASE("a model of files streams their addresses, or their data")
{
    fixture made(testing::script().file_list(
        {testing::output_file("abc", "text/plain", "a.txt"), testing::output_file("def", "text/plain", "b.txt")}));
    CHECK(made.url().starts_with(made.server.stream_url() + "/v1/files/"));
    CHECK(made.url().size() == made.server.stream_url().size() + 10 + 4 + 1 + 52);
    made.server.every_stream(closing());
    auto blocks = raw::blocks_of(made.read().body);
    REQUIRE(blocks.size() == 4);
    CHECK(blocks[1].data.starts_with(made.server.delivery_url()));
    CHECK(blocks[2].data.ends_with("/b.txt"));
    testing::stream_options inline_files = closing();
    inline_files.data_uris = true;
    made.server.every_stream(inline_files);
    blocks = raw::blocks_of(made.read().body);
    CHECK(blocks[1].data == "data:text/plain;base64,YWJj");
}

TEST_CASE("a model that cannot stream has no link to a stream")
{
    CHECK_FALSE(fixture(testing::script("just text")).has_stream());
    CHECK_FALSE(fixture(two_lines().streams(testing::script::stream_kind::none)).has_stream());
    CHECK(fixture(testing::script("just text").streams(testing::script::stream_kind::text)).has_stream());
}

TEST_CASE("two hundred streams at once all come to their end")
{
    std::vector<std::string> pieces(20, "piece ");
    fixture made(testing::script().text_pieces(pieces, 10ms));
    made.server.every_stream(closing());
    std::vector<std::unique_ptr<raw::visit>> visits;
    for (int i = 0; i < 200; ++i)
        visits.push_back(std::make_unique<raw::visit>(made.server, made.url()));
    CHECK(made.server.wait_until([](auto const& counts) { return counts.streams == 200; }));
    for (auto const& visit : visits) {
        raw::answer const stream = visit->read();
        CHECK(stream.complete);
        CHECK(raw::blocks_of(stream.body).size() == 22);
    }
    CHECK(made.server.wait_until([](auto const& counts) { return counts.live_streams == 0; }));
    CHECK(made.server.counts().stream_events == 200 * 21);
}
