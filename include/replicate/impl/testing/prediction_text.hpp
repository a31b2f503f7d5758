// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_PREDICTION_TEXT_HPP
#define REPLICATE_IMPL_TESTING_PREDICTION_TEXT_HPP

#include <replicate/core/base64.hpp>
#include <replicate/core/datetime.hpp>
#include <replicate/impl/testing/prediction_record.hpp>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

/// The JSON of a value whose objects have their members in a given order.
template<class Before>
void append_sorted(std::string& text, json::value const& value, Before before)
{
    if (value.is_array()) {
        char separator = '[';
        for (json::value const& element : value.get_array()) {
            text += std::exchange(separator, ',');
            append_sorted(text, element, before);
        }
        text += value.get_array().empty() ? "[]" : "]";
        return;
    }
    if (!value.is_object()) {
        text += json::serialize(value);
        return;
    }
    std::vector<json::key_value_pair const*> members;
    for (json::key_value_pair const& member : value.get_object())
        members.push_back(&member);
    std::sort(members.begin(), members.end(),
        [&](auto const* left, auto const* right) { return before(view(left->key()), view(right->key())); });
    char separator = '{';
    for (json::key_value_pair const* member : members) {
        text += std::exchange(separator, ',');
        text += json::serialize(json::value(member->key())) + ':';
        append_sorted(text, member->value(), before);
    }
    text += members.empty() ? "{}" : "}";
}

/// The order of the gateway, and the canonical form of an input: alphabetical.
inline std::string gateway_order(json::value const& value)
{
    std::string text;
    append_sorted(text, value, [](std::string_view left, std::string_view right) { return left < right; });
    return text;
}

/// The order of the web application: short names first.
inline std::string web_order(json::value const& value)
{
    std::string text;
    append_sorted(text, value, [](std::string_view left, std::string_view right) {
        return left.size() != right.size() ? left.size() < right.size() : left < right;
    });
    return text;
}

inline std::string data_uri(output_file const& file)
{
    return "data:" + file.content_type + ";base64," + core::base64_encode(file.content());
}

/// Puts links in the place of the script's file marks.
inline void replace_marks(json::value& value, std::vector<std::string> const& links)
{
    if (value.is_array())
        for (json::value& element : value.get_array())
            replace_marks(element, links);
    if (value.is_object())
        for (json::key_value_pair& member : value.get_object())
            replace_marks(member.value(), links);
    if (!value.is_string())
        return;
    std::string_view text = view(json::string_view(value.get_string()));
    if (!text.starts_with(script::mark_prefix()))
        return;
    text.remove_prefix(script::mark_prefix().size());
    std::size_t number = links.size();
    std::from_chars(text.data(), text.data() + text.size(), number);
    if (number < links.size())
        value = view(std::string_view(links[number]));
}

/// Writes one JSON object member by member, so that the members stand in the order of the service.
class object_writer {
public:
    /// A member whose value is JSON already.
    void raw(std::string_view name, std::string_view value)
    {
        text_ += text_.empty() ? '{' : ',';
        text_.append(1, '"').append(name).append("\":").append(value);
    }

    void string(std::string_view name, std::string_view value) { raw(name, json::serialize(json::value(view(value)))); }

    void string_or_null(std::string_view name, std::string_view value)
    {
        if (value.empty())
            raw(name, "null");
        else
            string(name, value);
    }

    std::string finish() &&
    {
        text_ += text_.empty() ? "{}" : "}";
        return std::move(text_);
    }

private:
    std::string text_;
};

inline std::string_view status_word(prediction_status status) noexcept
{
    switch (status) {
    case prediction_status::processing: return "processing";
    case prediction_status::succeeded: return "succeeded";
    case prediction_status::failed: return "failed";
    case prediction_status::canceled: return "canceled";
    case prediction_status::aborted: return "aborted";
    default: return "starting";
    }
}

/// What the two back ends write about a prediction (http-api 1.1 and 1.4). `base_url` is the API's; file marks in the
/// output must have been replaced.
class prediction_text {
public:
    prediction_text(prediction_record const& record, snapshot seen, std::string_view base_url)
        : record_(record)
        , seen_(std::move(seen))
        , base_url_(base_url)
    {
    }

    /// Where `older`, without the members that came after 2023.
    std::string gateway(bool older = false) const
    {
        object_writer object;
        object.string("id", record_.id);
        object.string("model", record_.model);
        object.string("version", record_.version);
        object.raw("input", record_.data_removed ? "null" : std::string_view(record_.gateway_input));
        object.string("logs", record_.data_removed ? std::string_view() : seen_.logs);
        if (!older || !seen_.output.is_null())
            object.raw("output", output());
        if (!older)
            object.raw("data_removed", record_.data_removed ? "true" : "false");
        object.string_or_null("error", seen_.error);
        object.string("status", status_word(seen_.status));
        object.string("created_at", core::format_rfc3339(record_.created.system, record_.fraction_digits));
        if (record_.deadline)
            object.string("deadline", time_text(*record_.deadline, 9));
        if (record_.stream_requested)
            object.raw("stream", "true");
        if (seen_.started)
            object.string("started_at", time_text(*seen_.started, 9));
        if (seen_.completed)
            object.string("completed_at", time_text(*seen_.completed, 9));
        if (!seen_.metrics.empty())
            object.raw("metrics", json::serialize(seen_.metrics));
        append_tail(object, older);
        return std::move(object).finish();
    }

    std::string web_application() const
    {
        object_writer object;
        object.string_or_null("completed_at", seen_.completed ? time_text(*seen_.completed, 6) : std::string());
        object.string("created_at", core::format_rfc3339(record_.created.system, 6));
        object.raw("data_removed", record_.data_removed ? "true" : "false");
        if (record_.deadline)
            object.string("deadline", time_text(*record_.deadline, 6));
        object.string_or_null("error", seen_.error);
        object.string("id", record_.id);
        object.raw("input", record_.data_removed ? "null" : std::string_view(record_.web_input));
        object.string_or_null("logs", record_.data_removed ? std::string_view() : seen_.logs);
        object.raw("metrics", seen_.metrics.empty() ? "null" : json::serialize(seen_.metrics));
        object.raw("output", output());
        object.string_or_null("started_at", seen_.started ? time_text(*seen_.started, 6) : std::string());
        object.string("status", status_word(seen_.status));
        append_tail(object, false);
        object.string("model", record_.model);
        object.string("version", record_.version);
        object.string_or_null("webhook", record_.webhook);
        return std::move(object).finish();
    }

private:
    std::string output() const { return record_.data_removed ? "null" : json::serialize(seen_.output); }

    std::string time_text(std::chrono::steady_clock::duration since_creation, int digits) const
    {
        auto const offset = std::chrono::duration_cast<std::chrono::system_clock::duration>(since_creation);
        return core::format_rfc3339(record_.created.system + offset, digits);
    }

    void append_tail(object_writer& object, bool older) const
    {
        if (!older)
            object.string("source", "api");
        if (!record_.deployment.empty())
            object.string("deployment", record_.deployment);
        std::string const self = "/predictions/" + record_.id;
        object_writer urls;
        urls.string("cancel", (record_.cancel_base.empty() ? base_url_ : record_.cancel_base) + self + "/cancel");
        urls.string("get", (record_.get_base.empty() ? base_url_ : record_.get_base) + self);
        if (!record_.stream_url.empty())
            urls.string("stream", record_.stream_url);
        if (!older)
            urls.string("web", "https://replicate.com/p/" + record_.id);
        object.raw("urls", std::move(urls).finish());
    }

    prediction_record const& record_;
    snapshot seen_;
    std::string base_url_;
};

} // namespace replicate::testing::detail

#endif
