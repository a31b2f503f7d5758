// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_CALL_NOTES_HPP
#define REPLICATE_DETAIL_CALL_NOTES_HPP

#include <replicate/core/request.hpp>
#include <replicate/core/request_verdict.hpp>
#include <replicate/core/retry_policy.hpp>
#include <replicate/detail/operation.hpp>

#include <boost/asio/error.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace replicate::detail {

/// Tells of one request and its tries. Lives in the frame that sends them.
class call_notes {
public:
    using clock = std::chrono::steady_clock;

    explicit call_notes(core::notifier& notes)
        : notes_(notes)
        , number_(notes.next_call())
    {
    }
    call_notes(call_notes const&) = delete;
    call_notes& operator=(call_notes const&) = delete;

    /// Where it goes and what it is. `in_api`: its path is no secret.
    void describe(core::request const& what, core::origin const& where, std::string const& prefix, core::rate_bucket bucket, bool in_api)
    {
        if (!notes_.is_heard())
            return;
        method_ = what.method;
        host_ = where.host;
        port_ = where.port;
        kind_ = in_api ? core::kind_of(bucket) : request_kind::other;
        if (in_api)
            path_ = prefix + what.target.substr(0, what.target.find_first_of("?#"));
    }

    /// A try begins.
    void begin_try(core::request const& what, unsigned resend_count)
    {
        resend_count_ = resend_count;
        began_ = clock::now();
        if (throttled_at_)
            notes_.counters().count_throttled_time(*began_ - *std::exchange(throttled_at_, std::nullopt));
        request_started event;
        fill(event);
        event.request_body_size = what.streamed_bytes.value_or(what.body.size());
        notes_.tell(event);
    }

    /// The try has ended. `closed_here`: its answer is whole for who has taken it, although the connection was not read to its end.
    void end_try(core::attempt_outcome const& outcome, core::response const& answer, bool closed_here)
    {
        boost::system::error_code const code = closed_here ? boost::system::error_code() : outcome.code;
        request_finished event;
        event.outcome = core::outcome_of(code, outcome.status);
        event.status_code = outcome.status;
        event.response_body_size = answer.body.size();
        event.response_id = answer.header("cf-ray");
        event.reused = outcome.reused;
        finish(event);
        if (event.outcome != request_outcome::throttled)
            return;
        throttled_at_ = clock::now();
        request_throttled throttled;
        fill(throttled);
        throttled.retry_after = outcome.wish.wait();
        notes_.tell(throttled);
    }

    /// The try is over without an end of its own, if it is not over already.
    void break_off()
    {
        if (!began_)
            return;
        request_finished event;
        event.outcome = request_outcome::interrupted;
        finish(event);
    }

    /// There will be another try.
    void repeat(core::attempt_outcome const& outcome, clock::duration delay)
    {
        request_retried event;
        fill(event);
        event.error_type = core::error_type_of(core::outcome_of(outcome.code, outcome.status), outcome.status);
        event.delay = delay;
        notes_.tell(event);
    }

private:
    void fill(request_event& event) const noexcept
    {
        event.call = number_;
        event.kind = kind_;
        event.method = method_;
        event.server_address = host_;
        event.server_port = port_;
        event.path = path_;
        event.resend_count = resend_count_;
    }

    void finish(request_finished& event)
    {
        fill(event);
        event.error_type = core::error_type_of(event.outcome, event.status_code);
        event.duration = clock::now() - *std::exchange(began_, std::nullopt);
        notes_.tell(event);
    }

    core::notifier& notes_;
    std::uint64_t number_;
    std::string method_;
    std::string host_;
    std::string path_;
    std::uint16_t port_ = 0;
    request_kind kind_ = request_kind::other;
    unsigned resend_count_ = 0;
    std::optional<clock::time_point> began_;
    std::optional<clock::time_point> throttled_at_;
};

/// One try: that it ends is told whatever happens.
class try_note {
public:
    try_note(call_notes& notes, core::request const& what, unsigned resend_count)
        : notes_(notes)
    {
        notes_.begin_try(what, resend_count);
    }
    try_note(try_note const&) = delete;
    try_note& operator=(try_note const&) = delete;
    ~try_note() { notes_.break_off(); }

private:
    call_notes& notes_;
};

} // namespace replicate::detail

#endif
