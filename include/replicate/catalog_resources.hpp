// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CATALOG_RESOURCES_HPP
#define REPLICATE_CATALOG_RESOURCES_HPP

#include <replicate/catalog.hpp>
#include <replicate/core/catalog_requests.hpp>
#include <replicate/detail/start.hpp>
#include <replicate/listing.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

// What is simply there to be read. All operations take `[options] [diagnostics&] [completion token]` behind their own arguments,
// as those of `predictions_resource` do, end by their timeout, and are cancelled as those are.

namespace replicate {

/// The account of the token: `client.account()`. A handle, cheap to copy, for any thread.
class account_resource {
public:
    /// Of a client.
    explicit account_resource(std::shared_ptr<detail::client_state> client)
        : client_(std::move(client))
    {
    }

    /// Gives the account. Options: `call_options`. GET /account
    template<class... Arguments>
        requires detail::call_arguments<account, call_options, Arguments...>
    auto async_get(Arguments&&... arguments) const
    {
        return detail::initiate<account, call_options>(
            detail::bind_request<account, &core::get_account_request>(client_), std::forward<Arguments>(arguments)...);
    }

private:
    std::shared_ptr<detail::client_state> client_;
};

/// Collections of models: `client.collections()`. A handle, cheap to copy, for any thread. Those in lists come without their
/// models.
class collections_resource : public listing<collection, list_options, &core::list_collections_request> {
public:
    using listing::listing;

    /// Gives a collection with its models. Options: `call_options`. GET /collections/{slug}
    template<class... Arguments>
        requires detail::call_arguments<collection, call_options, Arguments...>
    auto async_get(std::string_view slug, Arguments&&... arguments) const
    {
        return detail::initiate<collection, call_options>(
            detail::bind_request<collection, &core::get_collection_request>(state(), std::string(slug)),
            std::forward<Arguments>(arguments)...);
    }
};

/// The machines that models can run on: `client.hardware()`. A handle, cheap to copy, for any thread. There is one page.
class hardware_resource : public listing<hardware, list_options, &core::list_hardware_request> {
public:
    using listing::listing;
};

/// What belongs to webhooks: `client.webhooks()`. A handle, cheap to copy, for any thread.
class webhooks_resource {
public:
    /// Of a client.
    explicit webhooks_resource(std::shared_ptr<detail::client_state> client)
        : client_(std::move(client))
    {
    }

    /// Gives the secret that the account's webhooks are signed with, for `webhook::verify`. Asks the service once per client,
    /// also when several calls want it at once, and again only for `secret_options::refetch`. Options: `secret_options`.
    /// GET /webhooks/default/secret
    template<class... Arguments>
        requires detail::call_arguments<webhook_secret, secret_options, Arguments...>
    auto async_default_secret(Arguments&&... arguments) const
    {
        return detail::initiate<webhook_secret, secret_options>(
            detail::bind_start<&detail::start_secret>(client_), std::forward<Arguments>(arguments)...);
    }

private:
    std::shared_ptr<detail::client_state> client_;
};

} // namespace replicate

#endif
