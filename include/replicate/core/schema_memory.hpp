// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_SCHEMA_MEMORY_HPP
#define REPLICATE_CORE_SCHEMA_MEMORY_HPP

#include <boost/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace replicate::core {

/// The schema of one version, as the service told it.
class found_schema {
public:
    /// The model: `owner/name`.
    std::string model;
    /// The id of the version.
    std::string version;
    /// Its `openapi_schema`; never null but in a schema that was not found.
    std::shared_ptr<boost::json::value const> document;

    /// None.
    found_schema() = default;
};

/// Remembers the schemas that were used last. A version never changes, so its schema is remembered until there are too many; which
/// version is the latest of a model, or what a deployment runs, is remembered for some minutes.
class schema_memory {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// Remembers so many schemas.
    explicit schema_memory(std::size_t capacity = 64)
        : capacity_(capacity)
    {
    }

    /// The schema of a version by its id.
    std::optional<found_schema> of_version(std::string const& version)
    {
        for (auto place = entries_.begin(); place != entries_.end(); ++place)
            if (place->schema.version == version)
                return use(place);
        return std::nullopt;
    }

    /// The schema that a name stood for when it was remembered, some minutes ago at most.
    std::optional<found_schema> of_name(std::string const& name, time_point now)
    {
        for (auto place = entries_.begin(); place != entries_.end(); ++place)
            if (place->name == name && place->until > now)
                return use(place);
        return std::nullopt;
    }

    /// Remembers a schema; `name` is what it was asked for by, or empty where that was the version.
    void remember(std::string name, found_schema found, time_point now)
    {
        for (entry& each : entries_)
            if (!name.empty() && each.name == name)
                each.name.clear();
        entries_.emplace_front(std::move(name), std::move(found), now + lifetime);
        if (entries_.size() > capacity_)
            entries_.pop_back();
    }

private:
    static constexpr std::chrono::minutes lifetime{5};

    struct entry {
        entry(std::string asked_for, found_schema found, time_point end)
            : name(std::move(asked_for))
            , schema(std::move(found))
            , until(end)
        {
        }

        std::string name;
        found_schema schema;
        time_point until;
    };

    /// Makes it the one that was used last.
    found_schema use(std::list<entry>::iterator place)
    {
        entries_.splice(entries_.begin(), entries_, place);
        return entries_.front().schema;
    }

    std::size_t capacity_;
    // Few enough to be looked through.
    std::list<entry> entries_;
};

} // namespace replicate::core

#endif
