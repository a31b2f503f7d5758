// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_MAP_RESULT_HPP
#define REPLICATE_MAP_RESULT_HPP

#include <replicate/detail/failure.hpp>
#include <replicate/output.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>

namespace replicate {

/// When what happened to one input of a `client::async_map`.
class map_timing {
public:
    /// How long it waited for its turn.
    std::chrono::steady_clock::duration queued{};
    /// How long it was at work, from its turn to its end.
    std::chrono::steady_clock::duration worked{};

    /// Nothing has happened.
    map_timing() = default;
};

/// What became of one input of a `client::async_map`: an output or an error. A value; copies share what is large.
class map_result {
public:
    /// What became of the input of this number.
    map_result(std::size_t index, detail::failure failure, replicate::output output, map_timing timing)
        : index_(index)
        , failure_(std::move(failure))
        , output_(std::move(output))
        , timing_(timing)
    {
    }

    /// The number of its input: 0, 1, 2... in the order in which the inputs came.
    std::size_t index() const noexcept { return index_; }

    /// True when there is an output.
    bool ok() const noexcept { return !failure_; }

    /// The output. Throws what `async_run` would have thrown where there is none.
    replicate::output const& output() const
    {
        if (failure_)
            failure_.raise();
        return output_;
    }

    /// Why there is no output; no error where there is one.
    boost::system::error_code code() const noexcept { return failure_.code(); }

    /// What is known about a failure.
    replicate::diagnostics diagnostics() const { return failure_.diagnostics(); }

    /// The failure, with its text. Precondition: not `ok()`.
    replicate::error error() const { return replicate::error(failure_.code(), failure_.diagnostics()); }

    /// The prediction, as last seen; null where none is known.
    std::shared_ptr<replicate::prediction const> prediction() const
    {
        if (failure_)
            return failure_.diagnostics().prediction;
        return std::make_shared<replicate::prediction const>(output_.prediction());
    }

    /// What took how long.
    map_timing const& timing() const noexcept { return timing_; }

private:
    std::size_t index_;
    detail::failure failure_;
    replicate::output output_;
    map_timing timing_;
};

} // namespace replicate

#endif
