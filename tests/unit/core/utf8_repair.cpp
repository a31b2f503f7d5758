// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/utf8_repair.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using replicate::core::repaired_utf8;

TEST_CASE("what is UTF-8 stays as it is")
{
    using namespace std::string_view_literals;
    for (std::string_view text :
        {""sv, "a"sv, "a\0b"sv, "\xc3\xa9"sv, "\xe2\x82\xac\xf0\x9f\xa6\x99"sv, "\xef\xbf\xbd"sv}) {
        CAPTURE(text);
        CHECK(repaired_utf8(text) == text);
    }
}

TEST_CASE("each longest beginning of a character becomes one replacement")
{
    struct row {
        std::string_view broken;
        std::string_view repaired; // with '?' for each replacement
    };
    // The examples of the Unicode standard (section 3.9, tables 3-8 to 3-11), and what stands at an end.
    constexpr row rows[] = {
        {"\xff", "?"},
        {"a\xff"
         "b\xc3",
            "a?b?"},
        {"\x80\x80", "??"},
        {"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", "????????A"},
        {"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", "????????A"},
        {"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42", "?????A??B"},
        {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", "????A"},
        {"\xf0\x9f\x98", "?"},
        {"\xf0\x9f\x98!", "?!"},
        {"\xe2\x82", "?"},
        {"\xe2\x82\xf0\x9f\xa6\x99", "?\xf0\x9f\xa6\x99"},
        {"\xf5\x80", "??"},
    };
    for (row const& one : rows) {
        std::string expected;
        for (char letter : one.repaired)
            expected += letter == '?' ? std::string("\xef\xbf\xbd") : std::string(1, letter);
        CAPTURE(one.repaired);
        CHECK(repaired_utf8(one.broken) == expected);
        CHECK(replicate::core::is_utf8(repaired_utf8(one.broken)));
    }
}

TEST_CASE("every sequence of three bytes is repaired to UTF-8, and repaired only once")
{
    constexpr unsigned char bytes[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf,
        0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff};
    for (unsigned char first : bytes)
        for (unsigned char second : bytes)
            for (unsigned char third : bytes) {
                std::string const text{static_cast<char>(first), static_cast<char>(second), static_cast<char>(third)};
                std::string const repaired = repaired_utf8(text);
                bool const good = replicate::core::is_utf8(repaired) && repaired_utf8(repaired) == repaired
                    && (repaired == text) == replicate::core::is_utf8(text);
                if (!good)
                    FAIL_CHECK("byte by byte: " << int(first) << " " << int(second) << " " << int(third));
            }
}
