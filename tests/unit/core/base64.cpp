// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/base64.hpp>

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <string_view>
#include <utility>

using replicate::core::base64_decode;
using replicate::core::base64_encode;
using replicate::core::base64url_decode;

namespace {

// RFC 4648 section 10.
constexpr std::pair<std::string_view, std::string_view> vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

std::string without_padding(std::string text)
{
    while (!text.empty() && text.back() == '=')
        text.pop_back();
    return text;
}

} // namespace

TEST_CASE("the vectors of RFC 4648 are encoded and decoded")
{
    for (auto const& [bytes, text] : vectors) {
        CAPTURE(text);
        CHECK(base64_encode(bytes) == text);
        CHECK(base64_decode(text) == std::string(bytes));
        CHECK(base64url_decode(text) == std::string(bytes));
    }
}

TEST_CASE("padding may be left out of base64")
{
    for (auto const& [bytes, text] : vectors)
        CHECK(base64_decode(without_padding(std::string(text))) == std::string(bytes));
}

TEST_CASE("bytes of every length come back from base64, with and without padding")
{
    std::mt19937 random(20240422);
    for (std::size_t length = 0; length <= 300; ++length) {
        std::string bytes(length, '\0');
        for (char& byte : bytes)
            byte = static_cast<char>(random() & 0xffu);
        std::string const text = base64_encode(bytes);
        CAPTURE(length);
        CHECK(text.size() == (length + 2) / 3 * 4);
        CHECK(base64_decode(text) == bytes);
        CHECK(base64_decode(without_padding(text)) == bytes);
    }
}

TEST_CASE("every byte value has its own text in base64")
{
    for (int value = 0; value < 256; ++value) {
        std::string const byte(1, static_cast<char>(value));
        CHECK(base64_decode(base64_encode(byte)) == byte);
    }
    CHECK(base64_encode(std::string_view("\xfb\xff\xfe", 3)) == "+//+");
    CHECK(base64_encode(std::string_view("\0\0\0", 3)) == "AAAA");
}

TEST_CASE("the two base64 alphabets differ in their last two letters and are not mixed")
{
    std::string const bytes("\xfb\xff\xfe", 3);
    CHECK(base64_decode("+//+") == bytes);
    CHECK(base64url_decode("-__-") == bytes);
    CHECK_FALSE(base64_decode("-__-"));
    CHECK_FALSE(base64url_decode("+//+"));
}

TEST_CASE("base64 with wrong padding is refused")
{
    for (std::string_view text : {"=", "==", "===", "====", "Zg=", "Zg===", "Zm8==", "Zm9v=", "Zm9v==", "Zm9v====",
             "Z===", "Zg==Zg==", "Zm=v", "=Zm9", "Z"}) {
        CAPTURE(text);
        CHECK_FALSE(base64_decode(text));
        CHECK_FALSE(base64url_decode(text));
    }
}

TEST_CASE("every byte outside the base64 alphabet is refused at every place")
{
    std::string_view const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int value = 0; value < 256; ++value) {
        char const letter = static_cast<char>(value);
        for (std::size_t place = 0; place < 8; ++place) {
            std::string text = "AAAAAAAA";
            text[place] = letter;
            CAPTURE(value);
            CAPTURE(place);
            // A single `=` at the end is padding, of a text whose last letter leaves bits that are zero.
            bool const good = alphabet.find(letter) != std::string_view::npos || (letter == '=' && place == 7);
            CHECK(base64_decode(text).has_value() == good);
        }
    }
}

TEST_CASE("white space and line breaks in base64 are refused")
{
    for (std::string_view text : {" Zm9v", "Zm9v ", "Zm9v\n", "Zm9v\r\n", "Zm9v\nZm9v", "Zm 9v", "Zm9vYg==\n"})
        CHECK_FALSE(base64_decode(text));
}

TEST_CASE("left-over bits of base64 that are not zero are refused")
{
    CHECK(base64_decode("Zg=="));
    CHECK_FALSE(base64_decode("Zh=="));
    CHECK_FALSE(base64_decode("Zh"));
    CHECK(base64_decode("Zm8="));
    CHECK_FALSE(base64_decode("Zm9="));
    CHECK_FALSE(base64_decode("Zm9"));
}
