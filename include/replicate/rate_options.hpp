// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_RATE_OPTIONS_HPP
#define REPLICATE_RATE_OPTIONS_HPP

#include <chrono>

namespace replicate {

/// What is believed of the service's rate limits until its answers tell more, and what is done when it refuses. The limits
/// themselves are learned: from the headers of the answers, from refusals, and by trying where there are no headers.
class rate_options {
public:
    /// Lengths of time.
    using duration = std::chrono::steady_clock::duration;

    /// Predictions created per minute, at first. Above zero. Default 600.
    double creates_per_minute = 600;
    /// Looks at single predictions per minute, at first. Above zero. Default 60,000.
    double gets_per_minute = 60'000;
    /// All other requests per minute, at first. Above zero. Default 3,000.
    double others_per_minute = 3'000;
    /// The longest pause after a 429; a service that wishes for a longer one is asked again after this. Default 2 min.
    duration longest_pause = std::chrono::minutes(2);
    /// After 402 (too little credit) nothing is created for so long; then one request tries. Default 1 min.
    duration credit_pause = std::chrono::minutes(1);

    /// The defaults.
    rate_options() = default;
};

} // namespace replicate

#endif
