// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_RATE_SEARCH_HPP
#define REPLICATE_CORE_RATE_SEARCH_HPP

#include <algorithm>
#include <chrono>
#include <cmath>

namespace replicate::core {

/// Finds the rate of a service that says nothing but "too many": it grows until there is a refusal, falls to what was
/// taken between two refusals (the bucket was empty at both, so that is its rate), comes slowly up to that, stays, and grows again,
/// the quicker the longer nothing is refused.
class rate_search {
public:
    /// `believed`: requests per second, to begin with.
    explicit rate_search(double believed) noexcept
        : base_(believed)
    {
    }

    /// Requests per second now.
    double rate() const noexcept
    {
        if (growth_ == growth::held)
            return base_;
        if (growth_ == growth::doubling)
            return std::min(base_ * std::exp2(progress_), highest);
        double const from_plateau = progress_ - 1;
        return std::min(base_ * (1 + 0.06 * from_plateau * from_plateau * from_plateau), highest);
    }

    /// One was taken by the service, while more waited to be sent.
    void succeeded() noexcept
    {
        double const interval = 1 / rate();
        // By time, but not in so few requests that the refusal at the end of it would be one in a hundred.
        if (growth_ == growth::doubling)
            progress_ += refusals_ == 1 ? std::min(interval / 7.5, 1.0 / 4) : std::min(interval / 15, 1.0 / 50);
        else if (growth_ == growth::cubic)
            progress_ += std::min(interval / 27, 1.0 / patience_);
    }

    /// One was refused. `taken` requests were taken since the last refusal, in `length` seconds; 0 where that is not known.
    void refused(double taken, double length) noexcept
    {
        double const before = rate();
        double decreased = before * 0.7;
        if (length > 0) {
            // The bucket was empty at both ends; what it held besides was less than one. Of few requests that is much.
            double const measured = (taken < 10 ? std::max(taken, 0.5) : taken + 0.5) / length;
            decreased = std::min(measured, growth_ == growth::doubling ? decreased : before);
            // A small bucket cannot keep what comes in a pause or while one is slow, so that this says too little. Where the limit has
            // risen it does too, but then the refusals are far apart.
            if (growth_ == growth::cubic && taken >= 100 && before > 4 && before < 1.15 * before_)
                decreased = std::max(decreased, 0.75 * before);
        }
        before_ = before;
        bool const is_first = refusals_++ == 0;
        set(decreased);
        patience_ = length > 0 ? std::clamp(5 + 5 * taken, 5.0, 100.0) : 100.0;
        // How much there was in the bucket at first is not known, so that this may be much too low. The next will be exact.
        if (is_first)
            look_for_more();
    }

    /// The service has named its limit, for a reason that may pass: it is held, until patience ends.
    void hold(double per_second) noexcept
    {
        base_ = per_second;
        growth_ = growth::held;
    }

    /// Looks quickly whether it takes more.
    void look_for_more() noexcept
    {
        refusals_ = 1;
        growth_ = growth::doubling;
        progress_ = 0;
    }

    /// The rate is known otherwise. `patience`: it takes so many requests to find that it is higher.
    void adopt(double per_second, double patience = 100) noexcept
    {
        set(per_second);
        patience_ = patience;
        refusals_ = 2;
    }

    /// Whether the service's own word is held.
    bool is_held() const noexcept { return growth_ == growth::held; }

    static constexpr double lowest = 1.0 / 3600;
    static constexpr double highest = 1e6;

private:
    enum class growth { doubling, cubic, held };

    void set(double per_second) noexcept
    {
        base_ = std::clamp(per_second, lowest, highest);
        growth_ = growth::cubic;
        progress_ = 0;
        patience_ = 100;
    }

    double base_;
    /// The rate at the last refusal.
    double before_ = 0;
    double progress_ = 0;
    unsigned refusals_ = 0;
    /// It takes at least so many requests to come back to the rate that was measured: the more, the better that is known.
    double patience_ = 100;
    growth growth_ = growth::doubling;
};

} // namespace replicate::core

#endif
