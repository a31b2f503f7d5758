// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_SECRET_HPP
#define REPLICATE_DETAIL_SECRET_HPP

#include <replicate/core/catalog_requests.hpp>
#include <replicate/detail/question_body.hpp>

#include <memory>
#include <tuple>
#include <utility>

namespace replicate::detail {

/// The body of `webhooks().async_default_secret`. One call at a time asks the service; those that waited meanwhile find the
/// answer.
inline asio::awaitable<webhook_secret> secret_body(operation& owner, secret_options options)
{
    using secret_question = single_question<webhook_secret, &core::get_webhook_secret_request, secret_options>;
    check_timeout(options.timeout);
    client_state& client = owner.client();
    if (client.secret() && !options.refetch)
        co_return *client.secret();
    io::pass const turn = co_await client.secret_gate().admit();
    if (client.secret() && !options.refetch)
        co_return *client.secret();
    auto const what = std::make_shared<secret_question>(options, std::tuple<>());
    // Without a place among those that are at work: runs that wait for webhooks keep theirs until the secret is there.
    core::api_links const links(client.base());
    core::request request = what->ask(links).value();
    co_await ask_once(owner, *what, std::move(request));
    client.secret() = what->take();
    co_return *client.secret();
}

} // namespace replicate::detail

#endif
