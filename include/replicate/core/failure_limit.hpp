// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_FAILURE_LIMIT_HPP
#define REPLICATE_CORE_FAILURE_LIMIT_HPP

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace replicate::core {

/// How many rows of a batch may fail before it stops: a number, or a part of those that have ended.
class failure_limit {
public:
    /// No limit.
    failure_limit() = default;

    /// Reads `25` or `10%`; nothing where it is neither.
    static std::optional<failure_limit> parse(std::string_view text)
    {
        bool const is_part = text.ends_with('%');
        text.remove_suffix(is_part ? 1 : 0);
        failure_limit read;
        auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), read.most_);
        if (code != std::errc() || end != text.data() + text.size() || (is_part && read.most_ > 100))
            return std::nullopt;
        read.kind_ = is_part ? kind::part : kind::number;
        return read;
    }

    /// Whether the batch is to stop. A part is looked at when so many have ended that one failure weighs no more than 5 %.
    bool is_passed(std::uint64_t failed, std::uint64_t ended) const noexcept
    {
        constexpr std::uint64_t enough = 20;
        if (kind_ == kind::number)
            return failed > most_;
        return kind_ == kind::part && ended >= enough && failed * 100 > most_ * ended;
    }

private:
    enum class kind { none, number, part };

    kind kind_ = kind::none;
    std::uint64_t most_ = 0;
};

} // namespace replicate::core

#endif
