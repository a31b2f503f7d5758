// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_CONVERTING_START_HPP
#define REPLICATE_DETAIL_CONVERTING_START_HPP

#include <replicate/detail/initiate.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <exception>
#include <utility>

namespace replicate::detail {

/// Completes the caller's handler with what `Convert` makes of a result.
template<class T, class From, auto Convert>
class converting_handler {
public:
    explicit converting_handler(erased_handler<T> handler)
        : handler_(std::move(handler))
    {
    }

    void operator()(failure outcome, From answer)
    {
        T value{};
        if (!outcome) {
            try {
                value = Convert(std::move(answer));
            } catch (...) {
                outcome = failure::of_exception(std::current_exception());
            }
        }
        std::move(handler_)(std::move(outcome), std::move(value));
    }

    erased_handler<T> const& handler() const noexcept { return handler_; }

private:
    erased_handler<T> handler_;
};

/// What `initiate` calls for an operation that gives a T; `Inner` is what it calls for the one that gives a `From`.
template<class T, class From, auto Convert, class Inner>
class converting_start {
public:
    static constexpr bool wants_executor = Inner::wants_executor;

    explicit converting_start(Inner inner)
        : inner_(std::move(inner))
    {
    }

    template<class Options>
    void operator()(Options options, erased_handler<T> handler)
    {
        inner_(std::move(options), wrap(std::move(handler)));
    }

    template<class Options>
    void operator()(asio::any_io_executor caller, Options options, erased_handler<T> handler)
    {
        inner_(std::move(caller), std::move(options), wrap(std::move(handler)));
    }

private:
    static erased_handler<From> wrap(erased_handler<T> handler)
    {
        return erased_handler<From>(converting_handler<T, From, Convert>(std::move(handler)));
    }

    Inner inner_;
};

} // namespace replicate::detail

/// The caller's executor, allocator and cancellation slot shine through.
template<template<class, class> class Associator, class T, class From, auto Convert, class Default>
struct boost::asio::associator<Associator, replicate::detail::converting_handler<T, From, Convert>, Default>
    : Associator<replicate::detail::erased_handler<T>, Default> {
    static typename Associator<replicate::detail::erased_handler<T>, Default>::type get(
        replicate::detail::converting_handler<T, From, Convert> const& wrapped, Default const& fallback = Default()) noexcept
    {
        return Associator<replicate::detail::erased_handler<T>, Default>::get(wrapped.handler(), fallback);
    }
};

#endif
