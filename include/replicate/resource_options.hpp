// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_RESOURCE_OPTIONS_HPP
#define REPLICATE_RESOURCE_OPTIONS_HPP

#include <replicate/input.hpp>
#include <replicate/webhook_event.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

// What is to be made or changed: the bodies of requests. Each is checked before it is sent; `error` with
// `errc::invalid_argument` then names the member.

namespace replicate {

/// A deployment to be made. All members are needed.
class new_deployment {
public:
    /// Its name within the account.
    std::string name;
    /// The model that it runs: `owner/name`.
    std::string model;
    /// The version of the model: 64 hexadecimal digits.
    std::string version;
    /// The name (SKU) of the hardware; see `hardware()`.
    std::string hardware;
    /// How many instances run at least, 0 to 5. Those that run cost money, also while they have nothing to do.
    int min_instances = 0;
    /// How many instances run at most, 0 to 20, not less than `min_instances`.
    int max_instances = 1;

    /// Nothing yet.
    new_deployment() = default;

    /// A deployment of a version of a model, with 0 to 1 instances.
    new_deployment(std::string deployment_name, std::string model_name, std::string version_id, std::string sku)
        : name(std::move(deployment_name))
        , model(std::move(model_name))
        , version(std::move(version_id))
        , hardware(std::move(sku))
    {
    }
};

/// What is to change of a deployment; what is not set stays as it is. At least one member has to be set.
class deployment_update {
public:
    /// The version of the model: 64 hexadecimal digits.
    std::optional<std::string> version;
    /// The name (SKU) of the hardware.
    std::optional<std::string> hardware;
    /// How many instances run at least, 0 to 5.
    std::optional<int> min_instances;
    /// How many instances run at most, 0 to 20.
    std::optional<int> max_instances;

    /// Nothing changes.
    deployment_update() = default;
};

/// A model to be made; it has no version at first.
class new_model {
public:
    /// The account that it belongs to: the one of the token.
    std::string owner;
    /// Its name within the account.
    std::string name;
    /// The name (SKU) of the hardware that it runs on; see `hardware()`.
    std::string hardware;
    /// `public` or `private`. Default: `private`.
    std::string visibility = "private";
    /// What it does, and where more is to be found; each only if wanted.
    std::optional<std::string> description, github_url, paper_url, license_url, cover_image_url;

    /// Nothing yet.
    new_model() = default;

    /// A private model.
    new_model(std::string owner_name, std::string model_name, std::string sku)
        : owner(std::move(owner_name))
        , name(std::move(model_name))
        , hardware(std::move(sku))
    {
    }
};

/// What is to change of a model; what is not set stays as it is. At least one member has to be set.
class model_update {
public:
    /// What it does, its readme in Markdown, and where more is to be found.
    std::optional<std::string> description, readme, github_url, paper_url, weights_url, license_url;

    /// Nothing changes.
    model_update() = default;
};

/// A training to be started.
class new_training {
public:
    /// The model that takes the new version, `owner/name`: an existing one of the token's account.
    std::string destination;
    /// The arguments of the training.
    replicate::input input;
    /// An https:// URL that the service calls. Default: none.
    std::optional<std::string> webhook;
    /// When it calls it. Default: all of them.
    std::vector<webhook_event> webhook_events_filter;

    /// Nothing yet.
    new_training() = default;

    /// A training without a webhook.
    new_training(std::string destination_model, replicate::input arguments)
        : destination(std::move(destination_model))
        , input(std::move(arguments))
    {
    }
};

} // namespace replicate

#endif
