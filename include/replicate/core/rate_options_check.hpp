// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_RATE_OPTIONS_CHECK_HPP
#define REPLICATE_CORE_RATE_OPTIONS_CHECK_HPP

#include <replicate/error.hpp>
#include <replicate/rate_options.hpp>

#include <chrono>
#include <string>

namespace replicate::core {

/// Checks what is believed of the rate limits; throws an `error` of `errc::invalid_configuration` that names the member, which
/// stands in `place`: "scheduler.rate.".
inline void check_rate_options(std::string const& place, rate_options const& options)
{
    auto const check_rate = [&](char const* name, double value) {
        // Also false for what is not a number.
        if (!(value >= 0.001 && value <= 1e9))
            throw detail::make_error(
                errc::invalid_configuration, place + name + ": must be from 0.001 to 1,000,000,000 requests per minute");
    };
    auto const check_pause = [&](char const* name, rate_options::duration value) {
        if (value <= rate_options::duration::zero() || value > std::chrono::hours(24))
            throw detail::make_error(errc::invalid_configuration, place + name + ": must be above zero and at most 24 hours");
    };
    check_rate("creates_per_minute", options.creates_per_minute);
    check_rate("gets_per_minute", options.gets_per_minute);
    check_rate("others_per_minute", options.others_per_minute);
    check_pause("longest_pause", options.longest_pause);
    check_pause("credit_pause", options.credit_pause);
}

} // namespace replicate::core

#endif
