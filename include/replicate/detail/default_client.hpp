// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_DEFAULT_CLIENT_HPP
#define REPLICATE_DETAIL_DEFAULT_CLIENT_HPP

#include <replicate/detail/client_state.hpp>

#include <memory>
#include <mutex>

namespace replicate::detail {

/// The client that the free functions use: one for each execution context, made at the first use.
class default_client : public asio::execution_context::service {
public:
    // NOLINTNEXTLINE(readability-identifier-naming): Asio's name for a service's key
    static inline asio::execution_context::id id;

    explicit default_client(asio::execution_context& owner)
        : service(owner)
    {
    }

    /// The client of the context of this executor; throws an `error` where the environment does not allow one.
    static std::shared_ptr<client_state> of(asio::any_io_executor const& executor)
    {
        auto& context = asio::query(executor, asio::execution::context);
        return asio::use_service<default_client>(context).get(executor);
    }

private:
    std::shared_ptr<client_state> get(asio::any_io_executor const& executor)
    {
        std::lock_guard const lock(mutex_);
        if (!client_)
            client_ = std::make_shared<client_state>(executor, config::from_environment());
        return client_;
    }

    // At shutdown the other services still exist, and the client's timers and sockets need theirs; later they are gone.
    void shutdown() override { client_.reset(); }

    std::mutex mutex_;
    std::shared_ptr<client_state> client_;
};

} // namespace replicate::detail

#endif
