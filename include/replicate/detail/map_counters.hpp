// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_MAP_COUNTERS_HPP
#define REPLICATE_DETAIL_MAP_COUNTERS_HPP

#include <replicate/core/rate_meter.hpp>
#include <replicate/map_progress.hpp>
#include <replicate/prediction.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>

namespace replicate::detail {

/// What `map_results::progress` tells. Written on the strand alone, read from any thread; each number is right by itself.
class map_counters {
public:
    using time_point = std::chrono::steady_clock::time_point;

    map_counters(std::optional<std::size_t> total, time_point now)
        : total_(total)
        , started_(now)
        , meter_(now)
    {
    }

    /// How many wait and work now.
    void set_work(std::size_t queued, std::size_t in_flight, time_point now)
    {
        if (queued_ > 0)
            add(throttled_, std::chrono::duration<double>(now - changed_).count());
        changed_ = now;
        queued_ = queued;
        in_flight_ = in_flight;
    }

    void on_succeeded(prediction_metrics const& metrics, time_point now)
    {
        ++succeeded_;
        pay(metrics);
        measure(now);
    }

    /// `metrics`: null where no prediction is known.
    void on_failed(prediction_metrics const* metrics, time_point now)
    {
        ++failed_;
        if (metrics != nullptr)
            pay(*metrics);
        measure(now);
    }

    /// A prediction has cost this in vain, and is run again.
    void on_interrupted(prediction_metrics const& metrics) { pay(metrics); }

    void on_delivered() { ++delivered_; }

    /// From any thread.
    map_progress snapshot(time_point now) const
    {
        map_progress seen;
        seen.total = total_;
        seen.queued = queued_;
        seen.in_flight = in_flight_;
        seen.succeeded = succeeded_;
        seen.failed = failed_;
        seen.delivered = delivered_;
        seen.elapsed = now - started_;
        seen.throttled = std::chrono::duration<double>(throttled_);
        seen.predict_time = predict_time_;
        seen.input_tokens = input_tokens_;
        seen.output_tokens = output_tokens_;
        seen.rate = rate_;
        if (total_ && seen.rate > 0 && seen.done() <= *total_)
            seen.remaining_time = std::chrono::duration<double>(static_cast<double>(*total_ - seen.done()) / seen.rate);
        return seen;
    }

private:
    // One writer.
    static void add(std::atomic<double>& sum, double value) { sum = sum + value; }

    void pay(prediction_metrics const& metrics)
    {
        add(predict_time_, metrics.predict_time.value_or(0));
        add(input_tokens_, metrics.input_token_count.value_or(0));
        add(output_tokens_, metrics.output_token_count.value_or(0));
    }

    void measure(time_point now)
    {
        meter_.on_event(now);
        rate_ = meter_.rate(now);
    }

    std::optional<std::size_t> const total_;
    time_point const started_;
    time_point changed_{};
    core::rate_meter meter_;
    std::atomic<std::size_t> queued_ = 0;
    std::atomic<std::size_t> in_flight_ = 0;
    std::atomic<std::size_t> succeeded_ = 0;
    std::atomic<std::size_t> failed_ = 0;
    std::atomic<std::size_t> delivered_ = 0;
    std::atomic<double> rate_ = 0;
    std::atomic<double> throttled_ = 0;
    std::atomic<double> predict_time_ = 0;
    std::atomic<double> input_tokens_ = 0;
    std::atomic<double> output_tokens_ = 0;
};

} // namespace replicate::detail

#endif
