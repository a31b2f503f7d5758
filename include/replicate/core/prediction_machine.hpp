// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_PREDICTION_MACHINE_HPP
#define REPLICATE_CORE_PREDICTION_MACHINE_HPP

#include <replicate/error_code.hpp>
#include <replicate/prediction.hpp>
#include <replicate/run_options.hpp>

#include <boost/json/value.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace replicate::core {

/// What `run` has to do next.
enum class run_action_kind {
    /// Create the prediction, asking the service to hold its answer for `server_wait` (zero: not to hold it).
    create,
    /// Look up the latest version of the model, to create the prediction by it.
    look_up_version,
    /// Look for the prediction of a create whose answer was lost.
    reconcile,
    /// Wait for `pause`.
    wait,
    /// Ask for the prediction.
    get,
    /// Cancel the prediction at the service.
    cancel,
    /// Tell the caller that it has taken too long to start, or to run; then this asks for `on_stopped`.
    time_out,
    /// Tell the caller the last request's failure; then this asks for `on_stopped`, because the prediction may still run.
    give_up,
    /// Done: the prediction as last seen is the result.
    finish,
    /// Done: the last request's failure is the result.
    fail,
    /// Done: the caller has gone; nobody wants a result.
    abandon
};

/// True where nothing is to be done any more.
inline bool is_last(run_action_kind kind) noexcept
{
    return kind == run_action_kind::finish || kind == run_action_kind::fail || kind == run_action_kind::abandon;
}

/// What to do next, with what it needs.
struct run_action {
    /// What to do.
    run_action_kind kind;
    /// For `create`.
    std::chrono::seconds server_wait{0};
    /// For `wait`.
    std::chrono::steady_clock::duration pause{0};
};

/// How far the caller wants to go.
enum class run_goal {
    /// The prediction exists.
    created,
    /// The prediction has ended.
    ended
};

/// The life of one prediction as its caller sees it: create, wait, poll, cancel, done. It decides; `detail::run` acts.
/// Each member takes what has happened and answers what to do next.
class prediction_machine {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using duration = std::chrono::steady_clock::duration;

    /// Precondition: the options have been checked.
    prediction_machine(run_options options, time_point deadline, run_goal goal = run_goal::ended)
        : prediction_machine(std::make_shared<run_options const>(std::move(options)), deadline, goal)
    {
    }

    /// The same; options are large, and thousands of runs may have the same.
    prediction_machine(std::shared_ptr<run_options const> options, time_point deadline, run_goal goal = run_goal::ended)
        : shared_options_(std::move(options))
        , options_(*shared_options_)
        , deadline_(deadline)
        , goal_(goal)
        , interval_(options_.wait.is_webhook() ? options_.wait.safety_poll() : options_.first_poll_interval)
        , polls_for_safety_(options_.wait.is_webhook())
    {
    }

    /// The first thing to do. A sync wait ends before the deadline, so that the answer, which alone tells the id, is not
    /// lost to a race with it.
    run_action start(time_point now)
    {
        run_action action{run_action_kind::create};
        action.server_wait = hold(now);
        return action;
    }

    /// The first thing to do for what exists already. What its caller has just created may be unknown at some replica, as to
    /// one who has created it here.
    run_action attach(time_point now)
    {
        created_at_ = now;
        return {run_action_kind::get};
    }

    /// How long the service is to hold its answer to a create that is sent now: to be asked before each try of it, and `hold_no_longer`
    /// to be told where it is asked for less.
    std::chrono::seconds hold(time_point now)
    {
        using namespace std::chrono_literals;
        std::chrono::seconds wait = 0s;
        if (options_.wait.is_sync())
            wait = std::clamp(std::chrono::floor<std::chrono::seconds>(shortest_limit(now)), 0s, options_.wait.at_most());
        held_until_ = now + wait;
        asked_to_hold_ = wait > 0s;
        return wait;
    }

    /// The create that is sent now does not ask for more than that.
    void hold_no_longer(std::chrono::seconds wait, time_point now)
    {
        held_until_ = now + wait;
        asked_to_hold_ = wait > std::chrono::seconds(0);
    }

    /// When to look at a prediction at the latest, however that is waited for, because it has taken too long in its state then; nothing
    /// where it may stay in it.
    std::optional<time_point> latest_look(time_point now) { return limit_of_state(now); }

    /// The prediction was seen in this state, on a page that shows no more of it.
    void on_glimpsed(prediction_status status) noexcept { status_ = status; }

    /// When the service itself is to end a prediction that is created now, even should this process be gone: not before the
    /// caller's own limit, so that the two do not race.
    std::optional<std::chrono::seconds> cancel_after(time_point now) const
    {
        bool const follows = goal_ == run_goal::ended && options_.timeout && options_.on_cancel == on_cancel::cancel_remote;
        if (options_.cancel_after || !follows)
            return options_.cancel_after;
        return later_than(deadline_ - now);
    }

    /// What to ask of the service for a caller who waits so long.
    static std::chrono::seconds later_than(duration limit)
    {
        using namespace std::chrono_literals;
        return std::clamp<std::chrono::seconds>(std::chrono::ceil<std::chrono::seconds>(limit) + 2s, 5s, 24h);
    }

    /// The service has answered the create. `all_there` is false where its status says that outputs are missing (202).
    run_action on_created(prediction const& seen, bool all_there, time_point now, double jitter)
    {
        created_at_ = now;
        status_ = seen.status;
        if (seen.is_terminal())
            return {run_action_kind::finish};
        // Of an answer that was cut short only the id may be known.
        if (goal_ == run_goal::created)
            return {seen.status_text.empty() ? run_action_kind::get : run_action_kind::finish};
        bool const holds_output = asked_to_hold_ && all_there && !is_empty(seen.output());
        // An answer that was held to the end of its time may hold the first part of an output.
        if (holds_output && options_.early_output && now < held_until_)
            return {run_action_kind::finish};
        // The service sends a held answer before its record is final: one look tells the final status.
        return holds_output ? run_action{run_action_kind::get} : pause(now, jitter);
    }

    /// The prediction was asked for, and this is how it stands.
    run_action on_seen(prediction const& seen, time_point now, double jitter) { return on_status(seen.status, now, jitter); }

    /// The same of anything that has the life of a prediction.
    run_action on_status(prediction_status status, time_point now, double jitter)
    {
        status_ = status;
        unreadable_ = 0;
        refusals_ = 0;
        bool const at_goal = replicate::is_terminal(status) || goal_ == run_goal::created;
        return at_goal ? run_action{run_action_kind::finish} : pause(now, jitter);
    }

    /// The prediction was asked for, and the request failed, its repetitions included. A prediction that is paid for is
    /// not given up for that while the failure may pass. `wish`: how long the service wishes to be left alone.
    run_action on_get_failed(boost::system::error_code code, time_point now, double jitter, duration wish = duration(0))
    {
        unreadable_ = code == errc::unexpected_content ? unreadable_ + 1 : 0;
        refusals_ = is_refusal(code) ? refusals_ + 1 : 0;
        return may_pass(code, now) ? pause(now, jitter, wish) : run_action{run_action_kind::give_up};
    }

    /// The prediction could not be asked for: there was no token. The next time there may be one.
    run_action on_get_impossible(time_point now, double jitter) { return pause(now, jitter); }

    /// The pause is over.
    run_action on_waited() const noexcept { return {run_action_kind::get}; }

    /// No webhooks will come any more: from now on by polls alone.
    run_action on_webhooks_ended() noexcept
    {
        if (std::exchange(polls_for_safety_, false))
            interval_ = options_.first_poll_interval;
        return {run_action_kind::get};
    }

    /// The caller has gone, or its time is up.
    run_action on_stopped() const noexcept
    {
        if (lost_ && options_.on_cancel == on_cancel::cancel_remote)
            return {run_action_kind::reconcile};
        bool const runs = created_at_.has_value() && !replicate::is_terminal(status_);
        bool const wanted = options_.on_cancel == on_cancel::cancel_remote;
        return {runs && wanted ? run_action_kind::cancel : run_action_kind::abandon};
    }

    /// The create failed, and nothing was created that is known of. Official models are run by their name; of others only
    /// a version can be, and their name is then "not found": with the latest version there may be one to run. Once only.
    /// `remembered`: it was tried by a version that was the latest some time ago.
    run_action on_create_failed(
        boost::system::error_code code = {}, bool named_without_version = false, bool remembered = false)
    {
        bool const is_outdated = remembered && code == condition::invalid_input;
        bool const look_up =
            named_without_version && (code == condition::not_found || is_outdated) && !std::exchange(looked_up_, true);
        return {look_up ? run_action_kind::look_up_version : run_action_kind::fail};
    }

    /// The create's answer was lost: there may be a prediction, or (`certainly`) there is one.
    run_action on_create_lost(bool certainly)
    {
        lost_ = true;
        exists_ = exists_ || certainly;
        return {run_action_kind::reconcile};
    }

    /// The prediction of the create that was lost is found.
    run_action on_found(time_point now)
    {
        lost_ = false;
        created_at_ = now;
        return {run_action_kind::get};
    }

    /// It is not found.
    run_action on_not_found(time_point now)
    {
        constexpr unsigned most_repetitions = 3;
        lost_ = false;
        bool const anew = options_.ambiguous_create == ambiguous_create::at_least_once && !exists_
            && repetitions_++ < most_repetitions && now < deadline_;
        return anew ? start(now) : run_action{run_action_kind::fail};
    }

    /// The look-up is over. Without a version the create's failure stands.
    run_action on_version_looked_up(bool found, time_point now)
    {
        return found ? start(now) : run_action{run_action_kind::fail};
    }

private:
    /// How long an answer may be held: as it is held, nothing is seen of the prediction.
    duration shortest_limit(time_point now) const
    {
        duration limit = deadline_ - now - std::chrono::seconds(1);
        if (options_.start_timeout)
            limit = std::min(limit, *options_.start_timeout);
        if (options_.running_timeout)
            limit = std::min(limit, *options_.running_timeout);
        return limit;
    }

    /// When the prediction has taken too long in the state that it is in; nothing where it may stay in it.
    std::optional<time_point> limit_of_state(time_point now)
    {
        std::optional<time_point> limit;
        bool const starts = status_ == prediction_status::starting;
        if (!starts && !running_since_)
            running_since_ = now;
        if (starts && options_.start_timeout && created_at_)
            limit = *created_at_ + *options_.start_timeout;
        if (!starts && options_.running_timeout)
            limit = *running_since_ + *options_.running_timeout;
        return limit;
    }

    /// By a service that does not know a token which is just being changed, or by the page of a gateway.
    static bool is_refusal(boost::system::error_code code) noexcept
    {
        return code.category() == http_category() && code == condition::authentication;
    }

    bool may_pass(boost::system::error_code code, time_point now) const noexcept
    {
        // A prediction that was just created may not have reached the replica that is asked.
        if (code == condition::not_found)
            return created_at_ && now - *created_at_ < std::chrono::seconds(5);
        if (is_refusal(code))
            return refusals_ < 4;
        // An answer does not become smaller or flatter, and one that came whole several times does not become readable.
        if (code == errc::body_too_large || code == errc::header_too_large || code == errc::nested_too_deeply || unreadable_ > 7)
            return false;
        return code == condition::timeout || code == condition::connection || code == condition::server_error
            || code == condition::rate_limited || code == condition::protocol || code == errc::handshake_failed;
    }

    /// No output, or one that has only begun: no piece of text, no file.
    static bool is_empty(json::value const& output) noexcept
    {
        if (output.is_array())
            return output.get_array().empty();
        return output.is_null() || (output.is_string() && output.get_string().empty());
    }

    /// Precondition: 0 <= jitter < 1.
    run_action pause(time_point now, double jitter, duration wish = duration(0))
    {
        auto const limit = limit_of_state(now);
        if (limit && *limit <= now)
            return {run_action_kind::time_out};
        auto const spread = std::chrono::duration<double>(interval_) * (0.9 + 0.2 * jitter);
        run_action action{run_action_kind::wait};
        auto const wanted = std::max(std::chrono::duration_cast<duration>(spread), wish);
        auto const end = std::min(deadline_, limit.value_or(deadline_));
        action.pause = std::min(wanted, std::max(end - now, duration(0)));
        if (!polls_for_safety_)
            interval_ = std::min(interval_ + interval_ / 2, options_.maximum_poll_interval);
        return action;
    }

    std::shared_ptr<run_options const> shared_options_;
    run_options const& options_;
    time_point deadline_;
    run_goal goal_;
    duration interval_;
    bool polls_for_safety_;
    time_point held_until_{};
    std::optional<time_point> created_at_;
    std::optional<time_point> running_since_;
    prediction_status status_ = prediction_status::unknown;
    bool asked_to_hold_ = false;
    bool looked_up_ = false;
    bool lost_ = false;
    bool exists_ = false;
    unsigned repetitions_ = 0;
    int unreadable_ = 0;
    int refusals_ = 0;
};

} // namespace replicate::core

#endif
