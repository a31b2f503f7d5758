// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_PREDICTION_HPP
#define REPLICATE_PREDICTION_HPP

#include <replicate/error.hpp>
#include <replicate/response_meta.hpp>

#include <boost/json/value.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace replicate {

namespace json = boost::json;

/// Where a prediction is in its life (http-api 2.1). The service may add states: they are kept as text in
/// `prediction::status_text` and count as not ended.
enum class prediction_status {
    /// A state that this version of the library does not know.
    unknown,
    /// Accepted; queued, or its machine is booting.
    starting,
    /// The model is running. A sync answer may say so although it already holds the whole output.
    processing,
    /// Ended with its output.
    succeeded,
    /// Ended with an error.
    failed,
    /// Ended by its user, or by its deadline while it ran.
    canceled,
    /// Ended by its deadline before it ran; costs nothing.
    aborted
};

/// The state that a word of the service names.
prediction_status parse_prediction_status(std::string_view text) noexcept;

/// True for a state that a prediction never leaves.
constexpr bool is_terminal(prediction_status status) noexcept
{
    return status == prediction_status::succeeded || status == prediction_status::failed
        || status == prediction_status::canceled || status == prediction_status::aborted;
}

/// What a prediction took. The service adds members freely: all of them are in `prediction::raw()`.
class prediction_metrics {
public:
    /// Seconds that the model ran, which is what is paid for. Never negative.
    std::optional<double> predict_time;
    /// Seconds from creation to the end.
    std::optional<double> total_time;
    /// Tokens in the prompt; language models only.
    std::optional<double> input_token_count;
    /// Tokens in the answer; language models only.
    std::optional<double> output_token_count;
    /// Tokens a second; language models only.
    std::optional<double> tokens_per_second;
    /// Seconds to the first token; language models only.
    std::optional<double> time_to_first_token;

    /// Nothing measured.
    prediction_metrics() = default;
};

/// The links of a prediction. Each may be empty.
class prediction_urls {
public:
    /// Itself, in the API.
    std::string get;
    /// POST here cancels it.
    std::string cancel;
    /// Its page, for people.
    std::string web;
    /// Its server-sent events, where the model streams.
    std::string stream;

    /// No links.
    prediction_urls() = default;
};

/// One run of a model, as the service last described it. A plain value.
class prediction : public answered {
public:
    /// Its identity; opaque.
    std::string id;
    /// `owner/name`.
    std::string model;
    /// The version that runs it, 64 hexadecimal digits or `hidden`; it may differ from the one asked for.
    std::string version;
    /// The state.
    prediction_status status = prediction_status::unknown;
    /// The state in the service's own word.
    std::string status_text;
    /// Why it failed; empty where it did not.
    std::string error;
    /// All that it has logged so far.
    std::string logs;
    /// What it took.
    prediction_metrics metrics;
    /// Its links.
    prediction_urls urls;
    /// When it was created, started and ended, and when the service will end it; in the service's time.
    std::optional<std::chrono::system_clock::time_point> created_at, started_at, completed_at, deadline;
    /// True when the service has deleted input, output and logs (one hour after the end).
    bool data_removed = false;

    /// No prediction.
    prediction() = default;

    /// Reads what the service sent, from either of its back ends. Absent and null are the same; unknown members are kept
    /// in `raw()`; only an answer without an id is refused, with an `error` of `errc::unexpected_document`.
    static prediction from_json(json::value document);

    /// What it was asked; null after the data was removed.
    json::value const& input() const noexcept { return member("input"); }

    /// What it answered so far; null while there is nothing.
    json::value const& output() const noexcept { return member("output"); }

    /// Everything, as it came.
    json::object const& raw() const noexcept;

    /// True when it has ended.
    bool is_terminal() const noexcept { return replicate::is_terminal(status); }

private:
    json::value const& member(std::string_view name) const noexcept;

    // Shared: an output of several megabytes is not copied with the prediction.
    std::shared_ptr<json::object const> raw_;
};

/// A prediction ended as `failed`, `canceled` or `aborted`.
class prediction_error : public error {
public:
    /// The error for such a prediction. Precondition: `context.prediction` is not null.
    explicit prediction_error(replicate::diagnostics context);

    /// The prediction, with its logs and links.
    replicate::prediction const& prediction() const noexcept { return *diagnostics().prediction; }
};

} // namespace replicate

#include <replicate/detail/prediction_json.hpp>

#endif
