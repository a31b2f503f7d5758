// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_REPLAY_FILTER_HPP
#define REPLICATE_CORE_REPLAY_FILTER_HPP

#include <replicate/core/sse_parser.hpp>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>

namespace replicate::core {

/// The time and the number in the id of an event, such as `1690212292:0`; nothing where an id looks otherwise.
inline std::optional<std::pair<std::uint64_t, std::uint64_t>> parse_event_id(std::string_view id) noexcept
{
    std::pair<std::uint64_t, std::uint64_t> place;
    char const* const end = id.data() + id.size();
    auto const time = std::from_chars(id.data(), end, place.first);
    if (time.ec != std::errc() || time.ptr == end || *time.ptr != ':')
        return std::nullopt;
    auto const number = std::from_chars(time.ptr + 1, end, place.second);
    if (number.ec != std::errc() || number.ptr != end)
        return std::nullopt;
    return place;
}

/// Finds the events that a server sends again when a stream is resumed, whether it went by `Last-Event-ID` or began anew. A replay
/// comes first in a connection: behind the first new event everything is new. An event without an id of its own cannot be told,
/// and counts as new.
class replay_filter {
public:
    /// Says that what follows comes from another connection.
    void reconnected() noexcept { replaying_ = true; }

    /// True for an event that was not seen before.
    [[nodiscard]] bool admit(sse_event const& event)
    {
        if (!event.has_own_id)
            return true;
        auto const place = parse_event_id(event.id);
        if (replaying_ && was_seen(place, event.id))
            return false;
        replaying_ = false;
        if (place)
            last_ = place;
        else
            others_.insert(event.id);
        return true;
    }

private:
    using event_place = std::optional<std::pair<std::uint64_t, std::uint64_t>>;

    bool was_seen(event_place const& place, std::string const& id) const
    {
        return place ? last_ && *place <= *last_ : others_.contains(id);
    }

    event_place last_;
    // Ids without an order have to be remembered one by one.
    std::unordered_set<std::string> others_;
    bool replaying_ = false;
};

} // namespace replicate::core

#endif
