// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_RUNNER_HPP
#define REPLICATE_IMPL_TESTING_RUNNER_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <optional>
#include <thread>
#include <utility>

namespace replicate::testing::detail {

/// Where a test server runs: on a thread of its own, or as a guest on somebody's executor. Whoever holds one destroys
/// everything that lives on its executor before it.
class runner {
public:
    /// A thread of its own where there is no executor.
    explicit runner(std::optional<boost::asio::any_io_executor> executor)
    {
        if (executor) {
            executor_ = boost::asio::make_strand(std::move(*executor));
            return;
        }
        context_.emplace(1);
        executor_ = context_->get_executor();
    }

    ~runner() { stop_thread(); }

    runner(runner const&) = delete;
    runner& operator=(runner const&) = delete;

    /// A strand.
    boost::asio::any_io_executor executor() const { return executor_; }

    /// The thread, where it is ours, begins.
    void start()
    {
        if (context_)
            thread_ = std::thread([this] { context_->run(); });
    }

    /// Nothing runs on our thread any more on return; on a guest's executor `close` runs as soon as it can.
    template<class Close>
    void stop(Close close)
    {
        if (context_)
            stop_thread();
        else
            boost::asio::post(executor_, std::move(close));
    }

private:
    void stop_thread()
    {
        if (!thread_.joinable())
            return;
        context_->stop();
        thread_.join();
    }

    std::optional<boost::asio::io_context> context_;
    boost::asio::any_io_executor executor_;
    std::thread thread_;
};

} // namespace replicate::testing::detail

#endif
