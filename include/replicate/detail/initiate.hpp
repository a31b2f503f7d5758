// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_INITIATE_HPP
#define REPLICATE_DETAIL_INITIATE_HPP

#include <replicate/detail/failure.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <concepts>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

// Every public operation ends in `initiate`: it takes what the user wrote after the operation's own arguments,
//
//     [options] [diagnostics&] [completion token]
//
// and starts the operation. Without a token the result is an awaitable<T> that throws; with one, the signature is
// void(error_code, T). The body of an operation is behind the wall: it sees an `erased_handler`, whatever the token was.

namespace replicate::detail {

namespace asio = boost::asio;

/// What the body of an operation completes.
template<class T>
using erased_handler = asio::any_completion_handler<void(failure, T)>;

/// Turns a failure into what the caller's handler takes.
template<class Handler, class T>
class public_handler {
public:
    public_handler(Handler handler, replicate::diagnostics* destination)
        : handler_(std::move(handler))
        , destination_(destination)
    {
    }

    void operator()(failure outcome, T value)
    {
        if (destination_ != nullptr)
            *destination_ = outcome.diagnostics();
        std::move(handler_)(outcome.code(), std::move(value));
    }

    Handler const& handler() const noexcept { return handler_; }

private:
    Handler handler_;
    replicate::diagnostics* destination_;
};

/// What an operation was called with, after its own arguments.
template<class Options>
class call_extras {
public:
    Options options;
    replicate::diagnostics* destination = nullptr;

    call_extras() = default;

    void take(Options const& given) { options = given; }
    void take(replicate::diagnostics& given) { destination = &given; }
};

template<class Options, class Argument>
concept extra_argument = std::same_as<std::remove_cvref_t<Argument>, Options>
    || std::same_as<std::remove_reference_t<Argument>, replicate::diagnostics>;

/// The type of the last of some arguments; `void` where there is none.
template<class... Arguments>
struct last_of {
    using type = void;
};

template<class First, class... Rest>
struct last_of<First, Rest...> {
    using type = std::tuple_element_t<sizeof...(Rest), std::tuple<First, Rest...>>;
};

/// True when the last argument is a completion token: it is none of the others.
template<class Options, class... Arguments>
constexpr bool ends_with_token =
    sizeof...(Arguments) > 0 && !extra_argument<Options, typename last_of<Arguments...>::type>;

/// How many of the arguments are options and diagnostics.
template<class Options, class... Arguments>
constexpr std::size_t count_extras = (std::size_t(0) + ... + std::size_t(extra_argument<Options, Arguments>));

/// Arguments that may stand behind those of an operation that gives a T: options, `diagnostics&`, and last a completion token for
/// `void(error_code, T)`; each only if wanted.
template<class T, class Options, class... Arguments>
concept call_arguments =
    (ends_with_token<Options, Arguments...>
            ? count_extras<Options, Arguments...> + 1 == sizeof...(Arguments)
            : count_extras<Options, Arguments...> == sizeof...(Arguments))
    && (!ends_with_token<Options, Arguments...>
        || asio::completion_token_for<std::decay_t<typename last_of<Arguments...>::type>, void(boost::system::error_code, T)>);

/// Begins an operation. One that is not bound to a client (`Start::wants_executor`) is told where its caller runs.
template<class T, class Options, class Start, class Executor>
void begin(Start& start, Executor const& caller, Options options, erased_handler<T> handler)
{
    if constexpr (Start::wants_executor)
        start(asio::any_io_executor(caller), std::move(options), std::move(handler));
    else
        start(std::move(options), std::move(handler));
}

/// Starts an operation for a completion token. Stateless: g++ 12 destroys a closure inside a co_await expression twice.
template<class T, class Options>
struct start_operation {
    template<class Handler, class Start>
    void operator()(Handler&& handler, Start start, call_extras<Options> extras) const
    {
        auto const caller = asio::get_associated_executor(handler);
        begin<T>(start, caller, std::move(extras.options),
            erased_handler<T>(public_handler<std::decay_t<Handler>, T>(std::forward<Handler>(handler), extras.destination)));
    }
};

/// Starts an operation for a coroutine.
template<class T, class Options>
struct start_awaited {
    template<class Handler, class Start>
    void operator()(Handler&& handler, Start start, Options options) const
    {
        auto const caller = asio::get_associated_executor(handler);
        begin<T>(start, caller, std::move(options), erased_handler<T>(std::forward<Handler>(handler)));
    }
};

/// An operation without a token: its failure becomes an exception.
template<class T, class Options, class Start>
asio::awaitable<T> await_operation(Start start, call_extras<Options> extras)
{
    auto result = co_await asio::async_initiate<asio::use_awaitable_t<> const&, void(failure, T)>(
        start_awaited<T, Options>(), asio::use_awaitable, std::move(start), std::move(extras.options));
    failure const& outcome = std::get<0>(result);
    if (extras.destination != nullptr)
        *extras.destination = outcome.diagnostics();
    if (outcome)
        outcome.raise();
    co_return std::move(std::get<1>(result));
}

template<class T, class Options, class Start, class Arguments, std::size_t... Extras>
auto initiate_with_token(Start start, Arguments arguments, std::index_sequence<Extras...>)
{
    call_extras<Options> extras;
    (extras.take(std::get<Extras>(arguments)), ...);
    using token = std::tuple_element_t<sizeof...(Extras), Arguments>;
    return asio::async_initiate<token, void(boost::system::error_code, T)>(start_operation<T, Options>(),
        std::get<sizeof...(Extras)>(arguments), std::move(start), std::move(extras));
}

/// Starts an operation. `start(Options, erased_handler<T>)` begins it and returns at once.
template<class T, class Options, class Start, class... Arguments>
auto initiate(Start start, Arguments&&... arguments)
{
    if constexpr (ends_with_token<Options, Arguments...>) {
        return initiate_with_token<T, Options>(std::move(start),
            std::tuple<Arguments&&...>(std::forward<Arguments>(arguments)...),
            std::make_index_sequence<sizeof...(Arguments) - 1>());
    } else {
        call_extras<Options> extras;
        (extras.take(arguments), ...);
        return await_operation<T, Options>(std::move(start), std::move(extras));
    }
}

} // namespace replicate::detail

/// The caller's executor, allocator and cancellation slot shine through.
template<template<class, class> class Associator, class Handler, class T, class Default>
struct boost::asio::associator<Associator, replicate::detail::public_handler<Handler, T>, Default>
    : Associator<Handler, Default> {
    static typename Associator<Handler, Default>::type get(
        replicate::detail::public_handler<Handler, T> const& wrapped, Default const& fallback = Default()) noexcept
    {
        return Associator<Handler, Default>::get(wrapped.handler(), fallback);
    }
};

#endif
