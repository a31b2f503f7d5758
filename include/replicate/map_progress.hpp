// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_MAP_PROGRESS_HPP
#define REPLICATE_MAP_PROGRESS_HPP

#include <chrono>
#include <cstddef>
#include <optional>

namespace replicate {

/// How far a `client::async_map` has come, at one moment.
class map_progress {
public:
    /// How many inputs there are; nothing where their source does not know.
    std::optional<std::size_t> total;
    /// Inputs that wait for their turn, because of the limits.
    std::size_t queued = 0;
    /// Inputs that are at work: their predictions are being created, run, or looked at.
    std::size_t in_flight = 0;
    /// Inputs whose predictions have succeeded.
    std::size_t succeeded = 0;
    /// Inputs that have failed, whatever the reason, cancelled ones among them.
    std::size_t failed = 0;
    /// Results that were read.
    std::size_t delivered = 0;
    /// Completions a second, lately.
    double rate = 0;
    /// What is left at that rate; nothing while that cannot be said.
    std::optional<std::chrono::duration<double>> remaining_time;
    /// The time since the start.
    std::chrono::duration<double> elapsed{0};
    /// For how long of that inputs were waiting for their turn.
    std::chrono::duration<double> throttled{0};
    /// The seconds that the models have run, which is what is paid for: the sum of `prediction_metrics::predict_time` of all predictions
    /// that have ended, those among them that have failed, and those that were run again.
    double predict_time = 0;
    /// The tokens of the prompts of these, where the models count them.
    double input_tokens = 0;
    /// The tokens of the answers of these, where the models count them.
    double output_tokens = 0;

    /// Nothing has happened.
    map_progress() = default;

    /// Inputs that have come to their end.
    std::size_t done() const noexcept { return succeeded + failed; }
};

} // namespace replicate

#endif
