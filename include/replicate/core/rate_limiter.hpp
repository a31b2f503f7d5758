// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_RATE_LIMITER_HPP
#define REPLICATE_CORE_RATE_LIMITER_HPP

#include <replicate/core/rate_answer.hpp>
#include <replicate/error_code.hpp>
#include <replicate/rate_options.hpp>

#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace replicate::core {

/// What a limiter knows of one bucket, for metrics.
struct rate_state {
    /// Requests per second that it lets through when there is always one that waits.
    double rate = 0;
    /// Requests that the service would take at once, as far as is known; negative where it is not.
    double level = -1;
    /// Nothing goes before this because of a 429; long past where there was none.
    std::chrono::steady_clock::time_point paused_until{};
    /// What the service has said about the account.
    rate_mode mode = rate_mode::normal;
    /// Requests let through, and those of them that were refused with 429.
    std::uint64_t sent = 0;
    std::uint64_t rejected = 0;
};

/// Says when requests may go, so that the service's limits are used whole and not exceeded. One for all that send with one
/// token. Not thread-safe. Time is an argument and the same clock for all calls; nothing is allocated.
class rate_limiter {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// Precondition: the options are valid.
    explicit rate_limiter(rate_options options = {})
        : options_(options)
        , buckets_{bucket(options.creates_per_minute / 60), bucket(options.gets_per_minute / 60),
              bucket(options.others_per_minute / 60)}
    {
    }

    /// When one request may go: at once where that is not after `now`; `time_point::max()`: not before something changes. Ask
    /// again after each `take` and each `learn`.
    time_point next(rate_bucket which, time_point now) const
    {
        if (which == rate_bucket::create && is_stopped(now))
            return time_point::max();
        bucket const& one = at(which);
        return std::max(one.next_slot, one.state.paused_until);
    }

    /// One request goes. Precondition: `next(which, now) <= now`.
    rate_ticket take(rate_bucket which, time_point now)
    {
        bucket& one = at(which);
        one.next_slot = std::max(one.next_slot, now - std::chrono::milliseconds(100)) + one.interval();
        if (which == rate_bucket::create && stopped_until_ != time_point{})
            stopped_until_ = now + options_.credit_pause; // this one tries
        return {++one.state.sent, now};
    }

    /// It was taken, but no byte of it was sent.
    void give_back(rate_bucket which, rate_ticket)
    {
        bucket& one = at(which);
        one.next_slot -= one.interval();
    }

    /// Learns from an answer, in whatever order they come.
    void learn(rate_bucket which, rate_answer const& answer, time_point now)
    {
        bucket& one = at(which);
        if (answer.status == 429) {
            ++one.state.rejected;
            time_point::duration const wish = answer.wish.is_none() ? std::chrono::seconds(1) : answer.wish.wait();
            one.state.paused_until = std::max(one.state.paused_until, now + std::min(wish, options_.longest_pause));
        }
        if (which == rate_bucket::create)
            learn_credit(answer, now);
    }

    /// True after 402, until the configured pause is over or a create succeeds: nothing is created then.
    bool is_stopped(time_point now) const noexcept { return now < stopped_until_; }

    /// When a create is tried again after 402; long past where there was none.
    time_point stopped_until() const noexcept { return stopped_until_; }

    /// What those hear who wait for their turn to create, or come to wait: 402 as from the service; no error where they may wait.
    boost::system::error_code stop_reason(rate_bucket which, time_point now) const
    {
        if (which != rate_bucket::create || !is_stopped(now))
            return {};
        return {402, http_category()};
    }

    /// What is known of a bucket.
    rate_state state(rate_bucket which, time_point) const { return at(which).state; }

private:
    struct bucket {
        explicit bucket(double per_second) { state.rate = per_second; }
        time_point::duration interval() const
        {
            return std::chrono::duration_cast<time_point::duration>(std::chrono::duration<double>(1.0 / state.rate));
        }
        rate_state state;
        time_point next_slot{};
    };

    void learn_credit(rate_answer const& answer, time_point now)
    {
        if (answer.status == 402) {
            stopped_until_ = now + options_.credit_pause;
            stopped_at_ = answer.ticket.at;
        } else if (answer.status >= 200 && answer.status < 300 && answer.ticket.at > stopped_at_) {
            stopped_until_ = time_point{};
        }
    }

    bucket& at(rate_bucket which) { return buckets_[static_cast<std::size_t>(which)]; }
    bucket const& at(rate_bucket which) const { return buckets_[static_cast<std::size_t>(which)]; }

    rate_options options_;
    std::array<bucket, 3> buckets_;
    time_point stopped_until_{};
    time_point stopped_at_{};
};

} // namespace replicate::core

#endif
