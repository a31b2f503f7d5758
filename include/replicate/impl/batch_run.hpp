// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_BATCH_RUN_HPP
#define REPLICATE_IMPL_BATCH_RUN_HPP

#include <replicate/batch.hpp>
#include <replicate/core/batch_names.hpp>
#include <replicate/core/failure_limit.hpp>
#include <replicate/impl/batch_ground.hpp>
#include <replicate/impl/batch_output.hpp>
#include <replicate/impl/batch_work.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace replicate::detail {

/// What the rows of one batch have in common. Used on the strand alone, but for `summary`.
class batch_run final : public batch_ground, public std::enable_shared_from_this<batch_run> {
public:
    batch_run(std::shared_ptr<client_state> state, client with, std::shared_ptr<batch_source> rows,
        std::shared_ptr<batch_journal> journal, batch_options options)
        : batch_ground(std::move(state), std::move(with), std::move(journal), std::move(options))
        , rows_(std::move(rows))
        , output_(*this)
    {
        check();
    }

    batch_output& output() noexcept { return output_; }
    std::shared_ptr<batch_source> const& rows() const noexcept { return rows_; }
    bool is_full() const noexcept { return active_.size() >= options().concurrency; }
    bool is_over() const noexcept { return is_fed_ && active_.empty(); }
    bool begin_once() noexcept { return !std::exchange(is_begun_, true); }
    asio::cancellation_signal& feed_signal() noexcept { return feed_signal_; }
    std::unordered_map<std::string, known_row>& known() noexcept { return known_; }

    /// Creates nothing more.
    void drain(batch_end why)
    {
        if (std::exchange(is_draining_, true))
            return;
        why_ = why;
        end_rest();
        for (asio::steady_timer* each : waiting_)
            each->cancel();
        feed_signal_.emit(asio::cancellation_type::terminal);
        changed().notify();
    }

    /// Leaves all as it is.
    void stop()
    {
        drain(batch_end::stopped);
        if (std::exchange(is_stopping_, true))
            return;
        why_ = batch_end::stopped;
        end_rest();
        std::vector<batch_work*> const all(active_.begin(), active_.end());
        for (batch_work* each : all)
            each->signal.emit(asio::cancellation_type::terminal);
        changed().notify();
    }

    /// Something went wrong that no waiting mends: what is at work ends, and then this is told.
    void fail(std::exception_ptr why)
    {
        if (!is_stopping_ && !failure_)
            failure_ = std::move(why);
        drain(batch_end::stopped);
    }

    /// All rows were taken, or no more will be.
    void on_fed()
    {
        is_fed_ = true;
        changed().notify();
    }

    void on_begun(batch_work& work)
    {
        active_.insert(&work);
        tell([&](batch_summary& told) { told.open = active_.size(); });
    }

    /// `is_left`: the row is not at its end.
    void on_ended(batch_work& work, bool is_left)
    {
        active_.erase(&work);
        left_ += is_left ? 1 : 0;
        tell([&](batch_summary& told) { told.open = active_.size(); });
        changed().notify();
    }

    /// Nothing has gone wrong, and nobody wants it to stop.
    bool is_well() const noexcept { return !failure_ && !is_stopping(); }

    /// It is over. Throws what went wrong.
    batch_summary finish()
    {
        tell([&](batch_summary& told) {
            told.end = why_;
            told.open = left_;
            told.pause.clear();
            told.elapsed = clock::now() - began_;
        });
        if (failure_)
            std::rethrow_exception(failure_);
        return summary();
    }

    /// A row has come to its end in this run.
    void count(bool succeeded)
    {
        ++ended_;
        failed_ += succeeded ? 0 : 1;
        tell([&](batch_summary& told) { ++(succeeded ? told.saved : told.failed); });
        if (failures_.is_passed(failed_, ended_))
            drain(batch_end::too_many_failures);
        look_at_limits();
    }

    /// Creates nothing more where enough was paid.
    void look_at_limits()
    {
        bool is_dear = false;
        tell([&](batch_summary& told) {
            is_dear = options().max_cost && told.cost.value_or(0) + told.earlier_cost >= *options().max_cost;
            is_dear = is_dear
                || (options().max_predict_time && told.predict_time + told.earlier_predict_time >= *options().max_predict_time);
        });
        if (is_dear)
            drain(batch_end::cost_reached);
    }

    /// Waits until a prediction may be created: files go before. False where none may be any more.
    asio::awaitable<bool> turn()
    {
        while (!is_draining_ && (is_resting_ || downloads_ >= downloads_before_creates))
            co_await changed().wait();
        co_return !is_draining_;
    }

    /// Waits until the next create is due by `batch_options::creates_per_second`. False where none may be created any more.
    asio::awaitable<bool> pace()
    {
        if (options().creates_per_second) {
            clock::time_point const due = std::max(next_create_, clock::now());
            next_create_ =
                due + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(1 / *options().creates_per_second));
            co_await wait_until(due);
        }
        co_return !is_draining_;
    }

    /// Waits until then. False where nothing is to be begun any more.
    asio::awaitable<bool> wait_until(clock::time_point then)
    {
        if (is_draining_)
            co_return false;
        asio::steady_timer timer(strand(), then);
        waiting_.insert(&timer);
        boost::system::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        waiting_.erase(&timer);
        co_return !is_draining_;
    }

    /// Nobody can say whether a row's prediction exists.
    void on_unknown(std::string const& custom_id)
    {
        constexpr std::size_t most_names = 1000;
        tell([&](batch_summary& told) {
            ++told.unknown;
            if (told.unknown_rows.size() < most_names)
                told.unknown_rows.push_back(custom_id);
        });
    }

    void on_download(bool begins)
    {
        downloads_ += begins ? std::size_t(1) : std::size_t(-1);
        changed().notify();
    }

private:
    static constexpr std::size_t downloads_before_creates = 16;

    void check()
    {
        if (!rows_ || !journal())
            throw_invalid_argument("batch", "its rows and its journal must not be null");
        if (journal()->is_shared() && !state()->settings().gate)
            throw_invalid_argument("config.gate", "is needed where several batches share a journal, and so a rate limit");
        if (journal()->is_shared() && (options().shards != 1 || options().ordered || options().retry_failed))
            throw_invalid_argument("shards", "ordered and retry_failed are not for batches that share a journal");
        if (options().concurrency == 0)
            throw_invalid_argument("concurrency", "must be at least 1");
        if (options().shards == 0 || options().shard >= options().shards)
            throw_invalid_argument("shard", "must be from 0 to the number of shards less 1");
        if (options().pause < std::chrono::milliseconds(1) || options().settle < clock::duration::zero())
            throw_invalid_argument("pause", "must be at least 1 ms, and settle must not be negative");
        if (options().max_cost && options().prices.empty())
            throw_invalid_argument("max_cost", "needs prices");
        if (options().max_predict_time && !(*options().max_predict_time >= 0))
            throw_invalid_argument("max_predict_time", "must not be negative");
        if (options().creates_per_second && !(*options().creates_per_second >= 1e-6 && *options().creates_per_second <= 1e6))
            throw_invalid_argument("creates_per_second", "must be above zero, and not above a million");
        if (options().max_failures.empty())
            return;
        auto const limit = core::failure_limit::parse(options().max_failures);
        if (!limit)
            throw_invalid_argument("max_failures", "must be a number such as 25, or a part such as 10%");
        failures_ = *limit;
    }

    std::shared_ptr<batch_source> rows_;
    batch_output output_;
    core::failure_limit failures_;
    asio::cancellation_signal feed_signal_;
    std::unordered_map<std::string, known_row> known_;
    std::unordered_set<batch_work*> active_;
    std::exception_ptr failure_;
    batch_end why_ = batch_end::finished;
    std::uint64_t ended_ = 0, failed_ = 0, left_ = 0;
    std::size_t downloads_ = 0;
    clock::time_point next_create_{};
    std::unordered_set<asio::steady_timer*> waiting_;
    bool is_begun_ = false, is_fed_ = false;
};

} // namespace replicate::detail

#endif
