// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_PROXY_CHOICE_HPP
#define REPLICATE_CORE_PROXY_CHOICE_HPP

#include <replicate/config.hpp>
#include <replicate/core/base64.hpp>
#include <replicate/core/url.hpp>
#include <replicate/error.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::core {

/// A proxy, checked.
class proxy {
public:
    /// Where it listens. Always plain HTTP: what goes through it is TLS already.
    core::origin origin;
    /// The value of the header Proxy-Authorization; empty where it needs none.
    std::string authorization;

    /// No proxy.
    proxy() = default;

    /// The request that opens a tunnel.
    std::string connect_request(core::origin const& target) const
    {
        std::string request = "CONNECT " + target.host_and_port() + " HTTP/1.1\r\nHost: " + target.host_and_port() + "\r\n";
        if (!authorization.empty())
            request += "Proxy-Authorization: " + authorization + "\r\n";
        return request + "\r\n";
    }
};

/// Decides which connections go through a proxy.
class proxy_choice {
public:
    /// Checks the configuration; throws an `error` of `errc::invalid_configuration`.
    explicit proxy_choice(proxy_config const& settings)
        : bypass_(settings.bypass)
    {
        if (settings.url.empty())
            return;
        // Curl's habit, which the variables' users have: a proxy may be named without its scheme.
        bool const has_scheme = settings.url.find("://") != std::string::npos;
        auto const url = parse_absolute_url(has_scheme ? settings.url : "http://" + settings.url);
        if (!url || url->origin.secure)
            throw detail::make_error(errc::invalid_configuration,
                "proxy.url: must be http://host:port or http://user:password@host:port (HTTPS_PROXY)");
        if (url->target() != "/" || url->has_fragment)
            throw detail::make_error(
                errc::invalid_configuration, "proxy.url: must end with the port: a proxy has no path (HTTPS_PROXY)");
        proxy_.emplace();
        proxy_->origin = url->origin;
        if (!url->user.empty() || !url->password.empty())
            proxy_->authorization = "Basic " + base64_encode(url->user + ':' + url->password);
    }

    /// The proxy for a target; null where it is reached directly. Plain HTTP goes to this machine only, so never through one.
    proxy const* for_target(origin const& target) const noexcept
    {
        if (!proxy_ || !target.secure || is_listed_host(bypass_, target.host, target.port))
            return nullptr;
        return &*proxy_;
    }

private:
    std::optional<proxy> proxy_;
    std::string bypass_;
};

} // namespace replicate::core

#endif
