// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_POLL_PACE_HPP
#define REPLICATE_CORE_POLL_PACE_HPP

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <vector>

namespace replicate::core {

/// So many requests a second, a few at once.
class poll_budget {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// Precondition: above zero.
    explicit poll_budget(double per_second)
        : per_second_(per_second)
    {
    }

    /// Another rate from now on.
    void set(double per_second, time_point now)
    {
        fill(now);
        per_second_ = per_second;
        level_ = std::min(level_, most());
    }

    /// When a request may go: `now`, or later.
    time_point next(time_point now)
    {
        fill(now);
        if (level_ >= 1)
            return now;
        // Not a nanosecond too early.
        auto const wait = std::chrono::duration<double>((1 - level_) / per_second_ + 1e-6);
        return now + std::chrono::duration_cast<time_point::duration>(wait);
    }

    /// A request goes. It may also take what there is not; then the next ones have to wait longer.
    void take(time_point now)
    {
        fill(now);
        level_ -= 1;
    }

    /// Requests a second.
    double per_second() const noexcept { return per_second_; }

private:
    double most() const noexcept { return std::max(2.0, per_second_ / 5); }

    void fill(time_point now)
    {
        if (now <= filled_)
            return;
        double const passed = started_ ? std::chrono::duration<double>(now - filled_).count() : 1e9;
        level_ = std::min(most(), level_ + passed * per_second_);
        filled_ = now;
        started_ = true;
    }

    double per_second_;
    double level_ = 0;
    time_point filled_{};
    bool started_ = false;
};

/// One thing to look at again and again: what a look costs, and what it may find.
struct poll_demand {
    /// Requests for a look.
    double cost = 1;
    /// How many ends a second are expected there.
    double ends = 0;
};

/// How often to look at each of many things so that all ends together are noticed soon, with so many requests a second:
/// often where many end, the more often the more (by the square root, which makes the mean delay least), but nowhere that matters
/// more rarely than `longest`. Where little is to be found, more rarely. All times are in seconds.
class poll_pace {
public:
    /// Never more often than this.
    static constexpr double shortest = 0.5;
    /// As rarely as this where ends are likely, if the requests suffice.
    static constexpr double longest = 2.7;
    /// As rarely as this where they are not.
    static constexpr double slow = 15;
    /// The part of all ends that counts as likely.
    static constexpr double covered = 0.992;

    /// Finds the intervals for these demands. `rate`: the requests a second.
    void solve(std::vector<poll_demand> const& demands, double rate)
    {
        sorted_ = demands;
        std::sort(sorted_.begin(), sorted_.end(),
            [](poll_demand const& one, poll_demand const& other) { return value(one) > value(other); });
        std::size_t const likely = count_of_likely();
        double costs = 0;
        for (std::size_t i = 0; i < likely; ++i)
            costs += sorted_[i].cost;
        double rest = 0;
        for (std::size_t i = likely; i < sorted_.size(); ++i)
            rest += sorted_[i].cost;
        slow_ = std::max(slow, rest / (rate / 5));
        double const left = rate - rest / slow_;
        least_ = likely == 0 ? 0 : value(sorted_[likely - 1]);
        longest_ = std::max(longest, 1.2 * costs / left);
        factor_ = factor_for(likely, left);
    }

    /// How long to wait between two looks at it.
    double interval(poll_demand const& what) const
    {
        if (value(what) < least_ || what.ends <= 0)
            return slow_;
        return std::clamp(factor_ / std::sqrt(value(what)), std::min(shortest, longest_), longest_);
    }

private:
    static double value(poll_demand const& what) noexcept { return what.ends / what.cost; }

    std::size_t count_of_likely() const
    {
        double all = 0;
        for (poll_demand const& one : sorted_)
            all += one.ends;
        double some = 0;
        std::size_t count = 0;
        while (count < sorted_.size() && some < covered * all)
            some += sorted_[count++].ends;
        return count;
    }

    // The smallest factor whose looks cost no more than there is.
    double factor_for(std::size_t likely, double rate)
    {
        double low = 0;
        double high = 1000;
        for (int i = 0; i < 30; ++i) {
            factor_ = (low + high) / 2;
            double cost = 0;
            for (std::size_t k = 0; k < likely; ++k)
                cost += sorted_[k].cost / interval(sorted_[k]);
            (cost > rate ? low : high) = factor_;
        }
        return high;
    }

    std::vector<poll_demand> sorted_;
    double factor_ = 1;
    double longest_ = longest;
    double slow_ = slow;
    double least_ = 0;
};

} // namespace replicate::core

#endif
