// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_SCHEMA_DOCUMENT_HPP
#define REPLICATE_CORE_SCHEMA_DOCUMENT_HPP

#include <replicate/error.hpp>
#include <replicate/input_field.hpp>

#include <boost/json/value.hpp>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The schema of a version (`openapi_schema`) as one JSON Schema without references, and what can be read from it.

namespace replicate::detail {

namespace json = boost::json;

inline json::value const* member_of(json::object const& object, std::string_view name) noexcept
{
    return object.if_contains({name.data(), name.size()});
}

inline std::string string_of(json::object const& object, std::string_view name)
{
    json::value const* const found = member_of(object, name);
    if (found == nullptr || !found->is_string())
        return {};
    return std::string(found->get_string().data(), found->get_string().size());
}

inline bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) noexcept
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

[[noreturn]] inline void throw_not_a_schema(std::string_view why)
{
    throw make_error(errc::unexpected_document, "the schema of the model is none: " + std::string(why));
}

/// Puts what references mean in their places. A reference that leads into itself becomes a schema that takes anything. Where
/// OpenAPI 3.0 differs from JSON Schema (`nullable`, exclusive bounds that are flags), JSON Schema comes out.
class schema_inliner {
public:
    explicit schema_inliner(json::value const& document)
        : document_(document)
    {
    }

    /// The schema that stands in a document, as one.
    json::value inlined(json::value const& schema)
    {
        if (++nodes_ > most_nodes)
            throw_not_a_schema("it is larger than any that is known");
        if (schema.is_bool())
            return schema;
        if (!schema.is_object())
            throw_not_a_schema("there is a part that is neither an object nor true or false");
        json::object const& given = schema.get_object();
        if (member_of(given, "$ref") != nullptr)
            return referred(given);
        json::object made;
        for (auto const& member : given)
            put(made, {member.key().data(), member.key().size()}, member.value());
        return make_plain(std::move(made));
    }

private:
    static constexpr std::size_t most_nodes = 100'000;
    static constexpr std::size_t deepest = 48;

    json::value referred(json::object const& given)
    {
        std::string const reference = string_of(given, "$ref");
        bool const leads_into_itself = std::find(path_.begin(), path_.end(), reference) != path_.end();
        if (leads_into_itself || path_.size() > deepest)
            return json::object();
        path_.push_back(reference);
        json::value made = inlined(find(reference));
        path_.pop_back();
        // Beside a reference stand what is said of this place: its default, its order, its words.
        if (json::object* const object = made.if_object())
            for (auto const& member : given)
                if (member.key() != "$ref")
                    put(*object, {member.key().data(), member.key().size()}, member.value());
        return made;
    }

    json::value const& find(std::string const& reference) const
    {
        boost::system::error_code failure;
        json::value const* const found =
            reference.starts_with("#/") ? document_.find_pointer(reference.substr(1), failure) : nullptr;
        if (found == nullptr)
            throw_not_a_schema("it refers to '" + reference + "', which is not in it");
        return *found;
    }

    void put(json::object& made, std::string_view name, json::value const& value)
    {
        json::value& target = made[json::string_view(name.data(), name.size())];
        if (is_one_of(name, {"properties", "patternProperties"}) && value.is_object())
            target = each_member(value.get_object());
        else if (is_one_of(name, {"allOf", "anyOf", "oneOf"}) && value.is_array())
            target = each_element(value.get_array());
        else if (is_one_of(name, {"items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else"}))
            target = value.is_array() ? json::value(each_element(value.get_array())) : inlined(value);
        else
            target = value;
    }

    json::object each_member(json::object const& schemas)
    {
        json::object made;
        for (auto const& member : schemas)
            made[member.key()] = inlined(member.value());
        return made;
    }

    json::array each_element(json::array const& schemas)
    {
        json::array made;
        for (json::value const& schema : schemas)
            made.push_back(inlined(schema));
        return made;
    }

    static json::value make_plain(json::object made)
    {
        make_bound_plain(made, "exclusiveMinimum", "minimum");
        make_bound_plain(made, "exclusiveMaximum", "maximum");
        for (std::string_view name : {"id", "$id", "$schema", "definitions", "$defs"})
            made.erase({name.data(), name.size()});
        json::value const* const nullable = member_of(made, "nullable");
        if (nullable == nullptr || !nullable->is_bool() || !nullable->get_bool())
            return made;
        made.erase("nullable");
        json::object taker_of_null;
        taker_of_null["type"] = "null";
        json::object either;
        for (std::string_view name : {"default", "title", "description", "x-order", "format"})
            if (json::value const* const kept = member_of(made, name))
                either[json::string_view(name.data(), name.size())] = *kept;
        either["anyOf"] = json::array{json::value(std::move(made)), json::value(std::move(taker_of_null))};
        return either;
    }

    static void make_bound_plain(json::object& made, std::string_view exclusive, std::string_view bound)
    {
        json::value const* const flag = member_of(made, exclusive);
        if (flag == nullptr || !flag->is_bool())
            return;
        bool const excludes = flag->get_bool();
        json::string_view const exclusive_name(exclusive.data(), exclusive.size());
        made.erase(exclusive_name);
        json::value const* const limit = member_of(made, bound);
        if (!excludes || limit == nullptr)
            return;
        json::value moved = *limit;
        made.erase({bound.data(), bound.size()});
        made[exclusive_name] = std::move(moved);
    }

    json::value const& document_;
    std::vector<std::string> path_;
    std::size_t nodes_ = 0;
};

/// All schemas that speak of one place of an input together: the one that stands there and those of its `allOf`s.
class schema_view {
public:
    explicit schema_view(json::value const& schema)
        : whole_(&schema)
    {
        add(schema);
    }

    /// The one that stands there; true, which takes everything, where none does.
    json::value const& whole() const noexcept
    {
        static json::value const anything(true);
        return whole_ == nullptr ? anything : *whole_;
    }

    /// The first that has this keyword; null where none has it.
    json::value const* find(std::string_view keyword) const noexcept
    {
        for (json::object const* each : parts_)
            if (json::value const* const found = member_of(*each, keyword))
                return found;
        return nullptr;
    }

    /// A text keyword; empty where there is none.
    std::string text(std::string_view keyword) const
    {
        json::value const* const found = find(keyword);
        return found != nullptr && found->is_string() ? std::string(found->get_string().data(), found->get_string().size())
                                                      : std::string();
    }

    /// What speaks of a member.
    schema_view member(std::string_view name) const
    {
        schema_view found;
        for (json::object const* each : parts_) {
            json::value const* const properties = member_of(*each, "properties");
            json::value const* known = properties != nullptr && properties->is_object()
                ? member_of(properties->get_object(), name)
                : nullptr;
            if (known == nullptr)
                known = member_of(*each, "additionalProperties");
            if (known != nullptr)
                found.add(*known);
        }
        return found;
    }

    /// What speaks of the elements of a list.
    schema_view element() const
    {
        schema_view found;
        for (json::object const* each : parts_)
            if (json::value const* const items = member_of(*each, "items"))
                found.add(*items);
        return found;
    }

    /// The names of the members that are known.
    std::vector<std::string> member_names() const
    {
        std::vector<std::string> names;
        for (json::object const* each : parts_)
            if (json::value const* const properties = member_of(*each, "properties"); properties && properties->is_object())
                for (auto const& member : properties->get_object())
                    names.emplace_back(member.key().data(), member.key().size());
        return names;
    }

private:
    schema_view() = default;

    // An alternative to null alone is no alternative: it speaks of the place, too.
    void add(json::value const& schema)
    {
        if (!schema.is_object())
            return;
        if (whole_ == nullptr)
            whole_ = &schema;
        parts_.push_back(&schema.get_object());
        if (json::value const* const all = member_of(schema.get_object(), "allOf"); all != nullptr && all->is_array())
            for (json::value const& each : all->get_array())
                add(each);
        if (json::value const* const only = only_alternative(schema.get_object()))
            add(*only);
    }

    static json::value const* only_alternative(json::object const& schema) noexcept
    {
        json::value const* const any = member_of(schema, "anyOf");
        json::value const* only = nullptr;
        if (any == nullptr || !any->is_array())
            return nullptr;
        for (json::value const& each : any->get_array()) {
            json::value const* const type = each.is_object() ? member_of(each.get_object(), "type") : nullptr;
            if (type != nullptr && type->is_string() && type->get_string() == "null")
                continue;
            if (only != nullptr)
                return nullptr;
            only = &each;
        }
        return only;
    }

    json::value const* whole_ = nullptr;
    std::vector<json::object const*> parts_;
};

} // namespace replicate::detail

namespace replicate::core {

/// The schema of the input of a version, as one JSON Schema without references. Throws an `error` of
/// `errc::unexpected_document` where the document is no such schema.
inline boost::json::value input_schema_of(boost::json::value const& document)
{
    boost::system::error_code missing;
    boost::json::value const* const schema =
        document.is_object() ? document.find_pointer("/components/schemas/Input", missing) : nullptr;
    if (schema == nullptr || !schema->is_object())
        replicate::detail::throw_not_a_schema("it has no components.schemas.Input; give the openapi_schema of a version");
    boost::json::value made = replicate::detail::schema_inliner(document).inlined(*schema);
    boost::json::value const* const properties = made.get_object().if_contains("properties");
    if (properties != nullptr && !properties->is_object())
        replicate::detail::throw_not_a_schema("the properties of its Input are not an object");
    return made;
}

} // namespace replicate::core

namespace replicate::detail {

inline std::optional<double> number_of(schema_view const& schema, std::string_view keyword)
{
    json::value const* const found = schema.find(keyword);
    return found != nullptr && found->is_number() ? std::optional(found->to_number<double>()) : std::nullopt;
}

inline bool takes_null(json::object const& schema) noexcept
{
    json::value const* const any = member_of(schema, "anyOf");
    if (any == nullptr || !any->is_array())
        return false;
    return std::any_of(any->get_array().begin(), any->get_array().end(), [](json::value const& each) {
        json::value const* const type = each.is_object() ? member_of(each.get_object(), "type") : nullptr;
        return type != nullptr && type->is_string() && type->get_string() == "null";
    });
}

inline input_field read_field(std::string name, json::value const& schema)
{
    schema_view const seen(schema);
    input_field field;
    field.name = std::move(name);
    field.type = seen.text("type");
    field.format = seen.text("format");
    field.title = seen.text("title");
    field.description = seen.text("description");
    if (json::value const* const given = seen.find("default"))
        field.default_value = *given;
    field.nullable = schema.is_object() && takes_null(schema.get_object());
    json::value const* const secret = seen.find("x-cog-secret");
    field.secret = secret != nullptr && secret->is_bool() && secret->get_bool();
    field.minimum = number_of(seen, "minimum");
    field.maximum = number_of(seen, "maximum");
    if (json::value const* const values = seen.find("enum"); values != nullptr && values->is_array())
        field.values.assign(values->get_array().begin(), values->get_array().end());
    field.schema = schema;
    return field;
}

} // namespace replicate::detail

namespace replicate::core {

/// The values that a model takes, in the order in which its author wants them shown (`x-order`). `schema` is of `input_schema_of`.
inline std::vector<input_field> read_input_fields(boost::json::value const& schema)
{
    using namespace replicate::detail;
    // By the author's order; among equals by their place in the document.
    std::map<std::pair<double, std::size_t>, input_field> found;
    json::value const* const properties = member_of(schema.get_object(), "properties");
    json::value const* const required = member_of(schema.get_object(), "required");
    if (properties == nullptr)
        return {};
    for (auto const& member : properties->get_object()) {
        input_field field = read_field(std::string(member.key()), member.value());
        if (required != nullptr && required->is_array())
            for (json::value const& name : required->get_array())
                field.required = field.required || (name.is_string() && name.get_string() == member.key());
        double const order = number_of(schema_view(member.value()), "x-order").value_or(1e9);
        found.emplace(std::pair(order, found.size()), std::move(field));
    }
    std::vector<input_field> fields;
    for (auto& [place, field] : found)
        fields.push_back(std::move(field));
    return fields;
}

} // namespace replicate::core

#endif
