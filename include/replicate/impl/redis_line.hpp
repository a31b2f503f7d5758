// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_REDIS_LINE_HPP
#define REPLICATE_IMPL_REDIS_LINE_HPP

#include <replicate/impl/redis_link.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace replicate::detail {

/// A connection to Redis on a thread of its own, because the calls of hiredis block: so they hold up nobody's strand. What is asked
/// while one answer is waited for is asked together next. Where Redis is away all that is asked fails at once, and it is tried again
/// with growing pauses. Thread-safe.
class redis_line {
public:
    using clock = std::chrono::steady_clock;
    /// What is called with an answer, on the thread of the line.
    using done = std::function<void(std::exception_ptr, redis_value)>;
    /// What is done with the connection each time it is opened, and every so often. May throw as the connection does.
    using duty = std::function<void(redis_link&)>;

    /// Opens the connection for the first time; throws where that fails.
    redis_line(redis_address where, clock::duration timeout, clock::duration longest_pause)
        : link_(std::move(where), timeout)
        , longest_pause_(longest_pause)
    {
        link_.open();
    }
    redis_line(redis_line const&) = delete;
    redis_line& operator=(redis_line const&) = delete;
    ~redis_line() { end(); }

    /// The connection, before `start`.
    redis_link& link() noexcept { return link_; }

    /// Starts the thread.
    void start(duty on_open, clock::duration every, duty on_time)
    {
        on_open_ = std::move(on_open);
        on_time_ = std::move(on_time);
        every_ = every;
        thread_ = std::thread([this] { run(); });
    }

    /// Ends the thread, once all that was asked has been answered.
    void end()
    {
        {
            std::lock_guard const lock(mutex_);
            is_ending_ = true;
        }
        wake_.notify_one();
        if (thread_.joinable())
            thread_.join();
    }

    void send(redis_command command, done answer)
    {
        {
            std::lock_guard const lock(mutex_);
            waiting_.emplace_back(std::move(command), std::move(answer));
        }
        wake_.notify_one();
    }

    /// Asks, and blocks until there is an answer. Not on the thread of the line.
    redis_value call(redis_command command)
    {
        auto const promise = std::make_shared<std::promise<redis_value>>();
        auto future = promise->get_future();
        send(std::move(command), [promise](std::exception_ptr failure, redis_value value) {
            if (failure)
                promise->set_exception(failure);
            else
                promise->set_value(std::move(value));
        });
        return future.get();
    }

private:
    using waiting = std::pair<redis_command, done>;

    void run()
    {
        clock::time_point due = clock::now() + every_;
        std::unique_lock lock(mutex_);
        for (;;) {
            wake_.wait_until(lock, due, [this] { return is_ending_ || !waiting_.empty(); });
            if (is_ending_ && waiting_.empty())
                return;
            std::vector<waiting> group;
            group.swap(waiting_);
            lock.unlock();
            reopen();
            if (clock::now() >= due && link_.is_open())
                attempt([this] { on_time_(link_); });
            answer(group);
            // While it is away, it is tried as often as that is sensible, also where nobody asks.
            due = std::max(clock::now(), link_.is_open() ? due : retry_at_);
            if (link_.is_open() && due <= clock::now())
                due = clock::now() + every_;
            lock.lock();
        }
    }

    void reopen()
    {
        if (link_.is_open() || clock::now() < retry_at_)
            return;
        attempt([this] {
            link_.open();
            on_open_(link_);
            pause_ = first_pause;
        });
    }

    template<class Action>
    void attempt(Action const& action)
    {
        try {
            action();
        } catch (...) {
            lose(std::current_exception());
        }
    }

    void lose(std::exception_ptr why)
    {
        link_.close();
        failure_ = std::move(why);
        retry_at_ = clock::now() + pause_;
        pause_ = std::min(2 * pause_, longest_pause_);
    }

    void answer(std::vector<waiting>& group)
    {
        std::vector<redis_command> commands;
        for (waiting& each : group)
            commands.push_back(std::move(each.first));
        std::vector<redis_value> answers;
        if (link_.is_open() && !commands.empty())
            attempt([&] { answers = link_.call_all(commands); });
        for (std::size_t i = 0; i < group.size(); ++i) {
            if (i < answers.size())
                group[i].second(nullptr, std::move(answers[i]));
            else
                group[i].second(failure_, redis_value());
        }
    }

    static constexpr clock::duration first_pause = std::chrono::milliseconds(50);

    redis_link link_;
    clock::duration longest_pause_;
    clock::duration every_{};
    duty on_open_, on_time_;
    clock::duration pause_ = first_pause;
    clock::time_point retry_at_{};
    std::exception_ptr failure_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<waiting> waiting_;
    bool is_ending_ = false;
    std::thread thread_;
};

} // namespace replicate::detail

#endif
