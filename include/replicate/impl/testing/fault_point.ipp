// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_FAULT_POINT_IPP
#define REPLICATE_IMPL_TESTING_FAULT_POINT_IPP

#include <replicate/detail/config.hpp>
#include <replicate/impl/testing/fault_plan.hpp>
#include <replicate/testing/fault_point.hpp>

namespace replicate::testing {

REPLICATE_DECL fault_point::fault_point(
    std::shared_ptr<detail::fault_plan> plan, std::shared_ptr<detail::fault_rule> rule)
    : plan_(std::move(plan))
    , rule_(std::move(rule))
{
}

REPLICATE_DECL fault_point& fault_point::times(std::size_t count)
{
    plan_->update(rule_, [&](detail::fault_rule& rule) { rule.remaining = std::max<std::size_t>(count, 1); });
    return *this;
}

REPLICATE_DECL void fault_point::apply(std::function<void(fault_description&)> const& change_fault)
{
    plan_->update(rule_, [&](detail::fault_rule& rule) { change_fault(rule.described); });
}

} // namespace replicate::testing

#endif
