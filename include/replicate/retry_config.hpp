// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_RETRY_CONFIG_HPP
#define REPLICATE_RETRY_CONFIG_HPP

#include <chrono>
#include <string>

namespace replicate {

/// How requests that may be repeated are repeated. Those that read or cancel are repeated after a failure of the network,
/// 408, 429 and 5xx; one that creates only after 429, or where no byte of it can have been acted on.
class retry_config {
public:
    /// The most tries of one request; 1 means no repetition. Not counted: tries that were answered with 429, and one on a
    /// connection that the other side had closed while it was idle. Default 4.
    unsigned attempts = 4;
    /// The first wait is a random part of this, each further one of twice as much. Default 500 ms.
    std::chrono::steady_clock::duration first_backoff = std::chrono::milliseconds(500);
    /// The most that is waited, unless the service asks for more. Default 8 s.
    std::chrono::steady_clock::duration maximum_backoff = std::chrono::seconds(8);
    /// A service that asks for a longer wait than this gets none: the call fails at once with its answer. Default 2 min.
    std::chrono::steady_clock::duration maximum_retry_after = std::chrono::minutes(2);
    /// What all calls of the client have for repetitions together, so that a service that is broken is not hammered: each
    /// repetition takes `quota_cost`, unless it is of what is not counted above; a success puts back what the last repetition
    /// before it took, and 1 where there was none. Where it is used up, a call fails with its first failure, and says so. Zero: no such
    /// bound. Default 500.
    unsigned quota = 500;
    /// What a repetition takes. Not above `quota`. Default 14.
    unsigned quota_cost = 14;

    /// The defaults.
    retry_config() = default;
};

namespace detail {

/// What is wrong with it, the name of the member first; empty where nothing is.
inline std::string problem_of(retry_config const& policy)
{
    using duration = std::chrono::steady_clock::duration;
    auto const is_good = [](duration value) { return value > duration::zero() && value <= std::chrono::hours(24); };
    constexpr char const* bounds = ": must be above zero and at most 24 hours";
    if (policy.attempts == 0)
        return "retry.attempts: must be at least 1";
    if (!is_good(policy.first_backoff))
        return std::string("retry.first_backoff") + bounds;
    if (!is_good(policy.maximum_backoff))
        return std::string("retry.maximum_backoff") + bounds;
    if (!is_good(policy.maximum_retry_after))
        return std::string("retry.maximum_retry_after") + bounds;
    if (policy.quota != 0 && policy.quota_cost > policy.quota)
        return "retry.quota_cost: must not be above retry.quota, because nothing would ever be repeated; attempts of 1 says that";
    return {};
}

} // namespace detail

} // namespace replicate

#endif
