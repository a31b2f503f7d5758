// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_RUN_TIMES_HPP
#define REPLICATE_CORE_RUN_TIMES_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

namespace replicate::core {

/// What is known of a prediction that has not ended: its machine works on it, or not yet.
enum class run_phase {
    /// Queued, or its machine is booting.
    starting,
    /// The model is running.
    processing
};

/// How long the predictions of one model take, as it was seen: at each age, how many ended, and how long it was looked at them
/// while they had not. Older observations count less than newer ones. All ages are in seconds.
class run_times {
public:
    /// A prediction was in this phase from one age to another, and has not ended.
    void ran(run_phase phase, double from, double to)
    {
        std::size_t const last = index_of(to);
        for (std::size_t i = index_of(from); i < last && from < to; ++i) {
            double const border = end_of(i);
            at(phase, i).seconds += std::max(border - from, 0.0);
            from = std::max(from, border);
        }
        if (to > from)
            at(phase, last).seconds += to - from;
    }

    /// A prediction ended at this age; the phase is the last that was seen.
    void ended(run_phase phase, double age)
    {
        at(phase, index_of(age)).ends += 1;
        longest_ = std::max(longest_ * 0.999, age);
        if (++ends_ >= most_ends)
            forget_half();
    }

    /// How likely a prediction that was seen last in this phase, and is of this age, is to end within a second. Where little is
    /// known, that it takes about as long again as it took already.
    double rate(run_phase phase, double age) const
    {
        slot const known = around(slots_[static_cast<std::size_t>(phase)], index_of(age));
        return (known.ends + doubt) / (known.seconds + doubt * (std::max(age, 0.0) + 1));
    }

    /// True when the end of one was seen.
    bool is_known() const noexcept { return ends_ > 0; }

    /// About the longest that one took.
    double longest() const noexcept { return longest_; }

private:
    struct slot {
        double ends = 0;
        double seconds = 0;
    };

    static constexpr double shortest = 0.05;
    static constexpr double slots_per_doubling = 6;
    static constexpr std::size_t most_slots = 128;
    // How many observations the assumption weighs as much as.
    static constexpr double doubt = 0.15;
    static constexpr double most_ends = 1024;

    static std::size_t index_of(double age)
    {
        if (!(age > shortest))
            return 0;
        return std::min(static_cast<std::size_t>(std::log2(age / shortest) * slots_per_doubling), most_slots - 1);
    }

    /// A slot and its neighbours, which say something of it too.
    static slot around(std::vector<slot> const& slots, std::size_t index)
    {
        slot sum;
        for (std::size_t i = index == 0 ? 0 : index - 1; i <= index + 1 && i < slots.size(); ++i) {
            double const weight = i == index ? 0.5 : 0.25;
            sum.ends += weight * slots[i].ends;
            sum.seconds += weight * slots[i].seconds;
        }
        return sum;
    }

    static double end_of(std::size_t index)
    {
        return shortest * std::exp2(static_cast<double>(index + 1) / slots_per_doubling);
    }

    slot& at(run_phase phase, std::size_t index)
    {
        auto& of_phase = slots_[static_cast<std::size_t>(phase)];
        if (index >= of_phase.size())
            of_phase.resize(index + 1);
        return of_phase[index];
    }

    void forget_half()
    {
        ends_ /= 2;
        for (auto& of_phase : slots_)
            for (slot& one : of_phase)
                one = {one.ends / 2, one.seconds / 2};
    }

    std::array<std::vector<slot>, 2> slots_;
    double ends_ = 0;
    double longest_ = 0;
};

/// The run times of the models of a client, of those that it has run last. A reference stays good until `forget_unused`.
class run_time_memory {
public:
    /// What is known of a model, by any name for it; nothing at first.
    run_times& of(std::string const& model) { return models_[model]; }

    /// How many models are remembered.
    std::size_t size() const noexcept { return models_.size(); }

    /// Forgets them all where there are too many. Precondition: no reference is in use.
    void forget_unused()
    {
        if (models_.size() > most_models)
            models_.clear();
    }

private:
    static constexpr std::size_t most_models = 256;

    std::unordered_map<std::string, run_times> models_;
};

} // namespace replicate::core

#endif
