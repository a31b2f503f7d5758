// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_WEBHOOK_LISTENER_OPTIONS_HPP
#define REPLICATE_WEBHOOK_LISTENER_OPTIONS_HPP

#include <replicate/webhook.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace replicate {

/// How a `webhook_listener` listens. A plain value.
class webhook_listener_options {
public:
    /// The IP address to listen on. Default: this machine alone, for behind a reverse proxy.
    std::string address = "127.0.0.1";
    /// The port; 0, the default: any that is free.
    std::uint16_t port = 0;
    /// What the service shall call, `https://hooks.example.com/replicate`: it has to lead here. Default: the address and port
    /// themselves, which only does on this machine.
    std::string public_url;
    /// The certificate with its chain, and its key, both PEM, to listen with TLS. Default: none, plain HTTP.
    std::string certificate_chain, private_key;
    /// The secrets that webhooks may be signed with; more than one while they are changed. Default: none, the client asks the
    /// service for it when the first webhook comes, and, at most once a minute, when one is signed with another.
    std::vector<std::string> secrets;
    /// How far the time of a webhook may be from now, in both directions, in whole seconds. Default 300.
    std::chrono::seconds tolerance = webhook::default_tolerance;
    /// The largest body, in bytes; a larger one is answered with 413. Default 16 MiB.
    std::size_t body_bytes = 16 * 1024 * 1024;
    /// The longest that a request may take to come whole, and a TLS handshake to end. Default 10 s.
    std::chrono::steady_clock::duration request_timeout = std::chrono::seconds(10);
    /// How long a connection may stay open without a request. Default 15 s.
    std::chrono::steady_clock::duration idle_timeout = std::chrono::seconds(15);
    /// How many connections at once; more have to wait. Default 256.
    std::size_t connections = 256;
    /// How many webhooks wait for `async_next`; more are answered with 503, so that the service sends the last one of a
    /// prediction again later. Default 1000.
    std::size_t waiting = 1000;

    /// The defaults.
    webhook_listener_options() = default;
};

} // namespace replicate

#endif
