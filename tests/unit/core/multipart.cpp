// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/multipart.hpp>

#include "support/shared_files.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using replicate::core::multipart_body;
using replicate::core::pull_function;

namespace {

// All bytes of a body, asked for so many at a time.
std::string read_all(multipart_body& body, std::size_t size)
{
    std::string bytes;
    std::vector<char> buffer(size);
    for (;;) {
        std::size_t const count = body.read(buffer.data(), size);
        bytes.append(buffer.data(), count);
        if (count < size)
            return bytes;
    }
}

// A file that gives at most so many bytes at a time.
pull_function file_of(std::string content, std::size_t most)
{
    return [content, most](std::uint64_t offset, char* target, std::size_t size) {
        return content.copy(target, std::min(size, most), static_cast<std::size_t>(offset));
    };
}

void add_some_parts(multipart_body& body, std::size_t most)
{
    body.add_field("metadata", R"({"a":1})", "application/json");
    body.add_file("content", "a.txt", "text/plain", std::string("in\r\nmemory"));
    body.add_file("content", "b.bin", "application/octet-stream", 10, file_of("0123456789", most));
    body.add_file("empty", "c", "", 0, file_of("", most));
}

constexpr std::string_view some_parts = "--xyz\r\n"
                                        "Content-Disposition: form-data; name=\"metadata\"\r\n"
                                        "Content-Type: application/json\r\n"
                                        "\r\n"
                                        "{\"a\":1}\r\n"
                                        "--xyz\r\n"
                                        "Content-Disposition: form-data; name=\"content\"; filename=\"a.txt\"\r\n"
                                        "Content-Type: text/plain\r\n"
                                        "\r\n"
                                        "in\r\nmemory\r\n"
                                        "--xyz\r\n"
                                        "Content-Disposition: form-data; name=\"content\"; filename=\"b.bin\"\r\n"
                                        "Content-Type: application/octet-stream\r\n"
                                        "\r\n"
                                        "0123456789\r\n"
                                        "--xyz\r\n"
                                        "Content-Disposition: form-data; name=\"empty\"; filename=\"c\"\r\n"
                                        "\r\n"
                                        "\r\n"
                                        "--xyz--\r\n";

std::string with_file_name(std::string_view name)
{
    multipart_body body("x");
    body.add_file("content", name, "text/plain", std::string());
    return read_all(body, 1000);
}

// The text of the refusal of whatever this does.
template<class Function>
std::string refusal_of(Function function)
{
    try {
        function();
    } catch (replicate::error const& failure) {
        CHECK(failure.code() == replicate::errc::invalid_argument);
        return failure.what();
    }
    return "not refused";
}

} // namespace

TEST_CASE("a body is the same in every size of buffer and of what a file gives, and as long as it said")
{
    for (std::size_t most = 1; most <= 11; ++most)
        for (std::size_t size = 1; size <= some_parts.size() + 1; ++size) {
            multipart_body body("xyz");
            add_some_parts(body, most);
            REQUIRE(body.length() == some_parts.size());
            REQUIRE(read_all(body, size) == some_parts);
        }
}

TEST_CASE("a buffer is filled up to the end of the body")
{
    multipart_body body("xyz");
    add_some_parts(body, 1);
    std::vector<char> buffer(some_parts.size() + 10);
    CHECK(body.read(buffer.data(), 0) == 0);
    CHECK(body.read(buffer.data(), 100) == 100);
    CHECK(body.read(buffer.data(), buffer.size()) == some_parts.size() - 100);
    CHECK(body.read(buffer.data(), buffer.size()) == 0);
}

TEST_CASE("a body can be sent again from any place")
{
    multipart_body body("xyz");
    add_some_parts(body, 3);
    std::vector<char> buffer(some_parts.size());
    for (std::size_t stop = 0; stop <= some_parts.size(); ++stop) {
        body.rewind();
        REQUIRE(body.read(buffer.data(), stop) == stop);
        body.rewind();
        REQUIRE(read_all(body, 64) == some_parts);
    }
}

TEST_CASE("a body without parts is only its end")
{
    multipart_body body("x");
    CHECK(body.length() == 7);
    CHECK(read_all(body, 100) == "--x--\r\n");
    CHECK(body.content_type() == "multipart/form-data; boundary=x");
}

TEST_CASE("the recorded upload is made byte by byte")
{
    auto const recording = replicate::tests::read_shared("recordings/file-operations.json");
    if (!recording)
        return;
    boost::json::value const document = boost::json::parse(*recording);
    boost::json::object const& request = document.at("exchanges").at(0).at("request").as_object();
    multipart_body body("f64a6c6ac4fed507b9430635c33d4f7c");
    body.add_file("content", "test_fileo20o3wth.txt", "text/plain", std::string());
    boost::json::object const& headers = request.at("headers").as_object();
    CHECK(boost::json::string(body.content_type()) == headers.at("content-type").as_string());
    CHECK(boost::json::string(std::to_string(body.length())) == headers.at("content-length").as_string());
    CHECK(boost::json::string(read_all(body, 7)) == request.at("body").as_string());
}

TEST_CASE("names keep every character but quotes and backslashes")
{
    CHECK(with_file_name("a b;c=d'e%.txt").find("; filename=\"a b;c=d'e%.txt\"\r\n") != std::string::npos);
    CHECK(with_file_name("a\"b\\").find("; filename=\"a%22b%5C\"\r\n") != std::string::npos);
    CHECK(with_file_name("\xf0\x9f\xa6\x99.png").find("; filename=\"\xf0\x9f\xa6\x99.png\"\r\n") != std::string::npos);
    multipart_body body("x");
    body.add_field("na\"me", "value\r\nwith --x- and \"quotes\"");
    CHECK(read_all(body, 1000)
        == "--x\r\nContent-Disposition: form-data; name=\"na%22me\"\r\n\r\nvalue\r\nwith --x- and "
           "\"quotes\"\r\n--x--\r\n");
}

TEST_CASE("what would end a header early is refused in names, file names and types")
{
    using namespace std::string_view_literals;
    for (std::string_view bad : {"a\rb"sv, "a\nb"sv, "a\0b"sv, "a\r\nX: y"sv, "a\x7f"sv, "\x1b[2J"sv}) {
        CAPTURE(bad);
        multipart_body body("x");
        CHECK(refusal_of([&] { body.add_field(bad, ""); }).find("contains a control character") != std::string::npos);
        CHECK(
            refusal_of([&] { body.add_file("a", bad, "", std::string()); }).find("file name: '") != std::string::npos);
        CHECK(refusal_of([&] { body.add_file("a", "b", bad, std::string()); }).find("content type: '")
            != std::string::npos);
        CHECK(refusal_of([&] { body.add_field("a", "b", bad); }).find("content type: '") != std::string::npos);
        CHECK(body.length() == 7);
    }
    CHECK(refusal_of([] { with_file_name("a\xff"); }) == "invalid argument: file name: 'a?' is not UTF-8");
    CHECK(refusal_of([] { with_file_name(""); }) == "invalid argument: file name: is empty");
    CHECK(refusal_of([] { multipart_body("x").add_field("", "v"); })
        == "invalid argument: name: the name of a part is empty");
}

TEST_CASE("a boundary that would not hold is refused")
{
    for (std::string const& boundary : {std::string(), std::string(71, 'x'), std::string("a b"), std::string("a\r\n"),
             std::string("a\"b"), std::string("a:b")}) {
        CAPTURE(boundary);
        CHECK(refusal_of([&] { multipart_body body(boundary); })
            == "invalid argument: boundary: give 1 to 70 letters, digits, '-' and '_'");
    }
    CHECK(multipart_body(std::string(70, 'x')).length() == 76);
    CHECK(replicate::core::multipart_boundary(std::string("\x00\x7f\xff", 3)) == "007fff");
}

TEST_CASE("a file that shrinks is refused where it ends, by name")
{
    for (std::size_t size : {1u, 4u, 1000u}) {
        multipart_body body("x");
        body.add_file("content", "photo.jpg", "image/jpeg", 10, file_of("0123456", 4));
        CHECK(refusal_of([&] { read_all(body, size); })
            == "invalid argument: file: 'photo.jpg' ended after 7 of 10 bytes; was it changed while it was sent?");
    }
}

TEST_CASE("a file that grows gives only the bytes that were announced")
{
    multipart_body body("x");
    body.add_file("content", "a", "", 4, file_of("0123456789", 100));
    std::string const bytes = read_all(body, 5);
    CHECK(bytes.size() == body.length());
    CHECK(bytes.find("\r\n\r\n0123\r\n--x--\r\n") != std::string::npos);
}

TEST_CASE("a file that gives more than it was asked for, or cannot be asked, is refused")
{
    multipart_body body("x");
    body.add_file("content", "a", "", 4, [](std::uint64_t, char*, std::size_t size) { return size + 1; });
    CHECK(refusal_of([&] { read_all(body, 100); })
        == "invalid argument: file: 'a' gave more bytes than it was asked for");
    CHECK(refusal_of([&] { body.add_file("content", "a", "", 4, pull_function()); })
        == "invalid argument: file: the function that gives its bytes is empty");
}

TEST_CASE("what a file throws is passed on, and the body can be sent again")
{
    multipart_body body("x");
    bool broken = true;
    body.add_file("content", "a", "", 3, [&broken](std::uint64_t offset, char* target, std::size_t size) {
        if (broken)
            throw std::runtime_error("no such device");
        return std::string_view("abc").copy(target, size, static_cast<std::size_t>(offset));
    });
    CHECK_THROWS_WITH_AS(read_all(body, 100), "no such device", std::runtime_error);
    broken = false;
    body.rewind();
    CHECK(read_all(body, 100).find("abc") != std::string::npos);
}

TEST_CASE("a body that nobody wants any more asks for no further piece")
{
    int pieces = 0;
    multipart_body body("x");
    body.add_file("content", "a.bin", "", 1000, [&pieces](std::uint64_t, char* target, std::size_t) {
        *target = 'a';
        ++pieces;
        return std::size_t(1);
    });
    std::string buffer(2000, '\0');
    std::size_t const count = body.read(buffer.data(), buffer.size(), [&pieces] { return pieces == 3; });
    CHECK(pieces == 3);
    CHECK(buffer.substr(0, count).ends_with("\r\n\r\naaa"));
}

TEST_CASE("a body of more than four billion bytes knows its length")
{
    multipart_body body("x");
    body.add_file("content", "a", "", 5'000'000'000, file_of("", 1));
    multipart_body empty("x");
    empty.add_file("content", "a", "", 0, file_of("", 1));
    CHECK(body.length() == 5'000'000'000 + read_all(empty, 10).size());
}
