// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_RETRY_QUOTA_HPP
#define REPLICATE_CORE_RETRY_QUOTA_HPP

#include <replicate/config.hpp>

#include <algorithm>

namespace replicate::core {

/// The repetitions that all calls of a client may make together: each takes something out, each success puts something back. Who
/// meets a failure now and then never notices; a service that fails all the time gets hardly more requests than there are calls.
class retry_quota {
public:
    /// A full one.
    explicit retry_quota(retry_config limits) noexcept
        : size_(limits.quota)
        , left_(limits.quota)
    {
    }

    /// Takes what one repetition costs; false, and nothing is taken, where there is not so much left. A quota of zero has no end.
    bool take(unsigned cost) noexcept
    {
        if (size_ == 0)
            return true;
        if (cost > left_)
            return false;
        left_ -= cost;
        return true;
    }

    /// A call has succeeded whose last repetition took so much; zero where it needed none.
    void succeeded(unsigned taken) noexcept { left_ += std::min(std::max(taken, 1U), size_ - left_); }

    /// What there is left.
    unsigned left() const noexcept { return left_; }

private:
    unsigned size_;
    unsigned left_;
};

} // namespace replicate::core

#endif
