// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_REQUEST_EVENTS_HPP
#define REPLICATE_REQUEST_EVENTS_HPP

#include <replicate/detail/event_attributes.hpp>
#include <replicate/priority.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace replicate {

/// How one try of a request ended.
enum class request_outcome {
    /// With an answer of a status below 400.
    succeeded,
    /// With a status of 4xx other than 429.
    refused,
    /// With 429.
    throttled,
    /// With a status of 5xx.
    server_error,
    /// A phase of it took too long.
    timed_out,
    /// No connection, or it was lost.
    connection_failed,
    /// The handshake or the certificate failed.
    tls_failed,
    /// The answer was not understood.
    malformed_answer,
    /// It was broken off here: its caller has gone, or its body could not be read.
    interrupted,
    /// For another reason.
    other
};

/// Which of the service's rate limits a request counts for.
enum class request_kind {
    /// It creates a prediction.
    create,
    /// It looks at one prediction.
    get_prediction,
    /// Anything else, requests to other hosts among them.
    other
};

/// The word for an outcome.
constexpr std::string_view to_string(request_outcome value) noexcept
{
    constexpr std::string_view words[] = {"succeeded", "refused", "throttled", "server_error", "timed_out", "connection_failed",
        "tls_failed", "malformed_answer", "interrupted", "other"};
    return words[static_cast<std::size_t>(value)];
}

/// The word for a kind of request.
constexpr std::string_view to_string(request_kind value) noexcept
{
    constexpr std::string_view words[] = {"create", "get_prediction", "other"};
    return words[static_cast<std::size_t>(value)];
}

/// What all events of one try of a request have in common.
class request_event {
public:
    /// [replicate.call] The number of the request within its client, from 1; its repetitions have the same.
    std::uint64_t call = 0;
    /// [replicate.request.kind] What it counts for.
    request_kind kind = request_kind::other;
    /// [http.request.method] GET, POST, ...
    std::string_view method;
    /// [server.address] The host that it is for, whatever proxy is between.
    std::string_view server_address;
    /// [server.port] Its port.
    std::uint16_t server_port = 0;
    /// [url.path] The path, without the query; empty for other hosts than the API's, because there it may be a secret (files, streams).
    std::string_view path;
    /// [http.request.resend_count] How many times it was sent before.
    unsigned resend_count = 0;

    /// Nothing.
    request_event() = default;

    /// Shows all attributes.
    template<class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        detail::visit_number(visitor, "replicate.call", self.call);
        detail::visit_word(visitor, "replicate.request.kind", to_string(self.kind));
        detail::visit_text(visitor, "http.request.method", self.method);
        detail::visit_text(visitor, "server.address", self.server_address);
        detail::visit_number(visitor, "server.port", self.server_port);
        detail::visit_text(visitor, "url.path", self.path);
        if (self.resend_count != 0)
            detail::visit_number(visitor, "http.request.resend_count", self.resend_count);
    }
};

/// A try of a request begins: it has got its turn, and looks for a connection.
class request_started : public request_event {
public:
    /// [http.request.body.size] The bytes of its body.
    std::uint64_t request_body_size = 0;

    /// Nothing.
    request_started() = default;

    /// Shows all attributes.
    template<class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        request_event::visit(self, visitor);
        detail::visit_number(visitor, "http.request.body.size", self.request_body_size);
    }
};

/// A try of a request has ended; there is one for each `request_started`.
class request_finished : public request_event {
public:
    /// How.
    request_outcome outcome = request_outcome::other;
    /// [http.response.status_code] The status; 0 where no answer came.
    unsigned status_code = 0;
    /// [error.type] Empty for a success; the status as a text, for one from 400; else the word for `outcome`.
    std::string_view error_type;
    /// [http.client.request.duration] From its start to its end.
    std::chrono::steady_clock::duration duration{};
    /// [http.response.body.size] The bytes of the answer's body; 0 where it was passed on while it came.
    std::uint64_t response_body_size = 0;
    /// [http.response.header.cf-ray] What a support request to Replicate should name.
    std::string_view response_id;
    /// [replicate.connection.reused] Whether its connection had carried another request before.
    bool reused = false;

    /// Nothing.
    request_finished() = default;

    /// Shows all attributes.
    template<class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        request_event::visit(self, visitor);
        if (self.status_code != 0)
            detail::visit_number(visitor, "http.response.status_code", self.status_code);
        detail::visit_text(visitor, "error.type", self.error_type);
        detail::visit_time(visitor, "http.client.request.duration", self.duration);
        detail::visit_number(visitor, "http.response.body.size", self.response_body_size);
        detail::visit_text(visitor, "http.response.header.cf-ray", self.response_id);
        visitor("replicate.connection.reused", self.reused);
    }
};

/// A request that has failed, or was refused, will be sent again; `resend_count` is that of the try that failed.
class request_retried : public request_event {
public:
    /// [error.type] Why; as in `request_finished`.
    std::string_view error_type;
    /// [replicate.retry.delay] The time until then; after 429 what the service asked for, while the limits of all requests decide.
    std::chrono::steady_clock::duration delay{};

    /// Nothing.
    request_retried() = default;

    /// Shows all attributes.
    template<class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        request_event::visit(self, visitor);
        detail::visit_text(visitor, "error.type", self.error_type);
        detail::visit_time(visitor, "replicate.retry.delay", self.delay);
    }
};

/// The service has answered 429.
class request_throttled : public request_event {
public:
    /// [replicate.throttle.retry_after] How long it wishes to be left alone; zero where it does not say.
    std::chrono::steady_clock::duration retry_after{};

    /// Nothing.
    request_throttled() = default;

    /// Shows all attributes.
    template<class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        request_event::visit(self, visitor);
        detail::visit_time(visitor, "replicate.throttle.retry_after", self.retry_after);
    }
};

/// A request, or a call that creates a prediction, has to wait for its turn.
class request_queued {
public:
    /// [replicate.request.kind] For which.
    request_kind kind = request_kind::other;
    /// [gen_ai.request.model] What is to be run; empty where that does not matter.
    std::string_view request_model;
    /// [replicate.queue.priority] Before whom it goes.
    replicate::priority priority = replicate::priority::interactive;
    /// [replicate.queue.group] With whom it takes turns.
    std::string_view group;
    /// [replicate.queue.length] How many wait for the same, itself included.
    std::size_t length = 0;

    /// Nothing.
    request_queued() = default;

    /// Shows all attributes.
    template<class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        bool const is_batch = self.priority == replicate::priority::batch;
        detail::visit_word(visitor, "replicate.request.kind", to_string(self.kind));
        detail::visit_text(visitor, "gen_ai.request.model", self.request_model);
        detail::visit_word(visitor, "replicate.queue.priority", is_batch ? "batch" : "interactive");
        detail::visit_text(visitor, "replicate.queue.group", self.group);
        detail::visit_number(visitor, "replicate.queue.length", self.length);
    }
};

/// What had to wait does so no more; there is one for each `request_queued`. `length`: how many still wait.
class request_dequeued : public request_queued {
public:
    /// [replicate.queue.duration] How long it has waited.
    std::chrono::steady_clock::duration duration{};
    /// [replicate.queue.admitted] Whether it has got its turn. Otherwise its caller has gone, its time was up, or nothing may go (402).
    bool admitted = false;

    /// Nothing.
    request_dequeued() = default;

    /// Shows all attributes.
    template<class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        request_queued::visit(self, visitor);
        detail::visit_time(visitor, "replicate.queue.duration", self.duration);
        visitor("replicate.queue.admitted", self.admitted);
    }
};

} // namespace replicate

#endif
