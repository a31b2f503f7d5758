// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/log_stream.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using replicate::log_level;
using replicate::log_record;

log_record record_of(std::string message)
{
    log_record record;
    record.level = log_level::warning;
    record.time = std::chrono::sys_days(std::chrono::year(2026) / 1 / 31) + std::chrono::hours(12) + std::chrono::milliseconds(123);
    record.message = std::move(message);
    return record;
}

} // namespace

TEST_CASE("a record is one line of time, level, message and fields")
{
    auto record = record_of("POST /v1/predictions failed: 503");
    record.fields.emplace_back("http.request.method", "POST");
    record.fields.emplace_back("http.response.status_code", "503");
    CHECK(replicate::format(record)
        == "2026-01-31T12:00:00.123Z warning POST /v1/predictions failed: 503 http.request.method=POST "
           "http.response.status_code=503");
}

TEST_CASE("what could be taken for another field or another line is quoted or written as its code")
{
    auto record = record_of("first\nsecond \x1b[31mred\x7f");
    record.fields.emplace_back("plain", "a-b/c:d");
    record.fields.emplace_back("spaced", "two words");
    record.fields.emplace_back("quoted", "say \"no\" \\ or");
    record.fields.emplace_back("sum", "a=b");
    record.fields.emplace_back("line", "one\r\ntwo");
    record.fields.emplace_back("empty", "");
    CHECK(replicate::format(record)
        == "2026-01-31T12:00:00.123Z warning first\\x0asecond \\x1b[31mred\\x7f plain=a-b/c:d spaced=\"two words\" "
           "quoted=\"say \\\"no\\\" \\\\ or\" sum=\"a=b\" line=\"one\\x0d\\x0atwo\" empty=\"\"");
}

TEST_CASE("letters beyond ASCII stay as they are, but for those that are control letters")
{
    CHECK(replicate::format(record_of("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xc2\xa9")).ends_with(" gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xc2\xa9"));
    CHECK(replicate::format(record_of("a\xc2\x9b" "31m")).ends_with("a\xc2\\x9b" "31m"));
}

TEST_CASE("a field of a record is found by its name")
{
    auto record = record_of("x");
    record.fields.emplace_back("a", "1");
    CHECK(record.field("a") == "1");
    CHECK(record.field("b").empty());
}

TEST_CASE("levels have words, the more urgent the smaller")
{
    CHECK(to_string(log_level::error) == "error");
    CHECK(to_string(log_level::warning) == "warning");
    CHECK(to_string(log_level::information) == "information");
    CHECK(to_string(log_level::debug) == "debug");
    CHECK(to_string(log_level::trace) == "trace");
    CHECK(log_level::error < log_level::warning);
    CHECK(log_level::debug < log_level::trace);
}

TEST_CASE("lines that several threads write by copies of one sink are whole")
{
    std::ostringstream stream;
    auto const sink = replicate::log_to(stream);
    std::vector<std::thread> writers;
    for (char letter : {'a', 'b', 'c', 'd'})
        writers.emplace_back([copy = sink, letter] {
            for (int i = 0; i < 200; ++i)
                copy(record_of(std::string(40, letter)));
        });
    for (std::thread& each : writers)
        each.join();
    std::istringstream lines(stream.str());
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        std::string const message = line.substr(line.rfind(' ') + 1);
        CHECK(message == std::string(40, message[0]));
    }
    CHECK(count == 800);
}
