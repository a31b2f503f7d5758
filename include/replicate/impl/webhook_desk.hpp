// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_WEBHOOK_DESK_HPP
#define REPLICATE_IMPL_WEBHOOK_DESK_HPP

#include <replicate/core/webhook_judge.hpp>
#include <replicate/detail/client_state.hpp>
#include <replicate/detail/webhook_waits.hpp>
#include <replicate/io/wait_list.hpp>
#include <replicate/webhook_listener_options.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::detail {

/// A connection of a listener, as far as its desk knows it.
class webhook_connection {
public:
    virtual void close() = 0;

protected:
    ~webhook_connection() = default;
};

/// What the connections of a listener have in common: who waits for what. Used on the client's strand, but for what is constant.
class webhook_desk final : public webhook_waits, public std::enable_shared_from_this<webhook_desk> {
public:
    webhook_desk(std::shared_ptr<client_state> client, webhook_listener_options options)
        : client_(std::move(client))
        , options_(std::move(options))
        , judge_(options_.tolerance)
    {
        if (!options_.secrets.empty())
            secrets_.emplace(options_.secrets);
        if (options_.certificate_chain.empty())
            return;
        tls_.emplace(asio::ssl::context::tls_server);
        tls_->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
        tls_->use_certificate_chain(asio::buffer(options_.certificate_chain));
        tls_->use_private_key(asio::buffer(options_.private_key), asio::ssl::context::pem);
    }

    std::shared_ptr<client_state> const& client() const noexcept { return client_; }
    webhook_listener_options const& options() const noexcept { return options_; }
    /// Null without TLS.
    asio::ssl::context* tls() noexcept { return tls_ ? &*tls_ : nullptr; }
    std::string const& url() const noexcept { return url_; }
    std::uint16_t port() const noexcept { return port_; }
    bool is_stopped() const noexcept { return stopped_; }

    /// Before it is used by anything else.
    void listen_with(std::shared_ptr<asio::ip::tcp::acceptor> const& acceptor, std::string url)
    {
        acceptor_ = acceptor;
        port_ = acceptor->local_endpoint().port();
        url_ = std::move(url);
    }

    std::string enter(client_state const& client, std::weak_ptr<webhook_receiver> who) override
    {
        if (&client != client_.get())
            throw_invalid_argument("options.wait", "the webhook listener is one of another client");
        if (stopped_)
            throw_invalid_argument("options.wait", "the webhook listener was stopped");
        std::string const ticket = make_ticket();
        runs_.insert_or_assign(ticket, std::move(who));
        return url_ + (url_.find('?') == std::string::npos ? "?" : "&") + std::string(ticket_name) + "=" + ticket;
    }

    void leave(std::string const& url) noexcept override
    {
        auto const found = runs_.find(core::query_member(url, ticket_name));
        if (found != runs_.end())
            runs_.erase(found);
    }

    /// Looks at a request with the secrets that are known, and hands on what it brings.
    core::webhook_ruling take(core::webhook_request request)
    {
        core::webhook_ruling ruling =
            judge_.look_at(std::move(request), *secrets_, std::chrono::system_clock::now());
        if (ruling.delivery && !hand_on(*ruling.delivery)) {
            judge_.forget(ruling.delivery->id);
            return core::webhook_ruling(503, "too many webhooks wait to be taken\n");
        }
        return ruling;
    }

    bool knows_secret() const noexcept { return secrets_.has_value(); }
    void set_secret(std::string const& key) { secrets_.emplace(key); }

    /// True where it is worth asking whether the secret was changed.
    bool may_ask_again()
    {
        auto const now = std::chrono::steady_clock::now();
        if (!options_.secrets.empty() || (asked_again_ && now - *asked_again_ < std::chrono::minutes(1)))
            return false;
        asked_again_ = now;
        return true;
    }

    /// Waits for what comes by `async_next`.
    asio::awaitable<std::optional<webhook_delivery>> next()
    {
        io::wait_ticket ticket(readers_, client_->strand());
        while (!ticket.may_go() || (deliveries_.empty() && !stopped_))
            co_await ticket.wait();
        std::optional<webhook_delivery> found;
        if (!deliveries_.empty()) {
            found = std::move(deliveries_.front());
            deliveries_.pop_front();
        }
        co_return found;
    }

    void join(webhook_connection& who) { connections_.insert(&who); }

    void part(webhook_connection& who)
    {
        connections_.erase(&who);
        room_.wake_first();
    }

    /// Waits until there may be one connection more.
    asio::awaitable<void> wait_for_room()
    {
        io::wait_ticket ticket(room_, client_->strand());
        while (connections_.size() >= options_.connections && !stopped_)
            co_await ticket.wait();
    }

    void stop()
    {
        if (std::exchange(stopped_, true))
            return;
        boost::system::error_code ignored;
        if (auto const acceptor = acceptor_.lock())
            acceptor->close(ignored);
        for (webhook_connection* each : connections_)
            each->close();
        for (auto const& [ticket, run] : std::exchange(runs_, {}))
            if (auto const receiver = run.lock())
                receiver->no_more();
        readers_.wake_first();
        room_.wake_first();
    }

private:
    static constexpr std::string_view ticket_name = "replicate-run";

    /// Nobody can guess it, so nobody else can have webhooks sent to it.
    static std::string make_ticket()
    {
        constexpr std::string_view digits = "0123456789abcdef";
        std::random_device source;
        std::string ticket;
        for (int i = 0; i < 32; ++i)
            ticket += digits[source() % digits.size()];
        return ticket;
    }

    /// False where there is no room for it.
    bool hand_on(webhook_delivery& delivery)
    {
        std::string_view const ticket = core::query_member(delivery.target, ticket_name);
        if (!ticket.empty()) {
            auto const found = runs_.find(ticket);
            auto const receiver = found == runs_.end() ? nullptr : found->second.lock();
            if (receiver)
                receiver->receive(std::move(delivery.prediction));
            return true; // the run may have ended by a poll
        }
        if (deliveries_.size() >= options_.waiting)
            return false;
        deliveries_.push_back(std::move(delivery));
        readers_.wake_first();
        return true;
    }

    std::shared_ptr<client_state> client_;
    webhook_listener_options const options_;
    core::webhook_judge judge_;
    std::optional<webhook::secrets> secrets_;
    std::optional<std::chrono::steady_clock::time_point> asked_again_;
    std::optional<asio::ssl::context> tls_;
    // Kept by the coroutine that accepts: the desk may outlive the execution context by a moment.
    std::weak_ptr<asio::ip::tcp::acceptor> acceptor_;
    std::string url_;
    std::uint16_t port_ = 0;
    std::map<std::string, std::weak_ptr<webhook_receiver>, std::less<>> runs_;
    std::deque<webhook_delivery> deliveries_;
    std::set<webhook_connection*> connections_;
    io::wait_list readers_;
    io::wait_list room_;
    bool stopped_ = false;
};

} // namespace replicate::detail

#endif
