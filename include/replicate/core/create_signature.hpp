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

    /// Whether a version is one of a model's; asked of the service.
    void learn_member(std::string const& version, std::string const& model, bool is_one)
    {
        if (members_.size() >= most)
            members_.clear();
        members_.insert_or_assign(std::make_pair(version, model), is_one);
    }

    /// Whether a version is one of a model's; nothing where that was not asked.
    std::optional<bool> is_member(std::string const& version, std::string const& model) const
    {
        auto const known = members_.find(std::make_pair(version, model));
        return known == members_.end() ? std::nullopt : std::optional<bool>(known->second);
    }

private:
    static constexpr std::size_t most = 1000;

    static std::string key_of(model_ref const& target)
    {
        return (target.kind() == model_ref::form::deployment ? "deployment " : "") + target.str();
    }

    std::map<std::string, std::pair<std::string, std::string>> names_;
    std::map<std::pair<std::string, std::string>, bool> members_;
};

/// A prediction as a list describes it, as far as it tells whose it is.
class listed_prediction {
public:
    std::string id, model, version, deployment, webhook;
    /// The input in canonical form, hashed; empty where the list does not tell it.
    std::string input_hash;
    std::optional<std::chrono::system_clock::time_point> created_at, completed_at, deadline;
    bool made_on_web = false;
    bool data_removed = false;

    /// No prediction.
    listed_prediction() = default;

    /// Reads one, but for its input; without an id where it is none.
    static listed_prediction from_json(json::value const& item)
    {
        listed_prediction read;
        if (json::object const* const object = item.if_object())
            read.read_all_but_input(*object);
        return read;
    }

    /// Reads one.
    static listed_prediction from(json::object const& object)
    {
        listed_prediction read;
        read.read_all_but_input(object);
        read.read_input(object);
        return read;
    }

    /// Reads the input, if it is there.
    void read_input(json::object const& object)
    {
        json::value const* const input = object.if_contains("input");
        if (input != nullptr && input->is_object())
            input_hash = canonical_hash(input->get_object());
    }

    /// Whether it can have come of such a create, leaving the input aside.
    bool may_be_of(create_signature const& create, target_names const& names) const
    {
        return !made_on_web && has_target(create.target, names) && has_webhook(create) && has_deadline(create);
    }

    /// What has to be asked to know whether it can have come of a create by a version, where the service hides the version: whether the
    /// version is one of this model. Nothing where that is known, or need not be.
    std::optional<model_ref> question_about(create_signature const& create, target_names const& names) const
    {
        model_ref const& target = create.target;
        if (version != hidden || target.kind() != model_ref::form::version || names.is_member(target.version(), model))
            return std::nullopt;
        auto asked = model_ref::parse(model + ':' + target.version());
        return asked ? std::optional<model_ref>(std::move(*asked)) : std::nullopt;
    }

private:
    static constexpr std::string_view hidden = "hidden";

    void read_all_but_input(json::object const& object)
    {
        id = detail::text_member(object, "id");
        model = detail::text_member(object, "model");
        version = detail::text_member(object, "version");
        deployment = detail::text_member(object, "deployment");
        webhook = detail::text_member(object, "webhook");
        made_on_web = detail::text_member(object, "source") == "web";
        created_at = parse_rfc3339(detail::text_member(object, "created_at"));
        completed_at = parse_rfc3339(detail::text_member(object, "completed_at"));
        deadline = parse_rfc3339(detail::text_member(object, "deadline"));
        json::value const* const removed = object.if_contains("data_removed");
        data_removed = removed != nullptr && removed->is_bool() && removed->get_bool();
    }

    bool has_target(model_ref const& target, target_names const& names) const
    {
        if (target.kind() == model_ref::form::deployment) {
            std::string const full = target.owner() + '/' + target.name();
            return deployment.empty() ? names.knows(target, model, version) : deployment == target.name() || deployment == full;
        }
        if (!deployment.empty())
            return false;
        return is_named(target) || names.knows(target, model, version)
            || (version == hidden && names.is_member(target.version(), model).value_or(false));
    }

    bool is_named(model_ref const& target) const
    {
        bool const is_model = model == target.owner() + '/' + target.name();
        if (target.kind() == model_ref::form::model)
            return is_model;
        return version == target.version() || (version == hidden && is_model);
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
