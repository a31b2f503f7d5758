// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_BLOCKING_RESULT_HPP
#define REPLICATE_DETAIL_BLOCKING_RESULT_HPP

#include <replicate/detail/initiate.hpp>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace replicate::detail {

/// Where one thread waits for what an operation brings on another. Not a future: one whose operation is thrown away, because the
/// program ends, must wait on in silence.
template<class T>
class blocking_result {
public:
    /// The handler to start the operation with.
    erased_handler<T> handler() const { return erased_handler<T>(completion(state_)); }

    /// Waits for the result, without a limit; throws the failure.
    T get() const
    {
        std::unique_lock lock(state_->mutex);
        state_->changed.wait(lock, [this] { return state_->result.has_value(); });
        return take();
    }

    /// The same until a point of time; nothing where there is no result then.
    std::optional<T> get_until(std::chrono::steady_clock::time_point limit) const
    {
        std::unique_lock lock(state_->mutex);
        if (!state_->changed.wait_until(lock, limit, [this] { return state_->result.has_value(); }))
            return std::nullopt;
        return take();
    }

private:
    struct shared_state {
        std::mutex mutex;
        std::condition_variable changed;
        std::optional<std::pair<failure, T>> result;
    };

    class completion {
    public:
        explicit completion(std::shared_ptr<shared_state> state)
            : state_(std::move(state))
        {
        }

        void operator()(failure outcome, T value)
        {
            std::lock_guard const lock(state_->mutex);
            state_->result.emplace(std::move(outcome), std::move(value));
            state_->changed.notify_all();
        }

    private:
        std::shared_ptr<shared_state> state_;
    };

    T take() const
    {
        if (state_->result->first)
            state_->result->first.raise();
        return std::move(state_->result->second);
    }

    std::shared_ptr<shared_state> state_ = std::make_shared<shared_state>();
};

} // namespace replicate::detail

#endif
