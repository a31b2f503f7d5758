// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_PERCENT_ENCODING_HPP
#define REPLICATE_CORE_PERCENT_ENCODING_HPP

#include <string>
#include <string_view>

namespace replicate::detail {

// RFC 3986 section 2.3. Written out, because the functions of <cctype> follow the locale.
constexpr bool is_unreserved(char letter) noexcept
{
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9')
        || letter == '-' || letter == '.' || letter == '_' || letter == '~';
}

} // namespace replicate::detail

namespace replicate::core {

/// A text as one path segment, or as one name or value of a query: every byte but the unreserved ones (letters,
/// digits, `-`, `.`, `_`, `~`) becomes `%XX`. Note that `.` and `..` stay as they are: ask `is_safe_segment` first.
inline std::string percent_encode(std::string_view text)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    encoded.reserve(text.size());
    for (char letter : text) {
        if (detail::is_unreserved(letter)) {
            encoded += letter;
            continue;
        }
        auto const byte = static_cast<unsigned char>(letter);
        encoded += '%';
        encoded += digits[byte >> 4];
        encoded += digits[byte & 15];
    }
    return encoded;
}

/// Whether a text may stand between two slashes of a path and still mean itself to every server and proxy on the
/// way. Refused are the empty text, `.`, `..`, spaces, control characters, `/`, `\`, `?`, `#`, `%` and whatever is
/// not ASCII (names and ids of this API are; look-alikes and invisible spaces are not worth the risk).
constexpr bool is_safe_segment(std::string_view text) noexcept
{
    if (text.empty() || text == "." || text == "..")
        return false;
    for (char letter : text) {
        auto const byte = static_cast<unsigned char>(letter);
        if (byte <= ' ' || byte >= 0x7f)
            return false;
        if (std::string_view("/\\?#%").find(letter) != std::string_view::npos)
            return false;
    }
    return true;
}

/// Whether a text may be sent as the value of a header without ending it early: no control character but the
/// tabulator, so no CR, LF or NUL (RFC 9110 section 5.5). Bytes beyond ASCII are allowed there and here.
constexpr bool is_safe_header_value(std::string_view text) noexcept
{
    for (char letter : text) {
        auto const byte = static_cast<unsigned char>(letter);
        if ((byte < ' ' && letter != '\t') || byte == 0x7f)
            return false;
    }
    return true;
}

} // namespace replicate::core

#endif
