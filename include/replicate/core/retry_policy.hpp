// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_RETRY_POLICY_HPP
#define REPLICATE_CORE_RETRY_POLICY_HPP

#include <replicate/config.hpp>
#include <replicate/core/request.hpp>
#include <replicate/core/retry_after.hpp>
#include <replicate/error_code.hpp>

#include <algorithm>
#include <chrono>

namespace replicate::core {

/// How much of a request has left. Decided on bytes, not on error names: only an incomplete request cannot have been
/// acted on.
enum class sent {
    /// No byte.
    nothing,
    /// Some bytes, not all.
    a_part,
    /// Every byte was handed to the network.
    all
};

/// What became of one try.
class attempt_outcome {
public:
    /// Why there is no complete answer; no error where there is one.
    boost::system::error_code code;
    /// The status of the answer; 0 where not even that came.
    unsigned status = 0;
    /// How much of the request had left.
    core::sent sent = core::sent::nothing;
    /// A byte of the answer came.
    bool answered = false;
    /// The connection had carried another request before.
    bool reused = false;
    /// What the service wishes.
    core::retry_after wish;

    /// Nothing happened.
    attempt_outcome() = default;

    /// True when the answer ended early, but its status says already that the request was refused.
    bool is_cut_refusal() const noexcept
    {
        bool const is_cut = code == condition::protocol || code == condition::connection || code == condition::timeout;
        return is_cut && status >= 400 && status < 500;
    }
};

/// What to do about it.
enum class verdict_kind {
    /// The answer is good; use it.
    accept,
    /// Try again after `wait`.
    repeat,
    /// Give up; the failure is what it is.
    fail,
    /// Give up: the request may have been carried out, and carrying it out twice could cost twice.
    outcome_unknown
};

/// What to do, and when.
struct verdict {
    /// What to do.
    verdict_kind kind;
    /// For `repeat`: how long to wait before it.
    std::chrono::steady_clock::duration wait{0};
    /// For `repeat`: whether it takes from the quota of the client, as what may be the service's failure does.
    bool uses_quota = false;
};

/// Decides about the repetition of one request (reliability 1.10). One object a call.
class retry_policy {
public:
    /// Lengths of time.
    using duration = std::chrono::steady_clock::duration;

    /// A policy for one request.
    retry_policy(retry_config limits, repeatability may_repeat)
        : limits_(limits)
        , may_repeat_(may_repeat)
    {
    }

    /// What to do after a try. Precondition: 0 <= jitter < 1.
    verdict decide(attempt_outcome const& outcome, double jitter)
    {
        if (!outcome.code && outcome.status < 300)
            return {verdict_kind::accept};
        if (!outcome.code || outcome.is_cut_refusal())
            return on_status(outcome, jitter);
        return on_broken(outcome, jitter);
    }

private:
    verdict on_status(attempt_outcome const& outcome, double jitter)
    {
        // A throttled request was not accepted, so repeating it is safe for every kind; and it is not the network's fault, so
        // it does not use up the tries. Only the caller's deadline bounds it.
        if (outcome.status == 429)
            return after_wish(outcome, jitter, false);
        bool const creates = may_repeat_ == repeatability::creates;
        if (creates && outcome.status >= 500)
            return {never_arrived(outcome) ? verdict_kind::fail : verdict_kind::outcome_unknown};
        bool const passing = outcome.status == 408 || outcome.status >= 500;
        if (creates || !passing || !another_try())
            return {verdict_kind::fail};
        return after_wish(outcome, jitter, true);
    }

    verdict on_broken(attempt_outcome const& outcome, double jitter)
    {
        if (may_repeat_ == repeatability::creates) {
            // What is left of the answer says that it was refused; or it says otherwise, however little had been sent.
            if (outcome.status >= 400 && outcome.status < 500)
                return {verdict_kind::fail};
            if (outcome.sent == sent::all || outcome.status != 0)
                return {verdict_kind::outcome_unknown};
        }
        if (!is_passing(outcome.code))
            return {verdict_kind::fail};
        // The other side may close an idle connection at any time: that is no failure of the request. Once only.
        bool const was_stale = outcome.reused && !outcome.answered && outcome.code == errc::connection_lost;
        if (was_stale && !repeated_on_fresh_) {
            repeated_on_fresh_ = true;
            return {verdict_kind::repeat};
        }
        if (!another_try())
            return {verdict_kind::fail};
        return {verdict_kind::repeat, next_backoff(jitter), true};
    }

    /// What is in front of the service says that it did not hand on the request (521, 523, 525, 526 and 530 of Cloudflare), or the service
    /// itself that it took none (503 that says when to come back). Nothing was created then. The table of reliability 1.10 would allow
    /// to repeat even so; a create is not repeated, because that rests on the word of one hop alone: the caller can.
    static bool never_arrived(attempt_outcome const& outcome) noexcept
    {
        switch (outcome.status) {
        case 521:
        case 523:
        case 525:
        case 526:
        case 530: return true;
        case 503: return !outcome.wish.is_none();
        default: return false;
        }
    }

    /// A certificate does not become good by asking again, nor do credentials, nor does an answer become smaller.
    static bool is_passing(boost::system::error_code code) noexcept
    {
        if (code == errc::proxy_authentication_failed)
            return false;
        return code == condition::connection || code == condition::timeout || code == errc::truncated_response
            || code == errc::handshake_failed;
    }

    verdict after_wish(attempt_outcome const& outcome, double jitter, bool uses_quota)
    {
        if (outcome.wish.is_too_long())
            return {verdict_kind::fail};
        if (outcome.wish.is_wait()) {
            // A little later than asked, so that many callers do not come back at one moment.
            duration const wish = outcome.wish.wait();
            duration const later = fraction(std::min<duration>(wish, std::chrono::seconds(1)), 0.1 * jitter);
            return {verdict_kind::repeat, wish + later, uses_quota};
        }
        return {verdict_kind::repeat, next_backoff(jitter), uses_quota};
    }

    bool another_try() noexcept { return ++tries_ < limits_.attempts; }

    duration next_backoff(double jitter) noexcept
    {
        auto backoff = limits_.first_backoff;
        for (unsigned i = 0; i < backoffs_ && backoff < limits_.maximum_backoff; ++i)
            backoff *= 2;
        ++backoffs_;
        return fraction(std::min(backoff, limits_.maximum_backoff), jitter);
    }

    static duration fraction(duration whole, double part) noexcept
    {
        return std::chrono::duration_cast<duration>(std::chrono::duration<double>(whole) * part);
    }

    retry_config limits_;
    repeatability may_repeat_;
    unsigned tries_ = 0;
    unsigned backoffs_ = 0;
    bool repeated_on_fresh_ = false;
};

} // namespace replicate::core

#endif
