// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Runs a model on many inputs at once, as fast as the account allows, and prints each result as it completes. One that fails does
// not disturb the others. ./examples/run 03_many [HOW MANY]

#include "support/service.hpp"

#include <replicate.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string>

namespace asio = boost::asio;

// The inputs, made one by one as there is room for them.
class questions {
public:
    explicit questions(int count)
        : count_(count)
    {
    }

    std::optional<replicate::input> operator()()
    {
        if (next_ == count_)
            return std::nullopt;
        return replicate::input().set("prompt", "Say something about the number " + std::to_string(++next_) + ".");
    }

private:
    int count_;
    int next_ = 0;
};

asio::awaitable<void> many(int count)
{
    replicate::client client(co_await asio::this_coro::executor);
    auto results = co_await client.async_map("meta/meta-llama-3-8b-instruct", questions(count));
    while (auto result = co_await results.async_next()) {
        if (result->ok())
            std::cout << result->index() << ": " << result->output().text() << '\n';
        else
            std::cout << result->index() << ": " << result->error().what() << '\n';
    }
    auto const progress = results.progress();
    std::cout << progress.succeeded << " predictions in " << progress.elapsed.count() << " s, " << progress.failed
              << " failed; the model ran for " << progress.predict_time << " s\n";
}

int main(int argument_count, char** arguments)
{
    try {
        example::service service;

        asio::io_context context;
        int const count = argument_count > 1 ? std::atoi(arguments[1]) : 16;
        asio::co_spawn(context, many(count), [](std::exception_ptr failure) {
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
