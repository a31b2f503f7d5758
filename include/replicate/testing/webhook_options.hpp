// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_WEBHOOK_OPTIONS_HPP
#define REPLICATE_TESTING_WEBHOOK_OPTIONS_HPP

#include <chrono>
#include <cstddef>

namespace replicate::testing {

/// How the local server sends webhooks. They go to this machine only, by http or by https with a certificate of the
/// server's own authority (`server::issue_certificate`). A plain value; as it is made, it behaves as the service does.
class webhook_options {
public:
    /// Whether any are sent.
    bool sent = true;
    /// Webhooks for outputs and logs are at least so far apart.
    std::chrono::steady_clock::duration throttle = std::chrono::milliseconds(500);
    /// Waits before each.
    std::chrono::steady_clock::duration delay{};
    /// Sends each of them a second time, with the same id.
    bool duplicated = false;
    /// Sends each of them after the one that follows it.
    bool reordered = false;
    /// Signs with another secret.
    bool wrong_signature = false;
    /// Its timestamp lies so far in the past; negative: in the future.
    std::chrono::seconds age{};

    /// An answer is waited for that long.
    std::chrono::steady_clock::duration timeout = std::chrono::seconds(5);
    /// How often the last webhook of a prediction is tried again where it was not answered with 2xx.
    std::size_t retries = 5;
    /// The pause before the first of these; it doubles for each of the following.
    std::chrono::steady_clock::duration first_pause = std::chrono::seconds(2);

    /// As the service.
    webhook_options() = default;
};

} // namespace replicate::testing

#endif
