// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/output_kind.hpp>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <string>
#include <string_view>

using replicate::output_kind;
using replicate::core::output_kind_of;

namespace {

output_kind kind_of(std::string const& schema, std::string_view cog_version = {})
{
    return output_kind_of(
        boost::json::parse(R"({"components":{"schemas":{"Output":)" + schema + R"(,"Other":{"type":"string","format":"uri"}}}})"),
        cog_version);
}

} // namespace

TEST_CASE("the schema of a version says what its output is")
{
    CHECK(kind_of(R"({"type":"string"})") == output_kind::text);
    CHECK(kind_of(R"({"type":"string","format":"uri"})") == output_kind::file);
    CHECK(kind_of(R"({"type":"array","items":{"type":"string","format":"uri"}})") == output_kind::files);
    CHECK(kind_of(R"({"type":"array","items":{"type":"string","format":"uri"},"x-cog-array-type":"iterator"})")
        == output_kind::files);
    CHECK(kind_of(R"({"type":"array","items":{"type":"string"},"x-cog-array-type":"iterator"})") == output_kind::pieces);
    CHECK(kind_of(
              R"({"type":"array","items":{"type":"string"},"x-cog-array-type":"iterator","x-cog-array-display":"concatenate"})")
        == output_kind::concatenated_text);
    CHECK(kind_of(R"({"type":"array","items":{"type":"string"}})") == output_kind::texts);
    CHECK(kind_of(R"({"type":"array","items":{"type":"number"}})") == output_kind::json);
    CHECK(kind_of(R"({"type":"array"})") == output_kind::json);
    CHECK(kind_of(R"({"type":"object"})") == output_kind::json);
    CHECK(kind_of(R"({"type":"number"})") == output_kind::json);
    CHECK(kind_of(R"({})") == output_kind::json);
}

TEST_CASE("Cog before 0.3.9 did not mark what comes piece by piece")
{
    std::string const unmarked = R"({"type":"array","items":{"type":"string"}})";
    for (std::string_view old : {"0.3.8", "0.2.0", "0.0.21", "0.3.8+dev", "0.3"})
        CHECK_MESSAGE(kind_of(unmarked, old) == (old == "0.3" ? output_kind::texts : output_kind::pieces), old);
    for (std::string_view fresh : {"0.3.9", "0.4.0", "1.0.0", "0.10.0", "dev", "", "0.3.9-beta", "v0.1"})
        CHECK_MESSAGE(kind_of(unmarked, fresh) == output_kind::texts, fresh);
}

TEST_CASE("references and choices of one are followed, also around in a circle")
{
    CHECK(kind_of(R"({"$ref":"#/components/schemas/Other"})") == output_kind::file);
    CHECK(kind_of(R"({"allOf":[{"$ref":"#/components/schemas/Other"}]})") == output_kind::file);
    CHECK(kind_of(R"({"anyOf":[{"type":"null"},{"type":"string"}]})") == output_kind::text);
    CHECK(kind_of(R"({"anyOf":[{"type":"number"},{"type":"string"}]})") == output_kind::json);
    CHECK(kind_of(R"({"type":"array","items":{"$ref":"#/components/schemas/Other"}})") == output_kind::files);
    CHECK(kind_of(R"({"$ref":"#/components/schemas/Output"})") == output_kind::unknown);
}

TEST_CASE("what is no schema says nothing")
{
    for (char const* nothing : {"null", "1", "[]", "{}", R"({"components":1})", R"({"components":{"schemas":{}}})"})
        CHECK(output_kind_of(boost::json::parse(nothing)) == output_kind::unknown);
}
