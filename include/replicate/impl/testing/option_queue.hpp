// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_OPTION_QUEUE_HPP
#define REPLICATE_IMPL_TESTING_OPTION_QUEUE_HPP

#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>

namespace replicate::testing::detail {

/// How the next ones shall be treated, one after the other, and how all the others. Safe from any thread.
template<class Options>
class option_queue {
public:
    void add(Options chosen, std::size_t count)
    {
        std::lock_guard const lock(mutex_);
        if (count > 0)
            waiting_.emplace_back(std::move(chosen), count);
    }

    /// From now on; what waits comes first.
    void set(Options chosen)
    {
        std::lock_guard const lock(mutex_);
        standing_ = std::move(chosen);
    }

    /// For one of them.
    Options take()
    {
        std::lock_guard const lock(mutex_);
        if (waiting_.empty())
            return standing_;
        Options const chosen = waiting_.front().first;
        if (--waiting_.front().second == 0)
            waiting_.pop_front();
        return chosen;
    }

    /// Without using one up.
    Options standing() const
    {
        std::lock_guard const lock(mutex_);
        return standing_;
    }

private:
    mutable std::mutex mutex_;
    std::deque<std::pair<Options, std::size_t>> waiting_;
    Options standing_;
};

} // namespace replicate::testing::detail

#endif
