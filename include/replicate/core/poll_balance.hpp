// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_POLL_BALANCE_HPP
#define REPLICATE_CORE_POLL_BALANCE_HPP

#include <replicate/core/poll_plan.hpp>

// How a `poll_plan` divides what it may spend: once a second it looks at all windows, and at the predictions that are asked for one by one.

namespace replicate::core {

inline void poll_plan::balance(time_point now, double jitter)
{
    balance_at_ = now + balance_interval;
    bool const was_few = few_;
    few_ = items_.size() <= (few_ ? limits_.few : limits_.few * 3 / 4);
    if (few_) {
        balance_at_ = time_point::max();
        if (!was_few)
            be_few(now, jitter);
        return;
    }
    choose_pages(now);
    std::vector<poll_demand> demands;
    for (auto& entry : windows_.all())
        if (entry.second.by_page)
            demands.push_back({1, entry.second.ends});
    std::size_t const pages = demands.size();
    for (auto& entry : items_)
        if (is_paced_by_itself(entry.second))
            demands.push_back({1, entry.second.ends(now)});
    pace_.solve(demands, rate_for_looks(now, demands.size() - pages));
    double lists = 0;
    for (std::size_t i = 0; i < pages; ++i)
        lists += 1 / pace_.interval(demands[i]);
    double const slower = std::max(1.0, lists / limits_.lists_per_second);
    auto const interval = [&](std::size_t i, double factor) {
        return std::chrono::duration_cast<duration>(std::chrono::duration<double>(pace_.interval(demands[i]) * factor));
    };
    std::size_t next = 0;
    for (auto& entry : windows_.all())
        if (entry.second.by_page)
            look_at_page(entry.second, interval(next++, slower));
    for (auto& entry : items_)
        if (is_paced_by_itself(entry.second))
            look_by_itself(entry.second, interval(next++, 1));
    if (!lists_work())
        probe_lists(now);
}

/// Whether it is asked for by itself as often as all of them together can afford.
inline bool poll_plan::is_paced_by_itself(poll_item const& item) const noexcept
{
    return !is_on_page(item) && !item.ended && !item.is_on_its_own();
}

/// From now on each is asked for at intervals of its own.
inline void poll_plan::be_few(time_point now, double jitter)
{
    for (auto& entry : windows_.all()) {
        lists_.take_out(entry.second);
        entry.second.by_page = false;
    }
    for (auto& entry : items_) {
        entry.second.interval = duration(0);
        schedule(entry.second, now, jitter);
    }
}

/// The requests a second that remain to find out what has ended, when those that have ended were asked for.
inline double poll_plan::rate_for_looks(time_point now, std::size_t one_by_one)
{
    double const passed = std::chrono::duration<double>(now - balanced_at_).count();
    if (passed < 60 && passed > 0)
        ends_per_second_ += std::min(1.0, passed / 20) * (static_cast<double>(ends_seen_) / passed - ends_per_second_);
    ends_seen_ = 0;
    balanced_at_ = now;
    double const all = limits_.requests_per_prediction * static_cast<double>(items_.size());
    double const least = limits_.least_requests
        + std::min(static_cast<double>(one_by_one) / poll_pace::longest, 2 * limits_.least_requests);
    double const looks = std::max(all - ends_per_second_, least);
    all_allowed_.set(looks, now);
    constexpr double reserve = 0.97;
    return lists_work() ? looks * reserve : std::max(limits_.gets_per_second - ends_per_second_, looks) * reserve;
}

/// Decides which windows are looked at as pages.
inline void poll_plan::choose_pages(time_point now)
{
    for (auto& entry : windows_.all()) {
        poll_window& window = entry.second;
        bool const by_page = lists_work() && window.items.size() > few_of_page;
        if (now - window.expected_at > expectation_lasts)
            expect(window, now);
        if (by_page == std::exchange(window.by_page, by_page))
            continue;
        if (!by_page)
            lists_.take_out(window);
        else if (window.patience > duration(0))
            window.looked_at = now; // it was not, but need not be yet
        for (poll_item* item : window.items)
            schedule(*item, now, 0.5);
    }
}

/// Asks for one page, to see whether there are lists again.
inline void poll_plan::probe_lists(time_point now)
{
    if (lists_asked_ > 0 || now < lists_after_ || windows_.all().empty())
        return;
    poll_window& window = windows_.all().begin()->second;
    if (!window.asked) {
        window.interval = duration(0);
        lists_.put(window, now);
    }
}

inline void poll_plan::expect(poll_window& window, time_point now)
{
    window.ends = 0;
    window.patience = window.items.empty() ? duration(0) : duration::max();
    for (poll_item const* item : window.items) {
        window.ends += item->ended ? 0 : item->ends(now);
        window.patience = std::min(window.patience, item->patience());
    }
    window.expected_at = now;
}

inline void poll_plan::look_at_page(poll_window& window, duration interval)
{
    window.interval = std::max(interval, window.patience);
    time_point const due = window.looked_at + window.interval;
    // Where it is due later than it was, that is seen when its turn comes.
    if (!window.asked && (!lists_.holds(window) || due < window.due()))
        lists_.put(window, due);
}

inline void poll_plan::look_by_itself(poll_item& item, duration interval)
{
    item.interval = std::max(interval, item.patience());
    if (!item.asked)
        gets_.put(item, item.asked_at + item.interval);
}

} // namespace replicate::core

#endif
