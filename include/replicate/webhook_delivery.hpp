// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_WEBHOOK_DELIVERY_HPP
#define REPLICATE_WEBHOOK_DELIVERY_HPP

#include <replicate/training.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace replicate {

/// A webhook that has come: verified, and not seen before. A plain value.
class webhook_delivery {
public:
    /// Its id; the same when the service sends it again.
    std::string id;
    /// When the service sent it.
    std::chrono::system_clock::time_point sent_at;
    /// What the service called, as it came to the listener: path and query.
    std::string target;
    /// The prediction as it then stood; for a training what the two have in common. Webhooks may overtake one another: go by the
    /// status. The model may be missing.
    replicate::prediction prediction;
    /// The training, where it is one.
    std::optional<replicate::training> training;

    /// Nothing.
    webhook_delivery() = default;
};

} // namespace replicate

#endif
