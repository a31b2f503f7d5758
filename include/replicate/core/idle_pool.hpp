// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_IDLE_POOL_HPP
#define REPLICATE_CORE_IDLE_POOL_HPP

#include <replicate/config.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace replicate::core {

/// What one who wants a connection is to do.
enum class checkout_kind {
    /// Use the one that was handed out.
    reuse,
    /// Open a new one; a place is reserved for it.
    open,
    /// Wait until another gives one back, or gives up its place.
    wait
};

/// Decides which of the connections to one origin is used, whether another may be opened, and which are too old.
/// It counts places: every connection that is open, being opened or handed out takes one. Generic over the pooled thing,
/// which is movable and closes itself when destroyed.
template<class Connection>
class idle_pool {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// An empty pool. Precondition: `limits.connections_per_origin` is at least 1.
    explicit idle_pool(pool_config limits)
        : limits_(limits)
    {
    }

    /// What to do, and the connection for `reuse`. The latest given back comes first: it is the likeliest to be alive, and
    /// those that are not needed grow old.
    std::pair<checkout_kind, std::optional<Connection>> checkout(time_point now)
    {
        drop_expired(now);
        if (!idle_.empty()) {
            Connection connection = std::move(idle_.back().connection);
            idle_.pop_back();
            return {checkout_kind::reuse, std::move(connection)};
        }
        if (places_ >= limits_.connections_per_origin)
            return {checkout_kind::wait, std::nullopt};
        ++places_;
        return {checkout_kind::open, std::nullopt};
    }

    /// Takes a connection back that may be used again. It keeps its place.
    void put(Connection connection, time_point opened_at, time_point now)
    {
        idle_.push_back({std::move(connection), opened_at, now});
        drop_expired(now);
    }

    /// A connection that was handed out, or was to be opened, is gone.
    void give_up_place() noexcept { --places_; }

    /// Closes all idle connections.
    void clear() noexcept
    {
        places_ -= idle_.size();
        idle_.clear();
    }

    /// How many connections are open, being opened or handed out.
    std::size_t places() const noexcept { return places_; }

    /// How many of them are idle.
    std::size_t idle() const noexcept { return idle_.size(); }

private:
    struct entry {
        Connection connection;
        time_point opened_at;
        time_point idle_since;
    };

    void drop_expired(time_point now)
    {
        places_ -= std::erase_if(idle_, [&](entry const& candidate) {
            return now - candidate.idle_since >= limits_.idle_timeout || now - candidate.opened_at >= limits_.maximum_age;
        });
    }

    pool_config limits_;
    std::vector<entry> idle_;
    std::size_t places_ = 0;
};

} // namespace replicate::core

#endif
