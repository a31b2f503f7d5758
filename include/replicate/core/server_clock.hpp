// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_SERVER_CLOCK_HPP
#define REPLICATE_CORE_SERVER_CLOCK_HPP

#include <algorithm>
#include <chrono>
#include <optional>

namespace replicate::core {

/// What time it is at the service, between two bounds, learned from the times that it tells. The clock of this machine may be wrong
/// by hours; only its steady clock is used.
class server_clock {
public:
    using steady = std::chrono::steady_clock::time_point;
    using system = std::chrono::system_clock::time_point;

    /// Nothing known yet.
    server_clock() = default;

    /// The service told a time, `resolution` before which the true one was at most, in an answer that was asked for and came at these
    /// times. Nothing is learned from times without sense.
    void observe(system told, std::chrono::nanoseconds resolution, steady asked, steady answered)
    {
        if (answered < asked || !is_sane(told))
            return;
        offset const low = since_epoch(told) - answered.time_since_epoch();
        offset const high = since_epoch(told) + resolution - asked.time_since_epoch();
        // One of the clocks was set, or this machine slept: what was known holds no longer.
        bool const has_jumped = known_ && (low > high_ + tolerance || high < low_ - tolerance);
        low_ = known_ && !has_jumped ? std::max(low_, low) : low;
        high_ = known_ && !has_jumped ? std::min(high_, high) : high;
        known_ = true;
    }

    /// True when a time was observed.
    bool is_known() const noexcept { return known_; }

    /// The earliest that it can have been at the service. Precondition: `is_known()`.
    system earliest(steady when) const { return to_system(when.time_since_epoch() + std::min(low_, high_)); }

    /// The latest that it can have been at the service. Precondition: `is_known()`.
    system latest(steady when) const { return to_system(when.time_since_epoch() + std::max(low_, high_)); }

private:
    using offset = std::chrono::nanoseconds;

    static constexpr std::chrono::seconds tolerance{2};

    static offset since_epoch(system time) { return std::chrono::duration_cast<offset>(time.time_since_epoch()); }

    /// From 1970 to 2200: nothing overflows.
    static bool is_sane(system time)
    {
        auto const since = time.time_since_epoch();
        return since >= since.zero() && since < std::chrono::hours(24 * 365 * 230);
    }

    static system to_system(offset since) { return system(std::chrono::duration_cast<system::duration>(since)); }

    offset low_{};
    offset high_{};
    bool known_ = false;
};

} // namespace replicate::core

#endif
