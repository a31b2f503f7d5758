// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_KNOWN_PREDICTIONS_HPP
#define REPLICATE_CORE_KNOWN_PREDICTIONS_HPP

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <unordered_set>
#include <utility>

namespace replicate::core {

/// The ids of the predictions that calls of one client own: an id is never given to a second call. Remembered as long as a create whose
/// answer was lost may be looked for, and no more of them than memory allows.
class known_predictions {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// None. `lifetime`: for so long each is remembered.
    explicit known_predictions(std::chrono::steady_clock::duration lifetime) noexcept
        : lifetime_(lifetime)
    {
    }

    /// A call owns this one from now on; false where one does already.
    bool own(std::string id, time_point now)
    {
        forget_old(now);
        auto const added = ids_.insert(std::move(id));
        if (added.second)
            in_order_.emplace_back(&*added.first, now);
        return added.second;
    }

    /// Whether a call owns it.
    bool contains(std::string const& id) const { return ids_.contains(id); }

    /// How many are remembered.
    std::size_t size() const noexcept { return ids_.size(); }

private:
    static constexpr std::size_t most = 200'000;

    void forget_old(time_point now)
    {
        while (!in_order_.empty() && (in_order_.size() >= most || in_order_.front().second < now - lifetime_)) {
            ids_.erase(ids_.find(*in_order_.front().first));
            in_order_.pop_front();
        }
    }

    std::chrono::steady_clock::duration lifetime_;
    std::unordered_set<std::string> ids_;
    std::deque<std::pair<std::string const*, time_point>> in_order_;
};

} // namespace replicate::core

#endif
