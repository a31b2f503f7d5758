// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_RATE_LIMITER_HPP
#define REPLICATE_CORE_RATE_LIMITER_HPP

#include <replicate/core/bucket_limiter.hpp>
#include <replicate/core/rate_answer.hpp>
#include <replicate/error_code.hpp>
#include <replicate/rate_options.hpp>

#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace replicate::core {

/// Says when requests may go, so that the service's limits are used whole and not exceeded. One for all that send with one
/// token. Not thread-safe. Time is an argument and the same clock for all calls; nothing is allocated.
class rate_limiter {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// Precondition: the options are valid.
    explicit rate_limiter(rate_options options = {})
        : options_(options)
        , buckets_{bucket_limiter(options.creates_per_minute / 60, options.longest_pause),
              bucket_limiter(options.gets_per_minute / 60, options.longest_pause),
              bucket_limiter(options.others_per_minute / 60, options.longest_pause)}
    {
    }

    /// When one request may go: at once where that is not after `now`; `time_point::max()`: not before something changes. Ask
    /// again after each `take` and each `learn`.
    time_point next(rate_bucket which, time_point now) const
    {
        if (which == rate_bucket::create && is_stopped(now))
            return time_point::max();
        // While one tries after 402 the others wait for what comes of it; that may be nothing.
        time_point const next = at(which).next(now);
        return which == rate_bucket::create && now < trial_ends_ ? std::max(next, trial_ends_) : next;
    }

    /// One request goes. Precondition: `next(which, now) <= now`.
    rate_ticket take(rate_bucket which, time_point now)
    {
        rate_ticket const ticket = at(which).take(now);
        if (which == rate_bucket::create && stopped_until_ != time_point{}) {
            trial_ = ticket.number;
            trial_ends_ = now + options_.credit_pause;
        }
        return ticket;
    }

    /// It was taken, but no byte of it was sent.
    void give_back(rate_bucket which, rate_ticket ticket)
    {
        at(which).give_back(ticket);
        if (which == rate_bucket::create && is_trial(ticket))
            trial_ends_ = time_point{};
    }

    /// Learns from an answer. They may come in any order, and not at all.
    void learn(rate_bucket which, rate_answer const& answer, time_point now)
    {
        at(which).learn(answer, now);
        if (which == rate_bucket::create)
            learn_credit(answer, now);
    }

    /// True after 402, until the configured pause is over: nothing is created then. One tries after it, and the others go on as soon as that
    /// has succeeded.
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
    rate_state state(rate_bucket which, time_point now) const { return at(which).state(now); }

private:
    void learn_credit(rate_answer const& answer, time_point now)
    {
        bool const is_good = answer.status >= 200 && answer.status < 300;
        if (answer.status == 402) {
            stopped_until_ = now + options_.credit_pause;
            stopped_at_ = answer.ticket.at;
        } else if (is_good && answer.ticket.at > stopped_at_) {
            stopped_until_ = time_point{};
        }
        if (answer.status == 402 || is_trial(answer.ticket))
            trial_ends_ = time_point{};
    }

    /// Whether it is that of the create that tries after 402.
    bool is_trial(rate_ticket ticket) const noexcept
    {
        return trial_ends_ != time_point{} && ticket.number == trial_;
    }

    bucket_limiter& at(rate_bucket which) { return buckets_[static_cast<std::size_t>(which)]; }
    bucket_limiter const& at(rate_bucket which) const { return buckets_[static_cast<std::size_t>(which)]; }

    rate_options options_;
    std::array<bucket_limiter, 3> buckets_;
    time_point stopped_until_{};
    time_point stopped_at_{};
    /// The create that tries after 402, and when it is given up; long past where there is none.
    std::uint64_t trial_ = 0;
    time_point trial_ends_{};
};

} // namespace replicate::core

#endif
