// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Runs a language model and prints its answer: in a coroutine, and blocking.

#include "support/service.hpp"

#include <replicate.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> hello()
{
    replicate::input input{{"prompt", "Hello, world!"}, {"max_tokens", 512}};
    auto output = co_await replicate::async_run("meta/meta-llama-3-8b-instruct", input);
    std::cout << output.text() << '\n';

    auto const& prediction = output.prediction();
    std::cout << "prediction " << prediction.id << ' ' << prediction.status_text;
    if (prediction.metrics.predict_time)
        std::cout << " after " << *prediction.metrics.predict_time << " s of running";
    std::cout << '\n';
}

void hello_blocking()
{
    replicate::input input{{"prompt", "And now without coroutines."}};
    auto output = replicate::run("meta/meta-llama-3-8b-instruct", input);
    std::cout << output.text() << '\n';
}

int main()
{
    try {
        example::service service;

        asio::io_context context;
        asio::co_spawn(context, hello(), [](std::exception_ptr failure) {
            if (failure)
                std::rethrow_exception(failure);
        });
        context.run();

        hello_blocking();
        return 0;
    } catch (std::exception const& failure) {
        std::cerr << failure.what() << '\n';
        return 1;
    }
}
