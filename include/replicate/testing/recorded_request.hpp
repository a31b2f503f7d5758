// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_RECORDED_REQUEST_HPP
#define REPLICATE_TESTING_RECORDED_REQUEST_HPP

#include <replicate/testing/operation.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::testing {

/// One request as the local server received it.
class recorded_request {
public:
    /// What it asks.
    testing::operation operation = operation::other;
    /// GET, POST, ...
    std::string method;
    /// Path and query, as sent.
    std::string target;
    /// Every header in the order sent; names as sent.
    std::vector<std::pair<std::string, std::string>> headers;
    /// The body, decoded from its transfer coding. Empty where it was larger than
    /// `server_options::largest_remembered_body`.
    std::string body;
    /// Which connection it came over: 1, 2, 3... in the order of acceptance.
    std::size_t connection = 0;
    /// Which request of its connection it is: 1, 2, 3...
    std::size_t number_on_connection = 0;
    /// When its header had been read.
    std::chrono::steady_clock::time_point arrived{};

    /// No request.
    recorded_request() = default;

    /// The value of a header, its name compared without regard to case; empty where there is none.
    std::string_view header(std::string_view name) const noexcept
    {
        for (auto const& [known_name, value] : headers)
            if (std::equal(name.begin(), name.end(), known_name.begin(), known_name.end(), same_letter))
                return value;
        return {};
    }

    /// The path without the query.
    std::string_view path() const noexcept { return std::string_view(target).substr(0, target.find('?')); }

    /// The query without its question mark; empty where there is none.
    std::string_view query() const noexcept
    {
        std::size_t const mark = target.find('?');
        return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
    }

private:
    static constexpr char lower_case(char letter) noexcept
    {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    }
    static constexpr bool same_letter(char left, char right) noexcept { return lower_case(left) == lower_case(right); }
};

} // namespace replicate::testing

#endif
