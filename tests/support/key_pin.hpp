// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_KEY_PIN_HPP
#define REPLICATE_TESTS_SUPPORT_KEY_PIN_HPP

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>

namespace replicate::tests {

/// A certificate of OpenSSL's.
using x509_certificate = std::unique_ptr<X509, decltype(&X509_free)>;

/// Reads the first certificate of a PEM text.
inline x509_certificate read_certificate(std::string const& pem)
{
    std::unique_ptr<BIO, decltype(&BIO_free)> const bytes(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
    x509_certificate read(PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr), &X509_free);
    if (!read)
        throw std::runtime_error("no certificate");
    return read;
}

/// What pins the key of a certificate; made in another way than the library's, through the key itself.
inline std::string pin_of(std::string const& pem)
{
    x509_certificate const read = read_certificate(pem);
    unsigned char* bytes = nullptr;
    int const length = i2d_PUBKEY(X509_get0_pubkey(read.get()), &bytes);
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned hash_length = 0;
    if (length <= 0
        || EVP_Digest(bytes, static_cast<std::size_t>(length), hash, &hash_length, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("no hash of the key");
    OPENSSL_free(bytes);
    unsigned char text[2 * EVP_MAX_MD_SIZE];
    EVP_EncodeBlock(text, hash, static_cast<int>(hash_length));
    return std::string("sha256/") + reinterpret_cast<char const*>(text);
}

} // namespace replicate::tests

#endif
