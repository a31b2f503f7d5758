// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_TLS_HPP
#define REPLICATE_IO_TLS_HPP

#include <replicate/config.hpp>
#include <replicate/core/url.hpp>
#include <replicate/error.hpp>

#include <boost/asio/execution_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>

namespace replicate::io {

namespace asio = boost::asio;

/// A TLS session that may be resumed.
using tls_session = std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)>;

/// The sessions of a client, by origin. A ticket of TLS 1.3 is used once, so several are kept. Used on the strand alone.
class tls_session_store {
public:
    /// Keeps a session, in place of the oldest one when there are many.
    void put(core::origin const& where, tls_session session)
    {
        auto& kept = sessions_[where];
        kept.push_back(std::move(session));
        if (kept.size() > 16)
            kept.pop_front();
    }

    /// The latest session that can be resumed, or null.
    tls_session take(core::origin const& where)
    {
        auto& kept = sessions_[where];
        while (!kept.empty()) {
            tls_session session = std::move(kept.back());
            kept.pop_back();
            if (SSL_SESSION_is_resumable(session.get()) != 1)
                continue;
            // One of TLS 1.2 is used again and again, and the server gives no other.
            if (SSL_SESSION_get_protocol_version(session.get()) < TLS1_3_VERSION
                && SSL_SESSION_up_ref(session.get()) == 1)
                kept.emplace_back(session.get(), &SSL_SESSION_free);
            return session;
        }
        return tls_session(nullptr, &SSL_SESSION_free);
    }

private:
    std::map<core::origin, std::deque<tls_session>> sessions_;
};

/// Who is told of the sessions that a server offers. One for each connection, bound to its `SSL`.
class tls_session_sink {
public:
    tls_session_sink(std::shared_ptr<tls_session_store> store, core::origin where)
        : store_(std::move(store))
        , where_(std::move(where))
    {
    }

    /// Makes the sink known to a connection. The sink must outlive it.
    void bind(SSL* connection) { SSL_set_ex_data(connection, index(), this); }

    /// OpenSSL's callback: takes the session over by returning 1.
    static int on_new_session(SSL* connection, SSL_SESSION* session)
    {
        auto* const sink = static_cast<tls_session_sink*>(SSL_get_ex_data(connection, index()));
        if (sink == nullptr || SSL_SESSION_is_resumable(session) != 1)
            return 0;
        sink->store_->put(sink->where_, tls_session(session, &SSL_SESSION_free));
        return 1;
    }

private:
    static int index()
    {
        static int const value = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
        return value;
    }

    std::shared_ptr<tls_session_store> store_;
    core::origin where_;
};

/// The reason on top of OpenSSL's error queue, or the text of a code.
inline std::string tls_reason(boost::system::error_code code)
{
    char const* const reason = ERR_reason_error_string(static_cast<unsigned long>(code.value()));
    return reason != nullptr ? reason : code.message();
}

namespace detail {

inline void trust(asio::ssl::context& context, tls_config const& settings)
{
    boost::system::error_code code;
    if (!settings.only_certificate_authority)
        context.set_default_verify_paths(code);
    if (code)
        throw replicate::detail::make_error(
            errc::invalid_configuration, "tls: the system's trust store cannot be read: " + tls_reason(code));
    if (settings.certificate_authority.empty()) {
        if (settings.only_certificate_authority)
            throw replicate::detail::make_error(errc::invalid_configuration,
                "tls.only_certificate_authority: needs a tls.certificate_authority, or nothing is trusted");
        return;
    }
    context.add_certificate_authority(asio::buffer(settings.certificate_authority), code);
    if (code)
        throw replicate::detail::make_error(errc::invalid_configuration,
            "tls.certificate_authority: is not a certificate in PEM form: " + tls_reason(code));
}

} // namespace detail

/// A context for clients: TLS 1.2 or newer, certificates verified, early data (0-RTT) off. Throws `error` of
/// `errc::invalid_configuration`.
inline std::shared_ptr<asio::ssl::context> make_tls_context(tls_config const& settings)
{
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
    SSL_CTX* const native = context->native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    context->set_verify_mode(asio::ssl::verify_peer);
    detail::trust(*context, settings);
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    if (settings.session_resumption)
        SSL_CTX_sess_set_new_cb(native, &tls_session_sink::on_new_session);
    return context;
}

/// The TLS contexts of an execution context, shared by all clients of the same settings: reading the system's trust store
/// costs as much as 25 handshakes.
class tls_contexts : public asio::execution_context::service {
public:
    // NOLINTNEXTLINE(readability-identifier-naming): Asio's name for a service's key
    static inline asio::execution_context::id id;

    explicit tls_contexts(asio::execution_context& owner)
        : service(owner)
    {
    }

    /// The context for these settings.
    std::shared_ptr<asio::ssl::context> get(tls_config const& settings)
    {
        std::lock_guard const lock(mutex_);
        auto& shared = contexts_[std::make_tuple(
            settings.certificate_authority, settings.only_certificate_authority, settings.session_resumption)];
        auto context = shared.lock();
        if (!context) {
            context = make_tls_context(settings);
            shared = context;
        }
        return context;
    }

private:
    void shutdown() override {}

    std::mutex mutex_;
    std::map<std::tuple<std::string, bool, bool>, std::weak_ptr<asio::ssl::context>> contexts_;
};

/// Prepares a connection: server name (SNI; not for addresses), the name or address that the certificate must be for, and
/// a session to resume.
inline bool prepare_tls(SSL* connection, std::string const& host, SSL_SESSION* session)
{
    boost::system::error_code not_an_address;
    auto const address = asio::ip::make_address(host, not_an_address);
    X509_VERIFY_PARAM* const parameters = SSL_get0_param(connection);
    bool good = true;
    if (!not_an_address) {
        good = X509_VERIFY_PARAM_set1_ip_asc(parameters, address.to_string().c_str()) == 1;
    } else {
        // A certificate whose name is only in the subject, or that has a wildcard for a part of a label, is not accepted.
        X509_VERIFY_PARAM_set_hostflags(
            parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
        good = SSL_set1_host(connection, host.c_str()) == 1 && SSL_set_tlsext_host_name(connection, host.c_str()) == 1;
    }
    if (session != nullptr)
        SSL_set_session(connection, session);
    return good;
}

} // namespace replicate::io

#endif
