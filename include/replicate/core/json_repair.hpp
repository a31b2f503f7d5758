// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_JSON_REPAIR_HPP
#define REPLICATE_CORE_JSON_REPAIR_HPP

#include <replicate/core/utf8_repair.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::core {

/// Repairs what models do to JSON when they write text in pieces, cut anywhere, or numbers that are none. In linear time.
/// Within strings: what is not UTF-8 and surrogates without their other half become U+FFFD, control characters are escaped.
/// Outside of them: `NaN`, `Infinity` and `-Infinity` become `null`. All else stays, so that what was broken otherwise is so still.
class json_repair {
public:
    /// The repaired text.
    static std::string of(std::string_view text)
    {
        json_repair repair(text);
        while (!repair.rest_.empty())
            repair.rest_.front() == '"' ? repair.take_string() : repair.take_outside();
        return std::move(repair.result_);
    }

private:
    explicit json_repair(std::string_view text)
        : rest_(text)
    {
        result_.reserve(text.size() + text.size() / 16);
    }

    void take(std::size_t count)
    {
        result_.append(rest_.substr(0, count));
        rest_.remove_prefix(count);
    }

    void replace(std::size_t count, std::string_view with)
    {
        result_.append(with);
        rest_.remove_prefix(count);
    }

    void take_outside()
    {
        for (std::string_view const word : {std::string_view("NaN"), std::string_view("Infinity"), std::string_view("-Infinity")})
            if (rest_.starts_with(word))
                return replace(word.size(), "null");
        take(1);
    }

    void take_string()
    {
        take(1);
        while (!rest_.empty() && rest_.front() != '"')
            take_letter();
        take(rest_.empty() ? 0 : 1);
    }

    void take_letter()
    {
        auto const byte = static_cast<unsigned char>(rest_.front());
        if (byte == '\\')
            return take_escape();
        if (byte < ' ')
            return escape_control(byte);
        std::size_t const length = detail::utf8_length(rest_);
        length != 0 ? take(length) : replace(detail::broken_utf8_length(rest_), "\xef\xbf\xbd");
    }

    void escape_control(unsigned byte)
    {
        constexpr std::string_view digits = "0123456789abcdef";
        char const escape[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
        replace(1, {escape, sizeof(escape)});
    }

    void take_escape()
    {
        constexpr std::size_t length = 6; // of \uXXXX
        std::optional<unsigned> const unit = utf16_unit(rest_);
        if (!unit || !is_surrogate(*unit))
            return take(unit ? length : rest_.size() < 2 ? 1 : 2);
        std::optional<unsigned> const next = utf16_unit(rest_.substr(length));
        bool const is_pair = *unit < 0xdc00 && next && *next >= 0xdc00 && *next <= 0xdfff;
        is_pair ? take(2 * length) : replace(length, "\\ufffd");
    }

    static bool is_surrogate(unsigned unit) noexcept { return unit >= 0xd800 && unit <= 0xdfff; }

    /// The unit that the escape \uXXXX at the front of a text stands for.
    static std::optional<unsigned> utf16_unit(std::string_view text) noexcept
    {
        if (text.size() < 6 || text[0] != '\\' || text[1] != 'u')
            return std::nullopt;
        unsigned unit = 0;
        for (char letter : text.substr(2, 4)) {
            constexpr std::string_view digits = "0123456789abcdef";
            bool const is_upper = letter >= 'A' && letter <= 'F';
            auto const digit = digits.find(is_upper ? static_cast<char>(letter - 'A' + 'a') : letter);
            if (digit == std::string_view::npos)
                return std::nullopt;
            unit = unit * 16 + static_cast<unsigned>(digit);
        }
        return unit;
    }

    std::string_view rest_;
    std::string result_;
};

} // namespace replicate::core

#endif
