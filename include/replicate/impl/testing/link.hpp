// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_LINK_HPP
#define REPLICATE_IMPL_TESTING_LINK_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace replicate::testing::detail {

namespace asio = boost::asio;

/// The bytes of one accepted connection: reading, writing, waiting, and all the ways to end it. Everything on the
/// server's strand.
class link : public std::enable_shared_from_this<link> {
public:
    using time_point = std::chrono::steady_clock::time_point;

    link(asio::any_io_executor executor, asio::ip::tcp::socket socket, asio::ssl::context& tls);

    /// The TLS handshake.
    asio::awaitable<boost::system::error_code> handshake();

    /// True when the handshake took up an earlier session.
    bool resumed() const noexcept;

    /// What was received and not yet consumed.
    std::string_view unread() const noexcept { return std::string_view(buffer_.data() + begin_, end_ - begin_); }

    /// Takes bytes off the front of `unread`.
    void consume(std::size_t count) noexcept { begin_ += count; }

    /// Waits for more to read; false at the end of the connection.
    asio::awaitable<bool> read_more();

    /// Writes all; false at the end of the connection.
    asio::awaitable<bool> write(std::string bytes);

    /// The same with bytes that outlive the call.
    asio::awaitable<bool> write_view(char const* bytes, std::size_t size);

    /// The same without TLS.
    asio::awaitable<bool> write_plain(std::string bytes);

    /// Waits until a time, or until `wake`; false when the connection ended meanwhile. Where `watching`, an end by the
    /// peer is noticed at once, and what the peer sends is kept in `unread`.
    asio::awaitable<bool> sleep_until(time_point until, bool watching);

    /// Ends the wait in `sleep_until`.
    void wake();

    /// Ends the TLS session as it should be, then the connection.
    asio::awaitable<void> say_goodbye();

    /// Ends the connection; whatever waits for it fails.
    void close() noexcept;

    /// The same with a TCP reset.
    void reset() noexcept;

    bool closed() const noexcept { return closed_; }

private:
    void watch_peer();
    void close_after(std::chrono::steady_clock::duration limit);

    asio::ssl::stream<asio::ip::tcp::socket> stream_;
    asio::steady_timer timer_;
    bool closed_ = false;
    bool woken_ = false;

    // A completion that belongs to an earlier watch is known by its number.
    std::size_t watch_ = 0;
    bool peer_spoke_ = false;

    // `unread` is what lies between the two positions.
    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

} // namespace replicate::testing::detail

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/testing/link.ipp>
#endif

#endif
