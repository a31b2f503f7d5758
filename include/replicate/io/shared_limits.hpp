// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_SHARED_LIMITS_HPP
#define REPLICATE_IO_SHARED_LIMITS_HPP

#include <replicate/core/rate_limiter.hpp>
#include <replicate/priority.hpp>
#include <replicate/problem.hpp>

#include <boost/intrusive/list.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>

namespace replicate::io {

/// The rate limiter of an account, for several clients on several threads. Thread-safe.
///
/// A client that waits says until when. When something changes so that it may go before, it is woken, by a post to its strand. Of
/// several that wait for one bucket the turn is the one's that has something interactive to send, else the one's that has had the
/// fewest turns; it has it for a moment, so that one that does not run stops nobody.
class shared_limits {
public:
    using time_point = core::rate_limiter::time_point;
    using bucket = core::rate_bucket;

    /// How long a turn is kept for a client that does not take it.
    static constexpr std::chrono::milliseconds patience{50};

    /// A client. It lives with its scheduler.
    class member : public boost::intrusive::list_base_hook<> {
    public:
        /// `wake` is called on any thread, while a lock is held: it may post, and nothing else. It must not throw.
        explicit member(std::function<void()> wake)
            : wake_(std::move(wake))
        {
        }

    private:
        friend class shared_limits;

        struct want {
            bool waits = false;
            bool listens = false;
            priority before = priority::interactive;
            std::uint64_t turns = 0;
            time_point until{};
        };

        std::function<void()> wake_;
        std::array<want, 3> wants_;
    };

    /// Precondition: the options are valid.
    explicit shared_limits(rate_options options)
        : limiter_(options)
    {
    }

    void join(member& one)
    {
        std::lock_guard const lock(mutex_);
        members_.push_back(one);
    }

    void leave(member& one)
    {
        std::lock_guard const lock(mutex_);
        members_.erase(members_.iterator_to(one));
        wake_others(one, std::chrono::steady_clock::now());
    }

    /// The right to send one request now; number 0 for none.
    core::rate_ticket try_take(member& one, bucket which, priority before, time_point now)
    {
        std::lock_guard const lock(mutex_);
        if (due(one, which, before, now) > now)
            return {};
        std::uint64_t& present = turns_[index_of(which)];
        present = std::max(present, turns_of(one, which));
        one.wants_[index_of(which)].turns = present + 1;
        core::rate_ticket const ticket = limiter_.take(which, now);
        wake_others(one, now);
        return ticket;
    }

    /// Says that this one waits, and gives when to try again.
    time_point wait(member& one, bucket which, priority before, time_point now)
    {
        std::lock_guard const lock(mutex_);
        member::want& mine = one.wants_[index_of(which)];
        mine.turns = turns_of(one, which);
        mine.waits = true;
        mine.before = before;
        mine.until = due(one, which, before, now);
        return mine.until;
    }

    /// Says that this one does not wait for its turn any more. `listens`: but it wants to know when nothing can come of its other
    /// waiting. One that neither waits nor listens is never woken: its context may be gone.
    void stop_waiting(member& one, bucket which, bool listens)
    {
        std::lock_guard const lock(mutex_);
        member::want& mine = one.wants_[index_of(which)];
        mine.listens = listens;
        if (std::exchange(mine.waits, false))
            wake_others(one, std::chrono::steady_clock::now());
    }

    void give_back(member& one, bucket which, core::rate_ticket ticket, time_point now)
    {
        std::lock_guard const lock(mutex_);
        limiter_.give_back(which, ticket);
        wake_others(one, now);
    }

    void learn(member& one, bucket which, core::rate_answer const& answer, problem const& told, time_point now)
    {
        std::lock_guard const lock(mutex_);
        limiter_.learn(which, answer, now);
        if (answer.status != 402)
            return wake_others(one, now);
        refusal_ = told;
        // Also those who wait for places instead of their turn: they do so in vain.
        for (member& other : members_) {
            member::want const& its = other.wants_[index_of(which)];
            if (&other != &one && (its.waits || its.listens))
                other.wake_();
        }
    }

    /// Why nobody need wait: 402; no error where one may.
    boost::system::error_code stop_reason(bucket which, time_point now)
    {
        std::lock_guard const lock(mutex_);
        return limiter_.stop_reason(which, now);
    }

    /// What the service said with the latest 402.
    problem refusal()
    {
        std::lock_guard const lock(mutex_);
        return refusal_;
    }

    /// What is known of a bucket.
    core::rate_state state(bucket which, time_point now)
    {
        std::lock_guard const lock(mutex_);
        return limiter_.state(which, now);
    }

private:
    static std::size_t index_of(bucket which) noexcept { return static_cast<std::size_t>(which); }

    /// Who has not been waiting has saved up nothing.
    std::uint64_t turns_of(member const& one, bucket which) const noexcept
    {
        member::want const& its = one.wants_[index_of(which)];
        return its.waits ? its.turns : std::max(its.turns, turns_[index_of(which)]);
    }

    /// When this one may go: a moment later while it is another's turn.
    time_point due(member const& one, bucket which, priority before, time_point now) const
    {
        time_point const next = limiter_.next(which, now);
        // After 402 one tries when the pause is over, and the others wait for what comes of it; that may be nothing.
        if (next == time_point::max())
            return limiter_.stopped_until();
        if (is_first(one, which, before))
            return next;
        return next + patience;
    }

    bool is_first(member const& one, bucket which, priority before) const noexcept
    {
        std::size_t const index = index_of(which);
        std::uint64_t const turns = turns_of(one, which);
        return std::none_of(members_.begin(), members_.end(), [&](member const& other) {
            member::want const& its = other.wants_[index];
            return &other != &one && its.waits && std::pair(its.before, its.turns) < std::pair(before, turns);
        });
    }

    /// Wakes those who may go before they think, or who need not wait any more.
    void wake_others(member const& one, time_point now)
    {
        for (member& other : members_)
            if (&other != &one && may_go_earlier(other, now))
                other.wake_();
    }

    bool may_go_earlier(member& other, time_point now)
    {
        bool earlier = false;
        for (bucket const which : {bucket::create, bucket::get_prediction, bucket::other}) {
            member::want& its = other.wants_[index_of(which)];
            if (!its.waits)
                continue;
            time_point const when = limiter_.stop_reason(which, now) ? now : due(other, which, its.before, now);
            if (when >= its.until)
                continue;
            its.until = when; // so that it is woken once
            earlier = true;
        }
        return earlier;
    }

    std::mutex mutex_;
    core::rate_limiter limiter_;
    boost::intrusive::list<member> members_;
    std::array<std::uint64_t, 3> turns_{};
    problem refusal_;
};

} // namespace replicate::io

#endif
