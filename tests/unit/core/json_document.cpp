// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/json_document.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>

using replicate::core::parse_document;
using replicate::core::why_unexpected;

TEST_CASE("a body that is JSON is read, with blanks around it and behind a byte order mark")
{
    CHECK(parse_document("{\"a\":1}\n").value().at("a").as_int64() == 1);
    CHECK(parse_document(" [1,2] ").value().as_array().size() == 2);
    CHECK(parse_document("\xef\xbb\xbfnull").value().is_null());
    CHECK(parse_document("{\"predict_time\":3e-06}").value().at("predict_time").is_double());
}

TEST_CASE("an output that is nested more deeply than usual is read, and one nested without end is not")
{
    auto const nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    CHECK(parse_document(nested(512)).has_value());
    for (std::size_t depth : {std::size_t(513), std::size_t(100'000)}) {
        auto const read = parse_document("{\"output\":" + nested(depth) + "}");
        REQUIRE(read.has_error());
        CHECK(read.error() == replicate::errc::nested_too_deeply);
        CHECK(read.error() == replicate::condition::protocol);
        CHECK(read.error().message() == "the answer is nested more than 512 levels deep");
    }
    CHECK(why_unexpected(nested(513)) == replicate::errc::nested_too_deeply);
    CHECK(why_unexpected(nested(512)) == replicate::errc::unexpected_content);
    CHECK(why_unexpected("<html>") == replicate::errc::unexpected_content);
}

TEST_CASE("what is not JSON is an unexpected content")
{
    for (std::string_view body : {"", " ", "<html></html>", "{\"a\":1", "{\"a\":1}x", "{\"a\":1}{\"a\":1}", "{a:1}",
             "[1,]", "nul", "nan", "'a'", "{\"a\":\"\xff\"", "\xef\xbb\xbf"}) {
        CAPTURE(body);
        auto const read = parse_document(body);
        REQUIRE(read.has_error());
        CHECK(read.error() == replicate::errc::unexpected_content);
        CHECK(read.error() == replicate::condition::protocol);
    }
}

TEST_CASE("no prefix of an object is a document")
{
    std::string_view const whole = R"({"id":"abc","output":["a",1.5e3,null,true],"urls":{"get":"x"}})";
    REQUIRE(parse_document(whole).has_value());
    for (std::size_t length = 0; length < whole.size(); ++length)
        CHECK(parse_document(whole.substr(0, length)).has_error());
}
