// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_STREAM_LOG_HPP
#define REPLICATE_CORE_STREAM_LOG_HPP

#include <replicate/event.hpp>
#include <replicate/stream_options.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>

namespace replicate::core {

/// What a subscriber of a stream finds.
enum class stream_read {
    /// An event.
    event,
    /// Nothing yet.
    nothing,
    /// What it should read next is no longer kept.
    lost
};

/// The events of one stream and how far each subscriber has read them. It decides what is kept, and whether the stream may be
/// read on.
class stream_log {
public:
    using subscriber = std::uint64_t;

    /// An empty log.
    explicit stream_log(std::size_t lag_bytes, std::size_t history_bytes)
        : lag_bytes_(lag_bytes)
        , history_bytes_(history_bytes)
    {
    }

    /// Lets somebody read. Precondition: the number is not in use.
    void join(subscriber who, subscribe_from where, when_slow manner)
    {
        bool const from_now = where == subscribe_from::now;
        readers_.emplace(who, reader(from_now ? end() : 0, from_now ? bytes_written_ : 0, manner));
    }

    /// Forgets a subscriber.
    void leave(subscriber who)
    {
        readers_.erase(who);
        trim();
    }

    /// True for one who has joined and not left.
    bool has(subscriber who) const noexcept { return readers_.contains(who); }

    /// True when nobody reads.
    bool is_deserted() const noexcept { return readers_.empty(); }

    /// Adds an event.
    void append(event what)
    {
        bytes_written_ += size_of(what);
        events_.push_back(std::move(what));
        trim();
    }

    /// The next event of a subscriber, written to `found`. Precondition: `has(who)`.
    stream_read read(subscriber who, event& found)
    {
        reader& mine = readers_.at(who);
        if (mine.position < begin_)
            return stream_read::lost;
        if (mine.position == end())
            return stream_read::nothing;
        found = events_[static_cast<std::size_t>(mine.position - begin_)];
        ++mine.position;
        mine.bytes += size_of(found);
        trim();
        return stream_read::event;
    }

    /// False while a subscriber that holds the stream back is too far behind.
    bool may_read_on() const noexcept
    {
        return std::none_of(readers_.begin(), readers_.end(), [this](auto const& entry) {
            reader const& one = entry.second;
            bool const holds_back = one.manner == when_slow::hold_back && one.position >= begin_;
            return holds_back && bytes_written_ - one.bytes >= lag_bytes_;
        });
    }

    /// True when the first event is still kept.
    bool has_beginning() const noexcept { return begin_ == 0; }

private:
    class reader {
    public:
        reader(std::uint64_t at, std::uint64_t bytes_before, when_slow how)
            : position(at)
            , bytes(bytes_before)
            , manner(how)
        {
        }
        std::uint64_t position;
        /// The size of all events before the position.
        std::uint64_t bytes;
        when_slow manner;
    };

    /// What an event weighs: its text, and what there is besides.
    static std::size_t size_of(event const& what) noexcept { return what.text().size() + 64; }

    std::uint64_t end() const noexcept { return begin_ + events_.size(); }

    /// Drops what is too old, but nothing that one who holds the stream back has yet to read.
    void trim()
    {
        std::uint64_t needed = end();
        for (auto const& [who, one] : readers_)
            if (one.manner == when_slow::hold_back && one.position >= begin_)
                needed = std::min(needed, one.position);
        while (begin_ < needed && bytes_written_ - bytes_dropped_ > history_bytes_) {
            bytes_dropped_ += size_of(events_.front());
            events_.pop_front();
            ++begin_;
        }
    }

    std::size_t lag_bytes_;
    std::size_t history_bytes_;
    std::deque<event> events_;
    /// The number of the first event that is kept.
    std::uint64_t begin_ = 0;
    std::uint64_t bytes_written_ = 0;
    std::uint64_t bytes_dropped_ = 0;
    std::map<subscriber, reader> readers_;
};

} // namespace replicate::core

#endif
