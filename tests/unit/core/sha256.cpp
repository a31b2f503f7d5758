// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/sha256.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>

using namespace replicate::core;

TEST_CASE("the hashes of the standard's samples are right")
{
    CHECK(hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("a hash does not depend on how the bytes are cut")
{
    std::string const bytes(1000, 'x');
    for (std::size_t cut : {0U, 1U, 63U, 64U, 65U, 999U, 1000U}) {
        sha256_hasher hasher;
        hasher.update(std::string_view(bytes).substr(0, cut));
        hasher.update(std::string_view(bytes).substr(cut));
        CHECK(hasher.finish() == sha256(bytes));
        CHECK(hasher.finish() == sha256("")); // it starts anew
    }
}

TEST_CASE("every byte has two digits")
{
    CHECK(hex(std::string_view("\0\x0f\xf0\xff", 4)) == "000ff0ff");
}
