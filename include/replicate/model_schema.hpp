// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_MODEL_SCHEMA_HPP
#define REPLICATE_MODEL_SCHEMA_HPP

// Inputs are held against the schema of the model before anything is sent:
//
//     auto schema = co_await client.async_schema("stability-ai/sdxl");
//     schema.throw_if_invalid(input);
//
// This header is not part of replicate.hpp, because it alone needs valijson.

#if !__has_include(<valijson/validator.hpp>)
#error "replicate/model_schema.hpp needs valijson, header-only: Debian's libvalijson-dev, or github.com/tristanpenman/valijson"
#endif

#include <replicate/client.hpp>
#include <replicate/core/schema_memory.hpp>
#include <replicate/core/schema_keywords.hpp>
#include <replicate/core/schema_text.hpp>
#include <replicate/detail/converting_start.hpp>
#include <replicate/input_field.hpp>
#include <replicate/input_violation.hpp>
#include <replicate/model.hpp>

#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate {

/// What a version of a model takes as its input, and how to check one without paying. A value; copies share the content. Any
/// number of threads may use it at once.
class model_schema {
public:
    /// A schema that takes everything.
    model_schema() = default;

    /// Reads the `openapi_schema` of a version. An `error` of `errc::unexpected_document`, which says what is wrong with it, where
    /// it is none.
    static model_schema from_json(json::value const& document)
    {
        core::found_schema found;
        found.document = std::make_shared<json::value const>(document);
        return model_schema(std::move(found));
    }

    /// Reads the schema of a version that is there already.
    static model_schema from_version(model_version const& version)
    {
        core::found_schema found;
        found.version = version.id;
        found.document = std::make_shared<json::value const>(version.openapi_schema());
        return model_schema(std::move(found));
    }

    /// Reads what `client::async_schema` has found.
    explicit model_schema(core::found_schema found)
        : content_(std::make_shared<content const>(std::move(found)))
    {
    }

    /// The model, `owner/name`; empty where that is not known.
    std::string model() const { return content_ ? content_->found.model : std::string(); }

    /// The id of the version; empty where that is not known.
    std::string version() const { return content_ ? content_->found.version : std::string(); }

    /// The values that the model takes, in the order in which its author wants them shown.
    std::vector<input_field> fields() const { return content_ ? content_->fields : std::vector<input_field>(); }

    /// The whole document, as it came; null for a schema that takes everything.
    json::value const& document() const noexcept { return content_ ? *content_->found.document : nothing(); }

    /// Everything that is wrong with an input, in no particular order; empty where nothing is. Sends nothing. A file that is yet
    /// to be sent counts as a URL. Members that the model does not know are errors where its schema forbids them, else warnings.
    std::vector<input_violation> validate(input const& values) const;

    /// Throws an `invalid_input_error` with all errors that `validate` finds; warnings count for nothing.
    void throw_if_invalid(input const& values) const
    {
        std::vector<input_violation> found = validate(values);
        std::erase_if(found, [](auto const& each) { return each.level == input_violation::severity::warning; });
        if (!found.empty())
            throw invalid_input_error(std::move(found));
    }

private:
    class content {
    public:
        explicit content(core::found_schema given)
            : found(std::move(given))
            , input(core::input_schema_of(*found.document))
            , fields(core::read_input_fields(input))
        {
            json::value const keywords = detail::keyword_copier().copied(input);
            try {
                valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
                parser.populateSchema(valijson::adapters::BoostJsonAdapter(keywords), checked);
            } catch (std::exception const& refusal) {
                detail::throw_not_a_schema(refusal.what());
            }
        }

        core::found_schema found;
        json::value input;
        std::vector<input_field> fields;
        valijson::Schema checked;
    };

    static json::value const& nothing() noexcept
    {
        static json::value const null;
        return null;
    }

    std::shared_ptr<content const> content_;
};

namespace detail {

/// What the checker does not look at: the form of URLs, patterns (its own regular expressions run out of stack on long texts), and members that are unknown but allowed.
class input_walk {
public:
    std::vector<input_violation> violations;

    input_walk() = default;

    void look_at(json::value const& value, schema_view const& schema, std::string const& place)
    {
        if (value.is_string())
            look_at_text({value.get_string().data(), value.get_string().size()}, schema, place);
        if (value.is_array())
            for (std::size_t i = 0; i < value.get_array().size(); ++i)
                look_at(value.get_array()[i], schema.element(), place + core::pointer_step(std::to_string(i)));
        if (value.is_object())
            for (auto const& member : value.get_object())
                look_at(member.value(), schema.member(member.key()), place + core::pointer_step(member.key()));
    }

    void look_for_unknown(json::object const& members, json::value const& schema)
    {
        std::vector<std::string> const known = schema_view(schema).member_names();
        bool const open = schema_view(schema).find("additionalProperties") != nullptr
            || schema_view(schema).find("patternProperties") != nullptr || known.empty();
        for (auto const& member : members)
            if (!open && std::find(known.begin(), known.end(), std::string_view(member.key())) == known.end())
                violations.emplace_back(core::pointer_step(member.key()), "is not known to the model; it is likely ignored",
                    input_violation::severity::warning);
    }

private:
    void look_at_text(std::string_view text, schema_view const& schema, std::string const& place)
    {
        if (schema.text("format") == "uri" && !has_scheme(text))
            violations.emplace_back(place, "must be a file or a URL, not another text");
        std::string const pattern = schema.text("pattern");
        if (!pattern.empty() && text.size() <= longest_matched && !matches(text, pattern))
            violations.emplace_back(place, "must match the pattern " + pattern);
    }

    static bool has_scheme(std::string_view text) noexcept
    {
        std::size_t const colon = text.find(':');
        constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        return colon != std::string_view::npos && colon > 0 && letters.find(text.front()) != std::string_view::npos
            && text.substr(0, colon).find_first_of(" \t\r\n/?#") == std::string_view::npos;
    }

    static bool matches(std::string_view text, std::string const& pattern)
    {
        try {
            return std::regex_search(text.begin(), text.end(), std::regex(pattern, std::regex::ECMAScript));
        } catch (std::regex_error const&) {
            return true; // not for this library to judge
        }
    }

    // std::regex goes deeper into the stack with every letter.
    static constexpr std::size_t longest_matched = 2000;
};

inline schema_finding read_finding(valijson::ValidationResults::Error const& error)
{
    schema_finding made;
    for (std::string const& step : error.context)
        if (step.size() >= 2 && step.front() == '[')
            made.steps.push_back(step.substr(1, step.size() - 2));
    made.words = error.description;
    return made;
}

/// What `client::async_schema` makes of its answer.
inline model_schema schema_of(core::found_schema found)
{
    return model_schema(std::move(found));
}

} // namespace detail

inline std::vector<input_violation> model_schema::validate(input const& values) const
{
    if (!content_)
        return {};
    json::value const seen = core::comparable(values.object());
    valijson::ValidationResults results;
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    std::vector<detail::schema_finding> findings;
    if (!validator.validate(content_->checked, valijson::adapters::BoostJsonAdapter(seen), &results))
        for (auto const& each : results)
            findings.push_back(detail::read_finding(each));
    std::vector<input_violation> violations = detail::finding_reader(content_->input, seen).read(findings);
    detail::input_walk walk;
    walk.look_at(seen, detail::schema_view(content_->input), "");
    walk.look_for_unknown(values.object(), content_->input);
    violations.insert(violations.end(), walk.violations.begin(), walk.violations.end());
    return violations;
}

template<class... Arguments>
    requires detail::call_arguments<model_schema, call_options, Arguments...>
auto client::async_schema(model_ref model, Arguments&&... arguments) const
{
    auto start = detail::bind_start<&detail::start_schema>(state_, std::move(model));
    return detail::initiate<model_schema, call_options>(
        detail::converting_start<model_schema, core::found_schema, &detail::schema_of, decltype(start)>(std::move(start)),
        std::forward<Arguments>(arguments)...);
}

} // namespace replicate

#endif
