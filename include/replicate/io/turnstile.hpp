// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_TURNSTILE_HPP
#define REPLICATE_IO_TURNSTILE_HPP

#include <replicate/io/wait_list.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace replicate::io {

class turnstile;

/// The right of one to be at something. Going out of scope gives it back. Move-only.
class pass {
public:
    explicit pass(std::shared_ptr<turnstile> issuer)
        : issuer_(std::move(issuer))
    {
    }
    pass(pass&&) = default;
    pass& operator=(pass&&) = delete;
    ~pass();

private:
    std::shared_ptr<turnstile> issuer_;
};

/// Lets so many at once be at something, in the order of their coming. Used on the strand alone.
class turnstile : public std::enable_shared_from_this<turnstile> {
public:
    /// Precondition: at least one in flight.
    turnstile(strand executor, std::size_t in_flight)
        : executor_(std::move(executor))
        , free_(in_flight)
    {
    }

    /// Waits for its turn.
    asio::awaitable<pass> admit()
    {
        wait_ticket ticket(queue_, executor_);
        while (!ticket.may_go() || free_ == 0)
            co_await ticket.wait();
        --free_;
        co_return pass(shared_from_this());
    }

private:
    friend class pass;

    void give_back()
    {
        ++free_;
        queue_.wake_first();
    }

    strand executor_;
    std::size_t free_;
    wait_list queue_;
};

inline pass::~pass()
{
    if (issuer_)
        issuer_->give_back();
}

} // namespace replicate::io

#endif
