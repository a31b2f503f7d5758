// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_SIMULATED_WAITING_HPP
#define REPLICATE_TESTS_SUPPORT_SIMULATED_WAITING_HPP

#include <replicate/core/poll_plan.hpp>

#include <support/simulated_account.hpp>
#include <support/simulated_clock.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace replicate::tests {

/// A program that keeps so many predictions in flight and waits for them by a `poll_plan`. Times are in seconds.
class waiting_scenario {
public:
    std::vector<simulated_model> models{simulated_model()};
    std::size_t in_flight = 5000;
    /// Creates a second.
    double creates_per_second = 10;
    /// The part of all predictions of the account that is not this program's.
    double foreign = 0.2;
    double round_trip = 0.05;
    /// Of a page, which is larger.
    double list_round_trip = 0.1;
    /// How old what a page shows is.
    double list_lag = 0;
    double skew = 0;
    /// The part of requests that fail.
    double failures = 0;
    /// Before this time nothing is measured.
    double warm_up = 1500;
    /// For so long it is measured.
    double length = 500;
    std::uint64_t seed = 1;
    core::poll_limits limits;

    waiting_scenario() = default;
};

/// What came of it.
class waiting_figures {
public:
    std::size_t delivered = 0;
    std::size_t gets = 0;
    std::size_t lists = 0;
    /// What one request each 0.5 s for each prediction would have taken.
    double usual_requests = 0;
    /// From the end of a prediction to its delivery, in order.
    std::vector<double> delays;
    std::size_t most_in_flight = 0;
    double mean_in_flight = 0;
    std::size_t windows = 0;

    waiting_figures() = default;

    double delay(double part) const
    {
        if (delays.empty())
            return 0;
        auto const index = static_cast<std::size_t>(part * static_cast<double>(delays.size()));
        return delays[std::min(index, delays.size() - 1)];
    }

    /// Of the usual requests, in percent.
    double percent() const { return 100 * static_cast<double>(gets + lists) / usual_requests; }
};

class simulated_waiting {
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit simulated_waiting(waiting_scenario what)
        : scenario_(std::move(what))
        , account_(scenario_.models, scenario_.seed, clock_.now())
        , plan_(scenario_.limits)
        , begin_(clock_.now() + seconds(scenario_.warm_up))
    {
        account_.set_skew(seconds(scenario_.skew));
        account_.set_list_lag(seconds(scenario_.list_lag));
    }

    waiting_figures run()
    {
        create();
        clock_.run_until(begin_);
        at_work_ = 0;
        changed_at_ = begin_;
        clock_.run_for(seconds(scenario_.length));
        note(0);
        figures_.windows = plan_.windows();
        figures_.mean_in_flight = at_work_ / scenario_.length;
        figures_.usual_requests = at_work_ / 0.5;
        std::sort(figures_.delays.begin(), figures_.delays.end());
        return std::move(figures_);
    }

private:
    static std::chrono::steady_clock::duration seconds(double length) { return simulated_account::seconds(length); }

    bool is_measured() const { return clock_.now() >= begin_; }

    void note(int change)
    {
        double const passed = std::chrono::duration<double>(clock_.now() - changed_at_).count();
        at_work_ += passed * static_cast<double>(in_flight_);
        changed_at_ = clock_.now();
        in_flight_ = static_cast<std::size_t>(static_cast<long>(in_flight_) + change);
        figures_.most_in_flight = std::max(figures_.most_in_flight, in_flight_);
    }

    void create()
    {
        double const rate = scenario_.creates_per_second;
        clock_.after(seconds(1 / rate * (0.5 + account_.chance())), [this] { create(); });
        if (in_flight_ >= scenario_.in_flight)
            return;
        std::size_t const model = created_++ % scenario_.models.size();
        std::size_t const number = account_.create(model, clock_.now());
        double const passed = std::chrono::duration<double>(clock_.now() - begin_).count() + scenario_.warm_up;
        double const own = static_cast<double>(created_) / std::max(passed, 1.0);
        account_.set_foreign_rate(own * scenario_.foreign / (1 - scenario_.foreign));
        note(1);
        time_point const sent = clock_.now();
        clock_.after(seconds(scenario_.round_trip), [this, number, model, sent] {
            plan_.add(simulated_account::id_of(number), account_.created_at(number), scenario_.models[model].name, sent,
                clock_.now());
            act();
        });
    }

    void act()
    {
        for (;;) {
            core::poll_action const action = plan_.next(clock_.now(), account_.chance());
            switch (action.kind) {
            case core::poll_action_kind::get: get(action); break;
            case core::poll_action_kind::list: list(action); break;
            case core::poll_action_kind::wait: wake(action.until); return;
            case core::poll_action_kind::nothing: return;
            }
        }
    }

    void wake(time_point when)
    {
        if (wake_at_ > clock_.now() && wake_at_ <= when)
            return;
        wake_at_ = when;
        clock_.at(when, [this, when] {
            if (wake_at_ == when) {
                wake_at_ = {};
                act();
            }
        });
    }

    void get(core::poll_action const& action)
    {
        figures_.gets += is_measured();
        std::size_t const number = simulated_account::number_of(action.id);
        clock_.after(seconds(scenario_.round_trip / 2), [this, action, number] {
            prediction_status const status = account_.status(number, clock_.now());
            bool const fails = account_.chance() < scenario_.failures;
            clock_.after(seconds(scenario_.round_trip / 2), [this, action, number, status, fails] {
                if (fails)
                    plan_.on_failed(action, clock_.now());
                else
                    take(action.id, number, status);
                act();
            });
        });
    }

    void take(std::string const& id, std::size_t number, prediction_status status)
    {
        plan_.on_get(id, status, clock_.now(), account_.chance());
        if (!is_terminal(status))
            return;
        note(-1);
        if (!is_measured())
            return;
        ++figures_.delivered;
        figures_.delays.push_back(std::chrono::duration<double>(clock_.now() - account_.at(number).ended).count());
    }

    void list(core::poll_action const& action)
    {
        figures_.lists += is_measured();
        clock_.after(seconds(scenario_.list_round_trip / 2), [this, action] {
            std::vector<core::poll_sight> shown;
            bool const complete = account_.list(action.after, action.before, clock_.now(), shown);
            bool const fails = account_.chance() < scenario_.failures;
            clock_.after(
                seconds(scenario_.list_round_trip / 2), [this, action, shown = std::move(shown), complete, fails] {
                    if (fails)
                        plan_.on_failed(action, clock_.now());
                    else
                        plan_.on_list(action, shown, complete, clock_.now());
                    act();
                });
        });
    }

    waiting_scenario scenario_;
    simulated_clock clock_;
    simulated_account account_;
    core::poll_plan plan_;
    waiting_figures figures_;
    time_point begin_;
    time_point changed_at_{};
    time_point wake_at_{};
    double at_work_ = 0;
    std::size_t in_flight_ = 0;
    std::size_t created_ = 0;
};

} // namespace replicate::tests

#endif
