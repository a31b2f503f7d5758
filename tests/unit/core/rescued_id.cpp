// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/json_document.hpp>
#include <replicate/core/rescued_id.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>

using replicate::core::rescued_prediction_id;

namespace {

std::string nested(std::size_t depth)
{
    return std::string(depth, '[') + std::string(depth, ']');
}

} // namespace

TEST_CASE("an id is rescued from the byte on with which it is whole, wherever the answer was cut")
{
    // The id ends where the bar stands.
    for (std::string_view marked : {
             R"({"id":"p1"|,"model":"a/b","input":{"id":"no"},"status":"starting"})",
             R"({"model":"a/b","input":{"id":"no","list":[{"id":"no"},"id","no"]},"id":"p1"|})",
             R"( { "logs" : "a long text \" with \\ \"id\":\"no\"" , "id" : "p1"| , "x":null})",
             R"({"a":1,"b":-2.5e3,"c":true,"d":null,"e":[],"f":{},"g":"","id":"p1"|,"h":[1,2]})",
             R"({"\u0069d":"\u0070\u0031"|})",
             "\xef\xbb\xbf{\"id\":\"p1\"|}",
         }) {
        std::string text(marked);
        std::size_t const whole_at = text.find('|');
        text.erase(whole_at, 1);
        for (std::size_t length = 0; length <= text.size(); ++length) {
            CAPTURE(text.substr(0, length));
            CHECK(rescued_prediction_id(text.substr(0, length)) == (length >= whole_at ? "p1" : ""));
        }
    }
}

TEST_CASE("an id in pieces is one id")
{
    // Text with escapes reaches the listener in several pieces.
    CHECK(rescued_prediction_id(R"({"id":"a\tb\nc\u00fcd\"e","x":)")
        == "a\tb\nc\xc3\xbc"
           "d\"e");
    std::string const long_id(100000, 'i');
    CHECK(rescued_prediction_id("{\"id\":\"" + long_id + "\"") == long_id);
    CHECK(rescued_prediction_id("{\"id\":\"" + long_id) == "");
}

TEST_CASE("what is not the id of the outermost object is none")
{
    for (std::string_view text : {
             "",
             " ",
             "null",
             "\"id\"",
             "\"p1\"",
             R"(["id","p1"])",
             R"([{"id":"p1"}])",
             R"([{"id":"p1"},"p1"])",
             R"([{"id":1},"p1"])",
             R"([{"id":{}},"p1"])",
             R"([{"id":[]},"p1"])",
             R"({"id":[{}],"x":["p1"]})",
             R"({"id":[0,"p1"]})",
             R"({"input":{"id":"p1"}})",
             R"({"id":{"id":"p1"}})",
             R"({"id":["p1"]})",
             R"({"id":[],"x":"p1"})",
             R"({"id":null,"x":"p1"})",
             R"({"id":1,"x":"p1"})",
             R"({"id":true,"x":"p1"})",
             R"({"id":-1,"x":"p1"})",
             R"({"id":1.5,"x":"p1"})",
             R"({"id":18446744073709551615,"x":"p1"})",
             R"({"Id":"p1"})",
             R"({"idx":"p1"})",
             R"({"xid":"p1"})",
             R"({"i":"p1","d":"p2"})",
             R"({"id":""})",
             "<html>id</html>",
             "HTTP/1.1 502",
         }) {
        CAPTURE(text);
        CHECK(rescued_prediction_id(text) == "");
    }
}

TEST_CASE("an id that came before what is no JSON counts")
{
    CHECK(rescued_prediction_id("{\"id\":\"p1\",<html>") == "p1");
    CHECK(rescued_prediction_id("{\"id\":\"p1\",\"logs\":\"\xff\xfe") == "p1");
}

TEST_CASE("of two ids the last counts, as it does in a whole answer")
{
    CHECK(rescued_prediction_id(R"({"id":"p1","id":"p2","x)") == "p2");
    CHECK(rescued_prediction_id(R"({"id":"p1","id":"p2)") == "p1");
}

TEST_CASE("an id is found behind anything that a whole answer may hold")
{
    std::string const text = R"({"input":)" + nested(500) + R"(,"id":"p1","output":)" + nested(500) + "}";
    REQUIRE(replicate::core::parse_document(text));
    CHECK(rescued_prediction_id(text.substr(0, text.size() - 1)) == "p1");
}

TEST_CASE("nesting without end does not exhaust the stack")
{
    CHECK(rescued_prediction_id(R"({"input":)" + std::string(1000000, '[')) == "");
    CHECK(rescued_prediction_id(R"({"id":"p1","input":)" + std::string(1000000, '[')) == "p1");
}
