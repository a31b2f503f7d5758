// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/hmac.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using replicate::core::equal_in_constant_time;
using replicate::core::hmac_sha256;

namespace {

std::string hexadecimal(std::string_view bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (char letter : bytes) {
        auto const byte = static_cast<unsigned char>(letter);
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

} // namespace

TEST_CASE("the test cases of RFC 4231 are computed")
{
    CHECK(hexadecimal(hmac_sha256(std::string(20, '\x0b'), {"Hi There"}).value())
        == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    CHECK(hexadecimal(hmac_sha256("Jefe", {"what do ya want for nothing?"}).value())
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(hexadecimal(hmac_sha256(std::string(20, '\xaa'), {std::string(50, '\xdd')}).value())
        == "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    CHECK(hexadecimal(
              hmac_sha256(std::string(131, '\xaa'), {"Test Using Larger Than Block-Size Key - Hash Key First"}).value())
        == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("texts one after the other are one text")
{
    auto const whole = hmac_sha256("key", {"one.two.three"});
    REQUIRE(whole);
    CHECK(hmac_sha256("key", {"one", ".", "two", "", ".three"}) == whole);
    CHECK(hmac_sha256("key", {"one.two.thre", "f"}) != whole);
    CHECK(hmac_sha256("kez", {"one.two.three"}) != whole);
}

TEST_CASE("an empty key computes nothing")
{
    CHECK_FALSE(hmac_sha256("", {"text"}));
    CHECK(hmac_sha256("key", {}));
}

TEST_CASE("the comparison in constant time is a comparison")
{
    using namespace std::string_view_literals;
    CHECK(equal_in_constant_time("", ""));
    CHECK(equal_in_constant_time("a\0b"sv, "a\0b"sv));
    CHECK_FALSE(equal_in_constant_time("a\0b"sv, "a\0c"sv));
    CHECK_FALSE(equal_in_constant_time("abc", "ab"));
    CHECK_FALSE(equal_in_constant_time("", "a"));
}
