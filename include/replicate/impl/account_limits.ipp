// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_ACCOUNT_LIMITS_IPP
#define REPLICATE_IMPL_ACCOUNT_LIMITS_IPP

#include <replicate/account_limits.hpp>
#include <replicate/core/rate_options_check.hpp>
#include <replicate/io/shared_limits.hpp>

#include <memory>

namespace replicate {

REPLICATE_DECL account_limits::account_limits(rate_options options)
{
    core::check_rate_options("account_limits: ", options);
    state_ = std::make_shared<io::shared_limits>(options);
}

} // namespace replicate

#endif
