// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_WAKE_UP_HPP
#define REPLICATE_DETAIL_WAKE_UP_HPP

#include <replicate/io/deadline_list.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace replicate::detail {

namespace asio = boost::asio;

/// Somebody who waits until something has changed, together with others. Used on the strand alone.
class wake_up {
public:
    explicit wake_up(io::strand executor)
        : timer_(std::move(executor), asio::steady_timer::time_point::max())
    {
    }

    /// Waits for the next `notify`, or a cancellation. What was waited for has to be looked at again.
    asio::awaitable<void> wait()
    {
        boost::system::error_code ignored;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    /// Wakes all who wait.
    void notify() { timer_.cancel(); }

private:
    asio::steady_timer timer_;
};

} // namespace replicate::detail

#endif
