// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/replay_filter.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using replicate::core::parse_event_id;
using replicate::core::replay_filter;
using replicate::core::sse_event;

namespace {

sse_event event_of(std::string_view id)
{
    sse_event made;
    made.id = id;
    made.has_own_id = true;
    return made;
}

using texts = std::vector<std::string>;

// The ids that pass, when a stream of these events breaks after each number of them and each time begins `back` events earlier.
texts passed(texts const& ids, std::size_t breaks_after, std::size_t back)
{
    replay_filter filter;
    texts admitted;
    for (std::size_t i = 0; i < breaks_after; ++i)
        if (filter.admit(event_of(ids[i])))
            admitted.push_back(ids[i]);
    filter.reconnected();
    for (std::size_t i = breaks_after - back; i < ids.size(); ++i)
        if (filter.admit(event_of(ids[i])))
            admitted.push_back(ids[i]);
    return admitted;
}

} // namespace

TEST_CASE("an event id is a time and a number")
{
    using place = std::pair<std::uint64_t, std::uint64_t>;
    CHECK(parse_event_id("1690212292:0") == place(1690212292, 0));
    CHECK(parse_event_id("0:12") == place(0, 12));
    for (std::string_view other :
        {"", ":", "1", "1:", ":1", "1:x", "1:2x", "x1:2", "-1:2", "1:-2", " 1:2", "1:2:3", "99999999999999999999:1"}) {
        CAPTURE(other);
        CHECK_FALSE(parse_event_id(other));
    }
}

TEST_CASE("every event passes once, wherever a stream breaks and however far back it begins again")
{
    for (texts const& ids :
        {texts{"9:0", "9:1", "9:2", "9:10", "10:0", "10:1", "100:0"}, texts{"a", "b", "c", "d", "e", "f", "g"}})
        for (std::size_t broken = 0; broken <= ids.size(); ++broken)
            for (std::size_t back = 0; back <= broken; ++back) {
                CAPTURE(broken);
                CAPTURE(back);
                CHECK(passed(ids, broken, back) == ids);
            }
}

TEST_CASE("a stream that breaks again and again passes each event once")
{
    texts const ids = {"1:0", "1:1", "2:0", "2:1", "2:2"};
    replay_filter filter;
    texts admitted;
    for (std::size_t end = 0; end <= ids.size(); ++end) {
        for (std::size_t i = 0; i < end; ++i)
            if (filter.admit(event_of(ids[i])))
                admitted.push_back(ids[i]);
        filter.reconnected();
    }
    CHECK(admitted == ids);
}

TEST_CASE("without a reconnection nothing is held back, whatever the ids are")
{
    replay_filter filter;
    for (char const* id : {"5:0", "4:0", "4:0", "x", "x", ""})
        CHECK(filter.admit(event_of(id)));
}

TEST_CASE("behind the first new event nothing is held back")
{
    replay_filter filter;
    CHECK(filter.admit(event_of("5:0")));
    filter.reconnected();
    CHECK_FALSE(filter.admit(event_of("5:0")));
    CHECK(filter.admit(event_of("6:0")));
    CHECK(filter.admit(event_of("4:0")));
}

TEST_CASE("an event without an id of its own is never held back")
{
    replay_filter filter;
    CHECK(filter.admit(event_of("5:0")));
    filter.reconnected();
    sse_event inherits;
    inherits.id = "5:0";
    CHECK(filter.admit(inherits));
    CHECK_FALSE(filter.admit(event_of("5:0")));
}
