// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_PROXY_STATE_HPP
#define REPLICATE_IMPL_TESTING_PROXY_STATE_HPP

#include <replicate/core/base64.hpp>
#include <replicate/testing/proxy_options.hpp>
#include <replicate/testing/recorded_request.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

namespace asio = boost::asio;

class tunnel;

/// What a proxy decides about a CONNECT.
class tunnel_decision {
public:
    /// Of the answer; 200 opens the tunnel, 0 means none.
    unsigned status = 200;
    asio::ip::tcp::endpoint destination;

    tunnel_decision() = default;
};

/// What the tunnels of one proxy share. The members after `executor` belong to its strand, the private ones to whoever
/// holds the mutex.
class proxy_state {
public:
    proxy_options const options;
    asio::any_io_executor executor;
    asio::ip::tcp::acceptor acceptor;
    std::uint16_t port = 0;
    std::unordered_set<tunnel*> open;
    bool stopping = false;

    proxy_state(asio::any_io_executor strand, proxy_options chosen)
        : options(std::move(chosen))
        , executor(std::move(strand))
        , acceptor(executor)
    {
        asio::ip::tcp::endpoint const anywhere(asio::ip::address_v4::loopback(), 0);
        acceptor.open(anywhere.protocol());
        acceptor.bind(anywhere);
        acceptor.listen();
        port = acceptor.local_endpoint().port();
    }

    /// Closes listener and tunnels. On the strand.
    void stop();

    template<class Change>
    void change(Change const& change_state)
    {
        {
            std::lock_guard const lock(mutex_);
            change_state(*this);
        }
        changed_.notify_all();
    }

    template<class Read>
    auto read(Read const& read_state) const
    {
        std::lock_guard const lock(mutex_);
        return read_state(*this);
    }

    bool wait_until(
        std::function<bool(proxy_counts const&)> const& condition, std::chrono::steady_clock::duration timeout) const
    {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, timeout, [&] { return condition(counts); });
    }

    /// Records a request and decides about it.
    tunnel_decision decide(recorded_request request)
    {
        std::lock_guard const lock(mutex_);
        tunnel_decision made;
        made.status = status_for(request);
        auto const destination = find_destination(request.target);
        if (made.status == 200 && !destination)
            made.status = 403;
        made.destination = destination.value_or(made.destination);
        counts.unauthorized += made.status == 407 ? 1 : 0;
        counts.refused += made.status != 200 && made.status != 407 && made.status != 0 ? 1 : 0;
        requests.push_back(std::move(request));
        changed_.notify_all();
        return made;
    }

    // Read and changed with the mutex held: through `change` and `read`.
    proxy_counts counts;
    std::vector<recorded_request> requests;
    std::unordered_map<std::string, std::uint16_t> redirections;
    unsigned refusal = 200;
    bool stalled = false;

private:
    unsigned status_for(recorded_request const& request) const
    {
        if (stalled)
            return 0;
        if (request.method != "CONNECT")
            return 405;
        std::string const expected = "Basic " + core::base64_encode(options.user + ':' + options.password);
        if (!options.user.empty() && request.header("proxy-authorization") != expected)
            return 407;
        return refusal;
    }

    // Nothing outside of this machine is ever asked for, not even its address.
    std::optional<asio::ip::tcp::endpoint> find_destination(std::string const& target) const
    {
        asio::ip::address const loopback = asio::ip::address_v4::loopback();
        if (auto const found = redirections.find(target); found != redirections.end())
            return asio::ip::tcp::endpoint(loopback, found->second);
        std::size_t const colon = target.rfind(':');
        if (colon == std::string::npos)
            return std::nullopt;
        std::string const host = target.substr(0, colon);
        std::uint16_t port_number = 0;
        std::from_chars(target.data() + colon + 1, target.data() + target.size(), port_number);
        if (host == "[::1]")
            return asio::ip::tcp::endpoint(asio::ip::address_v6::loopback(), port_number);
        if (host != "127.0.0.1" && host != "localhost")
            return std::nullopt;
        return asio::ip::tcp::endpoint(loopback, port_number);
    }

    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
};

} // namespace replicate::testing::detail

#endif
