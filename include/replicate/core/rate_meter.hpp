// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_RATE_METER_HPP
#define REPLICATE_CORE_RATE_METER_HPP

#include <algorithm>
#include <chrono>
#include <cmath>

namespace replicate::core {

/// How many events a second there were lately: old ones count the less, the longer they are past.
class rate_meter {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// `memory`: after so long an event counts for a third.
    explicit rate_meter(time_point now, std::chrono::duration<double> memory = std::chrono::seconds(20)) noexcept
        : memory_(memory)
        , started_(now)
        , last_(now)
    {
    }

    /// Something has happened. Precondition: times do not go back.
    void on_event(time_point now) noexcept
    {
        weight_ = faded(now) + 1;
        last_ = now;
    }

    /// Events a second.
    double rate(time_point now) const noexcept
    {
        // In the beginning the memory is not full yet: what has been seen is all that there was.
        std::chrono::duration<double> const seen = now - started_;
        double const span = memory_.count() * (1 - std::exp(-seen / memory_));
        return span > 0 ? faded(now) / span : 0;
    }

private:
    double faded(time_point now) const noexcept
    {
        std::chrono::duration<double> const passed = std::max(now - last_, time_point::duration::zero());
        return weight_ * std::exp(-passed / memory_);
    }

    std::chrono::duration<double> memory_;
    time_point started_;
    time_point last_;
    double weight_ = 0;
};

} // namespace replicate::core

#endif
