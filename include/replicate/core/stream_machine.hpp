// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_STREAM_MACHINE_HPP
#define REPLICATE_CORE_STREAM_MACHINE_HPP

#include <replicate/core/replay_filter.hpp>
#include <replicate/core/sse_parser.hpp>
#include <replicate/core/stream_rest.hpp>
#include <replicate/error_code.hpp>
#include <replicate/event.hpp>
#include <replicate/prediction.hpp>
#include <replicate/stream_options.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::core {

/// What a stream has to do next.
enum class stream_action_kind {
    /// Connect, and read to the end of the connection.
    connect,
    /// Ask for the prediction.
    get,
    /// Done: `rest()` is what is left to deliver, `verdict()` how it ends.
    finish,
    /// Done: the last request's failure is the end.
    fail
};

/// What to do next, and when.
struct stream_action {
    /// What to do.
    stream_action_kind kind;
    /// How long to wait before.
    std::chrono::steady_clock::duration pause{0};
};

/// How one connection of a stream came to its end.
class stream_break {
public:
    /// Why; no error where the other side just ended it.
    boost::system::error_code code;
    /// The status of the answer; 0 where there was none.
    unsigned status = 0;
    /// True where the token could be shown to this host, and was not.
    bool could_show_token = false;

    stream_break() = default;
};

/// The life of one stream of a prediction: connect, read, resume, and compare in the end (http-api 4). It decides; the shell acts.
/// A break is no end: the prediction goes on, and is paid for. Only its own record says how it ended.
class stream_machine {
public:
    using duration = std::chrono::steady_clock::duration;

    /// Precondition: the options have been checked. `makes_files`: the pieces of output are files, not text.
    stream_machine(stream_options options, bool makes_files)
        : options_(std::move(options))
        , received_(makes_files)
        , backoff_(options_.first_backoff)
    {
    }

    /// The first thing to do.
    stream_action start() const noexcept { return {stream_action_kind::connect}; }

    /// An event has come. True when it is new and to be delivered at once. `done` is kept until the output was compared.
    bool on_event(sse_event const& what)
    {
        if (!filter_.admit(what))
            return false;
        last_event_id_ = what.id;
        progressed_ = true;
        has_unnamed_ = has_unnamed_ || (!what.has_own_id && what.name != "done");
        if (what.name == "done") {
            done_ = what;
            return false;
        }
        failed_already_ = failed_already_ || what.name == "error";
        if (what.name == "output")
            received_.add(what.data);
        if (what.name == "logs")
            logs_.add(what.data);
        return true;
    }

    /// True when the stream says that it is done: the connection can be closed.
    bool is_done() const noexcept { return done_.has_value(); }

    /// What to resume behind; empty at the beginning.
    std::string const& last_event_id() const noexcept { return last_event_id_; }

    /// True when the token is to be shown.
    bool shows_token() const noexcept { return shows_token_; }

    /// A connection has ended.
    stream_action on_break(stream_break const& how, double jitter)
    {
        filter_.reconnected();
        was_idle_ = was_idle_ || how.code == errc::timed_out;
        bool const progressed = std::exchange(progressed_, false);
        if (is_done())
            return {stream_action_kind::get};
        bool const wants_token = (how.status == 401 || how.status == 403) && how.could_show_token;
        if (wants_token && !std::exchange(shows_token_, true))
            return {stream_action_kind::connect};
        if (progressed)
            forget_breaks();
        // Such a stream does not become another one by asking again; and of events without ids nobody could tell which ones the
        // service sends again.
        bool const hopeless = has_unnamed_ || how.code == errc::body_too_large || how.code == errc::unexpected_content
            || how.code == condition::tls || (how.status >= 400 && how.status < 500 && how.status != 408 && how.status != 429);
        if (hopeless)
            breaks_ = std::max(breaks_, options_.resumes);
        if (++breaks_ == 1 && options_.resumes > 0)
            return {stream_action_kind::connect, shortest_backoff_};
        return {stream_action_kind::get, breaks_ == 1 ? duration(0) : next_backoff(jitter)};
    }

    /// The service has said how long to wait at least before a stream is opened again. Believed up to the longest wait that the
    /// options allow.
    void on_retry(duration wish) noexcept { shortest_backoff_ = std::min(wish, options_.maximum_backoff); }

    /// A comment has come. Before it ends a stream that was silent, the service says so in one.
    void on_comment(std::string_view text) noexcept { was_idle_ = was_idle_ || status_of_comment(text) == 408u; }

    /// The prediction was asked for, and this is how it stands.
    stream_action on_seen(prediction const& seen, double jitter)
    {
        if (seen.is_terminal())
            return settle(seen);
        // Its record may be a little late, but not for ever.
        if (is_done() && ++late_looks_ > most_late_looks)
            return finish_by_its_word();
        if (is_done())
            return {stream_action_kind::get, next_backoff(jitter)};
        // A model that takes long to start, or to think, has nothing to say meanwhile, and the service ends silent streams.
        bool const is_patient = seen.status == prediction_status::starting || was_idle_;
        if (is_patient && breaks_ > 1 && breaks_ <= options_.resumes)
            breaks_ = 1;
        was_idle_ = false;
        if (breaks_ <= options_.resumes)
            return {stream_action_kind::connect};
        return {stream_action_kind::get, next_backoff(jitter)};
    }

    /// The prediction was asked for, and the request failed, its repetitions included.
    stream_action on_get_failed(boost::system::error_code code, double jitter)
    {
        bool const too_large =
            code == errc::body_too_large || code == errc::header_too_large || code == errc::nested_too_deeply;
        bool const is_enough = is_done() && ++late_looks_ > most_failed_looks;
        bool const passes = !is_enough && (code == condition::timeout || code == condition::connection || code == condition::server_error
            || code == condition::rate_limited || (code == condition::protocol && !too_large));
        if (!passes && is_done())
            return finish_by_its_word();
        return passes ? stream_action{stream_action_kind::get, next_backoff(jitter)} : stream_action{stream_action_kind::fail};
    }

    /// The prediction could not be asked for: there was no token. The next time there may be one.
    stream_action on_get_impossible(double jitter)
    {
        if (is_done() && ++late_looks_ > most_failed_looks)
            return finish_by_its_word();
        return {stream_action_kind::get, next_backoff(jitter)};
    }

    /// What is left to deliver at the end.
    stream_rest const& rest() const noexcept { return rest_; }

    /// How the stream ends: no error where it is complete.
    boost::system::error_code verdict() const noexcept { return verdict_; }

private:
    static constexpr unsigned most_late_looks = 20;
    static constexpr unsigned most_failed_looks = 5;

    void forget_breaks()
    {
        breaks_ = 0;
        backoff_ = options_.first_backoff;
    }

    /// Precondition: 0 <= jitter < 1.
    duration next_backoff(double jitter)
    {
        duration const length = std::exchange(backoff_, std::min(backoff_ * 2, options_.maximum_backoff));
        auto const spread = std::chrono::duration_cast<duration>(std::chrono::duration<double>(length) * (0.5 + 0.5 * jitter));
        // What is done is not opened again.
        return is_done() ? spread : std::max(spread, shortest_backoff_);
    }

    /// The prediction has ended: its output is the truth.
    stream_action settle(prediction const& ended)
    {
        rest_ = received_.compare(ended);
        if (!done_)
            rest_.logs = logs_.missing_of(ended.logs);
        if (!failed_already_ && ended.status == prediction_status::failed)
            rest_.error = ended.error.empty() ? std::string("the prediction failed") : ended.error;
        rest_.done = done_ ? done_->data : done_text(ended.status);
        rest_.done_id = done_ ? done_->id : std::string();
        if (ended.status != prediction_status::succeeded)
            verdict_ = replicate::detail::code_of_ending(ended.status);
        else if (rest_.differs || (!done_ && rest_.is_unknown))
            verdict_ = errc::stream_truncated;
        return {stream_action_kind::finish};
    }

    /// The service says that the stream is complete, and cannot tell the prediction.
    stream_action finish_by_its_word()
    {
        rest_ = stream_rest();
        rest_.done = done_->data;
        rest_.done_id = done_->id;
        done_reason const reason = event("done", done_->data, "").reason();
        if (failed_already_ || reason == done_reason::error)
            verdict_ = errc::prediction_failed;
        else if (reason == done_reason::canceled)
            verdict_ = errc::prediction_canceled;
        return {stream_action_kind::finish};
    }

    static std::string done_text(prediction_status status)
    {
        if (status == prediction_status::succeeded)
            return "{}";
        return status == prediction_status::failed ? R"({"reason":"error"})" : R"({"reason":"canceled"})";
    }

    stream_options options_;
    received_output received_;
    received_logs logs_;
    replay_filter filter_;
    std::string last_event_id_;
    std::optional<sse_event> done_;
    stream_rest rest_;
    boost::system::error_code verdict_;
    duration backoff_;
    duration shortest_backoff_{0};
    unsigned breaks_ = 0;
    unsigned late_looks_ = 0;
    bool progressed_ = false;
    bool has_unnamed_ = false;
    bool was_idle_ = false;
    bool failed_already_ = false;
    bool shows_token_ = false;
};

} // namespace replicate::core

#endif
