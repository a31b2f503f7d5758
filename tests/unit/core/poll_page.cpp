// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/poll_page.hpp>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using replicate::prediction_status;
using replicate::core::poll_action;
using replicate::core::poll_page;

TEST_CASE("a page is asked for by its window, to the microsecond")
{
    poll_action window;
    window.after = *replicate::core::parse_rfc3339("2026-01-02T03:04:05.123456789Z");
    window.before = *replicate::core::parse_rfc3339("2026-01-02T03:05:05Z");
    auto const request = replicate::core::poll_page_request(window);
    CHECK(request.method == "GET");
    CHECK(request.target
        == "/predictions?created_after=2026-01-02T03%3A04%3A05.123456Z&created_before=2026-01-02T03%3A05%3A05.000000Z");
}

TEST_CASE("a page is read as far as it can be")
{
    auto const page = poll_page::of(boost::json::parse(R"({"next":null,"results":[
        {"id":"a","status":"processing","created_at":"2026-01-02T03:04:05.5Z","input":{}},
        7, {"id":"b","status":"succeeded"}, {"status":"new word","created_at":"yesterday"}]})"));
    REQUIRE(page.has_value());
    CHECK(page->complete);
    REQUIRE(page->shown.size() == 3);
    CHECK(page->shown[0].id == "a");
    CHECK(page->shown[0].status == prediction_status::processing);
    CHECK(page->shown[0].created == replicate::core::parse_rfc3339("2026-01-02T03:04:05.5Z"));
    CHECK(page->shown[1].status == prediction_status::succeeded);
    CHECK_FALSE(page->shown[1].created.has_value());
    CHECK(page->shown[2].id.empty());
    CHECK(page->shown[2].status == prediction_status::unknown);
}

TEST_CASE("a page with a further one is not complete")
{
    auto const is_complete = [](char const* text) { return poll_page::of(boost::json::parse(text))->complete; };
    CHECK_FALSE(is_complete(R"({"next":"https://api.replicate.com/v1/predictions?cursor=x","results":[]})"));
    CHECK(is_complete(R"({"next":"null","results":[]})"));
    CHECK(is_complete(R"({"results":[]})"));
}

TEST_CASE("what is no page is told from one")
{
    for (char const* text : {"null", "[]", "{}", R"({"results":{}})", R"({"detail":"no"})"})
        CHECK_FALSE(poll_page::of(boost::json::parse(text)).has_value());
}
