// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_SNAPSHOT_HPP
#define REPLICATE_TESTING_SNAPSHOT_HPP

#include <replicate/prediction.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace replicate::testing {

/// What can be seen of a scripted prediction at one moment. Times count from its creation.
class snapshot {
public:
    /// Where it is in its life.
    prediction_status status = prediction_status::starting;
    /// What there is of the output; null while there is none.
    json::value output;
    /// The whole log so far.
    std::string logs;
    /// Why it failed; empty unless it did.
    std::string error;
    /// When the model began to run; empty before.
    std::optional<std::chrono::steady_clock::duration> started;
    /// When it ended; empty before.
    std::optional<std::chrono::steady_clock::duration> completed;
    /// The metrics; empty before the end.
    json::object metrics;

    /// A prediction that has just been created.
    snapshot() = default;
};

/// An end that came from outside, before the script was through.
class early_end {
public:
    /// Who ended it.
    enum class reason {
        /// Its user.
        cancel,
        /// Its own deadline (`Cancel-After`).
        deadline
    };
    /// When, counted from the creation.
    std::chrono::steady_clock::duration at{};
    /// By whom.
    reason why = reason::cancel;

    /// Cancelled at once.
    early_end() = default;

    /// Ended at a time, for a reason.
    early_end(std::chrono::steady_clock::duration when, reason cause)
        : at(when)
        , why(cause)
    {
    }
};

} // namespace replicate::testing

#endif
