// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_PREDICTION_JSON_HPP
#define REPLICATE_DETAIL_PREDICTION_JSON_HPP

#include <replicate/core/datetime.hpp>
#include <replicate/prediction.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace replicate {

namespace detail {

inline json::value const null_value;
inline json::object const no_members;

inline std::optional<std::chrono::system_clock::time_point> time_member(
    json::object const& object, std::string_view name)
{
    std::string const text = text_member(object, name);
    if (text.empty())
        return std::nullopt;
    return core::parse_rfc3339(text);
}

inline std::optional<double> number_member(json::object const& object, std::string_view name)
{
    json::value const* value = object.if_contains({name.data(), name.size()});
    if (value == nullptr || !value->is_number())
        return std::nullopt;
    double const number = value->to_number<double>();
    if (!std::isfinite(number))
        return std::nullopt;
    // A negative predict_time was recorded once; nothing here can be less than nothing.
    return std::max(number, 0.0);
}

/// The service promises text; should it ever send something else, its JSON is better than nothing.
inline std::string error_member(json::object const& object)
{
    json::value const* value = object.if_contains("error");
    if (value == nullptr || value->is_null())
        return {};
    if (value->is_string())
        return text_member(object, "error");
    return json::serialize(*value);
}

inline prediction_metrics read_metrics(json::object const& object)
{
    prediction_metrics metrics;
    json::value const* value = object.if_contains("metrics");
    if (value == nullptr || !value->is_object())
        return metrics;
    json::object const& members = value->get_object();
    metrics.predict_time = number_member(members, "predict_time");
    metrics.total_time = number_member(members, "total_time");
    metrics.input_token_count = number_member(members, "input_token_count");
    metrics.output_token_count = number_member(members, "output_token_count");
    metrics.tokens_per_second = number_member(members, "tokens_per_second");
    metrics.time_to_first_token = number_member(members, "time_to_first_token");
    return metrics;
}

inline prediction_urls read_urls(json::object const& object)
{
    prediction_urls urls;
    json::value const* value = object.if_contains("urls");
    if (value == nullptr || !value->is_object())
        return urls;
    urls.get = text_member(value->get_object(), "get");
    urls.cancel = text_member(value->get_object(), "cancel");
    urls.web = text_member(value->get_object(), "web");
    urls.stream = text_member(value->get_object(), "stream");
    return urls;
}

inline bool flag_member(json::object const& object, std::string_view name)
{
    json::value const* value = object.if_contains({name.data(), name.size()});
    return value != nullptr && value->is_bool() && value->get_bool();
}

/// Why a prediction ended badly, in one line. A failed prediction may come without a text: then the last line of its
/// logs says more than nothing.
inline std::string ending_text(prediction const& ended)
{
    std::string text = on_one_line(ended.error);
    if (text.empty() && ended.status == prediction_status::failed) {
        std::string_view logs = ended.logs;
        while (!logs.empty() && (logs.back() == '\n' || logs.back() == '\r'))
            logs.remove_suffix(1);
        std::string_view const last_line = logs.substr(logs.find_last_of("\r\n") + 1);
        text = last_line.empty() ? "the model gave no reason" : "last line of its logs: " + without_controls(last_line);
    }
    std::string line = "prediction " + ended.id;
    if (!ended.model.empty())
        line += " of " + ended.model;
    if (!text.empty())
        line += ": " + text;
    return ended.urls.web.empty() ? line : line + " (" + ended.urls.web + ")";
}

inline errc code_of_ending(prediction_status status) noexcept
{
    if (status == prediction_status::canceled)
        return errc::prediction_canceled;
    return status == prediction_status::aborted ? errc::prediction_aborted : errc::prediction_failed;
}

inline replicate::diagnostics with_ending_text(replicate::diagnostics context)
{
    // Where it is told already it may have been changed: a secret is left out of it.
    if (context.detail.find("prediction " + context.prediction->id) == std::string::npos)
        context.detail += (context.detail.empty() ? "" : "; ") + ending_text(*context.prediction);
    return context;
}

} // namespace detail

inline prediction_status parse_prediction_status(std::string_view text) noexcept
{
    if (text == "starting")
        return prediction_status::starting;
    if (text == "processing")
        return prediction_status::processing;
    if (text == "succeeded")
        return prediction_status::succeeded;
    if (text == "failed")
        return prediction_status::failed;
    if (text == "canceled")
        return prediction_status::canceled;
    if (text == "aborted")
        return prediction_status::aborted;
    return prediction_status::unknown;
}

inline prediction prediction::from_json(json::value document)
{
    json::object const* object = document.if_object();
    if (object == nullptr || detail::text_member(*object, "id").empty())
        throw detail::make_error(errc::unexpected_document, "a prediction without an id");
    prediction result;
    result.id = detail::text_member(*object, "id");
    result.model = detail::text_member(*object, "model");
    result.version = detail::text_member(*object, "version");
    result.status_text = detail::text_member(*object, "status");
    result.status = parse_prediction_status(result.status_text);
    result.error = detail::error_member(*object);
    result.logs = detail::text_member(*object, "logs");
    result.metrics = detail::read_metrics(*object);
    result.urls = detail::read_urls(*object);
    result.created_at = detail::time_member(*object, "created_at");
    result.started_at = detail::time_member(*object, "started_at");
    result.completed_at = detail::time_member(*object, "completed_at");
    result.deadline = detail::time_member(*object, "deadline");
    result.data_removed = detail::flag_member(*object, "data_removed");
    result.raw_ = std::make_shared<json::object const>(std::move(document.get_object()));
    return result;
}

inline json::object const& prediction::raw() const noexcept
{
    return raw_ ? *raw_ : detail::no_members;
}

inline json::value const& prediction::member(std::string_view name) const noexcept
{
    json::value const* value = raw().if_contains({name.data(), name.size()});
    return value == nullptr ? detail::null_value : *value;
}

inline prediction_error::prediction_error(replicate::diagnostics context)
    // Not moved: the other argument needs it, and which of the two is evaluated first is not said.
    : error(make_error_code(detail::code_of_ending(context.prediction->status)), detail::with_ending_text(context))
{
}

} // namespace replicate

#endif
