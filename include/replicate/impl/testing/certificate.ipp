// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_CERTIFICATE_IPP
#define REPLICATE_IMPL_TESTING_CERTIFICATE_IPP

#include <replicate/testing/certificate.hpp>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace replicate::testing {

namespace detail {

class openssl_release {
public:
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const noexcept { X509_free(certificate); }
    void operator()(X509_EXTENSION* extension) const noexcept { X509_EXTENSION_free(extension); }
    void operator()(BIO* memory) const noexcept { BIO_free(memory); }
};

using private_key_pointer = std::unique_ptr<EVP_PKEY, openssl_release>;
using certificate_pointer = std::unique_ptr<X509, openssl_release>;

inline void require_openssl(bool success, char const* step)
{
    if (!success)
        throw std::runtime_error(std::string("OpenSSL could not make a test certificate: ") + step);
}

inline private_key_pointer make_private_key()
{
    private_key_pointer key(EVP_EC_gen("P-256"));
    require_openssl(key != nullptr, "key");
    return key;
}

template<class Write>
std::string to_pem(Write write)
{
    std::unique_ptr<BIO, openssl_release> memory(BIO_new(BIO_s_mem()));
    require_openssl(memory != nullptr && write(memory.get()) == 1, "PEM");
    char* text = nullptr;
    long const size = BIO_get_mem_data(memory.get(), &text);
    return std::string(text, static_cast<std::size_t>(size));
}

inline std::string to_pem(X509* certificate)
{
    return to_pem([&](BIO* memory) { return PEM_write_bio_X509(memory, certificate); });
}

inline std::string to_pem(EVP_PKEY* key)
{
    return to_pem(
        [&](BIO* memory) { return PEM_write_bio_PrivateKey(memory, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

inline void add_extension(X509* certificate, X509* issuer, int kind, std::string const& value)
{
    X509V3_CTX surroundings;
    X509V3_set_ctx_nodb(&surroundings);
    X509V3_set_ctx(&surroundings, issuer, certificate, nullptr, nullptr, 0);
    std::unique_ptr<X509_EXTENSION, openssl_release> extension(
        X509V3_EXT_conf_nid(nullptr, &surroundings, kind, value.c_str()));
    require_openssl(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, "extension");
}

inline bool looks_like_address(std::string_view name) noexcept
{
    return name.find(':') != std::string_view::npos || name.find_first_not_of("0123456789.") == std::string_view::npos;
}

inline std::string alternative_names(certificate_request const& request)
{
    std::string list;
    for (std::string const& name : request.names)
        list += (list.empty() ? "" : ",") + std::string(looks_like_address(name) ? "IP:" : "DNS:") + name;
    return list;
}

// Everything but the extensions and the signature.
inline certificate_pointer make_certificate(certificate_request const& request, EVP_PKEY* key)
{
    certificate_pointer made(X509_new());
    require_openssl(made != nullptr && X509_set_version(made.get(), X509_VERSION_3) == 1, "certificate");
    std::uint64_t serial = 0;
    require_openssl(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "serial");
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), serial >> 1 | 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), static_cast<long>(request.not_before.count()));
    X509_gmtime_adj(X509_getm_notAfter(made.get()), static_cast<long>(request.not_after.count()));
    auto const* const name = reinterpret_cast<unsigned char const*>(request.common_name.c_str());
    X509_NAME* const subject = X509_get_subject_name(made.get());
    require_openssl(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, name, -1, -1, 0) == 1, "name");
    require_openssl(X509_set_pubkey(made.get(), key) == 1, "public key");
    return made;
}

inline void sign_certificate(X509* certificate, X509* issuer, EVP_PKEY* issuer_key)
{
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
    require_openssl(X509_sign(certificate, issuer_key, EVP_sha256()) > 0, "signature");
}

inline void add_server_extensions(X509* certificate, X509* issuer, certificate_request const& request)
{
    add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature");
    add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth");
    add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
    if (!request.names.empty())
        add_extension(certificate, issuer, NID_subject_alt_name, alternative_names(request));
}

} // namespace detail

class certificate_authority::state {
public:
    detail::private_key_pointer key = detail::make_private_key();
    detail::certificate_pointer certificate;
    std::string pem;
};

REPLICATE_DECL certificate_authority::certificate_authority()
{
    auto made = std::make_shared<state>();
    certificate_request request;
    request.common_name = "replicate test authority";
    made->certificate = detail::make_certificate(request, made->key.get());
    X509* const own = made->certificate.get();
    detail::add_extension(own, own, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    detail::add_extension(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
    detail::add_extension(own, own, NID_subject_key_identifier, "hash");
    detail::sign_certificate(own, own, made->key.get());
    made->pem = detail::to_pem(own);
    state_ = std::move(made);
}

REPLICATE_DECL std::string const& certificate_authority::certificate() const noexcept
{
    return state_->pem;
}

REPLICATE_DECL credentials certificate_authority::issue(certificate_request const& request) const
{
    auto const key = detail::make_private_key();
    auto const made = detail::make_certificate(request, key.get());
    detail::add_server_extensions(made.get(), state_->certificate.get(), request);
    detail::add_extension(made.get(), state_->certificate.get(), NID_authority_key_identifier, "keyid");
    detail::sign_certificate(made.get(), state_->certificate.get(), state_->key.get());
    return credentials(detail::to_pem(made.get()), detail::to_pem(key.get()));
}

REPLICATE_DECL credentials certificate_authority::self_signed(certificate_request const& request)
{
    auto const key = detail::make_private_key();
    auto const made = detail::make_certificate(request, key.get());
    detail::add_server_extensions(made.get(), made.get(), request);
    detail::sign_certificate(made.get(), made.get(), key.get());
    return credentials(detail::to_pem(made.get()), detail::to_pem(key.get()));
}

} // namespace replicate::testing

#endif
