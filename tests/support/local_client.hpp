// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_LOCAL_CLIENT_HPP
#define REPLICATE_TESTS_SUPPORT_LOCAL_CLIENT_HPP

#include <replicate/client.hpp>
#include <replicate/testing/server.hpp>

#include "support/slowness.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace replicate::tests {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

/// What a test waits at most for something that is to happen at once; ample, because machines differ.
inline constexpr steady::duration ample = 30s;

/// Runs a context on this thread until a condition holds; false where it did not within the time.
template<class Condition>
bool run_until(asio::io_context& context, Condition const& condition, steady::duration time = ample)
{
    auto const limit = steady::now() + time;
    auto const work = asio::make_work_guard(context);
    context.restart();
    while (!condition()) {
        if (steady::now() > limit)
            return false;
        context.run_one_for(1ms);
    }
    return true;
}

/// Runs what is left to do in a context, background work of cancelled calls included.
inline void run_out(asio::io_context& context)
{
    context.restart();
    context.run_for(ample);
    if (!context.stopped())
        throw std::runtime_error("the context still has work");
}

/// Runs an operation to its end on a context; throws what it throws.
template<class T>
T get(asio::io_context& context, asio::awaitable<T> operation)
{
    auto const result = std::make_shared<std::optional<std::pair<std::exception_ptr, T>>>();
    asio::co_spawn(context, std::move(operation),
        [result](std::exception_ptr failure, T value) { result->emplace(failure, std::move(value)); });
    if (!run_until(context, [&] { return result->has_value(); }, 2 * ample))
        throw std::runtime_error("the operation does not end");
    if ((*result)->first)
        std::rethrow_exception((*result)->first);
    return std::move((*result)->second);
}

/// The same for an operation without a result.
inline void get(asio::io_context& context, asio::awaitable<void> operation)
{
    auto const result = std::make_shared<std::optional<std::exception_ptr>>();
    asio::co_spawn(context, std::move(operation), [result](std::exception_ptr failure) { result->emplace(failure); });
    if (!run_until(context, [&] { return result->has_value(); }, 2 * ample))
        throw std::runtime_error("the operation does not end");
    if (**result)
        std::rethrow_exception(**result);
}

/// The exception of this type that an operation ends with; nothing where it succeeds.
template<class Exception = replicate::error, class T>
std::optional<Exception> failure_of(asio::io_context& context, asio::awaitable<T> operation)
{
    std::optional<Exception> caught;
    try {
        get(context, std::move(operation));
    } catch (Exception const& failure) {
        caught.emplace(failure);
    }
    return caught;
}

/// The exception of this type that a function throws; nothing where it returns.
template<class Exception = replicate::error, class Function>
std::optional<Exception> thrown_by(Function const& function)
{
    std::optional<Exception> caught;
    try {
        function();
    } catch (Exception const& failure) {
        caught.emplace(failure);
    }
    return caught;
}

/// An operation under way, started with its `token()` or `token(signal)`.
template<class T>
class pending {
public:
    /// How often it has completed; more than once is wrong.
    std::size_t completions() const noexcept { return state_->completions; }
    bool done() const noexcept { return state_->completions > 0; }
    boost::system::error_code code() const noexcept { return state_->code; }
    T const& value() const noexcept { return state_->value; }
    /// How long it took.
    steady::duration elapsed() const noexcept { return state_->ended - state_->started; }
    steady::time_point ended() const noexcept { return state_->ended; }

    auto token() const
    {
        state_->started = steady::now();
        return [state = state_](boost::system::error_code code, T value) {
            ++state->completions;
            state->ended = steady::now();
            state->code = code;
            state->value = std::move(value);
        };
    }

    auto token(asio::cancellation_signal& signal) const { return asio::bind_cancellation_slot(signal.slot(), token()); }

private:
    struct content {
        std::size_t completions = 0;
        boost::system::error_code code;
        T value;
        steady::time_point started, ended;
    };

    std::shared_ptr<content> state_ = std::make_shared<content>();
};

/// What most tests need: a server, a context that the test runs, and a client of it whose retries and polls do not
/// dawdle.
class local_client {
public:
    using configuration = std::function<void(replicate::config&)>;

    explicit local_client(
        configuration const& configure = nullptr, testing::server_options options = testing::server_options())
        : server(std::move(options))
        , client(context, settings(server, configure))
    {
    }

    /// The configuration of such a client.
    static replicate::config settings(testing::server const& server, configuration const& configure = nullptr)
    {
        replicate::config made = server.config();
        made.retry.first_backoff = 2ms;
        made.retry.maximum_backoff = 20ms;
        // The list of the local server does not lag.
        made.reconcile.first_look = 5ms;
        made.reconcile.give_up_after = slowness * 60ms;
        if (configure)
            configure(made);
        return made;
    }

    /// Options whose polls come quickly.
    static run_options quick(replicate::wait how = replicate::wait::sync())
    {
        run_options options;
        options.wait = how;
        options.first_poll_interval = 2ms;
        options.maximum_poll_interval = 10ms;
        return options;
    }

    template<class T>
    T get(asio::awaitable<T> operation)
    {
        return tests::get(context, std::move(operation));
    }

    template<class Exception = replicate::error, class T>
    std::optional<Exception> failure_of(asio::awaitable<T> operation)
    {
        return tests::failure_of<Exception>(context, std::move(operation));
    }

    template<class Condition>
    bool run_until(Condition const& condition, steady::duration time = ample)
    {
        return tests::run_until(context, condition, time);
    }

    /// Runs the context until the server has seen something.
    template<class Condition>
    bool run_until_server(Condition const& condition)
    {
        return run_until([&] { return condition(server.counts()); });
    }

    // Destroyed in the reverse order: the client before its context, both before the server.
    testing::server server;
    asio::io_context context;
    replicate::client client;
};

/// The status of a prediction at the server, as the API words it.
inline std::string status_at(testing::server const& server, std::string const& id)
{
    auto const found = server.prediction(id);
    return found ? std::string(found->at("status").as_string().c_str()) : std::string("none");
}

} // namespace replicate::tests

#endif
