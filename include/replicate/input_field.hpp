// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_INPUT_FIELD_HPP
#define REPLICATE_INPUT_FIELD_HPP

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <vector>

namespace replicate {

namespace json = boost::json;

/// One value that a model takes, as the schema of its version describes it. A plain value.
class input_field {
public:
    /// Its name in the input.
    std::string name;
    /// `string`, `integer`, `number`, `boolean`, `array`, `object`; empty where the schema does not say one.
    std::string type;
    /// `uri` for a file or a URL, `password`, and others; often empty.
    std::string format;
    /// For people; either may be empty.
    std::string title, description;
    /// What the model takes where it is absent; nothing where the schema names nothing.
    std::optional<json::value> default_value;
    /// True where an input without it is refused.
    bool required = false;
    /// True where null is taken, too.
    bool nullable = false;
    /// True for a secret (`x-cog-secret`), which the service shows to nobody.
    bool secret = false;
    /// The bounds of a number, themselves allowed.
    std::optional<double> minimum, maximum;
    /// The only values that are taken; empty where there is no such list.
    std::vector<json::value> values;
    /// Its whole schema, with all references resolved.
    json::value schema;

    /// No field.
    input_field() = default;

    /// True for a file: a `file_source`, a `file_output` or a URL.
    bool is_file() const noexcept { return type == "string" && format == "uri"; }
};

} // namespace replicate

#endif
