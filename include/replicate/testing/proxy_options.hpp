// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_PROXY_OPTIONS_HPP
#define REPLICATE_TESTING_PROXY_OPTIONS_HPP

#include <cstddef>
#include <string>

namespace replicate::testing {

/// How a test proxy behaves. A plain value.
class proxy_options {
public:
    /// Name and password that it asks for (Basic); both empty, the default: it asks for none.
    std::string user, password;

    /// Asks for nothing.
    proxy_options() = default;
};

/// What a test proxy has seen. A plain value.
class proxy_counts {
public:
    /// Connections accepted.
    std::size_t connections = 0;
    /// Tunnels opened.
    std::size_t tunnels = 0;
    /// Tunnels that are open now.
    std::size_t live_tunnels = 0;
    /// Requests answered with 407.
    std::size_t unauthorized = 0;
    /// Requests refused for any other reason.
    std::size_t refused = 0;
    /// Bytes carried in both directions.
    std::size_t bytes = 0;

    /// Nothing seen.
    proxy_counts() = default;
};

} // namespace replicate::testing

#endif
