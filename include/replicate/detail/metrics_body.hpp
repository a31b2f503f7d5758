// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_METRICS_BODY_HPP
#define REPLICATE_DETAIL_METRICS_BODY_HPP

#include <replicate/client_metrics.hpp>
#include <replicate/detail/question_body.hpp>

#include <chrono>

namespace replicate::detail {

/// What a client has learned of one limit, as it is told.
inline rate_metrics rate_metrics_of(core::rate_state const& known)
{
    rate_metrics told;
    told.per_minute = known.rate * 60;
    if (known.level >= 0)
        told.available = known.level;
    auto const now = std::chrono::steady_clock::now();
    told.pause = known.paused_until > now ? known.paused_until - now : std::chrono::steady_clock::duration::zero();
    switch (known.mode) {
    case core::rate_mode::normal: told.standing = account_standing::normal; break;
    case core::rate_mode::low_credit: told.standing = account_standing::low_credit; break;
    case core::rate_mode::no_payment: told.standing = account_standing::no_payment; break;
    }
    told.sent = known.sent;
    told.rejected = known.rejected;
    return told;
}

/// What was counted, and how it all stands now.
inline client_metrics metrics_of(client_state& client)
{
    client_metrics told = client.notes().counters().metrics();
    io::pool_level const level = client.transport().level();
    told.connections.idle = level.idle;
    told.connections.busy = level.places - level.idle;
    told.predictions.in_flight = client.scheduler().in_flight();
    told.creates = rate_metrics_of(client.scheduler().rate(core::rate_bucket::create));
    told.prediction_gets = rate_metrics_of(client.scheduler().rate(core::rate_bucket::get_prediction));
    told.others = rate_metrics_of(client.scheduler().rate(core::rate_bucket::other));
    told.retry_quota = client.retry_quota().left();
    return told;
}

/// The body of `client::async_metrics`.
inline asio::awaitable<client_metrics> metrics_body(operation& owner, call_options options)
{
    check_timeout(options.timeout);
    co_return metrics_of(owner.client());
}

} // namespace replicate::detail

#endif
