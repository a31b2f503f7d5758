// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_WEBHOOK_POST_HPP
#define REPLICATE_IMPL_TESTING_WEBHOOK_POST_HPP

#include <replicate/core/url.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace replicate::testing::detail {

namespace asio = boost::asio;

/// Where on this machine a URL leads to; empty where it leads elsewhere, which no webhook of this server does.
std::optional<asio::ip::tcp::endpoint> loopback_endpoint(core::absolute_url const& url);

/// One POST over a connection of its own. Everything on one strand.
class webhook_post : public std::enable_shared_from_this<webhook_post> {
public:
    webhook_post(asio::any_io_executor executor, asio::ssl::context& tls);

    /// The status of the answer; 0 where there was none within the time. Redirects are not followed.
    asio::awaitable<unsigned> send(
        core::absolute_url url, std::string request, std::chrono::steady_clock::duration timeout);

    /// Ends it; its status is 0 then.
    void close() noexcept;

private:
    asio::awaitable<bool> open(core::absolute_url url);
    asio::awaitable<bool> write(std::string bytes);
    asio::awaitable<bool> read_some();
    asio::awaitable<unsigned> read_answer();
    void close_after(std::chrono::steady_clock::duration limit);

    asio::ssl::stream<asio::ip::tcp::socket> stream_;
    asio::steady_timer timer_;
    bool secure_ = false;
    std::string received_;
};

} // namespace replicate::testing::detail

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/testing/webhook_post.ipp>
#endif

#endif
