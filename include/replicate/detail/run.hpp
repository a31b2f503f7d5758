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
#include <replicate/detail/reconcile.hpp>
#include <replicate/detail/remote_cancel.hpp>
#include <replicate/detail/run_watch.hpp>
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

/// Carries out what a `prediction_machine` decides. Lives in the frame that awaits it.
class run_driver {
public:
    run_driver(operation& owner, model_ref model, input values, run_options options, core::run_goal goal)
        : owner_(owner)
        , model_(std::move(model))
        , values_(std::move(values))
        , options_(options)
        , watch_(options.observer)
        , machine_(std::move(options), owner.deadline(), goal)
        , together_(owner)
    {
    }

    /// Gives the prediction at its goal; throws what ended it otherwise.
    asio::awaitable<prediction> perform()
    {
        core::run_action action = machine_.start(clock::now());
        while (!is_last(action.kind)) {
            action = co_await take_step(action);
            bool const gives_up = owner_.is_stopped() || watch_.failure();
            if (gives_up && !leaving_) {
                leaving_ = true;
                together_.leave();
                // The cancellation that woke this coroutine has done its work; what is left to do must not be hit by it.
                co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
                action = machine_.on_stopped();
            }
        }
        co_return conclude(action);
    }

private:
    using clock = std::chrono::steady_clock;

    static bool is_last(core::run_action_kind kind) noexcept
    {
        return kind == core::run_action_kind::finish || kind == core::run_action_kind::fail
            || kind == core::run_action_kind::abandon;
    }

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
        auto const target = owner_.client().versions().resolve(model_);
        auto request = creation_of(target, server_wait);
        claim_.begin(owner_.shared_client(), signature_of(target));
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
                claim_.on_lost(result.response);
                co_return machine_.on_create_lost(failure_ == errc::created_id_lost);
            }
            claim_.release();
            bool const by_name = model_.kind() == model_ref::form::model && !by_reference_;
            refused_version_ = by_name ? std::string(target.version()) : std::string();
            co_return machine_.on_create_failed(failure_, by_name, !refused_version_.empty());
        }
        failure_ = {};
        claim_.on_created(seen_);
        bool const all_there = result.response.status != 202 && !rescued_;
        co_return machine_.on_created(seen_, all_there, clock::now(), owner_.client().jitter());
    }

    core::request creation_of(model_ref const& target, std::chrono::seconds server_wait)
    {
        std::optional<std::string> const webhook = watch_.webhook(options_, owner_.client());
        auto const events = run_watch::webhook_events(options_);
        if (by_reference_)
            return core::creation_request("/predictions", model_.str(), values_, server_wait,
                machine_.cancel_after(clock::now()), webhook, events);
        return core::create_prediction_request(
            target, values_, server_wait, machine_.cancel_after(clock::now()), webhook, events);
    }

    core::create_signature signature_of(model_ref const& target)
    {
        core::create_signature made(by_reference_ ? model_ : target, values_.object());
        made.webhook = watch_.webhook(options_, owner_.client());
        made.cancel_after = machine_.cancel_after(clock::now());
        return made;
    }

    /// Finds out what became of a create whose answer was lost; in the background, if the caller goes meanwhile and the prediction is to be
    /// cancelled then.
    asio::awaitable<core::run_action> reconcile()
    {
        owner_.shield(options_.on_cancel == on_cancel::cancel_remote);
        core::create_verdict const verdict = co_await wait_for_verdict(owner_, claim_, watch_.mailbox());
        owner_.shield(false);
        core::run_action next;
        if (verdict.kind == core::create_verdict_kind::adopt) {
            claim_.release();
            seen_.id = verdict.id;
            notes_.set_adopted();
            failure_ = {};
            owner_.context().detail.clear();
            keep_seen();
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
        owner_.client().versions().forget(model_);
        call look(owner_, core::get_model_request(model_));
        call_result const result = co_await look.perform();
        auto const document = core::parse_document(result.code ? "null" : result.response.body);
        std::string const version = document ? core::latest_version_of(*document) : std::string();
        // A model without a version that can be named may still be run by its name where versions are.
        by_reference_ = version.empty() && document && document->is_object();
        // A version that was remembered, and is the latest still, was refused for another reason.
        bool const is_new = version.empty() ? by_reference_ : version != refused_version_;
        if (!version.empty())
            remember_version(*document, version);
        if (!is_new)
            owner_.context() = refusal;
        co_return machine_.on_version_looked_up(is_new, clock::now());
    }

    void remember_version(json::value const& model, std::string const& version)
    {
        core::version_memory& memory = owner_.client().versions();
        memory.remember(model_, version);
        json::value const* const latest = find_member(&model, "latest_version");
        if (json::value const* const schema = find_member(latest, "openapi_schema"))
            memory.remember_output(version, core::output_kind_of(*schema, text_at(latest, "cog_version")));
    }

    asio::awaitable<core::run_action> wait(clock::duration length)
    {
        owner_.context().phase = phase::wait;
        if (watch_.mailbox() != nullptr && !leaving_) {
            core::run_action next = co_await wait_for_webhook(clock::now() + length);
            co_return next;
        }
        // An observer wants to know more of a prediction than how it ends.
        bool const is_planned = !leaving_ && !options_.observer && together_.enter(seen_, model_.str(), options_);
        if (is_planned) {
            co_await together_.wait(machine_);
            co_return machine_.on_waited();
        }
        boost::system::error_code ignored;
        asio::steady_timer timer(owner_.client().strand(), length);
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        co_return machine_.on_waited();
    }

    asio::awaitable<core::run_action> wait_for_webhook(clock::time_point until)
    {
        while (!owner_.is_stopped() && !watch_.failure()) {
            if (auto state = watch_.mailbox()->take(seen_.id)) {
                if (update_finder::is_older(state->status, seen_.status))
                    continue;
                take_webhook(std::move(*state));
                co_return machine_.on_seen(seen_, clock::now(), owner_.client().jitter());
            }
            if (watch_.notices_end())
                co_return machine_.on_webhooks_ended();
            if (clock::now() >= until)
                break;
            co_await watch_.mailbox()->wait(until);
        }
        co_return machine_.on_waited();
    }

    /// What a webhook tells, perhaps without the model.
    void take_webhook(prediction told)
    {
        if (told.model.empty())
            told.model = seen_.model;
        told.set_meta(seen_.meta());
        seen_ = std::move(told);
        failure_ = {};
        owner_.set_last_failure(std::string());
        keep_seen();
    }

    /// Remembers what was seen for failures, and tells the observer, while somebody wants to know.
    void keep_seen()
    {
        notes_.see(owner_.client().notes(), seen_, asked_for());
        owner_.context().prediction = std::make_shared<prediction const>(seen_);
        if (!leaving_ && !owner_.is_stopped())
            watch_.tell(seen_);
    }

    /// What was asked for, for those who hear of it.
    std::string asked_for() const { return owner_.client().notes().is_heard() ? model_.str() : std::string(); }

    asio::awaitable<core::run_action> get()
    {
        call_result result;
        std::exception_ptr thrown;
        try {
            call look(owner_, core::get_prediction_request(seen_.id));
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
        together_.tell(failure_, seen_.status, result.wish);
        if (failure_)
            co_return machine_.on_get_failed(failure_, clock::now(), owner_.client().jitter(), result.wish);
        co_return machine_.on_seen(seen_, clock::now(), owner_.client().jitter());
    }

    /// The function that knows the token has failed. That may pass, and the prediction is paid for.
    core::run_action on_thrown(std::exception_ptr thrown)
    {
        failure const reason = owner_.make_failure(std::move(thrown));
        failure_ = reason.code();
        owner_.set_last_failure(text_of(failure_, reason.diagnostics()));
        together_.tell(failure_, seen_.status, {});
        return machine_.on_get_impossible(clock::now(), owner_.client().jitter());
    }

    /// The answer to a create may come late: after a refusal for too many requests, or a connection that failed.
    std::function<void(core::request&)> wait_renewal()
    {
        return [this](core::request& what) {
            claim_.on_try();
            core::set_server_wait(what, together_.hold(machine_));
        };
    }

    /// It has taken too long. The caller is told at once; what becomes of the prediction is seen to afterwards.
    void time_out()
    {
        owner_.give_up(seen_.status == prediction_status::starting ? errc::start_timed_out : errc::running_timed_out);
    }

    /// The caller has gone.
    asio::awaitable<void> cancel() { return cancel_remotely(owner_, core::cancel_prediction_request(seen_.id)); }

    /// Takes the prediction out of a good answer, or at least its id out of one that was cut short.
    bool adopt(core::response const& response)
    {
        if (response.status < 200 || response.status > 299)
            return false;
        auto document = core::parse_document(response.body);
        json::object const* const object = document ? document->if_object() : nullptr;
        bool const whole = object != nullptr && is_ours(text_member(*object, "id"));
        if (whole)
            seen_ = prediction::from_json(std::move(*document));
        else if (std::string id = core::rescued_prediction_id(response.body); seen_.id.empty() && is_ours(id))
            seen_.id = std::move(id);
        else
            return false;
        rescued_ = !whole;
        seen_.set_meta(owner_.meta_of(response));
        keep_seen();
        return true;
    }

    /// An id that may stand in a path, and no other than the one that was asked for.
    bool is_ours(std::string_view id) const
    {
        return core::is_safe_segment(id) && (seen_.id.empty() || seen_.id == id);
    }

    prediction conclude(core::run_action action)
    {
        if (watch_.failure())
            std::rethrow_exception(watch_.failure());
        if (action.kind == core::run_action_kind::abandon)
            failure_ = asio::error::operation_aborted;
        if (failure_)
            owner_.make_failure(failure_).raise();
        return std::move(seen_);
    }

    operation& owner_;
    model_ref model_;
    input values_;
    run_options options_;
    run_watch watch_;
    prediction_notes notes_{prediction_origin::created};
    core::prediction_machine machine_;
    create_claim claim_;
    planned_wait together_;
    prediction seen_;
    boost::system::error_code failure_;
    std::string refused_version_;
    bool rescued_ = false;
    bool by_reference_ = false;
    bool leaving_ = false;
};

} // namespace replicate::detail

#endif
