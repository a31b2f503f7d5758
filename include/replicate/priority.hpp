// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_PRIORITY_HPP
#define REPLICATE_PRIORITY_HPP

#include <replicate/error.hpp>

namespace replicate {

/// Which of the calls that wait for their turn go first.
enum class priority {
    /// Somebody waits for the answer: before all that is `batch`.
    interactive,
    /// Many at once, of which none is urgent: as long as nothing that is `interactive` waits.
    batch
};

namespace detail {

/// Refuses a number that is no priority, before anything is sent.
inline void check_priority(replicate::priority value)
{
    if (value != priority::interactive && value != priority::batch)
        throw_invalid_argument("options.priority", "must be priority::interactive or priority::batch");
}

} // namespace detail

} // namespace replicate

#endif
