// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_QUEUE_NOTE_HPP
#define REPLICATE_DETAIL_QUEUE_NOTE_HPP

#include <replicate/core/request_verdict.hpp>
#include <replicate/detail/client_state.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace replicate::detail {

/// Tells one wait for a turn: its beginning, and, at the latest when it is destroyed, its end. Lives in the frame that waits.
class queue_note {
public:
    queue_note(std::shared_ptr<client_state> client, io::admission_wish const& wish)
        : client_(std::move(client))
        , bucket_(wish.bucket)
        , priority_(wish.priority)
        , began_(clock::now())
    {
        if (client_->notes().is_heard()) {
            model_ = wish.model;
            group_ = wish.group;
        }
        request_queued event;
        describe(event, 1);
        client_->notes().tell(event);
    }
    queue_note(queue_note const&) = delete;
    queue_note& operator=(queue_note const&) = delete;
    ~queue_note()
    {
        request_dequeued event;
        describe(event, 0);
        event.duration = clock::now() - began_;
        event.admitted = admitted_;
        client_->notes().tell(event);
    }

    /// The wait has come to its end, which is no error where it was granted.
    void end(boost::system::error_code code) noexcept { admitted_ = !code; }

private:
    using clock = std::chrono::steady_clock;

    void describe(request_queued& event, std::size_t itself)
    {
        event.kind = core::kind_of(bucket_);
        event.request_model = model_;
        event.priority = priority_;
        event.group = group_;
        event.length = client_->scheduler().waiting(bucket_) + itself;
    }

    std::shared_ptr<client_state> client_;
    core::rate_bucket bucket_;
    replicate::priority priority_;
    std::string model_;
    std::string group_;
    clock::time_point began_;
    bool admitted_ = false;
};

} // namespace replicate::detail

#endif
