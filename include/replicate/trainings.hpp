// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TRAININGS_HPP
#define REPLICATE_TRAININGS_HPP

#include <replicate/core/training_requests.hpp>
#include <replicate/detail/waiting.hpp>
#include <replicate/identifier.hpp>
#include <replicate/listing.hpp>
#include <replicate/resource_options.hpp>
#include <replicate/training.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace replicate {

/// The trainings of the account: `client.trainings()`. A handle, cheap to copy, for any thread. All operations take
/// `[call_options] [diagnostics&] [completion token]` behind their own arguments, as those of `predictions_resource` do.
/// The lists have the newest first.
class trainings_resource : public listing<training, list_options, &core::list_trainings_request> {
public:
    using listing::listing;

    /// Starts a training of a version of a model (`owner/name:version`) and gives it as it is then. It costs money: it is never
    /// sent twice, unless the service certainly has not acted on it; when that cannot be known, the error equals
    /// `condition::outcome_unknown`. A call that is cancelled while it is under way leaves that unknown, too: look into the list.
    /// POST /models/{owner}/{name}/versions/{version}/trainings
    template<class... Arguments>
        requires detail::call_arguments<training, call_options, Arguments...>
    auto async_create(model_ref base, new_training what, Arguments&&... arguments) const
    {
        return detail::initiate<training, call_options>(
            detail::bind_request<training, &core::create_training_request>(state(), std::move(base), std::move(what)),
            std::forward<Arguments>(arguments)...);
    }

    /// Gives a training by its id. GET /trainings/{id}
    template<class... Arguments>
        requires detail::call_arguments<training, call_options, Arguments...>
    auto async_get(std::string_view id, Arguments&&... arguments) const
    {
        return detail::initiate<training, call_options>(
            detail::bind_request<training, &core::get_training_request>(state(), std::string(id)),
            std::forward<Arguments>(arguments)...);
    }

    /// Waits until a training has ended and gives it as it has ended, also where it failed or was canceled. Options:
    /// `wait_options`; a training may well take longer than `config::timeouts.run`, so give a `timeout`. All else as
    /// `predictions_resource::async_wait`. GET /trainings/{id} until it has ended
    template<class... Arguments>
        requires detail::call_arguments<training, wait_options, Arguments...>
    auto async_wait(std::string_view id, Arguments&&... arguments) const
    {
        using start = detail::waiting_start<training, &core::get_training_request, &core::cancel_training_request>;
        return detail::initiate<training, wait_options>(
            start(state(), std::string(id)), std::forward<Arguments>(arguments)...);
    }

    /// Cancels a training and gives it as it is then. One that has ended stays as it is. POST /trainings/{id}/cancel
    template<class... Arguments>
        requires detail::call_arguments<training, call_options, Arguments...>
    auto async_cancel(std::string_view id, Arguments&&... arguments) const
    {
        return detail::initiate<training, call_options>(
            detail::bind_request<training, &core::cancel_training_request>(state(), std::string(id)),
            std::forward<Arguments>(arguments)...);
    }
};

} // namespace replicate

#endif
