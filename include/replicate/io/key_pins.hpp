// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_KEY_PINS_HPP
#define REPLICATE_IO_KEY_PINS_HPP

#include <replicate/config.hpp>
#include <replicate/core/config_check.hpp>
#include <replicate/core/pinned_key.hpp>
#include <replicate/core/sha256.hpp>

#include <boost/asio/ssl/verify_context.hpp>
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::io {

namespace asio = boost::asio;

/// The hash of the public key of a certificate (SubjectPublicKeyInfo), 32 raw bytes; empty where it has none.
inline std::string public_key_hash(X509* certificate)
{
    unsigned char* bytes = nullptr;
    int const length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &bytes);
    if (length <= 0)
        return std::string();
    std::string const hash =
        core::sha256(std::string_view(reinterpret_cast<char const*>(bytes), static_cast<std::size_t>(length)));
    OPENSSL_free(bytes);
    return hash;
}

/// Looks, at the end of the verification of a chain of certificates, for a pinned key in it. A copy of it stands in the stream.
class key_pin_check {
public:
    /// What is wrong is written to `refusal`.
    key_pin_check(std::shared_ptr<std::vector<std::string> const> pins, std::shared_ptr<std::string> refusal)
        : pins_(std::move(pins))
        , refusal_(std::move(refusal))
    {
    }

    /// OpenSSL asks about each certificate, the server's own last, when the chain is good so far.
    bool operator()(bool is_good, asio::ssl::verify_context& context) const
    {
        X509_STORE_CTX* const native = context.native_handle();
        if (!is_good || X509_STORE_CTX_get_error_depth(native) != 0)
            return is_good;
        std::string seen;
        STACK_OF(X509)* const chain = X509_STORE_CTX_get0_chain(native);
        for (int i = 0; i < sk_X509_num(chain); ++i) {
            std::string const hash = public_key_hash(sk_X509_value(chain, i));
            if (std::find(pins_->begin(), pins_->end(), hash) != pins_->end())
                return true;
            seen += (seen.empty() ? "" : ", ") + core::pinned_key_text(hash);
        }
        std::string expected;
        for (std::string const& pin : *pins_)
            expected += (expected.empty() ? "" : " or ") + core::pinned_key_text(pin);
        *refusal_ = "no key of its certificates is one of tls.pinned_keys: expected " + expected + "; seen " + seen;
        X509_STORE_CTX_set_error(native, X509_V_ERR_APPLICATION_VERIFICATION);
        return false;
    }

private:
    std::shared_ptr<std::vector<std::string> const> pins_;
    std::shared_ptr<std::string> refusal_;
};

/// The keys that are pinned for the API. Sessions need no check of their own when they are resumed: each was made by a handshake
/// that passed this one, and is kept by the client alone whose pins they are.
class key_pins {
public:
    explicit key_pins(config const& settings)
    {
        if (settings.tls.pinned_keys.empty())
            return;
        auto const pins = std::make_shared<std::vector<std::string>>();
        for (std::string const& text : settings.tls.pinned_keys)
            pins->push_back(core::read_pinned_key(text).value());
        pins_ = pins;
        origin_ = core::check_base_url(settings).origin;
    }

    /// Lets the handshake of a stream fail where the keys are others. Gives where the reason will stand, empty unless they are; null
    /// for an origin without pins.
    template<class Stream>
    std::shared_ptr<std::string> watch(Stream& stream, core::origin const& target) const
    {
        if (!pins_ || target != origin_)
            return nullptr;
        auto const refusal = std::make_shared<std::string>();
        stream.set_verify_callback(key_pin_check(pins_, refusal));
        return refusal;
    }

private:
    std::shared_ptr<std::vector<std::string> const> pins_;
    core::origin origin_;
};

} // namespace replicate::io

#endif
