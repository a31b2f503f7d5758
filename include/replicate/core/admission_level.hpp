// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_ADMISSION_LEVEL_HPP
#define REPLICATE_CORE_ADMISSION_LEVEL_HPP

#include <replicate/core/admission_entry.hpp>

#include <boost/intrusive/set.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace replicate::core {

class admission_group;
class admission_model;

/// Where a group stands in the order of turns: the virtual time of its next turn, then its number.
using admission_rank = std::pair<double, std::uint64_t>;

/// Those of one group that want one model, by deadline.
class admission_lane : public boost::intrusive::set_base_hook<> {
public:
    admission_lane(admission_group& group_of_it, admission_model& model_of_it)
        : group(group_of_it)
        , model(model_of_it)
    {
    }

    admission_group& group;
    admission_model& model;
    boost::intrusive::set<admission_entry> waiting;
    /// True while it stands with its model, which has no place, instead of with its group.
    bool parked = false;
    /// The rank of its group when it was parked. The group's rank only grows, so it is no less now.
    admission_rank parked_at;
};

/// The lane whose first entry is the earlier one goes first.
struct admission_lane_by_entry {
    bool operator()(admission_lane const& left, admission_lane const& right) const noexcept
    {
        return *left.waiting.begin() < *right.waiting.begin();
    }
};

/// The lane whose group goes first.
struct admission_lane_by_rank {
    bool operator()(admission_lane const& left, admission_lane const& right) const noexcept
    {
        return left.parked_at < right.parked_at;
    }
};

/// Those of one name, who share a part of the turns of their priority.
class admission_group : public boost::intrusive::set_base_hook<> {
public:
    admission_group(std::string name_of_it, double step_of_it, admission_rank first_rank)
        : name(std::move(name_of_it))
        , step(step_of_it)
        , rank(first_rank)
    {
    }

    friend bool operator<(admission_group const& left, admission_group const& right) noexcept
    {
        return left.rank < right.rank;
    }

    std::string name;
    /// How much virtual time one turn costs: the inverse of its weight.
    double step;
    admission_rank rank;
    /// Its lanes whose models may have a place.
    boost::intrusive::set<admission_lane, boost::intrusive::compare<admission_lane_by_entry>> ready;
    std::unordered_map<admission_model*, std::unique_ptr<admission_lane>> lanes;
};

/// The lanes that wait for a place of one model, at one priority.
class admission_parking : public boost::intrusive::set_base_hook<> {
public:
    friend bool operator<(admission_parking const& left, admission_parking const& right) noexcept
    {
        return left.lanes.begin()->parked_at < right.lanes.begin()->parked_at;
    }

    boost::intrusive::set<admission_lane, boost::intrusive::compare<admission_lane_by_rank>> lanes;
};

/// What is counted of a model.
class admission_model {
public:
    admission_model(std::string name_of_it, std::size_t most_of_it)
        : name(std::move(name_of_it))
        , most(most_of_it)
    {
    }

    bool has_place() const noexcept { return in_flight < most; }

    std::string name;
    std::size_t most;
    std::size_t in_flight = 0;
    std::size_t lanes = 0;
    std::array<admission_parking, 2> parking;
};

/// Those who wait at one priority, but for the continued ones. Groups take turns by start-time fair queueing: a turn moves its group
/// ahead by the inverse of its weight in virtual time, and the group that is furthest behind goes first. Who has not been waiting
/// is not behind: it begins at the present of virtual time.
///
/// A lane whose model has no place is put aside when its turn comes (so that nobody pays for lanes that nobody looks at), and
/// comes back, the one of the first group first, when its model has a place.
class admission_level {
public:
    using weight_table = std::map<std::string, double, std::less<>>;

    admission_level(std::size_t index, weight_table const& weights)
        : index_(index)
        , weights_(weights)
    {
    }

    void push(admission_entry& entry, admission_model& model)
    {
        admission_group& group = group_of(entry.group);
        admission_lane& lane = lane_of(group, model);
        unready(lane);
        lane.waiting.insert(entry);
        entry.lane_ = &lane;
        ready(lane);
    }

    void remove(admission_entry& entry) noexcept
    {
        admission_lane& lane = *entry.lane_;
        unready(lane);
        lane.waiting.erase(lane.waiting.iterator_to(entry));
        entry.lane_ = nullptr;
        if (lane.waiting.empty())
            drop(lane);
        else
            ready(lane);
    }

    /// Whose turn it is; null where nobody's model has a place.
    admission_entry* front() noexcept
    {
        for (;;) {
            recall();
            if (active_.empty())
                return nullptr;
            admission_lane& lane = *active_.begin()->ready.begin();
            if (lane.model.has_place())
                return &*lane.waiting.begin();
            park(lane);
        }
    }

    /// The group of this entry has its turn. Precondition: the entry is the front.
    void charge(admission_entry const& entry) noexcept
    {
        admission_group& group = entry.lane_->group;
        active_.erase(active_.iterator_to(group));
        now_ = std::max(now_, group.rank.first);
        group.rank.first = now_ + group.step;
        active_.insert(group);
        while (!idle_.empty() && idle_.begin()->rank.first <= now_)
            forget(*idle_.begin());
    }

    /// The model has a place again.
    void offer(admission_model& model) noexcept
    {
        admission_parking& parking = model.parking[index_];
        if (!parking.lanes.empty() && !parking.is_linked())
            offers_.insert(parking);
    }

    /// The model's last place is taken.
    void withdraw(admission_model& model) noexcept
    {
        admission_parking& parking = model.parking[index_];
        if (parking.is_linked())
            offers_.erase(offers_.iterator_to(parking));
    }

    /// Nobody waits any more: a new beginning for all.
    void begin_anew() noexcept
    {
        idle_.clear();
        groups_.clear();
        now_ = 0;
    }

    /// The number of groups that are remembered.
    std::size_t groups() const noexcept { return groups_.size(); }

private:
    admission_group& group_of(std::string const& name)
    {
        if (auto const known = groups_.find(name); known != groups_.end())
            return known->second;
        auto const weight = weights_.find(name);
        double const step = weight == weights_.end() ? 1.0 : 1.0 / weight->second;
        return groups_.try_emplace(name, name, step, admission_rank(now_, ++last_group_)).first->second;
    }

    admission_lane& lane_of(admission_group& group, admission_model& model)
    {
        if (auto const known = group.lanes.find(&model); known != group.lanes.end())
            return *known->second;
        bool const was_idle = group.lanes.empty() && group.is_linked();
        auto& lane = *group.lanes.emplace(&model, std::make_unique<admission_lane>(group, model)).first->second;
        if (was_idle)
            idle_.erase(idle_.iterator_to(group));
        ++model.lanes;
        return lane;
    }

    /// Takes a lane out of its group's order while its first entry may change. A parked one has another order.
    void unready(admission_lane& lane) noexcept
    {
        if (lane.parked || !lane.is_linked())
            return;
        admission_group& group = lane.group;
        group.ready.erase(group.ready.iterator_to(lane));
        if (group.ready.empty())
            active_.erase(active_.iterator_to(group));
    }

    void ready(admission_lane& lane) noexcept
    {
        if (lane.parked)
            return;
        if (lane.group.ready.empty())
            active_.insert(lane.group);
        lane.group.ready.insert(lane);
    }

    void park(admission_lane& lane) noexcept
    {
        unready(lane);
        lane.parked = true;
        lane.parked_at = lane.group.rank;
        lane.model.parking[index_].lanes.insert(lane);
    }

    void unpark(admission_lane& lane) noexcept
    {
        admission_parking& parking = lane.model.parking[index_];
        bool const is_offered = parking.is_linked();
        if (is_offered)
            offers_.erase(offers_.iterator_to(parking));
        parking.lanes.erase(parking.lanes.iterator_to(lane));
        if (is_offered && !parking.lanes.empty())
            offers_.insert(parking);
        lane.parked = false;
    }

    /// Takes lanes back that may be due before those of the groups that are active.
    void recall() noexcept
    {
        while (!offers_.empty()) {
            admission_lane& first = *offers_.begin()->lanes.begin();
            if (!active_.empty() && active_.begin()->rank < first.parked_at)
                return;
            unpark(first);
            ready(first);
        }
    }

    /// Precondition: nobody is in the lane, and it is not in its group's order.
    void drop(admission_lane& lane) noexcept
    {
        if (lane.parked)
            unpark(lane);
        admission_group& group = lane.group;
        --lane.model.lanes;
        group.lanes.erase(&lane.model);
        if (!group.lanes.empty())
            return;
        idle_.insert(group);
        if (group.rank.first <= now_)
            forget(group);
    }

    void forget(admission_group& group) noexcept
    {
        idle_.erase(idle_.iterator_to(group));
        groups_.erase(groups_.find(group.name));
    }

    std::size_t index_;
    weight_table const& weights_;
    double now_ = 0;
    std::uint64_t last_group_ = 0;
    std::unordered_map<std::string, admission_group> groups_;
    /// Groups that have a lane that is not parked.
    boost::intrusive::set<admission_group> active_;
    /// Groups of which nobody waits, and that have had more than their part.
    boost::intrusive::set<admission_group> idle_;
    /// Models that have a place and parked lanes.
    boost::intrusive::multiset<admission_parking> offers_;
};

} // namespace replicate::core

#endif
