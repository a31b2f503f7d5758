// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_PREDICTIONS_HPP
#define REPLICATE_PREDICTIONS_HPP

#include <replicate/core/prediction_requests.hpp>
#include <replicate/detail/start.hpp>
#include <replicate/detail/waiting.hpp>
#include <replicate/listing.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace replicate {

/// The predictions of an account: `client.predictions()`. A handle, cheap to copy, for any thread.
///
/// Every operation takes, behind its own arguments and each only if wanted: options, a `diagnostics&` that a failure fills
/// (it must live until the end), and a completion token. Without a token it gives an `asio::awaitable<T>` that throws `error`;
/// with one, the signature is `void(error_code, T)` and the handler runs on its associated executor.
/// Cancellation: terminal and partial, and total while nothing has been sent; the connection in use is closed. Every call ends by its timeout.
/// The lists have the newest first, 100 a page.
class predictions_resource : public listing<prediction, prediction_list_options, &core::list_predictions_request> {
public:
    using listing::listing;

    /// Creates a prediction and gives it as it is then, without waiting for its end (see `client::async_run` for that).
    /// Options: `create_options`. POST to /predictions, or to the path of an official model or a deployment.
    /// Never sent twice, unless the service certainly has not acted on it; when that cannot be known, it is looked for (`config::reconcile`),
    /// and where it is not found `create_options::ambiguous_create` decides: by default the error equals `condition::outcome_unknown`.
    template<class... Arguments>
        requires detail::call_arguments<prediction, create_options, Arguments...>
    auto async_create(model_ref model, input values, Arguments&&... arguments) const
    {
        return detail::initiate<prediction, create_options>(
            detail::bind_start<&detail::start_create>(state(), std::move(model), std::move(values)),
            std::forward<Arguments>(arguments)...);
    }

    /// Gives a prediction by its id. Options: `call_options`. GET /predictions/{id}
    template<class... Arguments>
        requires detail::call_arguments<prediction, call_options, Arguments...>
    auto async_get(std::string_view id, Arguments&&... arguments) const
    {
        return detail::initiate<prediction, call_options>(
            detail::bind_request<prediction, &core::get_prediction_request>(state(), std::string(id)),
            std::forward<Arguments>(arguments)...);
    }

    /// Waits until a prediction that exists has ended, whoever has created it, and gives it as it has ended: also one that failed or
    /// was canceled is a value, and its `status` says so. `client::output_of` gives its output. Options: `wait_options`.
    /// GET /predictions/{id} until it has ended, at growing intervals. It does not count among
    /// `scheduler_config::in_flight`.
    /// Errors: those of a request; what may pass (no connection, errors of the server, too many requests, for 5 s an id that is not
    /// known yet) is waited out until the deadline, whose error tells the last of them.
    /// Deadline: `wait_options::timeout`, `config::timeouts.run` by default. Cancellation: terminal and partial. Both end the call at
    /// once, and leave the prediction running unless `wait_options::on_cancel` says otherwise.
    template<class... Arguments>
        requires detail::call_arguments<prediction, wait_options, Arguments...>
    auto async_wait(std::string_view id, Arguments&&... arguments) const
    {
        using start = detail::waiting_start<prediction, &core::get_prediction_request, &core::cancel_prediction_request>;
        return detail::initiate<prediction, wait_options>(
            start(state(), std::string(id)), std::forward<Arguments>(arguments)...);
    }

    /// Cancels a prediction and gives it as it is then. One that has ended stays as it is. Options: `call_options`.
    /// POST /predictions/{id}/cancel
    template<class... Arguments>
        requires detail::call_arguments<prediction, call_options, Arguments...>
    auto async_cancel(std::string_view id, Arguments&&... arguments) const
    {
        return detail::initiate<prediction, call_options>(
            detail::bind_request<prediction, &core::cancel_prediction_request>(state(), std::string(id)),
            std::forward<Arguments>(arguments)...);
    }
};

} // namespace replicate

#endif
