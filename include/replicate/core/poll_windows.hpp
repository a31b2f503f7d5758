// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_POLL_WINDOWS_HPP
#define REPLICATE_CORE_POLL_WINDOWS_HPP

#include <replicate/core/poll_item.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

namespace replicate::core {

/// A stretch of the service's time of which one page shows all predictions that were created in it.
class poll_window : public poll_target {
public:
    using server_time = poll_item::server_time;
    using duration = poll_item::duration;

    poll_window(std::uint64_t name, server_time from, server_time to)
        : number(name)
        , begin(from)
        , end(to)
    {
    }

    /// Its name, never used again.
    std::uint64_t number;
    /// From this time on...
    server_time begin;
    /// ...until before this one.
    server_time end;
    /// The predictions that are waited for.
    std::vector<poll_item*> items;
    /// How many were ever put here.
    std::size_t own = 0;
    /// How many predictions there are in all, as far as is known.
    double size = 0;
    /// Nothing more is to be learned of it about others' predictions.
    bool learned = false;
    /// Its page is being asked for.
    bool asked = false;
    /// It is looked at as a page, not prediction by prediction.
    bool by_page = false;
    /// When its page was seen last.
    time_point looked_at{};
    /// How often to look at it.
    duration interval{};
    /// How long it need not be looked at.
    duration patience{};
    /// How many of its predictions end in a second, as was expected at `expected_at`.
    double ends = 0;
    time_point expected_at{};
};

/// Divides the service's time into windows whose predictions fit on a page: those that are waited for, those that have ended
/// already, and those of others, whose density it learns.
class poll_windows {
public:
    using server_time = poll_item::server_time;
    using map = std::map<server_time, poll_window>;

    /// `page`: how many predictions a page shows.
    explicit poll_windows(std::size_t page)
        : page_(static_cast<double>(page))
    {
    }

    /// Puts a prediction where it belongs. Precondition: it is known when it was created.
    poll_window& place(poll_item& item)
    {
        server_time const at = *item.created;
        poll_window& window = window_for(at);
        window.size += windows_learned_ ? 1 : 1 + assumed_foreign;
        ++window.own;
        put(window, item);
        newest_ = std::max(newest_, at);
        return window;
    }

    /// Takes a prediction out of its window; true when that is empty now.
    static bool take_out(poll_item& item)
    {
        poll_window& window = *item.window;
        window.items[item.place] = window.items.back();
        window.items[item.place]->place = item.place;
        window.items.pop_back();
        item.window = nullptr;
        return window.items.empty();
    }

    /// Forgets a window. Precondition: it is empty.
    void erase(poll_window const& window) { windows_.erase(window.begin); }

    /// The window of this name; null where it has gone.
    poll_window* find(server_time begin, std::uint64_t number)
    {
        auto const found = windows_.find(begin);
        return found == windows_.end() || found->second.number != number ? nullptr : &found->second;
    }

    /// A page has shown all predictions of the window: so many.
    void count(poll_window& window, std::size_t shown)
    {
        if (!window.learned && window.end + settled < newest_) {
            window.learned = true;
            learn(window, shown);
        }
        window.size = static_cast<double>(shown);
    }

    /// A page has not had room for all predictions of the window: so many of its newest ones, the oldest of them created at `oldest`.
    /// Makes two of it, the later of which fits; answers that one, or null where it cannot be divided.
    poll_window* split(poll_window& window, server_time oldest, std::size_t shown)
    {
        server_time const cut = oldest + std::chrono::microseconds(1);
        if (cut <= window.begin || cut >= window.end)
            return nullptr;
        auto const added = windows_.try_emplace(cut, ++count_, cut, window.end);
        poll_window& later = added.first->second;
        window.end = cut;
        window.learned = later.learned = true;
        later.size = static_cast<double>(shown);
        later.looked_at = window.looked_at;
        std::vector<poll_item*> items = std::exchange(window.items, {});
        for (poll_item* item : items)
            put(*item->created < cut ? window : later, *item);
        later.own = later.items.size();
        window.own -= std::min(window.own, later.own);
        window.size = static_cast<double>(window.items.size());
        return &later;
    }

    /// All of them, the oldest first.
    map& all() noexcept { return windows_; }

    /// Predictions of others in a second.
    double foreign_rate() const noexcept { return foreign_seconds_ > 0 ? foreign_ / foreign_seconds_ : 0; }

private:
    // The times that two answers tell of the creation of one prediction differ a little.
    static constexpr std::chrono::milliseconds slack{100};
    static constexpr std::chrono::seconds settled{5};
    // A gap that is not worth a window of its own.
    static constexpr std::chrono::seconds small_gap{30};
    static constexpr double assumed_foreign = 0.2;

    static void put(poll_window& window, poll_item& item)
    {
        item.window = &window;
        item.place = window.items.size();
        window.items.push_back(&item);
    }

    poll_window& window_for(server_time at)
    {
        auto const after = windows_.upper_bound(at);
        server_time const latest = after == windows_.end() ? server_time::max() : after->first;
        server_time const end = std::min(at + slack, latest);
        server_time begin = at - slack;
        if (after != windows_.begin()) {
            poll_window& before = std::prev(after)->second;
            if (at < before.end)
                return before;
            if (takes(before, end)) {
                before.size += foreign_rate() * seconds(end - before.end);
                before.end = end;
                return before;
            }
            if (begin < before.end || at - before.end < small_gap)
                begin = before.end;
        }
        poll_window& made = windows_.try_emplace(begin, ++count_, begin, end).first->second;
        made.size = foreign_rate() * seconds(end - begin);
        return made;
    }

    /// True where it may end at this time and have one more prediction.
    bool takes(poll_window const& window, server_time end) const
    {
        double const size = window.size + 1 + foreign_rate() * seconds(end - window.end);
        double const foreign = std::max(1.0, size - static_cast<double>(window.own));
        return size + 2 * std::sqrt(foreign) <= page_;
    }

    void learn(poll_window const& window, std::size_t shown)
    {
        constexpr double memory = 0.95;
        double const foreign = static_cast<double>(shown) - static_cast<double>(window.own);
        foreign_ = foreign_ * memory + std::max(foreign, 0.0);
        foreign_seconds_ = foreign_seconds_ * memory + seconds(window.end - window.begin);
        windows_learned_ = true;
    }

    static double seconds(server_time::duration length) { return std::chrono::duration<double>(length).count(); }

    map windows_;
    double page_;
    std::uint64_t count_ = 0;
    server_time newest_ = server_time::min();
    double foreign_ = 0;
    double foreign_seconds_ = 0;
    bool windows_learned_ = false;
};

} // namespace replicate::core

#endif
