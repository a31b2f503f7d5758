// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DEPLOYMENTS_HPP
#define REPLICATE_DEPLOYMENTS_HPP

#include <replicate/core/deployment_requests.hpp>
#include <replicate/deployment.hpp>
#include <replicate/listing.hpp>
#include <replicate/resource_options.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace replicate {

/// The deployments of the account: `client.deployments()`. A handle, cheap to copy, for any thread. All operations take
/// `[call_options] [diagnostics&] [completion token]` behind their own arguments, as those of `predictions_resource` do.
/// A prediction of a deployment is made by `predictions().async_create(replicate::deployment(owner, name), input)`.
class deployments_resource : public listing<deployment_info, list_options, &core::list_deployments_request> {
public:
    using listing::listing;

    /// Makes a deployment. Never sent twice, because instances cost money; when it cannot be known whether it was made, the
    /// error equals `condition::outcome_unknown`. POST /deployments
    template<class... Arguments>
        requires detail::call_arguments<deployment_info, call_options, Arguments...>
    auto async_create(new_deployment what, Arguments&&... arguments) const
    {
        return detail::initiate<deployment_info, call_options>(
            detail::bind_request<deployment_info, &core::create_deployment_request>(state(), std::move(what)),
            std::forward<Arguments>(arguments)...);
    }

    /// Gives a deployment. GET /deployments/{owner}/{name}
    template<class... Arguments>
        requires detail::call_arguments<deployment_info, call_options, Arguments...>
    auto async_get(std::string_view owner, std::string_view name, Arguments&&... arguments) const
    {
        return detail::initiate<deployment_info, call_options>(
            detail::bind_request<deployment_info, &core::get_deployment_request>(state(), std::string(owner), std::string(name)),
            std::forward<Arguments>(arguments)...);
    }

    /// Changes a deployment and gives it as it is then; a change is a new release. PATCH /deployments/{owner}/{name}
    template<class... Arguments>
        requires detail::call_arguments<deployment_info, call_options, Arguments...>
    auto async_update(
        std::string_view owner, std::string_view name, deployment_update what, Arguments&&... arguments) const
    {
        return detail::initiate<deployment_info, call_options>(
            detail::bind_request<deployment_info, &core::update_deployment_request>(
                state(), std::string(owner), std::string(name), std::move(what)),
            std::forward<Arguments>(arguments)...);
    }

    /// Deletes a deployment, which must have been offline and unused for 15 minutes. A deletion that was repeated after its
    /// answer was lost ends with `condition::not_found`. DELETE /deployments/{owner}/{name}
    template<class... Arguments>
        requires detail::call_arguments<response_meta, call_options, Arguments...>
    auto async_delete(std::string_view owner, std::string_view name, Arguments&&... arguments) const
    {
        return detail::initiate<response_meta, call_options>(
            detail::bind_request<response_meta, &core::delete_deployment_request>(
                state(), std::string(owner), std::string(name)),
            std::forward<Arguments>(arguments)...);
    }
};

} // namespace replicate

#endif
