// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_COROUTINES_HPP
#define REPLICATE_TESTS_SUPPORT_COROUTINES_HPP

// Running the coroutines of a test, with a bound: a test that hangs fails.

#include <replicate/io/deadline_list.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <exception>
#include <memory>

namespace replicate::tests {

namespace asio = boost::asio;

/// A strand of a context, as a client has one.
inline io::strand make_strand(asio::io_context& context)
{
    return asio::make_strand(asio::any_io_executor(context.get_executor()));
}

/// How a coroutine came to its end.
class ending {
public:
    /// True when it has ended.
    bool ended = false;
    /// What it threw.
    std::exception_ptr failure;

    /// The code of the `system_error` that it threw; none where it returned. Rethrows whatever else it threw.
    boost::system::error_code code() const
    {
        try {
            if (failure)
                std::rethrow_exception(failure);
        } catch (boost::system::system_error const& thrown) {
            return thrown.code();
        }
        return {};
    }
};

/// A coroutine that was started, with the means to cancel it.
class task {
public:
    task(io::strand executor, asio::awaitable<void> body)
    {
        auto const slot = signal_->slot();
        asio::co_spawn(executor, std::move(body),
            asio::bind_cancellation_slot(slot, [ending = ending_, signal = signal_](std::exception_ptr failure) {
                ending->ended = true;
                ending->failure = failure;
            }));
    }

    /// Cancels it, as a client does: on the strand. To be called while nobody runs the context, or from inside of it.
    void cancel() { signal_->emit(asio::cancellation_type::terminal); }

    bool ended() const noexcept { return ending_->ended; }
    boost::system::error_code code() const { return ending_->code(); }

    /// Throws what it threw, so that a test sees it.
    void rethrow() const
    {
        if (ending_->failure)
            std::rethrow_exception(ending_->failure);
    }

private:
    std::shared_ptr<tests::ending> ending_ = std::make_shared<tests::ending>();
    std::shared_ptr<asio::cancellation_signal> signal_ = std::make_shared<asio::cancellation_signal>();
};

/// How long a test may take before it counts as one that hangs.
inline constexpr std::chrono::seconds patience{10};

/// Runs a context until it has nothing left to do. False when it still had after a while.
inline bool run_dry(asio::io_context& context)
{
    context.restart();
    context.run_for(patience);
    return context.stopped();
}

/// Runs a context until a condition holds. False when it did not come to that.
template<class Condition>
bool run_until(asio::io_context& context, Condition const& condition)
{
    auto const limit = std::chrono::steady_clock::now() + patience;
    context.restart();
    while (!condition())
        if (context.run_one_until(limit) == 0)
            return condition();
    return true;
}

/// Runs a context until a coroutine has ended. False when it did not.
inline bool run_until_ended(asio::io_context& context, task const& awaited)
{
    return run_until(context, [&] { return awaited.ended(); });
}

/// Runs what can be run at once.
inline void run_ready(asio::io_context& context)
{
    context.restart();
    context.poll();
}

} // namespace replicate::tests

#endif
