// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_PUBLISHED_BODIES_HPP
#define REPLICATE_TESTS_SUPPORT_PUBLISHED_BODIES_HPP

#include "support/shared_files.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace replicate::tests {

/// The JSON bodies of the successful answers in a recording, such as "models-get", whose request had this method and a URL
/// with this text in it. None where the recordings are not there.
inline std::vector<boost::json::value> recorded_bodies(
    std::string const& recording, std::string_view method, std::string_view url_part)
{
    std::vector<boost::json::value> bodies;
    auto const file = read_shared("recordings/" + recording + ".json");
    if (!file)
        return bodies;
    boost::json::value const document = boost::json::parse(*file);
    for (boost::json::value const& one : document.at("exchanges").as_array()) {
        boost::json::value const& request = one.at("request");
        std::string_view const url(request.at("uri").as_string().data(), request.at("uri").as_string().size());
        bool const wanted = request.at("method").as_string() == boost::json::string_view(method.data(), method.size())
            && url.find(url_part) != std::string_view::npos && one.at("response").at("status").as_int64() < 300;
        if (wanted)
            bodies.push_back(boost::json::parse(one.at("response").at("body").as_string()));
    }
    return bodies;
}

namespace detail {

inline void replace_all(std::string& text, std::string_view old_part, std::string_view new_part)
{
    for (std::size_t at = text.find(old_part); at != std::string::npos; at = text.find(old_part, at + new_part.size()))
        text.replace(at, old_part.size(), new_part);
}

/// The blocks of JSON in a text of the OpenAPI document. What people wrote there is not always JSON: commas stand before
/// brackets, and dots for what was left out.
inline void add_examples(std::string_view text, std::vector<boost::json::value>& examples)
{
    constexpr std::string_view fence = "```";
    boost::json::parse_options options;
    options.allow_trailing_commas = true;
    for (std::size_t start = text.find(fence); start != std::string_view::npos; start = text.find(fence)) {
        text.remove_prefix(text.find('\n', start));
        std::size_t const end = text.find(fence);
        std::string block(text.substr(0, end));
        text.remove_prefix(end + fence.size());
        replace_all(block, "{...}", "{}");
        replace_all(block, "[...]", "[]");
        boost::system::error_code code;
        boost::json::value example = boost::json::parse(block, code, {}, options);
        if (!code && example.is_structured())
            examples.push_back(std::move(example));
    }
}

} // namespace detail

/// The examples of answers that the OpenAPI document gives for an operation, such as "models.get": those in its text, and those
/// of its answers. None where the document is not there.
inline std::vector<boost::json::value> openapi_examples(std::string_view operation)
{
    std::vector<boost::json::value> examples;
    auto const file = read_shared("api/openapi.json");
    if (!file)
        return examples;
    boost::json::value const document = boost::json::parse(*file);
    for (auto const& path : document.at("paths").as_object())
        for (auto const& method : path.value().as_object()) {
            boost::json::object const* const described = method.value().if_object();
            boost::json::value const* const id = described == nullptr ? nullptr : described->if_contains("operationId");
            if (id == nullptr || id->as_string() != boost::json::string_view(operation.data(), operation.size()))
                continue;
            if (auto const* text = described->if_contains("description"))
                detail::add_examples({text->as_string().data(), text->as_string().size()}, examples);
            boost::system::error_code code;
            if (auto const* example =
                    method.value().find_pointer("/responses/200/content/application~1json/example", code))
                examples.push_back(*example);
        }
    return examples;
}

} // namespace replicate::tests

#endif
