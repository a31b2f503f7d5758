// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_PLACE_HPP
#define REPLICATE_DETAIL_PLACE_HPP

#include <replicate/detail/operation.hpp>
#include <replicate/detail/queue_note.hpp>
#include <replicate/identifier.hpp>

#include <string>
#include <utility>

namespace replicate::detail {

/// Under which name the places of a target are counted.
inline std::string place_name(model_ref const& target)
{
    switch (target.kind()) {
    case model_ref::form::model:
    case model_ref::form::model_version: return target.owner() + "/" + target.name();
    case model_ref::form::version: return target.version();
    case model_ref::form::deployment: return "deployments/" + target.owner() + "/" + target.name();
    }
    return {};
}

/// What an operation wishes of the scheduler, but for what it is about.
inline io::admission_wish wish_of(operation& owner, core::rate_bucket bucket)
{
    io::admission_wish wish;
    wish.bucket = bucket;
    // What is still to be done for one who has gone, such as a cancel, ends a bill, and has little time.
    wish.priority = owner.is_stopped() ? priority::interactive : owner.standing().priority;
    wish.group = owner.standing().group;
    wish.deadline = owner.deadline();
    wish.patience = owner.client().settings().timeouts.queue;
    return wish;
}

/// Waits for the turn of a wish, and throws where it does not come.
inline asio::awaitable<io::admission> wait_for_turn(operation& owner, io::admission_wish wish)
{
    owner.context().phase = phase::queue;
    io::admission granted;
    bool const waits = !owner.client().scheduler().try_admit(wish, granted) && !granted.code;
    if (waits) {
        queue_note note(owner.shared_client(), wish);
        granted = co_await owner.client().scheduler().admit(std::move(wish));
        note.end(granted.code);
    }
    if (granted.code) {
        if (!waits)
            owner.client().notes().counters().count_turned_away();
        if (!granted.problem.text().empty())
            owner.context().problem = std::move(granted.problem);
        owner.context().detail = std::move(granted.detail);
        owner.make_failure(granted.code).raise();
    }
    co_return granted;
}

/// Gives the operation a place among the predictions in flight, until it ends, and its turn to create the first one. `is_bounded`: it is one
/// of those of which not too many wait, so that it is not turned away.
inline asio::awaitable<void> take_place(operation& owner, std::string model, bool is_bounded = false)
{
    io::admission_wish wish = wish_of(owner, core::rate_bucket::create);
    wish.kind = core::admission_kind::creation;
    wish.model = std::move(model);
    wish.is_bounded = is_bounded;
    io::admission granted = co_await wait_for_turn(owner, std::move(wish));
    owner.keep(std::move(granted.place), std::move(granted.token));
}

} // namespace replicate::detail

#endif
