// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_ADMISSION_QUEUE_HPP
#define REPLICATE_CORE_ADMISSION_QUEUE_HPP

#include <replicate/core/admission_level.hpp>

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace replicate::core {

/// The bounds of an `admission_queue`.
class admission_limits {
public:
    /// No bound.
    static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

    /// The most places that are taken at once.
    std::size_t in_flight = none;
    /// The most of them for one model.
    std::size_t per_model = none;
    /// The most that wait, but for the continued ones.
    std::size_t length = none;
    /// The weights of groups; 1 for those that are not named. All are finite and above zero.
    admission_level::weight_table weights;

    /// No bounds.
    admission_limits() = default;
};

/// A place of a prediction in flight, as `admission_queue` counts it.
using admission_place = admission_model*;

/// Decides who of those that wait goes next. Interactive ones go before the others; of one priority those that are continued, then
/// the groups by turns as their weights say, and within one group the earliest deadline, then the first to come. Those whose model
/// has no place are passed over until it has. Everything takes O(log n), amortised.
class admission_queue {
public:
    explicit admission_queue(admission_limits limits)
        : limits_(std::move(limits))
    {
    }
    admission_queue(admission_queue const&) = delete;
    admission_queue& operator=(admission_queue const&) = delete;

    /// True when one more is to be turned away.
    bool is_full() const noexcept { return waiting_.size() - continued_ >= limits_.length; }

    /// True when nobody waits.
    bool empty() const noexcept { return waiting_.empty(); }

    /// How many wait.
    std::size_t size() const noexcept { return waiting_.size(); }

    /// How many places are taken.
    std::size_t in_flight() const noexcept { return in_flight_; }

    /// How many models and groups are remembered.
    std::size_t remembered() const noexcept { return models_.size() + levels_[0].groups() + levels_[1].groups(); }

    /// Joins. Precondition: it does not wait yet, and the queue is not full, or it is a continued one.
    void push(admission_entry& entry)
    {
        entry.arrival_ = ++last_arrival_;
        if (entry.kind == admission_kind::continued) {
            continued_of(entry).insert(entry);
            ++continued_;
        } else {
            level_of(entry).push(entry, model_of(entry));
        }
        waiting_.push_back(entry);
    }

    /// Leaves without its turn. Precondition: it waits.
    void remove(admission_entry& entry) noexcept
    {
        waiting_.erase(waiting_.iterator_to(entry));
        if (entry.kind == admission_kind::continued) {
            continued_of(entry).erase(continued_of(entry).iterator_to(entry));
            --continued_;
            return;
        }
        admission_model& model = entry.lane_->model;
        level_of(entry).remove(entry);
        forget_unused(model);
        if (waiting_.size() == continued_)
            for (admission_level& level : levels_)
                level.begin_anew();
    }

    /// Whose turn it is; null where nobody may go for want of a place.
    admission_entry* front() noexcept
    {
        for (std::size_t index = 0; index < levels_.size(); ++index) {
            if (!continued_entries_[index].empty())
                return &*continued_entries_[index].begin();
            if (in_flight_ < limits_.in_flight)
                if (admission_entry* const found = levels_[index].front())
                    return found;
        }
        return nullptr;
    }

    /// Has its turn, and leaves. Gives the place that it has now; null where it needs none. Precondition: it is the front.
    admission_place admit(admission_entry& entry)
    {
        admission_place place = nullptr;
        if (entry.kind != admission_kind::continued)
            level_of(entry).charge(entry);
        if (entry.kind == admission_kind::creation) {
            place = &entry.lane_->model;
            take(*place);
        }
        remove(entry);
        return place;
    }

    /// The one that has waited longest; null where nobody waits.
    admission_entry* oldest() noexcept { return waiting_.empty() ? nullptr : &waiting_.front(); }

    /// Whether somebody who would take a place could go without waiting: there is one, and nobody waits.
    bool may_enter(std::string const& model) const noexcept
    {
        if (!waiting_.empty() || in_flight_ >= limits_.in_flight)
            return false;
        auto const known = models_.find(counted_name(model));
        return known == models_.end() || known->second.has_place();
    }

    /// Takes a place without waiting. Precondition: `may_enter(model)`.
    admission_place enter(std::string const& model)
    {
        admission_place const place = &model_named(counted_name(model));
        take(*place);
        return place;
    }

    /// Gives a place back.
    void leave(admission_place place) noexcept
    {
        --in_flight_;
        bool const had_none = !place->has_place();
        --place->in_flight;
        if (had_none && place->has_place())
            for (admission_level& level : levels_)
                level.offer(*place);
        forget_unused(*place);
    }

private:
    static std::size_t index_of(admission_entry const& entry) noexcept
    {
        return entry.priority == priority::interactive ? 0 : 1;
    }

    admission_level& level_of(admission_entry const& entry) noexcept { return levels_[index_of(entry)]; }

    boost::intrusive::set<admission_entry>& continued_of(admission_entry const& entry) noexcept
    {
        return continued_entries_[index_of(entry)];
    }

    /// Without a bound for each model, all are one.
    std::string const& counted_name(std::string const& model) const noexcept
    {
        return limits_.per_model == admission_limits::none ? nameless_ : model;
    }

    admission_model& model_named(std::string const& name)
    {
        return models_.try_emplace(name, name, name.empty() ? admission_limits::none : limits_.per_model).first->second;
    }

    admission_model& model_of(admission_entry const& entry)
    {
        return model_named(entry.kind == admission_kind::creation ? counted_name(entry.model) : nameless_);
    }

    void take(admission_model& model) noexcept
    {
        ++in_flight_;
        ++model.in_flight;
        if (!model.has_place())
            for (admission_level& level : levels_)
                level.withdraw(model);
    }

    void forget_unused(admission_model& model) noexcept
    {
        if (model.in_flight == 0 && model.lanes == 0)
            models_.erase(models_.find(model.name));
    }

    admission_limits limits_;
    std::string const nameless_;
    std::unordered_map<std::string, admission_model> models_;
    std::array<admission_level, 2> levels_{admission_level(0, limits_.weights), admission_level(1, limits_.weights)};
    std::array<boost::intrusive::set<admission_entry>, 2> continued_entries_;
    boost::intrusive::list<admission_entry> waiting_;
    std::size_t continued_ = 0;
    std::size_t in_flight_ = 0;
    std::uint64_t last_arrival_ = 0;
};

} // namespace replicate::core

#endif
