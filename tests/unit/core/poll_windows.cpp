// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/poll_windows.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using replicate::core::poll_item;
using replicate::core::poll_window;
using replicate::core::poll_windows;
using replicate::core::run_times;
using server_time = poll_item::server_time;

namespace {

constexpr poll_item::time_point start_of_test{1h};
constexpr server_time first_created{std::chrono::hours(500'000)};

// Predictions of this program, and windows for them.
class bench {
public:
    poll_window& add(server_time created)
    {
        poll_item& item = items.emplace_back(created, times, start_of_test, start_of_test, replicate::core::poll_rhythm());
        return windows.place(item);
    }

    // True where each prediction lies in its window, and no window overlaps another.
    bool is_sound()
    {
        std::optional<server_time> end;
        for (auto& entry : windows.all()) {
            poll_window const& window = entry.second;
            if (window.begin != entry.first || window.begin >= window.end || (end && window.begin < *end))
                return false;
            end = window.end;
            for (std::size_t i = 0; i < window.items.size(); ++i) {
                poll_item const& item = *window.items[i];
                bool const is_within = *item.created >= window.begin && *item.created < window.end;
                if (item.window != &window || item.place != i || !is_within)
                    return false;
            }
        }
        return true;
    }

    std::deque<poll_item> items;
    poll_windows windows{100};
    run_times times;
};

} // namespace

TEST_CASE("predictions that follow one another share windows that fit on a page")
{
    bench made;
    for (int i = 0; i < 1000; ++i)
        made.add(first_created + i * 100ms);
    CHECK(made.is_sound());
    CHECK(made.windows.all().size() >= 11);
    CHECK(made.windows.all().size() <= 14);
    for (auto const& entry : made.windows.all())
        CHECK(entry.second.items.size() <= 96);
}

TEST_CASE("predictions in any order find their windows")
{
    std::mt19937_64 random(7);
    for (int round = 0; round < 20; ++round) {
        bench made;
        for (int i = 0; i < 500; ++i) {
            auto const at = first_created + std::chrono::milliseconds(random() % 500'000);
            poll_window const& window = made.add(at);
            REQUIRE(window.begin <= at);
            REQUIRE(at < window.end);
        }
        REQUIRE(made.is_sound());
        while (!made.items.empty()) {
            poll_item& item = made.items.front();
            poll_window& window = *item.window;
            if (poll_windows::take_out(item))
                made.windows.erase(window);
            made.items.pop_front();
        }
        REQUIRE(made.windows.all().empty());
    }
}

TEST_CASE("the density of others' predictions is learned, and windows hold fewer where it is high")
{
    bench made;
    std::size_t windows_before = 0;
    for (int i = 0; i < 3000; ++i) {
        made.add(first_created + i * 100ms);
        // Three of others for each own one.
        for (auto& entry : made.windows.all())
            made.windows.count(entry.second, entry.second.own * 4);
        if (i == 2000)
            windows_before = made.windows.all().size();
    }
    CHECK(made.windows.foreign_rate() == doctest::Approx(30).epsilon(0.1));
    std::size_t const windows = made.windows.all().size() - windows_before;
    CHECK(windows >= 40);
    CHECK(windows <= 60);
}

TEST_CASE("a window whose page is full becomes two")
{
    bench made;
    for (int i = 0; i < 60; ++i)
        made.add(first_created + i * 1s);
    poll_window& window = made.windows.all().begin()->second;
    REQUIRE(window.items.size() == 60);
    poll_window* const later = made.windows.split(window, first_created + 20s, 100);
    REQUIRE(later != nullptr);
    CHECK(later->items.size() == 39);
    CHECK(window.items.size() == 21);
    CHECK(later->size == 100);
    CHECK(later->number != window.number);
    CHECK(made.is_sound());
    CHECK(made.windows.find(later->begin, later->number) == later);
    CHECK(made.windows.find(later->begin, window.number) == nullptr);
}

TEST_CASE("a window that cannot be divided stays")
{
    bench made;
    poll_window& window = made.add(first_created);
    CHECK(made.windows.split(window, window.end, 100) == nullptr);
    CHECK(made.windows.split(window, window.begin - 1s, 100) == nullptr);
    CHECK(made.is_sound());
}
