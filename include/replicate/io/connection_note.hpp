// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_CONNECTION_NOTE_HPP
#define REPLICATE_IO_CONNECTION_NOTE_HPP

#include <replicate/core/notifier.hpp>
#include <replicate/core/url.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace replicate::io {

/// Tells the life of one connection: that it was opened, is used again, and, when it is destroyed, that it was closed.
class connection_note {
public:
    using clock = std::chrono::steady_clock;

    /// Of a connection that is not open yet, or of which nobody is told.
    connection_note() = default;
    connection_note(connection_note const&) = delete;
    connection_note& operator=(connection_note const&) = delete;
    ~connection_note()
    {
        if (!notes_)
            return;
        connection_closed event;
        describe(event);
        event.duration = clock::now() - opened_at_;
        event.requests = requests_;
        notes_->tell(event);
    }

    /// It is open. `notes` may be null.
    void opened(std::shared_ptr<core::notifier> notes, core::origin target, bool resumed, clock::duration taken)
    {
        notes_ = std::move(notes);
        target_ = std::move(target);
        opened_at_ = clock::now();
        if (!notes_)
            return;
        connection_opened event;
        describe(event);
        event.secure = target_.secure;
        event.resumed = resumed;
        event.duration = taken;
        notes_->tell(event);
    }

    /// It carries a request.
    void used() noexcept
    {
        if (requests_++ == 0 || !notes_)
            return;
        connection_reused event;
        describe(event);
        notes_->tell(event);
    }

private:
    void describe(connection_event& event) const noexcept
    {
        event.server_address = target_.host;
        event.server_port = target_.port;
    }

    std::shared_ptr<core::notifier> notes_;
    core::origin target_;
    clock::time_point opened_at_{};
    std::uint64_t requests_ = 0;
};

} // namespace replicate::io

#endif
