// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_RANDOM_TEXT_HPP
#define REPLICATE_IMPL_TESTING_RANDOM_TEXT_HPP

#include <replicate/core/base64.hpp>

#include <openssl/rand.h>

#include <cstdint>
#include <mutex>
#include <random>
#include <string>
#include <string_view>

namespace replicate::testing::detail {

/// Everything random that the server tells: ids and choices. The same seed gives the same sequence. Safe from any thread.
class random_source {
public:
    explicit random_source(std::uint64_t seed)
        : generator_(seed)
    {
    }

    /// A number below a bound.
    std::size_t below(std::size_t bound)
    {
        std::lock_guard const lock(mutex_);
        return generator_() % bound;
    }

    /// An identity in the manner of the service: small letters and digits.
    std::string identity(std::size_t length)
    {
        return draw("abcdefghijklmnopqrstuvwxyz0123456789", length);
    }

    /// Letters and digits of base 32, as they stand in the addresses of streams.
    std::string base32(std::size_t length) { return draw("abcdefghijklmnopqrstuvwxyz234567", length); }

    /// Hexadecimal digits.
    std::string hexadecimal(std::size_t length) { return draw("0123456789abcdef", length); }

    /// A UUID of version 4, as text.
    std::string uuid()
    {
        std::string text = hexadecimal(36);
        for (std::size_t const dash : {8U, 13U, 18U, 23U})
            text[dash] = '-';
        text[14] = '4';
        text[19] = "89ab"[static_cast<unsigned char>(text[19]) & 3];
        return text;
    }

private:
    std::string draw(std::string_view letters, std::size_t length)
    {
        std::lock_guard const lock(mutex_);
        std::string text(length, ' ');
        for (char& letter : text)
            letter = letters[generator_() % letters.size()];
        return text;
    }

    std::mutex mutex_;
    std::mt19937_64 generator_;
};

/// A token that nobody can have stored by accident: `r8_` and 37 random letters and digits.
inline std::string make_token()
{
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789ab";
    unsigned char bytes[37];
    RAND_bytes(bytes, sizeof bytes);
    std::string token = "r8_";
    for (unsigned char byte : bytes)
        token += letters[byte & 63];
    return token;
}

/// What webhooks are signed with.
inline std::string make_webhook_secret()
{
    unsigned char bytes[24];
    RAND_bytes(bytes, sizeof bytes);
    return "whsec_" + core::base64_encode(std::string(bytes, bytes + sizeof bytes));
}

} // namespace replicate::testing::detail

#endif
