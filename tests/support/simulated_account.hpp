// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_SIMULATED_ACCOUNT_HPP
#define REPLICATE_TESTS_SUPPORT_SIMULATED_ACCOUNT_HPP

#include <replicate/core/poll_action.hpp>
#include <replicate/prediction.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace replicate::tests {

/// How long the predictions of a model take.
class simulated_model {
public:
    std::string name = "acme/model";
    /// Half of them take less than this, in seconds; log-normal.
    double median = 10;
    /// The standard deviation of its logarithm.
    double sigma = 0.5;
    /// How many run at once, the others wait in their order; 0: all of them.
    std::size_t machines = 0;
    /// How long a machine boots before its first prediction, in seconds.
    double boot = 0;
    /// How long it takes until one starts for which there is a machine, in seconds.
    double overhead = 0.2;

    simulated_model() = default;
};

/// An account of the service with its predictions, on a virtual clock: run times, cold boots, queues, the predictions of others, and
/// pages of the list. Nothing happens in it by itself: what is to become of a prediction is known when it is created. Times are those of
/// the client's clock, but for what answers tell.
class simulated_account {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using server_time = std::chrono::system_clock::time_point;

    /// One prediction.
    struct entry {
        time_point created, started, ended;
        bool fails = false;
    };

    simulated_account(std::vector<simulated_model> models, std::uint64_t seed, time_point begin)
        : models_(std::move(models))
        , machines_(models_.size())
        , random_(seed)
        , begin_(begin)
        , next_foreign_(begin)
    {
        for (std::size_t i = 0; i < models_.size(); ++i)
            for (std::size_t k = 0; k < models_[i].machines; ++k)
                machines_[i].push(begin + seconds(models_[i].boot));
    }

    /// Predictions of others a second, from now on; their creation is spread by chance.
    void set_foreign_rate(double per_second, time_point now)
    {
        foreign_rate_ = per_second;
        // What was to come by another rate is drawn anew, where that makes a difference.
        if (per_second > 0 && next_foreign_ > now + seconds(10 / per_second))
            next_foreign_ = now + seconds(1 / per_second);
    }

    /// How much the service's clock is ahead of the client's.
    void set_skew(std::chrono::steady_clock::duration skew) { skew_ = skew; }

    /// How old what pages show is.
    void set_list_lag(std::chrono::steady_clock::duration lag) { list_lag_ = lag; }

    /// Creates one; its number.
    std::size_t create(std::size_t model, time_point now)
    {
        let_others_create(now);
        return add(model, now);
    }

    /// Those of others that have been created since it was asked last; so many.
    std::size_t let_others_create(time_point now)
    {
        std::size_t created = 0;
        while (foreign_rate_ > 0 && next_foreign_ <= now) {
            entry made;
            made.created = next_foreign_;
            if (!entries_.empty())
                made.created = std::max(made.created, entries_.back().created + std::chrono::microseconds(1));
            made.started = made.created;
            made.ended = made.created + seconds(30);
            entries_.push_back(made);
            next_foreign_ += seconds(std::exponential_distribution<double>(foreign_rate_)(random_));
            ++created;
        }
        return created;
    }

    entry const& at(std::size_t number) const { return entries_[number]; }

    std::size_t size() const noexcept { return entries_.size(); }

    /// What the answer to its creation says.
    server_time created_at(std::size_t number) const { return by_service(entries_[number].created); }

    static std::string id_of(std::size_t number)
    {
        std::string digits = std::to_string(number);
        return "simulatedprediction" + std::string(7 - std::min<std::size_t>(digits.size(), 7), '0') + digits;
    }

    static std::size_t number_of(std::string const& id) { return std::stoul(id.substr(19)); }

    prediction_status status(std::size_t number, time_point now) const
    {
        entry const& one = entries_[number];
        if (now < one.started)
            return prediction_status::starting;
        if (now < one.ended)
            return prediction_status::processing;
        return one.fails ? prediction_status::failed : prediction_status::succeeded;
    }

    /// A page: the newest 100 of those created in this time, and whether they are all.
    bool list(server_time after, server_time before, time_point now, std::vector<core::poll_sight>& shown)
    {
        let_others_create(now);
        time_point const seen = now - list_lag_;
        std::size_t last = index_of(by_client(before));
        std::size_t const first = index_of(by_client(after));
        while (last > first && entries_[last - 1].created > seen)
            --last;
        shown.clear();
        for (; last > first && shown.size() < page; --last) {
            core::poll_sight& sight = shown.emplace_back();
            sight.id = id_of(last - 1);
            sight.status = status(last - 1, seen);
            sight.created = created_at(last - 1);
        }
        return last == first;
    }

    double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }

    static std::chrono::steady_clock::duration seconds(double length)
    {
        return std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(length));
    }

private:
    static constexpr std::size_t page = 100;

    using free_times = std::priority_queue<time_point, std::vector<time_point>, std::greater<>>;

    std::size_t add(std::size_t which, time_point now)
    {
        simulated_model const& model = models_[which];
        std::normal_distribution<double> normal(std::log(model.median), model.sigma);
        entry made;
        made.created = now;
        made.started = now + seconds(model.overhead * (0.5 + chance()));
        free_times& machines = machines_[which];
        if (!machines.empty()) {
            made.started = std::max(made.started, machines.top());
            machines.pop();
        } else {
            made.started += seconds(model.boot);
        }
        made.ended = made.started + seconds(std::exp(normal(random_)));
        made.fails = chance() < 0.02;
        if (model.machines > 0)
            machines.push(made.ended);
        // The list is in the order of creation.
        if (!entries_.empty())
            made.created = std::max(made.created, entries_.back().created + std::chrono::microseconds(1));
        entries_.push_back(made);
        return entries_.size() - 1;
    }

    server_time by_service(time_point when) const
    {
        auto const since = std::chrono::duration_cast<std::chrono::microseconds>(when - begin_ + skew_);
        return server_time(std::chrono::hours(500'000)) + since;
    }

    time_point by_client(server_time when) const
    {
        return begin_ + (when - server_time(std::chrono::hours(500'000))) - skew_;
    }

    std::size_t index_of(time_point when) const
    {
        auto const found = std::lower_bound(entries_.begin(), entries_.end(), when,
            [](entry const& one, time_point limit) { return one.created < limit; });
        return static_cast<std::size_t>(found - entries_.begin());
    }

    std::vector<simulated_model> models_;
    std::vector<free_times> machines_;
    std::mt19937_64 random_;
    time_point begin_;
    time_point next_foreign_;
    double foreign_rate_ = 0;
    std::chrono::steady_clock::duration skew_{};
    std::chrono::steady_clock::duration list_lag_{};
    std::vector<entry> entries_;
};

} // namespace replicate::tests

#endif
