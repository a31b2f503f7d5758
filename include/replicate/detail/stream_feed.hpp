// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_STREAM_FEED_HPP
#define REPLICATE_DETAIL_STREAM_FEED_HPP

#include <replicate/core/stream_log.hpp>
#include <replicate/detail/operation.hpp>
#include <replicate/detail/wake_up.hpp>
#include <replicate/event.hpp>
#include <replicate/prediction.hpp>
#include <replicate/stream_options.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace replicate::detail {

/// The events of one stream between the coroutine that reads the network and the subscribers. Used on the strand alone, but for
/// what says otherwise.
class stream_feed {
public:
    stream_feed(io::strand executor, prediction created, stream_options options)
        : options_(std::move(options))
        , log_(options_.lag_bytes, options_.history_bytes)
        , changed_(executor)
        , room_(std::move(executor))
        , created_(std::make_shared<prediction const>(std::move(created)))
    {
    }

    stream_options const& options() const noexcept { return options_; }

    // ---- what the reader of the network does

    /// Hands an event to the subscribers.
    void publish(event what)
    {
        log_.append(std::move(what));
        changed_.notify();
    }

    /// Waits until the subscribers have come near enough, or nobody is left.
    asio::awaitable<void> wait_for_room()
    {
        while (!log_.may_read_on() && !log_.is_deserted())
            co_await room_.wait();
    }

    /// Nothing more will come. A failure is told to all subscribers.
    void end(failure outcome)
    {
        if (std::exchange(ended_, true))
            return;
        outcome_ = std::move(outcome);
        changed_.notify();
    }

    bool has_ended() const noexcept { return ended_; }

    /// Says how the prediction has ended. Once.
    void conclude(prediction ended)
    {
        if (has_final_)
            return;
        final_ = std::make_shared<prediction const>(std::move(ended));
        has_final_.store(true, std::memory_order_release);
    }

    /// The prediction as it was created, or as it has ended. From any thread.
    std::shared_ptr<prediction const> seen() const noexcept
    {
        return has_final_.load(std::memory_order_acquire) ? final_ : created_;
    }

    // ---- what the subscribers do

    void join(core::stream_log::subscriber who, subscribe_from where, when_slow manner) { log_.join(who, where, manner); }

    void leave(core::stream_log::subscriber who)
    {
        log_.leave(who);
        room_.notify();
        changed_.notify();
    }

    bool is_deserted() const noexcept { return log_.is_deserted(); }

    /// The next event of a subscriber, nothing at the end; throws what ended the stream otherwise.
    asio::awaitable<std::optional<event>> next(operation& reader, core::stream_log::subscriber who)
    {
        event found;
        core::stream_read result = read(who, found);
        while (result == core::stream_read::nothing && !ended_) {
            co_await changed_.wait();
            // Whoever has gone must not take an event along.
            if (reader.is_stopped())
                throw error(asio::error::operation_aborted, diagnostics());
            result = read(who, found);
        }
        room_.notify();
        co_return conclude_read(result, std::move(found));
    }

    /// A number for another subscriber. From any thread.
    core::stream_log::subscriber next_number() noexcept { return ++numbers_; }

private:
    core::stream_read read(core::stream_log::subscriber who, event& found)
    {
        if (!log_.has(who))
            throw make_error(errc::stream_closed, "it was closed before this read");
        return log_.read(who, found);
    }

    std::optional<event> conclude_read(core::stream_read result, event found) const
    {
        std::optional<event> given;
        if (result == core::stream_read::event)
            given.emplace(std::move(found));
        else if (result == core::stream_read::lost)
            throw make_error(errc::stream_lagged, "what comes next is no longer kept; raise history_bytes or read faster");
        else if (outcome_)
            outcome_.raise();
        return given;
    }

    stream_options options_;
    core::stream_log log_;
    wake_up changed_;
    wake_up room_;
    std::atomic<core::stream_log::subscriber> numbers_ = 0;
    bool ended_ = false;
    failure outcome_;
    std::shared_ptr<prediction const> created_;
    std::shared_ptr<prediction const> final_;
    std::atomic<bool> has_final_ = false;
};

} // namespace replicate::detail

#endif
