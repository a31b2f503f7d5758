// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_RATE_ANSWER_HPP
#define REPLICATE_CORE_RATE_ANSWER_HPP

#include <replicate/core/meta_reader.hpp>
#include <replicate/core/request.hpp>
#include <replicate/core/retry_after.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace replicate::core {

/// What the service counts requests in (http-api 7.2).
enum class rate_bucket {
    /// New predictions, by whatever path.
    create,
    /// A look at one prediction.
    get_prediction,
    /// Everything else.
    other
};

/// The bucket of a request to the API; `prefix` is what stands before the path in its target: "/v1", or nothing.
inline rate_bucket bucket_of(request const& what, std::string_view prefix = {}) noexcept
{
    std::string_view path = what.target;
    path = path.substr(0, path.find('?'));
    if (!prefix.empty() && path.starts_with(prefix))
        path.remove_prefix(prefix.size());
    constexpr std::string_view predictions = "/predictions";
    if (what.method == "POST" && path.ends_with(predictions))
        return rate_bucket::create;
    bool const is_of_one = path.starts_with("/predictions/") && path.find('/', predictions.size() + 1) == path.npos;
    return what.method == "GET" && is_of_one ? rate_bucket::get_prediction : rate_bucket::other;
}

/// One request that a limiter has let through. Its answer is learned by it: what it says is true of the moment when the request
/// was sent, and others may have been sent since.
struct rate_ticket {
    /// The how manieth of its bucket, from 1; 0 is none.
    std::uint64_t number = 0;
    /// When it was let through.
    std::chrono::steady_clock::time_point at{};
};

/// What an answer says about the rate.
class rate_answer {
public:
    /// The ticket of its request. Its time may be moved to when the request was really sent.
    rate_ticket ticket;
    /// Its status; 0 where no answer came.
    unsigned status = 0;
    /// The header `ratelimit-remaining`.
    std::optional<std::uint64_t> remaining;
    /// The header `ratelimit-reset`.
    std::optional<std::chrono::seconds> reset;
    /// How long the service wishes to be left alone.
    retry_after wish;
    /// The member `detail` of the body; looked at while it is learned.
    std::string_view detail;

    /// No answer.
    rate_answer() = default;

    /// Of an answer that came whole or at least with its header.
    rate_answer(rate_ticket of, response const& from, retry_after wished, std::string_view text)
        : ticket(of)
        , status(from.status)
        , remaining(header_count(from, "ratelimit-remaining"))
        , wish(wished)
        , detail(text)
    {
        if (auto const seconds = header_count(from, "ratelimit-reset"); seconds && *seconds <= 366 * 24 * 3600)
            reset = std::chrono::seconds(static_cast<std::chrono::seconds::rep>(*seconds));
    }
};

/// The state that the service has an account in, as far as its refusals say.
enum class rate_mode {
    /// As usual.
    normal,
    /// There is little credit left: 6 a minute, one at a time.
    low_credit,
    /// There is no payment method: at most 6 a minute and one a second.
    no_payment
};

} // namespace replicate::core

#endif
