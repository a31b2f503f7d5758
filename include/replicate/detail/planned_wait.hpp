// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_PLANNED_WAIT_HPP
#define REPLICATE_DETAIL_PLANNED_WAIT_HPP

#include <replicate/core/prediction_machine.hpp>
#include <replicate/detail/poll_work.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace replicate::detail {

/// How a run waits together with the other runs of its client: with a connection of its own while there are few, by the plan of all
/// otherwise.
class planned_wait {
public:
    using clock = std::chrono::steady_clock;

    /// `place`: for one that can sleep; null for others.
    planned_wait(operation& owner, poll_place* place)
        : owner_(owner)
        , place_(place)
    {
    }
    planned_wait(planned_wait const&) = delete;
    planned_wait& operator=(planned_wait const&) = delete;
    ~planned_wait()
    {
        answered();
        leave();
    }

    /// A create is sent, which would hold a connection as long as the machine says. How long it may.
    std::chrono::seconds hold(core::prediction_machine& machine)
    {
        sent_at_ = clock::now();
        std::chrono::seconds const wait = owner_.client().held_answers().take(machine.hold(sent_at_), holds_);
        machine.hold_no_longer(wait, sent_at_);
        return wait;
    }

    /// The create was answered, or will not be.
    void answered()
    {
        if (std::exchange(holds_, false))
            owner_.client().held_answers().give_back();
    }

    /// Takes a place among those that wait by the plan, once. False where that is not possible.
    bool enter(prediction const& seen, std::string const& model, run_options const& options)
    {
        if (place_ == nullptr)
            return false;
        core::poll_rhythm rhythm;
        rhythm.first = options.first_poll_interval;
        rhythm.longest = options.maximum_poll_interval;
        return place_->enter(seen, model, sent_at_, rhythm);
    }

    /// True for one that has a place.
    bool is_in() const noexcept { return place_ != nullptr && place_->is_taken(); }

    /// Gives up the place.
    void leave()
    {
        if (place_ != nullptr)
            place_->leave();
    }

    /// From now on it sleeps: until the plan says that it is time to ask for the prediction, and after some time whatever it says.
    void begin(core::prediction_machine& machine)
    {
        patience_ = clock::now() + longest_silence;
        stay(machine);
        start_work_on_plan(owner_.shared_client());
    }

    /// The state of the prediction is another; it still sleeps.
    void stay(core::prediction_machine& machine)
    {
        place_->call_at(std::min(machine.latest_look(clock::now()).value_or(patience_), patience_));
    }

    /// What has come of asking is news for those that wait together. That the token is refused concerns all of them.
    void tell(boost::system::error_code failure, prediction_status status, clock::duration wish)
    {
        if (place_ != nullptr && failure)
            place_->tell_failure(wish);
        else if (place_ != nullptr)
            place_->tell(status, owner_.client().jitter());
        if (failure == condition::authentication)
            owner_.client().polls()->ask_all();
    }

private:
    // The plan asks for each prediction more often than that.
    static constexpr clock::duration longest_silence = std::chrono::minutes(15);

    operation& owner_;
    poll_place* place_;
    clock::time_point sent_at_ = clock::now();
    clock::time_point patience_{};
    bool holds_ = false;
};

} // namespace replicate::detail

#endif
