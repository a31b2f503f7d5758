// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_OPERATION_HPP
#define REPLICATE_DETAIL_OPERATION_HPP

#include <replicate/core/meta_reader.hpp>
#include <replicate/detail/client_state.hpp>
#include <replicate/detail/failure.hpp>
#include <replicate/detail/initiate.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace replicate::detail {

/// How an operation stands among those that wait for their turn.
class operation_standing {
public:
    /// Before whom.
    replicate::priority priority = replicate::priority::interactive;
    /// With whom.
    std::string group;

    /// As a call that says nothing.
    operation_standing() = default;
};

/// What goes on with an operation that sleeps: one of which no coroutine is under way.
class sleeper {
public:
    /// It is woken.
    virtual void on_woken() = 0;

protected:
    ~sleeper() = default;
};

/// One public call while it goes on: its deadline, its cancellation, and what there is to say should it fail.
///
/// The caller gets its result exactly once: from the body when that ends, or, when the caller cancels or the deadline passes,
/// at once. The body then may still have something to do (cancel a prediction that would cost money); it does so in the
/// background, within bounds. Used on the strand alone, but for `request_stop`.
class operation : public io::deadline_entry, public std::enable_shared_from_this<operation> {
public:
    using clock = std::chrono::steady_clock;

    operation(std::shared_ptr<client_state> client, clock::duration timeout)
        : client_(std::move(client))
        , started_(clock::now())
        // Checked later, where a failure can be told; here it must not overflow.
        , deadline_(started_ + std::clamp<clock::duration>(timeout, clock::duration::zero(), std::chrono::hours(24 * 366)))
    {
    }
    virtual ~operation() = default;

    /// The client.
    client_state& client() noexcept { return *client_; }

    /// The client, for what outlives the call.
    std::shared_ptr<client_state> const& shared_client() const noexcept { return client_; }

    /// What is known so far, for a failure.
    replicate::diagnostics& context() noexcept { return context_; }

    /// How it stands among those that wait for their turn; to be set before anything is asked for.
    operation_standing& standing() noexcept { return standing_; }

    /// How its requests are repeated.
    retry_config const& retry() const noexcept { return retry_ ? *retry_ : client_->settings().retry; }

    /// Has them repeated in a way of their own; nothing for the client's.
    void set_retry(std::optional<retry_config> const& policy) { retry_ = policy; }

    /// Keeps a place among the predictions in flight until it ends, and the right to send its first create.
    void keep(io::permit place, io::rate_token first)
    {
        first_token_ = std::move(first);
        place_ = std::move(place);
    }

    /// Whether it has a place among the predictions in flight.
    bool has_place() const noexcept { return static_cast<bool>(place_); }

    /// The right to send its first create; none where that was taken, or the right to send anything else.
    io::rate_token take_first_token() noexcept { return std::move(first_token_); }

    /// When the caller's time is up.
    clock::time_point deadline() const noexcept { return deadline_; }

    /// True when the caller has its result already: it has gone, or its time was up.
    bool is_stopped() const noexcept { return stopped_; }

    /// While it is set, a stop does not interrupt the body: the answer that is under way alone can tell the id of a prediction
    /// that is paid for.
    void shield(bool on)
    {
        shielded_ = on;
        if (on && stopped_)
            client_->deadlines().disarm(*this);
        else
            limit_background(client_->settings().timeouts.remote_cancel);
    }

    /// After a stop: what is left to do may take so long from now on, unless it is shielded.
    void limit_background(clock::duration time)
    {
        if (stopped_ && !shielded_)
            client_->deadlines().arm(*this, clock::now() + time);
    }

    /// Cancels, from any thread. `unless_sent`: without effect once something of the call has left.
    void request_stop(bool unless_sent = false)
    {
        // The body looks at this before it begins, when nothing can have left.
        cancel_requested_ = true;
        asio::post(client_->strand(), [unless_sent, self = shared_from_this()] {
            if (!unless_sent || !self->has_sent_)
                self->stop(asio::error::operation_aborted);
        });
    }

    /// Something that others can see is about to leave, or to be done elsewhere.
    void set_sent() noexcept { has_sent_ = true; }

    /// The prediction that it was to create exists.
    virtual void on_created() {}

    /// The body has found a reason to end the call at once, as the deadline would. What it still owes it does in the background.
    void give_up(boost::system::error_code code) { stop(code); }

    /// True when it was cancelled before it began.
    bool is_cancel_requested() const noexcept { return cancel_requested_; }

    /// From now on no coroutine of it is under way: a stop wakes this, once.
    void fall_asleep(sleeper& one) noexcept { sleeper_ = &one; }

    /// Ends its sleep; false where it does not sleep.
    bool wake()
    {
        if (sleeper_ == nullptr)
            return false;
        sleeper_->on_woken();
        sleeper_ = nullptr;
        return true;
    }

    /// True while it sleeps.
    bool sleeps() const noexcept { return sleeper_ != nullptr; }

    /// Where the body is interrupted.
    asio::cancellation_slot slot() { return signal_.slot(); }

    /// Starts the clock; called when the body begins.
    void begin() { client_->deadlines().arm(*this, deadline_); }

    /// What came with the answer to the call that goes on.
    response_meta meta_of(core::response const& answer) const
    {
        return core::read_meta(answer, context_.attempts, clock::now() - started_);
    }

    /// The failure with all that is known.
    failure make_failure(boost::system::error_code code)
    {
        replicate::diagnostics told = context_;
        told.elapsed = clock::now() - started_;
        bool const is_late = code == errc::deadline_exceeded || code == errc::start_timed_out || code == errc::running_timed_out;
        if (is_late && !last_failure_.empty())
            told.detail += (told.detail.empty() ? "the last look failed: " : "; the last look failed: ") + last_failure_;
        if (told.prediction)
            told.detail += (told.detail.empty() ? "" : "; ") + ending_text(*told.prediction);
        core::redact(told, client_->last_token());
        return failure(code, std::move(told));
    }

    /// What somebody threw, with all that is known where a request was the reason.
    failure make_failure(std::exception_ptr thrown)
    {
        failure const bare = failure::of_exception(std::move(thrown));
        bool const is_known = context_.operation.empty() || !bare.diagnostics().operation.empty();
        failure const told = is_known ? bare : bare.within(make_failure(bare.code()).diagnostics());
        return told.redacted(client_->last_token());
    }

    /// Says what the deadline's failure is to name as its reason; empty for none.
    void set_last_failure(std::string text) { last_failure_ = std::move(text); }

protected:
    /// The body has ended.
    bool end() noexcept
    {
        client_->deadlines().disarm(*this);
        first_token_ = io::rate_token();
        place_ = io::permit();
        return !std::exchange(ended_, true) && !stopped_;
    }

private:
    virtual void complete_failure(failure outcome) = 0;

    void on_deadline() override
    {
        if (stopped_)
            interrupt(); // the background has had its time
        else
            stop(errc::deadline_exceeded);
    }

    void stop(boost::system::error_code code)
    {
        if (ended_ || std::exchange(stopped_, true))
            return;
        bool const slept = wake();
        complete_failure(make_failure(code));
        if (shielded_) {
            client_->deadlines().disarm(*this); // the exchange under way has limits of its own
            return;
        }
        limit_background(client_->settings().timeouts.remote_cancel);
        if (!slept)
            interrupt();
    }

    void interrupt() { signal_.emit(asio::cancellation_type::terminal); }

    std::shared_ptr<client_state> client_;
    clock::time_point started_;
    clock::time_point deadline_;
    replicate::diagnostics context_;
    std::string last_failure_;
    operation_standing standing_;
    std::optional<retry_config> retry_;
    io::permit place_;
    io::rate_token first_token_;
    asio::cancellation_signal signal_;
    sleeper* sleeper_ = nullptr;
    std::atomic<bool> cancel_requested_ = false;
    bool has_sent_ = false;
    bool stopped_ = false;
    bool shielded_ = false;
    bool ended_ = false;
};

/// A call that gives a T.
template<class T>
class typed_operation : public operation {
public:
    typed_operation(std::shared_ptr<client_state> client, clock::duration timeout, erased_handler<T> handler)
        : operation(std::move(client), timeout)
        , handler_(std::move(handler))
        , work_(asio::make_work_guard(handler_, asio::any_io_executor(this->client().strand().get_inner_executor())))
    {
    }

    /// Lets the caller's cancellation slot stop it. The slot is emitted on the caller's side, at any time, also when the
    /// operation is long over; so it knows no more than a weak pointer.
    void listen()
    {
        auto slot = asio::get_associated_cancellation_slot(handler_);
        if (slot.is_connected())
            slot.assign([self = weak_from_this()](asio::cancellation_type type) {
                using types = asio::cancellation_type;
                bool const at_once = (type & (types::terminal | types::partial)) != types::none;
                // It promises that nothing has happened, so it is for calls that have sent nothing.
                bool const unless_sent = (type & types::total) != types::none;
                auto const running = self.lock();
                if (running && (at_once || unless_sent))
                    running->request_stop(!at_once);
            });
    }

    /// The body has a result.
    void finish(T value)
    {
        if (end())
            complete(failure(), std::move(value));
    }

    /// The body has failed.
    void fail(failure outcome)
    {
        if (end())
            complete(std::move(outcome), T());
    }

private:
    /// The caller's handler with what it is to be told.
    class delivery {
    public:
        delivery(erased_handler<T> handler, failure outcome, T value)
            : handler_(std::move(handler))
            , outcome_(std::move(outcome))
            , value_(std::move(value))
        {
        }
        void operator()() { std::move(handler_)(std::move(outcome_), std::move(value_)); }

    private:
        erased_handler<T> handler_;
        failure outcome_;
        T value_;
    };

    void complete_failure(failure outcome) override { complete(std::move(outcome), T()); }

    void complete(failure outcome, T value)
    {
        // Off the strand first: the caller's code must not run inside it. Then to where the caller wants to be.
        asio::post(client().strand().get_inner_executor(),
            asio::bind_executor(
                work_.get_executor(), delivery(std::move(handler_), std::move(outcome), std::move(value))));
        work_.reset();
    }

    erased_handler<T> handler_;
    decltype(asio::make_work_guard(std::declval<erased_handler<T>&>(), std::declval<asio::any_io_executor>())) work_;
};

/// Runs the body of an operation and hands over what comes of it.
template<class T>
asio::awaitable<void> drive(std::shared_ptr<typed_operation<T>> running, asio::awaitable<T> body)
{
    running->begin();
    // Not at once: a cancellation that the caller asked for before may still be in the queue of its executor.
    co_await asio::post(running->client().strand(), asio::use_awaitable);
    if (running->is_cancel_requested() || running->is_stopped()) {
        running->fail(running->make_failure(asio::error::operation_aborted)); // and nothing is sent
        co_return;
    }
    try {
        T value = co_await std::move(body);
        running->finish(std::move(value));
    } catch (...) {
        running->fail(running->make_failure(std::current_exception()));
    }
}

/// Starts an operation. `make_body(operation&)` gives its coroutine, which runs on the strand.
template<class T, class MakeBody>
std::shared_ptr<operation> start(std::shared_ptr<client_state> client, operation::clock::duration timeout, erased_handler<T> handler,
    MakeBody const& make_body)
{
    auto const executor = client->strand();
    auto const running = std::make_shared<typed_operation<T>>(std::move(client), timeout, std::move(handler));
    running->listen();
    auto const slot = running->slot();
    asio::co_spawn(executor, drive<T>(running, make_body(*running)),
        asio::bind_cancellation_slot(slot, [running](std::exception_ptr) {}));
    return running;
}

} // namespace replicate::detail

#endif
