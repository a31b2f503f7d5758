// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_SCHEMA_WRITER_HPP
#define REPLICATE_IMPL_TESTING_SCHEMA_WRITER_HPP

#include <replicate/impl/testing/wire.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::testing::detail {

/// Writes the OpenAPI document of a version as Cog does: the components `Input`, `Output`, and one for each choice.
class schema_writer {
public:
    schema_writer& text(std::string_view name, std::string_view description, bool required = true)
    {
        add(name, property("string", name, description), required);
        return *this;
    }

    schema_writer& file(std::string_view name, std::string_view description)
    {
        json::object made = property("string", name, description);
        made["format"] = "uri";
        add(name, std::move(made), true);
        return *this;
    }

    schema_writer& integer(std::string_view name, std::string_view description,
        std::optional<std::int64_t> otherwise = {}, std::optional<std::int64_t> least = {},
        std::optional<std::int64_t> most = {})
    {
        json::object made = property("integer", name, description);
        if (otherwise)
            made["default"] = *otherwise;
        if (least)
            made["minimum"] = *least;
        if (most)
            made["maximum"] = *most;
        add(name, std::move(made), false);
        return *this;
    }

    schema_writer& number(
        std::string_view name, std::string_view description, double otherwise, double least, double most)
    {
        json::object made = property("number", name, description);
        made["default"] = otherwise;
        made["minimum"] = least;
        made["maximum"] = most;
        add(name, std::move(made), false);
        return *this;
    }

    /// One of some texts; the first of them where it is absent. They stand in a component of their own.
    schema_writer& choice(
        std::string_view name, std::string_view description, std::initializer_list<std::string_view> values)
    {
        json::array listed;
        for (std::string_view each : values)
            listed.push_back(json::value(view(each)));
        json::object made;
        made["allOf"] = json::array();
        json::object& reference = made["allOf"].get_array().emplace_back(json::object()).get_object();
        reference["$ref"] = view(std::string_view("#/components/schemas/" + std::string(name)));
        made["default"] = listed.front();
        made["description"] = view(description);
        json::object& component = components_[view(name)].emplace_object();
        component["type"] = "string";
        component["title"] = view(name);
        component["description"] = "An enumeration.";
        component["enum"] = std::move(listed);
        add(name, std::move(made), false);
        return *this;
    }

    schema_writer& text_output()
    {
        output_["type"] = "string";
        return *this;
    }

    /// Pieces of text that follow each other, to be joined.
    schema_writer& text_stream_output()
    {
        output_["type"] = "array";
        output_["items"].emplace_object()["type"] = "string";
        output_["x-cog-array-type"] = "iterator";
        output_["x-cog-array-display"] = "concatenate";
        return *this;
    }

    schema_writer& file_output()
    {
        output_["type"] = "string";
        output_["format"] = "uri";
        return *this;
    }

    schema_writer& file_list_output()
    {
        output_["type"] = "array";
        json::object& items = output_["items"].emplace_object();
        items["type"] = "string";
        items["format"] = "uri";
        return *this;
    }

    /// The document, as JSON.
    std::string finish() &&
    {
        json::object input;
        input["type"] = "object";
        input["title"] = "Input";
        if (!required_.empty())
            input["required"] = std::move(required_);
        input["properties"] = std::move(properties_);
        output_["title"] = "Output";
        components_["Input"] = std::move(input);
        components_["Output"] = std::move(output_);
        json::object document;
        document["openapi"] = "3.0.2";
        json::object& information = document["info"].emplace_object();
        information["title"] = "Cog";
        information["version"] = "0.1.0";
        document["paths"] = json::object();
        document["components"].emplace_object()["schemas"] = std::move(components_);
        return json::serialize(document);
    }

private:
    json::object property(std::string_view type, std::string_view name, std::string_view description) const
    {
        json::object made;
        made["type"] = view(type);
        made["title"] = view(name);
        made["description"] = view(description);
        return made;
    }

    void add(std::string_view name, json::object made, bool required)
    {
        made["x-order"] = properties_.size();
        properties_[view(name)] = std::move(made);
        if (required)
            required_.push_back(json::value(view(name)));
    }

    json::object properties_;
    json::array required_;
    json::object output_;
    json::object components_;
};

} // namespace replicate::testing::detail

#endif
