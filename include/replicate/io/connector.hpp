// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_CONNECTOR_HPP
#define REPLICATE_IO_CONNECTOR_HPP

#include <replicate/core/proxy_choice.hpp>
#include <replicate/io/connect_race.hpp>
#include <replicate/io/connection.hpp>
#include <replicate/io/key_pins.hpp>
#include <replicate/io/proxy_tunnel.hpp>
#include <replicate/io/resolver.hpp>

#include <memory>
#include <string>
#include <utility>

namespace replicate::io {

/// A new connection, or why there is none.
class connect_result {
public:
    boost::system::error_code code;
    std::unique_ptr<io::connection> connection;

    connect_result() = default;
};

/// Opens connections: resolve, connect, tunnel through the proxy, TLS handshake, each with its limit. Used on the strand
/// alone.
class connector {
public:
    using clock = std::chrono::steady_clock;

    /// `notes`: where the life of connections is told; may be null.
    connector(strand executor, std::shared_ptr<deadline_list> deadlines, std::shared_ptr<asio::ssl::context> context,
        config const& settings, std::shared_ptr<core::notifier> notes = nullptr)
        : executor_(executor)
        , deadlines_(std::move(deadlines))
        , context_(std::move(context))
        , timeouts_(settings.timeouts)
        , resumption_(settings.tls.session_resumption)
        , pins_(settings)
        , proxies_(settings.proxy)
        , resolver_(executor)
        , notes_(std::move(notes))
    {
    }

    /// Opens a connection to an origin.
    asio::awaitable<connect_result> open(core::origin target, attempt& progress)
    {
        connect_result result;
        auto const began = clock::now();
        core::proxy const* const through = proxies_.for_target(target);
        core::origin const peer = nearest(target, through);
        progress.enter(phase::resolve);
        auto found = co_await resolver_.resolve(peer.host, clock::now() + timeouts_.resolve);
        result.code = explain_resolve(found, peer, progress);
        auto const connect_limit = clock::now() + timeouts_.connect;
        if (!result.code)
            result = co_await connect(std::move(found), peer, connect_limit, progress);
        if (!result.code && through != nullptr)
            result.code = co_await tunnel(*result.connection, *through, target, connect_limit, progress);
        if (!result.code && target.secure)
            result.code = co_await handshake(*result.connection, target, progress);
        if (!result.code)
            result.connection->note().opened(notes_, target, has_resumed(*result.connection), clock::now() - began);
        co_return result;
    }

private:
    static core::origin nearest(core::origin const& target, core::proxy const* through)
    {
        return through != nullptr ? through->origin : target;
    }

    static bool has_resumed(connection& opened)
    {
        return SSL_session_reused(opened.tls().native_handle()) == 1;
    }

    static boost::system::error_code explain_resolve(
        resolve_result const& found, core::origin const& peer, attempt& progress)
    {
        if (!found.code || found.code == asio::error::operation_aborted)
            return found.code;
        progress.detail = "host " + peer.host;
        if (found.code == errc::timed_out)
            return found.code;
        progress.detail += ": " + found.code.message();
        return errc::resolve_failed;
    }

    asio::awaitable<connect_result> connect(
        resolve_result found, core::origin peer, clock::time_point limit, attempt& progress)
    {
        connect_result result;
        progress.enter(phase::connect);
        auto const race =
            std::make_shared<connect_race>(executor_, in_turns(found.addresses, peer.port), timeouts_.connect_stagger);
        race_guard const guard(race);
        result.code = co_await race->run(limit);
        if (result.code) {
            result.code = explain_connect(result.code, peer, progress);
            co_return result;
        }
        boost::system::error_code ignored;
        race->winner().set_option(asio::ip::tcp::no_delay(true), ignored);
        race->winner().set_option(asio::socket_base::keep_alive(true), ignored);
        result.connection = std::make_unique<connection>(std::move(race->winner()), context_, peer.secure);
        co_return result;
    }

    static boost::system::error_code explain_connect(
        boost::system::error_code code, core::origin const& peer, attempt& progress)
    {
        if (code == asio::error::operation_aborted)
            return code;
        progress.detail = peer.host_and_port();
        if (code == errc::timed_out)
            return code;
        progress.detail += ": " + code.message();
        return errc::connect_failed;
    }

    asio::awaitable<boost::system::error_code> tunnel(
        connection& fresh, core::proxy through, core::origin target, clock::time_point time, attempt& progress)
    {
        phase_limit<asio::ip::tcp::socket> limit(fresh.socket(), *deadlines_);
        limit.set(time);
        auto const code = co_await open_tunnel(fresh.socket(), std::move(through), target, progress);
        fresh.set_secure(target.secure);
        co_return limit.is_over() ? make_error_code(errc::timed_out) : code;
    }

    asio::awaitable<boost::system::error_code> handshake(connection& fresh, core::origin target, attempt& progress)
    {
        boost::system::error_code code;
        progress.enter(phase::handshake);
        SSL* const native = fresh.tls().native_handle();
        prepare_session(fresh, target);
        auto const session = sessions_->take(target);
        if (!prepare_tls(native, target.host, session.get()))
            co_return errc::handshake_failed;
        auto const refusal = pins_.watch(fresh.tls(), target);
        phase_limit<connection::tls_stream> limit(fresh.tls(), *deadlines_);
        limit.set(clock::now() + timeouts_.handshake);
        co_await fresh.tls().async_handshake(
            asio::ssl::stream_base::client, asio::redirect_error(asio::use_awaitable, code));
        if (limit.is_over())
            co_return errc::timed_out;
        if (code && refusal && !refusal->empty()) {
            progress.detail = target.host + ": " + *refusal;
            co_return errc::certificate_rejected;
        }
        co_return code ? explain_handshake(code, native, target, progress) : code;
    }

    void prepare_session(connection& fresh, core::origin const& target)
    {
        if (!resumption_)
            return;
        auto sink = std::make_unique<tls_session_sink>(sessions_, target);
        sink->bind(fresh.tls().native_handle());
        fresh.keep(std::move(sink));
    }

    static boost::system::error_code explain_handshake(
        boost::system::error_code code, SSL* native, core::origin const& target, attempt& progress)
    {
        if (code == asio::error::operation_aborted)
            return code;
        long const verified = SSL_get_verify_result(native);
        progress.detail = target.host + ": ";
        if (verified != X509_V_OK) {
            progress.detail += X509_verify_cert_error_string(verified);
            return errc::certificate_rejected;
        }
        progress.detail += tls_reason(code);
        return errc::handshake_failed;
    }

    strand executor_;
    std::shared_ptr<deadline_list> deadlines_;
    std::shared_ptr<asio::ssl::context> context_;
    timeout_config timeouts_;
    bool resumption_;
    key_pins pins_;
    core::proxy_choice proxies_;
    resolver resolver_;
    std::shared_ptr<tls_session_store> sessions_ = std::make_shared<tls_session_store>();
    std::shared_ptr<core::notifier> notes_;
};

} // namespace replicate::io

#endif
