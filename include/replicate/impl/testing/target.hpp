// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_TARGET_HPP
#define REPLICATE_IMPL_TESTING_TARGET_HPP

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace replicate::testing::detail {

inline int hex_digit(char letter) noexcept
{
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    if (letter >= 'a' && letter <= 'f')
        return letter - 'a' + 10;
    if (letter >= 'A' && letter <= 'F')
        return letter - 'A' + 10;
    return -1;
}

/// The text behind `%XX`; what is not well-formed stays as it is.
inline std::string percent_decode(std::string_view text)
{
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        bool const escape = text[i] == '%' && i + 2 < text.size();
        int const high = escape ? hex_digit(text[i + 1]) : -1;
        int const low = escape ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0) {
            decoded += text[i];
            continue;
        }
        decoded += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return decoded;
}

/// The segments of a path as sent, still encoded: "/a/b" gives "a", "b". The views are into `path`.
inline std::vector<std::string_view> split_path(std::string_view path)
{
    std::vector<std::string_view> segments;
    segments.reserve(8);
    while (!path.empty()) {
        path.remove_prefix(1);
        std::size_t const end = path.find('/');
        segments.push_back(path.substr(0, end));
        path.remove_prefix(end == std::string_view::npos ? path.size() : end);
    }
    return segments;
}

/// The decoded value of a query parameter; empty where it is absent.
inline std::optional<std::string> query_value(std::string_view query, std::string_view name)
{
    while (!query.empty()) {
        std::string_view const pair = query.substr(0, query.find('&'));
        query.remove_prefix(pair.size() < query.size() ? pair.size() + 1 : pair.size());
        if (pair.substr(0, pair.find('=')) == name)
            return percent_decode(pair.size() > name.size() ? pair.substr(name.size() + 1) : std::string_view());
    }
    return std::nullopt;
}

} // namespace replicate::testing::detail

#endif
