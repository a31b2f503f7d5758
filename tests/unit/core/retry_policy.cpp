// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/retry_policy.hpp>

#include <boost/system/errc.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

using namespace std::chrono_literals;
using replicate::errc;
using replicate::retry_config;
using replicate::core::attempt_outcome;
using replicate::core::repeatability;
using replicate::core::retry_policy;
using replicate::core::sent;
using replicate::core::verdict;
using replicate::core::verdict_kind;

using duration = std::chrono::steady_clock::duration;

namespace {

constexpr sent every_extent[] = {sent::nothing, sent::a_part, sent::all};
constexpr repeatability every_kind[] = {repeatability::safe, repeatability::creates};
constexpr double largest_jitter = 1.0 - 0x1p-53;

// Every way in which a try can end without a complete answer.
std::vector<boost::system::error_code> every_break()
{
    std::vector<boost::system::error_code> codes;
    for (int value = static_cast<int>(errc::missing_token); value <= static_cast<int>(errc::create_outcome_unknown);
        ++value)
        codes.emplace_back(static_cast<errc>(value));
    codes.emplace_back(errc::proxy_authentication_failed);
    codes.push_back(make_error_code(boost::system::errc::operation_canceled));
    codes.push_back(make_error_code(boost::system::errc::not_enough_memory));
    return codes;
}

bool is_worth_another_try(boost::system::error_code code)
{
    for (errc passing : {errc::resolve_failed, errc::connect_failed, errc::proxy_refused, errc::connection_lost,
             errc::handshake_failed, errc::timed_out, errc::deadline_exceeded, errc::truncated_response})
        if (code == passing)
            return true;
    return false;
}

attempt_outcome answer(unsigned status)
{
    attempt_outcome outcome;
    outcome.status = status;
    outcome.sent = sent::all;
    outcome.answered = true;
    return outcome;
}

attempt_outcome broken(boost::system::error_code code, sent extent = sent::nothing)
{
    attempt_outcome outcome;
    outcome.code = code;
    outcome.sent = extent;
    return outcome;
}

attempt_outcome stale(sent extent)
{
    attempt_outcome outcome = broken(errc::connection_lost, extent);
    outcome.reused = true;
    return outcome;
}

attempt_outcome answer_with_wish(unsigned status, std::chrono::milliseconds wish)
{
    attempt_outcome outcome = answer(status);
    outcome.wish = replicate::core::retry_after(wish, 2min);
    return outcome;
}

verdict first_verdict(repeatability kind, attempt_outcome const& outcome, double jitter = 0.5)
{
    return retry_policy(retry_config(), kind).decide(outcome, jitter);
}

} // namespace

TEST_CASE("every status of a complete answer has its verdict, for reads and for creates")
{
    for (unsigned status = 100; status <= 599; ++status) {
        for (sent extent : every_extent) {
            attempt_outcome outcome = answer(status);
            outcome.sent = extent;
            CAPTURE(status);
            verdict_kind read = verdict_kind::fail;
            verdict_kind create = verdict_kind::fail;
            if (status < 300)
                read = create = verdict_kind::accept;
            else if (status == 429)
                read = create = verdict_kind::repeat;
            else if (status == 408)
                read = verdict_kind::repeat;
            else if (status >= 500) {
                bool const never_arrived = status == 521 || status == 523 || status == 525 || status == 526 || status == 530;
                read = verdict_kind::repeat;
                create = never_arrived ? verdict_kind::fail : verdict_kind::outcome_unknown;
            }
            CHECK(first_verdict(repeatability::safe, outcome).kind == read);
            CHECK(first_verdict(repeatability::creates, outcome).kind == create);
        }
    }
}

TEST_CASE("a create is repeated only after 429, or where no byte of it can have been acted on")
{
    std::vector<boost::system::error_code> codes = every_break();
    codes.emplace_back(); // a complete answer
    for (boost::system::error_code code : codes)
        for (unsigned status = 0; status <= 599; ++status)
            for (sent extent : every_extent)
                for (bool reused : {false, true})
                    for (bool answered : {false, true}) {
                        if (!code && status < 100)
                            continue;
                        attempt_outcome outcome;
                        outcome.code = code;
                        outcome.status = status;
                        outcome.sent = extent;
                        outcome.reused = reused;
                        outcome.answered = answered;
                        bool const repeats =
                            first_verdict(repeatability::creates, outcome).kind == verdict_kind::repeat;
                        bool const cannot_have_been_acted_on = code && extent != sent::all && status == 0;
                        bool const throttled = status == 429 && (!code || outcome.is_cut_refusal());
                        if (repeats != (throttled || (cannot_have_been_acted_on && is_worth_another_try(code)))) {
                            CAPTURE(code);
                            CAPTURE(status);
                            CAPTURE(static_cast<int>(extent));
                            CAPTURE(reused);
                            CAPTURE(answered);
                            FAIL_CHECK("repeated: " << repeats);
                        }
                    }
}

TEST_CASE("a create whose answer is lost after it was sent is of unknown outcome, whatever the loss is called")
{
    for (boost::system::error_code code : every_break())
        for (unsigned status : {0U, 200U, 201U, 202U, 302U, 500U, 502U, 524U})
            for (bool reused : {false, true}) {
                CAPTURE(code);
                CAPTURE(status);
                attempt_outcome outcome = broken(code, sent::all);
                outcome.status = status;
                outcome.answered = status != 0;
                outcome.reused = reused;
                CHECK(first_verdict(repeatability::creates, outcome).kind == verdict_kind::outcome_unknown);
            }
}

TEST_CASE("a create that was refused was not carried out, although the rest of the refusal is lost")
{
    for (unsigned status = 400; status <= 499; ++status)
        for (sent extent : every_extent) {
            CAPTURE(status);
            attempt_outcome outcome = broken(errc::truncated_response, extent);
            outcome.status = status;
            outcome.answered = true;
            bool const throttled = status == 429;
            CHECK(first_verdict(repeatability::creates, outcome).kind == (throttled ? verdict_kind::repeat : verdict_kind::fail));
        }
}

TEST_CASE("a create that the service had no time for is refused, if it says when it will have")
{
    CHECK(first_verdict(repeatability::creates, answer_with_wish(503, 1s)).kind == verdict_kind::fail);
    CHECK(first_verdict(repeatability::creates, answer_with_wish(503, 1h)).kind == verdict_kind::fail);
    CHECK(first_verdict(repeatability::creates, answer_with_wish(502, 1s)).kind == verdict_kind::outcome_unknown);
}

TEST_CASE("a throttled request whose refusal was cut short waits for the wish in it")
{
    for (repeatability kind : every_kind) {
        attempt_outcome outcome = answer_with_wish(429, 3s);
        outcome.code = errc::truncated_response;
        auto const decided = first_verdict(kind, outcome);
        CHECK(decided.kind == verdict_kind::repeat);
        CHECK(decided.wait >= 3s);
    }
}

TEST_CASE("a create that was answered as made before all of it had left is not made again")
{
    for (unsigned status : {200U, 201U, 202U, 500U})
        for (sent extent : {sent::nothing, sent::a_part}) {
            attempt_outcome outcome = broken(errc::truncated_response, extent);
            outcome.status = status;
            outcome.answered = true;
            CHECK(first_verdict(repeatability::creates, outcome).kind == verdict_kind::outcome_unknown);
        }
}

TEST_CASE("a read is repeated after a failure that may pass, however much of it was sent, and after no other")
{
    for (boost::system::error_code code : every_break())
        for (sent extent : every_extent)
            for (bool reused : {false, true})
                for (bool answered : {false, true}) {
                    CAPTURE(code);
                    attempt_outcome outcome = broken(code, extent);
                    outcome.reused = reused;
                    outcome.answered = answered;
                    verdict_kind const expected =
                        is_worth_another_try(code) ? verdict_kind::repeat : verdict_kind::fail;
                    CHECK(first_verdict(repeatability::safe, outcome).kind == expected);
                }
}

TEST_CASE("the tries are bounded")
{
    for (unsigned attempts = 1; attempts <= 6; ++attempts)
        for (attempt_outcome const& outcome :
            {answer(503), answer(408), broken(errc::connection_lost), broken(errc::timed_out)}) {
            retry_config limits;
            limits.attempts = attempts;
            retry_policy policy(limits, repeatability::safe);
            unsigned tries = 1;
            while (policy.decide(outcome, 0.5).kind == verdict_kind::repeat && tries < 100)
                ++tries;
            CHECK(tries == attempts);
        }
}

TEST_CASE("the tries of a create that never leaves are bounded")
{
    retry_policy policy(retry_config(), repeatability::creates);
    unsigned tries = 1;
    while (policy.decide(broken(errc::connect_failed), 0.5).kind == verdict_kind::repeat && tries < 100)
        ++tries;
    CHECK(tries == retry_config().attempts);
    CHECK(policy.decide(broken(errc::connect_failed), 0.5).kind == verdict_kind::fail);
}

TEST_CASE("a backoff is a random part of a time that doubles up to its maximum")
{
    retry_config limits;
    limits.attempts = 100;
    limits.first_backoff = 500ms;
    limits.maximum_backoff = 8s;
    for (double jitter : {0.0, 0.25, 0.5, 0.999, largest_jitter}) {
        retry_policy by_status(limits, repeatability::safe);
        retry_policy by_break(limits, repeatability::safe);
        for (int repetition = 0; repetition < 70; ++repetition) {
            CAPTURE(repetition);
            CAPTURE(jitter);
            duration const whole = repetition < 4 ? duration(500ms * (1 << repetition)) : duration(8s);
            duration const wait = by_status.decide(answer(500), jitter).wait;
            CHECK(wait >= 0s);
            CHECK(wait < whole);
            double const part = std::chrono::duration<double>(wait) / whole;
            CHECK(std::abs(part - jitter) < 1e-6);
            CHECK(by_break.decide(broken(errc::connection_lost), jitter).wait == wait);
        }
    }
}

TEST_CASE("a first backoff above the maximum is cut, and the longest of both is no overflow")
{
    retry_config limits;
    limits.first_backoff = 10s;
    limits.maximum_backoff = 2s;
    retry_policy cut(limits, repeatability::safe);
    CHECK(cut.decide(answer(500), 0.5).wait == 1s);
    limits.attempts = 200;
    limits.first_backoff = 24h - 1ns;
    limits.maximum_backoff = 24h;
    retry_policy longest(limits, repeatability::safe);
    for (int repetition = 0; repetition < 100; ++repetition) {
        duration const wait = longest.decide(answer(500), largest_jitter).wait;
        CHECK(wait > 23h);
        CHECK(wait < 24h);
    }
}

TEST_CASE("waits for a throttled request do not use up its tries")
{
    for (repeatability kind : every_kind) {
        retry_config limits;
        limits.attempts = 2;
        retry_policy policy(limits, kind);
        for (int repetition = 0; repetition < 1000; ++repetition)
            REQUIRE(policy.decide(answer(429), 0.5).kind == verdict_kind::repeat);
        CHECK(policy.decide(broken(errc::connect_failed), 0.5).kind == verdict_kind::repeat);
        CHECK(policy.decide(broken(errc::connect_failed), 0.5).kind == verdict_kind::fail);
    }
}

TEST_CASE("a throttled request without a wish backs off like any other")
{
    for (repeatability kind : every_kind) {
        retry_policy policy(retry_config(), kind);
        for (duration whole : {500ms, 1000ms, 2000ms, 4000ms, 8000ms, 8000ms})
            CHECK(policy.decide(answer(429), 0.5).wait == whole / 2);
    }
}

TEST_CASE("a wish of the service is waited for in full, and at most a tenth of a second longer")
{
    for (unsigned status : {408U, 429U, 500U, 503U, 529U})
        for (std::chrono::milliseconds wish : {1ms, 999ms, 1000ms, 30000ms, 120000ms})
            for (double jitter : {0.0, 0.5, largest_jitter}) {
                CAPTURE(wish.count());
                verdict const decided = first_verdict(repeatability::safe, answer_with_wish(status, wish), jitter);
                CHECK(decided.kind == verdict_kind::repeat);
                CHECK(decided.wait >= wish);
                CHECK(decided.wait <= wish + std::min<duration>(duration(wish) / 10, 100ms));
                CHECK((decided.wait > wish) == (jitter > 0.0));
            }
}

TEST_CASE("a create waits for the wish of a service that throttles it")
{
    verdict const decided = first_verdict(repeatability::creates, answer_with_wish(429, 7s), 0.0);
    CHECK(decided.kind == verdict_kind::repeat);
    CHECK(decided.wait == 7s);
}

TEST_CASE("a wish takes no part in the growth of the backoff")
{
    retry_policy policy(retry_config(), repeatability::safe);
    for (int repetition = 0; repetition < 10; ++repetition)
        CHECK(policy.decide(answer_with_wish(429, 3s), 0.0).wait == 3s);
    CHECK(policy.decide(answer(429), 0.5).wait == 250ms);
}

TEST_CASE("a wish that is too long ends the call at once")
{
    for (unsigned status : {408U, 429U, 500U, 503U})
        CHECK(first_verdict(repeatability::safe, answer_with_wish(status, 2min + 1ms)).kind == verdict_kind::fail);
    CHECK(first_verdict(repeatability::creates, answer_with_wish(429, 24h)).kind == verdict_kind::fail);
}

TEST_CASE("a wish does not make an answer passing that is not")
{
    for (unsigned status : {400U, 401U, 402U, 404U, 409U, 422U, 423U})
        CHECK(first_verdict(repeatability::safe, answer_with_wish(status, 1s)).kind == verdict_kind::fail);
    for (unsigned status : {408U, 503U})
        CHECK(first_verdict(repeatability::creates, answer_with_wish(status, 1s)).kind != verdict_kind::repeat);
}

TEST_CASE("a connection that was closed while idle costs no wait and no try, once")
{
    retry_policy policy(retry_config(), repeatability::safe);
    verdict const at_once = policy.decide(stale(sent::all), 0.9);
    CHECK(at_once.kind == verdict_kind::repeat);
    CHECK(at_once.wait == 0s);
    for (unsigned tries = 1; tries < retry_config().attempts; ++tries) {
        verdict const later = policy.decide(stale(sent::all), 0.9);
        CHECK(later.kind == verdict_kind::repeat);
        CHECK(later.wait > 0s);
    }
    CHECK(policy.decide(stale(sent::all), 0.9).kind == verdict_kind::fail);
}

TEST_CASE("a create on a connection that was closed while idle is repeated at once, but not when all of it was sent")
{
    for (sent extent : {sent::nothing, sent::a_part}) {
        verdict const decided = first_verdict(repeatability::creates, stale(extent), 0.9);
        CHECK(decided.kind == verdict_kind::repeat);
        CHECK(decided.wait == 0s);
    }
    CHECK(first_verdict(repeatability::creates, stale(sent::all)).kind == verdict_kind::outcome_unknown);
}

TEST_CASE("a connection that had begun to answer, or that was fresh, was not closed while idle")
{
    attempt_outcome answered = stale(sent::all);
    answered.answered = true;
    CHECK(first_verdict(repeatability::safe, answered, 0.9).wait > 0s);
    attempt_outcome fresh = stale(sent::all);
    fresh.reused = false;
    CHECK(first_verdict(repeatability::safe, fresh, 0.9).wait > 0s);
}

TEST_CASE("repetitions use the quota of the client, but not after 429, nor on a connection that was closed while idle")
{
    CHECK_FALSE(first_verdict(repeatability::safe, answer(429)).uses_quota);
    CHECK_FALSE(first_verdict(repeatability::creates, answer_with_wish(429, 2s)).uses_quota);
    CHECK_FALSE(first_verdict(repeatability::safe, stale(sent::all)).uses_quota);
    CHECK(first_verdict(repeatability::safe, answer(503)).uses_quota);
    CHECK(first_verdict(repeatability::safe, answer_with_wish(503, 2s)).uses_quota);
    CHECK(first_verdict(repeatability::safe, answer(408)).uses_quota);
    CHECK(first_verdict(repeatability::safe, broken(errc::timed_out, sent::all)).uses_quota);
    CHECK(first_verdict(repeatability::creates, broken(errc::connect_failed)).uses_quota);
    retry_policy policy(retry_config(), repeatability::safe);
    policy.decide(stale(sent::all), 0.5);
    CHECK(policy.decide(stale(sent::all), 0.5).uses_quota);
}
