// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_TRAINING_REQUESTS_HPP
#define REPLICATE_CORE_TRAINING_REQUESTS_HPP

#include <replicate/core/model_requests.hpp>
#include <replicate/core/resource_path.hpp>
#include <replicate/identifier.hpp>
#include <replicate/list_options.hpp>
#include <replicate/resource_options.hpp>

#include <string>
#include <utility>

namespace replicate::core {

/// POST of a new training of a version of a model. It costs money, so it is never sent twice. Neither Prefer nor
/// Cancel-After is for trainings.
inline request create_training_request(model_ref const& base, new_training const& what)
{
    if (base.kind() != model_ref::form::model_version)
        detail::throw_invalid_argument(
            "base", detail::quoted(base.str()) + " is no version of a model; write owner/name:version");
    auto const destination = model_ref::parse(what.destination);
    if (!destination || destination->kind() != model_ref::form::model)
        detail::throw_invalid_argument("destination",
            detail::quoted(what.destination) + " is not a model; write owner/name of one that exists in the account");
    detail::check_webhook(what.webhook, what.webhook_events_filter);
    json::object body;
    body["destination"] = json::string(what.destination);
    body["input"] = what.input.object();
    add_text(body, "webhook", what.webhook);
    if (!what.webhook_events_filter.empty()) {
        json::array& events = body["webhook_events_filter"].emplace_array();
        for (webhook_event event : what.webhook_events_filter)
            events.emplace_back(json::string(to_string(event)));
    }
    request result = json_request("POST",
        model_path(base.owner(), base.name(), "/versions" + path_segment("version", base.version()) + "/trainings"), body);
    result.repeatability = repeatability::creates;
    return result;
}

/// GET of a page of the account's trainings, the newest first.
inline request list_trainings_request(list_options const& options, page_links const& links)
{
    return page_request("/trainings", options.page, links);
}

/// GET of a training. The path is made of the id: the links of a new training lead to a prediction.
inline request get_training_request(std::string const& id)
{
    return request("GET", "/trainings" + path_segment("id", id));
}

/// POST that cancels a training. Repeating it changes nothing.
inline request cancel_training_request(std::string const& id)
{
    return request("POST", "/trainings" + path_segment("id", id) + "/cancel");
}

} // namespace replicate::core

#endif
