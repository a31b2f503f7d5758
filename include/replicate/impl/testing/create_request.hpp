// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_CREATE_REQUEST_HPP
#define REPLICATE_IMPL_TESTING_CREATE_REQUEST_HPP

#include <replicate/impl/testing/prediction_record.hpp>
#include <replicate/impl/testing/wire.hpp>
#include <replicate/testing/model.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

/// The 422 for an input that does not fit (http-api 8.2).
inline reply input_refusal(std::vector<invalid_field> const& fields)
{
    std::string detail;
    json::array listed;
    for (invalid_field const& each : fields) {
        detail += "- " + each.field + ": " + each.description + '\n';
        json::object& entry = listed.emplace_back(json::object()).get_object();
        entry["type"] = view(std::string_view(each.type));
        entry["field"] = view(std::string_view(each.field));
        entry["description"] = view(std::string_view(each.description));
    }
    json::object document;
    document["title"] = "Input validation failed";
    document["detail"] = view(std::string_view(detail));
    document["status"] = 422;
    document["invalid_fields"] = std::move(listed);
    reply made(422, json::serialize(document) + '\n');
    made.content_type = "application/problem+json";
    return made;
}

/// The 422 for a version that cannot be run (http-api 8.2).
inline reply version_refusal()
{
    return problem(422, "Invalid version or not permitted",
        "The specified version does not exist (or perhaps you don't have permission to use it?)");
}

/// The body of a create, checked: either `refusal` is set, or the rest is.
class create_request {
public:
    std::optional<reply> refusal;
    /// Empty on the routes that name the model in the path.
    std::string version;
    json::object input;
    std::string webhook;
    std::vector<webhook_event> webhook_events;
    bool stream = false;

    create_request() = default;
};

inline std::string text_member(json::object const& object, std::string_view name)
{
    json::value const* const member = object.if_contains(view(name));
    return member != nullptr && member->is_string() ? std::string(view(json::string_view(member->get_string())))
                                                    : std::string();
}

/// The event of a word in `webhook_events_filter`; empty where it is none.
inline std::optional<webhook_event> parse_webhook_event(json::value const& word)
{
    constexpr std::string_view words[] = {"start", "output", "logs", "completed"};
    auto const* const found = word.is_string()
        ? std::find(std::begin(words), std::end(words), view(json::string_view(word.get_string())))
        : std::end(words);
    if (found == std::end(words))
        return std::nullopt;
    return static_cast<webhook_event>(found - std::begin(words));
}

/// The events of the member `webhook_events_filter`; empty where there is none, or where it is not a list of events.
inline std::optional<std::vector<webhook_event>> parse_webhook_events(json::object const& body)
{
    std::vector<webhook_event> events;
    json::value const* const filter = body.if_contains("webhook_events_filter");
    if (filter == nullptr || filter->is_null())
        return events;
    if (!filter->is_array())
        return std::nullopt;
    for (json::value const& word : filter->get_array()) {
        auto const event = parse_webhook_event(word);
        if (!event)
            return std::nullopt;
        events.push_back(*event);
    }
    return events;
}

inline invalid_field webhook_events_refusal()
{
    return invalid_field("enum", "webhook_events_filter",
        "webhook_events_filter must be a list of \"start\", \"output\", \"logs\", \"completed\"");
}

inline std::vector<invalid_field> wrong_members(json::object const& body, bool version_in_body)
{
    constexpr std::string_view allowed[] = {"input", "webhook", "webhook_events_filter", "stream", "version"};
    std::vector<invalid_field> wrong;
    if (version_in_body && text_member(body, "version").empty())
        wrong.emplace_back("required", "(root)", "version is required");
    json::value const* const input = body.if_contains("input");
    if (input == nullptr)
        wrong.emplace_back("required", "(root)", "input is required");
    else if (!input->is_object())
        wrong.emplace_back("invalid_type", "input", "Invalid type. Expected: object");
    if (!parse_webhook_events(body))
        wrong.push_back(webhook_events_refusal());
    auto const* const end = std::end(allowed) - (version_in_body ? 0 : 1);
    for (json::key_value_pair const& member : body)
        if (std::find(std::begin(allowed), end, view(member.key())) == end)
            wrong.emplace_back("additional_property_not_allowed", "(root)",
                "Additional property " + std::string(view(member.key())) + " is not allowed");
    return wrong;
}

inline create_request parse_create(std::string_view body, bool version_in_body)
{
    create_request parsed;
    json::error_code failure;
    json::value document = json::parse(view(body), failure, json::storage_ptr(), deep_json());
    if (failure || !document.is_object()) {
        parsed.refusal = problem(400, "", "JSON parse error - " + (failure ? failure.message() : "not an object"));
        return parsed;
    }
    json::object& members = document.get_object();
    if (auto const wrong = wrong_members(members, version_in_body); !wrong.empty()) {
        parsed.refusal = input_refusal(wrong);
        return parsed;
    }
    parsed.version = text_member(members, "version");
    parsed.input = std::move(members["input"].get_object());
    parsed.webhook = text_member(members, "webhook");
    parsed.webhook_events = *parse_webhook_events(members);
    json::value const* const stream = members.if_contains("stream");
    parsed.stream = stream != nullptr && stream->is_bool() && stream->get_bool();
    return parsed;
}

/// What a `Prefer` header asks of the service.
class wait_preference {
public:
    /// How long the answer may be held.
    std::chrono::seconds time{};
    /// To be repeated in `preference-applied`.
    std::string text;

    wait_preference() = default;
};

/// `wait` or `wait=n`, among other preferences; empty where there is none that counts.
inline std::optional<wait_preference> parse_prefer(std::string_view header)
{
    while (!header.empty()) {
        std::string_view part = header.substr(0, header.find(','));
        header.remove_prefix(std::min(header.size(), part.size() + 1));
        while (part.starts_with(' '))
            part.remove_prefix(1);
        while (part.ends_with(' '))
            part.remove_suffix(1);
        wait_preference found;
        found.text = part;
        found.time = std::chrono::seconds(60);
        if (part == "wait")
            return found;
        unsigned seconds = 0;
        if (!part.starts_with("wait="))
            continue;
        auto const end = part.data() + part.size();
        auto const parsed = std::from_chars(part.data() + 5, end, seconds);
        if (parsed.ec != std::errc() || parsed.ptr != end || seconds == 0)
            continue;
        found.time = std::chrono::seconds(std::min(seconds, 60U));
        return found;
    }
    return std::nullopt;
}

/// The grammar of `Cancel-After`: `90`, `90s`, `5m`, `1h30m45s`. Empty where the text is not one.
inline std::optional<std::chrono::seconds> parse_cancel_after(std::string_view text)
{
    std::chrono::seconds total{};
    if (text.empty())
        return std::nullopt;
    while (!text.empty()) {
        unsigned amount = 0;
        auto const parsed = std::from_chars(text.data(), text.data() + text.size(), amount);
        if (parsed.ec != std::errc() || amount > 1'000'000)
            return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
        char const unit = text.empty() ? 's' : text.front();
        if (unit != 's' && unit != 'm' && unit != 'h')
            return std::nullopt;
        total += std::chrono::seconds(amount) * (unit == 'h' ? 3600 : unit == 'm' ? 60 : 1);
        text.remove_prefix(text.empty() ? 0 : 1);
    }
    return total;
}

} // namespace replicate::testing::detail

#endif
