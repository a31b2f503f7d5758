// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_RUN_OPTIONS_HPP
#define REPLICATE_RUN_OPTIONS_HPP

#include <replicate/detail/webhook_waits.hpp>
#include <replicate/error.hpp>
#include <replicate/priority.hpp>
#include <replicate/retry_config.hpp>
#include <replicate/run_update.hpp>
#include <replicate/webhook_event.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace replicate {

class webhook_listener;

/// How a `run` waits for its prediction.
class wait {
public:
    /// Asks the service to hold its answer until the prediction has ended, at most so long (1 to 60 s, whole seconds);
    /// then polls. The fastest way for models that take less than a minute; holds a connection meanwhile.
    static wait sync(std::chrono::seconds at_most = std::chrono::seconds(60)) { return wait(true, at_most); }

    /// Creates the prediction and asks for it from time to time, at growing intervals; with many others, by pages of the list.
    static wait poll() { return wait(false, std::chrono::seconds(0)); }

    /// Creates the prediction and waits for a webhook that says it has ended, which costs the service and this program next to
    /// nothing however long it takes. For a webhook that is lost the prediction is asked for every `safety_poll`, at least
    /// 10 ms; when the listener stops, it is polled as by `poll`. The run leads its webhooks to the listener, so
    /// `run_options::webhook` must not be set; it has to be a run of the listener's own client. Defined in webhook_listener.hpp.
    static wait webhook(
        webhook_listener const& listener, std::chrono::steady_clock::duration safety_poll = std::chrono::seconds(30));

    /// True for `sync`.
    bool is_sync() const noexcept { return sync_; }

    /// How long the service is asked to hold its answer; zero for `poll`.
    std::chrono::seconds at_most() const noexcept { return at_most_; }

    /// True for `webhook`.
    bool is_webhook() const noexcept { return webhook_; }

    /// How often to ask all the same, for `webhook`.
    std::chrono::steady_clock::duration safety_poll() const noexcept { return safety_poll_; }

    /// Where webhooks come; null but for `webhook`, and when that has gone.
    std::shared_ptr<detail::webhook_waits> waits() const noexcept { return waits_.lock(); }

    /// The same as `webhook`, of anything that takes webhooks.
    static wait webhook_of(std::weak_ptr<detail::webhook_waits> waits, std::chrono::steady_clock::duration safety_poll)
    {
        wait made = poll();
        made.webhook_ = true;
        made.waits_ = std::move(waits);
        made.safety_poll_ = safety_poll;
        return made;
    }

private:
    wait(bool sync, std::chrono::seconds at_most)
        : sync_(sync)
        , at_most_(at_most)
    {
    }

    bool sync_;
    std::chrono::seconds at_most_;
    std::chrono::steady_clock::duration safety_poll_{};
    bool webhook_ = false;
    // It does not keep the listener: options may be kept longer than an execution context.
    std::weak_ptr<detail::webhook_waits> waits_;
};

/// What becomes of the prediction when its `run` is cancelled or its time is up.
enum class on_cancel {
    /// It is cancelled at the service too, which stops the bill. A request that is already under way is waited
    /// for in the background, because only its answer tells the id; the call itself ends at once.
    cancel_remote,
    /// It is left to run.
    detach
};

/// What is done with a create whose answer was lost, when its prediction was not found in the list of predictions either. The service
/// knows no key by which it would know a request again. The list is searched for what was asked for: the model, the input and the
/// time; predictions that other programs, or other clients of this one, create with the same input at the same time cannot be told
/// apart from those of this client, unless each has a `webhook` of its own (a query is enough) or differs in its input (a `seed`).
enum class ambiguous_create {
    /// The call fails with a `condition::outcome_unknown`, whose text says what was looked at. Nothing is paid for twice.
    at_most_once,
    /// The prediction is created anew, a few times at most. If the first one exists after all, both are paid for. One that the service
    /// said it has created is never created anew.
    at_least_once
};

/// Options of a call that is one request.
class call_options {
public:
    /// The longest that the call may take, repetitions included; at most a year. Default: `config::timeouts.call`.
    std::optional<std::chrono::steady_clock::duration> timeout;

    /// The defaults.
    call_options() = default;
};

/// Options of a call that creates a prediction and does not wait for its end.
class create_options {
public:
    /// The longest that the call may take, repetitions included; at most a year. Default: `config::timeouts.call`.
    std::optional<std::chrono::steady_clock::duration> timeout;
    /// Asks the service to hold its answer until the prediction has ended, at most so long. Default: `wait::poll()`, which
    /// answers at once.
    replicate::wait wait = replicate::wait::poll();
    /// Asks the service to end the prediction so long after its creation; see `run_options::cancel_after`.
    std::optional<std::chrono::seconds> cancel_after;
    /// What becomes of the prediction when the call is cancelled or its time is up before the id has come.
    /// Default: it is cancelled too.
    replicate::on_cancel on_cancel = replicate::on_cancel::cancel_remote;
    /// What is done when the answer to the create was lost, and the prediction is not found (`config::reconcile`). Default: the call
    /// fails.
    replicate::ambiguous_create ambiguous_create = replicate::ambiguous_create::at_most_once;
    /// An https:// URL that the service calls about the prediction. Default: none.
    std::optional<std::string> webhook;
    /// When it calls it. Default: at all events.
    std::vector<webhook_event> webhook_events_filter;
    /// Before whom this goes while it waits for its turn. Default: interactive, before all that is batch.
    replicate::priority priority = replicate::priority::interactive;
    /// With whom this takes turns while it waits: a name, see `scheduler_config::groups`. Default: the group without a name.
    std::string group;
    /// How its requests are repeated. The quota is the client's all the same; a `quota_cost` of 0 takes nothing from it. Default:
    /// `config::retry`.
    std::optional<retry_config> retry;

    /// The defaults.
    create_options() = default;
};

/// Options of a call that waits until something that exists has ended: `predictions_resource::async_wait`,
/// `trainings_resource::async_wait`.
class wait_options {
public:
    /// The longest that the call may take, at most a year: then it ends with `errc::deadline_exceeded`, and `on_cancel` says what becomes
    /// of what was waited for. Default: `config::timeouts.run`. A training may take longer than that.
    std::optional<std::chrono::steady_clock::duration> timeout;
    /// What becomes of it when the call is cancelled, its time is up, or it cannot be looked at any more. Default: it is left to run,
    /// because this call has not started it.
    replicate::on_cancel on_cancel = replicate::on_cancel::detach;
    /// The wait between the first look and the second; each further one is half as long again, up to `maximum_poll_interval`, all
    /// with 10 % of jitter. Default 500 ms, at least 1 ms.
    std::chrono::steady_clock::duration first_poll_interval = std::chrono::milliseconds(500);
    /// The longest wait between two looks, at most 24 h. Default 5 s.
    std::chrono::steady_clock::duration maximum_poll_interval = std::chrono::seconds(5);

    /// The defaults.
    wait_options() = default;
};

/// Options of `run` and `async_run`.
class run_options {
public:
    /// How to wait. Default: sync, 60 s. A `timeout` shorter than that shortens it too.
    replicate::wait wait = replicate::wait::sync();
    /// The longest that the call may take, from its start to its end, at most a year: then it ends with
    /// `errc::deadline_exceeded`, and `on_cancel` says what becomes of the prediction. Default: `config::timeouts.run`.
    std::optional<std::chrono::steady_clock::duration> timeout;
    /// Asks the service itself to end the prediction so long after its creation, even should this process be gone
    /// (`Cancel-After`). From 5 s to 24 h, whole seconds. Default: where a `timeout` is given, and `on_cancel` would cancel the
    /// prediction then, a little later than that; otherwise not asked.
    std::optional<std::chrono::seconds> cancel_after;
    /// The longest that the prediction may take to start, queue and cold boot included, from its creation: then the call ends with
    /// `errc::start_timed_out`, and `on_cancel` says what becomes of the prediction. At least 1 ms. Default: as long as `timeout` allows.
    std::optional<std::chrono::steady_clock::duration> start_timeout;
    /// The longest that the prediction may run once it has started, however long that took, as far as polling shows it: then the
    /// call ends with `errc::running_timed_out`, and `on_cancel` says what becomes of the prediction. At least 1 ms. Default: as long
    /// as `timeout` allows.
    std::optional<std::chrono::steady_clock::duration> running_timeout;
    /// How often a prediction is run again that the service itself has interrupted ("Prediction interrupted; please retry (code: PA)",
    /// a machine that was lost or did not start). Each is a new prediction, and costs. Failures of the model or of its input are
    /// never run again. Default: 0.
    unsigned reruns = 0;
    /// What the interrupted predictions may have cost all together for another one to be made: a bound on the sum of their times of
    /// running (`predict_time`), because the service tells no prices. Above zero. Default: none but `reruns`.
    std::optional<std::chrono::duration<double>> rerun_predict_time;
    /// What becomes of the prediction when the call is cancelled or its time is up. Default: it is cancelled too.
    replicate::on_cancel on_cancel = replicate::on_cancel::cancel_remote;
    /// What is done when the answer to the create was lost, and the prediction is not found (`config::reconcile`). Default: the call
    /// fails.
    replicate::ambiguous_create ambiguous_create = replicate::ambiguous_create::at_most_once;
    /// Takes a sync answer that holds an output, and came before its time was up, as the result, although its status is not
    /// final yet: saves one round trip, and gives a prediction without metrics and logs. Default: false.
    bool early_output = false;
    /// The wait before the first poll; each further one is half as long again, up to `maximum_poll_interval`, all with
    /// 10 % of jitter. Near the run time that is usual of the model, as far as this client has seen it, down to a quarter of it.
    /// Where many runs wait at once, and without an `observer`, pages of the list show which predictions have ended, at intervals
    /// that the client chooses. Default 500 ms, at least 1 ms.
    std::chrono::steady_clock::duration first_poll_interval = std::chrono::milliseconds(500);
    /// The longest wait between polls, at most 24 h. Default 5 s.
    std::chrono::steady_clock::duration maximum_poll_interval = std::chrono::seconds(5);
    /// An https:// URL that the service calls about the prediction, besides the waiting. Default: none.
    std::optional<std::string> webhook;
    /// When it calls it. Default: at all events. For `wait::webhook`: at the end, and with an `observer` at all events.
    std::vector<webhook_event> webhook_events_filter;
    /// Is called with each state of the prediction that holds news, as it comes by the create's answer, polls and webhooks: other
    /// status, more output, new log lines, progress. Default: none.
    /// It runs inside the client: one call at a time, in order, on a thread that runs the client's execution context, and
    /// never when the call's completion has begun, nor after the call was cancelled or its time was up. It must not
    /// block, and takes the client's time; what takes longer, or is not safe beside your other threads, it hands on with
    /// `asio::post`. It may start further operations. What it throws ends the run with that exception, and
    /// `on_cancel` says what becomes of the prediction. It is copied with the options: what it refers to must live until the call
    /// has completed.
    run_observer observer;
    /// Before whom this goes while it waits for its turn. Default: interactive, before all that is batch.
    replicate::priority priority = replicate::priority::interactive;
    /// With whom this takes turns while it waits: a name, see `scheduler_config::groups`. Default: the group without a name.
    std::string group;
    /// How its requests are repeated. The quota is the client's all the same; a `quota_cost` of 0 takes nothing from it. Default:
    /// `config::retry`.
    std::optional<retry_config> retry;

    /// The defaults.
    run_options() = default;
};

namespace detail {

inline void check_timeout(std::optional<std::chrono::steady_clock::duration> timeout)
{
    if (timeout && *timeout <= std::chrono::steady_clock::duration::zero())
        throw_invalid_argument("options.timeout", "has passed already; give a duration above zero");
    if (timeout && *timeout > std::chrono::hours(24 * 366))
        throw_invalid_argument("options.timeout", "must be at most a year");
}

/// Refuses options that the service would refuse, or that mean nothing, before anything is sent.
inline void check(call_options const& options)
{
    check_timeout(options.timeout);
}

inline void check_poll_intervals(
    std::chrono::steady_clock::duration first, std::chrono::steady_clock::duration maximum)
{
    using namespace std::chrono_literals;
    if (first < 1ms)
        throw_invalid_argument("options.first_poll_interval", "must be at least 1 millisecond");
    if (maximum < first)
        throw_invalid_argument("options.maximum_poll_interval", "must not be less than first_poll_interval");
    if (maximum > 24h)
        throw_invalid_argument("options.maximum_poll_interval", "must be at most 24 hours");
}

inline void check(wait_options const& options)
{
    check_timeout(options.timeout);
    check_poll_intervals(options.first_poll_interval, options.maximum_poll_interval);
}

inline void check(run_options const& options)
{
    using namespace std::chrono_literals;
    check_timeout(options.timeout);
    if (std::string const problem = options.retry ? problem_of(*options.retry) : std::string(); !problem.empty())
        throw_invalid_argument("options." + problem.substr(0, problem.find(':')), problem.substr(problem.find(':') + 2));
    check_priority(options.priority);
    if (options.wait.is_sync() && (options.wait.at_most() < 1s || options.wait.at_most() > 60s))
        throw_invalid_argument("options.wait", "the service holds an answer for 1 to 60 seconds");
    if (options.wait.is_webhook() && options.wait.safety_poll() < 10ms)
        throw_invalid_argument("options.wait", "the safety poll must be at least 10 milliseconds apart");
    if (options.wait.is_webhook() && options.wait.safety_poll() > 24h)
        throw_invalid_argument("options.wait", "the safety poll must be at most 24 hours apart");
    if (options.wait.is_webhook() && options.webhook)
        throw_invalid_argument("options.webhook", "must not be set, because the run leads its webhooks to the listener");
    if (options.cancel_after && (*options.cancel_after < 5s || *options.cancel_after > 24h))
        throw_invalid_argument("options.cancel_after", "the service takes 5 seconds to 24 hours");
    if (!options.wait.is_webhook())
        check_webhook(options.webhook, options.webhook_events_filter);
    if (options.start_timeout && *options.start_timeout < 1ms)
        throw_invalid_argument("options.start_timeout", "must be at least 1 millisecond");
    if (options.running_timeout && *options.running_timeout < 1ms)
        throw_invalid_argument("options.running_timeout", "must be at least 1 millisecond");
    if (options.rerun_predict_time && !(options.rerun_predict_time->count() > 0))
        throw_invalid_argument("options.rerun_predict_time", "must be above zero; to run nothing again set options.reruns to 0");
    check_poll_intervals(options.first_poll_interval, options.maximum_poll_interval);
}

} // namespace detail

} // namespace replicate

#endif
