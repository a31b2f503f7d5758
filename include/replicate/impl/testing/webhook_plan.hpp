// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_WEBHOOK_PLAN_HPP
#define REPLICATE_IMPL_TESTING_WEBHOOK_PLAN_HPP

#include <replicate/impl/testing/prediction_record.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

/// When the webhooks of one prediction are due (http-api 6.1). It is told the time and never waits.
class webhook_plan {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// No events stand for the service's default, outputs and the end.
    webhook_plan(std::vector<webhook_event> wanted, std::chrono::steady_clock::duration throttle)
        : wanted_(std::move(wanted))
        , throttle_(throttle)
    {
        if (wanted_.empty())
            wanted_ = {webhook_event::output, webhook_event::completed};
    }

    /// What is due now, if anything; it counts as sent.
    std::optional<webhook_event> take(prediction_record const& record, time_point now)
    {
        snapshot const seen = record.at(now);
        if (seen.started && !std::exchange(started_, true) && wants(webhook_event::start))
            return webhook_event::start;
        if (is_terminal(seen.status)) {
            over_ = true;
            return take_last(seen);
        }
        auto const progress = progress_of(seen);
        if (!progress || now < quiet_until_)
            return std::nullopt;
        output_ = seen.output;
        logs_ = seen.logs.size();
        quiet_until_ = now + throttle_;
        return progress;
    }

    /// True when nothing more will be due.
    bool over() const noexcept { return over_; }

    /// When to look again, unless the prediction is cancelled before.
    time_point next(prediction_record const& record, time_point now) const
    {
        time_point soonest = record.finish();
        auto const consider = [&](time_point candidate) {
            if (candidate > now)
                soonest = std::min(soonest, candidate);
        };
        time_point const running = record.created.steady + record.life.boot_time();
        consider(running);
        consider(quiet_until_);
        for (script::step const& each : record.life.steps()) {
            consider(running + each.at);
            if (running + each.at > now)
                break;
        }
        return soonest;
    }

private:
    bool wants(webhook_event kind) const noexcept
    {
        return std::find(wanted_.begin(), wanted_.end(), kind) != wanted_.end();
    }

    std::optional<webhook_event> progress_of(snapshot const& seen) const
    {
        if (wants(webhook_event::output) && !seen.output.is_null() && seen.output != output_)
            return webhook_event::output;
        if (wants(webhook_event::logs) && seen.logs.size() != logs_)
            return webhook_event::logs;
        return std::nullopt;
    }

    std::optional<webhook_event> take_last(snapshot const& seen) const
    {
        return wants(webhook_event::completed) ? webhook_event::completed : progress_of(seen);
    }

    std::vector<webhook_event> wanted_;
    std::chrono::steady_clock::duration throttle_;
    bool started_ = false;
    bool over_ = false;
    json::value output_;
    std::size_t logs_ = 0;
    time_point quiet_until_ = time_point::min();
};

} // namespace replicate::testing::detail

#endif
