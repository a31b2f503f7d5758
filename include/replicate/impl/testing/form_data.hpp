// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_FORM_DATA_HPP
#define REPLICATE_IMPL_TESTING_FORM_DATA_HPP

#include <replicate/impl/testing/target.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

/// A part of a multipart/form-data body (RFC 7578). The content is a view into the body.
class form_part {
public:
    std::string name;
    /// Empty where the part names no file.
    std::optional<std::string> file_name;
    /// As the part says it; empty where it does not.
    std::string content_type;
    std::string_view content;

    form_part() = default;
};

inline bool same_text(std::string_view left, std::string_view lower_case_right) noexcept
{
    return std::equal(left.begin(), left.end(), lower_case_right.begin(), lower_case_right.end(),
        [](char one, char other) { return (one >= 'A' && one <= 'Z' ? one + 32 : one) == other; });
}

inline std::string_view trim_blanks(std::string_view text) noexcept
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

/// Reads `value; name=value; name="value"` from left to right: the text of a Content-Disposition or a Content-Type.
class header_parameters {
public:
    explicit header_parameters(std::string_view text)
        : rest_(text)
    {
        kind_ = trim_blanks(rest_.substr(0, rest_.find(';')));
        rest_.remove_prefix(std::min(rest_.size(), rest_.find(';')));
    }

    /// What stands before the first parameter.
    std::string_view kind() const noexcept { return kind_; }

    /// The next parameter; false at the end, and where what follows is none.
    bool next()
    {
        if (rest_.empty() || rest_.front() != ';')
            return false;
        rest_.remove_prefix(1);
        std::size_t const equals = rest_.find('=');
        if (equals == std::string_view::npos)
            return false;
        name = trim_blanks(rest_.substr(0, equals));
        rest_ = trim_blanks(rest_.substr(equals + 1));
        return rest_.starts_with('"') ? read_quoted() : read_token();
    }

    std::string_view name;
    std::string value;

private:
    bool read_token()
    {
        value = trim_blanks(rest_.substr(0, rest_.find(';')));
        rest_.remove_prefix(std::min(rest_.size(), rest_.find(';')));
        return !value.empty();
    }

    // A backslash stands before what is meant as it is; that is how curl writes a quotation mark.
    bool read_quoted()
    {
        value.clear();
        for (std::size_t i = 1; i < rest_.size(); ++i) {
            if (rest_[i] == '"') {
                rest_ = trim_blanks(rest_.substr(i + 1));
                return true;
            }
            if (rest_[i] == '\\' && i + 1 < rest_.size() && (rest_[i + 1] == '"' || rest_[i + 1] == '\\'))
                ++i;
            value += rest_[i];
        }
        return false;
    }

    std::string_view kind_;
    std::string_view rest_;
};

/// The boundary that a Content-Type header names; empty where it is no multipart/form-data or names none.
inline std::string form_boundary(std::string_view content_type)
{
    header_parameters read(content_type);
    if (!same_text(read.kind(), "multipart/form-data"))
        return {};
    while (read.next())
        if (same_text(read.name, "boundary"))
            return read.value.size() <= 70 ? read.value : std::string();
    return {};
}

// Browsers write `%22`, `%0D` and `%0A` in names for what cannot stand there, and nothing else so.
inline std::string decode_form_name(std::string_view text)
{
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string_view const escape = text.substr(i, 3);
        bool const known = escape == "%22" || escape == "%0D" || escape == "%0A";
        decoded += known ? percent_decode(escape) : std::string(1, text[i]);
        i += known ? 2 : 0;
    }
    return decoded;
}

inline bool read_disposition(std::string_view text, form_part& part)
{
    header_parameters read(text);
    if (!same_text(read.kind(), "form-data"))
        return false;
    bool named = false;
    while (read.next()) {
        if (same_text(read.name, "name")) {
            part.name = decode_form_name(read.value);
            named = true;
        } else if (same_text(read.name, "filename")) {
            part.file_name = decode_form_name(read.value);
        }
    }
    return named;
}

// The lines between the delimiter and the content, without the empty one. False where they are not those of a form's part.
inline bool read_part_head(std::string_view head, form_part& part)
{
    bool disposed = false;
    while (!head.empty()) {
        std::string_view const line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(std::min(head.size(), line.size() + 2));
        std::size_t const colon = line.find(':');
        if (colon == std::string_view::npos)
            return false;
        std::string_view const value = trim_blanks(line.substr(colon + 1));
        if (same_text(line.substr(0, colon), "content-disposition"))
            disposed = read_disposition(value, part);
        else if (same_text(line.substr(0, colon), "content-type"))
            part.content_type = value;
    }
    return disposed;
}

/// The parts of a body, in order. Empty where it is cut, or is not such a body: no parts, no end, no name, more than 64
/// parts, more than 16 KiB of header for one of them.
inline std::optional<std::vector<form_part>> parse_form(std::string_view body, std::string_view boundary)
{
    constexpr std::size_t most_parts = 64;
    constexpr std::size_t longest_head = 16 * 1024;
    std::string const delimiter = "\r\n--" + std::string(boundary);
    std::string_view const opening = std::string_view(delimiter).substr(2);
    std::vector<form_part> parts;
    // What stands before the first delimiter is for readers without MIME.
    if (boundary.empty() || (!body.starts_with(opening) && body.find(delimiter) == std::string_view::npos))
        return std::nullopt;
    body.remove_prefix(body.starts_with(opening) ? opening.size() : body.find(delimiter) + delimiter.size());
    while (!body.starts_with("--")) {
        std::size_t const line_end = body.find("\r\n");
        if (line_end == std::string_view::npos || !trim_blanks(body.substr(0, line_end)).empty())
            return std::nullopt;
        body.remove_prefix(line_end);
        std::size_t const head_end = body.substr(0, longest_head).find("\r\n\r\n");
        if (head_end == std::string_view::npos || parts.size() == most_parts)
            return std::nullopt;
        form_part part;
        if (head_end == 0 || !read_part_head(body.substr(2, head_end - 2), part))
            return std::nullopt;
        // The line end before a delimiter belongs to it, and an empty content has none of its own.
        body.remove_prefix(head_end + 2);
        std::size_t const content_end = body.find(delimiter);
        if (content_end == std::string_view::npos)
            return std::nullopt;
        part.content = content_end == 0 ? std::string_view() : body.substr(2, content_end - 2);
        body.remove_prefix(content_end + delimiter.size());
        parts.push_back(std::move(part));
    }
    return parts.empty() ? std::nullopt : std::optional(std::move(parts));
}

} // namespace replicate::testing::detail

#endif
