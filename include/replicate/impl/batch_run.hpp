// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_BATCH_RUN_HPP
#define REPLICATE_IMPL_BATCH_RUN_HPP

#include <replicate/batch.hpp>
#include <replicate/core/batch_names.hpp>
#include <replicate/core/batch_steps.hpp>
#include <replicate/core/failure_limit.hpp>
#include <replicate/detail/operation.hpp>
#include <replicate/detail/wake_up.hpp>
#include <replicate/impl/batch_jobs.hpp>
#include <replicate/journal_error.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace replicate::detail {

/// A row at work.
class batch_work {
public:
    std::string custom_id;
    std::optional<batch_row> row;
    core::batch_step step = core::batch_step::create;
    /// As the journal has it: the state, the id, what was kept of the prediction.
    batch_record known;
    asio::cancellation_signal signal;

    batch_work() = default;
};

/// A line that is to be written, with what is then recorded.
class batch_line {
public:
    std::string text;
    bool is_error = false;
    batch_record record;
    bool done = false;

    batch_line() = default;
};

/// What is remembered of a row of the journal.
class known_row {
public:
    batch_state state = batch_state::none;
    /// Of it nothing was created, or that cannot be known; as far as that was looked at.
    bool is_absent = false, is_unknown = false;
    /// It was met in the input of this run.
    bool is_met = false;
    /// All of it, for those that are not at their end.
    std::unique_ptr<batch_record> record;

    known_row() = default;
};

/// What the rows of one batch have in common. Used on the strand alone, but for `summary`.
class batch_run : public std::enable_shared_from_this<batch_run> {
public:
    using clock = std::chrono::steady_clock;

    batch_run(std::shared_ptr<client_state> state, client with, std::shared_ptr<batch_source> rows,
        std::shared_ptr<batch_journal> journal, batch_options options)
        : client_(std::move(with))
        , options_(std::move(options))
        , state_(std::move(state))
        , rows_(std::move(rows))
        , journal_(std::move(journal))
        , changed_(state_->strand())
        , rest_timer_(state_->strand())
    {
        check();
    }

    std::shared_ptr<client_state> const& state() const noexcept { return state_; }
    io::strand strand() const { return state_->strand(); }
    client const& api() const noexcept { return client_; }
    batch_options const& options() const noexcept { return options_; }
    std::shared_ptr<batch_journal> const& journal() const noexcept { return journal_; }
    std::shared_ptr<batch_source> const& rows() const noexcept { return rows_; }
    wake_up& changed() noexcept { return changed_; }
    bool is_draining() const noexcept { return is_draining_; }
    bool is_stopping() const noexcept { return is_stopping_; }
    bool is_full() const noexcept { return active_.size() >= options_.concurrency; }
    bool is_over() const noexcept { return is_fed_ && active_.empty(); }
    bool begin_once() noexcept { return !std::exchange(is_begun_, true); }
    asio::cancellation_signal& feed_signal() noexcept { return feed_signal_; }
    std::unordered_map<std::string, known_row>& known() noexcept { return known_; }

    /// From any thread.
    batch_summary summary() const
    {
        std::lock_guard const lock(mutex_);
        batch_summary told = summary_;
        if (told.end == batch_end::running && is_timed_)
            told.elapsed = clock::now() - began_;
        return told;
    }

    /// Changes what is told.
    template<class Change>
    void tell(Change const& change)
    {
        std::lock_guard const lock(mutex_);
        change(summary_);
    }

    void start_clock()
    {
        std::lock_guard const lock(mutex_);
        began_ = clock::now();
        is_timed_ = true;
    }

    /// Creates nothing more.
    void drain(batch_end why)
    {
        if (std::exchange(is_draining_, true))
            return;
        why_ = why;
        rest_timer_.cancel();
        feed_signal_.emit(asio::cancellation_type::terminal);
        changed_.notify();
    }

    /// Leaves all as it is.
    void stop()
    {
        drain(batch_end::stopped);
        if (std::exchange(is_stopping_, true))
            return;
        why_ = batch_end::stopped;
        rest_timer_.cancel();
        std::vector<batch_work*> const all(active_.begin(), active_.end());
        for (batch_work* each : all)
            each->signal.emit(asio::cancellation_type::terminal);
        changed_.notify();
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
        changed_.notify();
    }

    void on_begun(batch_work& work) { active_.insert(&work); }

    /// `is_left`: the row is not at its end.
    void on_ended(batch_work& work, bool is_left)
    {
        active_.erase(&work);
        left_ += is_left ? 1 : 0;
        changed_.notify();
    }

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
        bool is_dear = false;
        tell([&](batch_summary& told) {
            ++(succeeded ? told.saved : told.failed);
            is_dear = options_.max_cost && told.cost.value_or(0) >= *options_.max_cost;
        });
        if (failures_.is_passed(failed_, ended_))
            drain(batch_end::too_many_failures);
        else if (is_dear)
            drain(batch_end::cost_reached);
    }

    /// Waits a while, because nothing can be done. Whoever comes meanwhile waits with the first.
    asio::awaitable<void> rest(std::string reason)
    {
        if (is_resting_) {
            while (is_resting_ && !is_stopping_)
                co_await changed_.wait();
            co_return;
        }
        is_resting_ = true;
        tell([&](batch_summary& told) { told.pause = reason; });
        rest_timer_.expires_after(options_.pause);
        boost::system::error_code ignored;
        co_await rest_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        is_resting_ = false;
        tell([](batch_summary& told) { told.pause.clear(); });
        changed_.notify();
    }

    /// Waits until a prediction may be created: files go before. False where none may be any more.
    asio::awaitable<bool> turn()
    {
        while (!is_draining_ && (is_resting_ || downloads_ >= downloads_before_creates))
            co_await changed_.wait();
        co_return !is_draining_;
    }

    void on_download(bool begins)
    {
        downloads_ += begins ? std::size_t(1) : std::size_t(-1);
        changed_.notify();
    }

    /// Records, and waits as long as there is no room for it.
    asio::awaitable<void> record(std::vector<batch_record> what)
    {
        for (;;) {
            std::string reason;
            try {
                co_await journal_->async_record(what);
                co_return;
            } catch (error const& refused) {
                if (refused.code() != journal_errc::full)
                    throw;
                reason = refused.what();
            }
            co_await rest(std::move(reason));
        }
    }

    asio::awaitable<void> record(batch_record what)
    {
        std::vector<batch_record> one;
        one.push_back(std::move(what));
        co_await record(std::move(one));
    }

    /// Does something that blocks.
    asio::awaitable<void> perform(std::shared_ptr<io::file_job> job)
    {
        co_await io::perform_job(state_->file_threads(), strand(), std::move(job));
    }

    /// Writes a line and records it. Lines that wait at the same time are written together, by the first of those who wait.
    asio::awaitable<void> write(batch_line& line)
    {
        lines_.push_back(&line);
        while (is_writing_ && !line.done && !write_failure_)
            co_await changed_.wait();
        if (write_failure_)
            std::rethrow_exception(write_failure_);
        if (line.done)
            co_return;
        is_writing_ = true;
        try {
            while (!lines_.empty())
                co_await write_group();
        } catch (...) {
            write_failure_ = std::current_exception();
            changed_.notify();
            throw;
        }
        is_writing_ = false;
        changed_.notify();
    }

    void set_ends(std::uint64_t results, std::uint64_t errors)
    {
        results_end_ = results;
        errors_end_ = errors;
    }

    /// Makes the files of results, and cuts off what the journal does not know of.
    asio::awaitable<void> open_files()
    {
        co_await perform(std::make_shared<append_lines>(options_.results, results_end_, std::string()));
        co_await perform(std::make_shared<append_lines>(options_.errors, errors_end_, std::string()));
    }

private:
    static constexpr std::size_t downloads_before_creates = 16;

    void check()
    {
        if (!rows_ || !journal_)
            throw_invalid_argument("batch", "its rows and its journal must not be null");
        if (options_.concurrency == 0)
            throw_invalid_argument("concurrency", "must be at least 1");
        if (options_.shards == 0 || options_.shard >= options_.shards)
            throw_invalid_argument("shard", "must be from 0 to the number of shards less 1");
        if (options_.pause < std::chrono::milliseconds(1) || options_.settle < clock::duration::zero())
            throw_invalid_argument("pause", "must be at least 1 ms, and settle must not be negative");
        if (options_.max_cost && options_.prices.empty())
            throw_invalid_argument("max_cost", "needs prices");
        if (options_.max_failures.empty())
            return;
        auto const limit = core::failure_limit::parse(options_.max_failures);
        if (!limit)
            throw_invalid_argument("max_failures", "must be a number such as 25, or a part such as 10%");
        failures_ = *limit;
    }

    asio::awaitable<void> write_group()
    {
        std::vector<batch_line*> const group = std::exchange(lines_, std::vector<batch_line*>());
        std::string results, errors;
        std::vector<batch_record> records;
        for (batch_line* each : group) {
            std::string& text = each->is_error ? errors : results;
            text += each->text;
            (each->is_error ? each->record.errors_end : each->record.results_end) =
                (each->is_error ? errors_end_ : results_end_) + text.size();
            records.push_back(each->record);
        }
        if (!results.empty())
            co_await append(options_.results, results_end_, results);
        if (!errors.empty())
            co_await append(options_.errors, errors_end_, errors);
        co_await record(std::move(records));
        results_end_ += results.size();
        errors_end_ += errors.size();
        for (batch_line* each : group)
            each->done = true;
        changed_.notify();
    }

    asio::awaitable<void> append(std::filesystem::path path, std::uint64_t end, std::string text)
    {
        for (;;) {
            std::string reason;
            try {
                co_await perform(std::make_shared<append_lines>(path, end, text));
                co_return;
            } catch (error const& refused) {
                if (refused.code() != errc::file_not_writable)
                    throw;
                reason = refused.what();
            }
            co_await rest(std::move(reason));
        }
    }

    client client_;
    batch_options options_;
    std::shared_ptr<client_state> state_;
    std::shared_ptr<batch_source> rows_;
    std::shared_ptr<batch_journal> journal_;
    core::failure_limit failures_;
    wake_up changed_;
    asio::steady_timer rest_timer_;
    asio::cancellation_signal feed_signal_;
    std::unordered_map<std::string, known_row> known_;
    std::unordered_set<batch_work*> active_;
    std::vector<batch_line*> lines_;
    std::exception_ptr failure_, write_failure_;
    batch_end why_ = batch_end::finished;
    std::uint64_t results_end_ = 0, errors_end_ = 0;
    std::uint64_t ended_ = 0, failed_ = 0, left_ = 0;
    std::size_t downloads_ = 0;
    bool is_begun_ = false, is_fed_ = false, is_draining_ = false, is_stopping_ = false, is_resting_ = false, is_writing_ = false;
    mutable std::mutex mutex_;
    batch_summary summary_;
    clock::time_point began_{};
    bool is_timed_ = false;
};

} // namespace replicate::detail

#endif
