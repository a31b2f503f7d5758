// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_CANCEL_PATIENCE_HPP
#define REPLICATE_CORE_CANCEL_PATIENCE_HPP

#include <chrono>

namespace replicate::core {

/// Whether it is of use to ask a service to cancel: thousands whose callers have gone must not wait one after the other for one that says
/// nothing.
class cancel_patience {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// False for a while after many in a row had no answer.
    bool is_of_use(time_point now) const noexcept { return now >= hopeless_until_; }

    /// The service has answered, whatever it said.
    void on_answer() noexcept { unheard_ = 0; }

    /// It has not.
    void on_silence(time_point now) noexcept
    {
        if (++unheard_ < most_unheard)
            return;
        unheard_ = 0;
        hopeless_until_ = now + pause;
    }

private:
    static constexpr unsigned most_unheard = 64;
    static constexpr std::chrono::seconds pause{5};

    unsigned unheard_ = 0;
    time_point hopeless_until_{};
};

} // namespace replicate::core

#endif
