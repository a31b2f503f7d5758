// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_SCHEDULER_HPP
#define REPLICATE_IO_SCHEDULER_HPP

#include <replicate/core/admission_queue.hpp>
#include <replicate/io/admission.hpp>
#include <replicate/io/deadline_list.hpp>
#include <replicate/io/rate_gate.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace replicate::io {

/// Decides when a request may go: who of those that wait is next says an `admission_queue` for each bucket, when says the rate
/// limiter. Who need not wait goes at once, without a post or a timer. Used on the strand alone.
class scheduler : public std::enable_shared_from_this<scheduler> {
public:
    using clock = std::chrono::steady_clock;
    using bucket = core::rate_bucket;

    /// A scheduler with a rate limiter of its own, or a part in a shared one where there is one, or without one. Preconditions: the
    /// limits have at least one place, the options are valid.
    static std::shared_ptr<scheduler> make(strand executor, std::shared_ptr<deadline_list> deadlines,
        core::admission_limits limits, rate_options rate, std::shared_ptr<shared_limits> shared, bool keeps_limits = true)
    {
        auto const made =
            std::make_shared<scheduler>(std::move(executor), std::move(deadlines), std::move(limits));
        if (shared && keeps_limits)
            made->join(std::move(shared));
        else
            made->gate_.emplace(rate, keeps_limits);
        return made;
    }

    /// Use `make`.
    scheduler(strand executor, std::shared_ptr<deadline_list> deadlines, core::admission_limits limits)
        : executor_(std::move(executor))
        , deadlines_(std::move(deadlines))
        , lanes_{lane(*this, bucket::create, limits), lane(*this, bucket::get_prediction, without_places(limits)),
              lane(*this, bucket::other, without_places(limits))}
    {
    }

    /// Grants a wish, when its turn comes. Throws when it is cancelled.
    asio::awaitable<admission> admit(admission_wish wish)
    {
        admission granted;
        bool const is_granted = try_admit(wish, granted);
        if (is_granted || granted.code)
            co_return granted;
        waiter one(*this, std::move(wish));
        while (!one.is_settled())
            co_await one.wait();
        co_return one.take_result();
    }

    /// Grants a wish that need not wait, or refuses one that may not wait (`granted.code` is set then). False otherwise.
    bool try_admit(admission_wish const& wish, admission& granted)
    {
        auto const now = clock::now();
        lane& its = lane_of(wish.bucket);
        if (boost::system::error_code const reason = gate_->stop_reason(wish.bucket, now)) {
            refuse(granted, reason, gate_->refusal());
            return false;
        }
        if (!its.queue.empty() || (wish.kind == core::admission_kind::creation && !its.queue.may_enter(wish.model))) {
            if (its.queue.is_full() && wish.kind != core::admission_kind::continued && !wish.is_bounded)
                refuse_for_length(granted, its.queue.size());
            return false;
        }
        core::rate_ticket const ticket = gate_->try_take(wish.bucket, wish.priority, now);
        if (ticket.number == 0)
            return false;
        granted.token = rate_token(shared_from_this(), wish.bucket, ticket);
        if (wish.kind == core::admission_kind::creation)
            granted.place = permit(shared_from_this(), its.queue.enter(wish.model));
        return true;
    }

    /// Whether it waits for the rate limits; where not, who is refused for too many waits by himself.
    bool keeps_limits() const noexcept { return gate_->keeps_limits(); }

    /// How many wait for a bucket.
    std::size_t waiting(bucket which) const noexcept { return lanes_[index_of(which)].queue.size(); }

    /// How many predictions have a place.
    std::size_t in_flight() const noexcept { return lanes_[0].queue.in_flight(); }

    /// What is known of the rate of a bucket.
    core::rate_state rate(bucket which) { return gate_->state(which, clock::now()); }

private:
    friend class permit;
    friend class rate_token;

    /// Those who wait for one bucket, and the moment when the next of them may go.
    class lane : public deadline_entry {
    public:
        lane(scheduler& owner_of_it, bucket which_it_is, core::admission_limits const& limits)
            : queue(limits)
            , owner(owner_of_it)
            , which(which_it_is)
        {
        }

        core::admission_queue queue;
        scheduler& owner;
        bucket which;
        /// For when it is armed; `max()`: not.
        clock::time_point armed = clock::time_point::max();

    private:
        void on_deadline() override
        {
            armed = clock::time_point::max();
            owner.pump(*this);
        }
    };

    /// One who waits, in the frame that does.
    class waiter : public core::admission_entry {
    public:
        waiter(scheduler& owner, admission_wish wish)
            : owner_(owner)
            , lane_of_it_(owner.lane_of(wish.bucket))
            , timer_(owner.executor_)
            , expiry_(clock::now() + wish.patience)
        {
            kind = wish.kind;
            priority = wish.priority;
            group = std::move(wish.group);
            model = std::move(wish.model);
            deadline = wish.deadline;
            lane_of_it_.queue.push(*this);
            owner_.pump(lane_of_it_);
        }
        ~waiter()
        {
            if (is_waiting())
                owner_.leave(lane_of_it_, *this);
        }

        /// Whether there is a result; what has waited too long has one.
        bool is_settled()
        {
            if (is_waiting() && clock::now() >= expiry_) {
                owner_.leave(lane_of_it_, *this);
                result_.code = errc::timed_out;
                result_.detail = "its turn did not come within timeouts.queue";
            }
            return !is_waiting();
        }

        /// Waits to be woken, or until it has waited too long. A timer belongs to the context, so that a context that is destroyed
        /// takes the waiting coroutine with it.
        asio::awaitable<void> wait()
        {
            boost::system::error_code ignored;
            timer_.expires_at(expiry_);
            co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }

        void grant(permit place, rate_token token)
        {
            result_.place = std::move(place);
            result_.token = std::move(token);
            timer_.cancel();
        }

        void refuse(boost::system::error_code reason, replicate::problem const& told)
        {
            scheduler::refuse(result_, reason, told);
            timer_.cancel();
        }

        admission take_result() { return std::move(result_); }

    private:
        scheduler& owner_;
        lane& lane_of_it_;
        asio::steady_timer timer_;
        clock::time_point expiry_;
        admission result_;
    };

    static std::size_t index_of(bucket which) noexcept { return static_cast<std::size_t>(which); }

    static core::admission_limits without_places(core::admission_limits limits)
    {
        limits.in_flight = core::admission_limits::none;
        limits.per_model = core::admission_limits::none;
        return limits;
    }

    lane& lane_of(bucket which) noexcept { return lanes_[index_of(which)]; }

    void join(std::shared_ptr<shared_limits> shared)
    {
        gate_.emplace(std::move(shared), [self = weak_from_this(), executor = executor_] {
            asio::post(executor, [self] {
                if (auto const woken = self.lock())
                    woken->pump_all();
            });
        });
    }

    /// Lets all go that may, and sees to it that the next one will.
    void pump(lane& its)
    {
        auto const now = clock::now();
        if (its.queue.empty())
            return rest(its);
        if (boost::system::error_code const reason = gate_->stop_reason(its.which, now))
            refuse_all(its, reason);
        for (core::admission_entry* first = its.queue.front(); first != nullptr; first = its.queue.front()) {
            core::rate_ticket const ticket = gate_->try_take(its.which, first->priority, now);
            if (ticket.number == 0)
                return arm(its, gate_->wait(its.which, first->priority, now));
            rate_token token(shared_from_this(), its.which, ticket);
            core::admission_place const taken = its.queue.admit(*first);
            permit place;
            if (taken != nullptr)
                place = permit(shared_from_this(), taken);
            static_cast<waiter*>(first)->grant(std::move(place), std::move(token));
        }
        rest(its);
    }

    void pump_all()
    {
        for (lane& each : lanes_)
            if (!each.queue.empty())
                pump(each);
    }

    void arm(lane& its, clock::time_point when)
    {
        if (when == its.armed)
            return;
        its.armed = when;
        if (when == clock::time_point::max())
            deadlines_->disarm(its);
        else
            deadlines_->arm(its, when);
    }

    /// There is no moment to wait for.
    void rest(lane& its)
    {
        gate_->stop_waiting(its.which, !its.queue.empty());
        arm(its, clock::time_point::max());
    }

    void leave(lane& its, core::admission_entry& entry)
    {
        its.queue.remove(entry);
        if (its.queue.empty())
            rest(its);
    }

    void give_back(core::admission_place place)
    {
        lane& creations = lane_of(bucket::create);
        creations.queue.leave(place);
        if (!creations.queue.empty())
            pump(creations);
    }

    void give_back(bucket which, core::rate_ticket ticket)
    {
        gate_->give_back(which, ticket, clock::now());
        if (!lane_of(which).queue.empty())
            pump(lane_of(which));
    }

    void learn(bucket which, core::rate_answer const& answer, problem const& told)
    {
        gate_->learn(which, answer, told, clock::now());
        pump_all();
    }

    void refuse_all(lane& its, boost::system::error_code reason)
    {
        problem const told = gate_->refusal();
        while (core::admission_entry* const first = its.queue.oldest()) {
            its.queue.remove(*first);
            static_cast<waiter*>(first)->refuse(reason, told);
        }
    }

    static void refuse(admission& result, boost::system::error_code reason, problem const& told)
    {
        result.code = reason;
        result.problem = told;
        result.detail = "not sent, because the service has refused another create for want of credit";
    }

    static void refuse_for_length(admission& result, std::size_t length)
    {
        result.code = errc::queue_full;
        result.detail = std::to_string(length) + " wait already; config.scheduler.queue_length says how many may";
    }

    strand executor_;
    std::shared_ptr<deadline_list> deadlines_;
    std::array<lane, 3> lanes_;
    std::optional<rate_gate> gate_;
};

inline void rate_token::learn(core::response const& answer, core::retry_after wish, problem const& told)
{
    auto const issuer = std::move(issuer_);
    if (issuer)
        issuer->learn(bucket_, core::rate_answer(ticket_, answer, wish, told.detail), told);
}

inline void rate_token::let_go() noexcept
{
    auto const issuer = std::move(issuer_);
    if (!issuer)
        return;
    core::rate_answer none;
    none.ticket = ticket_;
    if (sent_)
        issuer->learn(bucket_, none, problem());
    else
        issuer->give_back(bucket_, ticket_);
}

inline void permit::let_go() noexcept
{
    if (auto const issuer = std::move(issuer_))
        issuer->give_back(place_);
}

} // namespace replicate::io

#endif
