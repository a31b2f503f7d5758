// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_MAP_OPTIONS_HPP
#define REPLICATE_MAP_OPTIONS_HPP

#include <replicate/error.hpp>
#include <replicate/run_options.hpp>

#include <cstddef>

namespace replicate {

/// In which order `map_results` gives its results.
enum class map_order {
    /// Each as soon as it is there.
    completion,
    /// As the inputs came. A result that is early waits for those before it.
    input
};

/// Options of `client::async_map`.
class map_options {
public:
    /// How each input is run. A `timeout` is that of each run, from when its input was taken. An `observer` is called for all of
    /// them. Its `priority` is `priority::batch` by default, so that single runs in between do not wait behind them.
    run_options run = batch_run();
    /// In which order results are given. Default: as they complete.
    map_order order = map_order::completion;
    /// The most predictions of this call in flight, at least 1; `scheduler_config::in_flight` bounds them besides. Default 0: as many as
    /// the rate at which the service takes them, and the time that they last, come to.
    std::size_t in_flight = 0;
    /// How many inputs are taken ahead and wait for their turn, so that one is ready whenever the rate limit allows one more; at
    /// least 1. Default 8.
    std::size_t ahead = 8;
    /// While so many results wait to be read no further input is taken, at least 1; those in flight then go on. So never more is in
    /// memory than this, `ahead` and what is in flight; in `map_order::input` besides what has completed before its turn, up to eight times
    /// as many as were ever in flight, so that a slow prediction does not hold up those behind it. Default 64.
    std::size_t buffer = 64;
    /// Ends at the first input that fails: no further one is taken, and those in flight are cancelled, as `run.on_cancel` says.
    /// Their results are given even so. Default: false, the others go on.
    bool stop_on_error = false;

    /// The defaults.
    map_options() = default;

private:
    static run_options batch_run()
    {
        run_options options;
        options.priority = priority::batch;
        return options;
    }
};

namespace detail {

/// Refuses options that mean nothing, before anything is sent.
inline void check(map_options const& options)
{
    check(options.run);
    if (options.order != map_order::completion && options.order != map_order::input)
        throw_invalid_argument("options.order", "must be map_order::completion or map_order::input");
    if (options.ahead == 0)
        throw_invalid_argument("options.ahead", "must be at least 1");
    if (options.buffer == 0)
        throw_invalid_argument("options.buffer", "must be at least 1");
}

} // namespace detail

} // namespace replicate

#endif
