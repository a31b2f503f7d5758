// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_ROW_FILES_HPP
#define REPLICATE_CORE_ROW_FILES_HPP

#include <replicate/file_source.hpp>
#include <replicate/input.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::core {

/// Makes inputs of JSON in which a text `@path` stands for a file of this machine, at any depth, and `@@text` for the text `@text`.
class row_files {
public:
    /// `directory`: where relative paths begin. `allowed`: whether `@` means a file.
    explicit row_files(std::filesystem::path directory = {}, bool allowed = true)
        : directory_(std::move(directory))
        , allowed_(allowed)
    {
    }

    /// The input. Nothing is opened.
    input input_of(json::object const& members) const
    {
        input made;
        for (auto const& member : members)
            made.set(std::string_view(member.key().data(), member.key().size()), value_of(member.value()));
        return made;
    }

private:
    input_value value_of(json::value const& value) const
    {
        if (value.is_string())
            return value_of(std::string_view(value.get_string().data(), value.get_string().size()));
        if (value.is_object())
            return input_value(input_of(value.get_object()));
        if (!value.is_array())
            return input_value(value);
        std::vector<input_value> elements;
        for (json::value const& element : value.get_array())
            elements.push_back(value_of(element));
        return input_value(elements);
    }

    input_value value_of(std::string_view text) const
    {
        if (!allowed_ || !text.starts_with('@'))
            return input_value(text);
        text.remove_prefix(1);
        if (text.starts_with('@'))
            return input_value(text);
        if (text.empty())
            detail::throw_invalid_argument("input", "'@' stands in front of a path; write '@@' for a text that begins with '@'");
        return input_value(file_source::from_path(directory_ / std::filesystem::path(text)));
    }

    std::filesystem::path directory_;
    bool allowed_;
};

} // namespace replicate::core

#endif
