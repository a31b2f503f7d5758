// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// The forms of a call that the documentation shows, and others that g++ 12 compiles rightly. An object that is destroyed
// twice shows as a wrong result, as an abort of the allocator, or in the address sanitizer. The callee is a stand-in
// with the parameters of `async_run`, so that it is the form that is under test and not the network.

#include <replicate/input.hpp>
#include <replicate/run_options.hpp>

#include <doctest/doctest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<std::string> echo_coroutine(std::string model, replicate::input input, replicate::run_options options)
{
    co_await asio::post(asio::use_awaitable);
    std::string text = model + '(' + std::string(input.at("prompt").as_string()) + ')';
    if (options.timeout)
        text += " within a limit";
    co_return text;
}

// As a public operation is made: a plain function that copies what it got before the coroutine begins.
asio::awaitable<std::string> async_echo(
    std::string_view model, replicate::input input, replicate::run_options options = replicate::run_options())
{
    return echo_coroutine(std::string(model), std::move(input), std::move(options));
}

class echo_stream {
public:
    asio::awaitable<std::optional<std::string>> async_next()
    {
        co_await asio::post(asio::use_awaitable);
        if (left_ == 0)
            co_return std::nullopt;
        --left_;
        co_return std::optional<std::string>(std::string(40, static_cast<char>('a' + left_)));
    }

private:
    int left_ = 3;
};

// Long enough to live on the heap, where a second destruction is noticed.
std::string const prompt = "a prompt that is far too long for the small string optimisation";
std::string const expected = "owner/name(" + prompt + ")";

template<class Result>
Result run(asio::awaitable<Result> operation)
{
    asio::io_context context;
    std::optional<Result> result;
    std::exception_ptr failure;
    asio::co_spawn(context, std::move(operation), [&](std::exception_ptr thrown, Result value) {
        failure = thrown;
        result = std::move(value);
    });
    context.run();
    if (failure)
        std::rethrow_exception(failure);
    REQUIRE(result);
    return std::move(*result);
}

asio::awaitable<std::string> with_a_named_input()
{
    replicate::input input{{"prompt", prompt}, {"max_tokens", 512}};
    auto output = co_await async_echo("owner/name", input);
    co_return output;
}

asio::awaitable<std::string> with_an_input_made_in_the_call()
{
    auto output = co_await async_echo("owner/name", replicate::input().set("prompt", prompt).set("max_tokens", 512));
    co_return output;
}

asio::awaitable<std::string> with_named_options()
{
    replicate::input input{{"prompt", prompt}};
    replicate::run_options options;
    options.timeout = 5min;
    options.wait = replicate::wait::poll();
    auto output = co_await async_echo("owner/name", input, options);
    co_return output;
}

asio::awaitable<std::string> with_options_made_in_the_call()
{
    replicate::input input{{"prompt", prompt}};
    auto output = co_await async_echo(std::string("owner/name"), std::move(input), replicate::run_options());
    co_return output;
}

asio::awaitable<std::string> in_two_statements()
{
    replicate::input input{{"prompt", prompt}};
    auto operation = async_echo("owner/name", std::move(input));
    auto output = co_await std::move(operation);
    co_return output;
}

asio::awaitable<std::string> in_a_try_block()
{
    std::string text;
    try {
        text = co_await async_echo("owner/name", replicate::input().set("prompt", prompt));
        replicate::input without_prompt{{"seed", 1}};
        co_await async_echo("owner/name", without_prompt);
    } catch (std::exception const&) {
        text += " and an exception";
    }
    co_return text;
}

asio::awaitable<std::string> in_a_loop()
{
    echo_stream stream;
    std::string text;
    while (auto event = co_await stream.async_next())
        text += event->front();
    co_return text;
}

asio::awaitable<std::string> in_a_condition()
{
    std::string text = "no";
    if (co_await async_echo("owner/name", replicate::input().set("prompt", prompt)) == expected)
        text = "yes";
    co_return text;
}

} // namespace

TEST_CASE("a named input and the default options arrive as they are")
{
    CHECK(run(with_a_named_input()) == expected);
}

TEST_CASE("an input that is made in the call arrives as it is")
{
    CHECK(run(with_an_input_made_in_the_call()) == expected);
}

TEST_CASE("named options arrive as they are")
{
    CHECK(run(with_named_options()) == expected + " within a limit");
}

TEST_CASE("options that are made in the call arrive as they are")
{
    CHECK(run(with_options_made_in_the_call()) == expected);
}

TEST_CASE("an operation can be made in one statement and awaited in the next")
{
    CHECK(run(in_two_statements()) == expected);
}

TEST_CASE("a call in a try block gives its result or its exception")
{
    CHECK(run(in_a_try_block()) == expected + " and an exception");
}

TEST_CASE("the loop over async_next sees each element and the end")
{
    CHECK(run(in_a_loop()) == "cba");
}

TEST_CASE("a call in a condition gives its result")
{
    CHECK(run(in_a_condition()) == "yes");
}
