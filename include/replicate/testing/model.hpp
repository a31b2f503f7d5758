// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_MODEL_HPP
#define REPLICATE_TESTING_MODEL_HPP

#include <replicate/input.hpp>
#include <replicate/testing/script.hpp>

#include <exception>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace replicate::testing {

/// A model of the local server: from its input to the life of the prediction. It may return whatever a `script` can
/// be made of: a text, JSON, a script. Called on the server's thread (or executor), for one input at a time.
/// What it throws becomes the `error` of a failed prediction; an `invalid_input` becomes an answer with status 422.
using model_function = std::function<script(replicate::input const&)>;

/// What is wrong with one member of an input.
class invalid_field {
public:
    /// The kind: `required`, `enum`, `number_lte`, `additional_property_not_allowed`...
    std::string type;
    /// Where: `input` for a member that is missing, `input.width` for one that is wrong.
    std::string field;
    /// In words: `prompt is required`.
    std::string description;

    /// Nothing.
    invalid_field() = default;

    /// All three.
    invalid_field(std::string kind, std::string path, std::string words)
        : type(std::move(kind))
        , field(std::move(path))
        , description(std::move(words))
    {
    }
};

/// Thrown by a model that refuses its input. No prediction comes into being; the answer is the service's 422.
class invalid_input : public std::exception {
public:
    /// Refused for these reasons.
    explicit invalid_input(std::vector<invalid_field> reasons)
        : fields_(std::move(reasons))
    {
    }

    /// The refusal of an input that lacks a member.
    static invalid_input missing(std::string const& name)
    {
        return invalid_input({invalid_field("required", "input", name + " is required")});
    }

    /// The reasons.
    std::vector<invalid_field> const& fields() const noexcept { return fields_; }

    /// "invalid input"
    char const* what() const noexcept override { return "invalid input"; }

private:
    std::vector<invalid_field> fields_;
};

} // namespace replicate::testing

#endif
