// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/percent_encoding.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using replicate::core::is_safe_header_value;
using replicate::core::is_safe_segment;
using replicate::core::percent_encode;

TEST_CASE("exactly the unreserved bytes are left as they are, all others become three characters")
{
    std::string_view const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (int value = 0; value < 256; ++value) {
        std::string const byte(1, static_cast<char>(value));
        std::string const encoded = percent_encode(byte);
        CAPTURE(value);
        if (unreserved.find(byte) != std::string_view::npos) {
            CHECK(encoded == byte);
        } else {
            REQUIRE(encoded.size() == 3);
            CHECK(encoded[0] == '%');
            CHECK(std::stoi(encoded.substr(1), nullptr, 16) == value);
        }
    }
}

TEST_CASE("texts are percent-encoded with capital digits")
{
    CHECK(percent_encode("") == "");
    CHECK(percent_encode("flux-schnell_1.0~") == "flux-schnell_1.0~");
    CHECK(percent_encode("a b&c=d+e/f?g#h%") == "a%20b%26c%3Dd%2Be%2Ff%3Fg%23h%25");
    CHECK(percent_encode("2025-01-01T00:00:00+02:00") == "2025-01-01T00%3A00%3A00%2B02%3A00");
    CHECK(percent_encode("\xc3\xbc") == "%C3%BC");
    CHECK(percent_encode(std::string_view("\0\r\n", 3)) == "%00%0D%0A");
}

TEST_CASE("names and ids of the service are safe segments")
{
    for (std::string_view text :
        {"meta", "flux-schnell", "llama_3.1", "...", ".hidden", "a..b", "vrsafsk7mnrgj0cf0p2ax766s4",
            "NGZiNmY2YzQtMThhZi00ZjcyLWFhZjktODg4NTY0NWNlMDEy", "0", "~", "a:b", "a=b", "a+b"}) {
        CAPTURE(text);
        CHECK(is_safe_segment(text));
    }
}

TEST_CASE("a segment that could mean another path is not safe")
{
    for (std::string_view text : {"", ".", "..", "../", "a/b", "/", "a\\b", "a?b", "a#b", "a%2fb", "%2e%2e", "%"}) {
        CAPTURE(text);
        CHECK_FALSE(is_safe_segment(text));
    }
}

TEST_CASE("control characters, spaces and bytes beyond ASCII make a segment unsafe wherever they stand")
{
    for (int value = 0; value < 256; ++value) {
        char const letter = static_cast<char>(value);
        bool const good =
            value > 0x20 && value < 0x7f && std::string_view("/\\?#%").find(letter) == std::string_view::npos;
        CAPTURE(value);
        CHECK(is_safe_segment(std::string("ab") + letter) == good);
        CHECK(is_safe_segment(letter + std::string("ab")) == good);
        CHECK(is_safe_segment(std::string("a") + letter + "b") == good);
    }
}

TEST_CASE("only control characters make a header value unsafe, and the tabulator does not")
{
    CHECK(is_safe_header_value(""));
    CHECK(is_safe_header_value("Bearer r8_0123"));
    for (int value = 0; value < 256; ++value) {
        char const letter = static_cast<char>(value);
        bool const good = value == '\t' || (value >= 0x20 && value != 0x7f);
        CAPTURE(value);
        CHECK(is_safe_header_value(std::string("a") + letter) == good);
        CHECK(is_safe_header_value(letter + std::string("a")) == good);
    }
    CHECK_FALSE(is_safe_header_value("r8_0123\r\nX-Injected: 1"));
}
