// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/client_counters.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>

namespace {

using namespace std::chrono_literals;
using namespace replicate;

request_finished finished(request_outcome outcome, std::chrono::steady_clock::duration duration = 1ms)
{
    request_finished event;
    event.outcome = outcome;
    event.duration = duration;
    return event;
}

prediction_changed changed(prediction_status status, prediction_origin origin = prediction_origin::known, bool is_new = false)
{
    prediction_changed event;
    event.status = status;
    event.origin = origin;
    event.is_new = is_new;
    return event;
}

} // namespace

TEST_CASE("each outcome of a request is counted in its class, and the classes add up")
{
    core::client_counters counters;
    constexpr std::array outcomes = {request_outcome::succeeded, request_outcome::refused, request_outcome::throttled,
        request_outcome::server_error, request_outcome::timed_out, request_outcome::connection_failed, request_outcome::tls_failed,
        request_outcome::malformed_answer, request_outcome::interrupted, request_outcome::other};
    for (std::size_t i = 0; i < outcomes.size(); ++i)
        for (std::size_t times = 0; times <= i; ++times) {
            counters.count(request_started());
            counters.count(finished(outcomes[i]));
        }
    counters.count(request_started());
    request_counts const& counts = counters.metrics().requests;
    CHECK(counts.succeeded == 1);
    CHECK(counts.refused == 2);
    CHECK(counts.throttled == 3);
    CHECK(counts.server_errors == 4);
    CHECK(counts.timed_out == 5);
    CHECK(counts.connection_failed == 6);
    CHECK(counts.tls_failed == 7);
    CHECK(counts.malformed_answers == 8);
    CHECK(counts.interrupted == 9);
    CHECK(counts.others == 10);
    CHECK(counts.started == 56);
    CHECK(counts.finished == 55);
    CHECK(counts.in_flight() == 1);
    CHECK(counts.failed() == 54);
    CHECK(counts.duration == 55ms);
}

TEST_CASE("durations are counted up to their bound, and longer ones last")
{
    core::client_counters counters;
    for (auto const duration : {0ms, 5ms, 6ms, 10'000ms, 10'001ms, 60'000ms})
        counters.count(finished(request_outcome::succeeded, duration));
    auto const& durations = counters.metrics().requests.durations;
    CHECK(durations[0] == 2);
    CHECK(durations[1] == 1);
    CHECK(durations[13] == 1);
    CHECK(durations[14] == 2);
}

TEST_CASE("what waits is counted, how long, and what came of it")
{
    core::client_counters counters;
    for (int i = 0; i < 3; ++i)
        counters.count(request_queued());
    CHECK(counters.metrics().queue.waiting == 3);
    request_dequeued event;
    event.duration = 2s;
    event.admitted = true;
    counters.count(event);
    event.admitted = false;
    counters.count(event);
    counters.count_turned_away();
    queue_counts const& queue = counters.metrics().queue;
    CHECK(queue.queued == 3);
    CHECK(queue.admitted == 1);
    CHECK(queue.refused == 2);
    CHECK(queue.waiting == 1);
    CHECK(queue.duration == 4s);
}

TEST_CASE("connections are counted, and how they shook hands")
{
    core::client_counters counters;
    connection_opened event;
    counters.count(event);
    event.secure = true;
    counters.count(event);
    event.resumed = true;
    counters.count(event);
    counters.count(connection_reused());
    counters.count(connection_closed());
    connection_counts const& counts = counters.metrics().connections;
    CHECK(counts.opened == 3);
    CHECK(counts.closed == 1);
    CHECK(counts.open() == 2);
    CHECK(counts.full_handshakes == 1);
    CHECK(counts.resumed_handshakes == 1);
    CHECK(counts.reused == 1);
}

TEST_CASE("predictions are counted where they come from and how they end, with what they took")
{
    core::client_counters counters;
    counters.count(changed(prediction_status::starting, prediction_origin::created, true));
    counters.count(changed(prediction_status::processing, prediction_origin::created));
    auto ended = changed(prediction_status::succeeded, prediction_origin::created);
    ended.predict_time = 1.5;
    ended.input_tokens = 10;
    ended.output_tokens = 20;
    counters.count(ended);
    counters.count(changed(prediction_status::unknown, prediction_origin::adopted, true));
    auto failed = changed(prediction_status::failed, prediction_origin::adopted);
    failed.predict_time = 0.5;
    counters.count(failed);
    counters.count(changed(prediction_status::canceled));
    counters.count(changed(prediction_status::aborted));
    prediction_counts const& counts = counters.metrics().predictions;
    CHECK(counts.created == 1);
    CHECK(counts.adopted == 1);
    CHECK(counts.succeeded == 1);
    CHECK(counts.failed == 1);
    CHECK(counts.canceled == 1);
    CHECK(counts.aborted == 1);
    CHECK(counts.predict_time == 2.0);
    CHECK(counts.input_tokens == 10);
    CHECK(counts.output_tokens == 20);
}

TEST_CASE("time that was lost to throttling, and failures of those who listen, are counted")
{
    core::client_counters counters;
    counters.count(request_retried());
    counters.count_throttled_time(3s);
    counters.count_throttled_time(4s);
    counters.count_observer_failure();
    counters.count_log_failure();
    counters.count_log_failure();
    CHECK(counters.metrics().requests.retried == 1);
    CHECK(counters.metrics().requests.throttled_time == 7s);
    CHECK(counters.metrics().observer_failures == 1);
    CHECK(counters.metrics().log_failures == 2);
}
