// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/rate_limiter.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

using namespace std::chrono_literals;
using replicate::condition;
using replicate::rate_options;
using replicate::core::rate_answer;
using replicate::core::rate_bucket;
using replicate::core::rate_limiter;
using replicate::core::rate_mode;
using replicate::core::rate_ticket;
using replicate::core::request;
using replicate::core::retry_after;

using time_point = rate_limiter::time_point;
using duration = time_point::duration;

namespace {

constexpr time_point start = time_point(std::chrono::hours(1000));
constexpr rate_bucket create = rate_bucket::create;

rate_answer answer(rate_ticket ticket, unsigned status, std::optional<std::uint64_t> remaining = std::nullopt)
{
    rate_answer made;
    made.ticket = ticket;
    made.status = status;
    made.remaining = remaining;
    if (remaining)
        made.reset = 1s;
    return made;
}

rate_answer refusal(rate_ticket ticket, std::chrono::milliseconds wish, std::string_view detail = {})
{
    rate_answer made = answer(ticket, 429);
    made.wish = retry_after(wish, 2min);
    made.detail = detail;
    return made;
}

// Lets one go as soon as it may, and says when.
rate_ticket take_next(rate_limiter& limiter, time_point& now, rate_bucket which = create)
{
    for (int i = 0; i < 10; ++i) {
        time_point const next = limiter.next(which, now);
        if (next <= now)
            break;
        REQUIRE(next < now + 24h);
        now = next;
    }
    REQUIRE(limiter.next(which, now) <= now);
    return limiter.take(which, now);
}

// Has the limiter see that so many are left, by one request.
void tell(rate_limiter& limiter, time_point& now, std::uint64_t remaining)
{
    rate_ticket const ticket = take_next(limiter, now);
    now += 50ms;
    limiter.learn(create, answer(ticket, 201, remaining), now);
}

// How many can go within a length of time, while no answer comes.
int count_within(rate_limiter& limiter, time_point now, duration length)
{
    time_point const end = now + length;
    int count = 0;
    for (; count < 1'000'000; ++count) {
        now = std::max(now, limiter.next(create, now));
        if (now > end || limiter.next(create, now) > end)
            break;
        limiter.take(create, std::max(now, limiter.next(create, now)));
    }
    return count;
}

constexpr char const* low_credit =
    "Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per minute with a burst of 1 "
    "requests while you have less than $5.0 in credit. Your rate limit resets in ~7s.";

} // namespace

TEST_CASE("a request is counted in the bucket that the service counts it in")
{
    using replicate::core::bucket_of;
    CHECK(bucket_of(request("POST", "/predictions")) == create);
    CHECK(bucket_of(request("POST", "/models/a/b/predictions")) == create);
    CHECK(bucket_of(request("POST", "/deployments/a/b/predictions")) == create);
    CHECK(bucket_of(request("GET", "/predictions/abc")) == rate_bucket::get_prediction);
    CHECK(bucket_of(request("GET", "/v1/predictions/abc"), "/v1") == rate_bucket::get_prediction);
    CHECK(bucket_of(request("POST", "/v1/predictions"), "/v1") == create);
    CHECK(bucket_of(request("GET", "/predictions/abc?x=/predictions")) == rate_bucket::get_prediction);
    CHECK(bucket_of(request("GET", "/predictions")) == rate_bucket::other);
    CHECK(bucket_of(request("GET", "/predictions?cursor=x/y")) == rate_bucket::other);
    CHECK(bucket_of(request("POST", "/predictions/abc/cancel")) == rate_bucket::other);
    CHECK(bucket_of(request("POST", "/models/a/b/versions/c/trainings")) == rate_bucket::other);
}

TEST_CASE("before anything is known the first goes at once, the rest by the believed rate, each bucket for itself")
{
    rate_limiter limiter;
    time_point now = start;
    CHECK(limiter.next(create, now) <= now);
    take_next(limiter, now);
    CHECK(now == start);
    CHECK(count_within(limiter, start, 10s) <= 102);
    CHECK(limiter.next(rate_bucket::other, start) <= start);
    CHECK(limiter.next(rate_bucket::get_prediction, start) <= start);
}

TEST_CASE("what is left is used smoothly: no burst, and not more than there is")
{
    rate_limiter limiter;
    time_point now = start;
    tell(limiter, now, 599);
    CHECK(count_within(limiter, now, 1s) <= 90);
    CHECK(count_within(limiter, now, 1h) > 0);
    rate_limiter empty;
    tell(empty, now, 5);
    CHECK(count_within(empty, now, 1s) <= 5);
}

TEST_CASE("asked again without anything learned, it says the same time")
{
    for (std::uint64_t remaining : {0U, 1U, 3U, 5U, 40U, 599U}) {
        rate_limiter limiter;
        time_point now = start;
        tell(limiter, now, 599);
        tell(limiter, now, remaining);
        for (int i = 0; i < 200 && limiter.next(create, now) <= now; ++i)
            limiter.take(create, now);
        time_point const first = limiter.next(create, now);
        for (int part = 1; part < 10; ++part) {
            duration const off = limiter.next(create, now + (first - now) * part / 10) - first;
            CHECK(off <= 100ms);
            CHECK(off >= -100ms);
        }
        CHECK(limiter.next(create, first + 1ms) <= first + 1ms + 100ms);
    }
}

TEST_CASE("an answer that comes late, after the answer to a later request, says nothing any more")
{
    rate_limiter limiter;
    time_point now = start;
    rate_ticket const first = take_next(limiter, now);
    rate_ticket const second = take_next(limiter, now);
    now += 50ms;
    limiter.learn(create, answer(second, 201, 3), now);
    double const level = limiter.state(create, now).level;
    limiter.learn(create, answer(first, 201, 599), now);
    CHECK(limiter.state(create, now).level == doctest::Approx(level));
}

TEST_CASE("requests that were sent after the one that is answered count as taken")
{
    rate_limiter limiter;
    time_point now = start;
    tell(limiter, now, 599);
    std::vector<rate_ticket> sent;
    for (int i = 0; i < 20; ++i)
        sent.push_back(take_next(limiter, now));
    limiter.learn(create, answer(sent.front(), 201, 22), now);
    CHECK(limiter.state(create, now).level <= 22 - 19 + 10);
    limiter.learn(create, answer(sent.back(), 201, 3), now);
    CHECK(limiter.state(create, now).level <= 4);
}

TEST_CASE("what is given back may be used again")
{
    rate_limiter limiter;
    time_point now = start;
    tell(limiter, now, 100);
    double const level = limiter.state(create, now).level;
    rate_ticket const unused = take_next(limiter, now);
    limiter.give_back(create, unused);
    CHECK(limiter.state(create, now).level >= level);
    CHECK(limiter.next(create, now) <= now);
    CHECK(limiter.state(create, now).sent == 1);
}

TEST_CASE("a refusal stops all of its bucket for as long as the service wishes, and then lets one go, not all")
{
    rate_limiter limiter;
    time_point now = start;
    rate_ticket const refused = take_next(limiter, now);
    now += 50ms;
    limiter.learn(create, refusal(refused, 7s), now);
    CHECK(limiter.next(create, now) == now + 7s);
    CHECK(limiter.next(rate_bucket::other, now) <= now);
    CHECK(limiter.state(create, now).paused_until == now + 7s);
    CHECK(limiter.state(create, now).rejected == 1);
    now += 7s;
    CHECK(limiter.next(create, now) <= now);
    limiter.take(create, now);
    CHECK(limiter.next(create, now) > now + 50ms);
}

TEST_CASE("a refusal without a wish is waited for ever longer")
{
    rate_limiter limiter;
    time_point now = start;
    duration last = 0s;
    for (int i = 0; i < 12; ++i) {
        rate_ticket const ticket = take_next(limiter, now);
        now += 50ms;
        limiter.learn(create, refusal(ticket, 0ms), now);
        duration const wait = limiter.state(create, now).paused_until - now;
        CHECK(wait >= 1s);
        CHECK(wait >= last);
        CHECK(wait <= 2min);
        last = wait;
    }
    CHECK(last == 2min);
}

TEST_CASE("a wish of any length is waited for no longer than the longest pause")
{
    rate_limiter limiter;
    time_point now = start;
    rate_ticket const ticket = take_next(limiter, now);
    limiter.learn(create, refusal(ticket, 24h * 365), now);
    CHECK(limiter.next(create, now) <= now + 2min);
}

TEST_CASE("low credit is recognised, held, and left when more is left")
{
    rate_limiter limiter;
    time_point now = start;
    rate_ticket ticket = take_next(limiter, now);
    now += 50ms;
    limiter.learn(create, refusal(ticket, 7s, low_credit), now);
    CHECK(limiter.state(create, now).mode == rate_mode::low_credit);
    CHECK(limiter.state(create, now).rate == doctest::Approx(0.1));
    time_point last = start;
    for (int i = 0; i < 10; ++i) {
        ticket = take_next(limiter, now);
        if (i > 0)
            CHECK(now >= last + 10s);
        CHECK(now <= last + 11s);
        last = now;
        now += 50ms;
        limiter.learn(create, answer(ticket, 201, 0), now);
    }
    for (int i = 0; i < 10; ++i)
        tell(limiter, now, static_cast<std::uint64_t>(599 - i));
    CHECK(limiter.state(create, now).mode == rate_mode::normal);
    CHECK(limiter.state(create, now).rate > 5);
}

TEST_CASE("who was refused again and again finds out within a minute that more is allowed, where the answers say so")
{
    rate_limiter limiter;
    time_point now = start;
    tell(limiter, now, 0);
    for (int i = 0; i < 12; ++i) {
        rate_ticket const ticket = take_next(limiter, now);
        now += 50ms;
        limiter.learn(create, refusal(ticket, 30s), now);
        CHECK(limiter.next(create, now) <= now + 2min);
    }
    CHECK(limiter.state(create, now).rate < 1.0 / 60);
    tell(limiter, now, 0);
    CHECK(limiter.next(create, now) <= now + 1min);
    tell(limiter, now, 599);
    tell(limiter, now, 599);
    CHECK(limiter.next(create, now) <= now + 1s);
}

TEST_CASE("402 stops creates alone, with an error to tell, until a pause is over; then one tries")
{
    rate_limiter limiter;
    time_point now = start;
    rate_ticket const ticket = take_next(limiter, now);
    rate_ticket const earlier = take_next(limiter, now);
    now += 50ms;
    CHECK_FALSE(limiter.stop_reason(create, now));
    limiter.learn(create, answer(ticket, 402), now);
    CHECK(limiter.next(create, now) == time_point::max());
    CHECK(limiter.stop_reason(create, now) == condition::insufficient_credit);
    CHECK_FALSE(limiter.stop_reason(rate_bucket::other, now));
    CHECK(limiter.next(rate_bucket::other, now) <= now);
    now = limiter.stopped_until();
    CHECK(now == start + 50ms + rate_options().credit_pause);
    CHECK(limiter.next(create, now) <= now);
    rate_ticket const trial = limiter.take(create, now);
    // The others wait for what comes of it, and are told nothing yet.
    CHECK(limiter.next(create, now) > now + 1s);
    CHECK(limiter.next(create, now) <= now + rate_options().credit_pause);
    CHECK_FALSE(limiter.stop_reason(create, now));
    SUBCASE("a success lets all go on")
    {
        limiter.learn(create, answer(trial, 201), now + 1s);
        CHECK_FALSE(limiter.is_stopped(now + 1s));
        CHECK(limiter.next(create, now + 1s) <= now + 1s);
    }
    SUBCASE("another 402 stops them again")
    {
        limiter.learn(create, answer(trial, 402), now + 1s);
        CHECK(limiter.next(create, now + 30s) == time_point::max());
        CHECK(limiter.next(create, now + 62s) <= now + 62s);
    }
    SUBCASE("a success of what was sent before says nothing")
    {
        limiter.learn(create, answer(earlier, 201), now + 1s);
        CHECK(limiter.next(create, now + 1s) > now + 2s);
    }
    SUBCASE("where nothing comes of it, the next tries")
    {
        now += rate_options().credit_pause;
        CHECK(limiter.next(create, now) <= now);
        limiter.take(create, now);
        CHECK(limiter.next(create, now) > now + 1s);
    }
    SUBCASE("where it is refused for another reason, the next tries")
    {
        limiter.learn(create, answer(trial, 422), now + 1s);
        CHECK(limiter.next(create, now + 1s) <= now + 1s);
    }
    SUBCASE("where it was not sent, the next tries")
    {
        limiter.give_back(create, trial);
        CHECK(limiter.next(create, now + 100ms) <= now + 100ms);
    }
}

TEST_CASE("headers that make no sense do no harm")
{
    for (std::uint64_t remaining : {std::uint64_t(0), std::uint64_t(1), std::numeric_limits<std::uint64_t>::max(),
             std::numeric_limits<std::uint64_t>::max() / 2}) {
        for (std::optional<std::chrono::seconds> reset :
            {std::optional<std::chrono::seconds>(), std::optional(0s), std::optional(-1s), std::optional(100'000'000s)}) {
            rate_limiter limiter;
            time_point now = start;
            for (int i = 0; i < 100; ++i) {
                rate_ticket const ticket = take_next(limiter, now);
                rate_answer one = answer(ticket, 201, i % 3 == 0 ? std::optional(remaining) : std::nullopt);
                one.reset = reset;
                limiter.learn(create, one, now);
                CHECK(limiter.next(create, now) <= now + 1min);
            }
        }
    }
}

TEST_CASE("a clock that stands still, or goes back, does no harm")
{
    rate_limiter limiter;
    for (int i = 0; i < 1000; ++i) {
        time_point const now = start - std::chrono::milliseconds(i % 7);
        if (limiter.next(create, now) <= now)
            limiter.learn(create, answer(limiter.take(create, now), 201, 500), now - 1s);
    }
    CHECK(limiter.state(create, start).sent < 200);
    CHECK(limiter.next(create, start + 10s) <= start + 10s);
}

TEST_CASE("after a rest there is no crowd, however long it was")
{
    rate_limiter limiter;
    time_point now = start;
    tell(limiter, now, 599);
    now += 24h * 365;
    CHECK(count_within(limiter, now, 100ms) <= 20);
}

TEST_CASE("answers without a ticket, or to requests of which nothing is known, do no harm")
{
    rate_limiter limiter;
    time_point now = start;
    limiter.learn(create, answer({}, 201, 0), now);
    CHECK(limiter.next(create, now) <= now);
    limiter.learn(create, answer({77, now}, 500), now);
    limiter.learn(create, answer({}, 0), now);
    CHECK(limiter.next(create, now) <= now);
    limiter.learn(create, refusal({}, 3s), now);
    CHECK(limiter.next(create, now) == now + 3s);
}

TEST_CASE("the believed rates are where it begins")
{
    rate_options options;
    options.creates_per_minute = 6000;
    rate_limiter limiter(options);
    CHECK(limiter.state(create, start).rate == doctest::Approx(100));
    CHECK(limiter.state(rate_bucket::get_prediction, start).rate == doctest::Approx(1000));
    CHECK(limiter.state(rate_bucket::other, start).rate == doctest::Approx(50));
    CHECK(limiter.state(create, start).level < 0);
}
