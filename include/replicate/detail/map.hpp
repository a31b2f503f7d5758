// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_MAP_HPP
#define REPLICATE_DETAIL_MAP_HPP

#include <replicate/core/map_plan.hpp>
#include <replicate/detail/map_counters.hpp>
#include <replicate/detail/map_source.hpp>
#include <replicate/detail/run_operation.hpp>
#include <replicate/detail/wake_up.hpp>
#include <replicate/map_result.hpp>

#include <boost/asio/bind_executor.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

namespace replicate::detail {

/// The inputs of one `async_map` on their way to results. Used on the strand alone, but for `progress`.
class map_work : public std::enable_shared_from_this<map_work> {
public:
    using clock = std::chrono::steady_clock;

    map_work(std::shared_ptr<client_state> client, std::shared_ptr<map_source> source, map_options options)
        : client_(std::move(client))
        , source_(std::move(source))
        , options_(std::move(options))
        , run_(std::make_shared<run_options const>(options_.run))
        , plan_(options_, 2 * client_->settings().pool.connections_per_origin)
        , counters_(source_->total(), clock::now())
        , changed_(client_->strand())
    {
    }

    std::shared_ptr<client_state> const& client() const noexcept { return client_; }

    /// From any thread.
    map_progress progress() const { return counters_.snapshot(clock::now()); }

    /// Takes inputs and starts them, as many as the plan allows.
    void go_on()
    {
        // An input that fails at once, or a source that asks for something, must not begin another round in this one.
        if (std::exchange(taking_, true))
            return;
        while (plan_.may_take())
            take_one();
        taking_ = false;
        counters_.set_work(plan_.queued(), plan_.in_flight(), clock::now());
        changed_.notify();
    }

    /// The input of this number has got its turn.
    void on_admitted(std::size_t number)
    {
        if (auto const item = items_.find(number); item != items_.end())
            item->second.admitted = clock::now();
        plan_.on_admitted();
        go_on();
    }

    /// So far has the input of this number come.
    void follow(std::size_t number, run_stage stage, prediction_metrics const& cost)
    {
        switch (stage) {
        case run_stage::admitted: on_admitted(number); break;
        case run_stage::created: on_created(number); break;
        case run_stage::interrupted: counters_.on_interrupted(cost); break;
        }
    }

    /// The prediction of the input of this number exists.
    void on_created(std::size_t number)
    {
        if (auto const item = items_.find(number); item != items_.end())
            item->second.created = true;
        plan_.on_created();
        go_on();
    }

    /// The input of this number has come to its end.
    void on_ended(std::size_t number, failure outcome, output reached)
    {
        auto const item = items_.find(number);
        bool const succeeded = !outcome;
        // Nothing more can be paid for. What is not taken is kept by the source, for later.
        if (outcome.code() == condition::insufficient_credit)
            plan_.stop();
        count(outcome, reached);
        if (!item->second.created)
            plan_.on_created(); // there is none to come
        bool const was_admitted = item->second.admitted.has_value();
        map_result result(number, std::move(outcome), std::move(reached), item->second.timing(clock::now()));
        items_.erase(item);
        results_.emplace(number, std::move(result));
        if (plan_.on_ended(number, was_admitted, succeeded))
            stop();
        go_on();
    }

    /// Takes no further input, and cancels what is in flight.
    void stop()
    {
        plan_.stop();
        for (auto const& [number, item] : items_)
            if (auto const running = item.running.lock())
                running->request_stop();
        changed_.notify();
    }

    /// The next result, nothing behind the last.
    asio::awaitable<std::optional<map_result>> next(operation& reader)
    {
        std::optional<map_result> found = take_result();
        while (!found && !plan_.is_over()) {
            co_await changed_.wait();
            // Whoever has gone must not take a result along.
            if (reader.is_stopped())
                throw error(asio::error::operation_aborted, diagnostics());
            found = take_result();
        }
        if (!found)
            raise_source_failure();
        co_return found;
    }

private:
    /// One that is under way.
    class run_item {
    public:
        std::weak_ptr<operation> running;
        clock::time_point taken;
        std::optional<clock::time_point> admitted;
        bool created = false;

        map_timing timing(clock::time_point now) const
        {
            map_timing told;
            told.queued = admitted.value_or(now) - taken;
            told.worked = now - admitted.value_or(now);
            return told;
        }
    };

    void take_one()
    {
        std::optional<run_request> next;
        try {
            next = source_->pull();
        } catch (...) {
            source_failure_ = std::current_exception();
        }
        if (next)
            begin(std::move(*next));
        else
            plan_.on_source_ended();
    }

    void begin(run_request request);

    std::optional<map_result> take_result()
    {
        std::optional<map_result> found;
        if (auto const number = plan_.deliver()) {
            auto const node = results_.extract(*number);
            found.emplace(std::move(node.mapped()));
            counters_.on_delivered();
            go_on(); // there may be room for another input now
        }
        return found;
    }

    void count(failure const& outcome, output const& reached)
    {
        auto const now = clock::now();
        if (!outcome)
            return counters_.on_succeeded(reached.prediction().metrics, now);
        auto const known = outcome.diagnostics().prediction;
        counters_.on_failed(known ? &known->metrics : nullptr, now);
    }

    /// What the source of the inputs has thrown, told once.
    void raise_source_failure()
    {
        if (source_failure_)
            std::rethrow_exception(std::exchange(source_failure_, nullptr));
    }

    std::shared_ptr<client_state> client_;
    std::shared_ptr<map_source> source_;
    map_options options_;
    std::shared_ptr<run_options const> run_;
    core::map_plan plan_;
    map_counters counters_;
    wake_up changed_;
    std::unordered_map<std::size_t, run_item> items_;
    std::unordered_map<std::size_t, map_result> results_;
    std::exception_ptr source_failure_;
    bool taking_ = false;
};

/// Tells the work how one of its inputs has ended.
class map_item_handler {
public:
    map_item_handler(std::shared_ptr<map_work> work, std::size_t number)
        : work_(std::move(work))
        , number_(number)
    {
    }

    void operator()(failure outcome, output reached) { work_->on_ended(number_, std::move(outcome), std::move(reached)); }

private:
    std::shared_ptr<map_work> work_;
    std::size_t number_;
};

inline void map_work::begin(run_request request)
{
    std::size_t const number = plan_.on_taken();
    run_item& made = items_[number];
    made.taken = clock::now();
    erased_handler<output> handler(asio::bind_executor(client_->strand(), map_item_handler(shared_from_this(), number)));
    // The work outlives it: the handler keeps it.
    made.running = start_run_operation(client_, std::move(handler), std::move(request), run_,
        [this, number](run_stage stage, prediction_metrics const& cost) { follow(number, stage, cost); });
}

/// The reader's hold on a map: when the last of its copies goes, the work stops.
class map_reader {
public:
    explicit map_reader(std::shared_ptr<map_work> work)
        : work_(std::move(work))
    {
    }
    map_reader(map_reader const&) = delete;
    map_reader& operator=(map_reader const&) = delete;
    ~map_reader() { stop(); }

    std::shared_ptr<map_work> const& work() const noexcept { return work_; }

    /// Stops the work. From any thread. The message owns nothing: at the end of its execution context it may never be read.
    void stop() const
    {
        asio::post(work_->client()->strand(), [weak = std::weak_ptr<map_work>(work_)] {
            if (auto const work = weak.lock())
                work->stop();
        });
    }

private:
    std::shared_ptr<map_work> work_;
};

} // namespace replicate::detail

#endif
