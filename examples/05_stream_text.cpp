// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Prints the text of a language model while it comes.

#include "support/service.hpp"

#include <replicate.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <iostream>
#include <string>

namespace asio = boost::asio;

asio::awaitable<void> tell(std::string prompt)
{
    replicate::input input{{"prompt", prompt}, {"max_tokens", 256}};
    auto stream = co_await replicate::async_stream("meta/meta-llama-3-8b-instruct", input);
    while (auto event = co_await stream.async_next())
        if (event->is_output())
            std::cout << event->text() << std::flush;

    auto const prediction = stream.prediction();
    std::cout << "\nprediction " << prediction->id << ' ' << prediction->status_text;
    if (prediction->metrics.predict_time)
        std::cout << " after " << *prediction->metrics.predict_time << " s of running";
    std::cout << '\n';
}

// Enough of a story is enough: letting go of the stream cancels the prediction, which stops the bill.
asio::awaitable<void> tell_until(std::string prompt, std::string end)
{
    replicate::input input{{"prompt", prompt}};
    auto stream = co_await replicate::async_stream("meta/meta-llama-3-8b-instruct", input);
    std::string text;
    while (auto event = co_await stream.async_next()) {
        if (event->is_output())
            text += event->text();
        if (text.find(end) != std::string::npos)
            break;
    }
    std::cout << "stopped at: " << text << '\n';
}

int main()
{
    try {
        example::service service;
        asio::io_context context;
        auto const rethrow = [](std::exception_ptr failure) {
            if (failure)
                std::rethrow_exception(failure);
        };
        asio::co_spawn(context, tell("Tell me a story about llamas."), rethrow);
        context.run();
        context.restart();
        asio::co_spawn(context, tell_until("And another one.", " "), rethrow);
        context.run();
        return 0;
    } catch (std::exception const& failure) {
        std::cerr << '\n' << failure.what() << '\n';
        return 1;
    }
}
