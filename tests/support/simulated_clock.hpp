// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_SIMULATED_CLOCK_HPP
#define REPLICATE_TESTS_SUPPORT_SIMULATED_CLOCK_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace replicate::tests {

/// What is to happen, by time and, at one time, in the order of being said. The actions rest where they are put, only small
/// keys move; nothing is allocated once it is as large as it becomes.
template<class Action>
class event_queue {
public:
    using time_point = std::chrono::steady_clock::time_point;

    bool empty() const noexcept { return heap_.empty(); }
    std::size_t size() const noexcept { return heap_.size(); }

    /// When the first is due. Precondition: not empty.
    time_point next() const noexcept { return heap_.front().when; }

    void push(time_point when, Action action)
    {
        std::uint32_t place = 0;
        if (free_.empty()) {
            place = static_cast<std::uint32_t>(actions_.size());
            actions_.push_back(std::move(action));
        } else {
            place = free_.back();
            free_.pop_back();
            actions_[place] = std::move(action);
        }
        heap_.push_back({when, sequence_++, place});
        std::push_heap(heap_.begin(), heap_.end(), is_later);
    }

    /// The first. Precondition: not empty.
    Action pop()
    {
        std::uint32_t const place = heap_.front().place;
        std::pop_heap(heap_.begin(), heap_.end(), is_later);
        heap_.pop_back();
        free_.push_back(place);
        return std::move(actions_[place]);
    }

private:
    struct key {
        time_point when;
        std::uint64_t sequence;
        std::uint32_t place;
    };

    static bool is_later(key const& left, key const& right) noexcept
    {
        return left.when != right.when ? left.when > right.when : left.sequence > right.sequence;
    }

    std::vector<key> heap_;
    std::vector<Action> actions_;
    std::vector<std::uint32_t> free_;
    std::uint64_t sequence_ = 0;
};

/// A clock that jumps from one event to the next: days pass in a moment, and always in the same way.
class simulated_clock {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using duration = std::chrono::steady_clock::duration;
    using action = std::function<void()>;

    /// Not the epoch: a value that was never set is then seen to be one.
    simulated_clock()
        : now_(std::chrono::hours(1000))
    {
    }

    simulated_clock(simulated_clock const&) = delete;
    simulated_clock& operator=(simulated_clock const&) = delete;

    time_point now() const noexcept { return now_; }

    /// Calls it at that time; at once, but after what is due already, where that is past.
    void at(time_point when, action what) { events_.push(std::max(when, now_), std::move(what)); }
    void after(duration wait, action what) { at(now_ + wait, std::move(what)); }

    /// Lets all happen that is due until then, what that brings about included. The clock shows that time then.
    void run_until(time_point end)
    {
        while (!events_.empty() && events_.next() <= end)
            step();
        now_ = std::max(now_, end);
    }
    void run_for(duration length) { run_until(now_ + length); }

    /// Lets all happen, until nothing is left.
    void run()
    {
        while (!events_.empty())
            step();
    }

    /// Lets happen what is due first; false where there is nothing.
    bool step()
    {
        if (events_.empty())
            return false;
        now_ = events_.next();
        action const what = events_.pop();
        ++steps_;
        what();
        return true;
    }

    std::size_t pending() const noexcept { return events_.size(); }

    /// How many events there were.
    std::uint64_t steps() const noexcept { return steps_; }

private:
    event_queue<action> events_;
    time_point now_;
    std::uint64_t steps_ = 0;
};

} // namespace replicate::tests

#endif
