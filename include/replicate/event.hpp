// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_EVENT_HPP
#define REPLICATE_EVENT_HPP

#include <replicate/error.hpp>
#include <replicate/file.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace replicate {

/// What an event of a stream is about (http-api 4.2).
enum class event_kind {
    /// An event that this version of the library does not know; `event::name()` has its name.
    unknown,
    /// A piece of the output: text to be appended, or one file.
    output,
    /// A piece of the logs.
    logs,
    /// The prediction failed; `done` follows.
    error,
    /// The end.
    done
};

/// Why a stream is done.
enum class done_reason {
    /// A reason that this version of the library does not know; `event::text()` has it.
    unknown,
    /// The output is complete.
    finished,
    /// The prediction was canceled.
    canceled,
    /// The prediction failed.
    error
};

/// One event of the stream of a prediction. A plain value.
class event {
public:
    /// No event: of unknown kind, without text.
    event() = default;

    /// An event as the stream gave it; its files are read by `client`, which it does not keep alive.
    event(std::string name, std::string text, std::string id, std::weak_ptr<detail::client_state> client = {})
        : kind_(kind_of(name))
        , name_(std::move(name))
        , text_(std::move(text))
        , id_(std::move(id))
        , client_(std::move(client))
    {
    }

    /// What it is about.
    event_kind kind() const noexcept { return kind_; }

    /// The name that it has on the wire: `output`, `logs`, ...
    std::string const& name() const noexcept { return name_; }

    /// What it brings, exactly as it came: a piece of text of `output` and `logs`, without anything added or taken away.
    std::string const& text() const noexcept { return text_; }

    /// Its id in the stream; often empty.
    std::string const& id() const noexcept { return id_; }

    /// True for a piece of the output.
    bool is_output() const noexcept { return kind_ == event_kind::output; }

    /// True for a piece of the logs.
    bool is_logs() const noexcept { return kind_ == event_kind::logs; }

    /// True for the report of a failure.
    bool is_error() const noexcept { return kind_ == event_kind::error; }

    /// True for the end.
    bool is_done() const noexcept { return kind_ == event_kind::done; }

    /// True for an output that is the URL of a file. A text may look like one: ask only where the model makes files.
    bool is_file() const noexcept
    {
        std::string_view const url = text_;
        return is_output() && (url.starts_with("https:") || url.starts_with("data:"));
    }

    /// The file of an output; an `error` of `errc::output_mismatch` where `is_file()` is false.
    file_output file() const
    {
        if (!is_file())
            throw detail::make_error(errc::output_mismatch, "the event '" + name_ + "' brings no URL of a file");
        return file_output(text_, client_);
    }

    /// Why the stream is done; `unknown` for other events than `done`.
    done_reason reason() const;

    /// Why the prediction failed, for people: the `detail` where the service sent JSON, otherwise what it sent. Empty for
    /// other events than `error`.
    std::string error_detail() const;

private:
    static event_kind kind_of(std::string_view name) noexcept
    {
        if (name == "output")
            return event_kind::output;
        if (name == "logs")
            return event_kind::logs;
        if (name == "error")
            return event_kind::error;
        return name == "done" ? event_kind::done : event_kind::unknown;
    }

    /// The text as JSON; null where it is none.
    json::value document() const
    {
        boost::system::error_code code;
        json::value parsed = json::parse(json::string_view(text_.data(), text_.size()), code);
        return code ? json::value() : parsed;
    }

    event_kind kind_ = event_kind::unknown;
    std::string name_;
    std::string text_;
    std::string id_;
    std::weak_ptr<detail::client_state> client_;
};

inline done_reason event::reason() const
{
    if (!is_done())
        return done_reason::unknown;
    if (text_.find_first_not_of(" \t\r\n") == std::string::npos)
        return done_reason::finished;
    json::value const parsed = document();
    if (!parsed.is_object())
        return done_reason::unknown;
    json::value const* const given = parsed.get_object().if_contains("reason");
    if (given == nullptr || given->is_null())
        return done_reason::finished;
    std::string const word = detail::text_member(parsed.get_object(), "reason");
    if (word == "canceled")
        return done_reason::canceled;
    return word == "error" ? done_reason::error : done_reason::unknown;
}

inline std::string event::error_detail() const
{
    if (!is_error())
        return {};
    json::value const parsed = document();
    std::string told;
    if (parsed.is_object())
        told = detail::text_member(parsed.get_object(), "detail");
    else if (parsed.is_string())
        told.assign(parsed.get_string().data(), parsed.get_string().size());
    return told.empty() ? text_ : told;
}

} // namespace replicate

#endif
