// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_EXAMPLES_BATCH_WORDS_HPP
#define REPLICATE_EXAMPLES_BATCH_WORDS_HPP

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

namespace batch_program {

/// A number for people: `1,234,567`.
inline std::string in_thousands(std::uint64_t number)
{
    std::string digits = std::to_string(number);
    for (std::size_t place = digits.size(); place > 3; place -= 3)
        digits.insert(place - 3, 1, ',');
    return digits;
}

/// So many digits behind the point.
inline std::string fixed(double number, int digits)
{
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", digits, number);
    return text;
}

/// A length of time for people: `25 ms`, `12.3 s`, `4:05`, `2:04:05`.
inline std::string time_text(double seconds)
{
    if (seconds < 0.9995)
        return seconds < 0.0005 ? "0 s" : fixed(seconds * 1000, 0) + " ms";
    if (seconds < 60)
        return fixed(seconds, 1) + " s";
    auto const whole = static_cast<std::uint64_t>(std::llround(seconds));
    char text[64];
    if (whole < 3600)
        std::snprintf(text, sizeof text, "%u:%02u", static_cast<unsigned>(whole / 60), static_cast<unsigned>(whole % 60));
    else
        std::snprintf(text, sizeof text, "%llu:%02u:%02u", static_cast<unsigned long long>(whole / 3600),
            static_cast<unsigned>(whole / 60 % 60), static_cast<unsigned>(whole % 60));
    return text;
}

/// An amount of money, in whatever currency.
inline std::string cost_text(double cost)
{
    return fixed(cost, cost < 10 ? 4 : 2);
}

} // namespace batch_program

#endif
