// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_PROXY_TUNNEL_HPP
#define REPLICATE_IO_PROXY_TUNNEL_HPP

#include <replicate/core/proxy_choice.hpp>
#include <replicate/io/attempt.hpp>
#include <replicate/io/phase_limit.hpp>
#include <replicate/io/response_reader.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <string>
#include <utility>

namespace replicate::io {

/// Why there is no tunnel, to stand behind the name of the proxy.
inline std::string explain_refusal(boost::system::error_code code, unsigned status)
{
    if (code && code != errc::proxy_refused)
        return ": " + code.message();
    if (status == 0)
        return " answered nothing that is HTTP";
    // What follows the header of a success cannot be from the other end of a tunnel, because TLS begins with the client.
    return " answered " + std::to_string(status) + (status / 100 == 2 ? " and more than that" : "");
}

/// The error for an answer of a proxy that opens no tunnel.
inline errc refusal_of(unsigned status) noexcept
{
    return status == 407 ? errc::proxy_authentication_failed : errc::proxy_refused;
}

/// Asks a proxy, over a fresh stream, for a tunnel to `target`. The stream is the tunnel when there is no error.
template<class Stream>
asio::awaitable<boost::system::error_code> open_tunnel(
    Stream& stream, core::proxy through, core::origin target, attempt& progress)
{
    boost::system::error_code code;
    std::string const request = through.connect_request(target);
    co_await asio::async_write(stream, asio::buffer(request), asio::redirect_error(asio::use_awaitable, code));
    response_parser parser(16 * 1024, 0);
    // The answer to CONNECT has no body, whatever its header says.
    parser.skip(true);
    std::string received;
    while (!code && !parser.is_header_done()) {
        char part[1024];
        std::size_t const count =
            co_await stream.async_read_some(asio::buffer(part), asio::redirect_error(asio::use_awaitable, code));
        received.append(part, count);
        beast::error_code parse_code;
        received.erase(0, parser.put(asio::buffer(received), parse_code));
        if (parse_code && parse_code != http::error::need_more)
            code = errc::proxy_refused;
    }
    if (code == asio::error::operation_aborted)
        co_return code;
    if (code || parser.status() / 100 != 2 || !received.empty()) {
        progress.detail = "the proxy " + through.origin.host_and_port() + explain_refusal(code, parser.status());
        co_return code ? errc::proxy_refused : refusal_of(parser.status());
    }
    co_return code;
}

} // namespace replicate::io

#endif
