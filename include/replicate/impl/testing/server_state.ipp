// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_SERVER_STATE_IPP
#define REPLICATE_IMPL_TESTING_SERVER_STATE_IPP

#include <replicate/detail/config.hpp>
#include <replicate/impl/testing/server_state.hpp>

#include <boost/asio/buffer.hpp>

#include <string>

namespace replicate::testing::detail {

REPLICATE_DECL asio::ssl::context make_tls_context(server_options const& options, credentials const& shown)
{
    asio::ssl::context context(asio::ssl::context::tls_server);
    SSL_CTX* const native = context.native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(native, options.newest_tls == 12 ? TLS1_2_VERSION : TLS1_3_VERSION);
    context.use_certificate_chain(asio::buffer(shown.certificate_chain));
    context.use_private_key(asio::buffer(shown.private_key), asio::ssl::context::pem);
    constexpr unsigned char identity[] = "replicate";
    SSL_CTX_set_session_id_context(native, identity, sizeof identity - 1);
    if (!options.session_tickets) {
        SSL_CTX_set_options(native, SSL_OP_NO_TICKET);
        SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_num_tickets(native, 0);
    }
    return context;
}

inline std::string open_listener(asio::ip::tcp::acceptor& acceptor, std::uint16_t port)
{
    asio::ip::tcp::endpoint const anywhere(asio::ip::address_v4::loopback(), port);
    acceptor.open(anywhere.protocol());
    acceptor.set_option(asio::ip::tcp::acceptor::reuse_address(true));
    acceptor.bind(anywhere);
    acceptor.listen();
    return "https://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
}

REPLICATE_DECL void server_state::listen()
{
    core.base_url = open_listener(api_acceptor, core.options.port) + core.options.base_path;
    api_port = api_acceptor.local_endpoint().port();
    core.delivery_url = open_listener(delivery_acceptor, 0);
    core.stream_url = open_listener(stream_acceptor, 0);
}

REPLICATE_DECL void server_state::stop()
{
    stopping = true;
    boost::system::error_code ignored;
    api_acceptor.close(ignored);
    delivery_acceptor.close(ignored);
    stream_acceptor.close(ignored);
    for (link* const each : open)
        each->close();
    for (auto const& entry : webhooks)
        entry.second->stop();
}

REPLICATE_DECL void server_state::wake(std::string const& id)
{
    auto const waiting = held.equal_range(id);
    for (auto entry = waiting.first; entry != waiting.second; ++entry)
        entry->second->wake();
    auto const jobs = webhooks.equal_range(id);
    for (auto entry = jobs.first; entry != jobs.second; ++entry)
        entry->second->wake();
}

} // namespace replicate::testing::detail

#endif
