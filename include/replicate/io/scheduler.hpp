// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_SCHEDULER_HPP
#define REPLICATE_IO_SCHEDULER_HPP

#include <replicate/io/wait_list.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace replicate::io {

class scheduler;

/// The right of one call to be at work. Going out of scope gives it back. Move-only.
class permit {
public:
    explicit permit(std::shared_ptr<scheduler> issuer)
        : issuer_(std::move(issuer))
    {
    }
    permit(permit&&) = default;
    permit& operator=(permit&&) = delete;
    ~permit();

private:
    std::shared_ptr<scheduler> issuer_;
};

/// Decides when a call may begin: so many at once, in the order of their coming. Used on the strand alone.
class scheduler : public std::enable_shared_from_this<scheduler> {
public:
    /// Precondition: at least one in flight.
    scheduler(strand executor, std::size_t in_flight)
        : executor_(std::move(executor))
        , free_(in_flight)
    {
    }

    /// Waits for its turn.
    asio::awaitable<permit> admit()
    {
        wait_ticket ticket(queue_, executor_);
        while (!ticket.may_go() || free_ == 0)
            co_await ticket.wait();
        --free_;
        co_return permit(shared_from_this());
    }

private:
    friend class permit;

    void give_back()
    {
        ++free_;
        queue_.wake_first();
    }

    strand executor_;
    std::size_t free_;
    wait_list queue_;
};

inline permit::~permit()
{
    if (issuer_)
        issuer_->give_back();
}

} // namespace replicate::io

#endif
