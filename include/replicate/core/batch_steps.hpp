// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_BATCH_STEPS_HPP
#define REPLICATE_CORE_BATCH_STEPS_HPP

#include <replicate/batch_state.hpp>

namespace replicate::core {

/// What is to be done next for a row.
enum class batch_step {
    /// Its intent is to be recorded, then its prediction created.
    create,
    /// It is to be found out whether its prediction was created.
    reconcile,
    /// Its prediction is to be waited for.
    wait,
    /// Its files and its result are to be saved.
    save,
    /// Nothing.
    nothing
};

/// Whether a row may go from one state to another. Money hangs on it: once a prediction has an id, the row never comes back to where it
/// is created, but by being asked for again after it failed.
constexpr bool may_follow(batch_state from, batch_state to, bool retries_failed = false) noexcept
{
    switch (to) {
    case batch_state::none: return false;
    case batch_state::intent:
        // From intent: it is known that nothing came of the first one.
        return from == batch_state::none || from == batch_state::intent || (from == batch_state::failed && retries_failed);
    case batch_state::created: return from == batch_state::intent;
    case batch_state::terminal: return from == batch_state::created;
    case batch_state::saved: return from == batch_state::terminal;
    case batch_state::failed: return from != batch_state::saved && from != batch_state::failed;
    }
    return false;
}

/// What is to be done for a row that is found in this state when a batch begins or resumes.
constexpr batch_step step_of(batch_state found, bool retries_failed) noexcept
{
    switch (found) {
    case batch_state::none: return batch_step::create;
    case batch_state::intent: return batch_step::reconcile;
    case batch_state::created: return batch_step::wait;
    case batch_state::terminal: return batch_step::save;
    case batch_state::failed: return retries_failed ? batch_step::create : batch_step::nothing;
    case batch_state::saved: break;
    }
    return batch_step::nothing;
}

} // namespace replicate::core

#endif
