// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_REQUEST_VERDICT_HPP
#define REPLICATE_CORE_REQUEST_VERDICT_HPP

#include <replicate/core/rate_answer.hpp>
#include <replicate/error_code.hpp>
#include <replicate/request_events.hpp>

#include <boost/system/errc.hpp>

#include <array>
#include <cstddef>
#include <string_view>

namespace replicate::core {

/// How an answer of this status is counted.
inline request_outcome outcome_of_status(unsigned status) noexcept
{
    if (status == 429)
        return request_outcome::throttled;
    if (status >= 500)
        return request_outcome::server_error;
    return status >= 400 ? request_outcome::refused : request_outcome::succeeded;
}

/// How a try is counted. What was refused stays refused, also where the rest of the answer did not come.
inline request_outcome outcome_of(boost::system::error_code code, unsigned status) noexcept
{
    if (code == boost::system::errc::operation_canceled)
        return request_outcome::interrupted;
    if (!code || status >= 400)
        return status != 0 ? outcome_of_status(status) : request_outcome::other;
    if (code == condition::timeout)
        return request_outcome::timed_out;
    if (code == condition::connection)
        return request_outcome::connection_failed;
    if (code == condition::tls)
        return request_outcome::tls_failed;
    return code == condition::protocol ? request_outcome::malformed_answer : request_outcome::other;
}

/// A status as a text that lives for ever; empty for one below 400.
inline std::string_view status_text(unsigned status) noexcept
{
    static constexpr auto table = [] {
        std::array<char, 600> digits{};
        for (std::size_t i = 0; i < 200; ++i) {
            digits[3 * i] = static_cast<char>('4' + i / 100);
            digits[3 * i + 1] = static_cast<char>('0' + i / 10 % 10);
            digits[3 * i + 2] = static_cast<char>('0' + i % 10);
        }
        return digits;
    }();
    if (status < 400 || status > 599)
        return status > 599 ? std::string_view("server_error") : std::string_view();
    return {table.data() + std::size_t(3) * (status - 400), 3};
}

/// What the attribute `error.type` says of a try.
inline std::string_view error_type_of(request_outcome outcome, unsigned status) noexcept
{
    if (outcome == request_outcome::succeeded)
        return {};
    bool const by_status = outcome == request_outcome::refused || outcome == request_outcome::throttled
        || outcome == request_outcome::server_error;
    return by_status ? status_text(status) : to_string(outcome);
}

/// What events call a bucket.
inline request_kind kind_of(rate_bucket which) noexcept
{
    switch (which) {
    case rate_bucket::create: return request_kind::create;
    case rate_bucket::get_prediction: return request_kind::get_prediction;
    case rate_bucket::other: break;
    }
    return request_kind::other;
}

} // namespace replicate::core

#endif
