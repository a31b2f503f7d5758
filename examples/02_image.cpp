// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Makes an image of a prompt and saves it:  02_image ["a prompt"]

#include "support/service.hpp"

#include <replicate.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <fstream>
#include <iostream>
#include <string>

namespace asio = boost::asio;

asio::awaitable<void> image(std::string prompt)
{
    replicate::input input{{"prompt", prompt}, {"width", 512}, {"height", 512}};
    auto output = co_await replicate::async_run("black-forest-labs/flux-schnell", input);
    for (auto& file : output.files()) {
        std::cout << file.url() << '\n';
        std::string bytes = co_await file.async_read(); // soon: the service deletes it after an hour
        std::ofstream(file.name(), std::ios::binary) << bytes;
        std::cout << "saved as " << file.name() << ", " << bytes.size() << " bytes\n";
    }
}

int main(int argument_count, char** arguments)
{
    try {
        example::service service;

        asio::io_context context;
        std::string prompt = argument_count > 1 ? arguments[1] : "a studio photo of a rainbow colored corgi";
        asio::co_spawn(context, image(prompt), [](std::exception_ptr failure) {
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
