// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_CLIENT_COUNTERS_HPP
#define REPLICATE_CORE_CLIENT_COUNTERS_HPP

#include <replicate/client_metrics.hpp>
#include <replicate/client_observer.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace replicate::core {

/// Counts what a client does, event by event. What can be asked for at any moment (rates, idle connections) is not counted here.
class client_counters {
public:
    void count(request_started const&) noexcept { ++metrics_.requests.started; }

    void count(request_finished const& event) noexcept
    {
        request_counts& counts = metrics_.requests;
        ++counts.finished;
        ++of(event.outcome);
        counts.duration += event.duration;
        double const seconds = std::chrono::duration<double>(event.duration).count();
        auto const& bounds = request_counts::duration_bounds;
        auto const bound = std::lower_bound(bounds.begin(), bounds.end(), seconds);
        ++counts.durations[static_cast<std::size_t>(bound - bounds.begin())];
    }

    void count(request_retried const&) noexcept { ++metrics_.requests.retried; }

    /// Counted by the outcome of its try.
    void count(request_throttled const&) noexcept {}

    void count(request_queued const&) noexcept
    {
        ++metrics_.queue.queued;
        ++metrics_.queue.waiting;
    }

    void count(request_dequeued const& event) noexcept
    {
        --metrics_.queue.waiting;
        ++(event.admitted ? metrics_.queue.admitted : metrics_.queue.refused);
        metrics_.queue.duration += event.duration;
    }

    void count(connection_opened const& event) noexcept
    {
        connection_counts& counts = metrics_.connections;
        ++counts.opened;
        if (event.secure)
            ++(event.resumed ? counts.resumed_handshakes : counts.full_handshakes);
    }

    void count(connection_reused const&) noexcept { ++metrics_.connections.reused; }

    void count(connection_closed const&) noexcept { ++metrics_.connections.closed; }

    void count(prediction_changed const& event) noexcept
    {
        prediction_counts& counts = metrics_.predictions;
        if (event.is_new)
            ++(event.origin == prediction_origin::adopted ? counts.adopted : counts.created);
        if (!is_terminal(event.status))
            return;
        ++of(event.status);
        counts.predict_time += event.predict_time.value_or(0);
        counts.input_tokens += event.input_tokens.value_or(0);
        counts.output_tokens += event.output_tokens.value_or(0);
    }

    /// Somebody was turned away who did not even come to wait.
    void count_turned_away() noexcept { ++metrics_.queue.refused; }

    /// A request has lost time to 429.
    void count_throttled_time(std::chrono::steady_clock::duration time) noexcept { metrics_.requests.throttled_time += time; }

    /// The observer has thrown.
    void count_observer_failure() noexcept { ++metrics_.observer_failures; }

    /// The sink of the log has thrown.
    void count_log_failure() noexcept { ++metrics_.log_failures; }

    /// All that was counted.
    client_metrics const& metrics() const noexcept { return metrics_; }

private:
    std::uint64_t& of(request_outcome outcome) noexcept
    {
        request_counts& counts = metrics_.requests;
        switch (outcome) {
        case request_outcome::succeeded: return counts.succeeded;
        case request_outcome::refused: return counts.refused;
        case request_outcome::throttled: return counts.throttled;
        case request_outcome::server_error: return counts.server_errors;
        case request_outcome::timed_out: return counts.timed_out;
        case request_outcome::connection_failed: return counts.connection_failed;
        case request_outcome::tls_failed: return counts.tls_failed;
        case request_outcome::malformed_answer: return counts.malformed_answers;
        case request_outcome::interrupted: return counts.interrupted;
        case request_outcome::other: break;
        }
        return counts.others;
    }

    /// Precondition: it is an end.
    std::uint64_t& of(prediction_status status) noexcept
    {
        prediction_counts& counts = metrics_.predictions;
        if (status == prediction_status::succeeded)
            return counts.succeeded;
        if (status == prediction_status::failed)
            return counts.failed;
        return status == prediction_status::canceled ? counts.canceled : counts.aborted;
    }

    client_metrics metrics_;
};

} // namespace replicate::core

#endif
