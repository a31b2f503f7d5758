// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Sends an image of this machine to a model and saves the image that it makes:
//
//     06_files_in_files_out [FILE]
//
// Without a file it has one painted first.

#include "support/service.hpp"

#include <replicate.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <filesystem>
#include <iostream>
#include <string>

namespace asio = boost::asio;

asio::awaitable<void> enlarge(std::string path)
{
    replicate::input input{{"image", replicate::file_source::from_path(path)}, {"scale", 2}};
    auto output = co_await replicate::async_run("nightmareai/real-esrgan", input);
    replicate::save_options options;
    options.overwrite = true;
    for (auto& file : output.files()) {
        auto saved = co_await file.async_save(std::filesystem::path("large-" + file.name()), options);
        std::cout << "saved as " << saved.path.string() << ", " << saved.bytes << " bytes of " << saved.content_type << '\n';
    }
}

asio::awaitable<void> paint(std::string path)
{
    replicate::input input{{"prompt", "a llama on a hill"}, {"width", 256}, {"height", 256}};
    auto output = co_await replicate::async_run("black-forest-labs/flux-schnell", input);
    replicate::save_options options;
    options.overwrite = true;
    co_await output.files().at(0).async_save(std::filesystem::path(path), options);
    std::cout << "painted " << path << '\n';
}

asio::awaitable<void> all(std::string path, bool paint_first)
{
    if (paint_first)
        co_await paint(path);
    co_await enlarge(path);
}

int main(int argument_count, char** arguments)
{
    try {
        example::service service;
        asio::io_context context;
        bool const given = argument_count > 1;
        asio::co_spawn(context, all(given ? arguments[1] : "llama.png", !given), [](std::exception_ptr failure) {
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
