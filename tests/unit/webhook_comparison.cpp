// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// How signatures are compared. A clock cannot show it reliably; so this program has a CRYPTO_memcmp of its own, which OpenSSL
// documents as the comparison in constant time, and which the linker takes instead of the library's. It keeps what it was given.

#include <replicate/webhook.hpp>

#include <doctest/doctest.h>

#include <openssl/crypto.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace {

// The sizes that were compared. Only this test looks.
std::vector<std::size_t>& compared()
{
    thread_local std::vector<std::size_t> sizes;
    return sizes;
}

} // namespace

extern "C" int CRYPTO_memcmp(void const* one, void const* other, std::size_t size)
{
    compared().push_back(size);
    auto const* const first = static_cast<unsigned char const volatile*>(one);
    auto const* const second = static_cast<unsigned char const volatile*>(other);
    int difference = 0;
    for (std::size_t i = 0; i < size; ++i)
        difference |= first[i] ^ second[i];
    return difference;
}

namespace {

namespace webhook = replicate::webhook;

std::string const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
std::string const body = R"({"id":"p1"})";
std::chrono::system_clock::time_point const sent_at{std::chrono::seconds(1614265330)};

boost::system::error_code check(std::string signature, std::chrono::system_clock::time_point now)
{
    return webhook::check(webhook::headers("msg_1", "1614265330", std::move(signature)), body, secret, now);
}

// The signature with one of its bytes changed.
std::string changed(std::string const& signature, std::size_t i)
{
    auto bytes = replicate::core::base64_decode(signature.substr(3)).value();
    bytes[i] = static_cast<char>(bytes[i] ^ 1);
    return "v1," + replicate::core::base64_encode(bytes);
}

} // namespace

TEST_CASE("D22: a signature must not be compared byte by byte up to the first difference, nor be good for ever")
{
    std::string const good = webhook::sign("msg_1", "1614265330", body, secret);
    std::vector<std::size_t> const all_bytes{good.size()};
    for (std::size_t i = 0; i < 32; ++i) {
        CAPTURE(i);
        compared().clear();
        CHECK(check(changed(good, i), sent_at) == webhook::errc::wrong_signature);
        // The whole of it, wherever it differs, and by no other comparison before.
        CHECK(compared() == all_bytes);
    }
    compared().clear();
    CHECK_FALSE(check(good, sent_at));
    CHECK(compared() == all_bytes);
    CHECK(check(good, sent_at + std::chrono::seconds(301)) == webhook::errc::too_old);
    CHECK(check(good, sent_at - std::chrono::seconds(301)) == webhook::errc::too_new);
}
