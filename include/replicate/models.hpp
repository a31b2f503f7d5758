// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_MODELS_HPP
#define REPLICATE_MODELS_HPP

#include <replicate/core/model_requests.hpp>
#include <replicate/listing.hpp>
#include <replicate/model.hpp>
#include <replicate/prediction.hpp>
#include <replicate/resource_options.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace replicate {

/// The versions of a model: `client.models().versions(owner, name)`. A handle, cheap to copy, for any thread. The newest comes
/// first.
class versions_resource
    : public listing<model_version, list_options, &core::list_versions_request, std::string, std::string> {
public:
    /// Of a client and a model. The names are checked when something is asked.
    versions_resource(std::shared_ptr<detail::client_state> client, std::string_view owner, std::string_view name)
        : listing(std::move(client), std::string(owner), std::string(name))
        , owner_(owner)
        , name_(name)
    {
    }

    /// Gives a version by its id. Options: `call_options`. GET /models/{owner}/{name}/versions/{id}
    template<class... Arguments>
        requires detail::call_arguments<model_version, call_options, Arguments...>
    auto async_get(std::string_view id, Arguments&&... arguments) const
    {
        return detail::initiate<model_version, call_options>(
            detail::bind_request<model_version, &core::get_version_request>(state(), owner_, name_, std::string(id)),
            std::forward<Arguments>(arguments)...);
    }

    /// Deletes a version, with all its predictions and files; the service does so some minutes later. It refuses for versions
    /// that are public, or in use by somebody. Options: `call_options`. DELETE /models/{owner}/{name}/versions/{id}
    template<class... Arguments>
        requires detail::call_arguments<response_meta, call_options, Arguments...>
    auto async_delete(std::string_view id, Arguments&&... arguments) const
    {
        return detail::initiate<response_meta, call_options>(
            detail::bind_request<response_meta, &core::delete_version_request>(state(), owner_, name_, std::string(id)),
            std::forward<Arguments>(arguments)...);
    }

private:
    std::string owner_;
    std::string name_;
};

/// The predictions that show what a model does: `client.models().examples(owner, name)`.
/// GET /models/{owner}/{name}/examples
using model_examples = listing<prediction, list_options, &core::list_examples_request, std::string, std::string>;

/// The models that fit some words: `client.models().search(text)`. The words are sent as they are. QUERY /models
using model_search = listing<model, list_options, &core::query_models_request, std::string>;

/// Models: `client.models()`. A handle, cheap to copy, for any thread. All operations take
/// `[call_options] [diagnostics&] [completion token]` behind their own arguments, as those of `predictions_resource` do.
/// Its own lists are those of all public models.
class models_resource : public listing<model, model_list_options, &core::list_models_request> {
public:
    using listing::listing;

    /// Makes a model without a version. Never sent twice; when it cannot be known whether it was made, the error equals
    /// `condition::outcome_unknown`. POST /models
    template<class... Arguments>
        requires detail::call_arguments<model, call_options, Arguments...>
    auto async_create(new_model what, Arguments&&... arguments) const
    {
        return detail::initiate<model, call_options>(
            detail::bind_request<model, &core::create_model_request>(state(), std::move(what)),
            std::forward<Arguments>(arguments)...);
    }

    /// Gives a model. GET /models/{owner}/{name}
    template<class... Arguments>
        requires detail::call_arguments<model, call_options, Arguments...>
    auto async_get(std::string_view owner, std::string_view name, Arguments&&... arguments) const
    {
        return detail::initiate<model, call_options>(
            detail::bind_request<model, &core::show_model_request>(state(), std::string(owner), std::string(name)),
            std::forward<Arguments>(arguments)...);
    }

    /// Changes what is said about a model and gives it as it is then. PATCH /models/{owner}/{name}
    template<class... Arguments>
        requires detail::call_arguments<model, call_options, Arguments...>
    auto async_update(std::string_view owner, std::string_view name, model_update what, Arguments&&... arguments) const
    {
        return detail::initiate<model, call_options>(
            detail::bind_request<model, &core::update_model_request>(
                state(), std::string(owner), std::string(name), std::move(what)),
            std::forward<Arguments>(arguments)...);
    }

    /// Deletes a model of one's own that is private and has no versions. A deletion that was repeated after its answer was lost
    /// ends with `condition::not_found`. DELETE /models/{owner}/{name}
    template<class... Arguments>
        requires detail::call_arguments<response_meta, call_options, Arguments...>
    auto async_delete(std::string_view owner, std::string_view name, Arguments&&... arguments) const
    {
        return detail::initiate<response_meta, call_options>(
            detail::bind_request<response_meta, &core::delete_model_request>(state(), std::string(owner), std::string(name)),
            std::forward<Arguments>(arguments)...);
    }

    /// Gives the readme of a model; `condition::not_found` where it has none. GET /models/{owner}/{name}/readme
    template<class... Arguments>
        requires detail::call_arguments<model_readme, call_options, Arguments...>
    auto async_readme(std::string_view owner, std::string_view name, Arguments&&... arguments) const
    {
        return detail::initiate<model_readme, call_options>(
            detail::bind_request<model_readme, &core::get_readme_request>(state(), std::string(owner), std::string(name)),
            std::forward<Arguments>(arguments)...);
    }

    /// The predictions that show what a model does.
    model_examples examples(std::string_view owner, std::string_view name) const
    {
        return model_examples(state(), std::string(owner), std::string(name));
    }

    /// The versions of a model.
    versions_resource versions(std::string_view owner, std::string_view name) const
    {
        return versions_resource(state(), owner, name);
    }

    /// The public models that fit some words. (`client::async_search` is another search, which also finds collections and
    /// pages.)
    model_search search(std::string_view text) const { return model_search(state(), std::string(text)); }
};

} // namespace replicate

#endif
