// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_CONNECTION_POOL_HPP
#define REPLICATE_IO_CONNECTION_POOL_HPP

#include <replicate/core/idle_pool.hpp>
#include <replicate/io/connector.hpp>
#include <replicate/io/wait_list.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <utility>

namespace replicate::io {

/// The connections of one origin, and those who wait for one.
class origin_pool {
public:
    explicit origin_pool(pool_config limits)
        : connections(limits)
    {
    }

    core::idle_pool<std::unique_ptr<connection>> connections;
    wait_list waiters;
};

/// A connection on loan, or the place for one that is yet to be opened. Going out of scope gives it back: to the idle ones
/// when its last message ended cleanly, otherwise it is closed. Move-only.
class connection_lease {
public:
    using clock = std::chrono::steady_clock;

    explicit connection_lease(std::shared_ptr<origin_pool> pool, std::unique_ptr<io::connection> given = nullptr)
        : pool_(std::move(pool))
        , connection_(std::move(given))
    {
    }
    connection_lease(connection_lease&&) = default;
    connection_lease& operator=(connection_lease&&) = delete;
    ~connection_lease()
    {
        if (!pool_)
            return;
        if (connection_ && connection_->may_reuse()) {
            auto const opened_at = connection_->opened_at();
            pool_->connections.put(std::move(connection_), opened_at, clock::now());
        } else {
            connection_.reset();
            pool_->connections.give_up_place();
        }
        pool_->waiters.wake_first();
    }

    /// Puts the connection that was opened into the reserved place.
    void fill(std::unique_ptr<io::connection> opened) { connection_ = std::move(opened); }

    /// True when it still has to be opened.
    bool is_empty() const noexcept { return connection_ == nullptr; }

    /// The connection. Precondition: not empty.
    io::connection& connection() noexcept { return *connection_; }

private:
    std::shared_ptr<origin_pool> pool_;
    std::unique_ptr<io::connection> connection_;
};

/// How full the pools of a client are.
struct pool_level {
    std::size_t places = 0;
    std::size_t idle = 0;
};

/// The connections of a client, by origin. Used on the strand alone.
class connection_pool {
public:
    connection_pool(strand executor, pool_config limits)
        : executor_(std::move(executor))
        , limits_(limits)
    {
    }

    /// A connection that seems alive, or a place to open one in; waits in order while there is neither. `want_fresh` passes
    /// over the idle ones.
    asio::awaitable<connection_lease> lease(core::origin target, bool want_fresh)
    {
        std::shared_ptr<origin_pool> const pool = find(target);
        wait_ticket ticket(pool->waiters, executor_);
        for (;;) {
            auto [kind, idle] = checkout(*pool, want_fresh, ticket);
            if (kind == core::checkout_kind::open)
                co_return connection_lease(pool);
            if (kind == core::checkout_kind::reuse) {
                connection_lease found(pool, std::move(*idle));
                if (!want_fresh && found.connection().is_quiet())
                    co_return found;
                found.fill(nullptr);
                // The dead one's place is taken over, so that nobody overtakes.
                co_return found;
            }
            co_await ticket.wait();
        }
    }

    /// How many connections there are, those included that are being opened, and how many of them are idle.
    pool_level level() const noexcept
    {
        pool_level level;
        for (auto const& [target, pool] : pools_) {
            level.places += pool->connections.places();
            level.idle += pool->connections.idle();
        }
        return level;
    }

    /// Closes all idle connections.
    void close_idle()
    {
        for (auto& [target, pool] : pools_)
            pool->connections.clear();
    }

private:
    using checkout_result = std::pair<core::checkout_kind, std::optional<std::unique_ptr<connection>>>;

    static checkout_result checkout(origin_pool& pool, bool want_fresh, wait_ticket& ticket)
    {
        if (!ticket.may_go())
            return {core::checkout_kind::wait, std::nullopt};
        if (want_fresh)
            pool.connections.clear();
        return pool.connections.checkout(std::chrono::steady_clock::now());
    }

    std::shared_ptr<origin_pool> find(core::origin const& target)
    {
        auto& pool = pools_[target];
        if (!pool)
            pool = std::make_shared<origin_pool>(limits_);
        return pool;
    }

    strand executor_;
    pool_config limits_;
    std::map<core::origin, std::shared_ptr<origin_pool>> pools_;
};

} // namespace replicate::io

#endif
