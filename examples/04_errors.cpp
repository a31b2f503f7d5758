// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// What can go wrong, and how it is told: as exceptions, and without them.

#include "support/service.hpp"

#include <replicate.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <string>

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> try_it(replicate::client client, std::string model, replicate::input input)
{
    try {
        auto output = co_await client.async_run(model, input);
        std::cout << output.text() << '\n';
    } catch (replicate::prediction_error const& failure) { // it ran, and ended as failed, canceled or aborted
        std::cout << failure.what() << '\n';
        std::cout << "its logs: " << failure.prediction().logs << '\n';
    } catch (replicate::error const& failure) { // everything else
        if (failure.code() == replicate::condition::rate_limited)
            std::cout << "too many requests\n";
        std::cout << failure.what() << '\n';
    }
}

asio::awaitable<void> without_exceptions(replicate::client client)
{
    replicate::diagnostics diagnostics;
    replicate::run_options options;
    options.timeout = 500ms; // for the whole call; the prediction is cancelled too
    replicate::input input{{"prompt", "Take your time."}};
    auto [code, output] =
        co_await client.async_run("test/slow", input, options, diagnostics, asio::as_tuple(asio::deferred));
    if (code == replicate::condition::timeout)
        std::cout << "gave up in the phase \"" << to_string(diagnostics.phase) << "\": " << code.message() << '\n';
    else
        std::cout << replicate::describe(code, diagnostics) << output.text() << '\n';
}

asio::awaitable<void> errors(replicate::client client)
{
    co_await try_it(client, "test/fails", replicate::input().set("prompt", "x"));
    co_await try_it(client, "nobody/has-this-model", replicate::input().set("prompt", "x"));
    co_await try_it(client, "meta/meta-llama-3-8b-instruct", replicate::input());
    co_await without_exceptions(client);
}

int main()
{
    try {
        example::service service;

        try { // bad arguments are refused before anything is sent
            replicate::model_ref model("not a model");
        } catch (replicate::error const& failure) {
            std::cout << failure.what() << '\n';
        }

        asio::io_context context;
        asio::co_spawn(context, errors(replicate::client(context)), [](std::exception_ptr failure) {
            if (failure)
                std::rethrow_exception(failure);
        });
        context.run();
        return 0;
    } catch (std::exception const& failure) {
        std::cerr << failure.what() << '\n';
        return 1;
    }
}
