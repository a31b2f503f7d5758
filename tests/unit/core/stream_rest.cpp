// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/stream_rest.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

namespace {

namespace json = boost::json;
using replicate::prediction;
using replicate::core::received_output;
using replicate::core::stream_rest;

prediction ended_with(std::initializer_list<char const*> pieces)
{
    json::array output;
    for (char const* piece : pieces)
        output.emplace_back(piece);
    return prediction::from_json(json::object{{"id", "p1"}, {"status", "succeeded"}, {"output", std::move(output)}});
}

stream_rest rest_of(std::initializer_list<char const*> received, prediction const& ended)
{
    received_output came(false);
    for (char const* piece : received)
        came.add(piece);
    return came.compare(ended);
}

std::string joined(stream_rest const& rest)
{
    std::string text;
    for (std::string const& piece : rest.output)
        text += piece;
    return text;
}

} // namespace

TEST_CASE("what did not come of a text is the rest of it, and what is another text differs")
{
    auto const ended = ended_with({"one\n", "two", " three"});
    CHECK(joined(rest_of({}, ended)) == "one\ntwo three");
    CHECK(joined(rest_of({"one\n", "t"}, ended)) == "wo three");
    CHECK(joined(rest_of({"one\n", "two", " three"}, ended)).empty());
    CHECK_FALSE(rest_of({"one\n", "two", " three"}, ended).differs);
    CHECK(rest_of({"one", "two"}, ended).differs);
    CHECK(rest_of({"one\n", "two", " three", "!"}, ended).differs);
}

TEST_CASE("a text with carriage returns, which a stream cannot carry, is whole without them")
{
    auto const ended = ended_with({"a\r\n", "b\r", "c\rd", "\r\n"});
    for (auto const& received : {std::initializer_list<char const*>{"a\n", "b\n", "c\nd", "\n"}, {"a", "b", "c\nd"},
             {"a\r\n", "b\r", "c\rd", "\r\n"}}) {
        auto const rest = rest_of(received, ended);
        CHECK_FALSE(rest.differs);
        CHECK(joined(rest).empty());
    }
    CHECK(joined(rest_of({"a\n", "b\n"}, ended)) == "c\rd\r\n");
    CHECK_FALSE(rest_of({"a\n", "b\n"}, ended).differs);
    CHECK(rest_of({"a\n", "x"}, ended).differs);
    CHECK(rest_of({"a\n", "b\n", "c\nde"}, ended).differs);
}
