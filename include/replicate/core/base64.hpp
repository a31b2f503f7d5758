// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_BASE64_HPP
#define REPLICATE_CORE_BASE64_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace replicate::detail {

inline constexpr std::string_view base64_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

inline constexpr std::uint8_t not_base64 = 0xff;

// The value of each byte in the alphabet; the last two letters are what the two alphabets differ in.
constexpr std::array<std::uint8_t, 256> make_base64_values(char letter_62, char letter_63)
{
    std::array<std::uint8_t, 256> values{};
    for (std::uint8_t& value : values)
        value = not_base64;
    for (std::uint8_t i = 0; i < 62; ++i)
        values[static_cast<unsigned char>(base64_letters[i])] = i;
    values[static_cast<unsigned char>(letter_62)] = 62;
    values[static_cast<unsigned char>(letter_63)] = 63;
    return values;
}

inline constexpr std::array<std::uint8_t, 256> base64_values = make_base64_values('+', '/');
inline constexpr std::array<std::uint8_t, 256> base64url_values = make_base64_values('-', '_');

// Takes `=` off the end; false where there are other than the right number of them.
inline bool remove_base64_padding(std::string_view& text)
{
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
        ++padding;
    if (padding != 0 && text.size() % 4 != 0)
        return false;
    text.remove_suffix(padding);
    return text.size() % 4 != 1;
}

inline std::optional<std::string> decode_base64(std::string_view text, std::array<std::uint8_t, 256> const& values)
{
    if (!remove_base64_padding(text))
        return std::nullopt;
    std::string bytes;
    bytes.resize(text.size() / 4 * 3 + text.size() % 4 * 3 / 4);
    std::size_t written = 0;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (char letter : text) {
        std::uint8_t const value = values[static_cast<unsigned char>(letter)];
        if (value == not_base64)
            return std::nullopt;
        bits = (bits << 6 | value) & 0xfffu;
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes[written++] = static_cast<char>(static_cast<unsigned char>(bits >> count & 0xffu));
        }
    }
    // Bits that no byte takes must be zero: otherwise two texts would mean the same bytes.
    if ((bits & ((1u << count) - 1u)) != 0)
        return std::nullopt;
    return bytes;
}

} // namespace replicate::detail

namespace replicate::core {

/// The base64 text of some bytes (RFC 4648 section 4): with padding, without line breaks.
inline std::string base64_encode(std::string_view bytes)
{
    std::string text;
    text.resize((bytes.size() + 2) / 3 * 4);
    std::size_t written = 0;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::size_t const taken = bytes.size() - i < 3 ? bytes.size() - i : 3;
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k)
            bits = bits << 8 | (k < taken ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        text[written++] = detail::base64_letters[bits >> 18 & 63u];
        text[written++] = detail::base64_letters[bits >> 12 & 63u];
        text[written++] = taken > 1 ? detail::base64_letters[bits >> 6 & 63u] : '=';
        text[written++] = taken > 2 ? detail::base64_letters[bits & 63u] : '=';
    }
    return text;
}

/// The bytes of a base64 text; nothing where it is not one. The padding may be left out, but not be wrong; white
/// space, letters of other alphabets and left-over bits that are not zero are refused.
inline std::optional<std::string> base64_decode(std::string_view text)
{
    return detail::decode_base64(text, detail::base64_values);
}

/// The same for the alphabet that is safe in URLs, `-` and `_` in place of `+` and `/` (RFC 4648 section 5).
inline std::optional<std::string> base64url_decode(std::string_view text)
{
    return detail::decode_base64(text, detail::base64url_values);
}

} // namespace replicate::core

#endif
