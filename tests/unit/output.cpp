// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/output.hpp>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace json = boost::json;
using replicate::output;

namespace {

output of(std::string_view answer)
{
    std::string const document = R"({"id":"abc","status":"succeeded","output":)" + std::string(answer) + "}";
    return output(replicate::prediction::from_json(json::parse(document)));
}

std::vector<std::string> urls_of(std::string_view answer)
{
    std::vector<std::string> urls;
    for (replicate::file_output const& file : of(answer).files())
        urls.push_back(file.url());
    return urls;
}

// What asking for another kind is refused with.
template<class Question>
std::string refusal(Question question)
{
    try {
        question();
    } catch (replicate::error const& failure) {
        CHECK(failure.code() == replicate::errc::output_mismatch);
        return failure.what();
    }
    return {};
}

using strings = std::vector<std::string>;

static_assert(!std::is_aggregate_v<output>);
static_assert(std::is_default_constructible_v<output>);
static_assert(!std::is_aggregate_v<replicate::file_output>);

} // namespace

TEST_CASE("a text is text")
{
    CHECK(of(R"("Hello")").text() == "Hello");
    CHECK(of(R"("")").text() == "");
    CHECK(of(R"("a\u0000b\u00fc")").text() == std::string("a\0b\xc3\xbc", 5));
}

TEST_CASE("the pieces of a language model are joined with nothing between")
{
    CHECK(of(R"(["\n\n","Here"," is",""," a"])").text() == "\n\nHere is a");
    CHECK(of("[]").text() == "");
}

TEST_CASE("no answer is the empty text")
{
    CHECK(of("null").text() == "");
    CHECK(output().text() == "");
    CHECK(output().json().is_null());
    CHECK(output().files().empty());
    CHECK(output().prediction().id == "");
}

TEST_CASE("what is no text is refused as text, and the message shows it")
{
    for (std::string_view answer :
        {"1", "1.5", "true", "{}", R"({"text":"x"})", "[1]", R"(["a",null])", R"([["a"]])"}) {
        CAPTURE(answer);
        std::string const message = refusal([&] { (void)of(answer).text(); });
        CHECK(message.find("not text (prediction abc): ") != std::string::npos);
    }
    CHECK(refusal([] { (void)of(R"({"text":"x"})").text(); }).find(R"({"text":"x"})") != std::string::npos);
}

TEST_CASE("a long answer is shown shortened in the message, and not cut within a character")
{
    std::string answer = "[1,\"";
    for (int i = 0; i < 1000; ++i)
        answer += "\xe2\x82\xac";
    std::string const message = refusal([&] { (void)of(answer + "\"]").text(); });
    CHECK(message.size() < 400);
    CHECK(replicate::core::is_utf8(message));
}

TEST_CASE("an answer is JSON whatever it is")
{
    for (std::string_view answer : {"null", "1", "\"x\"", "[1,[2]]", R"({"video":"https://a.example/v.mp4"})"})
        CHECK(of(answer).json() == json::parse(json::string_view(answer.data(), answer.size())));
}

TEST_CASE("an answer converts to the type that fits it")
{
    CHECK(of("7").as<int>() == 7);
    CHECK(of("7").as<double>() == 7.0);
    CHECK(of("7.0").as<int>() == 7);
    CHECK(of("3e-06").as<double>() == 3e-06);
    CHECK(of("true").as<bool>());
    CHECK(of("\"x\"").as<std::string>() == "x");
    CHECK(of(R"(["a","b"])").as<strings>() == strings{"a", "b"});
    CHECK(of("[[1,2],[3]]").as<std::vector<std::vector<std::int64_t>>>()
        == std::vector<std::vector<std::int64_t>>{{1, 2}, {3}});
    CHECK(of(R"({"a":1})").as<std::map<std::string, int>>() == std::map<std::string, int>{{"a", 1}});
    CHECK(of("[1]").as<json::value>() == json::parse("[1]"));
}

TEST_CASE("an answer of another type is refused, and the message shows it")
{
    CHECK(refusal([] { (void)of("\"x\"").as<int>(); }).find("(prediction abc): \"x\"") != std::string::npos);
    CHECK(refusal([] { (void)of("7.5").as<int>(); }) != "");
    CHECK(refusal([] { (void)of("300").as<std::int8_t>(); }) != "");
    CHECK(refusal([] { (void)of("[1,\"x\"]").as<std::vector<int>>(); }) != "");
    CHECK(refusal([] { (void)of("null").as<std::string>(); }) != "");
    CHECK(refusal([] { (void)output().as<int>(); }) != "");
}

TEST_CASE("the files of an answer are found at any depth and in their order")
{
    CHECK(urls_of(R"("https://replicate.delivery/a.png")") == strings{"https://replicate.delivery/a.png"});
    CHECK(urls_of(R"(["https://a.example/1","https://a.example/2"])")
        == strings{"https://a.example/1", "https://a.example/2"});
    CHECK(urls_of(R"([["https://a.example/1"],["https://a.example/2"]])")
        == strings{"https://a.example/1", "https://a.example/2"});
    CHECK(urls_of(R"({"video":"https://a.example/v","seed":1,"parts":[{"zip":"https://a.example/z"},null]})")
        == strings{"https://a.example/v", "https://a.example/z"});
    CHECK(urls_of(R"(["data:image/png;base64,iVBORw0KGgo="])") == strings{"data:image/png;base64,iVBORw0KGgo="});
    CHECK(urls_of("null").empty());
    CHECK(urls_of("[]").empty());
}

TEST_CASE("a text that only begins like a URL is no file")
{
    for (std::string_view answer : {R"("https://a.example is a site")", R"("data: see below, please")",
             R"("data:no comma")", R"("https://")", R"("http://a.example/1")", R"("see https://a.example/1")",
             R"("https://a.example/1\nhttps://a.example/2")", R"("//a.example")", R"("")"}) {
        CAPTURE(answer);
        CHECK(urls_of(answer).empty());
    }
}

TEST_CASE("the names of members are no files")
{
    CHECK(urls_of(R"({"https://a.example/1":1})").empty());
}

TEST_CASE("a file knows its URL and a harmless name")
{
    replicate::file_output const file("https://replicate.delivery/x/../.out.png?y");
    CHECK(file.url() == "https://replicate.delivery/x/../.out.png?y");
    CHECK(file.name() == "out.png");
    CHECK(replicate::file_output().url() == "");
    CHECK(replicate::file_output().name() == "output");
}

TEST_CASE("an output knows its prediction, and copies share it")
{
    output const first = of("\"x\"");
    output const copy = first;
    CHECK(copy.prediction().id == "abc");
    CHECK(&copy.prediction() == &first.prediction());
    CHECK(&copy.json() == &first.json());
}

TEST_CASE("a text that looks like a URL stays a text where the schema says so")
{
    for (auto const kind : {replicate::output_kind::text, replicate::output_kind::concatenated_text,
             replicate::output_kind::pieces, replicate::output_kind::texts}) {
        output const answer(of(R"(["https://a.example/1"])").prediction(), {}, kind);
        CHECK(answer.files().empty());
        CHECK(answer.text() == "https://a.example/1");
        CHECK(answer.kind() == kind);
    }
    output const file(of(R"("https://a.example/1")").prediction(), {}, replicate::output_kind::file);
    CHECK(file.files().size() == 1);
    CHECK(of("\"x\"").kind() == replicate::output_kind::unknown);
}

TEST_CASE("a text in pieces is one string")
{
    output const answer(of(R"(["Hello",", ","world"])").prediction(), {}, replicate::output_kind::concatenated_text);
    CHECK(answer.as<std::string>() == "Hello, world");
    CHECK(answer.as<std::vector<std::string>>().size() == 3);
}
