// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_POLL_QUEUE_HPP
#define REPLICATE_CORE_POLL_QUEUE_HPP

#include <chrono>
#include <cstdint>
#include <set>

namespace replicate::core {

/// What stands in a `poll_queue`: its place is by when it is due, and where that is the same by `order`.
class poll_target {
public:
    using time_point = std::chrono::steady_clock::time_point;

    poll_target() = default;
    poll_target(poll_target const&) = delete;
    poll_target& operator=(poll_target const&) = delete;

    /// When it is due. Changed by a queue alone.
    time_point due() const noexcept { return due_; }

private:
    template<class Target>
    friend class poll_queue;

    time_point due_{};
    std::uint64_t order_ = 0;
    bool queued_ = false;
};

/// Things that are due at some time, the earliest first. It refers to them: one that goes has to be taken out before.
template<class Target>
class poll_queue {
public:
    using time_point = poll_target::time_point;

    /// Puts it where it is due then, wherever it was in this queue.
    void put(Target& target, time_point due)
    {
        take_out(target);
        target.due_ = due;
        target.order_ = ++count_;
        target.queued_ = true;
        targets_.insert(&target);
    }

    /// Takes it out, if it is in.
    void take_out(Target& target)
    {
        if (target.queued_)
            targets_.erase(&target);
        target.queued_ = false;
    }

    /// The one that is due first; null where there is none.
    Target* first() const { return targets_.empty() ? nullptr : *targets_.begin(); }

    /// True for one that is in.
    bool holds(Target const& target) const noexcept { return target.queued_; }

private:
    struct earlier {
        bool operator()(poll_target const* one, poll_target const* other) const noexcept
        {
            return one->due_ != other->due_ ? one->due_ < other->due_ : one->order_ < other->order_;
        }
    };

    std::set<Target*, earlier> targets_;
    std::uint64_t count_ = 0;
};

} // namespace replicate::core

#endif
