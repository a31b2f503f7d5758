// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_INTERRUPTION_HPP
#define REPLICATE_CORE_INTERRUPTION_HPP

#include <algorithm>
#include <iterator>
#include <string_view>

namespace replicate::core {

/// The code that the service puts behind the text of a failure: "E8765" of "... (E8765)", "PA" of "... (code: PA)"; empty
/// where there is none. Not all failures have one (http-api 8.3).
inline std::string_view failure_code(std::string_view text) noexcept
{
    while (!text.empty() && (text.back() == ' ' || text.back() == '.' || text.back() == '\n'))
        text.remove_suffix(1);
    auto const open = text.rfind('(');
    if (text.empty() || text.back() != ')' || open == std::string_view::npos)
        return {};
    std::string_view code = text.substr(open + 1, text.size() - open - 2);
    constexpr std::string_view label = "code: ";
    if (code.substr(0, label.size()) == label)
        code.remove_prefix(label.size());
    bool const is_code = !code.empty() && code.size() <= 8 && std::all_of(code.begin(), code.end(), [](char letter) {
        return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z');
    });
    return is_code ? code : std::string_view();
}

/// True for a failure that says nothing about the model or its input: the machine was lost, did not start, or could not hand over
/// the output. The same prediction may well succeed the next time.
inline bool was_interrupted(std::string_view text) noexcept
{
    constexpr std::string_view codes[] = {"PA", "E6716", "E8367", "E8765", "E9243", "E9825", "E9828"};
    std::string_view const code = failure_code(text);
    if (!code.empty())
        return std::find(std::begin(codes), std::end(codes), code) != std::end(codes);
    return text.find("Prediction interrupted") != std::string_view::npos;
}

} // namespace replicate::core

#endif
