// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_SSE_PARSER_HPP
#define REPLICATE_CORE_SSE_PARSER_HPP

#include <replicate/core/utf8_repair.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::core {

/// One server-sent event.
class sse_event {
public:
    /// Its name; `message` where it has none.
    std::string name;
    /// Its data lines, with `\n` between them. UTF-8.
    std::string data;
    /// The last id of the stream when it came: its own, or that of an earlier event. UTF-8.
    std::string id;
    /// True where the id is its own.
    bool has_own_id = false;

    /// An event without data.
    sse_event() = default;
};

/// How a stream is read.
class sse_options {
public:
    /// The most bytes that one event, or one line, may have. Default 8 MiB.
    std::size_t event_bytes = 8 * 1024 * 1024;
    /// An event of this name counts although it has no data line. Default: none, which is what the standard says.
    std::string counts_without_data;
    /// The last id of the stream that this one goes on from.
    std::string last_event_id;

    /// The defaults.
    sse_options() = default;
};

/// What `sse_parser::parse` has come upon.
enum class sse_step {
    /// Nothing: all bytes are read.
    need_more,
    /// A whole event: `event()`.
    event,
    /// A whole comment: `comment()`.
    comment,
    /// The event or the line is larger than allowed. The parser reads no further.
    too_large
};

/// Reads a stream of server-sent events as the HTML standard says (section 9.2.6): bytes in, however they are cut, events
/// out as soon as their last byte is there. Every byte is looked at once; what is kept is bounded.
///
///     while ((step = parser.parse(bytes)) != sse_step::need_more) ...
///
/// An event that the end of the stream cuts off does not count, and neither does its id.
class sse_parser {
public:
    /// A parser at the beginning of a stream.
    explicit sse_parser(sse_options options = sse_options())
        : options_(std::move(options))
        , pending_id_(options_.last_event_id)
        , last_event_id_(options_.last_event_id)
    {
    }

    /// Reads on, up to the next event or comment, and removes what was read from the front of `bytes`. Call it until it needs
    /// more.
    sse_step parse(std::string_view& bytes)
    {
        while (!failed_ && !bytes.empty()) {
            sse_step const step = read_line(bytes);
            if (step != sse_step::need_more)
                return step;
        }
        return failed_ ? sse_step::too_large : sse_step::need_more;
    }

    /// The event that `parse` came upon. It may be moved from; it is gone with the next call.
    sse_event& event() noexcept { return event_; }

    /// The comment that `parse` came upon, without the colon and one space. It is gone with the next call.
    std::string const& comment() const noexcept { return comment_; }

    /// The id to resume behind (`Last-Event-ID`): the last one of a whole event. Empty where there is none.
    std::string const& last_event_id() const noexcept { return last_event_id_; }

    /// How long the server wishes a client to wait before it connects again; at most a year.
    std::optional<std::chrono::milliseconds> retry() const noexcept { return retry_; }

private:
    static bool ends_line(char letter) noexcept { return letter == '\n' || letter == '\r'; }

    sse_step read_line(std::string_view& bytes)
    {
        // A CR has ended its line already; an LF behind it belongs to it.
        if (after_carriage_return_ && bytes.front() == '\n')
            bytes.remove_prefix(1);
        auto const end = std::find_if(bytes.begin(), bytes.end(), ends_line);
        std::string_view const part = bytes.substr(0, static_cast<std::size_t>(end - bytes.begin()));
        if (part.size() > options_.event_bytes - held_bytes())
            return fail();
        bool const whole = part.size() < bytes.size();
        after_carriage_return_ = whole && bytes[part.size()] == '\r';
        bytes.remove_prefix(part.size() + (whole ? 1 : 0));
        if (whole && line_.empty())
            return take_line(part);
        line_.append(part);
        if (!whole)
            return sse_step::need_more;
        sse_step const step = take_line(line_);
        line_.clear();
        return step;
    }

    std::size_t held_bytes() const noexcept
    {
        return std::min(options_.event_bytes, line_.size() + data_.size() + name_.size() + pending_id_.size());
    }

    sse_step fail()
    {
        failed_ = true;
        line_ = std::string();
        data_ = std::string();
        return sse_step::too_large;
    }

    sse_step take_line(std::string_view line)
    {
        constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
        if (std::exchange(first_line_, false) && line.substr(0, byte_order_mark.size()) == byte_order_mark)
            line.remove_prefix(byte_order_mark.size());
        if (line.empty())
            return dispatch();
        std::size_t const colon = line.find(':');
        std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
        if (!value.empty() && value.front() == ' ')
            value.remove_prefix(1);
        if (colon == 0) {
            comment_ = repaired_utf8(value);
            return sse_step::comment;
        }
        take_field(line.substr(0, colon), value);
        // The repair makes three bytes of one, so the limit is looked at again.
        return data_.size() > options_.event_bytes ? fail() : sse_step::need_more;
    }

    void take_field(std::string_view field, std::string_view value)
    {
        if (field == "data") {
            append_repaired_utf8(data_, value);
            data_ += '\n';
        } else if (field == "event") {
            name_ = repaired_utf8(value);
        } else if (field == "id") {
            if (value.find('\0') != std::string_view::npos)
                return;
            pending_id_ = repaired_utf8(value);
            has_own_id_ = true;
        } else if (field == "retry") {
            take_retry(value);
        }
    }

    void take_retry(std::string_view value)
    {
        constexpr std::chrono::milliseconds most = std::chrono::hours(24 * 365);
        bool const digits =
            std::all_of(value.begin(), value.end(), [](char letter) { return letter >= '0' && letter <= '9'; });
        if (value.empty() || !digits)
            return;
        std::chrono::milliseconds wish(0);
        for (char digit : value)
            wish = std::min(most, wish * 10 + std::chrono::milliseconds(digit - '0'));
        retry_ = wish;
    }

    sse_step dispatch()
    {
        last_event_id_ = pending_id_;
        bool const counts = !data_.empty() || (!name_.empty() && name_ == options_.counts_without_data);
        if (counts) {
            if (!data_.empty())
                data_.pop_back();
            event_.name = name_.empty() ? "message" : std::move(name_);
            event_.data = std::move(data_);
            event_.id = last_event_id_;
            event_.has_own_id = has_own_id_;
        }
        name_.clear();
        data_.clear();
        has_own_id_ = false;
        return counts ? sse_step::event : sse_step::need_more;
    }

    sse_options options_;
    // The beginning of a line whose end has not come.
    std::string line_;
    // The event that is being read.
    std::string name_, data_, pending_id_;
    std::string last_event_id_, comment_;
    sse_event event_;
    std::optional<std::chrono::milliseconds> retry_;
    bool has_own_id_ = false;
    bool first_line_ = true;
    bool after_carriage_return_ = false;
    bool failed_ = false;
};

/// The HTTP status in a comment such as `408: 408 Request Timeout`, by which the service says why it is about to close a
/// stream; nothing in other comments.
inline std::optional<unsigned> status_of_comment(std::string_view comment) noexcept
{
    if (comment.size() < 4 || comment[3] != ':')
        return std::nullopt;
    unsigned status = 0;
    for (char letter : comment.substr(0, 3)) {
        if (letter < '0' || letter > '9')
            return std::nullopt;
        status = status * 10 + static_cast<unsigned>(letter - '0');
    }
    return status >= 100 && status < 600 ? std::optional<unsigned>(status) : std::nullopt;
}

} // namespace replicate::core

#endif
