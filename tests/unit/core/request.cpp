// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/request.hpp>

#include <doctest/doctest.h>

#include <string_view>

using replicate::core::is_kept_header;
using replicate::core::request;
using replicate::core::response;

TEST_CASE("a request is called by its method and its path without the query")
{
    CHECK(request("GET", "/predictions?cursor=secret").name() == "GET /predictions");
    CHECK(request("POST", "/predictions").name() == "POST /predictions");
}

TEST_CASE("a header of an answer is found by its name, and an absent one is empty")
{
    response answer;
    answer.headers = {{"retry-after", "7"}, {"cf-ray", "abc"}};
    CHECK(answer.header("retry-after") == "7");
    CHECK(answer.header("cf-ray") == "abc");
    CHECK(answer.header("date") == "");
    CHECK(answer.header("") == "");
}

TEST_CASE("the headers that a wait may stand in are kept, and those of no use are not")
{
    for (std::string_view name :
        {"retry-after", "retry-after-ms", "ratelimit-reset", "ratelimit-remaining", "content-type", "cf-ray"})
        CHECK(is_kept_header(name));
    for (std::string_view name : {"", "nel", "report-to", "set-cookie", "authorization", "retry", "Retry-After"})
        CHECK_FALSE(is_kept_header(name));
}
