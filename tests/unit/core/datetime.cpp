// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/datetime.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>

using namespace std::chrono;
using replicate::core::format_http_date;
using replicate::core::format_rfc3339;
using replicate::core::parse_http_date;
using replicate::core::parse_rfc3339;

namespace {

// Nanoseconds since 1970, so that a failing check prints a number; the smallest value where there is nothing.
std::int64_t count(std::optional<system_clock::time_point> time)
{
    return time ? duration_cast<nanoseconds>(time->time_since_epoch()).count()
                : std::numeric_limits<std::int64_t>::min();
}

std::int64_t unix_seconds(std::int64_t seconds, std::int64_t nanoseconds = 0)
{
    return seconds * 1'000'000'000 + nanoseconds;
}

system_clock::time_point at_unix(std::int64_t value)
{
    return system_clock::time_point(seconds(value));
}

} // namespace

TEST_CASE("every number of fraction digits in an RFC 3339 time is read, and cut off after nanoseconds")
{
    std::string const digits = "123456789987";
    std::int64_t const whole = 1728065255; // date -u -d 2024-10-04T18:07:35Z +%s
    CHECK(count(parse_rfc3339("2024-10-04T18:07:35Z")) == unix_seconds(whole));
    std::int64_t expected = 0;
    std::int64_t unit = 100'000'000;
    for (std::size_t length = 1; length <= digits.size(); ++length, unit /= 10) {
        expected += unit * (digits[length - 1] - '0');
        CAPTURE(length);
        CHECK(count(parse_rfc3339("2024-10-04T18:07:35." + digits.substr(0, length) + "Z"))
            == unix_seconds(whole, expected));
    }
    CHECK(count(parse_rfc3339("2024-10-04T18:07:35.000000000000000000000000001Z")) == unix_seconds(whole));
    CHECK(count(parse_rfc3339("2024-10-04T18:07:35.99999999999999999999999999Z")) == unix_seconds(whole, 999'999'999));
}

TEST_CASE("offsets from UTC are taken into account")
{
    std::int64_t const expected = unix_seconds(1728065255);
    for (std::string_view text : {"2024-10-04T18:07:35Z", "2024-10-04t18:07:35z", "2024-10-04T18:07:35+00:00",
             "2024-10-04T18:07:35-00:00", "2024-10-04T20:07:35+02:00", "2024-10-04T12:37:35-05:30",
             "2024-10-05T18:06:35+23:59", "2024-10-03T18:08:35-23:59"}) {
        CAPTURE(text);
        CHECK(count(parse_rfc3339(text)) == expected);
    }
}

TEST_CASE("times before 1970 are read")
{
    CHECK(count(parse_rfc3339("1970-01-01T00:00:00Z")) == 0);
    CHECK(count(parse_rfc3339("1969-12-31T23:59:59.75Z")) == unix_seconds(-1, 750'000'000));
    CHECK(count(parse_rfc3339("1900-03-01T00:00:00Z")) == unix_seconds(-2203891200));
}

TEST_CASE("leap days exist in leap years only")
{
    CHECK(count(parse_rfc3339("2024-02-29T00:00:00Z")) == unix_seconds(1709164800));
    CHECK(parse_rfc3339("2000-02-29T00:00:00Z"));
    CHECK_FALSE(parse_rfc3339("2023-02-29T00:00:00Z"));
    CHECK_FALSE(parse_rfc3339("1900-02-29T00:00:00Z"));
    CHECK_FALSE(parse_rfc3339("2024-02-30T00:00:00Z"));
}

TEST_CASE("a leap second is accepted at the end of a UTC day only")
{
    std::int64_t const next_day = unix_seconds(1483228800); // 2017-01-01T00:00:00Z
    CHECK(count(parse_rfc3339("2016-12-31T23:59:60Z")) == next_day);
    CHECK(count(parse_rfc3339("2016-12-31T23:59:60.5Z")) == next_day + 500'000'000);
    CHECK(count(parse_rfc3339("2016-12-31T15:59:60-08:00")) == next_day);
    CHECK_FALSE(parse_rfc3339("2016-12-31T23:59:60-08:00"));
    CHECK_FALSE(parse_rfc3339("2016-12-31T12:00:60Z"));
    CHECK_FALSE(parse_rfc3339("2016-12-31T23:59:61Z"));
}

TEST_CASE("a text that is not exactly an RFC 3339 time is refused")
{
    for (std::string_view text : {"", "2024", "2024-10-04", "2024-10-04T18:07:35", "2024-10-04 18:07:35Z",
             "2024-10-04T18:07Z", "2024-10-04T18:07:35.Z", "2024-10-04T18:07:35.", "2024-10-04T18:07:35,5Z",
             "2024-10-04T18:07:35.5", "2024-10-04T18:07:35ZZ", "2024-10-04T18:07:35Z ", " 2024-10-04T18:07:35Z",
             "2024-13-04T18:07:35Z", "2024-00-04T18:07:35Z", "2024-10-00T18:07:35Z", "2024-10-32T18:07:35Z",
             "2024-11-31T18:07:35Z", "2024-10-04T24:00:00Z", "2024-10-04T18:60:35Z", "2024-10-04T18:07:35+24:00",
             "2024-10-04T18:07:35+02:60", "2024-10-04T18:07:35+0200", "2024-10-04T18:07:35+02", "2024-10-04T18:07:35+",
             "24-10-04T18:07:35Z", "2024-1-04T18:07:35Z", "2024-10-4T18:07:35Z", "02024-10-04T18:07:35Z",
             "+2024-10-04T18:07:35Z", "-2024-10-04T18:07:35Z", "2024/10/04T18:07:35Z", "2024-10-04T18:07:3xZ",
             "2024-10-04T18:07:35.1x2Z", "2024-10-04T-1:07:35Z", "null", "1728065255"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_rfc3339(text));
    }
    CHECK_FALSE(parse_rfc3339(std::string_view("2024-10-04T18:07:35Z\0", 21)));
}

TEST_CASE("no prefix of an RFC 3339 time is one")
{
    std::string_view const whole = "2024-10-04T18:07:35.262+02:00";
    REQUIRE(parse_rfc3339(whole));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CAPTURE(length);
        CHECK_FALSE(parse_rfc3339(whole.substr(0, length)));
    }
}

TEST_CASE("years beyond the reach of a clock with nanoseconds are refused, not wrapped")
{
    if constexpr (std::is_same_v<system_clock::duration, nanoseconds>) {
        CHECK(parse_rfc3339("2262-04-11T23:47:15.999999999Z"));
        CHECK_FALSE(parse_rfc3339("2262-04-11T23:47:17Z"));
        CHECK(parse_rfc3339("1677-09-21T00:12:45Z"));
        CHECK_FALSE(parse_rfc3339("1677-09-21T00:12:42Z"));
        CHECK_FALSE(parse_rfc3339("9999-12-31T23:59:59Z"));
        CHECK_FALSE(parse_rfc3339("0000-01-01T00:00:00Z"));
    }
}

TEST_CASE("a time is written with the number of fraction digits asked for, cut off and not rounded")
{
    system_clock::time_point const time = at_unix(1728065255) + nanoseconds(999'999'999);
    CHECK(format_rfc3339(time, 0) == "2024-10-04T18:07:35Z");
    CHECK(format_rfc3339(time, 1) == "2024-10-04T18:07:35.9Z");
    CHECK(format_rfc3339(time, 6) == "2024-10-04T18:07:35.999999Z");
    CHECK(format_rfc3339(time, 9) == "2024-10-04T18:07:35.999999999Z");
    CHECK(format_rfc3339(time, 12) == "2024-10-04T18:07:35.999999999Z");
    CHECK(format_rfc3339(time, -1) == "2024-10-04T18:07:35Z");
    CHECK(format_rfc3339(at_unix(1728065255) + milliseconds(7), 3) == "2024-10-04T18:07:35.007Z");
    CHECK(format_rfc3339(at_unix(0) - milliseconds(250), 2) == "1969-12-31T23:59:59.75Z");
    CHECK(format_rfc3339(at_unix(951782400), 3) == "2000-02-29T00:00:00.000Z");
}

TEST_CASE("a written time reads back as the same point of time")
{
    std::mt19937_64 random(7);
    std::uniform_int_distribution<std::int64_t> any(-9'000'000'000'000'000'000, 9'000'000'000'000'000'000);
    for (int i = 0; i < 2000; ++i) {
        system_clock::time_point const time{duration_cast<system_clock::duration>(nanoseconds(any(random)))};
        CHECK(count(parse_rfc3339(format_rfc3339(time, 9))) == count(time));
        CHECK(count(parse_http_date(format_http_date(time))) == count(floor<seconds>(time)));
    }
}

TEST_CASE("the three forms of an HTTP-date name the same point of time")
{
    std::int64_t const expected = unix_seconds(784111777); // the example of RFC 9110 section 5.6.7
    CHECK(count(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT")) == expected);
    CHECK(count(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT")) == expected);
    CHECK(count(parse_http_date("Sun Nov  6 08:49:37 1994")) == expected);
    CHECK(count(parse_http_date("Sun Nov 06 08:49:37 1994")) == expected);
    CHECK(format_http_date(at_unix(784111777)) == "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_CASE("every day and month name of an HTTP-date is read in each form")
{
    for (int day = 0; day < 400; ++day) {
        system_clock::time_point const time = at_unix(1700000000) + days(day);
        std::string const date = format_http_date(time);
        CAPTURE(date);
        CHECK(count(parse_http_date(date)) == count(time));
        std::string const asctime = date.substr(0, 3) + ' ' + date.substr(8, 3) + ' ' + date.substr(5, 2) + ' '
            + date.substr(17, 8) + ' ' + date.substr(12, 4);
        CHECK(count(parse_http_date(asctime)) == count(time));
    }
    for (std::string_view name : {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"})
        CHECK(count(parse_http_date(std::string(name) + ", 06-Nov-94 08:49:37 GMT")) == unix_seconds(784111777));
}

TEST_CASE("the day name of an HTTP-date has to be one, but is not held against the date")
{
    CHECK(count(parse_http_date("Mon, 06 Nov 1994 08:49:37 GMT")) == unix_seconds(784111777));
    CHECK_FALSE(parse_http_date("Zun, 06 Nov 1994 08:49:37 GMT"));
    CHECK_FALSE(parse_http_date("Zunday, 06-Nov-94 08:49:37 GMT"));
    CHECK_FALSE(parse_http_date("Zun Nov  6 08:49:37 1994"));
}

TEST_CASE("a text that is not exactly an HTTP-date is refused")
{
    for (std::string_view text : {"", ",", "   ,", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
             "Sun, 06 Nov 1994 08:49:37 gmt", "sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
             "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT",
             "Sunday, 06-Nov-1994 08:49:37 GMT", "Sunday, 06 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT",
             "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
             "Sun, 06 Nov 1994 08:49:60 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ", " Sun, 06 Nov 1994 08:49:37 GMT",
             "Sun, 06 Nov 1994 08:49:37 +0000", "Sun,  06 Nov 1994 08:49:37 GMT", "Sun Nov 6 08:49:37 1994",
             "Sun Nov  6 08:49:37 1994 GMT", "Sun Nov   6 08:49:37 1994", "Sun Nov  06 08:49:37 1994",
             "Sun, 00 Nov 1994 08:49:37 GMT", "Sunday Nov  6 08:49:37 1994", "1994-11-06T08:49:37Z"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_http_date(text));
    }
}

TEST_CASE("no prefix of an HTTP-date is one")
{
    for (std::string_view whole :
        {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
        REQUIRE(parse_http_date(whole));
        for (std::size_t length = 0; length < whole.size(); ++length) {
            CAPTURE(length);
            CHECK_FALSE(parse_http_date(whole.substr(0, length)));
        }
    }
}

TEST_CASE("a year of two digits is at most 50 years in the future")
{
    auto const year_read = [](int two_digits, int present) {
        system_clock::time_point const now = sys_days(year(present) / June / 15);
        std::string const digits{static_cast<char>('0' + two_digits / 10), static_cast<char>('0' + two_digits % 10)};
        auto const time = parse_http_date("Sunday, 06-Nov-" + digits + " 08:49:37 GMT", now);
        return time ? static_cast<int>(year_month_day(floor<days>(*time)).year()) : 0;
    };
    CHECK(year_read(94, 2026) == 1994);
    CHECK(year_read(26, 2026) == 2026);
    CHECK(year_read(76, 2026) == 2076);
    CHECK(year_read(77, 2026) == 1977);
    CHECK(year_read(94, 1994) == 1994);
    CHECK(year_read(44, 1994) == 2044);
    CHECK(year_read(45, 1994) == 1945);
    CHECK(year_read(10, 2099) == 2110);
    CHECK(year_read(99, 2099) == 2099);
}
