// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_LOG_OBSERVER_HPP
#define REPLICATE_CORE_LOG_OBSERVER_HPP

#include <replicate/client_observer.hpp>
#include <replicate/log.hpp>

#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::core {

/// Turns an event's attributes into the fields of a record.
class field_writer {
public:
    explicit field_writer(log_record& record)
        : record_(record)
    {
    }

    void operator()(std::string_view name, std::string_view value) { record_.fields.emplace_back(name, std::string(value)); }
    void operator()(std::string_view name, std::uint64_t value) { record_.fields.emplace_back(name, std::to_string(value)); }
    void operator()(std::string_view name, bool value) { record_.fields.emplace_back(name, value ? "true" : "false"); }
    void operator()(std::string_view name, double value) { record_.fields.emplace_back(name, short_text(value)); }

    /// A number with six digits.
    static std::string short_text(double value)
    {
        char text[32];
        std::snprintf(text, sizeof(text), "%.6g", value);
        return text;
    }

private:
    log_record& record_;
};

/// The observer that writes a log: says of each event how much it matters, and in words what it is. Throws what the sink throws.
class log_observer final : public client_observer {
public:
    using clock = std::function<std::chrono::system_clock::time_point()>;

    log_observer(log_config settings, clock now)
        : settings_(std::move(settings))
        , now_(std::move(now))
    {
    }

    /// Writes a line that belongs to no event.
    void write(log_level level, std::string message)
    {
        if (!is_wanted(level))
            return;
        log_record record;
        record.level = level;
        record.time = now_();
        record.message = std::move(message);
        settings_.sink(record);
    }

    void on_request_started(request_started const& event) override
    {
        if (is_wanted(log_level::trace))
            write(log_level::trace, name_of(event) + " begins", event);
    }

    void on_request_finished(request_finished const& event) override
    {
        log_level const level = level_of(event);
        if (!is_wanted(level))
            return;
        std::string message = name_of(event);
        if (event.outcome == request_outcome::succeeded)
            message += ": " + std::to_string(event.status_code);
        else
            message += " failed: " + std::string(event.error_type);
        write(level, message + " after " + seconds(event.duration), event);
    }

    void on_request_retried(request_retried const& event) override
    {
        if (is_wanted(log_level::information))
            write(log_level::information, name_of(event) + " is sent again in " + seconds(event.delay), event);
    }

    void on_request_throttled(request_throttled const& event) override
    {
        if (!is_wanted(log_level::warning))
            return;
        std::string message = name_of(event) + " was throttled";
        if (event.retry_after > event.retry_after.zero())
            message += "; the service asks for a pause of " + seconds(event.retry_after);
        write(log_level::warning, std::move(message), event);
    }

    void on_request_queued(request_queued const& event) override
    {
        if (is_wanted(log_level::debug))
            write(log_level::debug, "one more waits for its turn", event);
    }

    void on_request_dequeued(request_dequeued const& event) override
    {
        std::string_view const end = event.admitted ? "its turn has come after " : "it has not got its turn after ";
        if (is_wanted(log_level::debug))
            write(log_level::debug, std::string(end) + seconds(event.duration), event);
    }

    void on_connection_opened(connection_opened const& event) override
    {
        if (is_wanted(log_level::debug))
            write(log_level::debug, "a connection was opened in " + seconds(event.duration), event);
    }

    void on_connection_reused(connection_reused const& event) override
    {
        if (is_wanted(log_level::trace))
            write(log_level::trace, "a connection is used again", event);
    }

    void on_connection_closed(connection_closed const& event) override
    {
        if (is_wanted(log_level::debug))
            write(log_level::debug, "a connection was closed after " + seconds(event.duration), event);
    }

    void on_prediction_changed(prediction_changed const& event) override
    {
        bool const is_bad = event.status == prediction_status::failed || event.status == prediction_status::aborted;
        bool const was_lost = event.is_new && event.origin == prediction_origin::adopted;
        log_level const level = is_bad || was_lost ? log_level::warning : log_level::information;
        if (!is_wanted(level))
            return;
        std::string message = "prediction " + std::string(event.id);
        if (event.is_new)
            message += was_lost ? " was found again" : " was created";
        if (event.status != prediction_status::unknown)
            message += (event.is_new ? ", " : ": ") + std::string(to_string(event.status));
        write(level, std::move(message), event);
    }

private:
    bool is_wanted(log_level level) const noexcept { return level <= settings_.level; }

    template<class Event>
    void write(log_level level, std::string message, Event const& event)
    {
        log_record record;
        record.level = level;
        record.time = now_();
        record.message = std::move(message);
        Event::visit(event, field_writer(record));
        settings_.sink(record);
    }

    static std::string name_of(request_event const& event)
    {
        std::string_view const where = event.path.empty() ? event.server_address : event.path;
        return std::string(event.method) + ' ' + std::string(where);
    }

    static std::string seconds(std::chrono::steady_clock::duration time)
    {
        return field_writer::short_text(std::chrono::duration<double>(time).count()) + " s";
    }

    /// That something is not there is an ordinary answer; 429 has an event of its own.
    static log_level level_of(request_finished const& event) noexcept
    {
        switch (event.outcome) {
        case request_outcome::succeeded:
        case request_outcome::throttled:
        case request_outcome::interrupted: return log_level::debug;
        case request_outcome::tls_failed: return log_level::error;
        default: break;
        }
        if (event.status_code >= 401 && event.status_code <= 403)
            return log_level::error;
        return event.status_code == 404 ? log_level::information : log_level::warning;
    }

    log_config settings_;
    clock now_;
};

} // namespace replicate::core

#endif
