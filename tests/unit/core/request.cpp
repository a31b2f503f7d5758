// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/request.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using replicate::core::is_kept_header;
using replicate::core::repeatability;
using replicate::core::request;
using replicate::core::response;

TEST_CASE("a request is a GET that may be repeated, unless it says otherwise")
{
    request const nothing;
    CHECK(nothing.method == "GET");
    CHECK(nothing.repeatability == repeatability::safe);
    CHECK(nothing.server_wait.count() == 0);
    request const cancel("POST", "/predictions/p1/cancel");
    CHECK(cancel.method == "POST");
    CHECK(cancel.target == "/predictions/p1/cancel");
    CHECK(cancel.body == "");
    CHECK(cancel.content_type == "");
    CHECK(cancel.headers.empty());
    CHECK(cancel.repeatability == repeatability::safe);
}

TEST_CASE("a request is named without its query, which may hold what is nobody's business")
{
    CHECK(request("GET", "/predictions").name() == "GET /predictions");
    CHECK(request("GET", "/predictions?cursor=x").name() == "GET /predictions");
    CHECK(request("GET", "/a?signature=secret?more").name() == "GET /a");
    CHECK(request("GET", "?secret").name() == "GET ");
    CHECK(request("GET", "").name() == "GET ");
}

TEST_CASE("a header that came twice is the first, and one that did not come is empty")
{
    response answer;
    CHECK(answer.status == 0);
    answer.headers.emplace_back("retry-after", "1");
    answer.headers.emplace_back("date", "today");
    answer.headers.emplace_back("retry-after", "2");
    CHECK(answer.header("retry-after") == "1");
    CHECK(answer.header("date") == "today");
    CHECK(answer.header("retry") == "");
    CHECK(answer.header("") == "");
}

TEST_CASE("the headers that something is made of are kept, the others not")
{
    for (std::string_view kept :
        {"retry-after", "retry-after-ms", "ratelimit-reset", "content-type", "cf-ray", "date", "ratelimit-remaining"})
        CHECK(is_kept_header(kept));
    for (std::string_view dropped : {"", "set-cookie", "server", "authorization", "nel", "Retry-After", "retry-afte",
             "retry-after-m", "connection", "x-content-type"})
        CHECK_FALSE(is_kept_header(dropped));
}
