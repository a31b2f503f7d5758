// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_WAIT_LIST_HPP
#define REPLICATE_IO_WAIT_LIST_HPP

#include <replicate/io/deadline_list.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/intrusive/list.hpp>

#include <optional>
#include <utility>

namespace replicate::io {

class wait_list;

/// A place in a queue, held by a coroutine from the moment it asks until it gets what it asked for, or goes away.
class wait_ticket : public boost::intrusive::list_base_hook<> {
public:
    /// Joins the end of the queue. The list must outlive the ticket.
    wait_ticket(wait_list& queue, strand executor);
    wait_ticket(wait_ticket const&) = delete;
    wait_ticket& operator=(wait_ticket const&) = delete;
    /// Leaves, and lets the next one look whether there is something for it too.
    ~wait_ticket();

    /// True for the first of the queue.
    bool may_go() const noexcept;

    /// Waits to be woken. A wake-up promises nothing: look again.
    asio::awaitable<void> wait()
    {
        boost::system::error_code ignored;
        // Made only here, because most tickets never wait. A timer belongs to the context, so that a context that is destroyed
        // takes the waiting coroutine with it; a handler kept in the queue would keep both alive for ever.
        if (!timer_)
            timer_.emplace(executor_);
        timer_->expires_at(asio::steady_timer::time_point::max());
        co_await timer_->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    /// Wakes it, if it waits.
    void wake()
    {
        if (timer_)
            timer_->cancel();
    }

private:
    wait_list& queue_;
    strand executor_;
    std::optional<asio::steady_timer> timer_;
};

/// A queue of coroutines: first come, first served. Used on the strand alone.
class wait_list {
public:
    /// Wakes the first.
    void wake_first()
    {
        if (!tickets_.empty())
            tickets_.front().wake();
    }

private:
    friend class wait_ticket;

    boost::intrusive::list<wait_ticket> tickets_;
};

inline wait_ticket::wait_ticket(wait_list& queue, strand executor)
    : queue_(queue)
    , executor_(std::move(executor))
{
    queue_.tickets_.push_back(*this);
}

inline wait_ticket::~wait_ticket()
{
    bool const was_first = may_go();
    queue_.tickets_.erase(queue_.tickets_.iterator_to(*this));
    if (was_first)
        queue_.wake_first();
}

inline bool wait_ticket::may_go() const noexcept
{
    return &queue_.tickets_.front() == this;
}

} // namespace replicate::io

#endif
