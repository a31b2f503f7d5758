// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_RUN_BODY_HPP
#define REPLICATE_DETAIL_RUN_BODY_HPP

#include <replicate/core/interruption.hpp>
#include <replicate/detail/prepare.hpp>
#include <replicate/detail/run.hpp>
#include <replicate/output.hpp>

#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace replicate::detail {

/// True for refusals of a create that can come from an input whose files are gone.
inline bool may_miss_a_file(boost::system::error_code code) noexcept
{
    return code.category() == http_category() && (code == condition::invalid_input || code == condition::not_found);
}

// Thousands of runs may wait at once, each in the frames of its coroutines. So what only some of them need has a coroutine of its own,
// and who only chooses between two is none.

/// Drives the prediction of an input without files to its goal.
inline asio::awaitable<prediction> drive_plain_run(
    operation& owner, model_ref model, input values, run_options options, core::run_goal goal)
{
    run_driver driver(owner, std::move(model), std::move(values), std::move(options), goal);
    prediction reached = co_await driver.perform();
    co_return reached;
}

/// Sends the files of an input, and drives the prediction to its goal. Where the service refuses it, and has lost an upload that was to
/// be shared, the file is uploaded anew, once.
inline asio::awaitable<prediction> drive_run_with_files(
    operation& owner, model_ref model, input values, run_options options, core::run_goal goal)
{
    std::vector<used_upload> used;
    std::exception_ptr refusal;
    // It takes its turn to create when there is something to be created with.
    owner.take_first_token();
    for (bool is_last = false;; is_last = true) {
        input ready = co_await prepare_input(owner, values, used);
        run_driver driver(owner, model, std::move(ready), options, goal);
        try {
            prediction reached = co_await driver.perform();
            co_return reached;
        } catch (error const& failure) {
            bool const was_created = owner.context().prediction != nullptr;
            if (is_last || was_created || used.empty() || !may_miss_a_file(failure.code()))
                throw;
            refusal = std::current_exception();
        }
        bool const lost = co_await forget_lost_uploads(owner, used);
        if (!lost)
            std::rethrow_exception(refusal);
    }
}

/// Drives a prediction to its goal.
inline asio::awaitable<prediction> drive_run(
    operation& owner, model_ref model, input values, run_options options, core::run_goal goal)
{
    owner.set_retry(options.retry);
    if (values.files().empty())
        return drive_plain_run(owner, std::move(model), std::move(values), std::move(options), goal);
    return drive_run_with_files(owner, std::move(model), std::move(values), std::move(options), goal);
}

/// Runs a prediction to its end, and anew where the service has interrupted it.
inline asio::awaitable<prediction> run_with_reruns(operation& owner, model_ref model, input values, run_options options)
{
    std::string interrupted;
    for (unsigned left = options.reruns;; --left) {
        prediction ended = co_await drive_run(owner, model, values, options, core::run_goal::ended);
        bool const may_run_again = left > 0 && ended.status == prediction_status::failed && !owner.is_stopped();
        if (!may_run_again || !core::was_interrupted(ended.error)) {
            owner.context().detail = interrupted;
            co_return ended;
        }
        interrupted += (interrupted.empty() ? "run again after the interruption of " : ", ") + ended.id;
        owner.context().prediction = nullptr;
    }
}

/// Runs a prediction to its end.
inline asio::awaitable<prediction> run_to_end(operation& owner, model_ref model, input values, run_options options)
{
    if (options.reruns == 0)
        return drive_run(owner, std::move(model), std::move(values), std::move(options), core::run_goal::ended);
    return run_with_reruns(owner, std::move(model), std::move(values), std::move(options));
}

/// Waits for the turn of a run.
inline asio::awaitable<void> take_place_of_run(
    operation& owner, std::string place, replicate::priority urgency, std::string group)
{
    owner.standing().priority = urgency;
    owner.standing().group = std::move(group);
    co_await take_place(owner, std::move(place));
}

/// Runs a prediction that has got its turn, to its output. Precondition: the options have been checked.
inline asio::awaitable<output> run_admitted(operation& owner, model_ref model, input values, run_options options)
{
    prediction ended = co_await run_to_end(owner, std::move(model), std::move(values), std::move(options));
    bool const ended_badly = ended.is_terminal() && ended.status != prediction_status::succeeded;
    if (ended_badly)
        owner.make_failure(make_error_code(code_of_ending(ended.status))).raise();
    output_kind const kind = owner.client().versions().output_of(ended.version);
    co_return output(std::move(ended), owner.shared_client(), kind);
}

/// The body of `async_run`.
inline asio::awaitable<output> run_body(operation& owner, model_ref model, input values, run_options options)
{
    check(options);
    co_await take_place_of_run(owner, place_name(model), options.priority, options.group);
    output reached = co_await run_admitted(owner, std::move(model), std::move(values), std::move(options));
    co_return reached;
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
    prediction created = co_await drive_run(
        owner, std::move(model), std::move(values), std::move(run), core::run_goal::created);
    co_return created;
}

} // namespace replicate::detail

#endif
