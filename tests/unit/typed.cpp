// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Values of C++ types out of outputs, and inputs out of them.

#include <replicate/core/input_writer.hpp>
#include <replicate/output.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace typed_test {

enum class mood { calm, wild };
BOOST_DESCRIBE_ENUM(mood, calm, wild)

struct segment {
    double start = 0;
    std::optional<double> end;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(segment, (), (start, end, text))

struct transcript {
    std::string language;
    std::vector<segment> segments;
    std::optional<mood> tone;
    std::map<std::string, int> counts;
};
BOOST_DESCRIBE_STRUCT(transcript, (), (language, segments, tone, counts))

struct base {
    std::string prompt;
};
BOOST_DESCRIBE_STRUCT(base, (), (prompt))

struct question : base {
    std::optional<int> seed;
    std::optional<std::string> negative_prompt;
    mood style = mood::calm;
    std::vector<segment> examples;
    std::chrono::milliseconds length{1500};
    std::chrono::system_clock::time_point asked;
    std::map<std::string, double> weights;
};
BOOST_DESCRIBE_STRUCT(question, (base), (seed, negative_prompt, style, examples, length, asked, weights))

struct tree {
    int value = 0;
    std::vector<tree> children;
};
BOOST_DESCRIBE_STRUCT(tree, (), (value, children))

struct picture {
    replicate::file_source image;
    std::vector<replicate::file_source> masks;
    std::optional<replicate::file_source> control;
};
BOOST_DESCRIBE_STRUCT(picture, (), (image, masks, control))

} // namespace typed_test

namespace {

using namespace typed_test;
using namespace std::chrono_literals;
namespace json = boost::json;
using replicate::condition;
using strings = std::vector<std::string>;

replicate::output of(std::string_view answer)
{
    std::string const document = R"({"id":"abc","status":"succeeded","output":)" + std::string(answer) + "}";
    return replicate::output(replicate::prediction::from_json(json::parse(document)));
}

template<class T>
std::string refusal(std::string_view answer)
{
    try {
        (void)of(answer).as<T>();
    } catch (replicate::error const& failure) {
        CHECK(failure.code() == replicate::errc::output_mismatch);
        REQUIRE(failure.diagnostics().prediction);
        CHECK(failure.diagnostics().prediction->id == "abc");
        std::string const detail = failure.diagnostics().detail;
        return detail.substr(0, detail.find(" (prediction abc): "));
    }
    return "no refusal";
}

template<class T>
std::string written(T const& value)
{
    return json::serialize(replicate::detail::write_members(value).object());
}

} // namespace

TEST_CASE("an output becomes a described struct, with lists, maps, enumerations and optional members")
{
    auto const heard = of(R"({"language":"en","extra":[1],"tone":"wild","counts":{"a/b":2},
        "segments":[{"start":0,"end":1.5,"text":"Hi"},{"start":1.5,"end":null,"text":""},{"start":3,"text":"x"}]})")
                           .as<transcript>();
    CHECK(heard.language == "en");
    CHECK(heard.tone == mood::wild);
    CHECK(heard.counts.at("a/b") == 2);
    REQUIRE(heard.segments.size() == 3);
    CHECK(heard.segments[0].end == 1.5);
    CHECK_FALSE(heard.segments[1].end);
    CHECK_FALSE(heard.segments[2].end);
    CHECK(heard.segments[2].start == 3.0);
}

TEST_CASE("inherited members are members, and structs may hold themselves")
{
    auto const asked = of(R"({"prompt":"p","style":"calm","examples":[],"length":2.5,
        "asked":"2026-01-31T12:00:00.5Z","weights":{}})")
                           .as<question>();
    CHECK(asked.prompt == "p");
    CHECK(asked.length == 2500ms);
    CHECK(asked.asked.time_since_epoch() == 1769860800500ms);
    auto const root = of(R"({"value":1,"children":[{"value":2,"children":[]},{"value":3,"children":[]}]})").as<tree>();
    CHECK(root.children.at(1).value == 3);
}

TEST_CASE("files, lists of files and texts in pieces are asked for by their types")
{
    CHECK(of(R"("https://a.example/x.png")").as<replicate::file_output>().url() == "https://a.example/x.png");
    auto const files = of(R"(["https://a.example/1","data:,x"])").as<std::vector<replicate::file_output>>();
    REQUIRE(files.size() == 2);
    CHECK(files[1].url() == "data:,x");
    CHECK(of(R"(["a","","b"])").as<std::string>() == "ab");
    CHECK(of("[]").as<std::string>().empty());
    CHECK(of("null").as<std::optional<std::string>>() == std::nullopt);
}

TEST_CASE("what has no decoder of its own converts as Boost.JSON converts it")
{
    CHECK(of("[1,\"x\"]").as<std::tuple<int, std::string>>() == std::tuple<int, std::string>(1, "x"));
    CHECK(of("[1,2]").as<std::array<int, 2>>() == std::array<int, 2>{1, 2});
    CHECK(of("[1,2]").as<std::list<int>>() == std::list<int>{1, 2});
    CHECK(refusal<std::array<int, 2>>("[1]").find("expected a value of the type asked for (") == 0);
}

TEST_CASE("a mismatch names the place, what was expected and what was found")
{
    CHECK(refusal<int>("\"x\"") == "expected a whole number, found a string");
    CHECK(refusal<int>("7.5") == "expected a whole number, found a fraction, or one too large");
    CHECK(refusal<std::int8_t>("300") == "expected a whole number, found one too large or too small");
    CHECK(refusal<double>("true") == "expected a number, found true or false");
    CHECK(refusal<bool>("1") == "expected true or false, found a whole number");
    CHECK(refusal<std::string>("null") == "expected a string, found null");
    CHECK(refusal<std::string>(R"(["a",1])") == "at /1: expected a string, found a whole number");
    CHECK(refusal<mood>("\"odd\"") == "expected one of calm, wild, found another text");
    CHECK(refusal<strings>("{}") == "expected an array, found an object");
    CHECK(refusal<transcript>("[]") == "expected an object, found an array");
    CHECK(refusal<replicate::file_output>("\"hello\"")
        == "expected the URL of a file (https: or data:), found another text");
    CHECK(refusal<transcript>(R"({"language":"en","counts":{},"segments":[{"start":0,"text":"a"},{"start":"b","text":""}]})")
        == "at /segments/1/start: expected a number, found a string");
    CHECK(refusal<transcript>(R"({"language":"en","counts":{},"segments":[{"start":0}]})")
        == "at /segments/0: expected the member 'text', found none of that name");
    CHECK(refusal<transcript>(R"({"language":"en","segments":[],"counts":{"a/b~c":"x"}})")
        == "at /counts/a~1b~0c: expected a whole number, found a string");
}

TEST_CASE("a described struct becomes an input, and empty optional members are left out")
{
    question asked;
    asked.prompt = "a cat";
    asked.seed = 7;
    asked.style = mood::wild;
    asked.examples.push_back(segment{0.5, std::nullopt, "x"});
    asked.asked = std::chrono::system_clock::time_point(1769860800s);
    asked.weights = {{"a", 0.5}};
    CHECK(json::parse(written(asked)) == json::parse(R"({"prompt":"a cat","seed":7,"style":"wild",
        "examples":[{"start":0.5,"text":"x"}],"length":1.5,"asked":"2026-01-31T12:00:00.000000Z","weights":{"a":0.5}})"));
    asked.length = 3s;
    CHECK(json::parse(written(asked)).at("length") == json::value(3));
}

TEST_CASE("files in a struct are files of the input, each at its place")
{
    picture sent{replicate::file_source::from_bytes("a", "a.png"), {}, {}};
    sent.masks.push_back(replicate::file_source::from_bytes("b", "b.png"));
    sent.masks.push_back(replicate::file_source::from_bytes("c", "c.png"));
    auto const made = replicate::detail::write_members(sent);
    REQUIRE(made.files().size() == 3);
    CHECK(made.files()[0].place == "/image");
    CHECK(made.files()[2].place == "/masks/1");
    CHECK_FALSE(made.contains("control"));
}

TEST_CASE("a member that no JSON can hold is refused by its name")
{
    segment odd;
    odd.start = std::nan("");
    try {
        (void)replicate::detail::write_members(odd);
        FAIL("not refused");
    } catch (replicate::error const& failure) {
        CHECK(failure.code() == replicate::errc::invalid_argument);
        CHECK(std::string(failure.what()).find("input.start") != std::string::npos);
    }
}
