// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_INPUT_CHECK_HPP
#define REPLICATE_IMPL_TESTING_INPUT_CHECK_HPP

#include <replicate/impl/testing/wire.hpp>
#include <replicate/testing/model.hpp>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

/// Reads the members of an input as the schema of a model would have them, and collects what is wrong.
class input_check {
public:
    explicit input_check(replicate::input const& input)
        : input_(input)
    {
    }

    std::string required_text(std::string const& name)
    {
        json::value const* const member = input_.object().if_contains(name);
        if (member == nullptr) {
            wrong_.emplace_back("required", "input", name + " is required");
            return {};
        }
        if (!member->is_string()) {
            wrong_.emplace_back("invalid_type", "input." + name, "Invalid type. Expected: string");
            return {};
        }
        return std::string(member->get_string().data(), member->get_string().size());
    }

    std::int64_t integer(std::string const& name, std::int64_t otherwise, std::int64_t least, std::int64_t most)
    {
        json::value const* const member = input_.object().if_contains(name);
        if (member == nullptr)
            return otherwise;
        json::error_code failure;
        auto const value = member->to_number<std::int64_t>(failure);
        std::string const field = "input." + name;
        if (failure)
            wrong_.emplace_back("invalid_type", field, "Invalid type. Expected: integer");
        else if (value < least)
            wrong_.emplace_back("number_gte", field, "Must be greater than or equal to " + std::to_string(least));
        else if (value > most)
            wrong_.emplace_back("number_lte", field, "Must be less than or equal to " + std::to_string(most));
        else
            return value;
        return otherwise;
    }

    double number(std::string const& name, double otherwise, double least, double most)
    {
        json::value const* const member = input_.object().if_contains(name);
        if (member == nullptr)
            return otherwise;
        std::string const field = "input." + name;
        double const value = member->is_number() ? member->to_number<double>() : otherwise;
        if (!member->is_number())
            wrong_.emplace_back("invalid_type", field, "Invalid type. Expected: number");
        else if (value < least)
            wrong_.emplace_back(
                "number_gte", field, "Must be greater than or equal to " + json::serialize(json::value(least)));
        else if (value > most)
            wrong_.emplace_back(
                "number_lte", field, "Must be less than or equal to " + json::serialize(json::value(most)));
        return value;
    }

    /// One of some texts; the first of them where it is absent.
    std::string choice(std::string const& name, std::initializer_list<std::string_view> values)
    {
        json::value const* const member = input_.object().if_contains(name);
        if (member == nullptr)
            return std::string(*values.begin());
        std::string listed;
        for (std::string_view value : values) {
            if (member->is_string() && view(json::string_view(member->get_string())) == value)
                return std::string(value);
            listed.append(listed.empty() ? "\"" : ", \"").append(value).append("\"");
        }
        wrong_.emplace_back("enum", "input." + name, name + " must be one of the following: " + listed);
        return std::string(*values.begin());
    }

    /// Throws what was collected, if anything.
    void finish()
    {
        if (!wrong_.empty())
            throw invalid_input(std::move(wrong_));
    }

private:
    replicate::input const& input_;
    std::vector<invalid_field> wrong_;
};

} // namespace replicate::testing::detail

#endif
