// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_WEBHOOK_LISTENER_IPP
#define REPLICATE_IMPL_WEBHOOK_LISTENER_IPP

#include <replicate/detail/operation.hpp>
#include <replicate/impl/webhook_session.hpp>
#include <replicate/webhook_listener.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace replicate::detail {

inline void check(webhook_listener_options const& options)
{
    boost::system::error_code failure;
    auto const address = asio::ip::make_address(options.address, failure);
    if (failure)
        throw_invalid_argument("options.address", "is not an IP address: " + detail::quoted(options.address));
    if (options.public_url.empty() && !address.is_loopback())
        throw_invalid_argument("options.public_url", "is needed, because the service cannot call this machine by itself");
    if (!options.public_url.empty() && !is_webhook_url(options.public_url))
        throw_invalid_argument("options.public_url", "must be an https:// URL that leads here");
    if (options.certificate_chain.empty() != options.private_key.empty())
        throw_invalid_argument("options.certificate_chain", "and options.private_key belong together; give both or neither");
    if (options.tolerance < std::chrono::seconds(1))
        throw_invalid_argument("options.tolerance", "must be at least a second");
    auto const none = std::chrono::steady_clock::duration::zero();
    if (options.request_timeout <= none || options.idle_timeout <= none)
        throw_invalid_argument("options.request_timeout", "and options.idle_timeout must be above zero");
    if (options.connections == 0 || options.body_bytes == 0)
        throw_invalid_argument("options.connections", "and options.body_bytes must not be zero");
}

inline asio::awaitable<void> serve_plainly(std::shared_ptr<webhook_desk> desk, asio::ip::tcp::socket socket)
{
    webhook_session<beast::tcp_stream> session(std::move(desk), std::move(socket));
    co_await session.run();
}

inline asio::awaitable<void> serve_with_tls(std::shared_ptr<webhook_desk> desk, asio::ip::tcp::socket socket)
{
    asio::ssl::context& tls = *desk->tls();
    webhook_session<asio::ssl::stream<beast::tcp_stream>> session(std::move(desk), beast::tcp_stream(std::move(socket)), tls);
    co_await session.run();
}

inline asio::awaitable<void> accept_webhooks(
    std::shared_ptr<webhook_desk> desk, std::shared_ptr<asio::ip::tcp::acceptor> acceptor)
{
    constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
    auto const strand = desk->client()->strand();
    asio::steady_timer pause(strand);
    while (!desk->is_stopped()) {
        auto accepted = co_await acceptor->async_accept(asio::any_io_executor(strand), as_result);
        auto& [failure, socket] = accepted;
        if (desk->is_stopped())
            co_return;
        if (failure) {
            // Out of descriptors, most likely: some will be closed.
            pause.expires_after(std::chrono::milliseconds(50));
            co_await pause.async_wait(as_result);
            continue;
        }
        if (desk->tls() != nullptr)
            asio::co_spawn(strand, serve_with_tls(desk, std::move(socket)), asio::detached);
        else
            asio::co_spawn(strand, serve_plainly(desk, std::move(socket)), asio::detached);
        co_await desk->wait_for_room();
    }
}

inline std::shared_ptr<asio::ip::tcp::acceptor> bind_acceptor(io::strand strand, webhook_listener_options const& options)
{
    asio::ip::tcp::endpoint const where(asio::ip::make_address(options.address), options.port);
    try {
        return std::make_shared<asio::ip::tcp::acceptor>(asio::any_io_executor(strand), where);
    } catch (boost::system::system_error const& refused) {
        replicate::diagnostics context;
        context.detail = "listening on " + options.address + " port " + std::to_string(options.port);
        throw error(refused.code(), std::move(context));
    }
}

inline std::string own_url(webhook_listener_options const& options, asio::ip::tcp::endpoint const& where)
{
    std::string const host = where.address().is_v6() ? "[" + options.address + "]" : options.address;
    return (options.certificate_chain.empty() ? "http://" : "https://") + host + ":" + std::to_string(where.port()) + "/";
}

inline asio::awaitable<std::optional<webhook_delivery>> next_delivery_body(
    operation& owner, std::shared_ptr<webhook_desk> desk, call_options options)
{
    check(options);
    owner.context().operation = "webhook_listener::async_next";
    std::optional<webhook_delivery> found = co_await desk->next();
    co_return found;
}

inline std::shared_ptr<webhook_desk> make_webhook_desk(std::shared_ptr<client_state> client, webhook_listener_options options)
{
    try {
        return std::make_shared<webhook_desk>(std::move(client), std::move(options));
    } catch (error const&) {
        throw;
    } catch (boost::system::system_error const& refused) {
        throw_invalid_argument("options.certificate_chain", std::string("or its key: ") + refused.what());
    }
}

REPLICATE_DECL std::shared_ptr<webhook_desk> open_webhook_desk(
    std::shared_ptr<client_state> client, webhook_listener_options options)
{
    check(options);
    auto const strand = client->strand();
    auto desk = make_webhook_desk(std::move(client), std::move(options));
    auto acceptor = bind_acceptor(strand, desk->options());
    std::string const& url = desk->options().public_url;
    desk->listen_with(acceptor, url.empty() ? own_url(desk->options(), acceptor->local_endpoint()) : url);
    asio::co_spawn(strand, accept_webhooks(desk, std::move(acceptor)), asio::detached);
    return desk;
}

REPLICATE_DECL void close_webhook_desk(std::shared_ptr<webhook_desk> desk)
{
    std::weak_ptr<webhook_desk> const weak = desk;
    asio::post(desk->client()->strand(), [weak] {
        if (auto const open = weak.lock())
            open->stop();
    });
}

REPLICATE_DECL std::weak_ptr<webhook_waits> waits_of(std::shared_ptr<webhook_desk> const& desk)
{
    return desk;
}

REPLICATE_DECL std::uint16_t port_of(webhook_desk const& desk) noexcept
{
    return desk.port();
}

REPLICATE_DECL std::string url_of(webhook_desk const& desk)
{
    return desk.url();
}

REPLICATE_DECL void start_next_delivery(std::shared_ptr<webhook_desk> desk, call_options options,
    erased_handler<std::optional<webhook_delivery>> handler)
{
    auto client = desk->client();
    auto const timeout = options.timeout.value_or(std::chrono::hours(24 * 366));
    start<std::optional<webhook_delivery>>(std::move(client), timeout, std::move(handler),
        [&](operation& owner) { return next_delivery_body(owner, std::move(desk), options); });
}

} // namespace replicate::detail

#endif
