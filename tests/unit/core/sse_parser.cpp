// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/base64.hpp>
#include <replicate/core/sse_parser.hpp>

#include "support/shared_files.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using replicate::core::sse_event;
using replicate::core::sse_options;
using replicate::core::sse_parser;
using replicate::core::sse_step;
using replicate::core::status_of_comment;

namespace {

// What came out of a stream.
struct reading {
    std::vector<sse_event> events;
    std::vector<std::string> comments;
    std::string last_event_id;
    std::optional<std::chrono::milliseconds> retry;
    bool too_large = false;
};

void feed(sse_parser& parser, std::string_view bytes, reading& result)
{
    for (;;) {
        switch (parser.parse(bytes)) {
        case sse_step::event: result.events.push_back(parser.event()); break;
        case sse_step::comment: result.comments.push_back(parser.comment()); break;
        case sse_step::too_large: result.too_large = true; return;
        case sse_step::need_more: REQUIRE(bytes.empty()); return;
        }
    }
}

// Reads a stream that comes in these parts.
reading read_parts(std::vector<std::string_view> const& parts, sse_options const& options = sse_options())
{
    sse_parser parser(options);
    reading result;
    for (std::string_view part : parts)
        feed(parser, part, result);
    result.last_event_id = parser.last_event_id();
    result.retry = parser.retry();
    return result;
}

std::vector<std::string_view> in_pieces(std::string_view bytes, std::size_t size)
{
    std::vector<std::string_view> pieces;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size())))
        pieces.push_back(bytes.substr(0, size));
    return pieces;
}

bool same(sse_event const& one, sse_event const& other)
{
    return one.name == other.name && one.data == other.data && one.id == other.id && one.has_own_id == other.has_own_id;
}

bool same(reading const& one, reading const& other)
{
    if (one.events.size() != other.events.size())
        return false;
    for (std::size_t i = 0; i < one.events.size(); ++i)
        if (!same(one.events[i], other.events[i]))
            return false;
    return one.comments == other.comments && one.last_event_id == other.last_event_id && one.retry == other.retry
        && one.too_large == other.too_large;
}

// Reads a stream whole, and checks that it reads the same however it is cut.
reading read_in_every_way(std::string_view bytes, sse_options const& options = sse_options())
{
    reading const whole = read_parts({bytes}, options);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut)
        if (!same(read_parts({bytes.substr(0, cut), bytes.substr(cut)}, options), whole))
            FAIL_CHECK("differs when cut at " << cut);
    for (std::size_t size = 1; size <= 3; ++size)
        if (!same(read_parts(in_pieces(bytes, size), options), whole))
            FAIL_CHECK("differs in pieces of " << size);
    return whole;
}

std::string text_of(boost::json::value const& value)
{
    return std::string(value.as_string().data(), value.as_string().size());
}

std::vector<std::string> data_of(std::string_view bytes)
{
    std::vector<std::string> data;
    for (sse_event const& one : read_in_every_way(bytes).events)
        data.push_back(one.data);
    return data;
}

using texts = std::vector<std::string>;

// The lines of a whole decoded stream, without what stands behind the last line end.
texts lines_of(std::string text)
{
    if (text.substr(0, 3) == "\xef\xbb\xbf")
        text.erase(0, 3);
    texts lines;
    std::string line;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\n' && text[i] != '\r') {
            line += text[i];
            continue;
        }
        if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n')
            ++i;
        lines.push_back(std::exchange(line, std::string()));
    }
    return lines;
}

// Decodes first, splits then, interprets last, as the standard does: slow and plain.
reading read_by_the_steps(std::string_view stream)
{
    reading result;
    std::string name, id;
    texts data;
    bool own = false;
    for (std::string const& line : lines_of(replicate::core::repaired_utf8(stream))) {
        std::size_t const colon = line.find(':');
        std::string const field = line.substr(0, colon);
        std::string value = colon == std::string::npos ? "" : line.substr(colon + 1);
        if (value.substr(0, 1) == " ")
            value.erase(0, 1);
        if (line.empty()) {
            result.last_event_id = id;
            std::string joined;
            for (std::string const& one : data)
                joined += (&one == &data.front() ? "" : "\n") + one;
            sse_event made;
            made.name = name.empty() ? "message" : name;
            made.data = joined;
            made.id = id;
            made.has_own_id = std::exchange(own, false);
            if (!data.empty())
                result.events.push_back(made);
            data.clear();
            name.clear();
        } else if (colon == 0) {
            result.comments.push_back(value);
        } else if (field == "data") {
            data.push_back(value);
        } else if (field == "event") {
            name = value;
        } else if (field == "id") {
            id = value;
            own = true;
        } else if (field == "retry" && !value.empty() && value.find_first_not_of("0123456789") == std::string::npos) {
            result.retry = std::chrono::milliseconds(std::stoll(value));
        }
    }
    return result;
}

void check_vector(boost::json::value const& row)
{
    sse_options options;
    options.last_event_id = text_of(row.at("initial_last_event_id"));
    reading const read =
        read_in_every_way(replicate::core::base64_decode(text_of(row.at("bytes_b64"))).value(), options);
    boost::json::array const& expected = row.at("events").as_array();
    REQUIRE(read.events.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(read.events[i].name == text_of(expected[i].at("type")));
        CHECK(read.events[i].data == text_of(expected[i].at("data")));
        CHECK(read.events[i].id == text_of(expected[i].at("id")));
    }
    CHECK(read.last_event_id == text_of(row.at("last_event_id")));
    boost::json::value const& retry = row.at("retry_ms");
    CHECK(read.retry.has_value() == !retry.is_null());
    // The number that no integer holds stands in the file as text or as a floating-point number: it is to saturate.
    if (read.retry && retry.is_int64())
        CHECK(read.retry->count() == retry.get_int64());
    else if (read.retry)
        CHECK(*read.retry == std::chrono::hours(24 * 365));
}

} // namespace

TEST_CASE("the shared vectors of server-sent events are read as they say, however they are cut")
{
    std::vector<std::string> const lines = replicate::tests::read_shared_lines("vectors/sse.jsonl");
    if (!lines.empty())
        CHECK(lines.size() >= 48);
    for (std::string const& line : lines) {
        boost::json::value const row = boost::json::parse(line);
        CAPTURE(text_of(row.at("name")));
        check_vector(row);
    }
}

TEST_CASE("a stream of text is read piece by piece")
{
    reading const read = read_in_every_way(": hi\n\n"
                                           "event: output\nid: 1690212292:0\ndata: Hello\n\n"
                                           "event: output\nid: 1690212292:1\ndata:  world\ndata: \n\n"
                                           "event: done\nid: 1690212293:0\ndata: {}\n\n");
    CHECK(read.comments == texts{"hi"});
    REQUIRE(read.events.size() == 3);
    CHECK(read.events[0].name == "output");
    CHECK(read.events[0].data == "Hello");
    CHECK(read.events[0].id == "1690212292:0");
    CHECK(read.events[1].data == " world\n");
    CHECK(read.events[2].name == "done");
    CHECK(read.events[2].data == "{}");
    CHECK(read.last_event_id == "1690212293:0");
}

TEST_CASE("a line may end in LF, CR or CRLF, also mixed")
{
    CHECK(data_of("data: a\ndata: b\n\n") == texts{"a\nb"});
    CHECK(data_of("data: a\rdata: b\r\r") == texts{"a\nb"});
    CHECK(data_of("data: a\r\ndata: b\r\n\r\n") == texts{"a\nb"});
    CHECK(data_of("data: a\rdata: b\ndata: c\r\n\rdata: d\n\r\n") == texts{"a\nb\nc", "d"});
    CHECK(data_of("data: a\r\n\ndata: b\n\r") == texts{"a", "b"});
}

TEST_CASE("a bare CR ends an event at once, and a following LF belongs to it")
{
    sse_parser parser;
    std::string_view bytes = "data: a\r\r";
    REQUIRE(parser.parse(bytes) == sse_step::event);
    CHECK(parser.event().data == "a");
    CHECK(bytes.empty());
    bytes = "\ndata: b\n\n";
    REQUIRE(parser.parse(bytes) == sse_step::event);
    CHECK(parser.event().data == "b");
    CHECK(parser.parse(bytes) == sse_step::need_more);
}

TEST_CASE("an event is there as soon as its last byte is")
{
    std::string_view const stream = "id: 1\ndata: a\n\n";
    sse_parser parser;
    for (std::size_t i = 0; i + 1 < stream.size(); ++i) {
        std::string_view byte = stream.substr(i, 1);
        REQUIRE(parser.parse(byte) == sse_step::need_more);
    }
    CHECK(parser.last_event_id() == "");
    std::string_view last = stream.substr(stream.size() - 1);
    CHECK(parser.parse(last) == sse_step::event);
    CHECK(parser.last_event_id() == "1");
}

TEST_CASE("parse stops behind each event and leaves the rest")
{
    sse_parser parser;
    std::string_view bytes = "data: a\n\ndata: b\n\n:c\n";
    REQUIRE(parser.parse(bytes) == sse_step::event);
    CHECK(bytes == "data: b\n\n:c\n");
    REQUIRE(parser.parse(bytes) == sse_step::event);
    CHECK(bytes == ":c\n");
    REQUIRE(parser.parse(bytes) == sse_step::comment);
    CHECK(parser.comment() == "c");
    CHECK(parser.parse(bytes) == sse_step::need_more);
}

TEST_CASE("an event without a data line does not count, but its id does")
{
    reading const read = read_in_every_way("event: x\nid: 7\n\ndata: y\n\n");
    REQUIRE(read.events.size() == 1);
    CHECK(read.events[0].name == "message");
    CHECK(read.events[0].id == "7");
}

TEST_CASE("an event of the one name that is asked for counts without a data line")
{
    sse_options options;
    options.counts_without_data = "done";
    reading const read =
        read_in_every_way("event: output\n\nevent: done\nid: 3\n\n\n\n:x\n\nevent: done\ndata\n\n", options);
    REQUIRE(read.events.size() == 2);
    CHECK(read.events[0].name == "done");
    CHECK(read.events[0].data == "");
    CHECK(read.events[0].id == "3");
    CHECK(read.events[1].data == "");
    CHECK(read_in_every_way("event: done\nid: 3\n\n").events.empty());
    CHECK(read_in_every_way("\n\n\n").events.empty());
}

TEST_CASE("an id persists, an empty one resets it, one with a NUL is ignored, and one of a cut event does not count")
{
    using namespace std::string_literals;
    CHECK(read_in_every_way("id: 1\ndata: a\n\ndata: b\n\n").events.back().id == "1");
    CHECK(read_in_every_way("id: 1\ndata: a\n\nid\ndata: b\n\n").events.back().id == "");
    CHECK(read_in_every_way("id: 1\ndata: a\n\nid: 2\0x\ndata: b\n\n"s).events.back().id == "1");
    CHECK(read_in_every_way("id: 1\ndata: a\n\nid: 2\ndata: b\n").last_event_id == "1");
    CHECK(read_in_every_way("id: 1\ndata: a\n\nid: 2\n\n").last_event_id == "2");
}

TEST_CASE("an event knows whether its id is its own")
{
    using namespace std::string_literals;
    auto const own = [](std::string_view stream) { return read_in_every_way(stream).events.back().has_own_id; };
    CHECK(own("id: 1\ndata: a\n\n"));
    CHECK(own("data: a\nid\n\n"));
    CHECK_FALSE(own("data: a\n\n"));
    CHECK_FALSE(own("id: 1\ndata: a\n\ndata: b\n\n"));
    CHECK_FALSE(own("id: 1\n\ndata: b\n\n"));
    CHECK_FALSE(own("id: 1\0\ndata: b\n\n"s));
}

TEST_CASE("the blank greeting does not reset the id that a stream goes on from")
{
    sse_options options;
    options.last_event_id = "1690212292:1";
    reading const read = read_in_every_way(": hi\n\ndata: x\n\n", options);
    CHECK(read.last_event_id == "1690212292:1");
    REQUIRE(read.events.size() == 1);
    CHECK(read.events[0].id == "1690212292:1");
}

TEST_CASE("retry takes digits only, and saturates")
{
    CHECK(read_in_every_way("retry: 1500\n").retry == 1500ms);
    CHECK(read_in_every_way("retry:0\n").retry == 0ms);
    CHECK(read_in_every_way("retry: 1500\nretry: 2s\nretry: -1\nretry:\nretry\nretry:  5\n").retry == 1500ms);
    CHECK(read_in_every_way("retry: 18446744073709551617\n").retry == std::chrono::hours(24 * 365));
    CHECK_FALSE(read_in_every_way("retry: 1500").retry);
}

TEST_CASE("comments are reported, also within an event")
{
    reading const read = read_in_every_way(":\n:a\ndata: 1\n:  b: c\ndata: 2\n\n:408: 408 Request Timeout\n\n");
    CHECK(read.comments == texts{"", "a", " b: c", "408: 408 Request Timeout"});
    REQUIRE(read.events.size() == 1);
    CHECK(read.events[0].data == "1\n2");
}

TEST_CASE("the status in a comment of the service is found, and in no other comment")
{
    CHECK(status_of_comment("408: 408 Request Timeout") == 408u);
    CHECK(status_of_comment("404: 404 Not Found") == 404u);
    CHECK(status_of_comment("500:") == 500u);
    for (std::string_view other :
        {"", "hi", "40", "408", "4080: x", "40x: x", " 408: x", "099: x", "600: x", "+40: x"}) {
        CAPTURE(other);
        CHECK_FALSE(status_of_comment(other));
    }
}

TEST_CASE("a character that is split between two reads is whole, and what is none becomes U+FFFD")
{
    CHECK(data_of("data: \xf0\x9f\xa6\x99\n\n") == texts{"\xf0\x9f\xa6\x99"});
    CHECK(data_of("data: a\xff\xc3\n\n") == texts{"a\xef\xbf\xbd\xef\xbf\xbd"});
    CHECK(data_of("data: \xf0\x9f\rdata: \xa6\x99\r\r") == texts{"\xef\xbf\xbd\n\xef\xbf\xbd\xef\xbf\xbd"});
    reading const read = read_in_every_way("event: \xff\nid: \xfe\ndata: x\n:\xfd\n\n");
    REQUIRE(read.events.size() == 1);
    CHECK(read.events[0].name == "\xef\xbf\xbd");
    CHECK(read.events[0].id == "\xef\xbf\xbd");
    CHECK(read.comments == texts{"\xef\xbf\xbd"});
}

TEST_CASE("one byte order mark at the beginning is passed over")
{
    CHECK(data_of("\xef\xbb\xbf"
                  "data: a\n\n")
        == texts{"a"});
    CHECK(data_of("\xef\xbb\xbf\xef\xbb\xbf"
                  "data: a\n\n")
            .empty());
    CHECK(data_of("\n\xef\xbb\xbf"
                  "data: a\n\n")
            .empty());
    CHECK(data_of("\xef\xbb"
                  "data: a\n\ndata: b\n\n")
        == texts{"b"});
    CHECK(data_of("\xef\xbb\xbf\ndata: a\n\n") == texts{"a"});
}

TEST_CASE("streams of chance are read as by the steps of the standard, one after the other")
{
    constexpr std::string_view pieces[] = {"data", "data:", "data: ", "event:", "id:", "id: 7", "retry:", "retry: 12",
        ":", "\n", "\n", "\n\n", "\r", "\r\n", "\r\r", "x", " ", "\xef\xbb\xbf", "\xff", "\xc3", "\xa9", "done",
        "datax"};
    std::minstd_rand random(7);
    std::size_t events = 0;
    for (int round = 0; round < 6000; ++round) {
        std::string stream;
        for (auto count = random() % 30; count > 0; --count)
            stream += pieces[random() % std::size(pieces)];
        reading const expected = read_by_the_steps(stream);
        CAPTURE(round);
        REQUIRE(same(read_parts({stream}), expected));
        REQUIRE(same(read_parts(in_pieces(stream, 1 + random() % 3)), expected));
        events += expected.events.size();
    }
    CHECK(events > 1000);
}

TEST_CASE("an event of exactly the limit is read, one byte more is refused for good")
{
    sse_options options;
    options.event_bytes = 100;
    std::string const most = "data:" + std::string(95, 'x') + "\n\n";
    CHECK(read_in_every_way(most, options).events.size() == 1);
    std::string const over = "data:" + std::string(96, 'x') + "\n\n";
    CHECK(read_in_every_way(over, options).too_large);
    sse_parser parser(options);
    std::string_view bytes = over;
    CHECK(parser.parse(bytes) == sse_step::too_large);
    bytes = "data: a\n\n";
    CHECK(parser.parse(bytes) == sse_step::too_large);
}

TEST_CASE("the limit holds for lines without an end, many lines, comments, names, ids and repaired text")
{
    sse_options options;
    options.event_bytes = 100;
    std::string many;
    for (int i = 0; i < 50; ++i)
        many += "data:x\n";
    for (std::string const& stream : {std::string(101, 'x'), many + many, ":" + std::string(101, 'x'),
             "event:" + std::string(80, 'x') + "\ndata:" + std::string(30, 'x') + "\n\n",
             "id:" + std::string(80, 'x') + "\ndata:" + std::string(30, 'x') + "\n\n",
             "data:" + std::string(60, '\xff') + "\n\n"}) {
        CAPTURE(stream);
        CHECK(read_parts({stream}, options).too_large);
        CHECK(read_parts(in_pieces(stream, 1), options).too_large);
    }
}

TEST_CASE("the limit is one of each event, not of the stream")
{
    sse_options options;
    options.event_bytes = 100;
    std::string stream;
    for (int i = 0; i < 1000; ++i)
        stream += "data: " + std::string(60, 'x') + "\n\n:" + std::string(90, 'c') + "\n";
    reading const read = read_parts(in_pieces(stream, 7), options);
    CHECK_FALSE(read.too_large);
    CHECK(read.events.size() == 1000);
    CHECK(read.comments.size() == 1000);
}

TEST_CASE("an event of eight million bytes in small pieces takes linear time")
{
    sse_options options;
    options.event_bytes = 10 * 1000 * 1000;
    std::string const stream = "data: " + std::string(8 * 1000 * 1000, 'x') + "\n\n";
    reading const read = read_parts(in_pieces(stream, 16), options);
    REQUIRE(read.events.size() == 1);
    CHECK(read.events[0].data.size() == 8 * 1000 * 1000);
    CHECK(read_parts({stream}).events.size() == 1);
}
