// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_RUN_HPP
#define REPLICATE_DETAIL_RUN_HPP

#include <replicate/core/prediction_machine.hpp>
#include <replicate/core/prediction_requests.hpp>
#include <replicate/core/rescued_id.hpp>
#include <replicate/detail/planned_wait.hpp>
#include <replicate/detail/prediction_notes.hpp>
#include <replicate/detail/remote_cancel.hpp>
#include <replicate/detail/run_order.hpp>
#include <replicate/detail/run_watch.hpp>
#include <replicate/detail/seen_prediction.hpp>
#include <replicate/output.hpp>

#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::detail {

/// Carries out what a `prediction_machine` decides.
class run_driver {
public:
    /// `options` must outlive it. `place`: where it may sleep while its prediction goes on; null for nowhere. Then it has no coroutine, and
    /// keeps next to nothing.
    run_driver(operation& owner, model_ref model, input values, std::shared_ptr<run_options const> const& options, core::run_goal goal,
        poll_place* place = nullptr)
        : owner_(owner)
        , options_(*options)
        , order_(std::make_unique<run_order>(std::move(model), std::move(values)))
        , watch_(options_)
        , machine_(options, owner.deadline(), goal)
        , together_(owner, place)
        , action_(machine_.start(clock::now()))
    {
    }

    /// Goes on until the prediction is at its goal (true) or sleeps (false). Throws what ended it otherwise.
    asio::awaitable<bool> go_on()
    {
        if (std::exchange(sleeps_, false))
            action_ = machine_.on_waited();
        for (;;) {
            bool const gives_up = owner_.is_stopped() || watch_.failure();
            if (gives_up && !std::exchange(leaving_, true)) {
                together_.leave();
                // The cancellation that woke this coroutine has done its work; what is left to do must not be hit by it.
                co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
                action_ = machine_.on_stopped();
            }
            if (core::is_last(action_.kind))
                break;
            if (falls_asleep())
                co_return false;
            action_ = co_await take_step(action_);
        }
        check_end();
        co_return true;
    }

    /// The prediction at its goal.
    prediction const& result() const noexcept { return *seen_; }

    /// It sleeps from now on, and keeps of the prediction only what it was read from.
    void begin_sleep()
    {
        seen_.put_away();
        owner_.context().prediction = seen_.shared(); // which is null, but for one of which no more than the id is known
        together_.begin(machine_);
    }

    /// It will go on.
    void end_sleep()
    {
        seen_.take_out();
        owner_.context().prediction = seen_.shared();
    }

    /// A page shows the prediction in this state while it sleeps.
    void on_glimpsed(prediction_status status)
    {
        machine_.on_glimpsed(status);
        together_.stay(machine_);
    }

private:
    using clock = std::chrono::steady_clock;

    /// Instead of a wait with a timer of its own, where that is possible.
    bool falls_asleep()
    {
        bool const may_sleep = action_.kind == core::run_action_kind::wait && !leaving_ && seen_ && !stays_awake();
        sleeps_ = may_sleep && (together_.is_in() || (order_ && together_.enter(*seen_, order_->model.str(), rhythm())));
        if (sleeps_) {
            asked_for_ = asked_for();
            order_.reset();
        }
        return sleeps_;
    }

    /// An observer wants to know more of a prediction than how it ends.
    bool stays_awake() { return options_.observer || watch_.mailbox() != nullptr; }

    core::poll_rhythm rhythm() { return planned_wait::rhythm_of(options_, watch_.listens()); }

    /// A step, or the end of one that the caller's going away has interrupted.
    asio::awaitable<core::run_action> take_step(core::run_action action)
    {
        core::run_action next{core::run_action_kind::abandon};
        try {
            next = co_await act(action);
        } catch (...) {
            if (!owner_.is_stopped() || leaving_)
                throw;
        }
        co_return next;
    }

    asio::awaitable<core::run_action> act(core::run_action action)
    {
        core::run_action next{core::run_action_kind::abandon};
        switch (action.kind) {
        case core::run_action_kind::create: next = co_await create(action.server_wait); break;
        case core::run_action_kind::look_up_version: next = co_await look_up_version(); break;
        case core::run_action_kind::reconcile: next = co_await reconcile(); break;
        case core::run_action_kind::wait: next = co_await wait(action.pause); break;
        case core::run_action_kind::get: next = co_await get(); break;
        case core::run_action_kind::cancel: co_await cancel(); break;
        case core::run_action_kind::time_out: time_out(); break;
        case core::run_action_kind::give_up: owner_.give_up(failure_); break;
        case core::run_action_kind::finish:
        case core::run_action_kind::fail:
        case core::run_action_kind::abandon: break;
        }
        co_return next;
    }

    asio::awaitable<core::run_action> create(std::chrono::seconds server_wait)
    {
        core::request request = place_order(server_wait);
        bool const worth_waiting = options_.on_cancel == on_cancel::cancel_remote;
        call creation(owner_, std::move(request), worth_waiting ? when_sent::let_it_end : when_sent::interrupt);
        creation.before_each_try(wait_renewal());
        call_result result = co_await creation.perform();
        together_.answered();
        failure_ = result.code;
        if (!adopt(result.response)) {
            if (!failure_)
                failure_ = errc::created_id_lost;
            if (failure_ == condition::outcome_unknown) {
                order_->claim.on_lost(result.response);
                co_return machine_.on_create_lost(failure_ == errc::created_id_lost);
            }
            order_->claim.release();
            bool const by_name = order_->is_by_name();
            if (!by_name)
                order_->tried_version.clear();
            co_return machine_.on_create_failed(failure_, by_name, !order_->tried_version.empty());
        }
        failure_ = {};
        order_->claim.on_created(*seen_);
        owner_.on_created();
        bool const all_there = result.response.status != 202 && !rescued_;
        co_return machine_.on_created(*seen_, all_there, clock::now(), owner_.client().jitter());
    }

    /// What asks for the prediction, and what it is known by.
    core::request place_order(std::chrono::seconds server_wait)
    {
        auto const target = owner_.client().versions().resolve(order_->model);
        std::optional<std::string> const webhook = watch_.webhook(options_, owner_.client());
        std::optional<std::chrono::seconds> const cancel_after = machine_.cancel_after(clock::now());
        order_->begin(owner_.shared_client(), target, cancel_after, webhook);
        return order_->request(target, server_wait, cancel_after, webhook, run_watch::webhook_events(options_));
    }

    /// Finds out what became of a create whose answer was lost; in the background, if the caller goes meanwhile and the prediction is to be
    /// cancelled then.
    asio::awaitable<core::run_action> reconcile()
    {
        owner_.shield(options_.on_cancel == on_cancel::cancel_remote);
        core::create_verdict const verdict = co_await wait_for_verdict(owner_, order_->claim, watch_.mailbox());
        owner_.shield(false);
        core::run_action next;
        if (verdict.kind == core::create_verdict_kind::adopt) {
            order_->claim.release();
            notes_.set_adopted();
            keep_id(verdict.id);
            owner_.on_created();
            failure_ = {};
            owner_.context().detail.clear();
            next = machine_.on_found(clock::now());
        } else {
            if (!verdict.evidence.empty())
                owner_.context().detail += (owner_.context().detail.empty() ? "" : "; ") + verdict.evidence;
            next = machine_.on_not_found(clock::now());
        }
        if (owner_.is_stopped())
            next = machine_.on_stopped();
        co_return next;
    }

    /// Finds out what "not found" meant. The refusal of the create is kept, in case this helps nothing.
    asio::awaitable<core::run_action> look_up_version()
    {
        replicate::diagnostics const refusal = owner_.context();
        bool const is_new = co_await look_up_latest_version(owner_, *order_);
        if (!is_new)
            owner_.context() = refusal;
        co_return machine_.on_version_looked_up(is_new, clock::now());
    }

    /// For so long, or until it is its turn by the plan of all, or until a webhook comes.
    asio::awaitable<core::run_action> wait(clock::duration length)
    {
        owner_.context().phase = phase::wait;
        clock::time_point const until = clock::now() + length;
        if (stays_awake() && together_.enter_awake(*seen_, order_->model.str(), rhythm(), watch_.mailbox()))
            together_.begin(machine_);
        bool is_turn = false;
        while (!is_turn && !owner_.is_stopped() && !watch_.failure()) {
            if (auto next = take_webhooks())
                co_return *next;
            is_turn = co_await together_.wait_awake(machine_, watch_.mailbox(), until);
        }
        co_return machine_.on_waited();
    }

    /// What to do after the webhooks that have come; nothing where they say nothing new.
    std::optional<core::run_action> take_webhooks()
    {
        webhook_mailbox* const mailbox = watch_.mailbox();
        std::optional<prediction> state;
        while (mailbox != nullptr && (state = mailbox->take(seen_->id))) {
            if (update_finder::is_older(state->status, seen_->status))
                continue;
            take_webhook(std::move(*state));
            together_.tell(seen_->status);
            return machine_.on_seen(*seen_, clock::now(), owner_.client().jitter());
        }
        if (mailbox == nullptr || !watch_.notices_end())
            return std::nullopt;
        together_.leave(); // and comes again with the rhythm of one that has only polls
        return machine_.on_webhooks_ended();
    }

    /// What a webhook tells, perhaps without the model.
    void take_webhook(prediction told)
    {
        if (told.model.empty())
            told.model = seen_->model;
        told.set_meta(seen_->meta());
        failure_ = {};
        owner_.set_last_failure(std::string());
        keep(std::move(told));
    }

    /// Remembers what was seen, for failures too, and tells the observer while somebody wants to know.
    void keep(prediction seen, std::string text = std::string())
    {
        notes_.see(owner_.client().notes(), seen, asked_for());
        seen_.set(std::move(seen), std::move(text));
        owner_.context().prediction = seen_.shared();
        if (!leaving_ && !owner_.is_stopped())
            watch_.tell(*seen_);
    }

    /// What was asked for, for those who hear of it.
    std::string asked_for() const
    {
        return order_ && owner_.client().notes().is_heard() ? order_->model.str() : asked_for_;
    }

    /// No more than its id is known.
    void keep_id(std::string id)
    {
        prediction known;
        known.id = std::move(id);
        keep(std::move(known));
    }

    asio::awaitable<core::run_action> get()
    {
        call_result result;
        std::exception_ptr thrown;
        try {
            call look(owner_, core::get_prediction_request(seen_->id));
            result = co_await look.perform();
        } catch (...) {
            thrown = std::current_exception();
        }
        if (thrown)
            co_return on_thrown(std::move(thrown));
        failure_ = result.code;
        if (!failure_ && !adopt(result.response))
            failure_ = core::why_unexpected(result.response.body);
        owner_.set_last_failure(failure_ ? text_of(failure_, owner_.context()) : std::string());
        together_.tell(failure_, seen_->status, result.wish);
        if (failure_)
            co_return machine_.on_get_failed(failure_, clock::now(), owner_.client().jitter(), result.wish);
        co_return machine_.on_seen(*seen_, clock::now(), owner_.client().jitter());
    }

    /// The function that knows the token has failed. That may pass, and the prediction is paid for.
    core::run_action on_thrown(std::exception_ptr thrown)
    {
        failure const reason = owner_.make_failure(std::move(thrown));
        failure_ = reason.code();
        owner_.set_last_failure(text_of(failure_, reason.diagnostics()));
        together_.tell(failure_, seen_->status, {});
        return machine_.on_get_impossible(clock::now(), owner_.client().jitter());
    }

    /// The answer to a create may come late: after a refusal for too many requests, or a connection that failed.
    std::function<void(core::request&)> wait_renewal()
    {
        return [this](core::request& what) {
            order_->claim.on_try();
            core::set_server_wait(what, together_.hold(machine_));
        };
    }

    /// It has taken too long. The caller is told at once; what becomes of the prediction is seen to afterwards.
    void time_out()
    {
        owner_.give_up(seen_->status == prediction_status::starting ? errc::start_timed_out : errc::running_timed_out);
    }

    /// The caller has gone.
    asio::awaitable<void> cancel() { return cancel_remotely(owner_, core::cancel_prediction_request(seen_->id)); }

    /// Takes the prediction out of a good answer, or at least its id out of one that was cut short.
    bool adopt(core::response& response)
    {
        if (response.status < 200 || response.status > 299)
            return false;
        auto document = core::parse_document(response.body);
        json::object const* const object = document ? document->if_object() : nullptr;
        bool const whole = object != nullptr && is_ours(text_member(*object, "id"));
        prediction told;
        if (whole)
            told = prediction::from_json(std::move(*document));
        else if (std::string id = core::rescued_prediction_id(response.body); !seen_ && is_ours(id))
            told.id = std::move(id);
        else
            return false;
        rescued_ = !whole;
        told.set_meta(owner_.meta_of(response));
        keep(std::move(told), whole ? std::move(response.body) : std::string());
        return true;
    }

    /// An id that may stand in a path, and no other than the one that was asked for.
    bool is_ours(std::string_view id) const
    {
        return core::is_safe_segment(id) && (!seen_ || seen_->id == id);
    }

    /// Throws where it has ended otherwise than at its goal.
    void check_end()
    {
        if (watch_.failure())
            std::rethrow_exception(watch_.failure());
        if (action_.kind == core::run_action_kind::abandon)
            failure_ = asio::error::operation_aborted;
        if (failure_)
            owner_.make_failure(failure_).raise();
    }

    operation& owner_;
    run_options const& options_;
    std::unique_ptr<run_order> order_;
    // Where that is needed no more.
    std::string asked_for_;
    run_watch watch_;
    prediction_notes notes_{prediction_origin::created};
    core::prediction_machine machine_;
    planned_wait together_;
    core::run_action action_;
    seen_prediction seen_;
    boost::system::error_code failure_;
    bool rescued_ = false;
    bool leaving_ = false;
    bool sleeps_ = false;
};

} // namespace replicate::detail

#endif
