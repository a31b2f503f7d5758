// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/download_plan.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace replicate::core;
using namespace std::chrono_literals;
using replicate::errc;
using headers = std::vector<std::pair<std::string, std::string>>;

namespace {

response head(unsigned status, headers given)
{
    response made;
    made.status = status;
    made.headers = std::move(given);
    return made;
}

response whole(std::string tag, std::string length = "100")
{
    return head(200, {{"etag", std::move(tag)}, {"content-length", std::move(length)}, {"content-type", "image/png"}});
}

response part(std::string range, std::string tag = "\"one\"")
{
    return head(206, {{"etag", std::move(tag)}, {"content-range", std::move(range)}});
}

replicate::retry_config three_tries()
{
    replicate::retry_config limits;
    limits.attempts = 3;
    return limits;
}

// A plan that has got so many of 100 bytes before the answer was cut.
download_plan cut_after(std::uint64_t count, bool may_begin_anew = true)
{
    download_plan plan(three_tries(), may_begin_anew);
    CHECK(plan.on_head(whole("\"one\"")) == body_place::append);
    CHECK(plan.on_bytes(count) == 0);
    CHECK(plan.on_end(errc::truncated_response, true, 0.5) == download_step::again);
    return plan;
}

} // namespace

TEST_CASE("a Content-Range is understood, and what is none is not")
{
    auto const range = parse_content_range("bytes 10-19/100");
    REQUIRE(range.has_value());
    CHECK(range->first == 10);
    CHECK(range->last == 19);
    CHECK(range->total == 100);
    CHECK(parse_content_range("bytes 0-0/*").has_value());
    CHECK(parse_content_range("bytes */100")->total == 100);
    for (std::string_view bad : {"", "bytes", "bytes 1-", "bytes 5-4/10", "bytes 0-10/10", "bytes 0-9/10x", "items 0-9/10",
             "bytes -1-9/10", "bytes 0-9", "bytes 0-99999999999999999999/9"})
        CHECK_MESSAGE(!parse_content_range(bad).has_value(), bad);
}

TEST_CASE("a part may follow another by a strong tag, or by a date that is old enough")
{
    CHECK(strong_validator(head(200, {{"etag", "\"a\""}})) == "\"a\"");
    CHECK(strong_validator(head(200, {{"etag", "W/\"a\""}})).empty());
    CHECK(strong_validator(head(200, {{"etag", "a"}})).empty());
    std::string const changed = "Sun, 06 Nov 1994 08:49:37 GMT";
    CHECK(strong_validator(head(200, {{"last-modified", changed}, {"date", "Sun, 06 Nov 1994 08:50:37 GMT"}})) == changed);
    CHECK(strong_validator(head(200, {{"last-modified", changed}, {"date", "Sun, 06 Nov 1994 08:50:36 GMT"}})).empty());
    CHECK(strong_validator(head(200, {{"last-modified", changed}})).empty());
}

TEST_CASE("a file that comes whole is done, with or without a length")
{
    download_plan plan(three_tries(), true);
    CHECK(plan.headers().empty());
    CHECK(plan.on_head(whole("\"one\"")) == body_place::append);
    CHECK(plan.on_bytes(100) == 0);
    CHECK(plan.on_end({}, true, 0.5) == download_step::done);
    CHECK(plan.content_type() == "image/png");
    download_plan chunked(three_tries(), true);
    CHECK(chunked.on_head(head(200, {})) == body_place::append);
    CHECK(chunked.on_bytes(7) == 0);
    CHECK(chunked.on_end({}, true, 0.5) == download_step::done);
    CHECK(chunked.received() == 7);
}

TEST_CASE("a file that was cut is asked for from where it was cut, if it is still the same")
{
    download_plan plan = cut_after(40);
    CHECK(plan.headers() == headers{{"Range", "bytes=40-"}, {"If-Range", "\"one\""}});
    CHECK(plan.on_head(part("bytes 40-99/100")) == body_place::append);
    CHECK(plan.on_bytes(60) == 0);
    CHECK(plan.on_end({}, true, 0.5) == download_step::done);
}

TEST_CASE("a part that is shorter than what was asked for is followed by another")
{
    download_plan plan = cut_after(40);
    CHECK(plan.on_head(part("bytes 40-49/100", "")) == body_place::append);
    CHECK(plan.on_bytes(10) == 0);
    CHECK(plan.on_end({}, true, 0.5) == download_step::again);
    CHECK(plan.headers().front().second == "bytes=50-");
}

TEST_CASE("a part that does not fit is refused")
{
    for (auto const& answer : {part("bytes 39-99/100"), part("bytes 41-99/100"), part("bytes 40-99/101"),
             part("bytes */100"), part("nonsense"), part("bytes 40-99/100", "\"two\"")}) {
        download_plan plan = cut_after(40);
        CHECK(plan.on_head(answer) == body_place::refuse);
        CHECK(plan.on_end(errc::truncated_response, true, 0.5) == download_step::fail);
        CHECK(plan.refusal() == errc::file_changed);
    }
    download_plan unasked(three_tries(), true);
    CHECK(unasked.on_head(part("bytes 0-99/100")) == body_place::refuse);
}

TEST_CASE("a server that sends all once more is not believed to send something else: what is there is passed over")
{
    download_plan plan = cut_after(40, false);
    CHECK(plan.on_head(whole("\"one\"")) == body_place::append);
    CHECK(plan.on_bytes(30) == 30);
    CHECK(plan.on_bytes(30) == 10);
    CHECK(plan.on_bytes(40) == 0);
    CHECK(plan.on_end({}, true, 0.5) == download_step::done);
    CHECK(plan.received() == 100);
}

TEST_CASE("a file that became another one begins anew where it can, and fails where it cannot")
{
    download_plan plan = cut_after(40);
    CHECK(plan.on_head(whole("\"two\"", "50")) == body_place::anew);
    CHECK(plan.on_bytes(50) == 0);
    CHECK(plan.on_end({}, true, 0.5) == download_step::done);
    CHECK(plan.received() == 50);
    download_plan passed_on = cut_after(40, false);
    CHECK(passed_on.on_head(whole("\"two\"")) == body_place::refuse);
    CHECK(passed_on.on_end(errc::truncated_response, true, 0.5) == download_step::fail);
    CHECK(passed_on.refusal() == errc::file_changed);
}

TEST_CASE("tries without progress are bounded, tries with it are not")
{
    download_plan plan(three_tries(), true);
    CHECK(plan.on_head(whole("\"one\"")) == body_place::append);
    for (int i = 0; i < 50; ++i) {
        CHECK(plan.on_bytes(1) == 0);
        CHECK(plan.on_end(errc::truncated_response, true, 0.5) == download_step::again);
        CHECK(plan.wait() <= 500ms);
    }
    CHECK(plan.on_end(errc::timed_out, true, 0.5) == download_step::again);
    CHECK(plan.on_end(errc::truncated_response, true, 0.5) == download_step::fail);
    CHECK(plan.refusal() == errc::truncated_response);
}

TEST_CASE("a file that begins anew each time and never gets further makes no progress")
{
    download_plan plan(three_tries(), true);
    int tries = 0;
    do {
        plan.on_head(head(200, {{"content-length", "100"}})); // nothing that tells one content from another
        plan.on_bytes(40);
        ++tries;
    } while (tries < 100 && plan.on_end(errc::truncated_response, true, 0.0) == download_step::again);
    CHECK(tries == 3 + 0);
}

TEST_CASE("more bytes than there should be are no success")
{
    download_plan plan = cut_after(40);
    CHECK(plan.on_head(part("bytes 40-99/100")) == body_place::append);
    CHECK(plan.on_bytes(61) == 0);
    CHECK(plan.on_end({}, true, 0.5) == download_step::fail);
}

TEST_CASE("what is compressed though that was not asked for is refused")
{
    download_plan plan(three_tries(), true);
    CHECK(plan.on_head(head(200, {{"content-encoding", "gzip"}})) == body_place::refuse);
    CHECK(plan.refusal() == errc::unexpected_content);
}

TEST_CASE("a refused range means that all has come, or that the file is another one")
{
    download_plan plan = cut_after(100);
    CHECK(plan.on_range_refused("bytes */100") == download_step::done);
    download_plan shrunk = cut_after(40);
    CHECK(shrunk.on_range_refused("bytes */10") == download_step::again);
    CHECK(shrunk.headers().empty());
    download_plan passed_on = cut_after(40, false);
    CHECK(passed_on.on_range_refused("bytes */10") == download_step::fail);
}

TEST_CASE("what failed before anything came was tried often enough already")
{
    download_plan plan(three_tries(), true);
    CHECK(plan.on_end(errc::connect_failed, false, 0.5) == download_step::fail);
    CHECK(plan.refusal() == errc::connect_failed);
}

TEST_CASE("the token goes to a delivery host that asks for it, once, and to no other")
{
    download_route route(*parse_absolute_url("https://replicate.delivery/x"), "");
    CHECK_FALSE(route.with_token());
    CHECK(route.on_refusal(401, "") == download_step::with_token);
    CHECK(route.with_token());
    CHECK(route.on_refusal(401, "") == download_step::fail);
    download_route foreign(*parse_absolute_url("https://evil.example/x"), "");
    CHECK(foreign.on_refusal(403, "") == download_step::fail);
    CHECK_FALSE(foreign.with_token());
}

TEST_CASE("a redirect is followed by https alone, a few times, and leaves the token behind")
{
    download_route route(*parse_absolute_url("https://replicate.delivery/x"), "");
    CHECK(route.on_refusal(403, "") == download_step::with_token);
    CHECK(route.on_refusal(302, "https://storage.example/y?z=1") == download_step::redirect);
    CHECK_FALSE(route.with_token());
    CHECK(route.where().origin.host == "storage.example");
    CHECK(route.on_refusal(307, "/other") == download_step::redirect);
    CHECK(route.where().origin.host == "storage.example");
    CHECK(route.where().target() == "/other");
    for (std::string_view bad : {"http://storage.example/y", "", "//evil.example/x", "ftp://x/y", "y", "https://a:b@c.example/"})
        CHECK_MESSAGE(route.on_refusal(301, bad) == download_step::fail, bad);
    CHECK(route.on_refusal(304, "https://a.example/") == download_step::fail);
    int followed = 0;
    download_route loop(*parse_absolute_url("https://a.example/x"), "");
    while (followed < 100 && loop.on_refusal(302, "/x") == download_step::redirect)
        ++followed;
    CHECK(followed == 5);
}
