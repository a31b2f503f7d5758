// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_RETRY_AFTER_HPP
#define REPLICATE_CORE_RETRY_AFTER_HPP

#include <replicate/core/datetime.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>

namespace replicate::core {

/// How long the service wishes its caller to wait: no usable wish, a wait, or one that is too long.
class retry_after {
public:
    /// No usable wish: the caller's own backoff decides.
    retry_after() = default;

    /// A wish, held against a cap; a wish that is not longer than nothing is none.
    retry_after(std::chrono::milliseconds wish, std::chrono::nanoseconds cap) noexcept
        : wish_(std::max(wish, std::chrono::milliseconds(0)))
        , too_long_(wish_ > std::max(cap, std::chrono::nanoseconds(0)))
    {
    }

    /// Whether there is no usable wish.
    bool is_none() const noexcept { return wish_ == std::chrono::milliseconds(0); }

    /// Whether to wait for `wait()`, no less.
    bool is_wait() const noexcept { return !is_none() && !too_long_; }

    /// Whether the service wishes more than the cap: give up, and tell the caller what `wait()` is.
    bool is_too_long() const noexcept { return too_long_; }

    /// The wish, rounded up to milliseconds and at most a year; zero where there is none.
    std::chrono::milliseconds wait() const noexcept { return wish_; }

private:
    std::chrono::milliseconds wish_{};
    bool too_long_ = false;
};

/// Where in an answer a wish to wait may stand. What the answer does not have stays empty.
struct retry_hints {
    /// The header `retry-after-ms`: milliseconds.
    std::string_view retry_after_ms;
    /// The header `Retry-After`: seconds, or a date.
    std::string_view retry_after;
    /// The member `retry_after` of a JSON body.
    std::optional<std::chrono::duration<double>> body_retry_after;
    /// The member `detail` of a JSON body: "... Your rate limit resets in ~7s."
    std::string_view detail;
    /// The header `ratelimit-reset`: seconds. Nearly every answer has it, also good ones and failures that have
    /// nothing to do with a rate: set it for answers of status 429 only.
    std::string_view ratelimit_reset;
};

} // namespace replicate::core

namespace replicate::detail {

/// Longer wishes count as this one, so that adding it to a point of time does not overflow.
inline constexpr std::chrono::milliseconds longest_wish = std::chrono::hours(24 * 365);

/// Milliseconds, rounded up: to come early is to be refused again.
inline std::chrono::milliseconds to_wish(double milliseconds) noexcept
{
    if (!(milliseconds > 0.0)) // also for what is not a number
        return std::chrono::milliseconds(0);
    if (!(milliseconds < static_cast<double>(longest_wish.count())))
        return std::isinf(milliseconds) ? std::chrono::milliseconds(0) : longest_wish;
    // The subtraction takes back what the binary form of a decimal fraction may add.
    return std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(std::ceil(milliseconds - 1e-6)));
}

inline bool is_decimal_digit(char letter) noexcept
{
    return letter >= '0' && letter <= '9';
}

/// The decimal number at the front of a text, which is taken off: digits, perhaps a point and more digits. No sign,
/// exponent, `inf` or `nan`, and no locale.
inline std::optional<double> take_decimal(std::string_view& text) noexcept
{
    if (text.empty() || !is_decimal_digit(text.front()))
        return std::nullopt;
    double value = 0;
    for (; !text.empty() && is_decimal_digit(text.front()); text.remove_prefix(1))
        value = std::min(value * 10 + (text.front() - '0'), 1e15);
    if (text.size() < 2 || text[0] != '.' || !is_decimal_digit(text[1]))
        return value;
    text.remove_prefix(1);
    for (double unit = 0.1; !text.empty() && is_decimal_digit(text.front()); text.remove_prefix(1), unit /= 10)
        value += unit * (text.front() - '0');
    return value;
}

inline std::string_view without_blanks_around(std::string_view text) noexcept
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

inline std::chrono::milliseconds wish_of_number(std::string_view value, double milliseconds_per_unit) noexcept
{
    value = without_blanks_around(value);
    std::optional<double> const number = take_decimal(value);
    return number && value.empty() ? to_wish(*number * milliseconds_per_unit) : std::chrono::milliseconds(0);
}

inline std::chrono::milliseconds wish_of_date(
    std::string_view value, std::chrono::system_clock::time_point now) noexcept
{
    std::optional<std::chrono::system_clock::time_point> const date =
        core::parse_http_date(without_blanks_around(value), now);
    if (!date || *date <= now)
        return std::chrono::milliseconds(0);
    return std::min(std::chrono::ceil<std::chrono::milliseconds>(*date - now), longest_wish);
}

inline bool is_ascii_letter(char letter) noexcept
{
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

/// Whether a text starts with `s`, `second` or `seconds` as a word of its own. In another unit the number before
/// it would be read wrongly.
inline bool starts_with_seconds(std::string_view text) noexcept
{
    std::size_t length = 0;
    while (length < text.size() && is_ascii_letter(text[length]))
        ++length;
    std::string_view const word = text.substr(0, length);
    return word == "s" || word == "sec" || word == "secs" || word == "second" || word == "seconds";
}

/// The number in "resets in ~7s" and in "available in 1 second".
inline std::chrono::milliseconds wish_of_text(std::string_view text) noexcept
{
    for (std::string_view const phrase : {std::string_view("resets in "), std::string_view("available in ")}) {
        std::size_t found = text.find(phrase);
        for (; found != std::string_view::npos; found = text.find(phrase, found + 1)) {
            std::string_view rest = text.substr(found + phrase.size());
            if (!rest.empty() && rest.front() == '~')
                rest.remove_prefix(1);
            std::optional<double> const number = take_decimal(rest);
            if (!rest.empty() && rest.front() == ' ')
                rest.remove_prefix(1);
            if (number && starts_with_seconds(rest))
                return to_wish(*number * 1000.0);
        }
    }
    return std::chrono::milliseconds(0);
}

} // namespace replicate::detail

namespace replicate::core {

/// Reads how long the service wishes its caller to wait. The first usable of these counts: `retry-after-ms`,
/// `Retry-After`, the body's `retry_after`, the text of its `detail`, `ratelimit-reset`. Not usable is what is
/// absent, zero, past, negative or malformed. A wish longer than `cap` is too long, but for `ratelimit-reset`, which is
/// no wish and is then left out. Does not throw.
inline retry_after parse_retry_after(
    retry_hints const& hints, std::chrono::system_clock::time_point now, std::chrono::nanoseconds cap) noexcept
{
    retry_after wish(detail::wish_of_number(hints.retry_after_ms, 1.0), cap);
    if (wish.is_none())
        wish = retry_after(detail::wish_of_number(hints.retry_after, 1000.0), cap);
    if (wish.is_none())
        wish = retry_after(detail::wish_of_date(hints.retry_after, now), cap);
    if (wish.is_none() && hints.body_retry_after)
        wish = retry_after(detail::to_wish(hints.body_retry_after->count() * 1000.0), cap);
    if (wish.is_none())
        wish = retry_after(detail::wish_of_text(hints.detail), cap);
    if (!wish.is_none())
        return wish;
    retry_after const reset(detail::wish_of_number(hints.ratelimit_reset, 1000.0), cap);
    return reset.is_wait() ? reset : retry_after();
}

} // namespace replicate::core

#endif
