// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_STREAM_IPP
#define REPLICATE_IMPL_STREAM_IPP

#include <replicate/detail/stream.hpp>
#include <replicate/detail/stream_subscription.hpp>
#include <replicate/stream.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace replicate::detail {

/// What the creation of a streamed prediction is told. Precondition: it is said what becomes of it.
inline run_options creation_options(stream_options const& options)
{
    run_options creation;
    creation.wait = wait::poll();
    creation.timeout = options.timeout;
    creation.cancel_after = options.cancel_after;
    if (!options.cancel_after && options.timeout && options.on_cancel == on_cancel::cancel_remote)
        creation.cancel_after = core::prediction_machine::later_than(*options.timeout);
    creation.on_cancel = *options.on_cancel;
    creation.ambiguous_create = options.ambiguous_create;
    return creation;
}

/// A prediction that cannot be streamed helps nobody who asked for a stream, and costs.
inline asio::awaitable<void> refuse_stream(operation& owner, std::string id, on_cancel policy)
{
    failure const refusal = owner.make_failure(errc::stream_unavailable);
    if (policy == on_cancel::cancel_remote)
        co_await cancel_remotely(owner, core::cancel_prediction_request(id));
    refusal.raise();
}

/// Begins to read the stream of a prediction.
inline std::shared_ptr<stream_subscription> open_stream(
    operation& owner, prediction created, core::absolute_url where, stream_options options)
{
    auto const strand = owner.client().strand();
    auto const feed = std::make_shared<stream_feed>(strand, std::move(created), std::move(options));
    auto const left = owner.deadline() - operation::clock::now();
    auto const running = std::make_shared<stream_operation>(owner.shared_client(), left, feed);
    running->standing() = owner.standing();
    auto reader = std::make_shared<stream_subscription>(running, feed);
    reader->join(subscribe_from::beginning, when_slow::hold_back);
    asio::co_spawn(strand, read_stream(running, feed, std::move(where)),
        asio::bind_cancellation_slot(running->slot(), [running](std::exception_ptr) {}));
    return reader;
}

/// The body of `async_stream`.
inline asio::awaitable<stream> stream_body(operation& owner, model_ref model, input values, stream_options options)
{
    check(options);
    options.on_cancel = options.on_cancel.value_or(on_cancel::cancel_remote);
    owner.standing().priority = options.priority;
    owner.standing().group = options.group;
    co_await take_place(owner, place_name(model));
    prediction created = co_await create_prediction(owner, std::move(model), std::move(values), creation_options(options));
    auto where = core::parse_absolute_url(created.urls.stream);
    if (!where || !where->origin.secure)
        co_await refuse_stream(owner, created.id, *options.on_cancel);
    auto reader = open_stream(owner, std::move(created), std::move(*where), std::move(options));
    co_return stream(std::move(reader));
}

/// The body of `async_stream` of a prediction that exists.
inline asio::awaitable<stream> attached_stream_body(operation& owner, prediction known, stream_options options)
{
    check(options);
    owner.standing().priority = options.priority;
    owner.standing().group = options.group;
    core::check_id("prediction", known.id);
    if (options.cancel_after)
        throw_invalid_argument("options.cancel_after", "is told to the service when a prediction is created; this one exists already");
    options.on_cancel = options.on_cancel.value_or(on_cancel::detach);
    owner.context().operation = "stream of prediction " + known.id;
    owner.context().prediction = std::make_shared<prediction const>(known);
    auto where = core::parse_absolute_url(known.urls.stream);
    if (!where || !where->origin.secure)
        owner.make_failure(errc::stream_unavailable).raise();
    auto reader = open_stream(owner, std::move(known), std::move(*where), std::move(options));
    co_return stream(std::move(reader));
}

/// The body of `stream::async_next`.
inline asio::awaitable<std::optional<event>> next_body(
    operation& owner, std::shared_ptr<stream_subscription> reader, call_options options)
{
    check(options);
    auto const turn = reader->take_turn();
    std::optional<event> found = co_await reader->next(owner);
    co_return found;
}

/// The body of `stream::async_text`.
inline asio::awaitable<std::string> text_body(
    operation& owner, std::shared_ptr<stream_subscription> reader, call_options options)
{
    check(options);
    auto const turn = reader->take_turn();
    std::string text;
    for (std::optional<event> found = co_await reader->next(owner); found;) {
        if (found->is_output())
            text += found->text();
        found = co_await reader->next(owner);
    }
    co_return text;
}

/// The stream itself ends by its own deadline; a read without one of its own waits for that.
inline std::chrono::steady_clock::duration read_timeout(call_options const& options)
{
    return options.timeout.value_or(std::chrono::hours(24 * 366));
}

REPLICATE_DECL void start_stream(std::shared_ptr<client_state> client, model_ref model, input values,
    stream_options options, erased_handler<stream> handler)
{
    auto const timeout = options.timeout.value_or(client->settings().timeouts.run);
    start<stream>(std::move(client), timeout, std::move(handler), [&](operation& owner) {
        return stream_body(owner, std::move(model), std::move(values), std::move(options));
    });
}

REPLICATE_DECL void start_stream_of(
    std::shared_ptr<client_state> client, prediction known, stream_options options, erased_handler<stream> handler)
{
    auto const timeout = options.timeout.value_or(client->settings().timeouts.run);
    start<stream>(std::move(client), timeout, std::move(handler), [&](operation& owner) {
        return attached_stream_body(owner, std::move(known), std::move(options));
    });
}

REPLICATE_DECL void start_next(std::shared_ptr<stream_subscription> reader, call_options options,
    erased_handler<std::optional<event>> handler)
{
    auto client = reader->client();
    start<std::optional<event>>(std::move(client), read_timeout(options), std::move(handler),
        [&](operation& owner) { return next_body(owner, std::move(reader), options); });
}

REPLICATE_DECL void start_text(
    std::shared_ptr<stream_subscription> reader, call_options options, erased_handler<std::string> handler)
{
    auto client = reader->client();
    start<std::string>(std::move(client), read_timeout(options), std::move(handler),
        [&](operation& owner) { return text_body(owner, std::move(reader), options); });
}

REPLICATE_DECL std::shared_ptr<stream_subscription> subscribe(
    stream_subscription const& to, subscribe_from where, when_slow manner)
{
    return to.subscribe(where, manner);
}

REPLICATE_DECL void close(stream_subscription& reader)
{
    reader.close();
}

REPLICATE_DECL std::shared_ptr<prediction const> seen_by(stream_subscription const& reader)
{
    return reader.seen();
}

} // namespace replicate::detail

#endif
