// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_OPENAPI_DOCUMENT_HPP
#define REPLICATE_TESTS_SUPPORT_OPENAPI_DOCUMENT_HPP

// Checks requests and answers against the service's OpenAPI document, ../shared/api/openapi.json.

#include <replicate/core/datetime.hpp>
#include <replicate/impl/testing/form_data.hpp>
#include <replicate/impl/testing/target.hpp>
#include <replicate/testing/recorded_request.hpp>

#include "support/shared_files.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::tests {

/// One of the document's operations.
class documented_operation {
public:
    std::string id;
    std::string method;
    /// With `{name}` for what differs.
    std::string path;
    boost::json::object description;

    documented_operation() = default;
};

/// The document. What it says in the manner of OpenAPI 3.0 (`nullable`) is read so, although it calls itself 3.1; `oneOf` is
/// read as `anyOf`, because it lists alternatives that include each other.
class openapi_document {
public:
    explicit openapi_document(std::string_view text)
        : root_(boost::json::parse(boost::json::string_view(text.data(), text.size())))
    {
        for (auto const& [path, methods] : root_.at("paths").as_object())
            for (auto const& [method, description] : methods.as_object()) {
                if (!description.is_object() || !description.get_object().contains("operationId"))
                    continue;
                documented_operation made;
                made.id = description.at("operationId").as_string().c_str();
                made.method = upper_case(std::string(method.data(), method.size()));
                made.path = std::string(path.data(), path.size());
                made.description = description.get_object();
                operations_.push_back(std::move(made));
            }
    }

    /// The document of ../shared; nothing, said once, where it is not there.
    static std::optional<openapi_document> const& shared()
    {
        static std::optional<openapi_document> const document = [] {
            auto const text = read_shared("api/openapi.json");
            return text ? std::optional<openapi_document>(*text) : std::nullopt;
        }();
        return document;
    }

    std::vector<documented_operation> const& operations() const noexcept { return operations_; }

    /// The operation of a request; null where there is none. `base_path` is what stands before the document's paths.
    documented_operation const* find(
        std::string_view method, std::string_view target, std::string_view base_path = "/v1") const
    {
        std::string_view path = target.substr(0, target.find('?'));
        if (!path.starts_with(base_path))
            return nullptr;
        path.remove_prefix(base_path.size());
        // A path without parameters comes before one with them.
        documented_operation const* found = nullptr;
        for (documented_operation const& each : operations_)
            if (each.method == method && fits(each.path, path)
                && (found == nullptr || each.path.find('{') == std::string::npos))
                found = &each;
        return found;
    }

    /// What is wrong with a request: one line for each fault, nothing where it fits.
    std::string check_request(testing::recorded_request const& request, std::string_view base_path = "/v1") const
    {
        documented_operation const* const operation = find(request.method, request.target, base_path);
        if (operation == nullptr)
            return "no such operation: " + request.method + ' ' + request.target + '\n';
        return check_authorization(*operation, request) + check_parameters(*operation, request)
            + check_request_body(*operation, request);
    }

    /// What is wrong with an answer to an operation. Where `lenient`, a member that is not required may be null: the
    /// service's web application answers so, whatever its document says.
    std::string check_response(std::string_view operation_id, unsigned status, std::string_view content_type,
        std::string_view body, bool lenient = true) const
    {
        auto const operation = std::find_if(
            operations_.begin(), operations_.end(), [&](auto const& each) { return each.id == operation_id; });
        if (operation == operations_.end())
            return "no such operation: " + std::string(operation_id) + '\n';
        auto const& answers = operation->description.at("responses").as_object();
        auto const* const answer = answers.if_contains(std::to_string(status));
        if (answer == nullptr)
            return "status " + std::to_string(status) + " is not in the document\n";
        auto const* const content = answer->as_object().if_contains("content");
        if (content == nullptr && status >= 400)
            return {};
        if (content == nullptr)
            return body.empty() ? std::string() : "a body where the document has none\n";
        auto const* const schema = schema_of(*content, content_type);
        if (schema == nullptr)
            return "media type " + std::string(content_type) + " is not in the document\n";
        if (!is_json(content_type))
            return {};
        boost::json::error_code failure;
        auto const document = boost::json::parse(boost::json::string_view(body.data(), body.size()), failure);
        return failure ? "the body is not JSON\n" : violations(*schema, document, lenient);
    }

    /// What is wrong with a value by a schema of the document.
    std::string violations(
        boost::json::value const& schema, boost::json::value const& value, bool lenient = false) const
    {
        boost::json::value const plain = resolve(schema, lenient);
        valijson::Schema parsed;
        valijson::SchemaParser parser;
        parser.populateSchema(valijson::adapters::BoostJsonAdapter(plain), parsed);
        valijson::Validator validator;
        valijson::ValidationResults results;
        validator.validate(parsed, valijson::adapters::BoostJsonAdapter(value), &results);
        std::string text;
        for (auto const& each : results) {
            for (std::string const& step : each.context)
                text += step;
            text += ": " + each.description + '\n';
        }
        return text;
    }

private:
    static std::string upper_case(std::string text)
    {
        for (char& letter : text)
            if (letter >= 'a' && letter <= 'z')
                letter = static_cast<char>(letter - 32);
        return text;
    }

    static bool fits(std::string_view pattern, std::string_view path)
    {
        auto const expected = testing::detail::split_path(pattern);
        auto const segments = testing::detail::split_path(path);
        return std::equal(expected.begin(), expected.end(), segments.begin(), segments.end(),
            [](std::string_view one, std::string_view other) {
                return one.starts_with('{') ? !other.empty() : one == other;
            });
    }

    static std::string_view media_type(std::string_view content_type)
    {
        return testing::detail::trim_blanks(content_type.substr(0, content_type.find(';')));
    }

    static bool is_json(std::string_view content_type)
    {
        std::string_view const type = media_type(content_type);
        return type == "application/json" || type == "application/problem+json";
    }

    static boost::json::value const* schema_of(boost::json::value const& content, std::string_view content_type)
    {
        std::string_view const type = media_type(content_type);
        auto const* const found = content.as_object().if_contains(boost::json::string_view(type.data(), type.size()));
        return found == nullptr ? nullptr : &found->at("schema");
    }

    // What a reference such as `#/components/schemas/x` names.
    boost::json::value const& target_of(boost::json::value const& reference) const
    {
        return root_.at_pointer(reference.as_string().subview(1));
    }

    // A schema without references and without what JSON Schema does not know.
    boost::json::value resolve(boost::json::value const& schema, bool lenient) const
    {
        if (!schema.is_object())
            return schema;
        if (auto const* const reference = schema.get_object().if_contains("$ref"))
            return resolve(target_of(*reference), lenient);
        boost::json::object plain;
        for (auto const& [name, value] : schema.get_object()) {
            if (name == "properties")
                plain[name] = resolve_properties(schema.get_object(), lenient);
            else if (name == "oneOf" || name == "anyOf" || name == "allOf")
                plain[name == "allOf" ? "allOf" : "anyOf"] = resolve_all(value.as_array(), lenient);
            else if (name == "items" || name == "additionalProperties")
                plain[name] = resolve(value, lenient);
            else if (name != "description" && name != "example" && name != "examples" && name != "format"
                && name != "nullable" && name != "default")
                plain[name] = value;
        }
        auto const* const nullable = schema.get_object().if_contains("nullable");
        return nullable != nullptr && nullable->as_bool() ? or_null(std::move(plain)) : boost::json::value(plain);
    }

    static boost::json::value or_null(boost::json::value schema)
    {
        boost::json::object either;
        boost::json::array& choices = either["anyOf"].emplace_array();
        choices.push_back(std::move(schema));
        choices.emplace_back(boost::json::object{{"type", "null"}});
        return either;
    }

    boost::json::array resolve_all(boost::json::array const& schemas, bool lenient) const
    {
        boost::json::array all;
        for (auto const& each : schemas)
            all.push_back(resolve(each, lenient));
        return all;
    }

    boost::json::object resolve_properties(boost::json::object const& schema, bool lenient) const
    {
        boost::json::object all;
        auto const* const required = schema.if_contains("required");
        for (auto const& [name, value] : schema.at("properties").as_object()) {
            bool const needed = required != nullptr
                && std::any_of(required->as_array().begin(), required->as_array().end(),
                    [&wanted = name](auto const& each) { return each.as_string() == wanted; });
            boost::json::value plain = resolve(value, lenient);
            all[name] = lenient && !needed ? or_null(std::move(plain)) : std::move(plain);
        }
        return all;
    }

    static std::string check_authorization(
        documented_operation const& operation, testing::recorded_request const& request)
    {
        auto const* const security = operation.description.if_contains("security");
        bool const open = security != nullptr && security->as_array().empty();
        bool const shown = request.header("authorization").starts_with("Bearer ");
        return open || shown ? std::string() : "no bearer token\n";
    }

    std::string check_parameters(documented_operation const& operation, testing::recorded_request const& request) const
    {
        std::string wrong;
        std::vector<std::string> known{"cursor"};
        auto const* const listed = operation.description.if_contains("parameters");
        for (std::size_t i = 0; listed != nullptr && i < listed->as_array().size(); ++i) {
            boost::json::value const& entry = listed->as_array()[i];
            auto const* const reference = entry.as_object().if_contains("$ref");
            boost::json::object const& parameter = (reference == nullptr ? entry : target_of(*reference)).as_object();
            std::string const name = parameter.at("name").as_string().c_str();
            if (parameter.at("in").as_string() == "query") {
                known.push_back(name);
                wrong += check_parameter(parameter, testing::detail::query_value(request.query(), name));
            } else if (parameter.at("in").as_string() == "header") {
                std::string_view const value = request.header(name);
                wrong += check_parameter(
                    parameter, value.empty() ? std::nullopt : std::optional<std::string>(std::string(value)));
            }
        }
        for (std::string_view rest = request.query(); !rest.empty();) {
            std::string_view const pair = rest.substr(0, rest.find('&'));
            rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
            std::string const name(pair.substr(0, pair.find('=')));
            if (std::find(known.begin(), known.end(), name) == known.end())
                wrong += "query parameter " + name + " is not in the document\n";
        }
        return wrong;
    }

    std::string check_parameter(boost::json::object const& parameter, std::optional<std::string> const& value) const
    {
        std::string const name = parameter.at("name").as_string().c_str();
        auto const* const required = parameter.if_contains("required");
        if (!value)
            return required != nullptr && required->as_bool() ? "parameter " + name + " is missing\n" : std::string();
        boost::json::value const& schema = parameter.at("schema");
        boost::json::value given = boost::json::string(*value);
        std::int64_t number = 0;
        auto const parsed = std::from_chars(value->data(), value->data() + value->size(), number);
        if (schema.at("type").as_string() == "integer" && parsed.ptr == value->data() + value->size())
            given = number;
        std::string wrong = violations(schema, given);
        auto const* const format = schema.as_object().if_contains("format");
        if (format != nullptr && format->as_string() == "date-time" && !core::parse_rfc3339(*value))
            wrong += ": not a date-time\n";
        return wrong.empty() ? wrong : "parameter " + name + wrong;
    }

    std::string check_request_body(
        documented_operation const& operation, testing::recorded_request const& request) const
    {
        auto const* const described = operation.description.if_contains("requestBody");
        std::string_view const type = request.header("content-type");
        if (described == nullptr)
            return request.body.empty() ? std::string() : "a body where the document has none\n";
        auto const* const schema = schema_of(described->at("content"), type);
        if (schema == nullptr)
            return "media type \"" + std::string(type) + "\" is not in the document\n";
        if (media_type(type) == "text/plain")
            return violations(*schema, boost::json::string(request.body));
        if (media_type(type) == "multipart/form-data")
            return check_form(*schema, request);
        boost::json::error_code failure;
        auto const body = boost::json::parse(request.body, failure);
        return failure ? "the body is not JSON\n" : violations(*schema, body);
    }

    // A form as the object that the document describes: the metadata is JSON, everything else text.
    std::string check_form(boost::json::value const& schema, testing::recorded_request const& request) const
    {
        std::string const boundary = testing::detail::form_boundary(request.header("content-type"));
        auto const parts = testing::detail::parse_form(request.body, boundary);
        if (!parts)
            return "the body is no form\n";
        boost::json::object form;
        for (testing::detail::form_part const& part : *parts) {
            boost::json::string_view const content(part.content.data(), part.content.size());
            boost::json::error_code failure;
            auto const metadata = boost::json::parse(content, failure);
            if (!schema.at("properties").as_object().contains(part.name))
                return "part " + part.name + " is not in the document\n";
            form[part.name] = part.name == "metadata" && !failure ? metadata : boost::json::value(content);
        }
        return violations(schema, form);
    }

    boost::json::value root_;
    std::vector<documented_operation> operations_;
};

} // namespace replicate::tests

#endif
