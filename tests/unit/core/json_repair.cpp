// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/json_document.hpp>
#include <replicate/core/json_repair.hpp>

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <string>

using replicate::core::json_repair;
using replicate::core::parse_document;

namespace {

std::string read(std::string const& body)
{
    auto const document = parse_document(body);
    return document ? boost::json::serialize(*document) : document.error().message();
}

} // namespace

TEST_CASE("halves of surrogate pairs become replacement characters, and whole pairs stay")
{
    CHECK(read(R"(["\ud83d","\ude00"])") == "[\"\xef\xbf\xbd\",\"\xef\xbf\xbd\"]");
    CHECK(read(R"(["a\uD83Db \ud83d\ude00 \ude00\ud83d"])")
        == "[\"a\xef\xbf\xbd" "b \xf0\x9f\x98\x80 \xef\xbf\xbd\xef\xbf\xbd\"]");
    CHECK(read(R"(["\ud83d\n\\ud83d"])") == "[\"\xef\xbf\xbd\\n\\\\ud83d\"]");
    CHECK(json_repair::of(R"("\ud83d\ud83d\ude00")") == R"("\ufffd\ud83d\ude00")");
}

TEST_CASE("bytes that are not UTF-8 become replacement characters")
{
    CHECK(read("[\"\xff\xfe caf\xe9\"]") == "[\"\xef\xbf\xbd\xef\xbf\xbd caf\xef\xbf\xbd\"]");
    CHECK(read("{\"logs\":\"\xe2\x82\"}") == "{\"logs\":\"\xef\xbf\xbd\"}");
    CHECK(read("[\"\xf0\x9f\x98\"]") == "[\"\xef\xbf\xbd\"]");
}

TEST_CASE("control characters within strings are escaped, and those without are left")
{
    CHECK(read("[\"a\x01z\n\"]") == R"(["a\u0001z\n"])");
    CHECK(json_repair::of("[\n\"\t\"]") == "[\n\"\\u0009\"]");
}

TEST_CASE("numbers that are none become null, and words of that name stay")
{
    CHECK(read(R"({"a":NaN,"b":[Infinity,-Infinity],"NaN":"Infinity"})") == R"({"a":null,"b":[null,null],"NaN":"Infinity"})");
}

TEST_CASE("what is well stays as it is, and what is broken otherwise stays broken")
{
    for (std::string const good : {R"({"a":"\"\\\u00e9\ud83d\ude00","b":[1,2.5,null,true],"c":{}})", "[]", "\"\""})
        CHECK(json_repair::of(good) == good);
    for (std::string const bad : {"", "{", "[1,]", "\"", "\"\\", "\"\\u", "\"\\ud83", "<html>", "nan", "{\"a\":Nan}", "[\"\xff\""})
        CHECK_FALSE(parse_document(bad).has_value());
}
