// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CLIENT_OBSERVER_HPP
#define REPLICATE_CLIENT_OBSERVER_HPP

#include <replicate/connection_events.hpp>
#include <replicate/prediction.hpp>
#include <replicate/request_events.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

// What a client tells of its work while it goes on, for metrics, traces and logs. Each class is one kind of event. Its members are
// named after the attributes of OpenTelemetry's semantic conventions (HTTP client, gen_ai), which stand behind them in brackets; what
// those have no name for begins with `replicate.`. `visit` gives all of them by these names:
//
//     replicate::request_finished::visit(event, [&](std::string_view name, auto const& value) { span.set(name, value); });
//
// where a value is a `std::string_view`, a `std::uint64_t`, a `double` (seconds, for times) or a `bool`. What is empty or unknown is left
// out. Texts are valid for as long as the callback lasts. No event ever holds a token, a header, a query or the content of an input or
// output.

namespace replicate {

/// How a client came to know a prediction.
enum class prediction_origin {
    /// A call of this client created it.
    created,
    /// It was created by a call of this client whose answer was lost, and found in the list of predictions.
    adopted,
    /// It existed: it is waited for or streamed by its id.
    known
};

/// The word for an origin.
constexpr std::string_view to_string(prediction_origin value) noexcept
{
    constexpr std::string_view words[] = {"created", "adopted", "known"};
    return words[static_cast<std::size_t>(value)];
}

/// The word for a status, as the service has it.
constexpr std::string_view to_string(prediction_status value) noexcept
{
    constexpr std::string_view words[] = {
        "unknown", "starting", "processing", "succeeded", "failed", "canceled", "aborted"};
    return words[static_cast<std::size_t>(value)];
}

/// A prediction has come into another state, as a call of this client sees it that runs, waits for, streams or cancels it. Of a prediction
/// that several calls watch, each tells by itself. A look at a prediction (`predictions().async_get`, a list) tells nothing.
class prediction_changed {
public:
    /// [gen_ai.provider.name]
    static constexpr std::string_view provider_name = "replicate";

    /// [replicate.prediction.id] Which.
    std::string_view id;
    /// [gen_ai.request.model] What was asked for; empty where the prediction existed already.
    std::string_view request_model;
    /// [gen_ai.response.model] What runs it: `owner/name`.
    std::string_view response_model;
    /// [replicate.prediction.version] Which version of it.
    std::string_view version;
    /// [replicate.prediction.origin] How the client came to know it.
    prediction_origin origin = prediction_origin::known;
    /// The state before; `unknown` where this is the first that the call sees of it.
    prediction_status previous = prediction_status::unknown;
    /// [replicate.prediction.status] The state now.
    prediction_status status = prediction_status::unknown;
    /// True for the first event of a prediction that this client has created, or found again.
    bool is_new = false;
    /// [error.type] `failed` or `aborted` where it ended so; else empty.
    std::string_view error_type;
    /// [replicate.prediction.predict_time] Seconds that the model ran, which is what is paid for.
    std::optional<double> predict_time;
    /// [replicate.prediction.total_time] Seconds from the creation to the end, as the service measured them.
    std::optional<double> total_time;
    /// [gen_ai.usage.input_tokens] Tokens of the prompt, where the model counts them.
    std::optional<double> input_tokens;
    /// [gen_ai.usage.output_tokens] Tokens of the answer, where the model counts them.
    std::optional<double> output_tokens;

    /// Nothing.
    prediction_changed() = default;

    /// Shows all attributes.
    template<class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        detail::visit_word(visitor, "gen_ai.provider.name", provider_name);
        detail::visit_text(visitor, "replicate.prediction.id", self.id);
        detail::visit_text(visitor, "gen_ai.request.model", self.request_model);
        detail::visit_text(visitor, "gen_ai.response.model", self.response_model);
        detail::visit_text(visitor, "replicate.prediction.version", self.version);
        detail::visit_word(visitor, "replicate.prediction.origin", to_string(self.origin));
        detail::visit_word(visitor, "replicate.prediction.status", to_string(self.status));
        detail::visit_text(visitor, "error.type", self.error_type);
        detail::visit_known(visitor, "replicate.prediction.predict_time", self.predict_time);
        detail::visit_known(visitor, "replicate.prediction.total_time", self.total_time);
        detail::visit_count(visitor, "gen_ai.usage.input_tokens", self.input_tokens);
        detail::visit_count(visitor, "gen_ai.usage.output_tokens", self.output_tokens);
    }
};

/// Hears what a client does: derive from it, override what is of interest, and set `config::observer`.
///
/// Thread safety: the callbacks of one client come one after the other, on its strand, which they must not block; the last connections of a
/// client are closed by whoever lets go of it last, so `on_connection_closed` may come on that thread. An observer that several
/// clients have is called by each, at the same time if their execution contexts have several threads. A callback may use the client, but
/// waits for nothing.
/// Errors: what a callback throws goes no further: the client does not change its course for it. It is counted
/// (`client_metrics::observer_failures`) and logged, and the observer goes on to be called.
class client_observer {
public:
    client_observer() = default;
    client_observer(client_observer const&) = delete;
    client_observer& operator=(client_observer const&) = delete;
    virtual ~client_observer() = default;

    /// A try of a request begins.
    virtual void on_request_started(request_started const&) {}
    /// A try of a request has ended.
    virtual void on_request_finished(request_finished const&) {}
    /// A request will be sent again.
    virtual void on_request_retried(request_retried const&) {}
    /// The service has answered 429.
    virtual void on_request_throttled(request_throttled const&) {}
    /// A request, or a call that creates a prediction, has to wait for its turn.
    virtual void on_request_queued(request_queued const&) {}
    /// It need not wait any more.
    virtual void on_request_dequeued(request_dequeued const&) {}
    /// A connection was opened.
    virtual void on_connection_opened(connection_opened const&) {}
    /// An idle connection is used again.
    virtual void on_connection_reused(connection_reused const&) {}
    /// A connection was closed.
    virtual void on_connection_closed(connection_closed const&) {}
    /// A prediction has come into another state.
    virtual void on_prediction_changed(prediction_changed const&) {}
};

} // namespace replicate

#endif
