// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_POLL_DESK_HPP
#define REPLICATE_DETAIL_POLL_DESK_HPP

#include <replicate/core/poll_page.hpp>
#include <replicate/core/poll_plan.hpp>
#include <replicate/io/deadline_list.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace replicate::detail {

namespace asio = boost::asio;

class poll_place;

/// Where the runs of a client wait for their predictions together: one plan says which is asked for when, and which pages are
/// looked at. Each run asks for its own prediction, when it is called; pages are asked for by `work_on_plan`. Used on the strand alone.
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

    /// The work on the plan, from its start to its end: there is one at most.
    class shift {
    public:
        shift(poll_desk& desk, asio::steady_timer& timer)
            : desk_(desk)
        {
            desk_.timer_ = &timer;
        }
        shift(shift const&) = delete;
        shift& operator=(shift const&) = delete;
        ~shift()
        {
            desk_.timer_ = nullptr;
            desk_.is_worked_on_ = false;
        }

    private:
        poll_desk& desk_;
    };

    /// True once while nobody works on the plan; who asked is to do so.
    bool wants_work() noexcept { return !std::exchange(is_worked_on_, true); }

private:
    friend class poll_place;

    core::poll_plan plan_;
    std::unordered_map<std::string, poll_place*> places_;
    // Of the work on the plan, and gone with it: a client may outlive its execution context.
    asio::steady_timer* timer_ = nullptr;
    bool is_worked_on_ = false;
};

/// A run's place at the desk; leaves it when it goes.
class poll_place {
public:
    using clock = std::chrono::steady_clock;

    explicit poll_place(std::shared_ptr<poll_desk> desk)
        : desk_(std::move(desk))
    {
    }
    poll_place(poll_place const&) = delete;
    poll_place& operator=(poll_place const&) = delete;
    ~poll_place() { leave(); }

    /// Takes the place. False where another waits for the same prediction.
    bool enter(io::strand executor, prediction const& seen, std::string const& model, clock::time_point born,
        core::poll_rhythm rhythm)
    {
        bool const is_new = desk_->plan_.add(seen.id, seen.created_at, model, born, clock::now(), rhythm);
        if (!is_new)
            return false;
        desk_->places_.emplace(seen.id, this);
        id_ = seen.id;
        timer_.emplace(std::move(executor));
        desk_->notify();
        return true;
    }

    /// Gives up the place, if it has one.
    void leave()
    {
        if (id_.empty())
            return;
        desk_->plan_.remove(id_);
        desk_->places_.erase(id_);
        id_.clear();
        if (!desk_->has_places())
            desk_->notify();
    }

    /// True from `enter` to `leave`.
    bool is_taken() const noexcept { return !id_.empty(); }

    /// True when it is time to ask for the prediction; until its answer is told.
    bool is_called() const noexcept { return is_called_; }

    /// A state that a page showed; nothing where there is no news.
    std::optional<prediction_status> take_news() { return std::exchange(news_, std::nullopt); }

    /// The prediction was asked for, and is in this state.
    void tell(prediction_status status, double jitter)
    {
        is_called_ = false;
        if (!is_taken())
            return;
        desk_->plan_.on_get(id_, status, clock::now(), jitter);
        desk_->notify();
    }

    /// It was asked for in vain.
    void tell_failure(clock::duration wish)
    {
        is_called_ = false;
        if (!is_taken())
            return;
        core::poll_action asked;
        asked.kind = core::poll_action_kind::get;
        asked.id = id_;
        desk_->plan_.on_failed(asked, clock::now(), wish);
        desk_->notify();
    }

    /// Waits for a call or for news, until a time. Look first.
    asio::awaitable<void> wait(clock::time_point until)
    {
        boost::system::error_code ignored;
        timer_->expires_at(until);
        co_await timer_->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

private:
    friend class poll_desk;

    void call()
    {
        is_called_ = true;
        timer_->cancel();
    }

    void hear(prediction_status status)
    {
        if (status == heard_ || is_terminal(status))
            return;
        heard_ = status;
        news_ = status;
        timer_->cancel();
    }

    std::shared_ptr<poll_desk> desk_;
    std::string id_;
    std::optional<asio::steady_timer> timer_;
    std::optional<prediction_status> news_;
    prediction_status heard_ = prediction_status::starting;
    bool is_called_ = false;
};

inline void poll_desk::call(core::poll_action const& turn)
{
    auto const found = places_.find(turn.id);
    if (found != places_.end())
        found->second->call();
    else
        plan_.remove(turn.id);
}

inline void poll_desk::take(core::poll_action const& asked, core::poll_page const& page)
{
    plan_.on_list(asked, page.shown, page.complete, clock::now());
    for (core::poll_sight const& sight : page.shown) {
        auto const found = places_.find(sight.id);
        if (found != places_.end())
            found->second->hear(sight.status);
    }
    notify();
}

} // namespace replicate::detail

#endif
