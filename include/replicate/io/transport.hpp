// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_TRANSPORT_HPP
#define REPLICATE_IO_TRANSPORT_HPP

#include <replicate/io/connection_pool.hpp>

#include <memory>
#include <string>
#include <utility>

namespace replicate::io {

/// The only seam to the network: one request in, one answer out. Used on the strand alone.
class transport {
public:
    transport() = default;
    transport(transport const&) = delete;
    transport& operator=(transport const&) = delete;
    virtual ~transport() = default;

    /// Sends the bytes of one request to an origin and reads the answer. `want_fresh` asks for a connection that has carried
    /// nothing yet. `progress`, and what `bodies` points to, must live until it returns. Throws what the source of the body throws.
    virtual asio::awaitable<exchange_result> send(core::origin target, std::string request, exchange_limits limits,
        bool want_fresh, attempt& progress, body_streams bodies = body_streams()) = 0;

    /// Closes what is open and not in use.
    virtual void close_idle() = 0;

    /// How many connections there are.
    virtual pool_level level() const noexcept = 0;
};

/// The transport over a pool of TLS connections.
class network_transport final : public transport {
public:
    network_transport(strand executor, std::shared_ptr<deadline_list> deadlines,
        std::shared_ptr<asio::ssl::context> context, config const& settings,
        std::shared_ptr<core::notifier> notes = nullptr)
        : deadlines_(deadlines)
        , connector_(executor, std::move(deadlines), std::move(context), settings, std::move(notes))
        , pool_(executor, settings.pool)
    {
    }

    asio::awaitable<exchange_result> send(core::origin target, std::string request, exchange_limits limits,
        bool want_fresh, attempt& progress, body_streams bodies = body_streams()) override
    {
        exchange_result result;
        progress.enter(phase::queue);
        connection_lease lease = co_await pool_.lease(target, want_fresh);
        if (lease.is_empty()) {
            connect_result opened = co_await connector_.open(target, progress);
            result.code = opened.code;
            if (result.code)
                co_return result;
            lease.fill(std::move(opened.connection));
        }
        if (!progress.may_leave()) {
            lease.connection().spare();
            result.code = asio::error::try_again;
            co_return result;
        }
        result = co_await lease.connection().send(std::move(request), *deadlines_, limits, progress, bodies);
        co_return result;
    }

    void close_idle() override { pool_.close_idle(); }

    pool_level level() const noexcept override { return pool_.level(); }

private:
    std::shared_ptr<deadline_list> deadlines_;
    connector connector_;
    connection_pool pool_;
};

} // namespace replicate::io

#endif
