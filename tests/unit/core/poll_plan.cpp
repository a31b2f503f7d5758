// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/poll_plan.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

using namespace std::chrono_literals;
using replicate::prediction_status;
using replicate::core::poll_action;
using replicate::core::poll_action_kind;
using replicate::core::poll_interest;
using replicate::core::poll_limits;
using replicate::core::poll_plan;
using replicate::core::poll_rhythm;
using replicate::core::poll_sight;
using time_point = poll_plan::time_point;
using server_time = poll_plan::server_time;

namespace {

constexpr time_point start_of_test{1h};
constexpr server_time first_created{std::chrono::hours(500'000)};

std::string id_of(int number)
{
    return "prediction" + std::to_string(number);
}

// So many predictions, created 100 ms apart up to now.
poll_plan plan_of(int count, time_point now, poll_limits limits = poll_limits(), poll_rhythm rhythm = poll_rhythm())
{
    poll_plan plan(limits);
    for (int i = 0; i < count; ++i)
        REQUIRE(plan.add(id_of(i), first_created + i * 100ms, "acme/model", now, now, rhythm));
    return plan;
}

poll_rhythm for_safety(poll_plan::duration every)
{
    return {every, every, poll_interest::safety};
}

// The actions until this time, each answered at once: what a service does whose predictions never end.
std::vector<poll_action> actions_until(poll_plan& plan, time_point& now, time_point end, bool shows = true)
{
    std::vector<poll_action> actions;
    while (now <= end) {
        poll_action const action = plan.next(now, 0.5);
        if (action.kind == poll_action_kind::nothing)
            break;
        if (action.kind == poll_action_kind::wait) {
            REQUIRE(action.until > now);
            now = action.until;
            continue;
        }
        actions.push_back(action);
        if (action.kind == poll_action_kind::get) {
            plan.on_get(action.id, prediction_status::processing, now);
            continue;
        }
        std::vector<poll_sight> shown;
        for (int i = 10'000; i-- > 0 && shown.size() < 100 && shows;) {
            server_time const created = first_created + i * 100ms;
            if (created < action.after || created >= action.before || !plan.watches(id_of(i)))
                continue;
            poll_sight& sight = shown.emplace_back();
            sight.id = id_of(i);
            sight.status = prediction_status::processing;
            sight.created = created;
        }
        plan.on_list(action, shown, shown.size() < 100, now);
    }
    return actions;
}

std::size_t count(std::vector<poll_action> const& actions, poll_action_kind kind)
{
    std::size_t sum = 0;
    for (poll_action const& action : actions)
        sum += action.kind == kind;
    return sum;
}

} // namespace

TEST_CASE("a plan for nothing does nothing")
{
    poll_plan plan;
    CHECK(plan.next(start_of_test, 0).kind == poll_action_kind::nothing);
    plan.remove("unknown");
    plan.on_get("unknown", prediction_status::succeeded, start_of_test);
    CHECK(plan.size() == 0);
}

TEST_CASE("one prediction of an unknown model is asked for at growing intervals, up to the longest")
{
    poll_plan plan = plan_of(1, start_of_test);
    time_point now = start_of_test;
    std::vector<std::chrono::milliseconds> const expected{500ms, 750ms, 1125ms, 1687ms, 2531ms, 3796ms, 5000ms, 5000ms};
    for (auto const wait : expected) {
        poll_action const action = plan.next(now, 0.5);
        REQUIRE(action.kind == poll_action_kind::wait);
        CHECK(std::chrono::duration_cast<std::chrono::milliseconds>(action.until - now) == wait);
        now = action.until;
        poll_action const get = plan.next(now, 0.5);
        REQUIRE(get.kind == poll_action_kind::get);
        CHECK(get.id == id_of(0));
        CHECK(plan.next(now, 0.5).kind == poll_action_kind::nothing);
        plan.on_get(get.id, prediction_status::starting, now);
    }
}

TEST_CASE("the rhythm that its owner wishes is kept")
{
    poll_plan plan;
    plan.add("one", std::nullopt, "acme/model", start_of_test, start_of_test, poll_rhythm{10ms, 20ms});
    time_point now = start_of_test;
    auto const actions = actions_until(plan, now, start_of_test + 1s);
    CHECK(actions.size() >= 49);
    CHECK(actions.size() <= 52);
}

TEST_CASE("a prediction is waited for once, and no more when it has ended or nobody waits")
{
    poll_plan plan = plan_of(2, start_of_test);
    CHECK_FALSE(plan.add(id_of(0), first_created, "acme/model", start_of_test, start_of_test));
    plan.on_get(id_of(0), prediction_status::canceled, start_of_test + 1s);
    CHECK_FALSE(plan.watches(id_of(0)));
    plan.remove(id_of(1));
    CHECK(plan.size() == 0);
    CHECK(plan.windows() == 0);
    CHECK(plan.next(start_of_test + 1h, 0).kind == poll_action_kind::nothing);
}

TEST_CASE("a model whose run time is known is asked quickly near it, and slowly before")
{
    poll_plan plan;
    time_point now = start_of_test;
    for (int run = 0; run < 30; ++run) {
        std::string const id = id_of(run);
        plan.add(id, std::nullopt, "acme/model", now, now);
        time_point const end = now + 10s;
        int early = 0;
        while (plan.watches(id)) {
            poll_action const action = plan.next(now, 0.5);
            if (action.kind == poll_action_kind::wait) {
                now = action.until;
                continue;
            }
            early += now < end - 4s;
            plan.on_get(id, now < end ? prediction_status::processing : prediction_status::succeeded, now);
        }
        if (run >= 20) {
            CHECK(now - end <= 200ms);
            CHECK(early <= 12);
        }
        now += 1s;
    }
}

TEST_CASE("many predictions are seen on pages, and only what has ended is asked for")
{
    poll_plan plan = plan_of(1000, start_of_test);
    time_point now = start_of_test;
    actions_until(plan, now, start_of_test + 20s);
    CHECK_FALSE(plan.is_few());
    auto const actions = actions_until(plan, now, now + 10s);
    CHECK(count(actions, poll_action_kind::get) == 0);
    CHECK(count(actions, poll_action_kind::list) >= 40);

    poll_action list;
    while (list.kind != poll_action_kind::list) {
        list = plan.next(now, 0.5);
        if (list.kind == poll_action_kind::wait)
            now = list.until;
    }
    poll_sight ended;
    ended.id = id_of(500);
    ended.status = prediction_status::succeeded;
    plan.on_list(list, {ended}, true, now);
    poll_action const get = plan.next(now, 0.5);
    CHECK(get.kind == poll_action_kind::get);
    CHECK(get.id == id_of(500));
}

TEST_CASE("what a page says of an end is not believed at once again when the prediction itself says otherwise")
{
    poll_plan plan = plan_of(100, start_of_test);
    time_point now = start_of_test;
    std::size_t gets = 0;
    while (now < start_of_test + 60s) {
        poll_action const action = plan.next(now, 0.5);
        if (action.kind == poll_action_kind::wait) {
            now = action.until;
        } else if (action.kind == poll_action_kind::get) {
            gets += action.id == id_of(50);
            plan.on_get(action.id, prediction_status::processing, now);
        } else {
            poll_sight ended;
            ended.id = id_of(50);
            ended.status = prediction_status::failed;
            plan.on_list(action, {ended}, true, now);
        }
    }
    CHECK(gets >= 5);
    CHECK(gets <= 25);
}

TEST_CASE("a prediction that no page shows is asked for by itself")
{
    poll_plan plan = plan_of(200, start_of_test);
    time_point now = start_of_test;
    auto const actions = actions_until(plan, now, start_of_test + 100s, false);
    std::set<std::string> asked;
    for (poll_action const& action : actions)
        asked.insert(action.id);
    for (int i = 0; i < 200; ++i)
        CHECK(asked.count(id_of(i)) == 1);
}

TEST_CASE("whatever pages show, each prediction is asked for by itself after some time")
{
    poll_plan plan = plan_of(200, start_of_test);
    time_point now = start_of_test;
    auto const actions = actions_until(plan, now, start_of_test + 11min);
    std::set<std::string> asked;
    for (poll_action const& action : actions)
        asked.insert(action.id);
    for (int i = 0; i < 200; ++i)
        CHECK(asked.count(id_of(i)) == 1);
    CHECK(count(actions, poll_action_kind::get) < 500);
}

TEST_CASE("predictions whose ends are told by something else are looked at as seldom as is wished, by pages where they are many")
{
    auto const [first, last, lists] = [] {
        poll_plan plan = plan_of(200, start_of_test, poll_limits(), for_safety(10min));
        time_point now = start_of_test;
        auto const first_minutes = actions_until(plan, now, start_of_test + 9min);
        auto const all = actions_until(plan, now, start_of_test + 12min);
        return std::tuple(first_minutes.size(), all.size(), count(all, poll_action_kind::list));
    }();
    CHECK(first == 0);
    CHECK(lists >= 2);
    CHECK(last <= 6);
    poll_plan plan = plan_of(3, start_of_test, poll_limits(), for_safety(30s));
    time_point now = start_of_test;
    CHECK(actions_until(plan, now, start_of_test + 26s).empty());
    CHECK(count(actions_until(plan, now, start_of_test + 34s), poll_action_kind::get) == 3);
    poll_limits no_pages;
    no_pages.page = 1;
    poll_plan alone = plan_of(100, start_of_test, no_pages, for_safety(30s));
    now = start_of_test;
    CHECK(actions_until(alone, now, start_of_test + 26s).size() <= 10);
    CHECK(count(actions_until(alone, now, start_of_test + 65s), poll_action_kind::get) >= 100);
}

TEST_CASE("one whose progress is wanted is asked for by itself in its rhythm, among many that are seen on pages")
{
    poll_plan plan = plan_of(300, start_of_test);
    REQUIRE(plan.add("watched", first_created + 5s, "acme/model", start_of_test, start_of_test, {100ms, 2s, poll_interest::progress}));
    time_point now = start_of_test;
    auto const actions = actions_until(plan, now, start_of_test + 1min);
    std::size_t watched = 0;
    for (poll_action const& action : actions)
        watched += action.kind == poll_action_kind::get && action.id == "watched";
    CHECK(watched >= 28);
    CHECK(watched <= 45);
    CHECK(count(actions, poll_action_kind::list) > 10);
    CHECK(count(actions, poll_action_kind::get) - watched <= 300);
}

TEST_CASE("where there are no lists, predictions are asked for one by one, and lists are tried again now and then")
{
    poll_plan plan = plan_of(1000, start_of_test);
    time_point now = start_of_test;
    std::size_t lists = 0;
    std::map<std::string, std::size_t> gets;
    while (now < start_of_test + 120s) {
        poll_action const action = plan.next(now, 0.5);
        if (action.kind == poll_action_kind::wait) {
            now = action.until;
        } else if (action.kind == poll_action_kind::get) {
            ++gets[action.id];
            plan.on_get(action.id, prediction_status::processing, now);
        } else {
            ++lists;
            plan.on_failed(action, now);
        }
    }
    CHECK(lists >= 4);
    CHECK(lists <= 20);
    CHECK(gets.size() == 1000);
    for (auto const& one : gets)
        CHECK(one.second >= 5);
}

TEST_CASE("the wish of the service to be left alone is kept")
{
    poll_plan plan = plan_of(1, start_of_test);
    time_point now = plan.next(start_of_test, 0.5).until;
    poll_action const get = plan.next(now, 0.5);
    REQUIRE(get.kind == poll_action_kind::get);
    plan.on_failed(get, now, 30s);
    CHECK(plan.next(now, 0.5).until == now + 30s);
}

TEST_CASE("no more is asked a second than is allowed")
{
    poll_limits limits;
    limits.lists_per_second = 3;
    limits.gets_per_second = 5;
    poll_plan plan = plan_of(2000, start_of_test, limits);
    time_point now = start_of_test;
    auto const pages = actions_until(plan, now, start_of_test + 100s);
    CHECK(count(pages, poll_action_kind::list) <= 305);
    CHECK(count(pages, poll_action_kind::get) <= 505);
    auto const more = actions_until(plan, now, now + 100s, false);
    CHECK(count(more, poll_action_kind::get) <= 505);
}

TEST_CASE("any sequence of what can happen leaves a plan that goes on")
{
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        std::mt19937_64 random(seed);
        poll_plan plan;
        time_point now = start_of_test;
        std::set<std::string> waiting;
        std::vector<poll_action> open;
        for (int step = 0; step < 3000; ++step) {
            std::string const id = id_of(static_cast<int>(random() % 300));
            auto const created = first_created + std::chrono::milliseconds(random() % 100'000);
            switch (random() % 8) {
            case 0:
            case 1:
                CHECK(plan.add(id, random() % 9 == 0 ? std::nullopt : std::optional<server_time>(created), "m", now, now)
                    == waiting.insert(id).second);
                break;
            case 2:
                plan.remove(id);
                waiting.erase(id);
                break;
            case 3:
                if (!open.empty()) {
                    std::swap(open[random() % open.size()], open.back());
                    poll_action const answered = open.back();
                    open.pop_back();
                    auto const status = static_cast<prediction_status>(random() % 7);
                    if (random() % 5 == 0) {
                        plan.on_failed(answered, now);
                    } else if (answered.kind == poll_action_kind::get) {
                        plan.on_get(answered.id, status, now);
                        if (is_terminal(status))
                            waiting.erase(answered.id);
                    } else {
                        std::vector<poll_sight> shown(random() % 101);
                        for (poll_sight& sight : shown) {
                            sight.id = id_of(static_cast<int>(random() % 400));
                            sight.status = static_cast<prediction_status>(random() % 7);
                            if (random() % 4 != 0)
                                sight.created = first_created + std::chrono::milliseconds(random() % 100'000);
                        }
                        plan.on_list(answered, shown, random() % 2 == 0, now);
                    }
                }
                break;
            default: {
                poll_action const action = plan.next(now, 0.25);
                if (action.kind == poll_action_kind::wait) {
                    REQUIRE(action.until > now);
                    now = action.until;
                } else if (action.kind != poll_action_kind::nothing) {
                    open.push_back(action);
                }
                break;
            }
            }
            REQUIRE(plan.size() == waiting.size());
        }
        // Whoever is left is asked for in the end.
        for (poll_action const& left : open)
            plan.on_failed(left, now);
        for (int i = 0; i < 1'000'000 && plan.size() > 0; ++i) {
            poll_action const action = plan.next(now, 0.25);
            REQUIRE(action.kind != poll_action_kind::nothing);
            if (action.kind == poll_action_kind::wait)
                now = action.until;
            else if (action.kind == poll_action_kind::get)
                plan.on_get(action.id, prediction_status::succeeded, now);
            else
                plan.on_list(action, {}, true, now);
        }
        CHECK(plan.size() == 0);
        CHECK(plan.windows() == 0);
    }
}

TEST_CASE("all are asked for by themselves at once when that is wanted, and not again and again")
{
    poll_plan plan = plan_of(300, start_of_test);
    time_point now = start_of_test;
    actions_until(plan, now, start_of_test + 20s);
    plan.ask_all(now);
    std::set<std::string> asked;
    std::vector<poll_action> const actions = actions_until(plan, now, now + 2s);
    for (poll_action const& action : actions)
        asked.insert(action.id);
    for (int i = 0; i < 300; ++i)
        CHECK(asked.count(id_of(i)) == 1);
    plan.ask_all(now);
    CHECK(count(actions_until(plan, now, now + 2s), poll_action_kind::get) < 10);
}
