// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_LINK_IPP
#define REPLICATE_IMPL_TESTING_LINK_IPP

#include <replicate/detail/config.hpp>
#include <replicate/impl/testing/link.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <utility>

namespace replicate::testing::detail {

// Errors are ordinary here: a client may go away at any moment.
inline constexpr auto awaited = asio::as_tuple(asio::use_awaitable);

REPLICATE_DECL link::link(asio::any_io_executor executor, asio::ip::tcp::socket socket, asio::ssl::context& tls)
    : stream_(std::move(socket), tls)
    , timer_(std::move(executor))
    , buffer_(8 * 1024)
{
    boost::system::error_code ignored;
    stream_.next_layer().set_option(asio::ip::tcp::no_delay(true), ignored);
}

REPLICATE_DECL void link::close() noexcept
{
    closed_ = true;
    boost::system::error_code ignored;
    stream_.next_layer().close(ignored);
    timer_.cancel(ignored);
}

// A close with a linger time of zero is a TCP reset.
REPLICATE_DECL void link::reset() noexcept
{
    boost::system::error_code ignored;
    stream_.next_layer().set_option(asio::socket_base::linger(true, 0), ignored);
    close();
}

REPLICATE_DECL asio::awaitable<boost::system::error_code> link::handshake()
{
    auto [failure] = co_await stream_.async_handshake(asio::ssl::stream_base::server, awaited);
    co_return failure;
}

REPLICATE_DECL bool link::resumed() const noexcept
{
    auto& stream = const_cast<asio::ssl::stream<asio::ip::tcp::socket>&>(stream_);
    return SSL_session_reused(stream.native_handle()) == 1;
}

REPLICATE_DECL asio::awaitable<bool> link::read_more()
{
    if (begin_ == end_)
        begin_ = end_ = 0;
    if (end_ == buffer_.size() && begin_ > 0) {
        std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.end(), buffer_.begin());
        end_ -= std::exchange(begin_, 0);
    } else if (end_ == buffer_.size()) {
        buffer_.resize(buffer_.size() * 2);
    }
    auto const space = asio::buffer(buffer_.data() + end_, buffer_.size() - end_);
    auto [failure, size] = co_await stream_.async_read_some(space, awaited);
    end_ += size;
    co_return !failure;
}

REPLICATE_DECL asio::awaitable<bool> link::write(std::string bytes)
{
    auto [failure, size] = co_await asio::async_write(stream_, asio::buffer(bytes), awaited);
    co_return !failure;
}

REPLICATE_DECL asio::awaitable<bool> link::write_view(char const* bytes, std::size_t size)
{
    auto [failure, written] = co_await asio::async_write(stream_, asio::buffer(bytes, size), awaited);
    co_return !failure;
}

REPLICATE_DECL asio::awaitable<bool> link::write_plain(std::string bytes)
{
    auto [failure, size] = co_await asio::async_write(stream_.next_layer(), asio::buffer(bytes), awaited);
    co_return !failure;
}

// Its completion ends the wait for the timer: one wait, no second coroutine.
REPLICATE_DECL void link::watch_peer()
{
    peer_spoke_ = false;
    std::size_t const number = ++watch_;
    auto heard = [weak = weak_from_this(), number](boost::system::error_code failure) {
        auto const self = weak.lock();
        if (failure || !self || self->watch_ != number)
            return;
        self->peer_spoke_ = true;
        self->timer_.cancel();
    };
    stream_.next_layer().async_wait(asio::socket_base::wait_read, std::move(heard));
}

REPLICATE_DECL void link::wake()
{
    woken_ = true;
    timer_.cancel();
}

REPLICATE_DECL asio::awaitable<bool> link::sleep_until(time_point until, bool watching)
{
    woken_ = false;
    if (watching)
        watch_peer();
    while (!closed_ && !woken_ && std::chrono::steady_clock::now() < until) {
        timer_.expires_at(until);
        co_await timer_.async_wait(awaited);
        if (!std::exchange(peer_spoke_, false))
            continue;
        // It has gone, or it sends its next request early. Either way there is nothing more to watch.
        bool const there = co_await read_more();
        if (!there)
            co_return false;
    }
    if (watching && !closed_) {
        ++watch_;
        stream_.next_layer().cancel();
    }
    co_return !closed_;
}

REPLICATE_DECL void link::close_after(std::chrono::steady_clock::duration limit)
{
    timer_.expires_after(limit);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code failure) {
        auto const self = weak.lock();
        if (!failure && self)
            self->close();
    });
}

// An answer that has no length is only to be trusted if TLS says farewell; that of the peer is not waited for long.
REPLICATE_DECL asio::awaitable<void> link::say_goodbye()
{
    close_after(std::chrono::seconds(1));
    co_await stream_.async_shutdown(awaited);
    close();
}

} // namespace replicate::testing::detail

#endif
