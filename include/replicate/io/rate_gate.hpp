// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_RATE_GATE_HPP
#define REPLICATE_IO_RATE_GATE_HPP

#include <replicate/io/shared_limits.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace replicate::io {

/// The rate limiter of one client: its own, without a lock, or one that it shares. Used on the strand alone.
class rate_gate {
public:
    using time_point = core::rate_limiter::time_point;
    using bucket = core::rate_bucket;

    /// A limiter of its own, or none. Precondition: the options are valid.
    rate_gate(rate_options options, bool keeps_limits)
        : own_(options)
        , keeps_limits_(keeps_limits)
    {
    }

    /// A part in a shared one. `wake` is called on any thread when somebody who waits may go earlier than he was told.
    rate_gate(std::shared_ptr<shared_limits> shared, std::function<void()> wake)
        : shared_(std::move(shared))
        , member_(std::in_place, std::move(wake))
    {
        shared_->join(*member_);
    }
    rate_gate(rate_gate const&) = delete;
    rate_gate& operator=(rate_gate const&) = delete;
    ~rate_gate()
    {
        if (shared_)
            shared_->leave(*member_);
    }

    /// Whether there are limits to be kept.
    bool keeps_limits() const noexcept { return keeps_limits_; }

    /// The right to send one request now; number 0 for none.
    core::rate_ticket try_take(bucket which, priority before, time_point now)
    {
        if (shared_)
            return shared_->try_take(*member_, which, before, now);
        bool const may_go = !keeps_limits_ || own_.next(which, now) <= now;
        return may_go ? own_.take(which, now) : core::rate_ticket();
    }

    /// Says that somebody waits, and gives when to try again.
    time_point wait(bucket which, priority before, time_point now)
    {
        if (shared_)
            return shared_->wait(*member_, which, before, now);
        time_point const next = own_.next(which, now);
        // After 402 one tries when the pause is over, and the others wait for what comes of it; that may be nothing.
        return next == time_point::max() ? own_.stopped_until() : next;
    }

    /// Says that nobody waits for a turn. `listens`: somebody waits for something else before that.
    void stop_waiting(bucket which, bool listens)
    {
        if (shared_)
            shared_->stop_waiting(*member_, which, listens);
    }

    /// It was taken, but nothing was sent.
    void give_back(bucket which, core::rate_ticket ticket, time_point now)
    {
        if (shared_)
            shared_->give_back(*member_, which, ticket, now);
        else
            own_.give_back(which, ticket);
    }

    /// Learns from an answer; `told` is what it says where it is a refusal.
    void learn(bucket which, core::rate_answer const& answer, problem const& told, time_point now)
    {
        if (shared_)
            return shared_->learn(*member_, which, answer, told, now);
        if (!keeps_limits_)
            return;
        own_.learn(which, answer, now);
        if (answer.status == 402)
            refusal_ = told;
    }

    /// Why nobody need wait: 402; no error where one may.
    boost::system::error_code stop_reason(bucket which, time_point now)
    {
        return shared_ ? shared_->stop_reason(which, now) : own_.stop_reason(which, now);
    }

    /// What the service said with the latest 402.
    problem refusal() { return shared_ ? shared_->refusal() : refusal_; }

    /// What is known of a bucket.
    core::rate_state state(bucket which, time_point now)
    {
        return shared_ ? shared_->state(which, now) : own_.state(which, now);
    }

private:
    core::rate_limiter own_{rate_options()};
    bool keeps_limits_ = true;
    problem refusal_;
    std::shared_ptr<shared_limits> shared_;
    std::optional<shared_limits::member> member_;
};

} // namespace replicate::io

#endif
