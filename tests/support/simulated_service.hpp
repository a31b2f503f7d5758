// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_SIMULATED_SERVICE_HPP
#define REPLICATE_TESTS_SUPPORT_SIMULATED_SERVICE_HPP

#include <support/simulated_account.hpp>
#include <support/simulated_limits.hpp>

#include <replicate/core/poll_action.hpp>
#include <replicate/core/rate_answer.hpp>
#include <replicate/prediction.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace replicate::tests {

/// How a simulated service is. Times are in seconds.
class service_settings {
public:
    std::vector<simulated_model> models{simulated_model()};
    simulated_limits_settings creates{600, 600};
    simulated_limits_settings gets{60'000, 60'000};
    simulated_limits_settings others{3'000, 3'000};
    /// The part of the account's predictions that is of others; below 1. They count for the limit of creates too.
    double foreign = 0;
    /// How much its clock is ahead of the client's.
    double skew = 0;
    /// How old what pages show is.
    double list_lag = 0;
    /// The part of looks that it answers with 503.
    double failures = 0;

    service_settings() = default;
};

/// An answer of the service.
class service_answer {
public:
    simulated_rate_answer rate;
    /// To a create: which prediction.
    std::size_t number = 0;
    /// To a create or a look at one.
    prediction_status status = prediction_status::unknown;
    /// To a look at a page.
    std::vector<core::poll_sight> shown;
    bool complete = false;

    service_answer() = default;

    bool is_refused() const noexcept { return rate.status == 429; }
    bool is_good() const noexcept { return rate.status < 300; }
};

/// The service as a client sees it: three buckets of requests, predictions of the client's and of others, pages of the list, failures.
/// Nothing happens in it by itself; all times are those of the client's clock.
class simulated_service {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using bucket = core::rate_bucket;

    simulated_service(service_settings const& settings, std::uint64_t seed, time_point begin)
        : account_(settings.models, seed, begin)
        , limits_{simulated_limits(settings.creates, begin), simulated_limits(settings.gets, begin),
              simulated_limits(settings.others, begin)}
        , failures_(settings.failures)
        , foreign_per_own_(settings.foreign / (1 - settings.foreign))
        , gap_(60 / settings.creates.per_minute)
        , created_at_(begin)
    {
        account_.set_skew(simulated_account::seconds(settings.skew));
        account_.set_list_lag(simulated_account::seconds(settings.list_lag));
    }

    service_answer create(std::size_t model, time_point now)
    {
        limits(bucket::create).take_away(static_cast<double>(account_.let_others_create(now)), now);
        service_answer answer;
        answer.rate = limits(bucket::create).arrive(now);
        if (!answer.is_good())
            return answer;
        answer.number = account_.create(model, now);
        // Others keep their part, whatever the limit becomes.
        gap_ += 0.1 * (std::chrono::duration<double>(now - created_at_).count() - gap_);
        created_at_ = now;
        account_.set_foreign_rate(foreign_per_own_ / std::max(gap_, 1e-3), now);
        return answer;
    }

    /// The limit of creates becomes another one; others keep to it too.
    void change_limit(double per_minute, double burst, time_point now)
    {
        limits(bucket::create).take_away(static_cast<double>(account_.let_others_create(now)), now);
        limits(bucket::create).change(per_minute, burst, now);
        gap_ = std::max(gap_, 60 / per_minute);
        account_.set_foreign_rate(foreign_per_own_ / gap_, now);
    }

    service_answer get(std::size_t number, time_point now)
    {
        service_answer answer = arrive(bucket::get_prediction, now);
        if (answer.is_good())
            answer.status = account_.status(number, now);
        return answer;
    }

    service_answer list(core::poll_action const& window, time_point now)
    {
        service_answer answer = arrive(bucket::other, now);
        if (answer.is_good())
            answer.complete = account_.list(window.after, window.before, now, answer.shown);
        return answer;
    }

    simulated_limits& limits(bucket which) { return limits_[static_cast<std::size_t>(which)]; }
    simulated_account& account() noexcept { return account_; }
    simulated_account const& account() const noexcept { return account_; }

    /// Requests that were refused with 429.
    std::uint64_t rejected() const
    {
        return limits_[0].rejected() + limits_[1].rejected() + limits_[2].rejected();
    }

private:
    service_answer arrive(bucket which, time_point now)
    {
        service_answer answer;
        answer.rate = limits(which).arrive(now);
        if (answer.is_good())
            answer.rate.status = account_.chance() < failures_ ? 503 : 200;
        return answer;
    }

    simulated_account account_;
    std::array<simulated_limits, 3> limits_;
    double failures_;
    double foreign_per_own_;
    /// Seconds between two creates of the client, on average.
    double gap_;
    time_point created_at_;
};

} // namespace replicate::tests

#endif
