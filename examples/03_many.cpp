// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Runs 16 predictions at once and prints each as it completes. One that fails does not disturb the others.

#include "support/service.hpp"

#include <replicate.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <string>

namespace asio = boost::asio;

asio::awaitable<void> one_of_many(replicate::client client, int number)
{
    replicate::input input{{"prompt", "Say something about the number " + std::to_string(number) + "."}};
    try {
        auto output = co_await client.async_run("meta/meta-llama-3-8b-instruct", input);
        std::cout << number << ": " << output.text() << '\n';
    } catch (replicate::error const& failure) {
        std::cout << number << ": " << failure.what() << '\n';
    }
}

void many(asio::io_context& context)
{
    auto config = replicate::config::from_environment();
    config.scheduler.in_flight = 16; // more than that wait for their turn
    replicate::client client(context, config);
    for (int number = 1; number <= 16; ++number)
        asio::co_spawn(context, one_of_many(client, number), asio::detached);
    context.run();
}

int main()
{
    try {
        example::service service;

        auto const start = std::chrono::steady_clock::now();
        asio::io_context context;
        many(context);
        std::chrono::duration<double> const elapsed = std::chrono::steady_clock::now() - start;
        std::cout << "16 predictions in " << elapsed.count() << " s\n";
        return 0;
    } catch (std::exception const& failure) {
        std::cerr << failure.what() << '\n';
        return 1;
    }
}
