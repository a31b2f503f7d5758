// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_STREAM_OPTIONS_HPP
#define REPLICATE_TESTING_STREAM_OPTIONS_HPP

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace replicate::testing {

/// How the body of a stream is delimited.
enum class stream_framing {
    /// By chunks: one for each event, and one for the greeting.
    chunked,
    /// By the end of the connection.
    connection_close
};

/// How the lines of a stream end.
enum class stream_lines {
    /// "\n"
    line_feed,
    /// "\r\n"
    carriage_return_line_feed,
    /// "\r"
    carriage_return
};

/// How a stream ends that is cut.
enum class stream_ending {
    /// As if it were whole: the last chunk is sent, or TLS is ended. Only `done` is missing.
    complete,
    /// The connection is closed in the middle of the body.
    close,
    /// The connection is closed with a TCP reset.
    reset
};

/// How the local server sends one stream, or all of them. A plain value; as it is made, it behaves as the service does.
class stream_options {
public:
    /// How its body is delimited.
    stream_framing framing = stream_framing::chunked;
    /// How its lines end.
    stream_lines lines = stream_lines::line_feed;
    /// Whether events have an id. Without ids a stream cannot be resumed.
    bool event_ids = true;
    /// Without an event for so long, it is ended with a comment `:408: 408 Request Timeout`.
    std::chrono::steady_clock::duration idle_timeout = std::chrono::seconds(30);
    /// Ends after `done`. The service leaves that to the client, until the stream has been idle for long enough.
    bool close_after_done = false;
    /// Begins after what the header `Last-Event-ID` names. Otherwise it always begins anew.
    bool resumes = true;
    /// Each `error` event is JSON, `{"detail":"..."}`; otherwise plain text.
    bool json_errors = true;
    /// Files stand in it as data URIs, not as links.
    bool data_uris = false;

    /// Is cut after so many events of this connection.
    std::optional<std::size_t> cut_after_events;
    /// Is cut after so many bytes of this connection's body, chunk frames not counted.
    std::optional<std::size_t> cut_after_bytes;
    /// What such a cut looks like.
    stream_ending cut = stream_ending::close;
    /// Sends nothing more after so many events of this connection, and keeps the connection.
    std::optional<std::size_t> stall_after_events;
    /// Writes every byte of the body on its own: each has its own TLS record.
    bool byte_by_byte = false;
    /// Says after the greeting how long to wait before a stream is opened again (`retry:`). The service does not say it.
    std::optional<std::chrono::milliseconds> retry;
    /// So many comments before each event.
    std::size_t comments = 0;
    /// Sends, after the greeting, one `output` event with a single line of so many letters.
    std::size_t huge_event = 0;
    /// Puts bytes that are not UTF-8 (FF, and a C3 that nothing follows) before the text of each `output` event.
    bool invalid_utf8 = false;

    /// Its content type.
    std::string content_type = "text/event-stream; charset=utf-8";
    /// This status instead of a stream: 404, 410, 401, 403, 429, 500... 0 for none.
    unsigned status = 0;
    /// The body of that answer; empty for a problem document.
    std::string body;
    /// Answers 401 until the server's token is sent.
    bool needs_token = false;
    /// Answers 406 unless `Accept` is `text/event-stream`.
    bool needs_accept = false;

    /// As the service.
    stream_options() = default;
};

} // namespace replicate::testing

#endif
