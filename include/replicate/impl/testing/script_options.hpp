// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_SCRIPT_OPTIONS_HPP
#define REPLICATE_IMPL_TESTING_SCRIPT_OPTIONS_HPP

#include <replicate/impl/testing/script_members.hpp>
#include <replicate/testing/delivery_options.hpp>
#include <replicate/testing/stream_options.hpp>
#include <replicate/testing/webhook_options.hpp>

#include <string>

namespace replicate::testing::detail {

inline stream_options read_stream_options(script_members& members)
{
    stream_options made;
    members.read("framing", made.framing, {"chunked", "connection_close"});
    members.read("lines", made.lines, {"line_feed", "carriage_return_line_feed", "carriage_return"});
    members.read("event_ids", made.event_ids);
    members.read("idle_timeout", made.idle_timeout);
    members.read("close_after_done", made.close_after_done);
    members.read("resumes", made.resumes);
    members.read("json_errors", made.json_errors);
    members.read("data_uris", made.data_uris);
    members.read("cut_after_events", made.cut_after_events);
    members.read("cut_after_bytes", made.cut_after_bytes);
    members.read("cut", made.cut, {"complete", "close", "reset"});
    members.read("stall_after_events", made.stall_after_events);
    members.read("byte_by_byte", made.byte_by_byte);
    members.read("comments", made.comments);
    members.read("huge_event", made.huge_event);
    members.read("invalid_utf8", made.invalid_utf8);
    members.read("content_type", made.content_type);
    members.read("status", made.status);
    members.read("body", made.body);
    members.read("needs_token", made.needs_token);
    members.read("needs_accept", made.needs_accept);
    return made;
}

inline delivery_options read_delivery_options(script_members& members)
{
    delivery_options made;
    members.read("needs_token", made.needs_token);
    members.read("fails_with_token", made.fails_with_token);
    members.read("lifetime", made.lifetime);
    members.read("expired_status", made.expired_status);
    members.read("status", made.status);
    members.read("redirect_to", made.redirect_to);
    members.read("redirect_status", made.redirect_status);
    members.read("ranges", made.ranges);
    members.read("validators", made.validators);
    members.read("changing_etag", made.changing_etag);
    members.read("length", made.length, {"right", "absent", "too_long", "too_short"});
    members.read("cut_after_bytes", made.cut_after_bytes);
    members.read("reset", made.reset);
    members.read("content_type", made.content_type);
    return made;
}

inline webhook_options read_webhook_options(json::value const& value, std::string const& place)
{
    script_members members(value, place);
    webhook_options made;
    members.read("sent", made.sent);
    members.read("throttle", made.throttle);
    members.read("delay", made.delay);
    members.read("duplicated", made.duplicated);
    members.read("reordered", made.reordered);
    members.read("wrong_signature", made.wrong_signature);
    members.read("age", made.age);
    members.read("timeout", made.timeout);
    members.read("retries", made.retries);
    members.read("first_pause", made.first_pause);
    members.finish();
    return made;
}

} // namespace replicate::testing::detail

#endif
