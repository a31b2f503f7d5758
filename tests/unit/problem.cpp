// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/problem.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

using replicate::problem;

TEST_CASE("a refused input is read with all of its fields")
{
    problem const read = problem::parse(
        R"({"title":"Input validation failed","detail":"- input: prompt is required\n- input.num_inference_steps: Must be less )"
        R"(than or equal to 4\n","status":422,"invalid_fields":[{"type":"required","field":"input","description":"prompt is )"
        R"(required"},{"type":"number_lte","field":"input.num_inference_steps","description":"Must be less than or equal to 4"}]})");
    CHECK(read.title == "Input validation failed");
    CHECK(read.status == 422);
    REQUIRE(read.invalid_fields.size() == 2);
    CHECK(read.invalid_fields[0].type == "required");
    CHECK(read.invalid_fields[0].field == "input");
    CHECK(read.invalid_fields[0].description == "prompt is required");
    CHECK(read.invalid_fields[1].field == "input.num_inference_steps");
    CHECK(read.errors.empty());
    CHECK_FALSE(read.retry_after);
    CHECK(read.text()
        == "Input validation failed: input: prompt is required; input.num_inference_steps: Must be less than or equal "
           "to 4");
}

TEST_CASE("a refused resource is read with its pointers")
{
    problem const read = problem::parse(
        R"({"status":400,"title":"Validation failed","detail":"The following errors occurred:\n- hardware: is not one\n- name: is taken",)"
        R"("errors":[{"pointer":"/hardware","detail":"is not one"},{"pointer":"/name","detail":"is taken"}]})");
    REQUIRE(read.errors.size() == 2);
    CHECK(read.errors[0].pointer == "/hardware");
    CHECK(read.errors[1].detail == "is taken");
    CHECK(read.invalid_fields.empty());
    CHECK(read.text() == "Validation failed: The following errors occurred: hardware: is not one; name: is taken");
}

TEST_CASE("the answers of the catalogue read as lines for people")
{
    constexpr std::pair<std::string_view, std::string_view> rows[] = {
        {"{\"title\":\"Unauthenticated\",\"detail\":\"You did not pass a valid authentication "
         "token\",\"status\":401}\n",
            "Unauthenticated: You did not pass a valid authentication token"},
        {R"({"detail":"Invalid or expired API token."})", "Invalid or expired API token."},
        {"{\"detail\":\"The requested resource could not be found.\",\"status\":404}\n",
            "The requested resource could not be found."},
        {R"({"title":"Not found"})", "Not found"},
        {R"({"title":"a\r\nb\u001b[2J","detail":"c\td\u007f"})", "a; b [2J: c d"},
        {R"({"detail":"\n\n- a\n\n- b\n\n"})", "a; b"},
        {R"({"detail":"one - two\n-three"})", "one - two; -three"},
        {"", ""},
        {"\n", ""},
        {"upstream connect error", "upstream connect error"},
        {"\"only a text\"", "\"only a text\""},
        {"[1,2]", "[1,2]"},
        {"{\"detail\":\"cut sho", "{\"detail\":\"cut sho"},
    };
    for (auto const& [body, line] : rows) {
        CAPTURE(body);
        CHECK(problem::parse(body).text() == line);
    }
}

TEST_CASE("an error object of an unknown form is shown as it is")
{
    CHECK(problem::parse(R"({"error":"upstream timed out"})").text() == R"({"error":"upstream timed out"})");
    CHECK(problem::parse(R"({"detail":[{"loc":["body"],"msg":"field required"}]})").text()
        == R"({"detail":[{"loc":["body"],"msg":"field required"}]})");
    CHECK(problem::parse("{\n \"a\": \"x < y\"\n}").text() == "{; \"a\": \"x < y\"; }");
}

TEST_CASE("members of other types than expected are passed over")
{
    problem const read = problem::parse(
        R"({"title":1,"detail":"kept","status":"404","invalid_fields":{"a":1},"errors":["x",null,{"pointer":3}],"retry_after":"7"})");
    CHECK(read.title == "");
    CHECK(read.detail == "kept");
    CHECK(read.status == 0);
    CHECK(read.invalid_fields.empty());
    REQUIRE(read.errors.size() == 1);
    CHECK(read.errors[0].pointer == "");
    CHECK_FALSE(read.retry_after);
    CHECK(problem::parse(R"({"detail":"x","status":-5})").status == 0);
    CHECK(problem::parse(R"({"detail":"x","status":123456789012})").status == 999);
}

TEST_CASE("retry_after is read as seconds, whole or not")
{
    CHECK(problem::parse(R"({"detail":"x","retry_after":7})").retry_after == std::chrono::duration<double>(7));
    CHECK(problem::parse(R"({"detail":"x","retry_after":0.5})").retry_after == std::chrono::duration<double>(0.5));
    CHECK(problem::parse(R"({"detail":"x","retry_after":18446744073709551615})").retry_after > std::chrono::hours(1));
    CHECK_FALSE(problem::parse(R"({"detail":"x","retry_after":null})").retry_after);
}

TEST_CASE("the words of an HTML page are shown without its markup")
{
    problem const read =
        problem::parse("<!DOCTYPE html>\n<html lang=\"en-US\">\n<head><title>Attention Required!</title></head>\n"
                       "<body>\n  <h1>Sorry, you have been <em>blocked</em></h1>\n</body></html>\n");
    CHECK(read.text() == "Attention Required! Sorry, you have been blocked");
    CHECK(read.title == "");
    CHECK(problem::parse("<html>").text() == "");
    CHECK(problem::parse("a\x1b[31m\x01 b").text() == "a [31m b");
}

TEST_CASE("a long body is shown shortened and not cut within a character")
{
    CHECK(problem::parse(std::string(100'000, 'x')).detail.size() == 512);
    CHECK(problem::parse(std::string(100'000, '<')).detail.size() == 0);
    std::string euros;
    for (int i = 0; i < 1000; ++i)
        euros += "\xe2\x82\xac";
    CHECK(problem::parse(euros).detail.size() == 510);
    CHECK(problem::parse("{\"error\":\"" + euros + "\"}").detail.size() <= 512);
    CHECK(replicate::core::is_utf8(problem::parse("{\"error\":\"" + euros + "\"}").detail));
}

TEST_CASE("deep and broken bodies are read without harm")
{
    CHECK(problem::parse(std::string(100'000, '[')).detail.size() == 512);
    CHECK(problem::parse("{\"detail\":\"\xff\"}").title == "");
    CHECK(problem::parse(std::string_view("\0\0\0", 3)).text() == "");
}

TEST_CASE("no prefix of a body brings the reader down")
{
    std::string_view const body =
        R"({"title":"T","detail":"- a\n- b","status":422,"invalid_fields":[{"type":"required"}],"retry_after":1.5})";
    for (std::size_t length = 0; length < body.size(); ++length)
        CHECK(problem::parse(body.substr(0, length)).status == 0);
    CHECK(problem::parse(body).status == 422);
}
