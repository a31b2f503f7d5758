// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_CONNECT_RACE_HPP
#define REPLICATE_IO_CONNECT_RACE_HPP

#include <replicate/error_code.hpp>
#include <replicate/io/deadline_list.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace replicate::io {

/// IPv6 and IPv4 in turns, in the resolver's order within each (RFC 8305, section 4): if one family does not work at all,
/// the second try already shows whether the other does.
inline std::vector<asio::ip::tcp::endpoint> in_turns(
    std::vector<asio::ip::address> const& addresses, std::uint16_t port)
{
    std::vector<asio::ip::tcp::endpoint> first, second;
    for (auto const& address : addresses)
        (address.is_v6() == addresses.front().is_v6() ? first : second).emplace_back(address, port);
    std::vector<asio::ip::tcp::endpoint> mixed;
    for (std::size_t i = 0; i < first.size() || i < second.size(); ++i) {
        if (i < first.size())
            mixed.push_back(first[i]);
        if (i < second.size())
            mixed.push_back(second[i]);
    }
    return mixed;
}

/// Tries the addresses of a host side by side, each a little after the one before, or at once when that one fails; the
/// first connection wins (RFC 8305, "Happy Eyeballs"). Used on the strand alone.
class connect_race : public std::enable_shared_from_this<connect_race> {
public:
    using duration = std::chrono::steady_clock::duration;
    using time_point = std::chrono::steady_clock::time_point;

    connect_race(strand executor, std::vector<asio::ip::tcp::endpoint> endpoints, duration stagger)
        : executor_(executor)
        , endpoints_(std::move(endpoints))
        , stagger_(stagger)
        , stagger_timer_(executor)
        , finish_(executor)
    {
    }

    /// Runs the race, to the limit at the latest. No error means that `winner()` is connected.
    asio::awaitable<boost::system::error_code> run(time_point limit)
    {
        boost::system::error_code code;
        if (endpoints_.empty())
            co_return asio::error::host_not_found;
        finish_.expires_at(limit);
        start_next();
        co_await finish_.async_wait(asio::redirect_error(asio::use_awaitable, code));
        // Said before all is stopped, because that ends the race too.
        if (!ended_)
            code = code ? code : make_error_code(errc::timed_out);
        else
            code = winner_ ? boost::system::error_code() : last_failure_;
        stop();
        co_return code;
    }

    /// The connected socket.
    asio::ip::tcp::socket& winner() { return *winner_; }

    /// Closes all that is still under way; also to be called when nobody waits any more.
    void stop() noexcept
    {
        boost::system::error_code ignored;
        ended_ = true;
        stagger_timer_.cancel();
        for (auto& socket : sockets_)
            socket.close(ignored);
    }

private:
    void start_next()
    {
        if (next_ == endpoints_.size())
            return;
        auto const endpoint = endpoints_[next_++];
        auto const socket = sockets_.emplace(sockets_.end(), executor_);
        ++under_way_;
        socket->async_connect(endpoint,
            [self = shared_from_this(), socket](boost::system::error_code code) { self->on_connected(socket, code); });
        if (next_ < endpoints_.size())
            start_next_later();
    }

    void start_next_later()
    {
        stagger_timer_.expires_after(stagger_);
        stagger_timer_.async_wait([self = shared_from_this(), awaited = next_](boost::system::error_code code) {
            if (!code && !self->ended_ && self->next_ == awaited)
                self->start_next();
        });
    }

    void on_connected(std::list<asio::ip::tcp::socket>::iterator socket, boost::system::error_code code)
    {
        --under_way_;
        if (ended_)
            return;
        if (!code) {
            winner_ = std::move(*socket);
            end();
            return;
        }
        last_failure_ = code;
        if (next_ < endpoints_.size())
            start_next();
        else if (under_way_ == 0)
            end();
    }

    void end()
    {
        ended_ = true;
        finish_.cancel();
    }

    strand executor_;
    std::vector<asio::ip::tcp::endpoint> endpoints_;
    duration stagger_;
    asio::steady_timer stagger_timer_;
    asio::steady_timer finish_;
    std::list<asio::ip::tcp::socket> sockets_;
    std::optional<asio::ip::tcp::socket> winner_;
    std::size_t next_ = 0;
    std::size_t under_way_ = 0;
    bool ended_ = false;
    boost::system::error_code last_failure_;
};

/// Ends a race when the coroutine that waits for it does, however that is.
class race_guard {
public:
    explicit race_guard(std::shared_ptr<connect_race> race)
        : race_(std::move(race))
    {
    }
    race_guard(race_guard const&) = delete;
    race_guard& operator=(race_guard const&) = delete;
    ~race_guard() { race_->stop(); }

private:
    std::shared_ptr<connect_race> race_;
};

} // namespace replicate::io

#endif
