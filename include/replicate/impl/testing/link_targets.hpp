// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_LINK_TARGETS_HPP
#define REPLICATE_IMPL_TESTING_LINK_TARGETS_HPP

#include <replicate/testing/prediction_link.hpp>

#include <array>
#include <mutex>
#include <string>
#include <utility>

namespace replicate::testing::detail {

/// Which links of the predictions to come lead elsewhere. Safe from any thread.
class link_targets {
public:
    /// An empty origin: to where the link belongs.
    void point(prediction_link which, std::string origin)
    {
        std::lock_guard const lock(mutex_);
        origins_[static_cast<std::size_t>(which)] = std::move(origin);
    }

    /// The origin of a link that belongs to `own`.
    std::string origin(prediction_link which, std::string const& own) const
    {
        std::lock_guard const lock(mutex_);
        std::string const& elsewhere = origins_[static_cast<std::size_t>(which)];
        return elsewhere.empty() ? own : elsewhere;
    }

private:
    mutable std::mutex mutex_;
    std::array<std::string, 4> origins_;
};

} // namespace replicate::testing::detail

#endif
