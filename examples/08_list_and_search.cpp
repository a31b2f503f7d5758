// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Looks around: the account, the machines, models by words and by lists.

#include "support/service.hpp"

#include <replicate.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> look_around(replicate::client client)
{
    auto account = co_await client.account().async_get();
    std::cout << "account: " << account.username << " (" << account.type << ")\n";

    auto machines = co_await client.hardware().async_list();
    for (auto const& machine : machines.results)
        std::cout << "hardware: " << machine.sku << '\n';

    auto found = co_await client.async_search("image");
    for (auto const& hit : found.models)
        std::cout << "found: " << hit.model.reference() << '\n';

    // Page by page: no more is asked for than is looked at.
    auto pages = client.models().list();
    std::size_t models = 0;
    while (auto page = co_await pages.async_next())
        models += page->results.size();
    std::cout << models << " models in the list\n";

    // Or at once, with a limit.
    auto some = co_await client.models().async_list_all(3);
    for (auto const& model : some)
        std::cout << "model: " << model.reference() << ", run " << model.run_count << " times\n";

    // Every answer tells how much more may be asked.
    auto versions = co_await client.models().versions("stability-ai", "sdxl").async_list();
    std::cout << versions.results.size() << " version of stability-ai/sdxl";
    if (auto const left = versions.meta().rate_limit_remaining)
        std::cout << ", " << *left << " requests left";
    std::cout << '\n';
}

int main()
{
    try {
        example::service service;
        asio::io_context context;
        replicate::client client(context);
        asio::co_spawn(context, look_around(client), [](std::exception_ptr failure) {
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
