// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CLIENT_METRICS_HPP
#define REPLICATE_CLIENT_METRICS_HPP

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace replicate {

/// The requests of a client, to all hosts; each try by itself.
class request_counts {
public:
    /// The upper bounds of `durations`, in seconds, as OpenTelemetry has them for `http.client.request.duration`.
    static constexpr std::array<double, 14> duration_bounds = {
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10};

    /// Tries that have begun, and of them those that have ended; the difference is in flight.
    std::uint64_t started = 0, finished = 0;
    /// How the finished ones ended; see `request_outcome`. The sum of these is `finished`.
    std::uint64_t succeeded = 0, refused = 0, throttled = 0, server_errors = 0, timed_out = 0, connection_failed = 0, tls_failed = 0,
                  malformed_answers = 0, interrupted = 0, others = 0;
    /// Tries that were followed by another one.
    std::uint64_t retried = 0;
    /// The time from the start to the end of all that have finished. Answers that the service was asked to hold are among them, and streams
    /// and files, with all the time that they took.
    std::chrono::steady_clock::duration duration{};
    /// How many took how long: up to each of `duration_bounds` (and longer than the one before), and last, longer than all.
    std::array<std::uint64_t, 15> durations{};
    /// The time that requests have lost to 429: from the answer to the next try.
    std::chrono::steady_clock::duration throttled_time{};

    /// None.
    request_counts() = default;

    /// Tries that are under way.
    std::uint64_t in_flight() const noexcept { return started - finished; }

    /// Finished tries that did not succeed.
    std::uint64_t failed() const noexcept { return finished - succeeded; }
};

/// Waits for a turn, of calls that create predictions and of other requests.
class queue_counts {
public:
    /// How often something had to wait, and of that, how often it has got its turn; what went by itself at once is in neither.
    std::uint64_t queued = 0, admitted = 0;
    /// How often something was turned away or gave up: the queue was full, the service refuses for want of credit, its caller has gone.
    std::uint64_t refused = 0;
    /// What waits now.
    std::size_t waiting = 0;
    /// The time that what waits no more has waited.
    std::chrono::steady_clock::duration duration{};

    /// None.
    queue_counts() = default;
};

/// Connections, to all hosts.
class connection_counts {
public:
    /// Connections that were opened, and those of them that are closed.
    std::uint64_t opened = 0, closed = 0;
    /// Tries of requests that went over a connection that had carried another one.
    std::uint64_t reused = 0;
    /// TLS handshakes of the opened ones: whole, and those that resumed an earlier session.
    std::uint64_t full_handshakes = 0, resumed_handshakes = 0;
    /// Open connections that wait for a request.
    std::size_t idle = 0;
    /// Connections that carry a request, or are being opened for one.
    std::size_t busy = 0;

    /// None.
    connection_counts() = default;

    /// Connections that are open.
    std::uint64_t open() const noexcept { return opened - closed; }
};

/// Predictions, as the calls of the client saw them that run, wait for, stream or cancel them; see `prediction_changed`.
class prediction_counts {
public:
    /// Predictions that were created here, and those that were created by a call whose answer was lost, and found again.
    std::uint64_t created = 0, adopted = 0;
    /// How they ended. A run that is content with less (`run_options::early_output`) sees no end.
    std::uint64_t succeeded = 0, failed = 0, canceled = 0, aborted = 0;
    /// The seconds that the models of the ended ones ran, which is what is paid for.
    double predict_time = 0;
    /// Tokens of prompts and of answers, where the models count them.
    double input_tokens = 0, output_tokens = 0;
    /// Places of `scheduler_config::in_flight` that are taken now.
    std::size_t in_flight = 0;

    /// None.
    prediction_counts() = default;
};

/// What the service has said about the account.
enum class account_standing {
    /// Nothing.
    normal,
    /// It has little credit left, and a low rate for that.
    low_credit,
    /// It has no way of payment, and a low rate for that.
    no_payment
};

/// What was learned of one of the service's rate limits; together with other clients, where they share `config::account`.
class rate_metrics {
public:
    /// Requests a minute that are let through in the long run.
    double per_minute = 0;
    /// Requests that the service would take at once; nothing where it does not tell.
    std::optional<double> available;
    /// For how long nothing goes any more because of a 429; zero where it goes.
    std::chrono::steady_clock::duration pause{};
    /// What the service has said about the account.
    account_standing standing = account_standing::normal;
    /// Requests let through, and those of them that were refused with 429.
    std::uint64_t sent = 0, rejected = 0;

    /// Nothing is known.
    rate_metrics() = default;
};

/// What a client has done since it was made, and how it stands: `client::async_metrics`. A plain value, all of one moment.
class client_metrics {
public:
    /// Requests.
    request_counts requests;
    /// Waits for a turn.
    queue_counts queue;
    /// Connections.
    connection_counts connections;
    /// Predictions.
    prediction_counts predictions;
    /// The limits of creates, of looks at one prediction, and of all else.
    rate_metrics creates, prediction_gets, others;
    /// What repetitions may still take; see `retry_config::quota`.
    std::size_t retry_quota = 0;
    /// How often `config::observer`, and how often `log_config::sink`, has thrown.
    std::uint64_t observer_failures = 0, log_failures = 0;

    /// Nothing has happened.
    client_metrics() = default;
};

} // namespace replicate

#endif
