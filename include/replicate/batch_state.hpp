// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_BATCH_STATE_HPP
#define REPLICATE_BATCH_STATE_HPP

#include <string_view>

namespace replicate {

/// How far a row of a batch has come. Each state is durable in the journal before the next step is begun. The numbers stand in
/// journals: they stay.
enum class batch_state {
    /// Nothing is known of it.
    none = 0,
    /// Its prediction is about to be created, or was, without an id having come: on a resumption it is looked for.
    intent = 1,
    /// Its prediction exists, and the id is known: on a resumption it is waited for.
    created = 2,
    /// Its prediction has ended, and how is known; its files may not all be here.
    terminal = 3,
    /// Its files and its result are here. The end.
    saved = 4,
    /// There is no result, and what went wrong stands among the errors. The end, unless failed rows are asked for again.
    failed = 5
};

/// The name of a state.
constexpr std::string_view to_string(batch_state state) noexcept
{
    switch (state) {
    case batch_state::none: return "none";
    case batch_state::intent: return "intent";
    case batch_state::created: return "created";
    case batch_state::terminal: return "terminal";
    case batch_state::saved: return "saved";
    case batch_state::failed: return "failed";
    }
    return "unknown";
}

/// True for the states that are an end.
constexpr bool is_end(batch_state state) noexcept
{
    return state == batch_state::saved || state == batch_state::failed;
}

} // namespace replicate

#endif
