// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_RUN_OPERATION_HPP
#define REPLICATE_DETAIL_RUN_OPERATION_HPP

#include <replicate/core/interruption.hpp>
#include <replicate/detail/run_body.hpp>
#include <replicate/output.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace replicate::detail {

/// How far a run has come.
enum class run_stage {
    /// It has got its turn.
    admitted,
    /// Its prediction exists.
    created,
    /// Its prediction has ended because the service has interrupted it, and it is run again.
    interrupted
};

/// Is told how far a run has come, on the strand, and what an interrupted prediction has cost: `interrupted` each time, each other stage
/// once at most, and nothing after the end.
using run_follower = std::function<void(run_stage, prediction_metrics const&)>;

/// One `async_run`, or one input of an `async_map`. Thousands may wait at once: while its prediction is waited for by the plan of all it
/// sleeps, and has no coroutine.
class run_operation final : public typed_operation<output>, private sleeper, private poll_place {
public:
    /// `follower` may be empty; who follows sees to it that not too many wait.
    run_operation(std::shared_ptr<client_state> client, std::chrono::steady_clock::duration timeout, erased_handler<output> handler,
        run_request what, std::shared_ptr<run_options const> options, run_follower follower)
        : typed_operation(std::move(client), timeout, std::move(handler))
        , poll_place(*this->client().polls(), this->client().deadlines())
        , options_(std::move(options))
        , order_(std::make_unique<run_request>(std::move(what)))
        , follower_(std::move(follower))
        , reruns_left_(options_->reruns)
    {
    }

    /// Goes on from its start, or its sleep, until the prediction has ended (true) or sleeps (false).
    asio::awaitable<bool> go_on()
    {
        if (!task_) {
            begin();
            // Not at once: a cancellation that the caller asked for before may still be in the queue of its executor.
            co_await asio::post(client().strand(), asio::use_awaitable);
            if (is_cancel_requested() || is_stopped())
                make_failure(asio::error::operation_aborted).raise(); // and nothing is sent
            check(*options_);
            bool const is_followed = follower_ != nullptr;
            co_await take_place_of_run(*this, place_name(order_->model), options_->priority, options_->group, is_followed);
            tell(run_stage::admitted);
            begin_prediction();
        }
        for (;;) {
            bool const is_at_goal = co_await task_->go_on();
            if (!is_at_goal) {
                self_ = std::static_pointer_cast<run_operation>(shared_from_this());
                fall_asleep(*this);
                task_->begin_sleep();
                co_return false;
            }
            if (!runs_again())
                break;
            begin_prediction();
        }
        co_return true;
    }

    /// What came of it; throws where it has ended badly.
    output result()
    {
        prediction ended = task_->result();
        close();
        bool const ended_badly = ended.is_terminal() && ended.status != prediction_status::succeeded;
        if (ended_badly)
            make_failure(make_error_code(code_of_ending(ended.status))).raise();
        output_kind const kind = client().versions().output_of(ended.version);
        return output(std::move(ended), shared_client(), kind, context().interrupted);
    }

    /// Nothing is to be done any more. Who cancels may let go of it last, on any thread: so what belongs to the strand goes before.
    void close() noexcept { task_.reset(); }

private:
    void on_created() override
    {
        if (!std::exchange(is_created_, true))
            tell(run_stage::created);
        if (reruns_left_ == 0)
            follower_ = nullptr;
    }

    void tell(run_stage stage, prediction_metrics const& cost = prediction_metrics())
    {
        if (follower_ && !is_stopped())
            follower_(stage, cost);
    }

    /// The order is kept where it may be needed again.
    void begin_prediction()
    {
        poll_place* const place = this;
        run_request what = reruns_left_ > 0 ? *order_ : std::move(*order_);
        task_.emplace(*this, std::move(what.model), std::move(what.values), options_, core::run_goal::ended, place);
        if (reruns_left_ == 0)
            order_.reset();
    }

    /// Whether the prediction has ended because the service has interrupted it, and is to be run again.
    bool runs_again()
    {
        if (options_->reruns == 0)
            return false;
        prediction const& ended = task_->result();
        bool const was_interrupted = ended.status == prediction_status::failed && core::was_interrupted(ended.error);
        if (!was_interrupted || reruns_left_ == 0 || is_stopped())
            return false;
        interrupted_time_ += ended.metrics.predict_time.value_or(0);
        if (options_->rerun_predict_time && interrupted_time_ >= options_->rerun_predict_time->count())
            return false;
        tell(run_stage::interrupted, ended.metrics);
        --reruns_left_;
        context().interrupted.push_back(ended.id);
        context().prediction = nullptr;
        return true;
    }

    void on_woken() override;
    void on_called() override { wake(); }
    void on_glimpsed(prediction_status status) override
    {
        if (sleeps())
            task_->on_glimpsed(status);
    }
    void on_forsaken() override { auto const last = std::move(self_); }

    std::shared_ptr<run_options const> options_;
    std::unique_ptr<run_request> order_;
    run_follower follower_;
    unsigned reruns_left_;
    bool is_created_ = false;
    /// In seconds: what the interrupted predictions have run.
    double interrupted_time_ = 0;
    std::optional<prediction_task> task_;
    // While it sleeps.
    std::shared_ptr<run_operation> self_;
};

/// Works on a run until it sleeps or has come to its end.
inline asio::awaitable<void> work_on_run(std::shared_ptr<run_operation> run)
{
    try {
        // What was woken looks whether it was stopped before it waits for anything: a cancellation must not hit it on the way there.
        bool const has_ended = co_await run->go_on();
        if (has_ended)
            run->finish(run->result());
    } catch (...) {
        run->fail(run->make_failure(std::current_exception()));
        run->close();
    }
}

inline void spawn_work_on_run(std::shared_ptr<run_operation> const& run)
{
    auto const slot = run->slot();
    asio::co_spawn(run->client().strand(), work_on_run(run), asio::bind_cancellation_slot(slot, [run](std::exception_ptr) {}));
}

// Later: the coroutine before may still be about to end.
inline void run_operation::on_woken()
{
    task_->end_sleep();
    asio::post(client().strand(), [run = self_] { spawn_work_on_run(run); });
    self_.reset();
}

/// Starts a run. `follower` may be empty.
inline std::shared_ptr<operation> start_run_operation(std::shared_ptr<client_state> client, erased_handler<output> handler, run_request what,
    std::shared_ptr<run_options const> options, run_follower follower = nullptr)
{
    auto const timeout = options->timeout.value_or(client->settings().timeouts.run);
    auto const run = std::make_shared<run_operation>(
        std::move(client), timeout, std::move(handler), std::move(what), std::move(options), std::move(follower));
    run->listen();
    spawn_work_on_run(run);
    return run;
}

} // namespace replicate::detail

#endif
