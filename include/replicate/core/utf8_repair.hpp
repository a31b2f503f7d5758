// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_UTF8_REPAIR_HPP
#define REPLICATE_CORE_UTF8_REPAIR_HPP

#include <replicate/core/utf8.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace replicate::detail {

/// Whether a byte may be the second of a character that begins with `first` (Unicode 15, table 3-7).
constexpr bool is_utf8_second(unsigned char first, char letter) noexcept
{
    auto const second = static_cast<unsigned char>(letter);
    switch (first) {
    case 0xe0: return second >= 0xa0 && second <= 0xbf;
    case 0xed: return second >= 0x80 && second <= 0x9f;
    case 0xf0: return second >= 0x90 && second <= 0xbf;
    case 0xf4: return second >= 0x80 && second <= 0x8f;
    default: return is_utf8_continuation(letter);
    }
}

/// How many bytes at the front of a text one replacement character stands for: the longest beginning of a character
/// that is there, at least one byte. Precondition: the text does not begin with a whole character.
constexpr std::size_t broken_utf8_length(std::string_view text) noexcept
{
    auto const first = static_cast<unsigned char>(text[0]);
    if (first < 0xc2 || first > 0xf4 || text.size() < 2 || !is_utf8_second(first, text[1]))
        return 1;
    std::size_t const whole = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    std::size_t length = 2;
    while (length < whole && length < text.size() && is_utf8_continuation(text[length]))
        ++length;
    return length;
}

} // namespace replicate::detail

namespace replicate::core {

/// Appends a text, with U+FFFD in the place of everything that is not UTF-8, as the Encoding Standard decodes it: one for
/// each longest beginning of a character.
inline void append_repaired_utf8(std::string& target, std::string_view text)
{
    std::size_t good = 0;
    while (good < text.size()) {
        std::size_t const length = detail::utf8_length(text.substr(good));
        if (length != 0) {
            good += length;
            continue;
        }
        target.append(text.substr(0, good)).append("\xef\xbf\xbd");
        text.remove_prefix(good + detail::broken_utf8_length(text.substr(good)));
        good = 0;
    }
    target.append(text);
}

/// A text, with U+FFFD in the place of everything that is not UTF-8.
inline std::string repaired_utf8(std::string_view text)
{
    std::string repaired;
    append_repaired_utf8(repaired, text);
    return repaired;
}

} // namespace replicate::core

#endif
