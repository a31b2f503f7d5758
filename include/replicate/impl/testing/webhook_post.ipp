// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_WEBHOOK_POST_IPP
#define REPLICATE_IMPL_TESTING_WEBHOOK_POST_IPP

#include <replicate/detail/config.hpp>
#include <replicate/impl/testing/link.hpp>
#include <replicate/impl/testing/webhook_post.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <charconv>
#include <cstddef>
#include <string_view>
#include <utility>

namespace replicate::testing::detail {

REPLICATE_DECL std::optional<asio::ip::tcp::endpoint> loopback_endpoint(core::absolute_url const& url)
{
    std::string const& host = url.origin.host;
    if (host == "localhost")
        return asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), url.origin.port);
    boost::system::error_code failure;
    auto const address = asio::ip::make_address(host, failure);
    if (failure || !address.is_loopback())
        return std::nullopt;
    return asio::ip::tcp::endpoint(address, url.origin.port);
}

REPLICATE_DECL webhook_post::webhook_post(asio::any_io_executor executor, asio::ssl::context& tls)
    : stream_(executor, tls)
    , timer_(executor)
{
}

REPLICATE_DECL void webhook_post::close() noexcept
{
    boost::system::error_code ignored;
    stream_.next_layer().close(ignored);
    timer_.cancel(ignored);
}

REPLICATE_DECL void webhook_post::close_after(std::chrono::steady_clock::duration limit)
{
    timer_.expires_after(limit);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code failure) {
        auto const self = weak.lock();
        if (!failure && self)
            self->close();
    });
}

REPLICATE_DECL asio::awaitable<unsigned> webhook_post::send(
    core::absolute_url url, std::string request, std::chrono::steady_clock::duration timeout)
{
    close_after(timeout);
    unsigned status = 0;
    bool there = co_await open(std::move(url));
    if (there)
        there = co_await write(std::move(request));
    if (there)
        status = co_await read_answer();
    close();
    co_return status;
}

REPLICATE_DECL asio::awaitable<bool> webhook_post::open(core::absolute_url url)
{
    constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
    auto const endpoint = loopback_endpoint(url);
    if (!endpoint)
        co_return false;
    auto [failure] = co_await stream_.next_layer().async_connect(*endpoint, as_result);
    secure_ = url.origin.secure;
    if (failure || !secure_)
        co_return !failure;
    stream_.set_verify_mode(asio::ssl::verify_peer);
    stream_.set_verify_callback(asio::ssl::host_name_verification(url.origin.host));
    auto [refusal] = co_await stream_.async_handshake(asio::ssl::stream_base::client, as_result);
    co_return !refusal;
}

REPLICATE_DECL asio::awaitable<bool> webhook_post::write(std::string bytes)
{
    constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
    if (secure_) {
        auto [failure, size] = co_await asio::async_write(stream_, asio::buffer(bytes), as_result);
        co_return !failure;
    }
    auto [failure, size] = co_await asio::async_write(stream_.next_layer(), asio::buffer(bytes), as_result);
    co_return !failure;
}

REPLICATE_DECL asio::awaitable<bool> webhook_post::read_some()
{
    constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
    char bytes[4096];
    std::size_t count = 0;
    if (secure_) {
        auto [failure, size] = co_await stream_.async_read_some(asio::buffer(bytes), as_result);
        count = failure ? 0 : size;
    } else {
        auto [failure, size] = co_await stream_.next_layer().async_read_some(asio::buffer(bytes), as_result);
        count = failure ? 0 : size;
    }
    received_.append(bytes, count);
    co_return count > 0;
}

// The status is all that matters; the header is read to its end so that the receiver can finish writing it.
REPLICATE_DECL asio::awaitable<unsigned> webhook_post::read_answer()
{
    bool more = true;
    while (more && received_.find("\r\n\r\n") == std::string::npos && received_.size() < 64 * 1024)
        more = co_await read_some();
    unsigned status = 0;
    std::string_view const text = received_;
    if (more && text.substr(0, 7) == "HTTP/1." && text.size() > 12)
        std::from_chars(text.data() + 9, text.data() + 12, status);
    co_return status;
}

} // namespace replicate::testing::detail

#endif
