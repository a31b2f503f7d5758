// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_POLL_PLAN_HPP
#define REPLICATE_CORE_POLL_PLAN_HPP

#include <replicate/core/poll_action.hpp>
#include <replicate/core/poll_item.hpp>
#include <replicate/core/poll_pace.hpp>
#include <replicate/core/poll_queue.hpp>
#include <replicate/core/poll_windows.hpp>
#include <replicate/core/run_times.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace replicate::core {

/// When to ask for which of all the predictions that a client waits for. Few are asked for one by one, quickly when they are likely
/// to end. Many are seen on pages of the list, a page for each stretch of time in which about 100 were created, and only those that
/// have ended are asked for, because a page need not show their output. How often which page is looked at depends on how many
/// are expected to end there, and on what may be spent. Each prediction is asked for by itself from time to time
/// whatever pages say, so that no end is missed. Each member takes O(log n), but for a look at all once a second.
class poll_plan {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using duration = std::chrono::steady_clock::duration;
    using server_time = poll_item::server_time;

    explicit poll_plan(poll_limits limits = poll_limits())
        : limits_(limits)
        , windows_(limits.page)
        , gets_allowed_(limits.gets_per_second)
        , lists_allowed_(limits.lists_per_second)
        , all_allowed_(limits.least_requests)
    {
    }

    /// Waits for one more. `created`: by the service's clock; nothing where that is not known. `model`: what usually takes as long.
    /// `born`: when it was created, by this machine's clock. False where it is waited for already.
    bool add(std::string id, std::optional<server_time> created, std::string const& model, time_point born, time_point now,
        poll_rhythm rhythm = poll_rhythm())
    {
        if (items_.empty()) {
            memory_.forget_unused();
            list_failures_ = 0;
        }
        auto const added =
            items_.try_emplace(std::move(id), created, memory_.of(model), std::min(born, now), now, rhythm);
        if (!added.second)
            return false;
        poll_item& item = added.first->second;
        item.id = &added.first->first;
        if (created && !item.is_on_its_own())
            windows_.place(item);
        balance_at_ = few_ && items_.size() <= limits_.few ? balance_at_ : std::min(balance_at_, now + soon);
        schedule(item, now, 0.5);
        return true;
    }

    /// Waits for it no more.
    void remove(std::string const& id)
    {
        auto const found = items_.find(id);
        if (found != items_.end())
            remove(found);
    }

    /// Asks for each by itself, as soon as may be; not again within half a minute.
    void ask_all(time_point now)
    {
        if (now < ask_all_after_)
            return;
        ask_all_after_ = now + std::chrono::seconds(30);
        for (auto& entry : items_)
            if (!entry.second.asked)
                gets_.put(entry.second, at_once);
    }

    /// What to do now. Precondition: 0 <= jitter < 1.
    poll_action next(time_point now, double jitter)
    {
        if (items_.empty())
            return poll_action();
        if (now >= balance_at_)
            balance(now, jitter);
        poll_action action;
        action.kind = poll_action_kind::wait;
        action.until = few_ && balance_at_ != time_point::max() ? balance_at_ + balance_interval : balance_at_; // few soon ask anyway
        if (!next_get(action, now) && !next_list(action, now) && action.until == time_point::max())
            action.kind = poll_action_kind::nothing;
        return action;
    }

    /// The prediction was asked for, and is in this state. One that has ended is waited for no more.
    void on_get(std::string const& id, prediction_status status, time_point now, double jitter = 0.5)
    {
        auto const found = items_.find(id);
        if (found == items_.end())
            return;
        poll_item& item = found->second;
        item.asked = false;
        if (is_terminal(status)) {
            ++ends_seen_;
            item.see_end(now);
            remove(found);
            return;
        }
        if (std::exchange(item.ended, false))
            item.deaf_until = now + item.grown;
        item.see_alive(status, now);
        item.asked_at = now;
        item.retry = item.rhythm.first;
        item.grow();
        schedule(item, now, jitter);
    }

    /// A page that was asked for by this action has come. `complete`: there is no further one. Tells nobody: ask `next`.
    void on_list(poll_action const& action, std::vector<poll_sight> const& shown, bool complete, time_point now)
    {
        list_failures_ = 0;
        --lists_asked_;
        std::optional<server_time> oldest;
        for (poll_sight const& sight : shown) {
            if (sight.created)
                oldest = std::min(oldest.value_or(*sight.created), *sight.created);
            auto const found = items_.find(sight.id);
            if (found != items_.end())
                see(found->second, sight.status, now);
        }
        poll_window* const window = windows_.find(action.after, action.window);
        if (window == nullptr)
            return;
        window->asked = false;
        window->looked_at = now;
        if (complete)
            windows_.count(*window, shown.size());
        else if (oldest)
            divide(*window, *oldest, shown.size(), now);
        settle(*window, now);
    }

    /// A request that this action asked for has failed. `wish`: how long the service wishes to be left alone.
    void on_failed(poll_action const& action, time_point now, duration wish = duration(0))
    {
        if (action.kind == poll_action_kind::get)
            on_get_failed(action.id, now, wish);
        if (action.kind != poll_action_kind::list)
            return;
        ++list_failures_;
        // One that failed says little of the others.
        duration pause = wish;
        if (!lists_work())
            pause = std::max(wish, std::min<duration>(std::chrono::seconds(1u << std::min(list_failures_, 6u)), slowest_probe));
        lists_after_ = std::max(lists_after_, now + pause);
        let_go(action, now);
        if (!lists_work() && !few_)
            balance_at_ = now;
    }

    /// A page that was asked for by this action was not waited for any more.
    void on_list_dropped(poll_action const& action, time_point now) { let_go(action, now); }

    /// How many predictions are waited for.
    std::size_t size() const noexcept { return items_.size(); }

    /// True for one that is waited for.
    bool watches(std::string const& id) const { return items_.count(id) != 0; }

    /// True while predictions are asked for one by one, each at intervals of its own.
    bool is_few() const noexcept { return few_; }

    /// How many windows there are.
    std::size_t windows() { return windows_.all().size(); }

    /// What is known of a model.
    run_times const& times_of(std::string const& model) { return memory_.of(model); }

private:
    using item_map = std::unordered_map<std::string, poll_item>;

    static constexpr duration soon = std::chrono::milliseconds(100);
    static constexpr duration balance_interval = std::chrono::seconds(1);
    static constexpr duration slowest_probe = std::chrono::seconds(60);
    static constexpr duration expectation_lasts = std::chrono::seconds(5);
    static constexpr unsigned too_many_failures = 3;
    // So few are asked for one by one rather than by a page.
    static constexpr std::size_t few_of_page = 1;
    static constexpr time_point at_once = time_point::min();

    bool lists_work() const noexcept { return list_failures_ < too_many_failures; }

    bool is_on_page(poll_item const& item) const noexcept { return item.window != nullptr && item.window->by_page; }

    /// By when one that is seen on pages has to be asked for by itself.
    time_point guard(poll_item const& item) const
    {
        duration const patience = 2 * item.patience();
        return std::min(item.seen + std::max(limits_.unseen, patience), item.asked_at + std::max(limits_.latest, patience));
    }

    duration quickest() const
    {
        auto const length = std::chrono::duration<double>(static_cast<double>(items_.size()) / limits_.quick_requests);
        return std::chrono::duration_cast<duration>(length);
    }

    void schedule(poll_item& item, time_point now, double jitter)
    {
        if (item.asked)
            return;
        if (item.ended)
            gets_.put(item, at_once);
        else if (few_ || item.is_on_its_own())
            gets_.put(item, now + item.next_look(now, quickest(), jitter));
        else if (is_on_page(item))
            gets_.put(item, guard(item));
        else
            gets_.put(item, now + (item.interval > duration(0) ? item.interval : item.grown));
    }

    void see(poll_item& item, prediction_status status, time_point now)
    {
        if (item.asked || item.ended || (is_terminal(status) && now < item.deaf_until))
            return;
        if (!is_terminal(status)) {
            item.see_alive(status, now);
            return;
        }
        item.see_end(now);
        gets_.put(item, at_once);
    }

    void remove(item_map::iterator found)
    {
        poll_item& item = found->second;
        gets_.take_out(item);
        poll_window* const window = item.window;
        if (window != nullptr && poll_windows::take_out(item)) {
            lists_.take_out(*window);
            windows_.erase(*window);
        }
        items_.erase(found);
    }

    bool next_get(poll_action& action, time_point now)
    {
        poll_item* item = gets_.first();
        while (item != nullptr && item->due() <= now && !few_ && item->due() != at_once && is_on_page(*item) && guard(*item) > now) {
            gets_.put(*item, guard(*item));
            item = gets_.first();
        }
        if (item == nullptr)
            return false;
        // What has ended is asked for once, and that is what all the rest is for.
        time_point when = item->ended ? now : std::max(item->due(), gets_allowed_.next(now));
        bool const is_rationed = !few_ && !item->is_on_its_own() && item->due() != at_once && lists_work();
        if (is_rationed)
            when = std::max(when, all_allowed_.next(now));
        if (when > now) {
            action.until = std::min(action.until, when);
            return false;
        }
        gets_.take_out(*item);
        if (!item->ended)
            gets_allowed_.take(now);
        if (is_rationed)
            all_allowed_.take(now);
        item->asked = true;
        action.kind = poll_action_kind::get;
        action.id = *item->id;
        return true;
    }

    bool next_list(poll_action& action, time_point now)
    {
        poll_window* window = lists_.first();
        while (window != nullptr && window->due() <= now && window->looked_at + window->interval > now) {
            lists_.put(*window, window->looked_at + window->interval);
            window = lists_.first();
        }
        if (window == nullptr || lists_asked_ >= limits_.parallel_lists)
            return false;
        time_point const allowed = std::max(lists_allowed_.next(now), all_allowed_.next(now));
        time_point const when = std::max({window->due(), allowed, lists_after_});
        if (when > now) {
            action.until = std::min(action.until, when);
            return false;
        }
        lists_.take_out(*window);
        lists_allowed_.take(now);
        all_allowed_.take(now);
        ++lists_asked_;
        window->asked = true;
        action.kind = poll_action_kind::list;
        action.window = window->number;
        action.after = window->begin;
        action.before = window->end;
        return true;
    }

    void on_get_failed(std::string const& id, time_point now, duration wish)
    {
        auto const found = items_.find(id);
        if (found == items_.end())
            return;
        poll_item& item = found->second;
        item.asked = false;
        item.ended = false;
        gets_.put(item, now + std::max(item.retry, wish));
        item.deaf_until = item.due();
        item.retry = std::min(item.retry + item.retry / 2, item.rhythm.longest);
    }

    /// A page has not come.
    void let_go(poll_action const& action, time_point now)
    {
        --lists_asked_;
        if (poll_window* const window = windows_.find(action.after, action.window)) {
            window->asked = false;
            window->looked_at = now;
            settle(*window, now);
        }
    }

    void divide(poll_window& window, server_time oldest, std::size_t shown, time_point now)
    {
        poll_window* const later = windows_.split(window, oldest, shown);
        if (later == nullptr)
            return;
        later->by_page = window.by_page;
        later->interval = window.interval;
        settle(*later, now);
        window.looked_at = time_point{}; // its rest was not seen
    }

    /// Puts a window where it belongs; one that is empty goes.
    void settle(poll_window& window, time_point now)
    {
        if (window.items.empty()) {
            lists_.take_out(window);
            windows_.erase(window);
        } else if (window.by_page && !window.asked) {
            expect(window, now);
            lists_.put(window, window.looked_at + window.interval);
        }
    }

    // In poll_balance.hpp.
    void balance(time_point now, double jitter);
    bool is_paced_by_itself(poll_item const& item) const noexcept;
    void be_few(time_point now, double jitter);
    double rate_for_looks(time_point now, std::size_t one_by_one);
    void choose_pages(time_point now);
    void probe_lists(time_point now);
    static void expect(poll_window& window, time_point now);
    void look_at_page(poll_window& window, duration interval);
    void look_by_itself(poll_item& item, duration interval);

    poll_limits limits_;
    run_time_memory memory_;
    item_map items_;
    poll_windows windows_;
    poll_queue<poll_item> gets_;
    poll_queue<poll_window> lists_;
    poll_budget gets_allowed_;
    poll_budget lists_allowed_;
    poll_budget all_allowed_;
    poll_pace pace_;
    bool few_ = true;
    time_point balance_at_ = time_point::max();
    time_point balanced_at_{};
    time_point lists_after_{};
    time_point ask_all_after_{};
    std::size_t lists_asked_ = 0;
    unsigned list_failures_ = 0;
    std::size_t ends_seen_ = 0;
    double ends_per_second_ = 0;
};

} // namespace replicate::core

#include <replicate/core/poll_balance.hpp>

#endif
