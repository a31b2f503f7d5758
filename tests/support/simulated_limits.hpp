// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_SIMULATED_LIMITS_HPP
#define REPLICATE_TESTS_SUPPORT_SIMULATED_LIMITS_HPP

#include <replicate/core/rate_answer.hpp>
#include <replicate/core/retry_after.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

namespace replicate::tests {

/// What `ratelimit-reset` says; the recordings do not decide between these.
enum class reset_meaning {
    /// Whole seconds until the bucket is full.
    until_full,
    /// Always 1, as it was recorded.
    always_one,
    /// The header is missing.
    missing
};

/// Where a refusal says how long to wait.
enum class wish_form {
    /// "Your rate limit resets in ~7s." and `retry_after`; names the limit where it is reduced.
    full_body,
    /// "Your rate limit resets in ~30s."
    text,
    /// "Expected available in 1 second."
    older_text,
    /// The header Retry-After.
    header,
    /// Nowhere.
    nowhere
};

/// How the service counts one kind of request: a bucket that is filled steadily (http-api 7.2 and 7.3).
struct simulated_limits_settings {
    double per_minute = 600;
    double burst = 600;
    /// What is in the bucket at first, as a part of all.
    double full = 1;
    bool has_headers = true;
    reset_meaning reset = reset_meaning::until_full;
    wish_form wish = wish_form::full_body;
    /// Refused requests take from the bucket too, so that who does not wait is refused for ever.
    bool counts_rejected = true;
};

/// An answer of the service, as far as it concerns rates.
struct simulated_rate_answer {
    unsigned status = 201;
    std::optional<std::uint64_t> remaining;
    std::optional<std::chrono::seconds> reset;
    std::string header;
    std::string detail;
    std::optional<std::chrono::duration<double>> body_seconds;

    /// What the client reads of it.
    core::rate_answer read(core::rate_ticket ticket) const
    {
        core::rate_answer answer;
        answer.ticket = ticket;
        answer.status = status;
        answer.remaining = remaining;
        answer.reset = reset;
        if (status != 429)
            return answer;
        core::retry_hints hints;
        hints.retry_after = header;
        hints.body_retry_after = body_seconds;
        hints.detail = detail;
        std::string const reset_text = reset ? std::to_string(reset->count()) : std::string();
        hints.ratelimit_reset = reset_text;
        answer.wish = core::parse_retry_after(hints, std::chrono::system_clock::time_point{}, std::chrono::minutes(2));
        answer.detail = detail;
        return answer;
    }
};

/// The service's side of one bucket.
class simulated_limits {
public:
    using time_point = std::chrono::steady_clock::time_point;

    simulated_limits(simulated_limits_settings settings, time_point now)
        : settings_(settings)
        , level_(settings.burst * settings.full)
        , offered_(level_)
        , at_(now)
    {
    }

    /// One request arrives.
    simulated_rate_answer arrive(time_point now)
    {
        fill(now);
        simulated_rate_answer answer;
        bool const is_taken = level_ >= 1;
        if (is_taken)
            level_ -= 1;
        else if (settings_.counts_rejected)
            level_ = std::max(level_ - 1, -std::max(1.0, settings_.burst));
        ++(is_taken ? accepted_ : rejected_);
        if (settings_.has_headers)
            describe(answer);
        if (!is_taken)
            refuse(answer);
        return answer;
    }

    /// The limit becomes another one; what is in the bucket stays, as far as it has room.
    void change(double per_minute, double burst, time_point now)
    {
        fill(now);
        settings_.per_minute = per_minute;
        settings_.burst = burst;
        offered_ -= std::max(0.0, level_ - burst);
        level_ = std::min(level_, burst);
    }

    /// Others of the account take so many.
    void take_away(double count, time_point now)
    {
        fill(now);
        double const taken = std::min(std::max(0.0, level_), count);
        offered_ -= taken;
        level_ -= taken;
    }

    std::uint64_t accepted() const noexcept { return accepted_; }
    std::uint64_t rejected() const noexcept { return rejected_; }
    double per_second() const noexcept { return settings_.per_minute / 60; }
    double level() const noexcept { return level_; }

    /// How many could have been taken until the last one arrived: what was there at first and what has come, but for what others took.
    double offered() const noexcept { return offered_; }

private:
    void fill(time_point now)
    {
        double const length = std::chrono::duration<double>(now - at_).count();
        offered_ += std::max(0.0, length) * per_second();
        level_ = std::min(settings_.burst, level_ + std::max(0.0, length) * per_second());
        at_ = std::max(at_, now);
    }

    void describe(simulated_rate_answer& answer) const
    {
        answer.remaining = static_cast<std::uint64_t>(std::max(0.0, std::floor(level_)));
        double const until_full = std::max(1.0, std::ceil((settings_.burst - level_) / per_second()));
        if (settings_.reset != reset_meaning::missing)
            answer.reset = std::chrono::seconds(settings_.reset == reset_meaning::always_one ? 1 : static_cast<long>(until_full));
    }

    void refuse(simulated_rate_answer& answer) const
    {
        answer.status = 429;
        long const wait = std::max(1L, static_cast<long>(std::ceil((1 - level_) / per_second())));
        std::string const number = std::to_string(wait);
        switch (settings_.wish) {
        case wish_form::full_body:
            answer.body_seconds = std::chrono::seconds(wait);
            answer.detail = full_text(number);
            break;
        case wish_form::text: answer.detail = "Request was throttled. Your rate limit resets in ~" + number + "s."; break;
        case wish_form::older_text:
            answer.detail = "Request was throttled. Expected available in " + number + (wait == 1 ? " second." : " seconds.");
            break;
        case wish_form::header: answer.header = number; break;
        case wish_form::nowhere: break;
        }
    }

    std::string full_text(std::string const& number) const
    {
        std::string const reset = "Your rate limit resets in ~" + number + "s.";
        if (settings_.burst > 1)
            return "Request was throttled. " + reset;
        return "Request was throttled. Your rate limit for creating predictions is reduced to "
            + std::to_string(std::lround(settings_.per_minute))
            + " requests per minute with a burst of 1 requests while you have less than $5.0 in credit. " + reset;
    }

    simulated_limits_settings settings_;
    double level_;
    double offered_;
    time_point at_;
    std::uint64_t accepted_ = 0;
    std::uint64_t rejected_ = 0;
};

} // namespace replicate::tests

#endif
