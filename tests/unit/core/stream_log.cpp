// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/stream_log.hpp>

#include <doctest/doctest.h>

#include <string>

namespace {

using replicate::event;
using replicate::subscribe_from;
using replicate::when_slow;
using replicate::core::stream_log;
using replicate::core::stream_read;

event piece(std::string text)
{
    return event("output", std::move(text), "");
}

std::string read_all(stream_log& log, stream_log::subscriber who)
{
    std::string text;
    event found;
    while (log.read(who, found) == stream_read::event)
        text += found.text();
    return text;
}

} // namespace

TEST_CASE("each subscriber of a log reads everything once, at its own pace")
{
    stream_log log(1'000'000, 1'000'000);
    log.join(1, subscribe_from::beginning, when_slow::hold_back);
    log.append(piece("a"));
    log.join(2, subscribe_from::beginning, when_slow::hold_back);
    CHECK(read_all(log, 1) == "a");
    log.append(piece("b"));
    log.join(3, subscribe_from::now, when_slow::hold_back);
    log.append(piece("c"));
    CHECK(read_all(log, 1) == "bc");
    CHECK(read_all(log, 2) == "abc");
    CHECK(read_all(log, 3) == "c");
    event found;
    CHECK(log.read(1, found) == stream_read::nothing);
}

TEST_CASE("a log holds the stream back for those who want that, as long as they lag")
{
    stream_log log(1'000, 1'000'000);
    log.join(1, subscribe_from::beginning, when_slow::hold_back);
    log.join(2, subscribe_from::beginning, when_slow::fall_behind);
    CHECK(log.may_read_on());
    log.append(piece(std::string(2'000, 'x')));
    CHECK_FALSE(log.may_read_on());
    read_all(log, 1);
    CHECK(log.may_read_on());
    log.append(piece(std::string(2'000, 'x')));
    CHECK_FALSE(log.may_read_on());
    log.leave(1);
    CHECK(log.may_read_on());
    CHECK_FALSE(log.is_deserted());
    log.leave(2);
    CHECK(log.is_deserted());
}

TEST_CASE("a log keeps its history within bounds, but nothing is lost for one who holds back")
{
    stream_log log(1'000'000, 5'000);
    log.join(1, subscribe_from::beginning, when_slow::hold_back);
    log.join(2, subscribe_from::beginning, when_slow::fall_behind);
    for (int i = 0; i < 20; ++i)
        log.append(piece(std::string(1'000, 'x')));
    CHECK(log.has_beginning());
    CHECK(read_all(log, 1).size() == 20'000);
    CHECK_FALSE(log.has_beginning());
    event found;
    CHECK(log.read(2, found) == stream_read::lost);
    CHECK(log.read(2, found) == stream_read::lost);
    log.join(3, subscribe_from::beginning, when_slow::hold_back);
    CHECK(log.read(3, found) == stream_read::lost);
    CHECK(log.may_read_on()); // who has lost the place holds nobody back
    log.join(4, subscribe_from::now, when_slow::hold_back);
    log.append(piece("new"));
    CHECK(read_all(log, 4) == "new");
}
