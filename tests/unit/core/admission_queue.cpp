// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/admission_queue.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace {

using replicate::priority;
using replicate::core::admission_entry;
using replicate::core::admission_kind;
using replicate::core::admission_limits;
using replicate::core::admission_place;
using replicate::core::admission_queue;

constexpr auto interactive = priority::interactive;
constexpr auto batch = priority::batch;

// One who waits, with a number by which a test knows it.
class waiter : public admission_entry {
public:
    explicit waiter(int number, replicate::priority before = batch, std::string in_group = {}, std::string of_model = {},
        admission_kind wanted = admission_kind::creation)
        : who(number)
    {
        priority = before;
        group = std::move(in_group);
        model = std::move(of_model);
        kind = wanted;
    }

    waiter& by(int seconds)
    {
        deadline = time_point() + std::chrono::seconds(seconds);
        return *this;
    }

    int who;
};

int number_of(admission_entry const* entry)
{
    return entry == nullptr ? -1 : static_cast<waiter const*>(entry)->who;
}

// Lets the next one go, and tells who it was; -1 for nobody.
int next(admission_queue& queue, admission_place* place = nullptr)
{
    admission_entry* const first = queue.front();
    if (first == nullptr)
        return -1;
    admission_place const taken = queue.admit(*first);
    if (place != nullptr)
        *place = taken;
    return number_of(first);
}

// Lets all go that may, and tells who they were.
std::vector<int> all_of(admission_queue& queue)
{
    std::vector<int> order;
    for (int who = next(queue); who != -1; who = next(queue))
        order.push_back(who);
    return order;
}

admission_limits weighing(std::map<std::string, double> const& weights)
{
    admission_limits limits;
    limits.weights.insert(weights.begin(), weights.end());
    return limits;
}

// The same decisions, made the slow way: by looking at everybody each time.
class naive_queue {
public:
    explicit naive_queue(admission_limits limits)
        : limits_(std::move(limits))
    {
    }

    void push(waiter& entry)
    {
        waiting_.push_back(&entry);
        if (entry.kind == admission_kind::continued)
            return;
        auto& level = groups_[entry.priority];
        if (level.find(entry.group) == level.end())
            level[entry.group] = {now_[entry.priority], ++groups_made_[entry.priority]};
    }

    void remove(waiter& entry)
    {
        std::erase(waiting_, &entry);
        tidy();
    }

    waiter* front()
    {
        for (auto const level : {interactive, batch}) {
            waiter* best = nullptr;
            for (waiter* each : waiting_)
                if (each->priority == level && may_go(*each) && (best == nullptr || key(*each) < key(*best)))
                    best = each;
            if (best != nullptr)
                return best;
        }
        return nullptr;
    }

    void admit(waiter& entry)
    {
        if (entry.kind != admission_kind::continued) {
            auto& group = groups_[entry.priority][entry.group];
            double& now = now_[entry.priority];
            now = std::max(now, group.first);
            auto const weight = limits_.weights.find(entry.group);
            group.first = now + (weight == limits_.weights.end() ? 1.0 : 1.0 / weight->second);
        }
        if (entry.kind == admission_kind::creation)
            taken_.push_back(entry.model);
        remove(entry);
    }

    void leave(std::string const& model) { taken_.erase(std::find(taken_.begin(), taken_.end(), model)); }

private:
    using key_type = std::tuple<int, double, int, admission_entry::time_point, std::size_t>;

    bool may_go(waiter const& entry) const
    {
        if (entry.kind == admission_kind::continued)
            return true;
        if (taken_.size() >= limits_.in_flight)
            return false;
        if (entry.kind != admission_kind::creation || entry.model.empty())
            return true;
        auto const of_model = std::count(taken_.begin(), taken_.end(), entry.model);
        return static_cast<std::size_t>(of_model) < limits_.per_model;
    }

    key_type key(waiter const& entry)
    {
        auto const found = std::find(waiting_.begin(), waiting_.end(), &entry);
        auto const arrival = static_cast<std::size_t>(found - waiting_.begin());
        if (entry.kind == admission_kind::continued)
            return {0, 0.0, 0, entry.deadline, arrival};
        auto const& [time, number] = groups_[entry.priority][entry.group];
        return {1, time, number, entry.deadline, arrival};
    }

    // Nobody is remembered who does not wait and is not ahead of the present.
    void tidy()
    {
        for (auto const level : {interactive, batch})
            std::erase_if(groups_[level], [&](auto const& known) {
                bool const waits = std::any_of(waiting_.begin(), waiting_.end(), [&](waiter* each) {
                    return each->priority == level && each->group == known.first && each->kind != admission_kind::continued;
                });
                return !waits && known.second.first <= now_[level];
            });
        bool const nobody = std::all_of(waiting_.begin(), waiting_.end(),
            [](waiter* each) { return each->kind == admission_kind::continued; });
        if (!nobody)
            return;
        groups_.clear();
        now_.clear();
    }

    admission_limits limits_;
    std::vector<waiter*> waiting_;
    std::vector<std::string> taken_;
    std::map<replicate::priority, std::map<std::string, std::pair<double, int>>> groups_;
    std::map<replicate::priority, int> groups_made_;
    std::map<replicate::priority, double> now_;
};

} // namespace

TEST_CASE("those who have nothing to tell them apart go in the order of their coming")
{
    admission_queue queue{admission_limits()};
    std::deque<waiter> waiters;
    for (int who = 0; who < 100; ++who)
        queue.push(waiters.emplace_back(who));
    CHECK(queue.size() == 100);
    std::vector<int> const order = all_of(queue);
    CHECK(order.size() == 100);
    CHECK(std::is_sorted(order.begin(), order.end()));
    CHECK(queue.empty());
    CHECK(queue.in_flight() == 100);
}

TEST_CASE("an interactive one that comes while 10,000 others wait goes before any of these")
{
    admission_queue queue{admission_limits()};
    std::deque<waiter> waiters;
    for (int who = 0; who < 10'000; ++who)
        queue.push(waiters.emplace_back(who, batch, who % 2 == 0 ? "even" : "odd").by(1));
    CHECK(next(queue) == 0);
    queue.push(waiters.emplace_back(10'000, interactive));
    queue.push(waiters.emplace_back(10'001, interactive, "even").by(2));
    CHECK(next(queue) == 10'000);
    CHECK(next(queue) == 10'001);
    CHECK(next(queue) == 1);
    for (waiter& each : waiters)
        if (each.is_waiting())
            queue.remove(each);
}

TEST_CASE("a group of weight 3 has three times as many turns as one of weight 1, at every moment")
{
    admission_queue queue{weighing({{"heavy", 3.0}})};
    std::deque<waiter> waiters;
    for (int who = 0; who < 8'000; ++who)
        queue.push(waiters.emplace_back(who, batch, who % 2 == 0 ? "heavy" : "light"));
    int heavy = 0;
    int light = 0;
    for (int turn = 1; turn <= 4'000; ++turn) {
        ++(next(queue) % 2 == 0 ? heavy : light);
        CHECK_MESSAGE(std::abs(heavy - 3 * light) <= 3, turn);
    }
    CHECK(heavy == doctest::Approx(3 * light).epsilon(0.05));
    for (waiter& each : waiters)
        if (each.is_waiting())
            queue.remove(each);
}

TEST_CASE("turns are shared as the weights say, whatever these are")
{
    std::map<std::string, double> const weights{{"a", 0.25}, {"b", 1.0}, {"c", 2.5}, {"d", 10.0}};
    admission_queue queue{weighing(weights)};
    std::deque<waiter> waiters;
    std::vector<std::string> const names{"a", "b", "c", "d", "e"};
    for (int who = 0; who < 50'000; ++who)
        queue.push(waiters.emplace_back(who, interactive, names[static_cast<std::size_t>(who) % names.size()]));
    std::map<std::string, int> turns;
    constexpr int count = 14'000;
    for (int turn = 0; turn < count; ++turn)
        ++turns[names[static_cast<std::size_t>(next(queue)) % names.size()]];
    double const total = 0.25 + 1.0 + 2.5 + 10.0 + 1.0;
    for (auto const& [name, had] : turns) {
        double const weight = weights.count(name) != 0 ? weights.at(name) : 1.0;
        CHECK_MESSAGE(std::abs(had - count * weight / total) <= 2, name);
    }
    for (waiter& each : waiters)
        if (each.is_waiting())
            queue.remove(each);
}

TEST_CASE("a group that had nobody waiting has saved up nothing, and one that took more than its part has not lost that")
{
    admission_queue queue{admission_limits()};
    std::deque<waiter> waiters;
    for (int who = 0; who < 100; ++who)
        queue.push(waiters.emplace_back(who, batch, "diligent"));
    for (int turn = 0; turn < 50; ++turn)
        next(queue);
    for (int who = 100; who < 150; ++who)
        queue.push(waiters.emplace_back(who, batch, "idle"));
    int idle = 0;
    for (int turn = 0; turn < 40; ++turn)
        idle += next(queue) >= 100 ? 1 : 0;
    CHECK(idle == 20);
    for (waiter& each : waiters)
        if (each.is_waiting())
            queue.remove(each);
    CHECK(queue.remembered() == 1);
}

TEST_CASE("those of a group who leave without a turn do not cost it one")
{
    admission_queue queue{admission_limits()};
    std::deque<waiter> waiters;
    for (int who = 0; who < 100; ++who)
        queue.push(waiters.emplace_back(who, batch, who < 90 ? "a" : "b"));
    for (int who = 0; who < 80; ++who)
        queue.remove(waiters[static_cast<std::size_t>(who)]);
    CHECK(all_of(queue) == std::vector{80, 90, 81, 91, 82, 92, 83, 93, 84, 94, 85, 95, 86, 96, 87, 97, 88, 98, 89, 99});
}

TEST_CASE("within a group the earliest deadline goes first, and who has none goes last")
{
    admission_queue queue{admission_limits()};
    std::deque<waiter> waiters;
    queue.push(waiters.emplace_back(0));
    queue.push(waiters.emplace_back(1).by(30));
    queue.push(waiters.emplace_back(2).by(10));
    queue.push(waiters.emplace_back(3));
    queue.push(waiters.emplace_back(4).by(10));
    queue.push(waiters.emplace_back(5).by(20));
    CHECK(all_of(queue) == std::vector{2, 4, 5, 1, 0, 3});
}

TEST_CASE("there are no more places than allowed, and each that is given back lets one go")
{
    admission_limits limits;
    limits.in_flight = 2;
    admission_queue queue(limits);
    std::deque<waiter> waiters;
    for (int who = 0; who < 5; ++who)
        queue.push(waiters.emplace_back(who, batch));
    admission_place first = nullptr;
    CHECK(next(queue, &first) == 0);
    CHECK(next(queue) == 1);
    CHECK(next(queue) == -1);
    CHECK(queue.in_flight() == 2);
    queue.leave(first);
    CHECK(next(queue) == 2);
    CHECK(next(queue) == -1);
    SUBCASE("who is within something that has a place needs no other")
    {
        queue.push(waiters.emplace_back(5, batch, "", "", admission_kind::continued));
        CHECK(next(queue) == 5);
        CHECK(next(queue) == -1);
    }
    queue.remove(waiters[3]);
    queue.remove(waiters[4]);
}

TEST_CASE("a model that has no place holds up nobody who wants another one")
{
    admission_limits limits;
    limits.per_model = 1;
    limits.in_flight = 10;
    admission_queue queue(limits);
    std::deque<waiter> waiters;
    for (int who = 0; who < 6; ++who)
        queue.push(waiters.emplace_back(who, batch, "", who < 4 ? "slow" : "quick"));
    admission_place slow = nullptr;
    CHECK(next(queue, &slow) == 0);
    admission_place quick = nullptr;
    CHECK(next(queue, &quick) == 4);
    CHECK(next(queue) == -1);
    queue.leave(slow);
    CHECK(next(queue, &slow) == 1);
    queue.leave(quick);
    CHECK(next(queue) == 5);
    SUBCASE("an interactive one goes first when a place comes back")
    {
        queue.push(waiters.emplace_back(6, interactive, "", "slow"));
        CHECK(next(queue) == -1);
        queue.leave(slow);
        CHECK(next(queue, &slow) == 6);
    }
    SUBCASE("one who leaves while the model has no place is not called afterwards")
    {
        CHECK(next(queue) == -1);
        queue.remove(waiters[2]);
        queue.leave(slow);
        CHECK(next(queue, &slow) == 3);
    }
    for (waiter& each : waiters)
        if (each.is_waiting())
            queue.remove(each);
}

TEST_CASE("who has no model to be counted for takes a place of the client alone")
{
    admission_limits limits;
    limits.per_model = 1;
    limits.in_flight = 3;
    admission_queue queue(limits);
    std::deque<waiter> waiters;
    for (int who = 0; who < 5; ++who)
        queue.push(waiters.emplace_back(who));
    CHECK(all_of(queue) == std::vector{0, 1, 2});
    queue.remove(waiters[3]);
    queue.remove(waiters[4]);
}

TEST_CASE("the continued ones go before the others of their priority, and are never too many")
{
    admission_limits limits;
    limits.length = 2;
    admission_queue queue(limits);
    std::deque<waiter> waiters;
    queue.push(waiters.emplace_back(0, batch).by(1));
    queue.push(waiters.emplace_back(1, batch, "", "", admission_kind::continued).by(9));
    CHECK_FALSE(queue.is_full());
    queue.push(waiters.emplace_back(2, interactive));
    CHECK(queue.is_full());
    queue.push(waiters.emplace_back(3, interactive, "", "", admission_kind::continued));
    queue.push(waiters.emplace_back(4, batch, "", "", admission_kind::continued).by(5));
    CHECK(queue.oldest() == &waiters[0]);
    CHECK(all_of(queue) == std::vector{3, 2, 4, 1, 0});
    CHECK_FALSE(queue.is_full());
}

TEST_CASE("one who need not wait takes a place at once, unless somebody waits")
{
    admission_limits limits;
    limits.in_flight = 3;
    limits.per_model = 2;
    admission_queue queue(limits);
    CHECK(queue.may_enter("a/b"));
    admission_place const first = queue.enter("a/b");
    queue.enter("a/b");
    CHECK_FALSE(queue.may_enter("a/b"));
    CHECK(queue.may_enter("c/d"));
    queue.leave(first);
    CHECK(queue.may_enter("a/b"));
    waiter one(1);
    queue.push(one);
    CHECK_FALSE(queue.may_enter("a/b"));
    CHECK(next(queue) == 1);
    CHECK(queue.may_enter("a/b"));
    queue.enter("c/d");
    CHECK_FALSE(queue.may_enter("e/f"));
}

TEST_CASE("every choice is the one that looking at everybody would make")
{
    for (unsigned seed = 0; seed < 200; ++seed) {
        std::mt19937 random(seed);
        auto const pick = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
        admission_limits limits;
        limits.in_flight = 1 + pick(12);
        limits.per_model = 1 + pick(4);
        if (pick(4) == 0)
            limits.per_model = admission_limits::none;
        if (pick(4) == 0)
            limits.in_flight = admission_limits::none;
        limits.weights = {{"a", 3.0}, {"b", 0.5}};
        admission_queue queue(limits);
        naive_queue naive(limits);
        std::vector<std::unique_ptr<waiter>> waiters;
        std::vector<std::pair<admission_place, std::string>> places;
        std::vector<std::string> const names{"", "a", "b", "c", "d"};
        unsigned const groups = 1 + pick(5);
        unsigned const models = 1 + pick(5);
        bool agreed = true;
        for (int step = 0; step < 600 && agreed; ++step) {
            unsigned const what = pick(10);
            if (what < 4) {
                auto one = std::make_unique<waiter>(step, pick(3) == 0 ? interactive : batch, names[pick(groups)],
                    names[pick(models)], pick(8) == 0 ? admission_kind::continued : admission_kind::creation);
                if (pick(2) == 0)
                    one->by(static_cast<int>(pick(20)));
                queue.push(*one);
                naive.push(*one);
                waiters.push_back(std::move(one));
            } else if (what < 8) {
                auto* const chosen = static_cast<waiter*>(queue.front());
                agreed = chosen == naive.front();
                if (!agreed || chosen == nullptr)
                    continue;
                naive.admit(*chosen);
                if (admission_place const place = queue.admit(*chosen))
                    places.emplace_back(place, chosen->model);
                std::erase_if(waiters, [&](auto const& each) { return each.get() == chosen; });
            } else if (what < 9 && !places.empty()) {
                auto const which = places.begin() + static_cast<std::ptrdiff_t>(pick(static_cast<unsigned>(places.size())));
                naive.leave(which->second);
                queue.leave(which->first);
                places.erase(which);
            } else if (what == 9 && !waiters.empty()) {
                auto const which = waiters.begin() + static_cast<std::ptrdiff_t>(pick(static_cast<unsigned>(waiters.size())));
                naive.remove(**which);
                queue.remove(**which);
                waiters.erase(which);
            }
            agreed = agreed && queue.in_flight() == places.size() && queue.size() == waiters.size();
        }
        CHECK_MESSAGE(agreed, "seed " << seed);
        // Nothing is remembered of those who have gone.
        for (auto const& each : waiters)
            queue.remove(*each);
        for (auto const& each : places)
            queue.leave(each.first);
        CHECK(queue.remembered() == 0);
        CHECK(queue.empty());
    }
}

TEST_CASE("many take little time each, whoever they are")
{
    constexpr int count = 20'000;
    bool by_group = false;
    bool by_model = false;
    bool beside = false;
    SUBCASE("all alike")
    {
    }
    SUBCASE("each a group of its own, for one model")
    {
        by_group = true;
    }
    SUBCASE("each a group of its own, for one model, beside a group that has no end of turns")
    {
        by_group = true;
        beside = true;
    }
    SUBCASE("one group, each a model of its own")
    {
        by_model = true;
    }
    admission_limits limits;
    limits.in_flight = beside ? admission_limits::none : 100;
    limits.per_model = 1;
    admission_queue queue(limits);
    std::deque<waiter> waiters;
    auto const began = std::chrono::steady_clock::now();
    for (int who = 0; who < count; ++who)
        queue.push(waiters.emplace_back(who, batch, by_group ? std::to_string(who) : "", by_model ? std::to_string(who) : "m"));
    if (beside)
        for (int who = 0; who < count; ++who)
            queue.push(waiters.emplace_back(count + who, batch, "other", ""));
    int had = 0;
    std::vector<admission_place> places;
    while (admission_entry* const first = queue.front()) {
        places.push_back(queue.admit(*first));
        ++had;
        // One of the others between two of the model.
        if (admission_entry* const second = beside ? queue.front() : nullptr) {
            queue.admit(*second);
            ++had;
        }
        queue.leave(places.back());
        places.pop_back();
    }
    CHECK(had == static_cast<int>(waiters.size()));
    double const each = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count() / had;
    MESSAGE(each << " microseconds each");
    // What would take time in proportion to those who wait takes thousands.
    CHECK(each < 200);
}
