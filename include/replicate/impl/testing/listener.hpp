// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_LISTENER_HPP
#define REPLICATE_IMPL_TESTING_LISTENER_HPP

#include <replicate/impl/testing/connection.hpp>
#include <replicate/impl/testing/server_state.hpp>

#include <memory>

namespace replicate::testing::detail {

/// Accepts connections until the listener is closed.
asio::awaitable<void> accept_connections(std::shared_ptr<server_state> server, origin listener);

} // namespace replicate::testing::detail

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/testing/listener.ipp>
#endif

#endif
