// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_MAP_PLAN_HPP
#define REPLICATE_CORE_MAP_PLAN_HPP

#include <replicate/map_options.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <limits>
#include <optional>
#include <unordered_set>
#include <utility>

namespace replicate::core {

/// Decides for a sequence of inputs when the next one is taken, and which result is given next. Inputs are known by their
/// numbers, from 0 on.
///
/// How many are in flight is not chosen here: as an input is taken whenever fewer than `ahead` wait for their turn, and a turn comes at
/// the rate that the service allows, there are by themselves as many in flight as that rate times the time that each lasts.
class map_plan {
public:
    /// `creates`: the most inputs whose predictions do not exist yet, because more cannot be sent at once: their requests take memory.
    /// Precondition: the options have been checked.
    explicit map_plan(map_options const& options, std::size_t creates = std::numeric_limits<std::size_t>::max())
        : order_(options.order)
        , creates_limit_(creates)
        , in_flight_limit_(options.in_flight)
        , ahead_(options.ahead)
        , buffer_(options.buffer)
        , stop_on_error_(options.stop_on_error)
    {
    }

    /// True when the next input is to be taken.
    bool may_take() const noexcept
    {
        bool const has_room = in_flight_limit_ == 0 || queued_ + in_flight_ < in_flight_limit_;
        return !source_ended_ && !stopped_ && queued_ < ahead_ && creating_ < creates_limit_ && has_room && has_room_for_results();
    }

    /// An input was taken; it waits for its turn. Gives its number.
    std::size_t on_taken() noexcept
    {
        ++queued_;
        ++creating_;
        return taken_++;
    }

    /// There are no more inputs.
    void on_source_ended() noexcept { source_ended_ = true; }

    /// One of the waiting has got its turn.
    void on_admitted() noexcept
    {
        --queued_;
        ++in_flight_;
        most_in_flight_ = std::max(most_in_flight_, in_flight_);
    }

    /// The prediction of an input exists, or never will; once for each.
    void on_created() noexcept { --creating_; }

    /// An input has come to its end. True when all others are to be cancelled now.
    bool on_ended(std::size_t number, bool was_admitted, bool succeeded)
    {
        --(was_admitted ? in_flight_ : queued_);
        if (order_ == map_order::completion)
            ready_in_turn_.push_back(number);
        else
            ready_early_.insert(number);
        while (ready_early_.erase(next_in_order_) > 0)
            ready_in_turn_.push_back(next_in_order_++);
        bool const ends_all = stop_on_error_ && !succeeded && !stopped_;
        stopped_ = stopped_ || ends_all;
        return ends_all;
    }

    /// No further input is taken.
    void stop() noexcept { stopped_ = true; }

    /// The number of the result to be given next; nothing while there is none.
    std::optional<std::size_t> deliver()
    {
        std::optional<std::size_t> number;
        if (!ready_in_turn_.empty()) {
            number = ready_in_turn_.front();
            ready_in_turn_.pop_front();
        }
        return number;
    }

    /// True when nothing more will come, and all was delivered.
    bool is_over() const noexcept
    {
        return (source_ended_ || stopped_) && queued_ + in_flight_ + ready_in_turn_.size() + ready_early_.size() == 0;
    }

    /// How many wait for their turn.
    std::size_t queued() const noexcept { return queued_; }

    /// How many are at work.
    std::size_t in_flight() const noexcept { return in_flight_; }

private:
    /// A reader that does not read holds up the inputs. One that waits for a slow prediction does not, within a bound: those behind it go on.
    bool has_room_for_results() const noexcept
    {
        constexpr std::size_t early_for_each_in_flight = 8;
        return ready_in_turn_.size() < buffer_
            && ready_early_.size() < std::max(buffer_, early_for_each_in_flight * most_in_flight_);
    }

    map_order const order_;
    std::size_t const creates_limit_;
    std::size_t const in_flight_limit_;
    std::size_t const ahead_;
    std::size_t const buffer_;
    bool const stop_on_error_;
    std::size_t taken_ = 0;
    std::size_t queued_ = 0;
    std::size_t creating_ = 0;
    std::size_t in_flight_ = 0;
    std::size_t most_in_flight_ = 0;
    std::size_t next_in_order_ = 0;
    bool source_ended_ = false;
    bool stopped_ = false;
    std::deque<std::size_t> ready_in_turn_;
    std::unordered_set<std::size_t> ready_early_;
};

} // namespace replicate::core

#endif
