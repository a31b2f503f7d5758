// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_SIMULATED_NETWORK_HPP
#define REPLICATE_TESTS_SUPPORT_SIMULATED_NETWORK_HPP

#include <chrono>

namespace replicate::tests {

/// How long things take in a simulation, in seconds.
struct simulated_network {
    /// There and back, on average.
    double round_trip = 0.05;
    /// Each way is longer or shorter by up to this part of itself.
    double jitter = 0.2;
    /// So many of the ways are longer by up to `spike`.
    double spikes = 0;
    double spike = 0.2;
    /// The client wakes up to so late.
    double lateness = 0.002;
    /// The service holds its answer for up to so long (sync waits).
    double held = 0;

    /// One way. `random`: gives numbers between 0 and 1.
    template<class Random>
    std::chrono::steady_clock::duration way(Random random) const
    {
        double length = round_trip / 2 * (1 + jitter * (2 * random() - 1));
        if (spikes > 0 && random() < spikes)
            length += spike * random();
        return std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(length));
    }
};

} // namespace replicate::tests

#endif
