// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_UTF8_HPP
#define REPLICATE_CORE_UTF8_HPP

#include <cstddef>
#include <string_view>

namespace replicate::detail {

constexpr bool is_utf8_continuation(char letter) noexcept
{
    return (static_cast<unsigned char>(letter) & 0xc0u) == 0x80u;
}

/// The length of the character at the front of a text, 1 to 4; 0 where there is none (Unicode 15, table 3-7).
constexpr std::size_t utf8_length(std::string_view text) noexcept
{
    auto const first = static_cast<unsigned char>(text[0]);
    if (first < 0x80)
        return 1;
    std::size_t const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length)
        return 0;
    auto const second = static_cast<unsigned char>(text[1]);
    bool const overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    bool const beyond = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
    for (std::size_t i = 1; i < length; ++i)
        if (!is_utf8_continuation(text[i]))
            return 0;
    return overlong || beyond ? 0 : length;
}

} // namespace replicate::detail

namespace replicate::core {

/// Whether a text is UTF-8 throughout, as JSON has to be: no stray or missing byte, no surrogate, nothing overlong.
constexpr bool is_utf8(std::string_view text) noexcept
{
    while (!text.empty()) {
        std::size_t const length = detail::utf8_length(text);
        if (length == 0)
            return false;
        text.remove_prefix(length);
    }
    return true;
}

/// The front of a text, of at most so many bytes, that does not end within a character.
constexpr std::string_view utf8_front(std::string_view text, std::size_t most_bytes) noexcept
{
    if (text.size() <= most_bytes)
        return text;
    while (most_bytes > 0 && detail::is_utf8_continuation(text[most_bytes]))
        --most_bytes;
    return text.substr(0, most_bytes);
}

} // namespace replicate::core

#endif
