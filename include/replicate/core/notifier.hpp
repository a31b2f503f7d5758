// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_NOTIFIER_HPP
#define REPLICATE_CORE_NOTIFIER_HPP

#include <replicate/core/client_counters.hpp>
#include <replicate/core/log_observer.hpp>
#include <replicate/core/redaction.hpp>

#include <cstddef>
#include <cstdint>
#include <list>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace replicate::core {

/// Where all that a client does is told: it is counted always, and passed on to the observer and to the log, where there are some. Whoever
/// tells it never notices what they do. Not thread-safe.
class notifier {
public:
    /// Only counts.
    notifier() = default;

    /// `observer` may be null, and `log` without a sink. `now` is for the records of the log.
    notifier(std::shared_ptr<client_observer> observer, log_config log, log_observer::clock now)
        : observer_(std::move(observer))
    {
        if (log.sink)
            log_.emplace(std::move(log), std::move(now));
        is_heard_ = observer_ || log_;
    }

    /// Whether anybody hears more than numbers: only then texts are of use in an event.
    bool is_heard() const noexcept { return is_heard_; }

    /// A number for a request.
    std::uint64_t next_call() noexcept { return ++calls_; }

    /// A token that must not be passed on, in whatever text it may stand. The latest of them are kept.
    void keep_secret(std::string const& token)
    {
        if (!is_heard_ || token.empty() || (!secrets_.empty() && secrets_.back() == token))
            return;
        secrets_.push_back(token);
        if (secrets_.size() > 8)
            secrets_.erase(secrets_.begin());
    }

    /// Tells an event.
    template<class Event>
    void tell(Event const& event) noexcept
    {
        counters_.count(event);
        if (is_heard_)
            pass_on(event);
    }

    /// What is counted, and what counts that is no event.
    client_counters& counters() noexcept { return counters_; }

private:
    /// Replaces texts with secrets in them by others that live as long as this.
    class cleaner {
    public:
        explicit cleaner(std::vector<std::string> const& secrets)
            : secrets_(secrets)
        {
        }

        void operator()(std::string_view, std::string_view& text)
        {
            for (std::string const& secret : secrets_) {
                if (text.find(secret) == std::string_view::npos)
                    continue;
                core::redact(texts_.emplace_back(text), secret);
                text = texts_.back();
            }
        }

        template<class Number>
            requires std::is_arithmetic_v<Number>
        void operator()(std::string_view, Number) const noexcept
        {
        }

    private:
        std::vector<std::string> const& secrets_;
        std::list<std::string> texts_;
    };

    template<class Event>
    void pass_on(Event event) noexcept
    {
        try {
            cleaner clean(secrets_);
            Event::visit(event, clean);
            if (observer_)
                pass_to_observer(event);
            if (log_)
                pass_to_log([&] { deliver(*log_, event); });
        } catch (...) {
            counters_.count_observer_failure(); // no memory for a text
        }
    }

    template<class Event>
    void pass_to_observer(Event const& event)
    {
        try {
            deliver(*observer_, event);
            return;
        } catch (std::exception const& thrown) {
            on_observer_failure(thrown.what());
        } catch (...) {
            on_observer_failure("something that is no std::exception");
        }
    }

    void on_observer_failure(std::string reason)
    {
        counters_.count_observer_failure();
        if (!log_)
            return;
        for (std::string const& secret : secrets_)
            core::redact(reason, secret);
        pass_to_log([&] { log_->write(log_level::error, "config::observer has thrown: " + reason); });
    }

    template<class Write>
    void pass_to_log(Write const& write)
    {
        try {
            write();
        } catch (...) {
            counters_.count_log_failure();
        }
    }

    static void deliver(client_observer& to, request_started const& event) { to.on_request_started(event); }
    static void deliver(client_observer& to, request_finished const& event) { to.on_request_finished(event); }
    static void deliver(client_observer& to, request_retried const& event) { to.on_request_retried(event); }
    static void deliver(client_observer& to, request_throttled const& event) { to.on_request_throttled(event); }
    static void deliver(client_observer& to, request_queued const& event) { to.on_request_queued(event); }
    static void deliver(client_observer& to, request_dequeued const& event) { to.on_request_dequeued(event); }
    static void deliver(client_observer& to, connection_opened const& event) { to.on_connection_opened(event); }
    static void deliver(client_observer& to, connection_reused const& event) { to.on_connection_reused(event); }
    static void deliver(client_observer& to, connection_closed const& event) { to.on_connection_closed(event); }
    static void deliver(client_observer& to, prediction_changed const& event) { to.on_prediction_changed(event); }

    std::shared_ptr<client_observer> observer_;
    std::optional<log_observer> log_;
    std::vector<std::string> secrets_;
    client_counters counters_;
    std::uint64_t calls_ = 0;
    bool is_heard_ = false;
};

} // namespace replicate::core

#endif
