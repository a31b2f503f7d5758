// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_STREAM_EVENTS_HPP
#define REPLICATE_IMPL_TESTING_STREAM_EVENTS_HPP

#include <replicate/impl/testing/prediction_record.hpp>
#include <replicate/impl/testing/prediction_text.hpp>
#include <replicate/testing/stream_options.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

/// One event of a stream, and when it comes: counted from the creation of its prediction.
class stream_event {
public:
    std::chrono::steady_clock::duration at;
    std::string_view name;
    std::string id;
    std::string data;

    stream_event(std::chrono::steady_clock::duration when, std::string_view kind, std::string text)
        : at(when)
        , name(kind)
        , data(std::move(text))
    {
    }
};

/// All events of a prediction's stream as far as they are known now, in order. A later end changes only those that
/// have not come yet.
class stream_events {
public:
    stream_events(prediction_record const& record, stream_options const& options)
        : record_(record)
        , options_(options)
    {
    }

    std::vector<stream_event> list() &&
    {
        if (options_.data_uris)
            for (auto const& file : record_.life.files())
                links_.push_back(data_uri(*file));
        else
            links_ = record_.file_urls;
        auto const finish = record_.finish();
        bool const ends = finish != std::chrono::steady_clock::time_point::max();
        auto const end = ends ? finish - record_.created.steady : std::chrono::steady_clock::duration::max();
        snapshot const last = ends ? record_.at(finish) : snapshot();
        bool const pieces = add_steps(end, last.started.has_value() || !ends);
        if (ends)
            add_end(end, last, !pieces);
        number();
        return std::move(events_);
    }

private:
    bool add_steps(std::chrono::steady_clock::duration end, bool ran)
    {
        bool pieces = false;
        for (script::step const& each : record_.life.steps()) {
            auto const at = record_.life.boot_time() + each.at;
            if (at > end || !ran)
                break;
            if (!each.log.empty())
                events_.emplace_back(at, "logs", each.log);
            if (each.piece)
                add_output(at, *each.piece);
            pieces = pieces || each.piece;
        }
        return pieces;
    }

    void add_output(std::chrono::steady_clock::duration at, json::value value)
    {
        replace_marks(value, links_);
        if (value.is_string())
            events_.emplace_back(at, "output", std::string(view(json::string_view(value.get_string()))));
        else
            events_.emplace_back(at, "output", json::serialize(value));
    }

    void add_end(std::chrono::steady_clock::duration end, snapshot const& last, bool with_output)
    {
        bool const listed = last.output.is_array() && record_.life.streamed_as() == script::stream_kind::files;
        if (last.status == prediction_status::succeeded && with_output && !last.output.is_null()) {
            if (listed)
                for (json::value const& element : last.output.get_array())
                    add_output(end, element);
            else
                add_output(end, last.output);
        }
        if (last.status == prediction_status::failed)
            events_.emplace_back(end, "error", error_text(last.error));
        std::string_view const reason = last.status == prediction_status::succeeded ? "{}"
            : last.status == prediction_status::failed                              ? R"({"reason":"error"})"
                                                                                    : R"({"reason":"canceled"})";
        events_.emplace_back(end, "done", std::string(reason));
    }

    std::string error_text(std::string const& words) const
    {
        if (!options_.json_errors)
            return words;
        json::object document;
        document["detail"] = view(std::string_view(words));
        return json::serialize(document);
    }

    // Seconds, and a counter within the second.
    void number()
    {
        std::chrono::sys_seconds current{};
        std::size_t count = 0;
        for (stream_event& each : events_) {
            auto const offset = std::chrono::duration_cast<std::chrono::system_clock::duration>(each.at);
            auto const second = std::chrono::floor<std::chrono::seconds>(record_.created.system + offset);
            count = second == current ? count + 1 : 0;
            current = second;
            each.id = std::to_string(second.time_since_epoch().count()) + ':' + std::to_string(count);
        }
    }

    prediction_record const& record_;
    stream_options const& options_;
    std::vector<std::string> links_;
    std::vector<stream_event> events_;
};

/// The bytes of a stream: what `stream_options` says about lines, ids and contents is applied here.
class stream_text {
public:
    explicit stream_text(stream_options const& options)
        : options_(options)
        , line_end_(options.lines == stream_lines::line_feed                 ? "\n"
                  : options.lines == stream_lines::carriage_return_line_feed ? "\r\n"
                                                                             : "\r")
    {
    }

    std::string greeting() const
    {
        std::string text = comment(": hi");
        if (options_.retry)
            text += comment("retry: " + std::to_string(options_.retry->count()));
        if (options_.huge_event > 0)
            text +=
                "event: output" + line_end_ + "data: " + std::string(options_.huge_event, 'x') + line_end_ + line_end_;
        return text;
    }

    std::string timeout() const { return comment(":408: 408 Request Timeout"); }

    std::string event(stream_event const& told) const
    {
        std::string text;
        for (std::size_t i = 0; i < options_.comments; ++i)
            text += comment(": nothing new " + std::to_string(i));
        text.append("event: ").append(told.name).append(line_end_);
        if (options_.event_ids)
            text.append("id: ").append(told.id).append(line_end_);
        bool const spoiled = options_.invalid_utf8 && told.name == "output";
        append_data(text, spoiled ? "\xFF\xC3" + told.data : told.data);
        return text += line_end_;
    }

private:
    /// A line that ends no event.
    std::string comment(std::string_view line) const { return std::string(line) + line_end_ + line_end_; }

    // Each line of the text has its own; whatever ends a line of the text would end one of the stream as well.
    void append_data(std::string& text, std::string_view data) const
    {
        for (;;) {
            std::size_t const end = data.find_first_of("\r\n");
            text.append("data: ").append(data.substr(0, end)).append(line_end_);
            if (end == std::string_view::npos)
                return;
            data.remove_prefix(end + (data.substr(end, 2) == "\r\n" ? 2 : 1));
        }
    }

    stream_options const& options_;
    std::string const line_end_;
};

} // namespace replicate::testing::detail

#endif
