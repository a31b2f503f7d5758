// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_VERSION_MEMORY_HPP
#define REPLICATE_CORE_VERSION_MEMORY_HPP

#include <replicate/core/output_kind.hpp>
#include <replicate/identifier.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

namespace replicate::core {

/// Remembers for some minutes which version stands for a model that cannot be run by its name, so that each run does not
/// have to be refused first.
class version_memory {
public:
    /// Points of time.
    using time_point = std::chrono::steady_clock::time_point;

    /// Nothing remembered.
    version_memory() = default;

    /// Remembers the latest version of a model. Precondition: `version` may follow a colon in a reference.
    void remember(model_ref const& model, std::string const& version, time_point now = std::chrono::steady_clock::now())
    {
        versions_.insert_or_assign(model.str(), entry(model_ref(model.str() + ':' + version), now + lifetime));
    }

    /// Forgets the version of a model.
    void forget(model_ref const& model) { versions_.erase(model.str()); }

    /// The reference to run a model by: with its version where that is remembered, otherwise as it is.
    model_ref resolve(model_ref const& model, time_point now = std::chrono::steady_clock::now()) const
    {
        auto const known = versions_.find(model.str());
        bool const usable = model.kind() == model_ref::form::model && known != versions_.end() && known->second.until > now;
        return usable ? known->second.target : model;
    }

    /// Remembers what the output of a version is; a version never changes.
    void remember_output(std::string const& version, output_kind kind)
    {
        if (outputs_.size() >= most_outputs)
            outputs_.clear(); // it can be looked up again
        outputs_.insert_or_assign(version, kind);
    }

    /// What the output of a version is; `unknown` where that is not known.
    output_kind output_of(std::string const& version) const
    {
        auto const known = outputs_.find(version);
        return known == outputs_.end() ? output_kind::unknown : known->second;
    }

private:
    static constexpr std::chrono::minutes lifetime{5};
    static constexpr std::size_t most_outputs = 10'000;

    struct entry {
        entry(model_ref with_version, time_point end)
            : target(std::move(with_version))
            , until(end)
        {
        }

        model_ref target;
        time_point until;
    };

    std::map<std::string, entry> versions_;
    std::map<std::string, output_kind> outputs_;
};

} // namespace replicate::core

#endif
