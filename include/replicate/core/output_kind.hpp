// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_OUTPUT_KIND_HPP
#define REPLICATE_CORE_OUTPUT_KIND_HPP

#include <boost/json/value.hpp>

#include <charconv>
#include <cstddef>
#include <string_view>
#include <system_error>

namespace replicate {

/// What the output of a model is, as the schema of its version says.
enum class output_kind {
    /// The schema is not known, or says nothing that is known here.
    unknown,
    /// One text.
    text,
    /// A text in pieces that belong together with nothing between: that of a language model.
    concatenated_text,
    /// Texts that come one by one.
    pieces,
    /// A list of texts.
    texts,
    /// One file, by its URL.
    file,
    /// A list of files, by their URLs.
    files,
    /// Anything else: numbers, objects, nested lists. Files may stand in it.
    json
};

} // namespace replicate

namespace replicate::detail {

namespace json = boost::json;

inline json::value const* find_member(json::value const* from, std::string_view name) noexcept
{
    json::object const* const object = from == nullptr ? nullptr : from->if_object();
    return object == nullptr ? nullptr : object->if_contains({name.data(), name.size()});
}

inline std::string_view text_at(json::value const* from, std::string_view name) noexcept
{
    json::value const* const found = find_member(from, name);
    if (found == nullptr || !found->is_string())
        return {};
    return {found->get_string().data(), found->get_string().size()};
}

/// The only schema of a list that is not that of null; null where there are none or several.
inline json::value const* only_choice(json::value const* choices) noexcept
{
    json::value const* only = nullptr;
    if (choices == nullptr || !choices->is_array())
        return nullptr;
    for (json::value const& choice : choices->get_array()) {
        if (text_at(&choice, "type") == "null")
            continue;
        if (only != nullptr)
            return nullptr;
        only = &choice;
    }
    return only;
}

/// Follows references and choices of one to the schema that they mean.
inline json::value const* resolve_schema(json::value const* schemas, json::value const* schema) noexcept
{
    constexpr std::string_view prefix = "#/components/schemas/";
    for (int depth = 0; schema != nullptr && depth < 8; ++depth) {
        std::string_view const reference = text_at(schema, "$ref");
        json::value const* next = nullptr;
        if (reference.starts_with(prefix))
            next = find_member(schemas, reference.substr(prefix.size()));
        for (char const* choice : {"allOf", "anyOf", "oneOf"})
            if (next == nullptr)
                next = only_choice(find_member(schema, choice));
        if (next == nullptr)
            return schema;
        schema = next;
    }
    return nullptr;
}

/// True for versions of Cog before 0.3.9, which did not mark what comes piece by piece. A version that cannot be read is new.
inline bool is_old_cog(std::string_view version) noexcept
{
    constexpr int marked[] = {0, 3, 9};
    for (int const least : marked) {
        int number = 0;
        auto const [end, code] = std::from_chars(version.data(), version.data() + version.size(), number);
        if (code != std::errc())
            return false;
        version.remove_prefix(static_cast<std::size_t>(end - version.data()));
        if (number != least)
            return number < least;
        if (version.starts_with('.'))
            version.remove_prefix(1);
    }
    return false;
}

} // namespace replicate::detail

namespace replicate::core {

/// What the output of a version is, by its `openapi_schema` and its `cog_version` (http-api 2.9).
inline output_kind output_kind_of(boost::json::value const& openapi_schema, std::string_view cog_version = {}) noexcept
{
    using namespace replicate::detail;
    json::value const* const schemas = find_member(find_member(&openapi_schema, "components"), "schemas");
    json::value const* const output = resolve_schema(schemas, find_member(schemas, "Output"));
    std::string_view const type = text_at(output, "type");
    if (type == "string")
        return text_at(output, "format") == "uri" ? output_kind::file : output_kind::text;
    if (type != "array")
        return output == nullptr ? output_kind::unknown : output_kind::json;
    json::value const* const items = resolve_schema(schemas, find_member(output, "items"));
    if (text_at(items, "type") != "string")
        return output_kind::json;
    if (text_at(items, "format") == "uri")
        return output_kind::files;
    if (text_at(output, "x-cog-array-display") == "concatenate")
        return output_kind::concatenated_text;
    bool const comes_one_by_one = text_at(output, "x-cog-array-type") == "iterator" || is_old_cog(cog_version);
    return comes_one_by_one ? output_kind::pieces : output_kind::texts;
}

} // namespace replicate::core

#endif
