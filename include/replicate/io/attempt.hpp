// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_ATTEMPT_HPP
#define REPLICATE_IO_ATTEMPT_HPP

#include <replicate/core/retry_policy.hpp>
#include <replicate/diagnostics.hpp>

#include <string>

namespace replicate::io {

/// One try of a request: how far it has come, kept up to date while it goes on, so that whoever gives up on it knows.
/// Lives in the frame of the one who waits for it.
class attempt {
public:
    attempt() = default;
    attempt(attempt const&) = delete;
    attempt& operator=(attempt const&) = delete;
    virtual ~attempt() = default;

    /// Enters a phase.
    virtual void enter(replicate::phase next) noexcept { phase_ = next; }

    /// Whether the request may still leave, asked when there is a connection for it; where not, nothing of it does.
    virtual bool may_leave() noexcept { return true; }

    /// From now on the request may be acted upon: its last byte has left, or all of it leaves at once.
    virtual void on_committed() noexcept {}

    /// The phase it is in.
    replicate::phase phase() const noexcept { return phase_; }

    /// How much of the request has left.
    core::sent sent = core::sent::nothing;
    /// A byte of the answer has come.
    bool answered = false;
    /// The connection had carried another request before.
    bool reused = false;
    /// More about a failure than its code tells: the address, the text of the TLS library.
    std::string detail;

private:
    replicate::phase phase_ = replicate::phase::queue;
};

} // namespace replicate::io

#endif
