// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_HELD_ANSWERS_HPP
#define REPLICATE_CORE_HELD_ANSWERS_HPP

#include <chrono>
#include <cstddef>

namespace replicate::core {

/// Decides which creates ask the service to hold its answer until the prediction has ended: that is the fastest way to the result,
/// but each holds a connection meanwhile. The first few may; those beyond wait without a connection, together.
class held_answers {
public:
    /// `most`: how many may hold their connection at once.
    explicit held_answers(std::size_t most)
        : most_(most)
    {
    }

    /// How long a create that is sent now asks the service to hold its answer. `is_counted`: whether it holds a place, before and
    /// after; it is to be given back.
    std::chrono::seconds take(std::chrono::seconds wanted, bool& is_counted)
    {
        if (wanted <= std::chrono::seconds(0) || (!is_counted && held_ >= most_))
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
