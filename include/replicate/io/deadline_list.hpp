// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_DEADLINE_LIST_HPP
#define REPLICATE_IO_DEADLINE_LIST_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/intrusive/set.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace replicate::io {

namespace asio = boost::asio;

/// The executor of all that happens inside one client.
using strand = asio::strand<asio::any_io_executor>;

/// Something with a time limit. It leaves its list by itself when it is destroyed.
class deadline_entry
    : public boost::intrusive::set_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    deadline_entry() = default;
    deadline_entry(deadline_entry const&) = delete;
    deadline_entry& operator=(deadline_entry const&) = delete;

    /// Its time. Meaningful while it is armed.
    std::chrono::steady_clock::time_point time() const noexcept { return time_; }

    friend bool operator<(deadline_entry const& left, deadline_entry const& right) noexcept
    {
        return left.time_ < right.time_;
    }

protected:
    ~deadline_entry() = default;

private:
    friend class deadline_list;

    /// Its time has come. It is no longer in the list.
    virtual void on_deadline() = 0;

    std::chrono::steady_clock::time_point time_{};
};

/// All time limits of a client, behind one timer: a timer for each costs more than the request it guards.
/// The timer runs only while something is armed, so that an idle client keeps no `io_context::run()` from returning.
/// Used on the strand alone.
class deadline_list : public std::enable_shared_from_this<deadline_list> {
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit deadline_list(strand executor)
        : timer_(std::move(executor))
    {
    }

    /// Arms an entry, or moves it to another time.
    void arm(deadline_entry& entry, time_point time)
    {
        if (entry.is_linked())
            entry.unlink();
        entry.time_ = time;
        entries_.insert(entry);
        // Not of `time`: while the due ones fire nothing is watched, and what is armed meanwhile need not be the next.
        if (!watched_ || time < *watched_)
            watch(entries_.begin()->time_);
    }

    /// Takes an entry out; nothing happens when it is not in.
    void disarm(deadline_entry& entry) noexcept
    {
        if (entry.is_linked())
            entry.unlink();
        if (entries_.empty() && watched_) {
            watched_.reset();
            timer_.cancel();
        }
    }

private:
    void watch(time_point time)
    {
        watched_ = time;
        timer_.expires_at(time);
        // The list may be gone when the timer fires, and a later watch may have replaced this one although this
        // completion was already on its way.
        timer_.async_wait([self = weak_from_this(), time](boost::system::error_code) {
            if (auto const list = self.lock(); list && list->watched_ == time)
                list->on_timer();
        });
    }

    void on_timer()
    {
        watched_.reset();
        auto const now = std::chrono::steady_clock::now();
        while (!entries_.empty() && entries_.begin()->time_ <= now) {
            deadline_entry& due = *entries_.begin();
            due.unlink();
            due.on_deadline();
        }
        if (!entries_.empty() && !watched_)
            watch(entries_.begin()->time_);
    }

    boost::intrusive::multiset<deadline_entry, boost::intrusive::constant_time_size<false>> entries_;
    asio::steady_timer timer_;
    std::optional<time_point> watched_;
};

} // namespace replicate::io

#endif
