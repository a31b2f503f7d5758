// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_HMAC_HPP
#define REPLICATE_CORE_HMAC_HPP

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace replicate::core {

/// HMAC-SHA256 (RFC 2104) of some texts one after the other: 32 bytes. Nothing where the key is empty or where OpenSSL
/// cannot do it (no provider, no memory).
inline std::optional<std::string> hmac_sha256(std::string_view key, std::initializer_list<std::string_view> texts)
{
    if (key.empty())
        return std::nullopt;
    std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> const algorithm(
        EVP_MAC_fetch(nullptr, "HMAC", nullptr), &EVP_MAC_free);
    std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> const computation(
        EVP_MAC_CTX_new(algorithm.get()), &EVP_MAC_CTX_free);
    char digest[] = "SHA256";
    OSSL_PARAM const parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    auto const bytes = [](std::string_view text) { return reinterpret_cast<unsigned char const*>(text.data()); };
    if (!computation || EVP_MAC_init(computation.get(), bytes(key), key.size(), parameters) != 1)
        return std::nullopt;
    for (std::string_view text : texts)
        if (EVP_MAC_update(computation.get(), bytes(text), text.size()) != 1)
            return std::nullopt;
    unsigned char code[32];
    std::size_t length = 0;
    if (EVP_MAC_final(computation.get(), code, &length, sizeof(code)) != 1 || length != sizeof(code))
        return std::nullopt;
    return std::string(reinterpret_cast<char const*>(code), length);
}

/// Whether two texts are equal, in a time that does not tell where they differ. (It tells whether their lengths do.)
inline bool equal_in_constant_time(std::string_view one, std::string_view other) noexcept
{
    return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

} // namespace replicate::core

#endif
