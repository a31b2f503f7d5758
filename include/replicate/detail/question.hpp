// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_QUESTION_HPP
#define REPLICATE_DETAIL_QUESTION_HPP

#include <replicate/catalog.hpp>
#include <replicate/core/json_document.hpp>
#include <replicate/core/page_links.hpp>
#include <replicate/core/request.hpp>
#include <replicate/detail/initiate.hpp>
#include <replicate/error.hpp>
#include <replicate/input.hpp>
#include <replicate/response_meta.hpp>
#include <replicate/run_options.hpp>

#include <chrono>
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

// Operations that ask and decode, and do nothing else, cross the wall as a `question`: what stands behind the wall is the
// same for all of them, and is compiled once.

namespace replicate::detail {

class client_state;

/// What an operation asks the service, one request after the other, and what it makes of the answers. Used on the client's
/// strand, but for what its owner does with it before the start and after the end.
class question {
public:
    question() = default;
    question(question const&) = delete;
    question& operator=(question const&) = delete;
    virtual ~question() = default;

    /// The next request; none when there is nothing left to ask. Throws what is wrong with the arguments.
    virtual std::optional<core::request> ask(core::page_links const& links) = 0;

    /// The input among the arguments, whose files have to be sent first; null where there is none.
    virtual input* values() noexcept { return nullptr; }

    /// Throws what is wrong with the arguments, before their files are sent.
    virtual void check(core::page_links const&) {}

    /// Takes the answer to the last request. Throws an `error` where it is not what was asked for.
    virtual void answer(core::response response, response_meta meta) = 0;

    /// True where an answer is a file, which may be larger than a document.
    virtual bool wants_file() const noexcept { return false; }
};

/// A question whose result is a T.
template<class T>
class question_for : public question {
public:
    /// The result. Called once, when the question was answered.
    virtual T take() { return std::move(result_); }

    /// The caller is about to be told, also of a failure.
    virtual void leave() noexcept {}

protected:
    T result_;
};

/// Makes a T of an answer.
template<class T>
T read_answer(core::response response, response_meta meta)
{
    if constexpr (std::is_same_v<T, response_meta>) {
        return meta;
    } else {
        T value;
        if constexpr (requires { T::from_body(std::string(), std::string_view()); }) {
            value = T::from_body(std::move(response.body), response.header("content-type"));
        } else {
            auto document = core::parse_document(response.body);
            if (!document)
                throw error(document.error(), diagnostics());
            value = T::from_json(std::move(*document));
        }
        value.set_meta(std::move(meta));
        return value;
    }
}

/// Calls the function that makes a request with what it wants of the arguments, the options and the links.
template<auto Build, class Options, class... Arguments>
core::request build_request(core::page_links const& links, Options const& options, Arguments const&... arguments)
{
    if constexpr (std::is_invocable_v<decltype(Build), Arguments const&..., Options const&, core::page_links const&>)
        return Build(arguments..., options, links);
    else if constexpr (std::is_invocable_v<decltype(Build), Arguments const&..., Options const&>)
        return Build(arguments..., options);
    else
        return Build(arguments...);
}

/// One request, one answer.
template<class T, auto Build, class Options, class... Arguments>
class single_question final : public question_for<T> {
public:
    single_question(Options options, std::tuple<Arguments...> arguments)
        : options_(std::move(options))
        , arguments_(std::move(arguments))
    {
    }

    std::optional<core::request> ask(core::page_links const& links) override
    {
        if (std::exchange(asked_, true))
            return std::nullopt;
        return build(links);
    }

    input* values() noexcept override
    {
        input* found = nullptr;
        std::apply([&](Arguments&... arguments) { (find_input(arguments, found), ...); }, arguments_);
        return found;
    }

    void check(core::page_links const& links) override { build(links); }

    void answer(core::response response, response_meta meta) override
    {
        this->result_ = read_answer<T>(std::move(response), std::move(meta));
    }

    bool wants_file() const noexcept override { return std::is_same_v<T, file_content>; }

private:
    core::request build(core::page_links const& links) const
    {
        check_timeout(options_.timeout);
        return std::apply(
            [&](Arguments const&... arguments) { return build_request<Build>(links, options_, arguments...); }, arguments_);
    }

    template<class Argument>
    static void find_input(Argument& argument, input*& found) noexcept
    {
        if constexpr (requires { { argument.input } -> std::same_as<replicate::input&>; })
            found = &argument.input;
    }

    Options options_;
    std::tuple<Arguments...> arguments_;
    bool asked_ = false;
};

/// Completes the caller's handler with what a question was answered.
template<class T>
class question_handler {
public:
    question_handler(erased_handler<T> handler, std::shared_ptr<question_for<T>> what)
        : handler_(std::move(handler))
        , what_(std::move(what))
    {
    }

    void operator()(failure outcome, std::monostate)
    {
        T value = outcome ? T() : what_->take();
        what_->leave();
        what_.reset();
        std::move(handler_)(std::move(outcome), std::move(value));
    }

    erased_handler<T> const& handler() const noexcept { return handler_; }

private:
    erased_handler<T> handler_;
    std::shared_ptr<question_for<T>> what_;
};

/// Asks a question behind the wall. Every outcome completes the handler, once.
void start_question(std::shared_ptr<client_state> client, std::shared_ptr<question> what,
    std::optional<std::chrono::steady_clock::duration> timeout, erased_handler<std::monostate> handler);

/// Asks a question for a T.
template<class T>
void ask(std::shared_ptr<client_state> client, std::shared_ptr<question_for<T>> what,
    std::optional<std::chrono::steady_clock::duration> timeout, erased_handler<T> handler)
{
    question_handler<T> taker(std::move(handler), what);
    start_question(std::move(client), std::move(what), timeout, erased_handler<std::monostate>(std::move(taker)));
}

/// What `initiate` calls for an operation of one request: `Build(arguments... [, options [, links]])` makes it.
template<class T, auto Build, class... Arguments>
class single_start {
public:
    static constexpr bool wants_executor = false;

    single_start(std::shared_ptr<client_state> client, Arguments... arguments)
        : client_(std::move(client))
        , arguments_(std::move(arguments)...)
    {
    }

    template<class Options>
    void operator()(Options options, erased_handler<T> handler)
    {
        auto const timeout = options.timeout;
        std::shared_ptr<question_for<T>> what =
            std::make_shared<single_question<T, Build, Options, Arguments...>>(std::move(options), std::move(arguments_));
        ask<T>(std::move(client_), std::move(what), timeout, std::move(handler));
    }

private:
    std::shared_ptr<client_state> client_;
    std::tuple<Arguments...> arguments_;
};

/// Binds the arguments of an operation of one request.
template<class T, auto Build, class... Arguments>
single_start<T, Build, Arguments...> bind_request(std::shared_ptr<client_state> client, Arguments... arguments)
{
    return single_start<T, Build, Arguments...>(std::move(client), std::move(arguments)...);
}

} // namespace replicate::detail

/// The caller's executor, allocator and cancellation slot shine through.
template<template<class, class> class Associator, class T, class Default>
struct boost::asio::associator<Associator, replicate::detail::question_handler<T>, Default>
    : Associator<replicate::detail::erased_handler<T>, Default> {
    static typename Associator<replicate::detail::erased_handler<T>, Default>::type get(
        replicate::detail::question_handler<T> const& wrapped, Default const& fallback = Default()) noexcept
    {
        return Associator<replicate::detail::erased_handler<T>, Default>::get(wrapped.handler(), fallback);
    }
};

#endif
