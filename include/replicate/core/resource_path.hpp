// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_RESOURCE_PATH_HPP
#define REPLICATE_CORE_RESOURCE_PATH_HPP

#include <replicate/core/page_links.hpp>
#include <replicate/core/percent_encoding.hpp>
#include <replicate/core/request.hpp>
#include <replicate/error.hpp>
#include <replicate/identifier.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace replicate::core {

/// Refuses an id that could not stand in a path, before anything is sent.
inline void check_id(std::string_view argument, std::string_view id)
{
    if (!is_safe_segment(id))
        detail::throw_invalid_argument(argument,
            detail::quoted(id) + " is not an id: it must not be empty or hold slashes, spaces or control characters");
}

/// An id, a slug or a version as a part of a path; throws where it cannot be one.
inline std::string path_segment(std::string_view argument, std::string_view text)
{
    check_id(argument, text);
    return '/' + percent_encode(text);
}

/// `/owner/name` as a part of a path; throws where it cannot be one.
inline std::string owner_and_name(std::string_view owner, std::string_view name)
{
    for (auto const& [part, text] : {std::pair(std::string_view("owner"), owner), std::pair(std::string_view("name"), name)})
        if (std::string const why = detail::why_not_a_part(part, text); !why.empty())
            detail::throw_invalid_argument(part, detail::quoted(text) + " cannot be one: " + why);
    return '/' + percent_encode(owner) + '/' + percent_encode(name);
}

/// The query of a request; names and values are encoded.
class query_text {
public:
    /// No query.
    query_text() = default;

    /// Adds a parameter.
    void add(std::string_view name, std::string_view value)
    {
        text_ += text_.empty() ? '?' : '&';
        text_.append(percent_encode(name)).append("=").append(percent_encode(value));
    }

    /// Nothing, or the query with its question mark.
    std::string const& str() const noexcept { return text_; }

private:
    std::string text_;
};

/// A request with a JSON body.
inline request json_request(std::string method, std::string target, json::object const& body)
{
    request result(std::move(method), std::move(target));
    result.content_type = "application/json";
    result.body = json::serialize(body);
    return result;
}

/// GET of a page of a list: the one that a link leads to, or where there is none the first, with this query.
inline request page_request(
    std::string_view list_path, std::string_view link, page_links const& links, query_text const& first = query_text())
{
    if (!link.empty())
        return request("GET", links.target(list_path, link));
    return request("GET", std::string(list_path) + first.str());
}

} // namespace replicate::core

#endif
