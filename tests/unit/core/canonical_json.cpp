// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/canonical_json.hpp>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <string>
#include <vector>

using replicate::core::canonical_hash;

namespace {

std::string hash(std::string const& text)
{
    return canonical_hash(boost::json::parse(text).as_object());
}

} // namespace

TEST_CASE("objects that mean the same have one canonical hash")
{
    std::vector<std::vector<std::string>> const equal = {
        {R"({})", R"( { } )"},
        {R"({"a":1,"b":2})", R"({"b":2,"a":1})", R"({"b":2.0,"a":1e0})", R"({"b":20e-1,"a":1.000})"},
        {R"({"a":-0.0})", R"({"a":0})", R"({"a":0.0})", R"({"a":-0})"},
        {R"({"a":18446744073709551615})", R"({"a": 18446744073709551615})"},
        {R"({"a":9223372036854775808})", R"({"a":9223372036854775808.0})"},
        {R"({"a":0.1})", R"({"a":1e-1})", R"({"a":0.10})"},
        {R"({"a":1e300})", R"({"a":10e299})"},
        {R"({"a":"é/"})", R"({"a":"\u00e9\/"})"},
        {R"({"a":[{"y":null,"x":true}]})", R"({"a":[{"x":true,"y":null}]})"},
    };
    for (auto const& group : equal)
        for (auto const& text : group) {
            CAPTURE(text);
            CHECK(hash(text) == hash(group.front()));
        }
}

TEST_CASE("objects that differ have canonical hashes that differ")
{
    std::vector<std::string> const all = {R"({})", R"({"a":null})", R"({"a":0})", R"({"a":false})", R"({"a":""})", R"({"a":[]})",
        R"({"a":{}})", R"({"a":"0"})", R"({"a":1})", R"({"a":1.5})", R"({"a":"1"})", R"({"a":[1]})", R"({"a":[1,2]})",
        R"({"a":[12]})", R"({"a":[2,1]})", R"({"a":[[1],2]})", R"({"a":[[1,2]]})", R"({"a":"b","c":"d"})", R"({"a":"bc","d":""})",
        R"({"ab":"c","d":""})", R"({"a":9007199254740992})", R"({"a":9007199254740993})", R"({"a":-1})", R"({"a":true})",
        R"({"a":18446744073709551615})", R"({"a":1.8446744073709552e19})", R"({"a":1,"b":null})", R"({"a":"s1;b"})", R"({"A":1})"};
    for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t j = i + 1; j < all.size(); ++j) {
            CAPTURE(all[i]);
            CAPTURE(all[j]);
            CHECK(hash(all[i]) != hash(all[j]));
        }
}
