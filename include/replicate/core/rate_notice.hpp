// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_RATE_NOTICE_HPP
#define REPLICATE_CORE_RATE_NOTICE_HPP

#include <replicate/core/rate_answer.hpp>
#include <replicate/core/retry_after.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

namespace replicate::core {

/// The limit that the text of a refusal names: "... is reduced to 6 requests per minute with a burst of 1 requests while you
/// have less than $5.0 in credit."
struct rate_notice {
    /// Requests per second; above zero.
    double per_second = 0;
    /// So many at once; at least 1.
    double burst = 1;
    /// Why.
    rate_mode mode = rate_mode::normal;
};

} // namespace replicate::core

namespace replicate::detail {

/// The seconds in the unit that a text begins with: "minute", "minutes", "minute."; 0 where it is no unit.
inline double seconds_of_unit(std::string_view text) noexcept
{
    if (text.starts_with("second"))
        return 1;
    if (text.starts_with("minute"))
        return 60;
    if (text.starts_with("hour"))
        return 3600;
    return text.starts_with("day") ? 86'400 : 0;
}

/// The number at the end of a text, with the word "requests" behind it or not; 0 where there is none.
inline double number_before(std::string_view text) noexcept
{
    for (std::string_view const word : {std::string_view(" requests"), std::string_view(" request")})
        if (text.ends_with(word))
            text.remove_suffix(word.size());
    std::size_t begin = text.size();
    while (begin > 0 && (is_decimal_digit(text[begin - 1]) || text[begin - 1] == '.'))
        --begin;
    text.remove_prefix(begin);
    return take_decimal(text).value_or(0);
}

/// The least of all rates that a text names, per second; 0 where it names none.
inline double named_rate(std::string_view text) noexcept
{
    constexpr std::string_view per = " per ";
    double least = 0;
    for (auto found = text.find(per); found != text.npos; found = text.find(per, found + 1)) {
        double const unit = seconds_of_unit(text.substr(found + per.size()));
        double const number = number_before(text.substr(0, found));
        if (unit == 0 || number <= 0)
            continue;
        least = least == 0 ? number / unit : std::min(least, number / unit);
    }
    return least;
}

} // namespace replicate::detail

namespace replicate::core {

/// Reads the text of a refusal; nothing where it names no limit.
inline std::optional<rate_notice> parse_rate_notice(std::string_view text) noexcept
{
    // The text is the service's, so it may be of any length; what it has to say stands at its beginning.
    text = text.substr(0, 1024);
    rate_notice notice;
    notice.per_second = detail::named_rate(text);
    if (notice.per_second <= 0)
        return std::nullopt;
    constexpr std::string_view burst = "burst of ";
    if (auto const found = text.find(burst); found != text.npos) {
        std::string_view rest = text.substr(found + burst.size());
        notice.burst = std::max(1.0, detail::take_decimal(rest).value_or(1));
    }
    if (text.find("payment method") != text.npos)
        notice.mode = rate_mode::no_payment;
    else if (text.find("credit") != text.npos)
        notice.mode = rate_mode::low_credit;
    return notice;
}

} // namespace replicate::core

#endif
