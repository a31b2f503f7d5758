// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_LISTENER_IPP
#define REPLICATE_IMPL_TESTING_LISTENER_IPP

#include <replicate/detail/config.hpp>
#include <replicate/impl/testing/listener.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <utility>

namespace replicate::testing::detail {

inline asio::awaitable<void> run_connection(std::unique_ptr<connection> accepted)
{
    co_await accepted->run();
}

REPLICATE_DECL asio::awaitable<void> accept_connections(std::shared_ptr<server_state> server, origin listener)
{
    constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
    auto& acceptor = server->acceptor(listener);
    asio::steady_timer pause(server->executor);
    while (!server->stopping) {
        auto accepted = co_await acceptor.async_accept(server->executor, as_result);
        auto& [failure, socket] = accepted;
        if (server->stopping || failure == asio::error::operation_aborted)
            co_return;
        if (failure) {
            // Out of descriptors, most likely: some will be closed.
            pause.expires_after(std::chrono::milliseconds(10));
            co_await pause.async_wait(as_result);
            continue;
        }
        auto made = std::make_unique<connection>(server, std::move(socket), listener);
        asio::co_spawn(server->executor, run_connection(std::move(made)), asio::detached);
    }
}

} // namespace replicate::testing::detail

#endif
