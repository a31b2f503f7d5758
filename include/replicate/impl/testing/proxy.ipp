// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_PROXY_IPP
#define REPLICATE_IMPL_TESTING_PROXY_IPP

#include <replicate/core/percent_encoding.hpp>
#include <replicate/detail/config.hpp>
#include <replicate/impl/testing/proxy_state.hpp>
#include <replicate/impl/testing/runner.hpp>
#include <replicate/impl/testing/wire.hpp>
#include <replicate/testing/proxy.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <array>
#include <memory>
#include <string>
#include <utility>

namespace replicate::testing {

namespace detail {

/// One client of a proxy: its request, then bytes in both directions until either side ends.
class tunnel {
public:
    tunnel(std::shared_ptr<proxy_state> proxy, asio::ip::tcp::socket client)
        : proxy_(std::move(proxy))
        , client_(std::move(client))
        , target_(proxy_->executor)
    {
        proxy_->open.insert(this);
        proxy_->change([](proxy_state& state) { ++state.counts.connections; });
    }

    ~tunnel()
    {
        proxy_->open.erase(this);
        if (opened_)
            proxy_->change([](proxy_state& state) { --state.counts.live_tunnels; });
    }

    tunnel(tunnel const&) = delete;
    tunnel& operator=(tunnel const&) = delete;

    void close() noexcept
    {
        boost::system::error_code ignored;
        client_.close(ignored);
        target_.close(ignored);
    }

    /// Reads the CONNECT and connects; true when the tunnel stands.
    asio::awaitable<bool> establish();

    /// Carries bytes one way until that ends, then ends the tunnel.
    asio::awaitable<void> carry(bool to_target);

private:
    asio::awaitable<bool> read_request();
    asio::awaitable<void> refuse(unsigned status);

    static constexpr auto awaited() { return asio::as_tuple(asio::use_awaitable); }

    std::shared_ptr<proxy_state> proxy_;
    asio::ip::tcp::socket client_;
    asio::ip::tcp::socket target_;
    std::string received_;
    recorded_request request_;
    bool opened_ = false;
};

inline asio::awaitable<bool> tunnel::read_request()
{
    boost::beast::http::request_parser<boost::beast::http::empty_body> parser;
    std::array<char, 4096> bytes;
    boost::system::error_code failure = boost::beast::http::error::need_more;
    while (failure == boost::beast::http::error::need_more) {
        auto [ended, size] = co_await client_.async_read_some(asio::buffer(bytes), awaited());
        if (ended)
            co_return false;
        received_.append(bytes.data(), size);
        std::size_t const used = parser.put(asio::buffer(received_), failure);
        received_.erase(0, used);
        if (parser.is_header_done())
            break;
    }
    auto const& message = parser.get();
    request_.method = std::string_view(message.method_string());
    request_.target = std::string_view(message.target());
    for (auto const& field : message)
        request_.headers.emplace_back(std::string_view(field.name_string()), std::string_view(field.value()));
    co_return parser.is_header_done();
}

inline asio::awaitable<void> tunnel::refuse(unsigned status)
{
    reply answer = problem(status, "", "This proxy says no.");
    if (status == 407)
        answer.header("proxy-authenticate", "Basic realm=\"proxy\"");
    std::string const bytes = to_bytes(answer, answer_framing::content_length, true, true, "");
    co_await asio::async_write(client_, asio::buffer(bytes), awaited());
    boost::system::error_code ignored;
    client_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

inline asio::awaitable<bool> tunnel::establish()
{
    bool const asked = co_await read_request();
    if (!asked)
        co_return false;
    tunnel_decision const decision = proxy_->decide(request_);
    if (decision.status == 0) {
        // Silence, until the client has had enough.
        co_await client_.async_wait(asio::socket_base::wait_read, awaited());
        co_return false;
    }
    if (decision.status != 200) {
        co_await refuse(decision.status);
        co_return false;
    }
    auto [failure] = co_await target_.async_connect(decision.destination, awaited());
    if (failure) {
        proxy_->change([](proxy_state& state) { ++state.counts.refused; });
        co_await refuse(502);
        co_return false;
    }
    opened_ = true;
    proxy_->change([](proxy_state& state) { ++state.counts.tunnels, ++state.counts.live_tunnels; });
    std::string const accepted = "HTTP/1.1 200 Connection established\r\n\r\n";
    auto [lost, size] = co_await asio::async_write(client_, asio::buffer(accepted), awaited());
    co_return !lost;
}

inline asio::awaitable<void> tunnel::carry(bool to_target)
{
    asio::ip::tcp::socket& from = to_target ? client_ : target_;
    asio::ip::tcp::socket& to = to_target ? target_ : client_;
    std::string bytes = to_target ? std::move(received_) : std::string();
    std::array<char, 16 * 1024> space;
    bool open = true;
    while (open) {
        auto [unsent, sent] = co_await asio::async_write(to, asio::buffer(bytes), awaited());
        auto [ended, size] = co_await from.async_read_some(asio::buffer(space), awaited());
        bytes.assign(space.data(), size);
        proxy_->change([count = size](proxy_state& state) { state.counts.bytes += count; });
        open = !unsent && !ended;
    }
    close();
}

inline asio::awaitable<void> run_way_back(std::shared_ptr<tunnel> way)
{
    co_await way->carry(false);
}

inline asio::awaitable<void> run_tunnel(std::shared_ptr<tunnel> way)
{
    bool const open = co_await way->establish();
    if (!open)
        co_return;
    auto const executor = co_await asio::this_coro::executor;
    asio::co_spawn(executor, run_way_back(way), asio::detached);
    co_await way->carry(true);
}

inline asio::awaitable<void> accept_tunnels(std::shared_ptr<proxy_state> proxy)
{
    while (!proxy->stopping) {
        auto accepted = co_await proxy->acceptor.async_accept(proxy->executor, asio::as_tuple(asio::use_awaitable));
        auto& [failure, client] = accepted;
        if (failure)
            co_return;
        auto made = std::make_shared<tunnel>(proxy, std::move(client));
        asio::co_spawn(proxy->executor, run_tunnel(std::move(made)), asio::detached);
    }
}

REPLICATE_DECL void proxy_state::stop()
{
    stopping = true;
    boost::system::error_code ignored;
    acceptor.close(ignored);
    for (tunnel* const each : open)
        each->close();
}

} // namespace detail

class proxy::runtime {
public:
    runtime(std::optional<boost::asio::any_io_executor> executor, proxy_options options)
        : runner_(std::move(executor))
        , state_(std::make_shared<detail::proxy_state>(runner_.executor(), std::move(options)))
    {
        boost::asio::co_spawn(state_->executor, detail::accept_tunnels(state_), boost::asio::detached);
        runner_.start();
    }

    ~runtime()
    {
        runner_.stop([state = state_] { state->stop(); });
    }

    runtime(runtime const&) = delete;
    runtime& operator=(runtime const&) = delete;

    detail::proxy_state& state() const noexcept { return *state_; }

private:
    // Before the state, which lives on it: the last member is destroyed first.
    detail::runner runner_;
    std::shared_ptr<detail::proxy_state> state_;
};

REPLICATE_DECL proxy::proxy(proxy_options options)
    : runtime_(std::make_unique<runtime>(std::nullopt, std::move(options)))
{
}

REPLICATE_DECL proxy::proxy(boost::asio::any_io_executor executor, proxy_options options)
    : runtime_(std::make_unique<runtime>(std::move(executor), std::move(options)))
{
}

REPLICATE_DECL proxy::~proxy() = default;

REPLICATE_DECL std::string proxy::url() const
{
    proxy_options const& options = runtime_->state().options;
    std::string credentials;
    if (!options.user.empty())
        credentials = core::percent_encode(options.user) + ':' + core::percent_encode(options.password) + '@';
    return "http://" + credentials + "127.0.0.1:" + std::to_string(port());
}

REPLICATE_DECL std::uint16_t proxy::port() const noexcept
{
    return runtime_->state().port;
}

REPLICATE_DECL void proxy::redirect(std::string_view host_and_port, std::uint16_t local_port)
{
    runtime_->state().change(
        [&](detail::proxy_state& state) { state.redirections[std::string(host_and_port)] = local_port; });
}

REPLICATE_DECL void proxy::refuse(unsigned status)
{
    runtime_->state().change([&](detail::proxy_state& state) { state.refusal = status; });
}

REPLICATE_DECL void proxy::stall(bool stalled)
{
    runtime_->state().change([&](detail::proxy_state& state) { state.stalled = stalled; });
}

REPLICATE_DECL proxy_counts proxy::counts() const
{
    return runtime_->state().read([](detail::proxy_state const& state) { return state.counts; });
}

REPLICATE_DECL bool proxy::wait_until(
    std::function<bool(proxy_counts const&)> const& condition, std::chrono::steady_clock::duration timeout) const
{
    return runtime_->state().wait_until(condition, timeout);
}

REPLICATE_DECL std::vector<recorded_request> proxy::requests() const
{
    return runtime_->state().read([](detail::proxy_state const& state) { return state.requests; });
}

} // namespace replicate::testing

#endif
