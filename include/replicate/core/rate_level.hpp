// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_RATE_LEVEL_HPP
#define REPLICATE_CORE_RATE_LEVEL_HPP

#include <replicate/core/rate_answer.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace replicate::core {

/// How many requests the service would take at once, and how quickly that grows, from what its answers say is left
/// (`ratelimit-remaining`). An answer speaks of the past: of what has been sent since, all counts as taken.
///
/// Assumes a bucket that is filled steadily, as recorded (http-api 7.2), but neither its size nor its rate; others may take out
/// of it too, which then looks like a lower rate.
class rate_level {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// `believed`: requests per second, until something is known.
    explicit rate_level(double believed) noexcept
        : rate_(believed)
    {
    }

    /// Whether anything is known.
    bool is_known() const noexcept { return known_; }

    /// Requests per second that the service takes in the long run.
    double rate() const noexcept { return rate_; }

    /// What a request that leaves now finds. `sent`: how many have been let through so far.
    double at(time_point now, std::uint64_t sent) const noexcept
    {
        return std::min(unbounded(now, sent), roof_);
    }

    /// True where no more comes: it is as much as there ever was.
    bool is_full(time_point now, std::uint64_t sent) const noexcept { return unbounded(now, sent) >= roof_; }

    /// Whether the bucket may be a small one that is full.
    bool is_in_doubt() const noexcept { return !is_capped_ && times_full_ > 1 && roof_ < 3 + 0.2 * rate_; }

    /// The most that the bucket holds, where that has been seen; otherwise much.
    double size() const noexcept { return is_capped_ ? roof_ : 1e9; }

    /// True where the service keeps no more than one request in store, so that there is no slack at all.
    bool is_narrow() const noexcept { return known_ && std::max(top_, former_top_) < 1.5; }

    /// An answer has come that says what is left. `sent_at`: when its request was sent.
    void learn(double remaining, std::uint64_t number, time_point sent_at, time_point now)
    {
        statement told{remaining, number, sent_at};
        if (!known_) {
            // Not less than it would be if it came once a minute, and little where there is little in it.
            rate_ = remaining >= 9 ? (remaining + 1) / 60 : std::min(rate_, 0.1 + remaining / 6);
            anchor_ = told;
        } else if (number < last_.number) {
            return;
        }
        if (number > anchor_.number)
            measure(told);
        note_top(remaining + 1, now);
        note_fullness(told);
        roof_ = std::max(roof_, remaining + 1);
        // The service counted it at some time until now. It is taken for late, but an answer may be held for a minute.
        told.at = std::min(now, sent_at + std::chrono::milliseconds(500));
        // In a small bucket that is too much to lose.
        if (is_capped_ && now - sent_at < std::chrono::milliseconds(500))
            told.at = sent_at + (now - sent_at) / 2;
        last_ = told;
        returned_ = 0;
        known_ = true;
    }

    /// One that was let through was never sent.
    void give_back(std::uint64_t number) noexcept
    {
        if (number > last_.number)
            ++returned_;
    }

    /// The service refused one, and takes the next at `resume`; `store` is what it has then.
    void refused(std::uint64_t number, time_point resume, double store) noexcept
    {
        last_ = {store, std::max(number, last_.number), resume};
        roof_ = std::max(roof_, store);
        returned_ = 0;
        anchored_ = false;
        // How much it holds is seen anew.
        top_ = former_top_ = 0;
        // Where that comes soon it was not the size of the bucket, but an ebb.
        if (is_capped_ && number < capped_since_ + 30)
            is_capped_ = false;
        times_full_ = 0;
        boldness_ = 0.02;
    }

    /// The rate is known otherwise.
    void set_rate(double per_second) noexcept { rate_ = per_second; }

    /// The service says how many it keeps in store at most.
    void set_store(double burst, time_point now) noexcept
    {
        roof_ = std::max(1.0, burst);
        former_top_ = top_ = burst;
        epoch_ = now;
    }

private:
    struct statement {
        double remaining = 0;
        std::uint64_t number = 0;
        time_point at{};
    };

    static double seconds(time_point::duration length) noexcept { return std::chrono::duration<double>(length).count(); }

    double unbounded(time_point now, std::uint64_t sent) const noexcept
    {
        double const age = std::max(0.0, seconds(now - last_.at));
        double const taken = static_cast<double>(sent - std::min(sent, last_.number)) - returned_;
        return last_.remaining + rate_ * age - taken;
    }

    /// The rate between two answers: what is more in the bucket, and what was taken out meanwhile.
    void measure(statement const& told)
    {
        if (!anchored_) {
            anchor_ = told;
            anchored_ = true;
            return;
        }
        double const length = seconds(told.at - anchor_.at);
        double const tokens = told.remaining - anchor_.remaining + static_cast<double>(told.number - anchor_.number);
        // Only whole requests are told, so that few of them say little.
        if (length < 1 || (tokens < 8 && length < 30))
            return;
        double const measured = std::clamp(tokens / length, 1.0 / 3600, 1e6);
        // A bucket that stays full loses what comes: then it is not less than this.
        bool const may_be_full = std::min(told.remaining, anchor_.remaining) + 1 > std::max(top_, former_top_) - 1.5;
        anchor_ = told;
        if (measured > rate_)
            rate_ += (measured > 2 * rate_ ? 1.0 : 0.3) * (measured - rate_);
        else if (!may_be_full)
            rate_ += (measured < 0.5 * rate_ ? 0.7 : 0.3) * (measured - rate_);
    }

    /// Who finds the bucket full again and again may send more quickly than he did: else it stays full, and what comes is lost. Of a
    /// small bucket nothing else tells that.
    void note_fullness(statement const& told) noexcept
    {
        double const level = told.remaining + 1;
        if (level < roof_)
            boldness_ = 0.02;
        if (level < roof_ || times_full_ == 0 || level > roof_) {
            times_full_ = level < roof_ ? 0 : 1;
            is_capped_ = is_capped_ && level <= roof_;
            full_ = told;
            return;
        }
        double const length = seconds(told.at - full_.at);
        double const count = static_cast<double>(told.number - full_.number);
        ++times_full_;
        // By what is known of the rate there ought to be more by now.
        if (!is_capped_ && times_full_ >= 4 && rate_ * length - count >= 1.2) {
            is_capped_ = true;
            capped_since_ = told.number;
        }
        if (!is_capped_ || length < 0.25)
            return;
        double const proven = count / length;
        rate_ = std::max(rate_, (1 + boldness_) * proven);
        boldness_ = std::min(2 * boldness_, 0.5);
        full_ = told;
    }

    /// The most in store, of late.
    void note_top(double level, time_point now)
    {
        if (now - epoch_ > std::chrono::seconds(20)) {
            former_top_ = known_ ? top_ : level;
            top_ = level;
            epoch_ = now;
        }
        top_ = std::max(top_, level);
    }

    bool known_ = false;
    bool anchored_ = true;
    statement last_;
    statement anchor_;
    statement full_;
    unsigned times_full_ = 0;
    bool is_capped_ = false;
    std::uint64_t capped_since_ = 0;
    /// By what part of itself the rate grows while the bucket is full.
    double boldness_ = 0.5;
    double returned_ = 0;
    double rate_;
    double roof_ = 1;
    double top_ = 0;
    double former_top_ = 0;
    time_point epoch_{};
};

} // namespace replicate::core

#endif
