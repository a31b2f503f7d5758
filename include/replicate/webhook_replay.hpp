// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_WEBHOOK_REPLAY_HPP
#define REPLICATE_WEBHOOK_REPLAY_HPP

#include <replicate/error.hpp>

#include <chrono>
#include <cstddef>
#include <iterator>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace replicate::webhook {

/// Remembers the ids of the webhooks that were handled, so that none is handled twice: neither one that the service sends
/// again, nor one that somebody recorded. Ask it only after `verify`, so that nobody else can fill it.
///
/// Its memory is bounded: at `capacity` ids the oldest is forgotten before its time, so choose more than come in `memory`. Not to
/// be used by two threads at once.
class replay_guard {
public:
    using time_point = std::chrono::system_clock::time_point;

    /// Remembers so many ids for so long. The default, ten minutes, is all the time in which `verify` accepts one webhook:
    /// twice its tolerance. An `error` of `replicate::errc::invalid_argument` where one of them is not above zero.
    explicit replay_guard(std::size_t capacity = 65536, std::chrono::seconds memory = std::chrono::minutes(10))
        : capacity_(capacity)
        , memory_(memory)
    {
        if (capacity == 0)
            replicate::detail::throw_invalid_argument("capacity", "is zero; give the number of ids to remember");
        if (memory <= std::chrono::seconds::zero())
            replicate::detail::throw_invalid_argument("memory", "is not above zero; give twice the tolerance");
    }

    replay_guard(replay_guard&&) = default;
    replay_guard& operator=(replay_guard&&) = default;

    /// True for an id that is not remembered, and remembers it. False for one to be answered with 200 and left alone.
    [[nodiscard]] bool admit(std::string_view id, time_point now)
    {
        drop_expired(now);
        if (places_.contains(id))
            return false;
        if (entries_.size() == capacity_)
            drop_oldest();
        entries_.push_back({std::string(id), now});
        places_.emplace(entries_.back().id, std::prev(entries_.end()));
        return true;
    }

    /// Forgets an id whose webhook could not be handled, so that it is admitted when the service sends it again.
    void forget(std::string_view id)
    {
        auto const found = places_.find(id);
        if (found == places_.end())
            return;
        auto const place = found->second;
        places_.erase(found);
        entries_.erase(place);
    }

    /// How many ids are remembered.
    std::size_t size() const noexcept { return entries_.size(); }

private:
    struct entry {
        std::string id;
        time_point admitted_at;
    };

    void drop_oldest()
    {
        places_.erase(entries_.front().id);
        entries_.pop_front();
    }

    void drop_expired(time_point now)
    {
        while (!entries_.empty() && now - entries_.front().admitted_at > memory_)
            drop_oldest();
    }

    std::size_t capacity_;
    std::chrono::seconds memory_;
    // In the order in which they came. The views below are of these strings, which stay where they are.
    std::list<entry> entries_;
    std::unordered_map<std::string_view, std::list<entry>::iterator> places_;
};

} // namespace replicate::webhook

#endif
