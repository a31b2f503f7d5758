// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_PROXY_HPP
#define REPLICATE_TESTING_PROXY_HPP

#include <replicate/detail/config.hpp>
#include <replicate/testing/proxy_options.hpp>
#include <replicate/testing/recorded_request.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace replicate::testing {

/// An HTTP proxy on a free port of 127.0.0.1, for tests: it knows CONNECT alone, and connects to this machine alone.
/// Thread safety: every member may be called from any thread, except the destructor beside another member.
class proxy {
public:
    /// Starts it on a thread of its own.
    explicit proxy(proxy_options options = proxy_options());

    /// Starts it on an executor, which must be run by somebody and must outlive the proxy.
    explicit proxy(boost::asio::any_io_executor executor, proxy_options options = proxy_options());

    /// Closes every tunnel; see `server::~server`.
    ~proxy();

    proxy(proxy const&) = delete;
    proxy& operator=(proxy const&) = delete;

    /// `http://127.0.0.1:PORT`, with the credentials where it asks for some: fit for `proxy_config::url`.
    std::string url() const;

    /// Its port.
    std::uint16_t port() const noexcept;

    /// Leads tunnels for `host:port` to a port of this machine, whatever the host is.
    void redirect(std::string_view host_and_port, std::uint16_t local_port);

    /// Answers every CONNECT with this status from now on; 200 to work again.
    void refuse(unsigned status);

    /// Accepts every CONNECT but never answers it from now on, or works again.
    void stall(bool stalled = true);

    /// What it has seen.
    proxy_counts counts() const;

    /// Waits until the counts fulfil a condition; false when they did not within the time.
    bool wait_until(std::function<bool(proxy_counts const&)> const& condition,
        std::chrono::steady_clock::duration timeout = std::chrono::seconds(10)) const;

    /// The head of every request to the proxy itself, oldest first. What goes through a tunnel is not looked at.
    std::vector<recorded_request> requests() const;

private:
    class runtime;
    std::unique_ptr<runtime> runtime_;
};

} // namespace replicate::testing

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/testing/proxy.ipp>
#endif

#endif
