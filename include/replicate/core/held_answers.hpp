// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_HELD_ANSWERS_HPP
#define REPLICATE_CORE_HELD_ANSWERS_HPP

#include <replicate/priority.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace replicate::core {

/// Decides which creates ask the service to hold its answer until the prediction has ended: that is the fastest way to the result,
/// but each holds a connection meanwhile. The first few may; those beyond wait without a connection, together.
class held_answers {
public:
    /// `most`: how many may hold their connection at once; never more than three of four `connections`, because what is asked besides needs some.
    held_answers(std::size_t most, std::size_t connections)
        : most_(std::min(most, std::max<std::size_t>(connections - connections / 4, 1)))
    {
    }

    /// How long a create that is sent now asks the service to hold its answer. `is_counted`: whether it holds a place, before and
    /// after; it is to be given back. `priority`: the last quarter of the places is kept for those that somebody waits for.
    std::chrono::seconds take(std::chrono::seconds wanted, replicate::priority priority, bool& is_counted)
    {
        std::size_t const most = priority == replicate::priority::interactive ? most_ : most_ - most_ / 4;
        if (wanted <= std::chrono::seconds(0) || (!is_counted && held_ >= most))
            return std::chrono::seconds(0);
        held_ += !is_counted;
        is_counted = true;
        return wanted;
    }

    /// The answer has come, or will not.
    void give_back() noexcept { --held_; }

    /// How many hold their connection.
    std::size_t held() const noexcept { return held_; }

private:
    std::size_t most_;
    std::size_t held_ = 0;
};

} // namespace replicate::core

#endif
