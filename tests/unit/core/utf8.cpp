// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/utf8.hpp>

#include <doctest/doctest.h>

#include <iterator>
#include <string>
#include <string_view>

using replicate::core::is_utf8;
using replicate::core::utf8_front;

namespace {

// The UTF-8 of a code point, whether or not it may be written so.
std::string encoded(unsigned long point)
{
    auto const byte = [](unsigned long value) { return static_cast<char>(static_cast<unsigned char>(value)); };
    if (point < 0x80)
        return {byte(point)};
    if (point < 0x800)
        return {byte(0xc0 | point >> 6), byte(0x80 | (point & 0x3f))};
    if (point < 0x10000)
        return {byte(0xe0 | point >> 12), byte(0x80 | (point >> 6 & 0x3f)), byte(0x80 | (point & 0x3f))};
    return {byte(0xf0 | point >> 18), byte(0x80 | (point >> 12 & 0x3f)), byte(0x80 | (point >> 6 & 0x3f)),
        byte(0x80 | (point & 0x3f))};
}

} // namespace

TEST_CASE("exactly the code points of Unicode that are no surrogates are UTF-8")
{
    unsigned long wrong = 0;
    for (unsigned long point = 0; point < 0x120000; ++point) {
        bool const good = point < 0xd800 || (point > 0xdfff && point <= 0x10ffff);
        if (is_utf8(encoded(point)) != good)
            ++wrong;
    }
    CHECK(wrong == 0);
}

TEST_CASE("no two bytes are UTF-8 but two of ASCII and one character of two bytes")
{
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            std::string const text{static_cast<char>(first), static_cast<char>(second)};
            bool const ascii = first < 0x80 && second < 0x80;
            bool const character = first >= 0xc2 && first <= 0xdf && second >= 0x80 && second <= 0xbf;
            if (is_utf8(text) != (ascii || character)) {
                CAPTURE(first);
                CAPTURE(second);
                CHECK(is_utf8(text) == (ascii || character));
            }
        }
    }
    CHECK(is_utf8(""));
}

TEST_CASE("overlong, cut and stray bytes are not UTF-8, wherever they stand")
{
    for (std::string_view bad : {"\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80",
             "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xfe", "\x80", "\xbf", "\xe2\x82",
             "\xf0\x9f\x92", "\xe2\x28\xa1", "\xf0\x9f\x28\xa1", "\x89PNG\r\n"}) {
        CHECK_FALSE(is_utf8(bad));
        CHECK_FALSE(is_utf8("text" + std::string(bad)));
        CHECK_FALSE(is_utf8(std::string(bad) + "text"));
    }
    CHECK(is_utf8("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x92\x99"));
}

TEST_CASE("a text is cut between characters")
{
    std::string_view const text = "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x92\x99"; // 1, 2, 3 and 4 bytes
    constexpr std::size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    for (std::size_t most = 0; most < std::size(expected); ++most) {
        CAPTURE(most);
        CHECK(utf8_front(text, most).size() == expected[most]);
        CHECK(is_utf8(utf8_front(text, most)));
    }
    CHECK(utf8_front("", 5) == "");
}
