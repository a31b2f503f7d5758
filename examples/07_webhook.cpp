// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Webhooks: a run that waits for its webhook instead of asking again and again, a listener that takes the webhooks of others, and
// verifying one by hand in a server of one's own.
//
// The service must be able to call this machine: with the Replicate API give the URL that leads here, and the port,
//     07_webhook https://hooks.example.com/replicate 8080
// The local server calls 127.0.0.1.

#include "support/service.hpp"

#include <replicate.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;

constexpr char const* model = "meta/meta-llama-3-8b-instruct";

asio::awaitable<void> wait_by_webhook(replicate::client client, replicate::webhook_listener& listener)
{
    replicate::input input{{"prompt", "Hello, world!"}};
    replicate::run_options options;
    options.wait = replicate::wait::webhook(listener);
    options.observer = [](replicate::run_update const& update) {
        if (update.status_changed)
            std::cout << update.prediction.id << " is " << update.prediction.status_text << '\n';
        for (auto const& line : update.log_lines)
            std::cout << "log: " << line << '\n';
    };
    auto output = co_await client.async_run(model, input, options);
    std::cout << output.text() << '\n';
}

asio::awaitable<void> take_webhooks_of_others(replicate::client client, replicate::webhook_listener& listener)
{
    replicate::input input{{"prompt", "Tell me later."}};
    replicate::create_options options;
    options.webhook = listener.url();
    options.webhook_events_filter.push_back(replicate::webhook_event::completed);
    auto created = co_await client.predictions().async_create(model, input, options);
    std::cout << "created " << created.id << '\n';

    auto delivery = co_await listener.async_next();
    if (delivery)
        std::cout << "webhook " << delivery->id << ": " << delivery->prediction.id << " is "
                  << delivery->prediction.status_text << '\n';
}

asio::awaitable<void> run_both(replicate::client client, replicate::webhook_listener& listener)
{
    co_await wait_by_webhook(client, listener);
    co_await take_webhooks_of_others(client, listener);
    listener.stop();
}

// What any other server does with the headers and the body that it got.
unsigned answer_webhook(std::vector<std::pair<std::string, std::string>> const& headers, std::string const& body,
    replicate::webhook::secrets const& secrets, replicate::webhook::replay_guard& guard)
{
    try {
        auto const signing = replicate::webhook::headers::from(headers);
        auto const prediction = replicate::webhook::parse(signing, body, secrets);
        if (!guard.admit(signing.id(), std::chrono::system_clock::now()))
            return 200; // seen before
        std::cout << "by hand: " << prediction.id << " is " << prediction.status_text << '\n';
        return 200;
    } catch (replicate::error const& refused) {
        std::cout << "by hand: " << refused.what() << '\n';
        return 400;
    }
}

void verify_by_hand()
{
    // While the account's secret is changed, both are good.
    replicate::webhook::secrets const secrets{"whsec_bmV3IHNlY3JldCBvZiB0aGUgYWNjb3VudA==", "whsec_dGhlIG9sZCBvbmU="};
    replicate::webhook::replay_guard guard;
    std::string const body = R"({"id":"abc","status":"succeeded","output":"Hello"})";
    auto const now = std::to_string(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
    std::vector<std::pair<std::string, std::string>> const headers{{"Webhook-Id", "msg_1"}, {"Webhook-Timestamp", now},
        {"Webhook-Signature", replicate::webhook::sign("msg_1", now, body, "whsec_dGhlIG9sZCBvbmU=")}};
    answer_webhook(headers, body, secrets, guard);
    answer_webhook(headers, body, secrets, guard);
    answer_webhook(headers, body + " ", secrets, guard);
}

int main(int count, char** arguments)
{
    try {
        example::service service;
        verify_by_hand();
        replicate::webhook_listener_options options;
        if (count == 3) {
            options.public_url = arguments[1];
            options.address = "0.0.0.0";
            options.port = static_cast<std::uint16_t>(std::stoi(arguments[2]));
        } else if (service.local() == nullptr) {
            std::cout << "The Replicate API cannot call this machine without a URL; see the top of this example.\n";
            return 0;
        }
        asio::io_context context;
        replicate::client client(context);
        replicate::webhook_listener listener(client, options);
        asio::co_spawn(context, run_both(client, listener), [](std::exception_ptr failure) {
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
