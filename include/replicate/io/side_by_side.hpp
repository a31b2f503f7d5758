// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_SIDE_BY_SIDE_HPP
#define REPLICATE_IO_SIDE_BY_SIDE_HPP

#include <replicate/io/deadline_list.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <exception>
#include <tuple>
#include <utility>
#include <vector>

namespace replicate::io {

/// Runs coroutines side by side on the strand and waits for the end of all of them. The first failure cancels the others, and is
/// thrown; so does a cancellation.
inline asio::awaitable<void> side_by_side(strand executor, std::vector<asio::awaitable<void>> works)
{
    using operation = decltype(asio::co_spawn(executor, std::declval<asio::awaitable<void>>(), asio::deferred));
    std::vector<operation> operations;
    operations.reserve(works.size());
    for (auto& work : works)
        operations.push_back(asio::co_spawn(executor, std::move(work), asio::deferred));
    if (operations.empty())
        co_return;
    auto group = asio::experimental::make_parallel_group(std::move(operations));
    auto result = co_await group.async_wait(asio::experimental::wait_for_one_error(), asio::use_awaitable);
    for (std::size_t which : std::get<0>(result))
        if (std::get<1>(result)[which])
            std::rethrow_exception(std::get<1>(result)[which]);
}

/// Coroutines that wait for a change. Used on the strand alone.
class notice_board {
public:
    explicit notice_board(strand executor)
        : timer_(std::move(executor), asio::steady_timer::time_point::max())
    {
    }

    /// Waits for the next change. A wake-up promises nothing: look again.
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

} // namespace replicate::io

#endif
