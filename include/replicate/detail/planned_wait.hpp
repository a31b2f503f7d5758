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

    explicit planned_wait(operation& owner)
        : owner_(owner)
        , place_(owner.client().polls())
    {
    }
    planned_wait(planned_wait const&) = delete;
    planned_wait& operator=(planned_wait const&) = delete;
    ~planned_wait() { answered(); }

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
        if (place_.is_taken() || seen.id.empty())
            return place_.is_taken();
        core::poll_rhythm rhythm;
        rhythm.first = options.first_poll_interval;
        rhythm.longest = options.maximum_poll_interval;
        return place_.enter(owner_.client().strand(), seen, model, sent_at_, rhythm);
    }

    /// Gives up the place.
    void leave() { place_.leave(); }

    /// Waits until it is time to ask for the prediction: when the plan says so, and after some time whatever it says.
    asio::awaitable<void> wait(core::prediction_machine& machine)
    {
        start_work_on_plan(owner_.shared_client());
        clock::time_point const patience = clock::now() + longest_silence;
        while (!owner_.is_stopped() && !place_.is_called()) {
            if (auto const glimpsed = place_.take_news())
                machine.on_glimpsed(*glimpsed);
            clock::time_point const latest = std::min(machine.latest_look(clock::now()), patience);
            if (clock::now() >= latest)
                break;
            co_await place_.wait(latest);
        }
    }

    /// What has come of asking is news for those that wait together. That the token is refused concerns all of them.
    void tell(boost::system::error_code failure, prediction_status status, clock::duration wish)
    {
        if (failure)
            place_.tell_failure(wish);
        else
            place_.tell(status, owner_.client().jitter());
        if (failure == condition::authentication)
            owner_.client().polls()->ask_all();
    }

private:
    // The plan asks for each prediction more often than that.
    static constexpr clock::duration longest_silence = std::chrono::minutes(15);

    operation& owner_;
    poll_place place_;
    clock::time_point sent_at_ = clock::now();
    bool holds_ = false;
};

} // namespace replicate::detail

#endif
