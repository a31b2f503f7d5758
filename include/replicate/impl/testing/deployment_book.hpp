// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_DEPLOYMENT_BOOK_HPP
#define REPLICATE_IMPL_TESTING_DEPLOYMENT_BOOK_HPP

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

/// A deployment and its current release.
class deployment_record {
public:
    /// `owner/name`
    std::string name;
    std::int64_t release = 1;
    /// `owner/name`
    std::string model;
    /// Empty: whatever the newest one of the model is.
    std::string version;
    std::string hardware = "cpu";
    std::int64_t least_instances = 0;
    std::int64_t most_instances = 1;
    /// When the deployment was made, and its current release.
    std::chrono::system_clock::time_point created;
    std::chrono::system_clock::time_point released;
    /// When it was last run.
    std::optional<std::chrono::system_clock::time_point> used;

    deployment_record() = default;
};

/// The deployments that there are. Safe from any thread.
class deployment_book {
public:
    /// False where there is one of that name, unless it is to be replaced.
    bool add(deployment_record made, bool replace = false)
    {
        std::lock_guard const lock(mutex_);
        auto const [place, added] = records_.try_emplace(made.name, made);
        if (!added && replace)
            place->second = std::move(made);
        return added || replace;
    }

    std::optional<deployment_record> find(std::string const& name) const
    {
        std::lock_guard const lock(mutex_);
        auto const found = records_.find(name);
        return found == records_.end() ? std::nullopt : std::optional<deployment_record>(found->second);
    }

    /// Changes one; `change` gets it. Empty where there is none.
    template<class Change>
    std::optional<deployment_record> update(std::string const& name, Change const& change)
    {
        std::lock_guard const lock(mutex_);
        auto const found = records_.find(name);
        if (found == records_.end())
            return std::nullopt;
        change(found->second);
        return found->second;
    }

    void erase(std::string const& name)
    {
        std::lock_guard const lock(mutex_);
        records_.erase(name);
    }

    /// All of them, by name.
    std::vector<deployment_record> all() const
    {
        std::lock_guard const lock(mutex_);
        std::vector<deployment_record> found;
        for (auto const& [name, record] : records_)
            found.push_back(record);
        return found;
    }

private:
    mutable std::mutex mutex_;
    std::map<std::string, deployment_record> records_;
};

} // namespace replicate::testing::detail

#endif
