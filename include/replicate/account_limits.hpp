// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_ACCOUNT_LIMITS_HPP
#define REPLICATE_ACCOUNT_LIMITS_HPP

#include <replicate/detail/config.hpp>
#include <replicate/rate_options.hpp>

#include <memory>

namespace replicate {

namespace io {
class shared_limits;
} // namespace io

/// What several clients of one token know together of its rate limits, so that they do not exceed these together: give each
/// the same in `config::account`. They may have different execution contexts and threads. Where several wait, the turn goes to one
/// that has something interactive to send, then to the one that has had the fewest.
///
/// A handle: cheap to copy, copies are the same limits. Thread-safe; it locks a mutex for moments, which a client without it
/// does not.
class account_limits {
public:
    /// New limits. Throws `error` of `errc::invalid_configuration` where an option cannot be.
    explicit account_limits(rate_options options = rate_options());

    /// The state, for clients.
    std::shared_ptr<io::shared_limits> const& state() const noexcept { return state_; }

private:
    std::shared_ptr<io::shared_limits> state_;
};

} // namespace replicate

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/account_limits.ipp>
#endif

#endif
