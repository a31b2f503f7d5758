// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/base64.hpp>
#include <replicate/io/response_reader.hpp>

#include "support/shared_files.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace json = boost::json;
using replicate::errc;
using replicate::io::response_reader;

namespace {

constexpr std::size_t header_limit = 64 * 1024;
constexpr std::size_t body_limit = 1024;
constexpr std::size_t steps[] = {1, 2, 3, 7, static_cast<std::size_t>(-1)};

// What a reader made of the bytes of one connection, which ended after them.
struct reading {
    boost::system::error_code code;
    unsigned status = 0;
    std::string body;
    bool may_reuse = false;

    bool operator==(reading const&) const = default;
};

std::string described(reading const& what)
{
    return what.code.message() + ", " + std::to_string(what.status) + ", \"" + what.body.substr(0, 100)
        + (what.may_reuse ? "\", reusable" : "\"");
}

// Feeds the bytes in pieces, as a connection would: what is not taken comes again, together with what follows.
reading read(std::string_view bytes, std::size_t step, std::size_t most_body = body_limit)
{
    reading result;
    response_reader reader(header_limit, most_body);
    std::string buffer;
    while (!result.code && !reader.is_complete() && !bytes.empty()) {
        buffer += bytes.substr(0, step);
        bytes.remove_prefix(std::min(step, bytes.size()));
        buffer.erase(0, reader.feed(buffer, result.code));
    }
    if (!result.code && !reader.is_complete())
        reader.end(result.code);
    // What has come of an incomplete header is nobody's business.
    result.status = reader.has_header() ? reader.response().status : 0;
    result.body = reader.response().body;
    result.may_reuse = !result.code && reader.may_reuse() && buffer.empty() && bytes.empty();
    if (!result.code)
        CHECK(reader.is_complete());
    return result;
}

// The same in each of the steps: in how many pieces an answer comes must not matter.
reading read_in_steps(std::string_view bytes)
{
    reading const first = read(bytes, steps[0]);
    for (std::size_t step : steps) {
        reading const other = read(bytes, step);
        CAPTURE(step);
        CHECK(described(other) == described(first));
        CHECK((other == first));
    }
    return first;
}

// An answer of status 200 with these header lines and this body.
std::string answer(std::string_view lines, std::string_view body = "ok")
{
    return std::string("HTTP/1.1 200 OK\r\n").append(lines).append("\r\n").append(body);
}

std::string chunked(std::string_view chunks)
{
    return answer("Transfer-Encoding: chunked\r\n", chunks);
}

std::string repeated(std::string_view text, std::size_t count)
{
    std::string result;
    for (std::size_t i = 0; i < count; ++i)
        result += text;
    return result;
}

constexpr std::string_view length_two = "Content-Length: 2\r\n";

boost::system::error_code expected_code(std::string_view word)
{
    if (word == "ok")
        return {};
    if (word == "truncated")
        return errc::truncated_response;
    if (word == "closed")
        return errc::connection_lost;
    if (word == "too_large")
        return errc::header_too_large;
    CHECK(word == "protocol");
    return errc::malformed_response;
}

} // namespace

TEST_CASE("answers that were collected elsewhere are taken or refused as they should be")
{
    for (std::string const& line : replicate::tests::read_shared_lines("vectors/http_responses.jsonl")) {
        json::object const vector = json::parse(line).as_object();
        CAPTURE(vector.at("name").as_string());
        std::string_view const word = vector.at("sdk_expect").as_string();
        auto const bytes = replicate::core::base64_decode(std::string_view(vector.at("bytes_b64").as_string()));
        REQUIRE(bytes);
        reading const result = read_in_steps(*bytes);
        CHECK(result.code == expected_code(word));
        CHECK(result.may_reuse == vector.at("sdk_reuse_connection").as_bool());
    }
}

TEST_CASE("an answer that is framed well leaves its connection for the next")
{
    std::string const whole_body(body_limit, 'x');
    for (std::string const& bytes : {
             answer(length_two),
             answer("content-length:2\r\n"),
             answer("Content-Length: \t2 \r\n"),
             answer("Connection: keep-alive\r\nContent-Length: 2\r\n"),
             answer("X:\r\nContent-Length: 2\r\n"),
             answer("X: \x80\xff\tb\r\nContent-Length: 2\r\n"),
             chunked("2\r\nok\r\n0\r\n\r\n"),
             answer("transfer-encoding: Chunked\r\n", "1\r\no\r\n1\r\nk\r\n0\r\n\r\n"),
             chunked("2;name=value;other=\"a b\"\r\nok\r\n0;last\r\n\r\n"),
             chunked("0002\r\nok\r\n000\r\nDate: today\r\nX: y\r\n\r\n"),
         }) {
        CAPTURE(bytes);
        CHECK(described(read_in_steps(bytes)) == described({{}, 200, "ok", true}));
    }
    CHECK(read_in_steps(answer("Content-Length: 0\r\n", "")) == reading{{}, 200, "", true});
    CHECK(read_in_steps(chunked("0\r\n\r\n")) == reading{{}, 200, "", true});
    CHECK(read_in_steps("HTTP/1.1 204 No Content\r\n\r\n") == reading{{}, 204, "", true});
    CHECK(read_in_steps("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n") == reading{{}, 204, "", true});
    CHECK(read_in_steps("HTTP/1.1 304 \r\n\r\n") == reading{{}, 304, "", true});
    CHECK(read_in_steps("HTTP/1.1 599 x\r\nContent-Length: 1\r\n\r\nx") == reading{{}, 599, "x", true});
    CHECK(read_in_steps(answer("Content-Length: 1024\r\n", whole_body)) == reading{{}, 200, whole_body, true});
    CHECK(read_in_steps(chunked("400\r\n" + whole_body + "\r\n0\r\n\r\n")) == reading{{}, 200, whole_body, true});
}

TEST_CASE("an answer that is good but odd, or is followed by more, is the last of its connection")
{
    for (std::string const& bytes : {
             answer("Content-Length: 2\r\nContent-Length: 2\r\n"),
             answer("Content-Length: 2, 2\r\n"),
             answer("Connection: close\r\nContent-Length: 2\r\n"),
             answer("Connection: Keep-Alive, Close\r\nContent-Length: 2\r\n"),
             answer(""),
             answer(length_two, "ok\r\n"),
             answer(length_two, "okHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nko"),
             chunked("2\r\nok\r\n0\r\n\r\nx"),
             std::string("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"),
             std::string("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"),
         }) {
        CAPTURE(bytes);
        CHECK(described(read_in_steps(bytes)) == described({{}, 200, "ok", false}));
    }
}

TEST_CASE("an answer that has no body although it announces one is the last of its connection, whether or not one came")
{
    for (std::string_view status : {"204 No Content", "304 Not Modified"})
        for (std::string_view line : {"Content-Length: 2", "Content-Length: 2, 2", "Transfer-Encoding: chunked"})
            for (std::string_view body : {"", "ok"}) {
                std::string const bytes =
                    "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(line) + "\r\n\r\n" + std::string(body);
                CAPTURE(bytes);
                reading const result = read_in_steps(bytes);
                CHECK_FALSE(result.code);
                CHECK(result.body == "");
                CHECK_FALSE(result.may_reuse);
            }
}

TEST_CASE("what is not HTTP/1.1 as it should be is refused")
{
    for (std::string const& bytes : {
             // First lines.
             std::string("HTTP/0.9 200 OK\r\n\r\n"),
             std::string("HTTP/1.2 200 OK\r\n\r\n"),
             std::string("HTTP/2 200\r\n\r\n"),
             std::string("HTTP/11 200 OK\r\n\r\n"),
             std::string("http/1.1 200 OK\r\n\r\n"),
             std::string("HTTP/1.1  200 OK\r\n\r\n"),
             std::string("HTTP/1.1 20 OK\r\n\r\n"),
             std::string("HTTP/1.1 2000 OK\r\n\r\n"),
             std::string("HTTP/1.1 -20 OK\r\n\r\n"),
             std::string("HTTP/1.1 000 OK\r\n\r\n"),
             std::string("HTTP/1.1 099 OK\r\n\r\n"),
             std::string("HTTP/1.1 600 OK\r\n\r\n"),
             std::string("HTTP/1.1 999 OK\r\n\r\n"),
             std::string("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
             std::string("ICY 200 OK\r\n\r\n"),
             std::string("SSH-2.0-OpenSSH_9.2\r\n"),
             std::string("<html>ok</html>"),
             std::string(" HTTP/1.1 200 OK\r\n\r\n"),
             std::string("\n"),
             std::string("\0", 1),
             std::string("x"),
             std::string("HTTP/1.1 200 OK\n"),
             // Fields.
             answer("Content-Length : 2\r\n"),
             answer(" Content-Length: 2\r\n"),
             answer("Content-Length\r\n"),
             answer("A B: c\r\nContent-Length: 2\r\n"),
             answer("A\x80: c\r\nContent-Length: 2\r\n"),
             // Lengths.
             answer("Content-Length:\r\n"),
             answer("Content-Length: \r\n"),
             answer("Content-Length: x\r\n"),
             answer("Content-Length: 2 2\r\n"),
             answer("Content-Length: 2,\r\n"),
             answer("Content-Length: 2, 3\r\n"),
             answer("Content-Length: 2.0\r\n"),
             answer("Content-Length: 18446744073709551616\r\n"),
             answer("Content-Length: 2\r\nContent-Length: 3\r\n"),
             // Codings, and two ways of framing at once.
             answer("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\n\r\n"),
             answer("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "2\r\nok\r\n0\r\n\r\n"),
             answer("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\n\r\n"),
             answer("Transfer-Encoding: chunked, chunked\r\n", "2\r\nok\r\n0\r\n\r\n"),
             answer("Transfer-Encoding: chunked, gzip\r\n", "2\r\nok\r\n0\r\n\r\n"),
             answer("Transfer-Encoding: gzip\r\n"),
             answer("Transfer-Encoding: \r\n"),
             answer("Transfer-Encoding: \"chunked\"\r\n", "2\r\nok\r\n0\r\n\r\n"),
             // Chunks.
             chunked("\r\nok\r\n0\r\n\r\n"),
             chunked("x\r\nok\r\n0\r\n\r\n"),
             chunked("0x2\r\nok\r\n0\r\n\r\n"),
             chunked(" 2\r\nok\r\n0\r\n\r\n"),
             chunked("10000000000000002\r\nok\r\n0\r\n\r\n"),
             chunked("2\r\nokok\r\n0\r\n\r\n"),
             chunked("2\r\nok0\r\n\r\n\r\n"),
             chunked("2\r\nok\r\n0\r\nbad trailer\r\n\r\n"),
             chunked("2\r\nok\r\n0\r\nContent-Length: 2\r\n\r\n"),
         }) {
        CAPTURE(bytes);
        reading const result = read_in_steps(bytes);
        CHECK(result.code == errc::malformed_response);
        CHECK_FALSE(result.may_reuse);
    }
}

TEST_CASE("what cannot become an answer is refused before the connection ends")
{
    for (std::string_view garbage : {"x", "HTTP/2", "HTTP/1.1 200 OK\n", "\r\n", "HTTX", "\x16\x03\x01"})
        for (std::size_t step : steps) {
            CAPTURE(garbage);
            response_reader reader(header_limit, body_limit);
            boost::system::error_code code;
            std::string buffer;
            for (std::string_view rest = garbage; !rest.empty() && !code;) {
                buffer += rest.substr(0, step);
                rest.remove_prefix(std::min(step, rest.size()));
                buffer.erase(0, reader.feed(buffer, code));
            }
            CHECK(code == errc::malformed_response);
        }
}

TEST_CASE("an answer that is cut anywhere is never taken for a whole one, and what has come of its body is kept")
{
    for (std::string const& bytes : {answer("Content-Length: 16\r\n", "{\"id\":\"p1\",\"x\":1"),
             chunked("8\r\n{\"id\":\"p\r\n8;x=y\r\n1\",\"x\":1\r\n0\r\nDate: today\r\n\r\n"),
             std::string("HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n")
                 + answer("Content-Length: 16\r\n", "{\"id\":\"p1\",\"x\":1")}) {
        REQUIRE(read_in_steps(bytes).body == "{\"id\":\"p1\",\"x\":1");
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            CAPTURE(bytes.substr(0, length));
            reading const result = read_in_steps(std::string_view(bytes).substr(0, length));
            CHECK(result.code == (length == 0 ? errc::connection_lost : errc::truncated_response));
            CHECK_FALSE(result.may_reuse);
            CHECK(std::string_view("{\"id\":\"p1\",\"x\":1").starts_with(result.body));
        }
        std::size_t const near_end = bytes.find("\"x\":1");
        CHECK(read_in_steps(std::string_view(bytes).substr(0, near_end)).body.starts_with("{\"id\":\"p1\","));
    }
}

TEST_CASE("whatever byte of an answer is spoilt, it does not matter in which pieces it came")
{
    for (std::string const& bytes : {answer("Content-Length: 2\r\nConnection: close\r\n"),
             chunked("1\r\no\r\n1;x=\"y\"\r\nk\r\n0\r\nDate: today\r\n\r\n"),
             "HTTP/1.1 100 Continue\r\n\r\n" + answer("Retry-After: 1\r\n Content-Length: 2\r\n")})
        for (std::size_t at = 0; at < bytes.size(); ++at)
            for (char wrong : {'\0', '\r', '\n', ' ', '\t', ':', ',', ';', '"', '0', '9', 'a', 'H', '\x7f', '\xff'}) {
                std::string spoilt = bytes;
                spoilt[at] = wrong;
                reading const whole = read(spoilt, spoilt.size());
                for (std::size_t step : {std::size_t(1), std::size_t(2), std::size_t(3), std::size_t(7)}) {
                    reading const pieces = read(spoilt, step);
                    // What can no longer become whole may be found out sooner or later.
                    if ((whole.code && pieces.code) || pieces == whole)
                        continue;
                    CAPTURE(spoilt);
                    CAPTURE(step);
                    CHECK(described(pieces) == described(whole));
                }
            }
}

TEST_CASE("interim answers are passed over, up to sixteen")
{
    std::string const interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nX: y\r\n\r\n"
                                "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\nRetry-After: 9\r\n\r\n"
                                "HTTP/1.1 199 x\r\nContent-Length: 5\r\n\r\n";
    CHECK(described(read_in_steps(interim + answer(length_two))) == described({{}, 200, "ok", true}));
    std::string const hint = "HTTP/1.1 103 Early Hints\r\n\r\n";
    CHECK_FALSE(read_in_steps(repeated(hint, 16) + answer(length_two)).code);
    CHECK(read_in_steps(repeated(hint, 17) + answer(length_two)).code == errc::malformed_response);
    CHECK(read_in_steps(hint).code == errc::truncated_response);
    CHECK(read_in_steps(hint + "x").code == errc::malformed_response);
}

TEST_CASE("nothing of an interim answer is taken for the final one's")
{
    response_reader reader(header_limit, body_limit);
    boost::system::error_code code;
    reader.feed("HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\n", code);
    CHECK_FALSE(code);
    CHECK(reader.has_begun());
    CHECK_FALSE(reader.has_header());
    CHECK_FALSE(reader.is_complete());
    CHECK(reader.response().status == 0);
    reader.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", code);
    CHECK(reader.is_complete());
    CHECK(reader.response().header("retry-after") == "");
}

TEST_CASE("the stages of an answer are told apart")
{
    response_reader reader(header_limit, body_limit);
    boost::system::error_code code;
    CHECK_FALSE(reader.has_begun());
    CHECK(reader.feed("", code) == 0);
    CHECK_FALSE(reader.has_begun());
    std::string_view const start = "HTTP/1.1 200 OK\r\n";
    CHECK(reader.feed(start, code) == start.size());
    CHECK(reader.has_begun());
    CHECK_FALSE(reader.has_header());
    reader.feed("Content-Length: 2\r\n\r\n", code);
    CHECK(reader.has_header());
    CHECK_FALSE(reader.is_complete());
    CHECK_FALSE(reader.may_reuse());
    CHECK(reader.feed("okx", code) == 2);
    CHECK(reader.is_complete());
    CHECK(reader.may_reuse());
    CHECK(reader.feed("x", code) == 0);
    CHECK_FALSE(code);
}

TEST_CASE("the headers that are of use are kept under their names in lower case")
{
    response_reader reader(header_limit, body_limit);
    boost::system::error_code code;
    reader.feed(answer("RETRY-After: 7\r\nX-Other: y\r\nCF-Ray:  a b \r\nContent-Length: 2\r\n"), code);
    CHECK_FALSE(code);
    CHECK(reader.response().header("retry-after") == "7");
    CHECK(reader.response().header("cf-ray") == "a b");
    CHECK(reader.response().header("x-other") == "");
    CHECK(reader.response().headers.size() == 3);
}

TEST_CASE("a header is as large as its limit at most, however it is divided")
{
    std::string const line = "A: " + std::string(995, 'b') + "\r\n"; // 1000 bytes
    CHECK_FALSE(read_in_steps(answer(repeated(line, 60) + std::string(length_two))).code);
    CHECK(read_in_steps(answer(repeated(line, 70) + std::string(length_two))).code == errc::header_too_large);
    CHECK(read_in_steps("HTTP/1.1 200 " + std::string(2 * header_limit, 'x')).code == errc::header_too_large);
    CHECK(read_in_steps(answer("A: " + std::string(2 * header_limit, 'b'))).code == errc::header_too_large);
    CHECK(read_in_steps(answer(std::string(2 * header_limit, 'A'))).code == errc::header_too_large);
}

TEST_CASE("a limit may be larger than any header")
{
    for (std::size_t limit : {std::size_t(1) << 32, static_cast<std::size_t>(-1)}) {
        response_reader reader(limit, limit);
        boost::system::error_code code;
        reader.feed(answer("A: " + std::string(100000, 'b') + "\r\nContent-Length: 2\r\n"), code);
        CHECK_FALSE(code);
        CHECK(reader.is_complete());
    }
}

TEST_CASE("a header without end is refused, wherever its pieces end")
{
    // A piece that ends with the first letter of the next field lets the parser take what comes before it.
    for (std::string_view field : {"A: b\r\n", "Date: b\r\n", "A:\r\n", ": b\r\nA", ":\r\nDate", ":\r\nA"}) {
        CAPTURE(field);
        response_reader reader(header_limit, body_limit);
        boost::system::error_code code;
        std::string buffer = "HTTP/1.1 200 OK\r\n";
        if (field.front() == ':')
            buffer += "A";
        std::size_t sent = 0;
        while (!code && sent < 2 * header_limit) {
            buffer += field;
            sent += field.size();
            buffer.erase(0, reader.feed(buffer, code));
        }
        CHECK(code == errc::header_too_large);
        CHECK(sent <= header_limit + field.size());
    }
}

TEST_CASE("the header of a chunk and a trailer without end are refused")
{
    CHECK(read_in_steps(chunked("2;" + std::string(2 * header_limit, 'x'))).code == errc::header_too_large);
    CHECK(read_in_steps(chunked(std::string(2 * header_limit, '0'))).code == errc::header_too_large);
    CHECK(read_in_steps(chunked("0\r\nX: " + std::string(2 * header_limit, 'x'))).code == errc::header_too_large);
    CHECK(read_in_steps(chunked("0\r\n" + repeated("Date: x\r\n", header_limit))).code == errc::header_too_large);
}

TEST_CASE("a body is as large as its limit at most, however it is framed")
{
    std::string const too_much(body_limit + 1, 'x');
    for (std::string const& bytes : {
             answer("Content-Length: 1025\r\n", too_much),
             answer("Content-Length: 1025\r\n", ""),
             answer("Content-Length: 18446744073709551615\r\n", ""),
             chunked("401\r\n" + too_much + "\r\n0\r\n\r\n"),
             chunked("ffffffffffffffff\r\nx"),
             chunked(repeated("100\r\n" + std::string(256, 'x') + "\r\n", 4) + "1\r\nx\r\n0\r\n\r\n"),
         }) {
        CAPTURE(bytes.substr(0, 100));
        CHECK(read_in_steps(bytes).code == errc::body_too_large);
    }
    for (std::size_t step : steps) {
        CHECK(read(answer("", too_much), step).code == errc::body_too_large);
        CHECK_FALSE(read(answer("", std::string(body_limit, 'x')), step).code);
        CHECK(read("HTTP/1.1 503 x\r\nContent-Length: 1025\r\n\r\n", step).status == 503);
    }
}

TEST_CASE("memory is taken for what has come, not for what is announced")
{
    response_reader reader(header_limit, 1024 * 1024 * 1024);
    boost::system::error_code code;
    reader.feed(answer("Content-Length: 1000000000\r\n", "x"), code);
    CHECK_FALSE(code);
    CHECK(reader.response().body.capacity() <= 2 * 1024 * 1024);
}

TEST_CASE("a large body comes whole, in whatever pieces and chunks")
{
    std::string body;
    for (int i = 0; body.size() < 300000; ++i)
        body += std::to_string(i);
    std::string chunks;
    for (std::size_t at = 0, size = 1; at < body.size(); at += size, size = size % 5000 + 997) {
        std::string const piece = body.substr(at, size);
        char length[20];
        std::snprintf(length, sizeof length, "%zx\r\n", piece.size());
        chunks += length + piece + "\r\n";
    }
    for (std::size_t step : {std::size_t(7), std::size_t(1000), std::size_t(16384), std::size_t(-1)}) {
        reading const by_length =
            read(answer("Content-Length: " + std::to_string(body.size()) + "\r\n", body), step, 1000000);
        CHECK((by_length == reading{{}, 200, body, true}));
        CHECK((read(chunked(chunks + "0\r\n\r\n"), step, 1000000) == by_length));
    }
}
