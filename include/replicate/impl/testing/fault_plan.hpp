// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_FAULT_PLAN_HPP
#define REPLICATE_IMPL_TESTING_FAULT_PLAN_HPP

#include <replicate/impl/testing/wire.hpp>
#include <replicate/testing/fault.hpp>
#include <replicate/testing/recorded_request.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <vector>

namespace replicate::testing::detail {

/// A fault and the requests that it is for.
class fault_rule {
public:
    enum class scope { next, always, every, condition, random };

    scope when = scope::next;
    operation kind = operation::any;
    /// For `next`: how many are still to come.
    std::size_t remaining = 1;
    /// For `every`: the n, and how many of its kind have passed.
    std::size_t nth = 1;
    std::size_t passed = 0;
    /// For `condition`.
    std::function<bool(recorded_request const&)> condition;
    /// For `random`.
    std::mt19937_64 generator;
    double probability = 0;
    std::vector<fault> choices;

    fault_description described;
    /// False until a word was said: then it is not in the plan.
    bool planned = false;

    fault_rule(scope applies, operation of_kind)
        : when(applies)
        , kind(of_kind)
    {
    }
};

/// Which fault the next request has. Safe from any thread.
class fault_plan {
public:
    /// Lets `change` work on a rule, and takes it into the plan where it was not yet.
    template<class Change>
    void update(std::shared_ptr<fault_rule> const& rule, Change const& change)
    {
        std::lock_guard const lock(mutex_);
        change(*rule);
        if (rule->planned)
            return;
        rule->planned = true;
        (rule->when == fault_rule::scope::next ? queue_ : standing_).push_back(rule);
    }

    /// The fault for this request. The oldest waiting one of its kind comes before the standing ones.
    std::optional<fault_description> take(recorded_request const& request)
    {
        std::lock_guard const lock(mutex_);
        auto const waiting = std::find_if(
            queue_.begin(), queue_.end(), [&](auto const& rule) { return is_for(*rule, request.operation); });
        if (waiting != queue_.end()) {
            fault_description const found = (*waiting)->described;
            if (--(*waiting)->remaining == 0)
                queue_.erase(waiting);
            return found;
        }
        for (auto const& rule : standing_)
            if (is_for(*rule, request.operation))
                if (auto found = take_standing(*rule, request))
                    return found;
        return std::nullopt;
    }

    void clear()
    {
        std::lock_guard const lock(mutex_);
        queue_.clear();
        standing_.clear();
    }

private:
    static bool is_for(fault_rule const& rule, operation kind) noexcept
    {
        return rule.kind == kind || (rule.kind == operation::any && kind != operation::connection);
    }

    static std::optional<fault_description> take_standing(fault_rule& rule, recorded_request const& request)
    {
        using scope = fault_rule::scope;
        if (rule.when == scope::every && ++rule.passed % rule.nth != 0)
            return std::nullopt;
        if (rule.when == scope::condition && !rule.condition(request))
            return std::nullopt;
        if (rule.when != scope::random)
            return rule.described;
        if (rule.choices.empty() || !(std::uniform_real_distribution<double>()(rule.generator) < rule.probability))
            return std::nullopt;
        return rule.choices[rule.generator() % rule.choices.size()].description();
    }

    std::mutex mutex_;
    std::deque<std::shared_ptr<fault_rule>> queue_;
    std::deque<std::shared_ptr<fault_rule>> standing_;
};

/// The answer that a fault of kind `status` makes.
inline reply reply_of(fault_description const& fault)
{
    reply made = fault.bytes.empty() ? problem(fault.answer_status, "", reason_phrase(fault.answer_status))
                                     : reply(fault.answer_status, fault.bytes);
    for (auto const& [name, value] : fault.headers) {
        if (name == "content-type" || name == "Content-Type")
            made.content_type = value;
        else
            made.header(name, value);
    }
    return made;
}

} // namespace replicate::testing::detail

#endif
