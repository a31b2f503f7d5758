// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_POLL_DESK_HPP
#define REPLICATE_DETAIL_POLL_DESK_HPP

#include <replicate/core/poll_page.hpp>
#include <replicate/core/poll_plan.hpp>
#include <replicate/io/deadline_list.hpp>

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace replicate::detail {

namespace asio = boost::asio;

class poll_place;

/// Where the runs of a client wait for their predictions together: one plan says which is asked for when, and which pages are
/// looked at. Each run sleeps, and asks for its own prediction when it is called; pages are asked for by `work_on_plan`. Used on the
/// strand alone.
class poll_desk {
public:
    using clock = std::chrono::steady_clock;

    /// True while somebody waits.
    bool has_places() const noexcept { return !places_.empty(); }

    /// What is to be done now.
    core::poll_action next(double jitter) { return plan_.next(clock::now(), jitter); }

    /// It is the turn of this prediction: the run that waits for it asks for it.
    void call(core::poll_action const& turn);

    /// A page has come.
    void take(core::poll_action const& asked, core::poll_page const& page);

    /// A page has not come.
    void fail(core::poll_action const& asked, clock::duration wish)
    {
        plan_.on_failed(asked, clock::now(), wish);
        notify();
    }

    /// A page is not wanted any more.
    void drop(core::poll_action const& asked)
    {
        plan_.on_list_dropped(asked, clock::now());
        notify();
    }

    /// Each is asked for as soon as may be: what one was answered concerns all.
    void ask_all()
    {
        plan_.ask_all(clock::now());
        notify();
    }

    /// Makes the work on the plan look at it anew.
    void notify()
    {
        if (timer_ != nullptr)
            timer_->cancel();
    }

    /// The work on the plan, from its start to its end: there is one at most. The execution context owns it, and by it those that sleep:
    /// when it goes, they go.
    class shift {
    public:
        shift(std::shared_ptr<poll_desk> desk, io::strand executor)
            : timer(std::move(executor))
            , desk_(std::move(desk))
        {
            desk_->timer_ = &timer;
        }
        shift(shift const&) = delete;
        shift& operator=(shift const&) = delete;
        ~shift()
        {
            desk_->timer_ = nullptr;
            desk_->is_worked_on_ = false;
            desk_->forsake_all();
        }

        /// Until there is something to do.
        asio::steady_timer timer;

    private:
        std::shared_ptr<poll_desk> desk_;
    };

    /// True once while nobody works on the plan; who asked is to do so.
    bool wants_work() noexcept { return !std::exchange(is_worked_on_, true); }

private:
    friend class poll_place;

    void forsake_all();

    core::poll_plan plan_;
    std::unordered_map<std::string, poll_place*> places_;
    // Of the work on the plan, and gone with it: a client may outlive its execution context.
    asio::steady_timer* timer_ = nullptr;
    bool is_worked_on_ = false;
};

/// The place at the desk of one that waits for its prediction; it leaves it when it goes.
class poll_place : private io::deadline_entry {
public:
    using clock = std::chrono::steady_clock;

    /// The desk and the deadlines must outlive it.
    poll_place(poll_desk& desk, io::deadline_list& deadlines)
        : desk_(desk)
        , deadlines_(deadlines)
    {
    }
    virtual ~poll_place() { leave(); }

    /// Takes the place. False where another waits for the same prediction.
    bool enter(prediction const& seen, std::string const& model, clock::time_point born, core::poll_rhythm rhythm)
    {
        bool const is_new = desk_.plan_.add(seen.id, seen.created_at, model, born, clock::now(), rhythm);
        if (!is_new)
            return false;
        id_ = &desk_.places_.emplace(seen.id, this).first->first;
        desk_.notify();
        return true;
    }

    /// Gives up the place, if it has one.
    void leave()
    {
        if (id_ == nullptr)
            return;
        deadlines_.disarm(*this);
        desk_.plan_.remove(*id_);
        desk_.places_.erase(desk_.places_.find(*std::exchange(id_, nullptr)));
        if (!desk_.has_places())
            desk_.notify();
    }

    /// True from `enter` to `leave`.
    bool is_taken() const noexcept { return id_ != nullptr; }

    /// The prediction was asked for, and is in this state.
    void tell(prediction_status status, double jitter)
    {
        if (!is_taken())
            return;
        desk_.plan_.on_get(*id_, status, clock::now(), jitter);
        desk_.notify();
    }

    /// It was asked for in vain.
    void tell_failure(clock::duration wish)
    {
        if (!is_taken())
            return;
        core::poll_action asked;
        asked.kind = core::poll_action_kind::get;
        asked.id = *id_;
        desk_.plan_.on_failed(asked, clock::now(), wish);
        desk_.notify();
    }

    /// It is called then, whatever the plan says.
    void call_at(clock::time_point latest)
    {
        if (!is_linked() || time() != latest)
            deadlines_.arm(*this, latest);
    }

private:
    friend class poll_desk;

    /// It is time to ask for the prediction. It may have been called already.
    virtual void on_called() = 0;
    /// A page shows the prediction in this state, which is not its end.
    virtual void on_glimpsed(prediction_status status) = 0;
    /// Nobody will call it: the execution context goes, and it has to go too. It may be destroyed by this.
    virtual void on_forsaken() = 0;

    void on_deadline() override { on_called(); }

    poll_desk& desk_;
    io::deadline_list& deadlines_;
    // The key by which the desk knows it; null without a place.
    std::string const* id_ = nullptr;
};

inline void poll_desk::call(core::poll_action const& turn)
{
    auto const found = places_.find(turn.id);
    if (found != places_.end())
        found->second->on_called();
    else
        plan_.remove(turn.id);
}

inline void poll_desk::take(core::poll_action const& asked, core::poll_page const& page)
{
    plan_.on_list(asked, page.shown, page.complete, clock::now());
    for (core::poll_sight const& sight : page.shown) {
        auto const found = places_.find(sight.id);
        if (found != places_.end() && !is_terminal(sight.status))
            found->second->on_glimpsed(sight.status);
    }
    notify();
}

inline void poll_desk::forsake_all()
{
    while (!places_.empty()) {
        poll_place* const one = places_.begin()->second;
        plan_.remove(places_.begin()->first);
        places_.erase(places_.begin());
        one->id_ = nullptr;
        one->on_forsaken();
    }
}

} // namespace replicate::detail

#endif
