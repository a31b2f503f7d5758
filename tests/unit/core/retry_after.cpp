// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/retry_after.hpp>

#include "support/shared_files.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
using replicate::core::parse_retry_after;
using replicate::core::retry_after;
using replicate::core::retry_hints;
using std::chrono::milliseconds;

namespace {

enum class kind { none, wait, too_long };

// Exactly one of the three is true of every wish.
kind kind_of(retry_after wish)
{
    REQUIRE(wish.is_none() + wish.is_wait() + wish.is_too_long() == 1);
    if (wish.is_none())
        return kind::none;
    return wish.is_wait() ? kind::wait : kind::too_long;
}

constexpr std::chrono::system_clock::time_point now(std::chrono::seconds(1696004797)); // 2023-09-29T16:26:37Z
constexpr milliseconds cap = 120s;

retry_after of_header(std::string_view value)
{
    retry_hints hints;
    hints.retry_after = value;
    return parse_retry_after(hints, now, cap);
}

retry_after of_text(std::string_view text)
{
    retry_hints hints;
    hints.detail = text;
    return parse_retry_after(hints, now, cap);
}

retry_after of_body(double seconds)
{
    retry_hints hints;
    hints.body_retry_after = std::chrono::duration<double>(seconds);
    return parse_retry_after(hints, now, cap);
}

struct header_row {
    std::string_view value;
    kind expected;
    milliseconds delay;
};

} // namespace

TEST_CASE("the values of Retry-After are read as the table says")
{
    constexpr header_row rows[] = {
        {"20", kind::wait, 20s},
        {"0", kind::none, 0s},
        {"60", kind::wait, 60s},
        {"Fri, 29 Sep 2023 16:26:57 GMT", kind::wait, 20s},
        {"Fri, 29 Sep 2023 16:27:37 GMT", kind::wait, 60s},
        {"Fri, 29 Sep 2023 16:27:38 GMT", kind::wait, 61s},
        {"Fri, 29 Sep 2023 16:28:38 GMT", kind::too_long, 121s},
        {"99999999999999999999999999999999999", kind::too_long, std::chrono::hours(24 * 365)},
        {"inf", kind::none, 0s},
        {"nan", kind::none, 0s},
        {"Zun, 29 Sep 2023 16:26:27 GMT", kind::none, 0s},
        {"", kind::none, 0s},
        {"Friday, 29-Sep-23 16:26:57 GMT", kind::wait, 20s},
        {"Fri Sep 29 16:26:57 2023", kind::wait, 20s},
        {"1.5", kind::wait, 1500ms},
        {"0x10", kind::none, 0s},
        {"+5", kind::none, 0s},
        {"-10", kind::none, 0s},
        {"120", kind::wait, 120s},
        {"120.001", kind::too_long, 120001ms},
        {"120.0001", kind::too_long, 120001ms},
        {"121", kind::too_long, 121s},
        {"007", kind::wait, 7s},
        {"0.0", kind::none, 0s},
        {"0.0004", kind::wait, 1ms},
        {"0.1", kind::wait, 100ms},
        {"1.1", kind::wait, 1100ms},
        {"2.3", kind::wait, 2300ms},
        {"1.0005", kind::wait, 1001ms},
        {"1.234", kind::wait, 1234ms},
        {"0.0099", kind::wait, 10ms},
        {"0.00999", kind::wait, 10ms},
        {"0.0009999999999", kind::wait, 1ms},
        {"3.0199", kind::wait, 3020ms},
        {"3.0091", kind::wait, 3010ms},
        {" 7\t", kind::wait, 7s},
        {"7s", kind::none, 0s},
        {"7 8", kind::none, 0s},
        {"7, 8", kind::none, 0s},
        {"1,5", kind::none, 0s},
        {".5", kind::none, 0s},
        {"5.", kind::none, 0s},
        {"1e2", kind::none, 0s},
        {"1.5.2", kind::none, 0s},
        {"Infinity", kind::none, 0s},
        {"soon", kind::none, 0s},
        {"Fri, 29 Sep 2023 16:26:37 GMT", kind::none, 0s},
        {"Fri, 29 Sep 2023 16:26:36 GMT", kind::none, 0s},
        {"Fri, 29 Sep 2023 16:28:37 GMT", kind::wait, 120s},
        {" Fri, 29 Sep 2023 16:26:57 GMT ", kind::wait, 20s},
        {"Fri, 29 Sep 2123 16:26:57 GMT", kind::too_long, std::chrono::hours(24 * 365)},
        {"2023-09-29T16:26:57Z", kind::none, 0s},
    };
    for (header_row const& row : rows) {
        retry_after const wish = of_header(row.value);
        CAPTURE(row.value);
        CHECK(kind_of(wish) == row.expected);
        CHECK(wish.wait().count() == row.delay.count());
    }
}

TEST_CASE("the shared vectors of Retry-After are read as they say")
{
    std::vector<std::string> const lines = replicate::tests::read_shared_lines("vectors/retry_after.jsonl");
    if (!lines.empty())
        CHECK(lines.size() >= 17);
    for (std::string const& line : lines) {
        CAPTURE(line);
        boost::json::value const row = boost::json::parse(line);
        std::chrono::system_clock::time_point const present(std::chrono::seconds(row.at("now_unix").as_int64()));
        retry_hints hints;
        hints.retry_after =
            std::string_view(row.at("retry_after").as_string().data(), row.at("retry_after").as_string().size());
        retry_after const wish = parse_retry_after(hints, present, std::chrono::seconds(row.at("cap_s").as_int64()));
        boost::json::value const& expected = row.at("expect");
        if (expected.is_object()) {
            CHECK(kind_of(wish) == kind::wait);
            CHECK(static_cast<double>(wish.wait().count()) == expected.at("seconds").to_number<double>() * 1000);
        } else if (expected.as_string() == "use_backoff") {
            CHECK(kind_of(wish) == kind::none);
        } else {
            CHECK(expected.as_string() == "give_up_or_long_wait");
            CHECK(kind_of(wish) == kind::too_long);
        }
    }
}

TEST_CASE("the wait until a date is rounded up to milliseconds")
{
    retry_hints hints;
    hints.retry_after = "Fri, 29 Sep 2023 16:26:57 GMT";
    CHECK(parse_retry_after(hints, now + std::chrono::microseconds(19'999'500), cap).wait() == 1ms);
    CHECK(parse_retry_after(hints, now + 19'600ms, cap).wait() == 400ms);
}

TEST_CASE("retry-after-ms is read as milliseconds")
{
    retry_hints hints;
    hints.retry_after_ms = "1500";
    CHECK(parse_retry_after(hints, now, cap).wait() == 1500ms);
    hints.retry_after_ms = "0.25";
    CHECK(parse_retry_after(hints, now, cap).wait() == 1ms);
    hints.retry_after_ms = "120000";
    CHECK(kind_of(parse_retry_after(hints, now, cap)) == kind::wait);
    hints.retry_after_ms = "120001";
    CHECK(kind_of(parse_retry_after(hints, now, cap)) == kind::too_long);
    hints.retry_after_ms = "Fri, 29 Sep 2023 16:26:57 GMT";
    CHECK(kind_of(parse_retry_after(hints, now, cap)) == kind::none);
}

TEST_CASE("the body's retry_after counts where it is a positive number")
{
    CHECK(of_body(7).wait() == 7s);
    CHECK(of_body(0.5).wait() == 500ms);
    CHECK(kind_of(of_body(121)) == kind::too_long);
    CHECK(of_body(1e300).wait() == std::chrono::hours(24 * 365));
    for (double useless : {0.0, -0.0, -7.0, std::numeric_limits<double>::infinity(),
             -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
        CAPTURE(useless);
        CHECK(kind_of(of_body(useless)) == kind::none);
    }
}

TEST_CASE("the wish is found in the sentences that the service is known to answer")
{
    CHECK(of_text("Request was throttled. Your rate limit resets in ~30s.").wait() == 30s);
    CHECK(
        of_text(
            "Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per minute with "
            "a burst of 1 requests while you have less than $5.0 in credit. Your rate limit resets in ~7s.")
            .wait()
        == 7s);
    CHECK(of_text("Request was throttled. Expected available in 1 second.").wait() == 1s);
    CHECK(of_text("Request was throttled. Expected available in 12 seconds.").wait() == 12s);
    CHECK(of_text("resets in ~7s").wait() == 7s);
    CHECK(of_text("available in 1 second(s)").wait() == 1s);
    CHECK(of_text("resets in 1.5 s").wait() == 1500ms);
    CHECK(kind_of(of_text("resets in ~600s")) == kind::too_long);
}

TEST_CASE("other sentences hold no wish")
{
    for (std::string_view text : {"", "resets in", "resets in ", "resets in ~", "resets in ~s", "resets in soon",
             "resets in -5s", "resets in 0s", "resets in 5", "resets in 5 minutes", "available in 2 m",
             "available in 5sheep", "resets in 5sA", "resets in 5sZ", "resets in 5sz", "resets in 5sa",
             "6 requests per minute", "waits 5s", "resets in ~inf s"}) {
        CAPTURE(text);
        CHECK(kind_of(of_text(text)) == kind::none);
    }
    CHECK(of_text("it resets in a while: it resets in ~5s").wait() == 5s);
}

TEST_CASE("the first usable place of an answer counts")
{
    retry_hints hints;
    hints.ratelimit_reset = "6";
    CHECK(parse_retry_after(hints, now, cap).wait() == 6s);
    hints.detail = "Your rate limit resets in ~5s.";
    CHECK(parse_retry_after(hints, now, cap).wait() == 5s);
    hints.body_retry_after = std::chrono::duration<double>(4);
    CHECK(parse_retry_after(hints, now, cap).wait() == 4s);
    hints.retry_after = "3";
    CHECK(parse_retry_after(hints, now, cap).wait() == 3s);
    hints.retry_after_ms = "2000";
    CHECK(parse_retry_after(hints, now, cap).wait() == 2s);
}

TEST_CASE("a place that is not usable does not hide the next")
{
    retry_hints hints;
    hints.retry_after_ms = "soon";
    hints.retry_after = "0";
    hints.body_retry_after = std::chrono::duration<double>(-1);
    hints.detail = "resets in ~7s";
    CHECK(parse_retry_after(hints, now, cap).wait() == 7s);
}

TEST_CASE("a wish that is too long is not replaced by a shorter one of a later place")
{
    retry_hints hints;
    hints.retry_after = "3600";
    hints.body_retry_after = std::chrono::duration<double>(1);
    CHECK(kind_of(parse_retry_after(hints, now, cap)) == kind::too_long);
    CHECK(parse_retry_after(hints, now, cap).wait() == 1h);
    CHECK(kind_of(parse_retry_after(hints, now, 2h)) == kind::wait);
}

TEST_CASE("ratelimit-reset beyond the cap is left out")
{
    retry_hints hints;
    hints.ratelimit_reset = "1696004817"; // a point of time, as other services send it
    CHECK(kind_of(parse_retry_after(hints, now, cap)) == kind::none);
    hints.ratelimit_reset = "120";
    CHECK(parse_retry_after(hints, now, cap).wait() == 120s);
}

TEST_CASE("an answer without any wish leaves the caller to its own backoff")
{
    CHECK(kind_of(parse_retry_after(retry_hints(), now, cap)) == kind::none);
    CHECK(parse_retry_after(retry_hints(), now, cap).wait() == 0ms);
    CHECK(kind_of(retry_after()) == kind::none);
}
