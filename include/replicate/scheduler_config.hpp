// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_SCHEDULER_CONFIG_HPP
#define REPLICATE_SCHEDULER_CONFIG_HPP

#include <replicate/rate_options.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace replicate {

/// How a client lets its calls go: when, in which order, and how many predictions at once.
///
/// A call that creates a prediction (`run`, `async_create`, `async_stream`) waits until there is a place for it and its turn to
/// create has come; every other request to the API waits for nothing but its turn, which seldom takes time. Of those that wait,
/// interactive ones go before batch ones (`run_options::priority`); of one priority, the groups (`run_options::group`) by turns; and
/// within one group the call whose time is up first. The wait is bounded by `timeout_config::queue` and by the call's own `timeout`.
class scheduler_config {
public:
    /// The most predictions in flight that are waited for: a `run` takes its place before its create and gives it back at the end of
    /// the call; `async_create` and `async_stream` take one while they create. At least 1. Default 10,000: there are no more anyway than
    /// come of the rate and the time that each lasts, each takes some 4 KiB while it waits, and connections are bounded by
    /// `limits_config::sync_waits` and `pool_config::connections_per_origin`.
    std::size_t in_flight = 10'000;
    /// The most of them for one model, deployment or version. Calls for other models do not wait behind those that wait for this.
    /// At least 1. Default: no bound but `in_flight`.
    std::optional<std::size_t> per_model;
    /// The most calls that wait; one more is refused at once with `errc::queue_full`. Requests of calls that have begun are never
    /// refused, nor are the inputs of an `async_map`, of which only `map_options::ahead` wait. At least 1. Default 100,000.
    std::size_t queue_length = 100'000;
    /// The weights of groups, from 0.001 to 1,000,000: while both wait, a group of weight 3 has three turns for each of a group of
    /// weight 1. Groups that are not named here have weight 1, and so has the group without a name. A group of which nobody waits
    /// saves up nothing. Default: none.
    std::map<std::string, double, std::less<>> groups;
    /// Whether requests wait until the rate limits allow them. Where not, each goes as soon as there is a place for it; one that is
    /// refused with 429 waits by itself, and 402 stops no other. For services that limit nothing. Default: true.
    bool keep_limits = true;
    /// What is believed of the rate limits at first. Not used with `config::account`, which was told by itself.
    rate_options rate;

    /// The defaults.
    scheduler_config() = default;
};

} // namespace replicate

#endif
