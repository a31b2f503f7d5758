// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_SCHEMA_TEXT_HPP
#define REPLICATE_CORE_SCHEMA_TEXT_HPP

#include <replicate/core/json_pointer.hpp>
#include <replicate/core/schema_document.hpp>
#include <replicate/detail/value_decoder.hpp>
#include <replicate/input_violation.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a schema checker has found, in words that say what would be right.

namespace replicate::detail {

inline std::string type_in_words(std::string_view type)
{
    if (type == "integer")
        return "a whole number";
    if (type == "boolean")
        return "true or false";
    if (type == "array" || type == "object")
        return "an " + std::string(type);
    return type == "null" ? "null" : "a " + std::string(type);
}

/// What a schema takes, as far as its types say: `a string`, `a whole number or null`.
inline std::string wanted_in_words(json::value const& schema)
{
    if (!schema.is_object())
        return "another value";
    std::string words;
    auto const add = [&](std::string const& more) { words.append(words.empty() ? "" : " or ").append(more); };
    for (std::string_view keyword : {"anyOf", "oneOf"})
        if (json::value const* const any = member_of(schema.get_object(), keyword); any != nullptr && any->is_array())
            for (json::value const& each : any->get_array())
                add(wanted_in_words(each));
    json::value const* const type = schema_view(schema).find("type");
    if (words.empty() && type != nullptr && type->is_string())
        add(type_in_words({type->get_string().data(), type->get_string().size()}));
    if (words.empty() && type != nullptr && type->is_array())
        for (json::value const& each : type->get_array())
            if (each.is_string())
                add(type_in_words({each.get_string().data(), each.get_string().size()}));
    return words.empty() ? "another value" : words;
}

/// All of some JSON values, in one line.
inline std::string list_in_words(json::array const& values)
{
    std::string words;
    for (json::value const& each : values)
        words.append(words.empty() ? "" : ", ").append(json::serialize(each));
    return words;
}

/// A finding of the checker at one place.
class schema_finding {
public:
    /// The steps from the whole input.
    std::vector<std::string> steps;
    /// The checker's own words.
    std::string words;

    schema_finding() = default;

    bool is(std::string_view beginning) const noexcept { return words.starts_with(beginning); }

    std::string pointer() const
    {
        std::string made;
        for (std::string const& step : steps)
            made += core::pointer_step(step);
        return made;
    }
};

/// Turns findings into violations: each once, each with what would be right.
class finding_reader {
public:
    finding_reader(json::value const& schema, json::value const& input)
        : schema_(schema)
        , input_(input)
    {
    }

    std::vector<input_violation> read(std::vector<schema_finding> const& findings)
    {
        for (schema_finding const& each : findings)
            if (is_choice(each))
                choices_.push_back(each.pointer());
        for (schema_finding const& each : findings)
            if (!is_echo(each) && (is_choice(each) || !is_within_choice(each.pointer())))
                describe(each);
        return std::move(violations_);
    }

private:
    static bool is_choice(schema_finding const& each)
    {
        return each.is("Failed to validate against any ") || each.is("Failed to validate against exactly one");
    }

    /// What only says that something below is wrong, which is said there.
    static bool is_echo(schema_finding const& each)
    {
        return !is_choice(each) && (each.is("Failed to validate ") || each.is("Cannot validate item"));
    }

    /// What none of the alternatives takes is said once, not for each alternative.
    bool is_within_choice(std::string const& pointer) const
    {
        return std::any_of(choices_.begin(), choices_.end(),
            [&](std::string const& choice) { return pointer == choice || pointer.starts_with(choice + "/"); });
    }

    void add(std::string pointer, std::string text)
    {
        input_violation made(std::move(pointer), std::move(text));
        if (std::find(violations_.begin(), violations_.end(), made) == violations_.end())
            violations_.push_back(std::move(made));
    }

    void describe(schema_finding const& found)
    {
        std::string const pointer = found.pointer();
        boost::system::error_code missing;
        json::value const* const value = input_.find_pointer(pointer, missing);
        schema_view const schema = schema_at(found.steps);
        constexpr std::string_view lacks = "Missing required property '";
        if (found.is(lacks) && found.words.size() > lacks.size() + 2) {
            std::string const name = found.words.substr(lacks.size(), found.words.size() - lacks.size() - 2);
            add(pointer + core::pointer_step(name), "is required");
        } else if (found.is("Object contains a property") && value != nullptr && value->is_object()) {
            describe_unknown(pointer, schema, value->get_object());
        } else {
            add(pointer, words_for(found, schema, value));
        }
    }

    void describe_unknown(std::string const& pointer, schema_view const& schema, json::object const& members)
    {
        std::vector<std::string> const known = schema.member_names();
        for (auto const& member : members)
            if (std::find(known.begin(), known.end(), std::string_view(member.key())) == known.end())
                add(pointer + core::pointer_step(member.key()), "is not known to the model");
    }

    static std::string words_for(schema_finding const& found, schema_view const& schema, json::value const* value)
    {
        // Of whole numbers none is kept as a fraction.
        std::string_view const kind = value == nullptr ? "" : value->is_double() ? "a fraction" : kind_in_words(*value);
        std::string const is = kind.empty() ? "" : ", not " + std::string(kind);
        auto const limit = [&](char const* keyword) {
            json::value const* const bound = schema.find(keyword);
            return bound == nullptr ? std::string("what the schema says") : json::serialize(*bound);
        };
        if (found.is("Value type not permitted") || is_choice(found))
            return "must be " + wanted_in_words(schema.whole()) + is;
        if (json::value const* const values = schema.find("enum");
            found.is("Failed to match against any enum values") && values != nullptr && values->is_array())
            return "must be one of " + list_in_words(values->get_array());
        if (found.is("Expected number less than or equal to"))
            return "must be at most " + limit("maximum");
        if (found.is("Expected number greater than or equal to"))
            return "must be at least " + limit("minimum");
        if (found.is("Expected number less than"))
            return "must be less than " + limit("exclusiveMaximum");
        if (found.is("Expected number greater than"))
            return "must be greater than " + limit("exclusiveMinimum");
        return "is wrong: " + found.words;
    }

    schema_view schema_at(std::vector<std::string> const& steps) const
    {
        schema_view found(schema_);
        json::value const* value = &input_;
        for (std::string const& step : steps) {
            boost::system::error_code missing;
            found = value != nullptr && value->is_array() ? found.element() : found.member(step);
            value = value == nullptr ? nullptr : value->find_pointer(core::pointer_step(step), missing);
        }
        return found;
    }

    json::value const& schema_;
    json::value const& input_;
    std::vector<std::string> choices_;
    std::vector<input_violation> violations_;
};

} // namespace replicate::detail

namespace replicate::core {

/// An input as the schema is to see it: a fraction of nothing is a whole number, as JSON Schema has it.
inline boost::json::value comparable(boost::json::value value)
{
    if (boost::json::array* const elements = value.if_array())
        for (boost::json::value& each : *elements)
            each = comparable(std::move(each));
    if (boost::json::object* const members = value.if_object())
        for (auto& member : *members)
            member.value() = comparable(std::move(member.value()));
    boost::system::error_code failure;
    if (value.is_double())
        if (auto const whole = value.to_number<std::int64_t>(failure); !failure)
            value = whole;
    if (value.is_uint64())
        value = static_cast<std::int64_t>(
            std::min(value.get_uint64(), static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())));
    return value;
}

} // namespace replicate::core

#endif
