// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_RESOLVER_HPP
#define REPLICATE_IO_RESOLVER_HPP

#include <replicate/error_code.hpp>
#include <replicate/io/deadline_list.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace replicate::io {

/// The addresses of a host, or why there are none.
class resolve_result {
public:
    boost::system::error_code code;
    std::vector<asio::ip::address> addresses;

    resolve_result() = default;
};

/// Blocks in the system's resolver, for as long as that likes.
inline resolve_result look_up(std::string const& host)
{
    resolve_result result;
    asio::io_context not_run;
    auto const entries = asio::ip::tcp::resolver(not_run).resolve(host, "", result.code);
    if (!result.code)
        for (auto const& entry : entries)
            result.addresses.push_back(entry.endpoint().address());
    return result;
}

/// What looks up a host; called on a thread of its own.
using look_up_function = std::function<resolve_result(std::string const&)>;

/// One look-up under way, for all who wait for it. The system's resolver can neither be cancelled nor bounded, so it runs
/// on a thread of its own that is left behind when the waiting is over; Asio's own resolver would hold up every later
/// look-up, and the destruction of its context, until it returns.
class lookup : public std::enable_shared_from_this<lookup> {
public:
    explicit lookup(strand executor)
        : executor_(std::move(executor))
    {
    }

    /// Starts the thread. A system that has none to give is a failed look-up.
    void start(look_up_function function, std::string host)
    {
        try {
            std::thread([self = shared_from_this(), function = std::move(function), host = std::move(host)] {
                self->deliver(without_exceptions(function, host));
            }).detach();
        } catch (std::system_error const& failure) {
            result_.code = failure.code();
            done_ = true;
        }
    }

    /// Joins those who wait; called on the strand. The timer is cancelled when the look-up is done.
    void add(asio::steady_timer& waiter)
    {
        std::lock_guard const lock(mutex_);
        waiters_.push_back(&waiter);
    }

    /// Leaves. When nobody waits any more, the executor may be about to end: it is let go.
    void remove(asio::steady_timer& waiter)
    {
        std::lock_guard const lock(mutex_);
        std::erase(waiters_, &waiter);
        if (waiters_.empty())
            executor_.reset();
    }

    /// The context ends: nothing more is delivered to it.
    void abandon()
    {
        std::lock_guard const lock(mutex_);
        executor_.reset();
    }

    /// True when there is a result; called on the strand.
    bool is_done() const noexcept { return done_; }

    /// True when nobody waits any more, or the context ends: it has let go of the executor.
    bool is_abandoned() const
    {
        std::lock_guard const lock(mutex_);
        return !executor_.has_value();
    }

    /// Lets others wait for it after all had given up; false when it has ended meanwhile, so that its result is lost.
    /// A name service that is silent would otherwise cost a thread for each retry.
    bool take_up(strand const& executor)
    {
        std::lock_guard const lock(mutex_);
        if (!executor_ && !ended_)
            executor_ = executor;
        return executor_.has_value();
    }

    /// The result; called on the strand, when done.
    resolve_result const& result() const noexcept { return result_; }

private:
    static resolve_result without_exceptions(look_up_function const& function, std::string const& host) noexcept
    {
        resolve_result result;
        try {
            result = function(host);
        } catch (...) {
            result.code = asio::error::no_memory;
        }
        return result;
    }

    void deliver(resolve_result result)
    {
        std::lock_guard const lock(mutex_);
        ended_ = true;
        // A waiter lives in a coroutine of that executor's context: while there is one, and the end of the context has not
        // begun, the context takes what is posted.
        if (executor_)
            asio::post(*executor_,
                [self = shared_from_this(), result = std::move(result)]() mutable { self->finish(std::move(result)); });
    }

    void finish(resolve_result result)
    {
        result_ = std::move(result);
        done_ = true;
        std::lock_guard const lock(mutex_);
        for (asio::steady_timer* waiter : waiters_)
            waiter->cancel();
    }

    mutable std::mutex mutex_;
    std::optional<strand> executor_;
    std::vector<asio::steady_timer*> waiters_;
    resolve_result result_;
    bool ended_ = false;
    bool done_ = false;
};

/// The look-ups of an execution context. They are told when it ends, because it takes nothing from other threads while it
/// destroys what is pending.
class lookups : public asio::execution_context::service {
public:
    // NOLINTNEXTLINE(readability-identifier-naming): Asio's name for a service's key
    static inline asio::execution_context::id id;

    explicit lookups(asio::execution_context& owner)
        : service(owner)
    {
    }

    /// Makes one known.
    void add(std::shared_ptr<lookup> const& started)
    {
        std::lock_guard const lock(mutex_);
        std::erase_if(started_, [](std::weak_ptr<lookup> const& earlier) { return earlier.expired(); });
        started_.push_back(started);
    }

private:
    void shutdown() override
    {
        std::lock_guard const lock(mutex_);
        for (auto const& each : started_)
            if (auto const running = each.lock())
                running->abandon();
    }

    std::mutex mutex_;
    std::vector<std::weak_ptr<lookup>> started_;
};

/// Looks up hosts: one look-up for all who want the same host, remembered for half a minute. Used on the strand alone.
class resolver {
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit resolver(strand executor, look_up_function function = look_up)
        : executor_(std::move(executor))
        , function_(std::move(function))
    {
    }

    /// The addresses of a host, or its own where it is one. `errc::timed_out` when that takes too long.
    asio::awaitable<resolve_result> resolve(std::string host, time_point limit)
    {
        resolve_result result;
        if (find_known(host, result))
            co_return result;
        auto const joined = join(host);
        // Nothing is awaited in between: a look-up that nobody waits for must not keep the executor.
        asio::steady_timer waiter(executor_, limit);
        membership const member(*joined, waiter);
        boost::system::error_code ignored;
        if (!joined->is_done())
            co_await waiter.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        if (joined->is_done())
            result = joined->result();
        else
            result.code = ignored ? ignored : errc::timed_out;
        if (!result.code)
            remembered_[host] = {result.addresses, std::chrono::steady_clock::now() + std::chrono::seconds(30)};
        co_return result;
    }

private:
    struct memory {
        std::vector<asio::ip::address> addresses;
        time_point until{};
    };

    bool find_known(std::string const& host, resolve_result& result) const
    {
        boost::system::error_code not_an_address;
        auto const address = asio::ip::make_address(host, not_an_address);
        if (!not_an_address) {
            result.addresses.push_back(address);
            return true;
        }
        auto const known = remembered_.find(host);
        if (known == remembered_.end() || known->second.until <= std::chrono::steady_clock::now())
            return false;
        result.addresses = known->second.addresses;
        return true;
    }

    std::shared_ptr<lookup> join(std::string const& host)
    {
        std::shared_ptr<lookup>& current = under_way_[host];
        if (!current || current->is_done() || !current->take_up(executor_)) {
            current = std::make_shared<lookup>(executor_);
            asio::use_service<lookups>(asio::query(executor_, asio::execution::context)).add(current);
            current->start(function_, host);
        }
        return current;
    }

    /// Takes a waiter out again, also when its coroutine is destroyed.
    class membership {
    public:
        membership(lookup& joined, asio::steady_timer& waiter)
            : joined_(joined)
            , waiter_(waiter)
        {
            joined_.add(waiter_);
        }
        membership(membership const&) = delete;
        membership& operator=(membership const&) = delete;
        ~membership() { joined_.remove(waiter_); }

    private:
        lookup& joined_;
        asio::steady_timer& waiter_;
    };

    strand executor_;
    look_up_function function_;
    std::map<std::string, std::shared_ptr<lookup>> under_way_;
    std::map<std::string, memory> remembered_;
};

} // namespace replicate::io

#endif
