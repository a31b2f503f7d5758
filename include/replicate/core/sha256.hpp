// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_SHA256_HPP
#define REPLICATE_CORE_SHA256_HPP

#include <openssl/evp.h>

#include <memory>
#include <new>
#include <string>
#include <string_view>

namespace replicate::core {

/// SHA-256 of bytes that come piece by piece. Throws std::bad_alloc where OpenSSL cannot do it (no provider, no memory).
/// Move-only; to be used by one thread at a time.
class sha256_hasher {
public:
    /// Of no bytes yet.
    sha256_hasher()
        : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free)
    {
        require(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
    }

    /// Takes more bytes.
    void update(std::string_view bytes)
    {
        if (!bytes.empty())
            require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
    }

    /// The hash of all bytes taken: 32 raw bytes. Starts anew.
    std::string finish()
    {
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned length = 0;
        require(EVP_DigestFinal_ex(context_.get(), digest, &length) == 1);
        require(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
        return std::string(reinterpret_cast<char const*>(digest), length);
    }

private:
    static void require(bool done)
    {
        if (!done)
            throw std::bad_alloc();
    }

    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

/// The SHA-256 of some bytes: 32 raw bytes.
inline std::string sha256(std::string_view bytes)
{
    sha256_hasher hasher;
    hasher.update(bytes);
    return hasher.finish();
}

/// Bytes as lower-case hexadecimal digits, two for each.
inline std::string hex(std::string_view bytes)
{
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (char byte : bytes) {
        text += digits[static_cast<unsigned char>(byte) >> 4];
        text += digits[static_cast<unsigned char>(byte) & 0x0f];
    }
    return text;
}

} // namespace replicate::core

#endif
