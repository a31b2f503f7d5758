// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_BATCH_GROUND_HPP
#define REPLICATE_IMPL_BATCH_GROUND_HPP

#include <replicate/batch.hpp>
#include <replicate/detail/operation.hpp>
#include <replicate/detail/wake_up.hpp>
#include <replicate/impl/batch_work.hpp>
#include <replicate/io/file_threads.hpp>
#include <replicate/journal_error.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace replicate::detail {

/// What all parts of a batch stand on: the client, the options, the journal, the ways to wait, and what is told. Used on the strand alone,
/// but for `summary`.
class batch_ground {
public:
    using clock = std::chrono::steady_clock;

    batch_ground(std::shared_ptr<client_state> state, client with, std::shared_ptr<batch_journal> journal, batch_options options)
        : client_(std::move(with))
        , options_(std::move(options))
        , state_(std::move(state))
        , journal_(std::move(journal))
        , changed_(state_->strand())
        , rest_timer_(state_->strand())
    {
    }
    batch_ground(batch_ground const&) = delete;
    batch_ground& operator=(batch_ground const&) = delete;

    std::shared_ptr<client_state> const& state() const noexcept { return state_; }
    io::strand strand() const { return state_->strand(); }
    client const& api() const noexcept { return client_; }
    batch_options const& options() const noexcept { return options_; }
    std::shared_ptr<batch_journal> const& journal() const noexcept { return journal_; }
    wake_up& changed() noexcept { return changed_; }
    bool is_draining() const noexcept { return is_draining_; }
    bool is_stopping() const noexcept { return is_stopping_; }

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

    /// Records, and waits as long as there is no room for it.
    asio::awaitable<void> record(std::vector<batch_record> what)
    {
        for (;;) {
            std::string reason;
            try {
                co_await journal_->async_record(what);
                co_return;
            } catch (error const& refused) {
                if (!is_passing(refused.code()) || (is_stopping_ && journal_->is_shared()))
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

protected:
    ~batch_ground() = default;

    /// Ends the rest that is taken.
    void end_rest() { rest_timer_.cancel(); }

    bool is_draining_ = false, is_stopping_ = false, is_resting_ = false;
    clock::time_point began_{};

private:
    client client_;
    batch_options options_;
    std::shared_ptr<client_state> state_;
    std::shared_ptr<batch_journal> journal_;
    wake_up changed_;
    asio::steady_timer rest_timer_;
    mutable std::mutex mutex_;
    batch_summary summary_;
    bool is_timed_ = false;
};

} // namespace replicate::detail

#endif
