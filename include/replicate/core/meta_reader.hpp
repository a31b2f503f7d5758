// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_META_READER_HPP
#define REPLICATE_CORE_META_READER_HPP

#include <replicate/core/datetime.hpp>
#include <replicate/core/request.hpp>
#include <replicate/response_meta.hpp>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace replicate::core {

/// A whole number that is all of a header; nothing where it is not one.
inline std::optional<std::uint64_t> header_count(response const& answer, std::string_view name) noexcept
{
    std::string_view const text = answer.header(name);
    std::uint64_t value = 0;
    auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || code != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

/// What came with an answer that took so many tries and so long.
inline response_meta read_meta(response const& answer, unsigned attempts, std::chrono::steady_clock::duration elapsed)
{
    constexpr std::uint64_t longest = 366 * 24 * 3600;
    response_meta meta;
    meta.status = answer.status;
    meta.rate_limit_remaining = header_count(answer, "ratelimit-remaining");
    if (auto const seconds = header_count(answer, "ratelimit-reset"); seconds && *seconds <= longest)
        meta.rate_limit_reset = std::chrono::seconds(static_cast<std::chrono::seconds::rep>(*seconds));
    meta.request_id = std::string(answer.header("cf-ray"));
    meta.attempts = attempts;
    meta.elapsed = elapsed;
    if (std::string_view const date = answer.header("date"); !date.empty())
        meta.server_date = parse_http_date(date);
    return meta;
}

} // namespace replicate::core

#endif
