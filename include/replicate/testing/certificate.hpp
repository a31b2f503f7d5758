// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_CERTIFICATE_HPP
#define REPLICATE_TESTING_CERTIFICATE_HPP

#include <replicate/detail/config.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace replicate::testing {

/// A certificate and its private key, both as PEM text.
class credentials {
public:
    /// The certificate; where it has issuers between it and its root, they follow.
    std::string certificate_chain;
    /// The private key, not encrypted.
    std::string private_key;

    /// None.
    credentials() = default;

    /// These two.
    credentials(std::string chain, std::string key)
        : certificate_chain(std::move(chain))
        , private_key(std::move(key))
    {
    }
};

/// What a certificate for tests shall say.
class certificate_request {
public:
    /// The host names and IP addresses that it is good for. Default: this machine.
    std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
    /// Valid from then, relative to now. Default: one hour ago.
    std::chrono::seconds not_before = -std::chrono::hours(1);
    /// Valid until then, relative to now; in the past for a certificate that has expired. Default: in a day.
    std::chrono::seconds not_after = std::chrono::hours(24);
    /// Its common name, which no client should look at.
    std::string common_name = "replicate local server";

    /// For this machine, valid now.
    certificate_request() = default;
};

/// A certificate authority that exists in memory only: P-256 keys made at once, SHA-256 signatures. Copies are the same
/// authority. Not for use outside tests.
class certificate_authority {
public:
    /// Makes a new one. Throws `std::runtime_error` where OpenSSL cannot.
    certificate_authority();

    /// Its own certificate as PEM text, for a client to trust (`tls_config::certificate_authority`).
    std::string const& certificate() const noexcept;

    /// Issues a certificate for a server.
    credentials issue(certificate_request const& request = certificate_request()) const;

    /// Makes a certificate that no authority has signed.
    static credentials self_signed(certificate_request const& request = certificate_request());

private:
    class state;
    std::shared_ptr<state const> state_;
};

} // namespace replicate::testing

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/testing/certificate.ipp>
#endif

#endif
