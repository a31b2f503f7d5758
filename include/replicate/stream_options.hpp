// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_STREAM_OPTIONS_HPP
#define REPLICATE_STREAM_OPTIONS_HPP

#include <replicate/priority.hpp>
#include <replicate/run_options.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace replicate {

/// Options of `client::async_stream`.
class stream_options {
public:
    /// The longest that the whole stream may take, from the call to its last event; at most a year. Then reading it fails with
    /// `errc::deadline_exceeded`, and `on_cancel` says what becomes of the prediction. Default: `config::timeouts.run`.
    std::optional<std::chrono::steady_clock::duration> timeout;
    /// Asks the service to end the prediction so long after its creation; default and meaning as of `run_options::cancel_after`.
    /// Not for a prediction that exists already.
    std::optional<std::chrono::seconds> cancel_after;
    /// What becomes of the prediction when the stream is closed, or its last handle goes, or its time is up, before its end.
    /// Default: one that this call has created is cancelled too, which stops the bill; one that existed before is left to run.
    std::optional<replicate::on_cancel> on_cancel;
    /// As `run_options::ambiguous_create`.
    replicate::ambiguous_create ambiguous_create = replicate::ambiguous_create::at_most_once;
    /// The longest silence on the connection before it is taken for dead and opened anew; the prediction goes on meanwhile. At least
    /// 1 ms. Default 45 s; the service itself ends a silent stream after 30 s.
    std::chrono::steady_clock::duration silence = std::chrono::seconds(45);
    /// How often in succession the stream is resumed without anything new coming; then its rest is taken from the prediction, once
    /// that has ended. Default 5.
    unsigned resumes = 5;
    /// The wait before a stream is resumed again; each further one is twice as long, up to `maximum_backoff`, and all have some
    /// jitter. The first time there is none. None is shorter than what the service asks for in the stream (`retry:`), up to
    /// `maximum_backoff`. Default 250 ms, at least 1 ms.
    std::chrono::steady_clock::duration first_backoff = std::chrono::milliseconds(250);
    /// The longest wait before a stream is resumed. Default 5 s.
    std::chrono::steady_clock::duration maximum_backoff = std::chrono::seconds(5);
    /// The largest event, in bytes; a larger one ends the connection, and its text is taken from the prediction. Default 8 MiB.
    std::size_t event_bytes = 8 * 1024 * 1024;
    /// How far a subscriber that holds the stream back may lag behind it, in bytes of events; then nothing more is read from the
    /// network. Default 1 MiB.
    std::size_t lag_bytes = 1024 * 1024;
    /// How much of what all have read is kept for subscribers that come late, in bytes of events. Default 16 MiB.
    std::size_t history_bytes = 16 * 1024 * 1024;
    /// Before whom this goes while it waits for its turn. Default: interactive, before all that is batch.
    replicate::priority priority = replicate::priority::interactive;
    /// With whom this takes turns while it waits: a name, see `scheduler_config::groups`. Default: the group without a name.
    std::string group;

    /// The defaults.
    stream_options() = default;
};

/// Where a further subscriber of a stream begins.
enum class subscribe_from {
    /// With the first event, as far as the history is kept.
    beginning,
    /// With the next event that comes.
    now
};

/// What becomes of a subscriber of a stream that is slower than the stream.
enum class when_slow {
    /// The stream waits for it: nothing more is read from the network, and the other subscribers wait too.
    hold_back,
    /// The stream goes on; what is kept for it is bounded by `stream_options::history_bytes`. When it has missed something,
    /// its next read fails with `errc::stream_lagged`.
    fall_behind
};

namespace detail {

/// Refuses options that mean nothing, before anything is sent.
inline void check(stream_options const& options)
{
    using namespace std::chrono_literals;
    check_timeout(options.timeout);
    check_priority(options.priority);
    if (options.cancel_after && (*options.cancel_after < 5s || *options.cancel_after > 24h))
        throw_invalid_argument("options.cancel_after", "the service takes 5 seconds to 24 hours");
    if (options.silence < 1ms)
        throw_invalid_argument("options.silence", "must be at least 1 millisecond");
    if (options.first_backoff < 1ms)
        throw_invalid_argument("options.first_backoff", "must be at least 1 millisecond");
    if (options.maximum_backoff < options.first_backoff || options.maximum_backoff > 24h)
        throw_invalid_argument("options.maximum_backoff", "must be from first_backoff to 24 hours");
    if (options.event_bytes == 0 || options.lag_bytes == 0)
        throw_invalid_argument("options.event_bytes, options.lag_bytes", "must be above zero");
}

} // namespace detail

} // namespace replicate

#endif
