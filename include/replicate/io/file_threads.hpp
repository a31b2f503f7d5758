// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_FILE_THREADS_HPP
#define REPLICATE_IO_FILE_THREADS_HPP

#include <replicate/io/deadline_list.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace replicate::io {

/// Something that blocks, and is therefore done beside the strand: it reads or writes a file. It owns all that it works with,
/// because the one who waits for it may go away meanwhile.
class file_job {
public:
    file_job() = default;
    file_job(file_job const&) = delete;
    file_job& operator=(file_job const&) = delete;
    virtual ~file_job() = default;

protected:
    /// Does it, on a thread of `file_threads`. What it throws reaches the one who waits. What takes long asks `is_stopped`
    /// between its pieces.
    virtual void work() = 0;

    /// True when nobody waits for the job any more, or the threads are to end. On any thread.
    bool is_stopped() const noexcept { return stopped_ || (threads_end_ != nullptr && *threads_end_); }

    /// Ends the job where it is stopped, by an exception that nobody sees.
    void check_stopped() const
    {
        if (is_stopped())
            throw boost::system::system_error(asio::error::operation_aborted);
    }

private:
    friend class file_threads;
    friend class job_wait;

    void work_and_keep_failure(std::atomic<bool> const& threads_end) noexcept
    {
        threads_end_ = &threads_end;
        try {
            // The one who wanted it may have gone before its turn.
            check_stopped();
            work();
        } catch (...) {
            failure_ = std::current_exception();
        }
    }

    /// On the strand.
    void finish()
    {
        done_ = true;
        if (waiter_ != nullptr)
            waiter_->cancel();
    }

    std::exception_ptr failure_;
    std::atomic<bool> stopped_ = false;
    std::atomic<bool> const* threads_end_ = nullptr;
    asio::steady_timer* waiter_ = nullptr;
    bool done_ = false;
};

/// A few threads of an execution context for what blocks. They are started when they are first needed, and end with the context,
/// which stops the jobs that they are at, and waits for the piece that each of them is at.
class file_threads final : public asio::execution_context::service {
public:
    using key_type = file_threads;

    /// What Asio knows the service by.
    static inline asio::execution_context::id id;

    explicit file_threads(asio::execution_context& owner)
        : service(owner)
    {
    }
    ~file_threads() override { end(); }

    /// Lets a job be done; then it is finished on the strand. From any thread. Throws where the system has no thread to give.
    void submit(strand executor, std::shared_ptr<file_job> job)
    {
        std::lock_guard const lock(mutex_);
        if (ended_)
            return;
        // The first thread must come; a further one is only good to have.
        if (idle_ <= queue_.size() && threads_.size() < most_threads)
            start_thread();
        queue_.emplace_back(std::move(executor), std::move(job));
        wake_.notify_one();
    }

private:
    static constexpr std::size_t most_threads = 4;

    struct entry {
        entry(strand who, std::shared_ptr<file_job> what)
            : executor(std::move(who))
            , job(std::move(what))
        {
        }

        strand executor;
        std::shared_ptr<file_job> job;
    };

    void start_thread()
    {
        try {
            threads_.emplace_back([this] { run(); });
        } catch (std::system_error const&) {
            if (threads_.empty())
                throw;
        }
    }

    void run()
    {
        std::unique_lock lock(mutex_);
        for (;;) {
            ++idle_;
            wake_.wait(lock, [this] { return ended_ || !queue_.empty(); });
            --idle_;
            if (ended_)
                return;
            entry next = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            perform(std::move(next));
            lock.lock();
        }
    }

    void perform(entry next)
    {
        next.job->work_and_keep_failure(ended_);
        // The context waits for this thread before it ends what takes this.
        asio::post(next.executor, [job = std::move(next.job)] { job->finish(); });
    }

    void shutdown() override { end(); }

    void end()
    {
        std::deque<entry> dropped;
        {
            std::lock_guard const lock(mutex_);
            ended_ = true;
            dropped.swap(queue_);
        }
        wake_.notify_all();
        for (std::thread& one : threads_)
            one.join();
        threads_.clear();
    }

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<entry> queue_;
    std::vector<std::thread> threads_;
    std::size_t idle_ = 0;
    // Written with the mutex; jobs read it without.
    std::atomic<bool> ended_ = false;
};

/// The wait of a coroutine for a job. Lives in its frame, and stops the job when it ends first.
class job_wait {
public:
    job_wait(std::shared_ptr<file_job> job, strand executor)
        : job_(std::move(job))
        , timer_(std::move(executor), asio::steady_timer::time_point::max())
    {
        job_->waiter_ = &timer_;
    }
    job_wait(job_wait const&) = delete;
    job_wait& operator=(job_wait const&) = delete;
    ~job_wait()
    {
        job_->waiter_ = nullptr;
        job_->stopped_ = true;
    }

    /// True when the job is done.
    bool is_over() const noexcept { return job_->done_; }

    /// Waits; a wake-up promises nothing.
    asio::awaitable<void> wait()
    {
        boost::system::error_code ignored;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    /// Throws what the job threw.
    void rethrow() const
    {
        if (job_->failure_)
            std::rethrow_exception(job_->failure_);
    }

private:
    std::shared_ptr<file_job> job_;
    asio::steady_timer timer_;
};

/// Lets a job be done beside the strand and waits for it; throws what it throws. A cancellation ends the wait at once, and the
/// job when it next asks whether it is stopped.
inline asio::awaitable<void> perform_job(file_threads& threads, strand executor, std::shared_ptr<file_job> job)
{
    job_wait waiting(job, executor);
    threads.submit(executor, std::move(job));
    while (!waiting.is_over())
        co_await waiting.wait();
    waiting.rethrow();
}

} // namespace replicate::io

#endif
