// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_PROBLEM_HPP
#define REPLICATE_PROBLEM_HPP

#include <replicate/core/utf8.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace replicate {

namespace json = boost::json;

/// One member of the input that the service refused (`invalid_fields` of a 422 answer).
class invalid_field {
public:
    /// Why, as a word: `required`, `enum`, `number_lte`, `additional_property_not_allowed`, ...
    std::string type;
    /// Where, as a dotted path rooted in the request: `input.prompt`.
    std::string field;
    /// Why, for people.
    std::string description;

    /// Nothing yet.
    invalid_field() = default;
};

/// One member of a resource that the service refused (`errors` of a 400 answer).
class invalid_pointer {
public:
    /// Where, as a JSON pointer: `/hardware`.
    std::string pointer;
    /// Why, for people.
    std::string detail;

    /// Nothing yet.
    invalid_pointer() = default;
};

/// The body of an answer that reports an error, as far as the service gave one. Every member may be empty:
/// gateways also answer with HTML or with nothing. The text is the service's: show it, do not trust it.
/// (Members: RFC 9457 and the recorded exchanges; no media type is relied on.)
class problem {
public:
    /// A short name: "Input validation failed".
    std::string title;
    /// What is wrong: "- input: prompt is required\n".
    std::string detail;
    /// The status that the body names; 0 where it names none. `diagnostics::http_status` is the real one.
    unsigned status = 0;
    /// The refused members of the input.
    std::vector<invalid_field> invalid_fields;
    /// The refused members of a resource.
    std::vector<invalid_pointer> errors;
    /// How long the service asks to wait, in the body of a 429 answer.
    std::optional<std::chrono::duration<double>> retry_after;

    /// Nothing was said.
    problem() = default;

    /// Reads a body. Never fails: what is not JSON gives its first words, with markup removed, as `detail`.
    static problem parse(std::string_view body);

    /// `title` and `detail` in one line; empty where the body said nothing.
    std::string text() const;
};

namespace detail {

inline std::string text_member(json::object const& object, std::string_view key)
{
    json::value const* value = object.if_contains(key);
    if (value == nullptr || !value->is_string())
        return {};
    return std::string(value->get_string().data(), value->get_string().size());
}

/// The words of an HTML page, so that a gateway's page can stand in a message.
inline std::string without_markup(std::string_view page, std::size_t limit)
{
    // The tags of the beginning of a page may be long.
    page = page.substr(0, 64 * limit);
    std::string words;
    bool inside_tag = false;
    for (char letter : page) {
        if (letter == '<')
            inside_tag = true;
        bool const blank = inside_tag || static_cast<unsigned char>(letter) <= ' ' || letter == 0x7f;
        if (letter == '>')
            inside_tag = false;
        if (!blank)
            words += letter;
        else if (!words.empty() && words.back() != ' ')
            words += ' ';
    }
    words.resize(core::utf8_front(words, limit).size());
    while (!words.empty() && words.back() == ' ')
        words.pop_back();
    return words;
}

/// A line without what a terminal or a log acts upon, and without blanks around it.
inline std::string without_controls(std::string_view line)
{
    std::string words;
    for (char letter : line) {
        bool const blank = static_cast<unsigned char>(letter) <= ' ' || letter == 0x7f;
        if (!blank)
            words += letter;
        else if (!words.empty())
            words += ' ';
    }
    while (!words.empty() && words.back() == ' ')
        words.pop_back();
    return words;
}

/// One line of a text of several: the service lists violations as "- a\n- b\n".
inline std::string on_one_line(std::string_view text)
{
    std::string line;
    while (!text.empty()) {
        std::size_t const end = text.find_first_of("\r\n");
        std::string_view part = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (part.substr(0, 2) == "- ")
            part.remove_prefix(2);
        std::string const words = without_controls(part);
        if (words.empty())
            continue;
        if (!line.empty())
            line += line.back() == ':' ? " " : "; ";
        line += words;
    }
    return line;
}

inline void read_invalid_fields(json::object const& body, problem& result)
{
    json::value const* list = body.if_contains("invalid_fields");
    if (list == nullptr || !list->is_array())
        return;
    for (json::value const& entry : list->get_array()) {
        if (!entry.is_object())
            continue;
        invalid_field field;
        field.type = text_member(entry.get_object(), "type");
        field.field = text_member(entry.get_object(), "field");
        field.description = text_member(entry.get_object(), "description");
        result.invalid_fields.push_back(std::move(field));
    }
}

inline void read_errors(json::object const& body, problem& result)
{
    json::value const* list = body.if_contains("errors");
    if (list == nullptr || !list->is_array())
        return;
    for (json::value const& entry : list->get_array()) {
        if (!entry.is_object())
            continue;
        invalid_pointer error;
        error.pointer = text_member(entry.get_object(), "pointer");
        error.detail = text_member(entry.get_object(), "detail");
        result.errors.push_back(std::move(error));
    }
}

} // namespace detail

inline problem problem::parse(std::string_view body)
{
    problem result;
    boost::system::error_code code;
    json::value const document = json::parse(json::string_view(body.data(), body.size()), code);
    if (code || !document.is_object()) {
        result.detail = detail::without_markup(body, 512);
        return result;
    }
    json::object const& object = document.get_object();
    result.title = detail::text_member(object, "title");
    result.detail = detail::text_member(object, "detail");
    if (json::value const* status = object.if_contains("status"); status && status->is_int64())
        result.status = static_cast<unsigned>(std::clamp<std::int64_t>(status->get_int64(), 0, 999));
    if (json::value const* seconds = object.if_contains("retry_after"); seconds && seconds->is_number())
        result.retry_after = std::chrono::duration<double>(seconds->to_number<double>());
    detail::read_invalid_fields(object, result);
    detail::read_errors(object, result);
    // An error in a form that is not known is shown as it is.
    if (result.title.empty() && result.detail.empty())
        result.detail = core::utf8_front(body, 512);
    return result;
}

inline std::string problem::text() const
{
    std::string line = detail::on_one_line(title);
    std::string const rest = detail::on_one_line(detail);
    if (!line.empty() && !rest.empty())
        line += ": ";
    return line + rest;
}

} // namespace replicate

#endif
