// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_RUN_BODY_HPP
#define REPLICATE_DETAIL_RUN_BODY_HPP

#include <replicate/detail/prepare.hpp>
#include <replicate/detail/run.hpp>
#include <replicate/run_request.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace replicate::detail {

/// True for refusals of a create that can come from an input whose files are gone.
inline bool may_miss_a_file(boost::system::error_code code) noexcept
{
    return code.category() == http_category() && (code == condition::invalid_input || code == condition::not_found);
}

/// One prediction from the files of its input to its goal.
class prediction_task {
public:
    /// `place`: where it may sleep, see `run_driver`.
    prediction_task(operation& owner, model_ref model, input values, std::shared_ptr<run_options const> options, core::run_goal goal,
        poll_place* place = nullptr)
        : owner_(owner)
        , options_(std::move(options))
        , goal_(goal)
        , place_(place)
        , order_(std::make_unique<run_request>(std::move(model), std::move(values)))
    {
        owner_.set_retry(options_->retry);
    }

    /// Goes on until the prediction is at its goal (true) or sleeps (false). Throws what ended it otherwise.
    asio::awaitable<bool> go_on()
    {
        if (!driver_ && !order_->values.files().empty())
            return begin_with_files();
        if (!driver_)
            begin(std::move(order_->model), std::move(order_->values));
        order_.reset();
        return driver_->go_on();
    }

    /// The prediction at its goal.
    prediction const& result() const noexcept { return driver_->result(); }

    /// See `run_driver`.
    void begin_sleep() { driver_->begin_sleep(); }

    /// See `run_driver`.
    void end_sleep() { driver_->end_sleep(); }

    /// See `run_driver`.
    void on_glimpsed(prediction_status status) { driver_->on_glimpsed(status); }

private:
    void begin(model_ref model, input values)
    {
        driver_.emplace(owner_, std::move(model), std::move(values), options_, goal_, place_);
    }

    /// Sends the files first. Where the service refuses the input then, and has lost an upload that was to be shared, the file is uploaded
    /// anew, once.
    asio::awaitable<bool> begin_with_files()
    {
        std::vector<used_upload> used;
        std::exception_ptr refusal;
        // It takes its turn to create when there is something to be created with.
        owner_.take_first_token();
        for (bool is_last = false;; is_last = true) {
            input ready = co_await prepare_input(owner_, order_->values, used);
            begin(order_->model, std::move(ready));
            try {
                bool const is_at_goal = co_await driver_->go_on();
                order_.reset();
                co_return is_at_goal;
            } catch (error const& failure) {
                bool const was_created = owner_.context().prediction != nullptr;
                if (is_last || was_created || used.empty() || !may_miss_a_file(failure.code()))
                    throw;
                refusal = std::current_exception();
            }
            bool const lost = co_await forget_lost_uploads(owner_, used);
            if (!lost)
                std::rethrow_exception(refusal);
        }
    }

    operation& owner_;
    std::shared_ptr<run_options const> options_;
    core::run_goal goal_;
    poll_place* place_;
    // Until there is a driver for it.
    std::unique_ptr<run_request> order_;
    std::optional<run_driver> driver_;
};

/// Creates a prediction.
inline asio::awaitable<prediction> create_prediction(operation& owner, model_ref model, input values, run_options options)
{
    auto const shared = std::make_shared<run_options const>(std::move(options));
    prediction_task task(owner, std::move(model), std::move(values), shared, core::run_goal::created);
    co_await task.go_on();
    co_return task.result();
}

/// Waits for the turn of a run.
inline asio::awaitable<void> take_place_of_run(
    operation& owner, std::string place, replicate::priority urgency, std::string group, bool is_bounded = false)
{
    owner.standing().priority = urgency;
    owner.standing().group = std::move(group);
    co_await take_place(owner, std::move(place), is_bounded);
}

/// The body of `predictions().async_create`.
inline asio::awaitable<prediction> create_body(operation& owner, model_ref model, input values, create_options options)
{
    if (options.wait.is_webhook())
        throw_invalid_argument("options.wait", "a create does not wait for the end; set options.webhook instead");
    run_options run;
    run.wait = options.wait;
    run.cancel_after = options.cancel_after;
    run.on_cancel = options.on_cancel;
    run.ambiguous_create = options.ambiguous_create;
    run.timeout = options.timeout;
    run.webhook = std::move(options.webhook);
    run.webhook_events_filter = std::move(options.webhook_events_filter);
    run.priority = options.priority;
    run.group = std::move(options.group);
    run.retry = options.retry;
    check(run);
    co_await take_place_of_run(owner, place_name(model), run.priority, run.group);
    prediction created = co_await create_prediction(owner, std::move(model), std::move(values), std::move(run));
    co_return created;
}

} // namespace replicate::detail

#endif
