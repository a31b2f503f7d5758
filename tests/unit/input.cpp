// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/input.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace json = boost::json;
using replicate::input;
using replicate::input_value;

namespace {

std::string text_of(input const& values)
{
    return json::serialize(values.object());
}

std::string text_of(input_value const& value)
{
    return json::serialize(value.json());
}

// What setting a value is refused with; empty where it is not.
std::string refusal(std::string_view name, input_value value)
{
    try {
        input().set(name, std::move(value));
    } catch (replicate::error const& failure) {
        CHECK(failure.code() == replicate::errc::invalid_argument);
        CHECK(failure.code() == replicate::condition::invalid_input);
        return failure.what();
    }
    return {};
}

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

std::string by_value(input values)
{
    return text_of(values);
}

// A temporary of an aggregate in a co_await expression is destroyed twice by g++ 12.
static_assert(!std::is_aggregate_v<input>);
static_assert(!std::is_aggregate_v<input_value>);
// A single character would become its number.
static_assert(!std::is_constructible_v<input_value, char>);
static_assert(!std::is_constructible_v<input_value, char8_t>);
static_assert(!std::is_constructible_v<input_value, wchar_t>);
static_assert(!std::is_constructible_v<input_value, std::vector<char>>);
// A pointer would become true.
static_assert(!std::is_constructible_v<input_value, void*>);
static_assert(!std::is_constructible_v<input_value, int*>);
static_assert(std::is_nothrow_move_constructible_v<input>);

} // namespace

TEST_CASE("an input holds the values listed, in their order")
{
    input const values{{"prompt", "Hello, world!"}, {"max_tokens", 512}};
    CHECK(text_of(values) == R"({"prompt":"Hello, world!","max_tokens":512})");
    CHECK(text_of(input()) == "{}");
    CHECK(text_of(input{{"prompt", "one"}}) == R"({"prompt":"one"})");
    CHECK(by_value({{"a", "b"}, {"c", "d"}}) == R"({"a":"b","c":"d"})");
    CHECK(by_value({{"a", "b"}}) == R"({"a":"b"})");
}

TEST_CASE("every kind of text is text")
{
    std::string const text = "t\"e\\x\nt";
    char const* const pointer = text.c_str();
    char array[] = "array";
    for (input_value const& value :
        {input_value(text), input_value(pointer), input_value(std::string_view(text)), input_value(json::string(text)),
            input_value(std::string(text)), input_value(json::value(json::string(text)))})
        CHECK(text_of(value) == R"("t\"e\\x\nt")");
    CHECK(text_of(input_value(array)) == R"("array")");
    CHECK(text_of(input_value("")) == R"("")");
    CHECK(text_of(input_value(std::string("a\0b", 3))) == R"("a\u0000b")");
}

TEST_CASE("every kind of number keeps its value")
{
    CHECK(text_of(input_value(0)) == "0");
    CHECK(text_of(input_value(-7)) == "-7");
    CHECK(text_of(input_value(std::int8_t(-8))) == "-8");
    CHECK(text_of(input_value(std::uint8_t(200))) == "200");
    CHECK(text_of(input_value(short(3))) == "3");
    CHECK(text_of(input_value(7u)) == "7");
    CHECK(text_of(input_value(7L)) == "7");
    CHECK(text_of(input_value(7uL)) == "7");
    CHECK(text_of(input_value(std::numeric_limits<long long>::min())) == "-9223372036854775808");
    CHECK(text_of(input_value(std::numeric_limits<unsigned long long>::max())) == "18446744073709551615");
    CHECK(input_value(0.5).json().as_double() == 0.5);
    CHECK(input_value(0.5f).json().as_double() == 0.5);
    CHECK(input_value(0.5L).json().as_double() == 0.5);
    CHECK(input_value(7.0).json().is_double());
}

TEST_CASE("a bool is a bool and nothing is null")
{
    CHECK(text_of(input_value(true)) == "true");
    CHECK(text_of(input_value(false)) == "false");
    CHECK(text_of(input_value(nullptr)) == "null");
    CHECK(text_of(input_value()) == "null");
    char const* const pointer = nullptr;
    CHECK(text_of(input_value(pointer)) == "null");
}

TEST_CASE("lists and objects are taken at any depth")
{
    CHECK(text_of(input_value(std::vector<std::string>{"a", "b"})) == R"(["a","b"])");
    CHECK(text_of(input_value(std::vector<int>{1, 2})) == "[1,2]");
    CHECK(text_of(input_value(std::vector<bool>{true, false})) == "[true,false]");
    CHECK(text_of(input_value(std::vector<std::vector<int>>{{1}, {}, {2, 3}})) == "[[1],[],[2,3]]");
    CHECK(text_of(input_value(std::vector<input_value>{1, "a", nullptr, true})) == R"([1,"a",null,true])");
    CHECK(text_of(input_value(std::vector<char const*>{})) == "[]");
    CHECK(text_of(input_value(json::array{1, "a"})) == R"([1,"a"])");
    CHECK(text_of(input_value(json::object{{"a", json::object{{"b", 1}}}})) == R"({"a":{"b":1}})");
    CHECK(text_of(input_value(json::parse("[{}]"))) == "[{}]");
}

TEST_CASE("a file of an earlier output passes as its URL")
{
    CHECK(text_of(input_value(replicate::file_output("https://replicate.delivery/a.png")))
        == R"("https://replicate.delivery/a.png")");
}

TEST_CASE("set adds and replaces, and can be chained on a named input and on a temporary")
{
    input values;
    values.set("a", 1).set("b", "x").set("a", 2);
    CHECK(text_of(values) == R"({"a":2,"b":"x"})");
    CHECK(by_value(input().set("a", 1).set("b", 2)) == R"({"a":1,"b":2})");
    input const moved = input{{"a", 1}}.set("c", std::string(1000, 'x'));
    CHECK(moved.at("c").as_string().size() == 1000);
    CHECK(text_of(input{{"a", 1}, {"b", 2}, {"a", 3}}) == R"({"a":3,"b":2})");
}

TEST_CASE("an input is made of a JSON object, and of nothing else")
{
    json::object const members{{"a", 1}, {"b", "x"}};
    CHECK(text_of(input(members)) == R"({"a":1,"b":"x"})");
    CHECK(text_of(input(json::parse(R"({"a":[1]})"))) == R"({"a":[1]})");
    for (char const* text : {"null", "1", "\"prompt\"", "[]", "[[\"a\",1]]", "true"}) {
        CAPTURE(text);
        try {
            input const values(json::parse(text));
            FAIL("was accepted");
        } catch (replicate::error const& failure) {
            CHECK(failure.code() == replicate::errc::invalid_argument);
            CHECK(contains(failure.what(), "input: must be a JSON object"));
        }
    }
}

TEST_CASE("values are found by name")
{
    input const values{{"a", 1}, {"b", nullptr}};
    CHECK(values.contains("a"));
    CHECK(values.contains("b"));
    CHECK_FALSE(values.contains("c"));
    CHECK_FALSE(values.contains(""));
    CHECK(values.at("a").as_int64() == 1);
    CHECK(values.at("b").is_null());
    try {
        values.at("c");
        FAIL("was found");
    } catch (replicate::error const& failure) {
        CHECK(contains(failure.what(), "input.c: there is no value of this name"));
    }
}

TEST_CASE("a value that has no JSON form is refused with its place, however deep it is")
{
    double const infinity = std::numeric_limits<double>::infinity();
    double const none = std::numeric_limits<double>::quiet_NaN();
    CHECK(contains(refusal("scale", none), "input.scale: is not a finite number"));
    CHECK(contains(refusal("scale", infinity), "input.scale: is not a finite number"));
    CHECK(contains(refusal("scale", -infinity), "input.scale: is not a finite number"));
    CHECK(contains(refusal("scale", std::numeric_limits<float>::infinity()), "is not a finite number"));
    CHECK(contains(refusal("a", std::vector<double>{1, none}), "input.a[1]: is not a finite number"));
    CHECK(contains(refusal("a", json::object{{"b", json::array{0, json::object{{"c", infinity}}}}}),
        "input.a.b[1].c: is not a finite"));
    CHECK_THROWS_AS((input{{"a", 1}, {"b", none}}), replicate::error);
    CHECK_THROWS_AS(input(json::object{{"b", none}}), replicate::error);
    CHECK(refusal("a", std::numeric_limits<double>::max()) == "");
    CHECK(refusal("a", std::numeric_limits<double>::denorm_min()) == "");
}

TEST_CASE("text that is not UTF-8 is refused with its place, however deep it is")
{
    CHECK(contains(refusal("image", "\x89PNG\r\n\x1a\n"), "input.image: is not UTF-8 text"));
    CHECK(contains(refusal("a", std::vector<std::string>{"x", "\xff"}), "input.a[1]: is not UTF-8 text"));
    CHECK(contains(refusal("a", json::object{{"b", "\xc3"}}), "input.a.b: is not UTF-8 text"));
    CHECK(contains(refusal("a", json::object{{"\xc3", "b"}}), "is not UTF-8 text"));
    CHECK(contains(refusal("\xc3", "b"), "the name of a value is not UTF-8"));
    CHECK(refusal("a", "gr\xc3\xbc\xc3\x9f") == "");
}

TEST_CASE("a value without a name is refused")
{
    CHECK(contains(refusal("", 1), "a value has an empty name"));
    CHECK_THROWS_AS((input{{"", 1}}), replicate::error);
    CHECK_THROWS_AS(input(json::object{{"", 1}}), replicate::error);
}

TEST_CASE("an input whose value was refused is as it was")
{
    input values{{"a", 1}};
    CHECK_THROWS_AS(values.set("a", std::numeric_limits<double>::quiet_NaN()), replicate::error);
    CHECK_THROWS_AS(values.set("b", "\xff"), replicate::error);
    CHECK(text_of(values) == R"({"a":1})");
}

TEST_CASE("a copy of an input is independent")
{
    input values{{"a", 1}};
    input const copy = values;
    values.set("a", 2);
    CHECK(text_of(copy) == R"({"a":1})");
    input const moved = std::move(values);
    CHECK(text_of(moved) == R"({"a":2})");
}
