// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_CREATE_SIGNATURE_HPP
#define REPLICATE_CORE_CREATE_SIGNATURE_HPP

#include <replicate/core/canonical_json.hpp>
#include <replicate/identifier.hpp>
#include <replicate/prediction.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::core {

/// What a create asks for, as far as a list of predictions shows it.
class create_signature {
public:
    /// What is to be run.
    model_ref target;
    /// The input as it is sent, files included. It must live as long as the create goes on.
    json::object const* values;
    /// The webhook, and when the service is to end the prediction; where that was asked for.
    std::optional<std::string> webhook;
    std::optional<std::chrono::seconds> cancel_after;

    create_signature(model_ref model, json::object const& input)
        : target(std::move(model))
        , values(&input)
    {
    }
};

/// What the service calls what it was asked to run. It may run another version than was asked for (an override), and official models
/// have had other names inside.
class target_names {
public:
    target_names() = default;

    /// A prediction of this target was created, and is described so.
    void learn(model_ref const& target, std::string const& model, std::string const& version)
    {
        if (names_.size() >= most)
            names_.clear(); // it can be learned again
        if (!model.empty() && !version.empty())
            names_.insert_or_assign(key_of(target), std::make_pair(model, version));
    }

    /// Whether a prediction of this target was described so.
    bool knows(model_ref const& target, std::string const& model, std::string const& version) const
    {
        auto const known = names_.find(key_of(target));
        return known != names_.end() && known->second.first == model && known->second.second == version;
    }

private:
    static constexpr std::size_t most = 1000;

    static std::string key_of(model_ref const& target)
    {
        return (target.kind() == model_ref::form::deployment ? "deployment " : "") + target.str();
    }

    std::map<std::string, std::pair<std::string, std::string>> names_;
};

/// A prediction as a list describes it, as far as it tells whose it is.
class listed_prediction {
public:
    std::string id, model, version, deployment, webhook;
    /// The input in canonical form, hashed; empty where the list does not tell it.
    std::string input_hash;
    std::optional<std::chrono::system_clock::time_point> created_at, deadline;
    bool made_on_web = false;
    bool data_removed = false;

    /// No prediction.
    listed_prediction() = default;

    /// Reads one, but for its input; without an id where it is none.
    static listed_prediction from_json(json::value const& item)
    {
        listed_prediction read;
        json::object const* const object = item.if_object();
        if (object == nullptr)
            return read;
        read.id = detail::text_member(*object, "id");
        read.model = detail::text_member(*object, "model");
        read.version = detail::text_member(*object, "version");
        read.deployment = detail::text_member(*object, "deployment");
        read.webhook = detail::text_member(*object, "webhook");
        read.made_on_web = detail::text_member(*object, "source") == "web";
        read.created_at = parse_rfc3339(detail::text_member(*object, "created_at"));
        read.deadline = parse_rfc3339(detail::text_member(*object, "deadline"));
        json::value const* const removed = object->if_contains("data_removed");
        read.data_removed = removed != nullptr && removed->is_bool() && removed->get_bool();
        return read;
    }

    /// Reads the input, if it is there.
    void read_input(json::value const& item)
    {
        json::object const* const object = item.if_object();
        json::value const* const input = object == nullptr ? nullptr : object->if_contains("input");
        if (input != nullptr && input->is_object())
            input_hash = canonical_hash(input->get_object());
    }

    /// Whether it can have come of such a create, leaving the input aside.
    bool may_be_of(create_signature const& create, target_names const& names) const
    {
        return !made_on_web && has_target(create.target, names) && has_webhook(create) && has_deadline(create);
    }

private:
    bool has_target(model_ref const& target, target_names const& names) const
    {
        if (target.kind() == model_ref::form::deployment) {
            std::string const full = target.owner() + '/' + target.name();
            return deployment.empty() ? names.knows(target, model, version) : deployment == target.name() || deployment == full;
        }
        if (!deployment.empty())
            return false;
        bool const is_named = target.kind() == model_ref::form::model ? model == target.str() : version == target.version();
        return is_named || names.knows(target, model, version);
    }

    /// The service does not always tell the webhook; where it does, it tells them apart.
    bool has_webhook(create_signature const& create) const
    {
        return webhook.empty() || (create.webhook && *create.webhook == webhook);
    }

    bool has_deadline(create_signature const& create) const
    {
        if (!deadline || !created_at || !create.cancel_after)
            return true;
        auto const difference = *deadline - *created_at - *create.cancel_after;
        return difference > std::chrono::seconds(-3) && difference < std::chrono::seconds(3);
    }
};

} // namespace replicate::core

#endif
