// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_POLL_ACTION_HPP
#define REPLICATE_CORE_POLL_ACTION_HPP

#include <replicate/prediction.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace replicate::core {

/// What a `poll_plan` may spend.
class poll_limits {
public:
    /// The most pages of the list a second.
    double lists_per_second = 40;
    /// The most predictions that are asked for a second.
    double gets_per_second = 500;
    /// The requests a second that are spent on one of many predictions to find out whether it has ended.
    double requests_per_prediction = 0.0098;
    /// So many requests a second may be spent however few of many there are.
    double least_requests = 20;
    /// Up to so many predictions are asked for one by one, at intervals of their own.
    std::size_t few = 16;
    /// The requests a second that those may use together to be quick.
    double quick_requests = 64;
    /// How many predictions a page shows.
    std::size_t page = 100;
    /// The most pages that are asked for at once.
    std::size_t parallel_lists = 8;
    /// A prediction that no page has shown for so long is asked for by itself.
    std::chrono::steady_clock::duration unseen = std::chrono::seconds(45);
    /// Whatever pages say, it is asked for by itself after so long.
    std::chrono::steady_clock::duration latest = std::chrono::minutes(10);

    /// The defaults.
    poll_limits() = default;
};

/// What to do next.
enum class poll_action_kind {
    /// Ask for the prediction `id`.
    get,
    /// Ask for a page of the predictions created from `after` to before `before`.
    list,
    /// Wait until `until`, unless something happens before.
    wait,
    /// Wait until something happens.
    nothing
};

/// What to do next, with what it needs.
class poll_action {
public:
    using server_time = std::chrono::system_clock::time_point;

    /// What to do.
    poll_action_kind kind = poll_action_kind::nothing;
    /// For `get`.
    std::string id;
    /// For `list`: its name.
    std::uint64_t window = 0;
    /// For `list`.
    server_time after{}, before{};
    /// For `wait`.
    std::chrono::steady_clock::time_point until{};

    poll_action() = default;
};

/// What a page shows of a prediction.
class poll_sight {
public:
    std::string id;
    prediction_status status = prediction_status::unknown;
    /// Nothing where it cannot be read.
    std::optional<std::chrono::system_clock::time_point> created;

    poll_sight() = default;
};

} // namespace replicate::core

#endif
