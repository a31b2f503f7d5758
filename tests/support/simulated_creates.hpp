// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_SIMULATED_CREATES_HPP
#define REPLICATE_TESTS_SUPPORT_SIMULATED_CREATES_HPP

#include <support/simulated_clock.hpp>
#include <support/simulated_limits.hpp>
#include <support/simulated_network.hpp>

#include <replicate/core/rate_limiter.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace replicate::tests {

/// A client with any number of creates to send, its limiter, the network, and the service. An event is a number, not a
/// function, so that millions of requests take seconds.
class simulated_creates {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using duration = std::chrono::steady_clock::duration;

    simulated_creates(core::rate_limiter& limiter, simulated_limits_settings settings, simulated_network network, std::uint64_t seed)
        : limiter_(limiter)
        , network_(network)
        , random_(seed * 0x2545f4914f6cdd1d + 1)
        , start_(std::chrono::hours(1000))
        , now_(start_)
        , service_(settings, now_)
    {
    }

    static duration seconds(double length)
    {
        return std::chrono::duration_cast<duration>(std::chrono::duration<double>(length));
    }

    simulated_limits& service() noexcept { return service_; }
    double now() const { return std::chrono::duration<double>(now_ - start_).count(); }
    time_point clock() const noexcept { return now_; }

    /// The most that are under way at once.
    void set_in_flight(std::size_t most) noexcept
    {
        in_flight_ = most;
        wake_known_ = false;
    }
    std::size_t under_way() const noexcept { return under_way_; }

    /// Answers that the client has, by what they say.
    std::uint64_t succeeded() const noexcept { return succeeded_; }
    std::uint64_t refused() const noexcept { return refused_; }

    /// Lets all happen until then, in seconds from the start, or until so many creates have succeeded.
    void run_until(double end_seconds, std::uint64_t creates = std::numeric_limits<std::uint64_t>::max())
    {
        time_point const end = start_ + seconds(end_seconds);
        while (succeeded_ < creates) {
            if (!wake_known_)
                plan_wake(creates);
            time_point const due = events_.empty() ? time_point::max() : events_.next();
            time_point const first = std::min(due, wake_);
            if (first > end)
                break;
            now_ = std::max(now_, first);
            if (due <= wake_)
                handle(events_.pop());
            else
                send();
        }
        if (succeeded_ < creates)
            now_ = std::max(now_, end);
    }

private:
    enum class kind { arrival, answer };
    struct event {
        kind what;
        std::uint32_t index;
    };
    struct request {
        core::rate_ticket ticket;
        simulated_rate_answer answer;
    };

    /// Between 0 and 1; quicker than what the library has.
    double random() noexcept
    {
        random_ += 0x9e3779b97f4a7c15;
        std::uint64_t mixed = (random_ ^ (random_ >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return static_cast<double>((mixed ^ (mixed >> 31)) >> 11) * 0x1p-53;
    }

    duration way()
    {
        return network_.way([this] { return random(); });
    }

    void plan_wake(std::uint64_t creates)
    {
        wake_known_ = true;
        bool const has_work = succeeded_ + under_way_ < creates && under_way_ < in_flight_;
        time_point const next = has_work ? limiter_.next(core::rate_bucket::create, now_) : time_point::max();
        wake_ = next;
        // A timer is never early. One that is set anew is late anew.
        if (next > now_ && next != time_point::max())
            wake_ = next + seconds(network_.lateness * random());
    }

    void send()
    {
        // What has come meanwhile may have changed the plan.
        wake_known_ = false;
        if (limiter_.next(core::rate_bucket::create, now_) > now_)
            return;
        std::uint32_t index = 0;
        if (free_.empty()) {
            index = static_cast<std::uint32_t>(requests_.size());
            requests_.emplace_back();
        } else {
            index = free_.back();
            free_.pop_back();
        }
        requests_[index].ticket = limiter_.take(core::rate_bucket::create, now_);
        ++under_way_;
        events_.push(now_ + way(), {kind::arrival, index});
    }

    void handle(event what)
    {
        request& one = requests_[what.index];
        if (what.what == kind::arrival) {
            one.answer = service_.arrive(now_);
            double const held = one.answer.status == 429 ? 0 : network_.held * random();
            events_.push(now_ + way() + seconds(held), {kind::answer, what.index});
            return;
        }
        --under_way_;
        ++(one.answer.status == 429 ? refused_ : succeeded_);
        limiter_.learn(core::rate_bucket::create, one.answer.read(one.ticket), now_);
        free_.push_back(what.index);
        wake_known_ = false;
    }

    core::rate_limiter& limiter_;
    simulated_network network_;
    std::uint64_t random_;
    time_point start_;
    time_point now_;
    simulated_limits service_;
    event_queue<event> events_;
    std::vector<request> requests_;
    std::vector<std::uint32_t> free_;
    std::size_t in_flight_ = std::numeric_limits<std::size_t>::max();
    std::size_t under_way_ = 0;
    time_point wake_{};
    bool wake_known_ = false;
    std::uint64_t succeeded_ = 0;
    std::uint64_t refused_ = 0;
};

} // namespace replicate::tests

#endif
