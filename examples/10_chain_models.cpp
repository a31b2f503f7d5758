// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Hands the image that one model makes to another one: by its URL, without a byte of it coming here in between.

#include "support/service.hpp"

#include <replicate.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <filesystem>
#include <iostream>
#include <string>

namespace asio = boost::asio;

asio::awaitable<void> paint_and_enlarge(std::string prompt)
{
    replicate::input painting{{"prompt", prompt}, {"width", 256}, {"height", 256}};
    auto painted = co_await replicate::async_run("black-forest-labs/flux-schnell", painting);

    replicate::input enlarging{{"image", painted.files().at(0)}, {"scale", 2}};
    auto enlarged = co_await replicate::async_run("nightmareai/real-esrgan", enlarging);

    replicate::save_options options;
    options.overwrite = true;
    auto saved = co_await enlarged.files().at(0).async_save(std::filesystem::path("enlarged.png"), options);
    std::cout << painted.files().at(0).url() << "\nbecame " << saved.path.string() << ", " << saved.bytes << " bytes\n";
}

int main(int argument_count, char** arguments)
{
    try {
        example::service service;
        asio::io_context context;
        std::string prompt = argument_count > 1 ? arguments[1] : "a llama on a hill";
        asio::co_spawn(context, paint_and_enlarge(prompt), [](std::exception_ptr failure) {
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
