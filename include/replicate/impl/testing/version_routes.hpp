// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_VERSION_ROUTES_HPP
#define REPLICATE_IMPL_TESTING_VERSION_ROUTES_HPP

#include <replicate/impl/testing/model_routes.hpp>
#include <replicate/impl/testing/model_text.hpp>
#include <replicate/impl/testing/page_answer.hpp>
#include <replicate/impl/testing/service.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

inline model_pointer find_version(service const& server, call const& received)
{
    model_pointer const model = server.models.by_version(received.arguments[2]);
    return model && model->name == model_name(received) ? model : nullptr;
}

inline outcome get_version(service& server, call const& received)
{
    model_pointer const model = find_version(server, received);
    if (!model)
        return outcome(not_found());
    return outcome(reply(200, describe_version(*model)));
}

inline outcome list_versions(service& server, call const& received)
{
    card_pointer const card = server.models.card(model_name(received));
    if (!card)
        return outcome(not_found());
    std::vector<list_item<model_pointer>> items;
    for (auto version = card->versions.rbegin(); version != card->versions.rend(); ++version)
        items.emplace_back(time_key((*version)->created), *version);
    page_form const form("/models/" + card->name + "/versions", list_order::descending, 25);
    return answer_page(
        server, received, form, items, [](model_pointer const& version) { return describe_version(*version); });
}

// Why a version may not be deleted (http-api 1.2); empty where it may.
inline std::string keeps_version(service const& server, model_card const& card, std::string const& version)
{
    if (card.is_public)
        return "Versions of public models cannot be deleted";
    for (card_pointer const& each : server.models.cards())
        for (model_pointer const& other : each->versions)
            if (other->trained_from == version)
                return "This version is the base of a fine-tuned version";
    for (deployment_record const& deployment : server.deployments.all())
        if (deployment.version == version || (deployment.version.empty() && deployment.model == card.name))
            return "This version is used by the deployment " + deployment.name;
    return {};
}

// Deleted some minutes later, as the service does it.
inline outcome delete_version(service& server, call const& received)
{
    model_pointer const model = find_version(server, received);
    if (!model)
        return outcome(not_found());
    card_pointer const card = server.models.card(model->name);
    if (card->owner() != server.options.account)
        return outcome(not_allowed());
    if (std::string const why = keeps_version(server, *card, model->version); !why.empty())
        return outcome(problem(400, "", why));
    server.plan(received.now.steady + server.options.version_deletion_delay,
        [model](service& later, moment) { later.models.remove_version(model->name, model->version); });
    return outcome(reply(202, ""));
}

/// Versions of models.
inline std::vector<route> version_routes()
{
    return {
        route("GET", "/models/{}/{}/versions", operation::model, bucket::other, list_versions),
        route("GET", "/models/{}/{}/versions/{}", operation::model, bucket::other, get_version),
        route("DELETE", "/models/{}/{}/versions/{}", operation::model, bucket::other, delete_version),
    };
}

} // namespace replicate::testing::detail

#endif
