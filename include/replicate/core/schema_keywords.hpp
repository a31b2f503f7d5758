// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_SCHEMA_KEYWORDS_HPP
#define REPLICATE_CORE_SCHEMA_KEYWORDS_HPP

#include <replicate/core/json_pointer.hpp>
#include <replicate/core/schema_document.hpp>

#include <boost/json/value.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::detail {

/// Copies of a schema without references what a checker is to look at, and refuses what no schema can hold. The checker itself would
/// end the program for that, unless it was built otherwise.
class keyword_copier {
public:
    keyword_copier() = default;

    json::value copied(json::value const& schema, std::string const& place = std::string())
    {
        if (schema.is_bool())
            return schema;
        expect(schema.is_object(), place, "is neither an object nor true or false");
        json::object made;
        for (auto const& member : schema.get_object()) {
            std::string_view const name(member.key().data(), member.key().size());
            copy_keyword(made, name, member.value(), place + core::pointer_step(name));
        }
        // Names that fit a pattern are not known by name.
        if (schema.get_object().contains("patternProperties"))
            made.erase("additionalProperties");
        return made;
    }

private:
    static void expect(bool good, std::string const& place, std::string_view otherwise)
    {
        if (!good)
            throw_not_a_schema("at " + place + " of its Input: " + std::string(otherwise));
    }

    // What is not named here says nothing about what is taken, or is looked at elsewhere: patterns, the forms of texts.
    void copy_keyword(json::object& made, std::string_view name, json::value const& value, std::string const& place)
    {
        json::string_view const key(name.data(), name.size());
        if (is_one_of(name, {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}))
            made[key] = number(value, place, name == "multipleOf");
        else if (is_one_of(name, {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"}))
            made[key] = count(value, place);
        else if (name == "type")
            made[key] = type(value, place);
        else if (name == "required")
            copy_required(made, value, place);
        else if (name == "enum")
            made[key] = values(value, place);
        else if (name == "const")
            made[key] = value;
        else if (name == "uniqueItems")
            made[key] = flag(value, place);
        else
            copy_subschemas(made, name, value, place);
    }

    void copy_subschemas(json::object& made, std::string_view name, json::value const& value, std::string const& place)
    {
        json::string_view const key(name.data(), name.size());
        if (name == "properties") {
            expect(value.is_object(), place, "is not an object");
            json::object& properties = made[key].emplace_object();
            for (auto const& member : value.get_object())
                properties[member.key()] = copied(member.value(), place + core::pointer_step(member.key()));
        } else if (is_one_of(name, {"allOf", "anyOf", "oneOf"})) {
            expect(value.is_array() && !value.get_array().empty(), place, "is not a list of schemas");
            made[key] = list(value.get_array(), place);
        } else if (name == "items" && value.is_array()) {
            made[key] = list(value.get_array(), place);
        } else if (is_one_of(name, {"items", "additionalProperties", "not"})) {
            made[key] = copied(value, place);
        }
    }

    json::array list(json::array const& schemas, std::string const& place)
    {
        json::array made;
        for (json::value const& each : schemas)
            made.push_back(copied(each, place + core::pointer_step(std::to_string(made.size()))));
        return made;
    }

    static json::value number(json::value const& value, std::string const& place, bool above_zero)
    {
        expect(value.is_number(), place, "is not a number");
        expect(!above_zero || value.to_number<double>() > 0, place, "is not above zero");
        return value;
    }

    static json::value count(json::value const& value, std::string const& place)
    {
        bool const good = value.is_int64() && value.get_int64() >= 0;
        expect(good, place, "is not a count");
        return value;
    }

    static json::value flag(json::value const& value, std::string const& place)
    {
        expect(value.is_bool(), place, "is neither true nor false");
        return value;
    }

    static json::value values(json::value const& value, std::string const& place)
    {
        expect(value.is_array() && !value.get_array().empty(), place, "is not a list of values");
        return value;
    }

    static bool is_type(json::value const& value) noexcept
    {
        return value.is_string()
            && is_one_of({value.get_string().data(), value.get_string().size()},
                {"string", "integer", "number", "boolean", "array", "object", "null"});
    }

    static json::value type(json::value const& value, std::string const& place)
    {
        bool const is_list = value.is_array() && !value.get_array().empty()
            && std::all_of(value.get_array().begin(), value.get_array().end(), [](json::value const& each) { return is_type(each); });
        expect(is_type(value) || is_list, place, "is not a type");
        return value;
    }

    static void copy_required(json::object& made, json::value const& value, std::string const& place)
    {
        bool const good = value.is_array()
            && std::all_of(value.get_array().begin(), value.get_array().end(), [](json::value const& each) { return each.is_string(); });
        expect(good, place, "is not a list of names");
        json::array names;
        for (json::value const& each : value.get_array())
            if (std::find(names.begin(), names.end(), each) == names.end())
                names.push_back(each);
        if (!names.empty())
            made["required"] = std::move(names);
    }
};

} // namespace replicate::detail

#endif
