// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_WAIT_BODY_HPP
#define REPLICATE_DETAIL_WAIT_BODY_HPP

#include <replicate/core/page_target.hpp>
#include <replicate/core/prediction_machine.hpp>
#include <replicate/detail/planned_wait.hpp>
#include <replicate/detail/remote_cancel.hpp>
#include <replicate/detail/waiting.hpp>

#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <utility>
#include <variant>

namespace replicate::detail {

/// Looks at something that exists until it has ended, as a `prediction_machine` decides. Lives in the frame that awaits it.
class wait_driver {
public:
    wait_driver(operation& owner, waiting& what, wait_options const& options)
        : owner_(owner)
        , what_(what)
        , rhythm_(planned_wait::rhythm_of(polling(options), false))
        , machine_(polling(options), owner.deadline())
        , together_(owner, nullptr)
    {
    }

    /// Ends when it has ended; throws what ended the wait otherwise.
    asio::awaitable<void> perform()
    {
        core::run_action action = machine_.attach(clock::now());
        while (action.kind == core::run_action_kind::get || action.kind == core::run_action_kind::wait) {
            action = co_await take_step(action);
            if (action.kind == core::run_action_kind::give_up)
                owner_.give_up(failure_);
            if (owner_.is_stopped())
                action = machine_.on_stopped();
        }
        if (action.kind == core::run_action_kind::cancel) {
            // The cancellation that woke this coroutine has done its work; what is left to do must not be hit by it.
            co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
            co_await cancel_remotely(owner_, what_.cancellation());
        }
        if (failure_)
            owner_.make_failure(failure_).raise();
    }

private:
    using clock = std::chrono::steady_clock;

    static run_options polling(wait_options const& options)
    {
        run_options made;
        made.wait = wait::poll();
        made.on_cancel = options.on_cancel;
        made.first_poll_interval = options.first_poll_interval;
        made.maximum_poll_interval = options.maximum_poll_interval;
        return made;
    }

    /// A step, or the end of one that a stop has interrupted.
    asio::awaitable<core::run_action> take_step(core::run_action action)
    {
        core::run_action next{core::run_action_kind::abandon};
        try {
            if (action.kind == core::run_action_kind::get)
                next = co_await get();
            else
                next = co_await pause(action.pause);
        } catch (...) {
            if (!owner_.is_stopped())
                throw;
        }
        co_return next;
    }

    asio::awaitable<core::run_action> pause(clock::duration length)
    {
        owner_.context().phase = phase::wait;
        clock::time_point const until = clock::now() + length;
        if (enters_plan())
            together_.begin(machine_);
        bool is_turn = false;
        while (!is_turn && !owner_.is_stopped())
            is_turn = co_await together_.wait_awake(machine_, nullptr, until);
        co_return machine_.on_waited();
    }

    /// Predictions are waited for by the plan of all who wait for one.
    bool enters_plan()
    {
        auto const& seen = owner_.context().prediction;
        if (!seen)
            return false;
        if (!together_.is_in())
            together_.attach(*seen);
        return together_.enter_awake(*seen, seen->model, rhythm_, nullptr);
    }

    asio::awaitable<core::run_action> get()
    {
        core::api_links const links(owner_.client().base());
        core::request request = *what_.look().ask(links);
        call_result result;
        std::exception_ptr thrown;
        try {
            call look(owner_, std::move(request));
            result = co_await look.perform();
        } catch (...) {
            thrown = std::current_exception();
        }
        if (thrown)
            co_return on_thrown(std::move(thrown));
        failure_ = result.code ? result.code : adopt(std::move(result.response));
        owner_.set_last_failure(failure_ ? text_of(failure_, owner_.context()) : std::string());
        together_.tell(failure_, what_.status(), result.wish);
        if (failure_)
            co_return machine_.on_get_failed(failure_, clock::now(), owner_.client().jitter(), result.wish);
        co_return machine_.on_status(what_.status(), clock::now(), owner_.client().jitter());
    }

    /// The function that knows the token has failed. That may pass where it has worked before.
    core::run_action on_thrown(std::exception_ptr thrown)
    {
        if (!has_seen_ || owner_.is_stopped())
            std::rethrow_exception(thrown);
        failure const reason = owner_.make_failure(std::move(thrown));
        failure_ = reason.code();
        owner_.set_last_failure(text_of(failure_, reason.diagnostics()));
        together_.tell(failure_, what_.status(), {});
        return machine_.on_get_impossible(clock::now(), owner_.client().jitter());
    }

    boost::system::error_code adopt(core::response response)
    {
        response_meta meta = owner_.meta_of(response);
        try {
            what_.look().answer(std::move(response), std::move(meta));
        } catch (error const& refused) {
            owner_.context().detail = refused.diagnostics().detail;
            bool const is_deep = refused.code() == errc::nested_too_deeply;
            return is_deep ? errc::nested_too_deeply : errc::unexpected_content;
        }
        has_seen_ = true;
        owner_.context().prediction = what_.seen();
        if (owner_.context().prediction)
            notes_.see(owner_.client().notes(), *owner_.context().prediction);
        return {};
    }

    operation& owner_;
    waiting& what_;
    core::poll_rhythm rhythm_;
    core::prediction_machine machine_;
    planned_wait together_;
    prediction_notes notes_{prediction_origin::known};
    boost::system::error_code failure_;
    bool has_seen_ = false;
};

/// The body of every operation that waits for the end of what exists.
inline asio::awaitable<std::monostate> wait_body(
    operation& owner, std::shared_ptr<waiting> what, wait_options options)
{
    check(options);
    wait_driver driver(owner, *what, options);
    co_await driver.perform();
    co_return std::monostate();
}

} // namespace replicate::detail

#endif
