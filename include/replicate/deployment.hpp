// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DEPLOYMENT_HPP
#define REPLICATE_DEPLOYMENT_HPP

#include <replicate/catalog.hpp>
#include <replicate/identifier.hpp>
#include <replicate/resource.hpp>

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace replicate {

/// What a deployment runs, and how; each change of it is a release.
class deployment_release : public resource {
public:
    /// Its number, from 1.
    std::uint64_t number = 0;
    /// The model: `owner/name`.
    std::string model;
    /// The version of the model.
    std::string version;
    /// The name (SKU) of the hardware.
    std::string hardware;
    /// How many instances run at least and at most.
    std::uint64_t min_instances = 0, max_instances = 0;
    /// When it was made.
    std::optional<std::chrono::system_clock::time_point> created_at;
    /// Who made it.
    std::optional<account> created_by;

    /// No release.
    deployment_release() = default;

    /// Reads a part of another document.
    explicit deployment_release(detail::shared_object document)
        : resource(std::move(document))
        , number(detail::count_member(raw(), "number"))
        , model(text("model"))
        , version(text("version"))
        , created_at(time("created_at"))
    {
        if (detail::shared_object const configuration = part("configuration")) {
            hardware = detail::text_member(*configuration, "hardware");
            min_instances = detail::count_member(*configuration, "min_instances");
            max_instances = detail::count_member(*configuration, "max_instances");
        }
        if (detail::shared_object creator = part("created_by"))
            created_by.emplace(std::move(creator));
    }
};

/// A deployment, as the service describes it. (`replicate::deployment` is the reference to one.)
class deployment_info : public resource {
public:
    /// The account that it belongs to.
    std::string owner;
    /// Its name within the account.
    std::string name;
    /// What it runs now; nothing where the service does not say.
    std::optional<deployment_release> current_release;

    /// No deployment.
    deployment_info() = default;

    /// Reads what the service sent; an `error` of `errc::unexpected_document` where it has no owner or no name.
    static deployment_info from_json(json::value document)
    {
        return deployment_info(checked(std::move(document), "a deployment", {"owner", "name"}));
    }

    /// Reads a part of another document.
    explicit deployment_info(detail::shared_object document)
        : resource(std::move(document))
        , owner(text("owner"))
        , name(text("name"))
    {
        if (detail::shared_object release = part("current_release"))
            current_release.emplace(std::move(release));
    }

    /// The reference to it, as the target of a prediction. An `error` of `errc::invalid_argument` where the service gave names
    /// that no path can hold.
    deployment reference() const { return deployment(owner, name); }
};

} // namespace replicate

#endif
