// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_MAP_IPP
#define REPLICATE_IMPL_MAP_IPP

#include <replicate/detail/map.hpp>
#include <replicate/map.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace replicate::detail {

/// The body of `async_map`.
inline asio::awaitable<map_results> map_body(
    operation& owner, std::shared_ptr<map_source> source, map_options options)
{
    check(options);
    auto const work = std::make_shared<map_work>(owner.shared_client(), std::move(source), std::move(options));
    auto reader = std::make_shared<map_reader>(work);
    work->go_on();
    co_return map_results(std::move(reader));
}

/// The body of `map_results::async_next`.
inline asio::awaitable<std::optional<map_result>> next_result_body(
    operation& owner, std::shared_ptr<map_reader> reader, call_options options)
{
    check(options);
    std::optional<map_result> found = co_await reader->work()->next(owner);
    co_return found;
}

REPLICATE_DECL void start_map(std::shared_ptr<client_state> client, std::shared_ptr<map_source> source, map_options options,
    erased_handler<map_results> handler)
{
    auto const timeout = client->settings().timeouts.call;
    start<map_results>(std::move(client), timeout, std::move(handler),
        [&](operation& owner) { return map_body(owner, std::move(source), std::move(options)); });
}

// Every run has a deadline of its own; a read without one waits for them.
REPLICATE_DECL void start_next_result(
    std::shared_ptr<map_reader> reader, call_options options, erased_handler<std::optional<map_result>> handler)
{
    auto client = reader->work()->client();
    auto const timeout = options.timeout.value_or(std::chrono::hours(24 * 366));
    start<std::optional<map_result>>(std::move(client), timeout, std::move(handler),
        [&](operation& owner) { return next_result_body(owner, std::move(reader), options); });
}

REPLICATE_DECL void stop(map_reader const& reader)
{
    reader.stop();
}

REPLICATE_DECL map_progress progress_of(map_reader const& reader)
{
    return reader.work()->progress();
}

} // namespace replicate::detail

#endif
