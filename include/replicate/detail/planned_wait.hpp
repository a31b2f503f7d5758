// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_PLANNED_WAIT_HPP
#define REPLICATE_DETAIL_PLANNED_WAIT_HPP

#include <replicate/core/prediction_machine.hpp>
#include <replicate/detail/awake_place.hpp>
#include <replicate/detail/poll_work.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
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
        std::chrono::seconds const wait = owner_.client().held_answers().take(machine.hold(sent_at_), owner_.standing().priority, holds_);
        machine.hold_no_longer(wait, sent_at_);
        return wait;
    }

    /// It waits for what was created before: this, which was seen just now.
    void attach(prediction const& seen)
    {
        auto const date = seen.meta().server_date;
        if (date && seen.created_at && *seen.created_at < *date)
            sent_at_ = clock::now() - std::chrono::duration_cast<clock::duration>(*date - *seen.created_at);
    }

    /// The create was answered, or will not be.
    void answered()
    {
        if (std::exchange(holds_, false))
            owner_.client().held_answers().give_back();
    }

    /// Takes a place among those that wait by the plan, once, for one that sleeps then. False where that is not possible.
    bool enter(prediction const& seen, std::string const& model, core::poll_rhythm rhythm)
    {
        return place_ != nullptr && place_->enter(seen, model, sent_at_, rhythm);
    }

    /// How often to ask where nothing better is known. `listens`: webhooks may come.
    static core::poll_rhythm rhythm_of(run_options const& options, bool listens)
    {
        core::poll_rhythm rhythm{options.first_poll_interval, options.maximum_poll_interval};
        if (listens) {
            rhythm.first = rhythm.longest = options.wait.safety_poll();
            rhythm.interest = core::poll_interest::safety;
        } else if (options.observer) {
            rhythm.interest = core::poll_interest::progress;
        }
        return rhythm;
    }

    /// The same for one that stays awake; it may have its place already. `mailbox`: what it listens to; null for nothing.
    bool enter_awake(prediction const& seen, std::string const& model, core::poll_rhythm rhythm, webhook_mailbox* mailbox)
    {
        if (!awake_) {
            awake_ = std::make_unique<awake_place>(owner_, mailbox);
            place_ = awake_.get();
        }
        return is_in() || enter(seen, model, rhythm);
    }

    /// For one that stays awake: true when its turn has come, or this time where it has no place; false when something else has happened,
    /// which may be in its mailbox.
    asio::awaitable<bool> wait_awake(core::prediction_machine& machine, webhook_mailbox* mailbox, clock::time_point until)
    {
        bool const has_place = awake_ && awake_->is_taken();
        if (has_place)
            take_glimpse(machine);
        bool const is_turn = has_place ? awake_->take_call() : clock::now() >= until;
        if (is_turn)
            co_return true;
        if (has_place)
            until = clock::time_point::max();
        if (mailbox != nullptr)
            co_await mailbox->wait(until);
        else if (has_place)
            co_await awake_->wait();
        else
            co_await wait_until(until);
        co_return false;
    }

    /// True for one that has a place.
    bool is_in() const noexcept { return place_ != nullptr && place_->is_taken(); }

    /// Gives up the place.
    void leave()
    {
        if (place_ != nullptr)
            place_->leave();
    }

    /// From now on it waits: until the plan says that it is time to ask for the prediction, and after some time whatever it says.
    void begin(core::prediction_machine& machine)
    {
        patience_ = clock::now() + longest_silence;
        stay(machine);
        start_work_on_plan(owner_.shared_client());
    }

    /// The state of the prediction is another; it still waits.
    void stay(core::prediction_machine& machine)
    {
        place_->call_at(std::min(machine.latest_look(clock::now()).value_or(patience_), patience_));
    }

    /// The prediction was seen, however.
    void tell(prediction_status status)
    {
        if (place_ != nullptr)
            place_->tell(status, owner_.client().jitter());
    }

    /// What has come of asking is news for those that wait together. That the token is refused concerns all of them.
    void tell(boost::system::error_code failure, prediction_status status, clock::duration wish)
    {
        if (place_ != nullptr && failure)
            place_->tell_failure(wish);
        else
            tell(status);
        if (failure == condition::authentication)
            owner_.client().polls()->ask_all();
    }

private:
    void take_glimpse(core::prediction_machine& machine)
    {
        std::optional<prediction_status> const status = awake_->take_glimpse();
        if (!status)
            return;
        machine.on_glimpsed(*status);
        stay(machine);
    }

    asio::awaitable<void> wait_until(clock::time_point until)
    {
        boost::system::error_code ignored;
        asio::steady_timer timer(owner_.client().strand(), until);
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    // The plan asks for each prediction more often than that.
    static constexpr clock::duration longest_silence = std::chrono::minutes(15);

    operation& owner_;
    // That of one that stays awake is the other one.
    poll_place* place_;
    std::unique_ptr<awake_place> awake_;
    clock::time_point sent_at_ = clock::now();
    clock::time_point patience_{};
    bool holds_ = false;
};

} // namespace replicate::detail

#endif
