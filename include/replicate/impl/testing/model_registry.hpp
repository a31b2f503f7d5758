// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_MODEL_REGISTRY_HPP
#define REPLICATE_IMPL_TESTING_MODEL_REGISTRY_HPP

#include <replicate/core/sha256.hpp>
#include <replicate/testing/model.hpp>

#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

/// A version of a model: what can be run.
class model_entry {
public:
    /// `owner/name`
    std::string name;
    /// 64 hexadecimal digits.
    std::string version;
    /// Whether it can be run without a version. The service calls such models official, and hides their versions.
    bool official = true;
    model_function function;
    std::chrono::system_clock::time_point created;
    /// The OpenAPI document of its inputs and outputs, as JSON; empty: one that says nothing of them.
    std::string schema;
    /// The version that it was trained from; empty where it was not.
    std::string trained_from;

    model_entry(std::string full_name, std::string version_id, bool is_official, model_function body)
        : name(std::move(full_name))
        , version(std::move(version_id))
        , official(is_official)
        , function(std::move(body))
    {
    }
};

using model_pointer = std::shared_ptr<model_entry const>;

/// What is known of a model besides what it does.
class model_card {
public:
    /// `owner/name`
    std::string name;
    bool is_public = true;
    bool official = false;
    std::string description;
    std::string readme;
    std::string github_url;
    std::string paper_url;
    std::string weights_url;
    std::string license_url;
    std::string cover_image_url;
    std::string hardware;
    std::vector<std::string> tags;
    /// Inputs that show what it does; the first one is the default example.
    std::vector<boost::json::object> examples;
    std::size_t run_count = 0;
    std::chrono::system_clock::time_point created;
    /// Oldest first.
    std::vector<model_pointer> versions;

    explicit model_card(std::string full_name)
        : name(std::move(full_name))
    {
    }

    std::string owner() const { return name.substr(0, name.find('/')); }
    std::string short_name() const { return name.substr(name.find('/') + 1); }
    model_pointer latest() const { return versions.empty() ? nullptr : versions.back(); }
};

using card_pointer = std::shared_ptr<model_card const>;

/// 64 hexadecimal digits made of a text.
inline std::string digest_text(std::string_view text)
{
    return core::hex(core::sha256(text));
}

/// The models that there are. Safe from any thread: what it hands out never changes; a change replaces it.
class model_registry {
public:
    /// A model with one version, or in place of all versions of the model of that name.
    void add(std::string_view name, model_function function, bool official = true, std::string version = {})
    {
        if (version.empty())
            version = digest_text(name);
        auto entry = std::make_shared<model_entry>(std::string(name), std::move(version), official, std::move(function));
        std::lock_guard const lock(mutex_);
        entry->created = tick();
        auto card = copy_or_make(entry->name);
        card->official = official;
        for (model_pointer const& replaced : card->versions)
            by_version_.erase(replaced->version);
        card->versions = {entry};
        by_version_[entry->version] = entry;
        cards_[entry->name] = std::move(card);
    }

    /// A model without versions; false where there is one of that name.
    bool create(model_card made)
    {
        std::lock_guard const lock(mutex_);
        return cards_.emplace(made.name, std::make_shared<model_card const>(made)).second;
    }

    /// Changes what is known of a model; `change` gets its card. Null where there is none.
    template<class Change>
    card_pointer update(std::string const& name, Change const& change)
    {
        std::lock_guard const lock(mutex_);
        auto const found = cards_.find(name);
        if (found == cards_.end())
            return nullptr;
        auto changed = std::make_shared<model_card>(*found->second);
        change(*changed);
        found->second = changed;
        return changed;
    }

    void erase(std::string const& name)
    {
        std::lock_guard const lock(mutex_);
        auto const found = cards_.find(name);
        if (found == cards_.end())
            return;
        for (model_pointer const& version : found->second->versions)
            by_version_.erase(version->version);
        cards_.erase(found);
    }

    /// The newest version of a model from now on. Nothing where there is no such model.
    void add_version(model_entry made)
    {
        auto entry = std::make_shared<model_entry const>(std::move(made));
        update(entry->name, [&](model_card& card) {
            card.versions.push_back(entry);
            by_version_[entry->version] = entry;
        });
    }

    void remove_version(std::string const& name, std::string const& version)
    {
        update(name, [&](model_card& card) {
            std::erase_if(card.versions, [&](model_pointer const& each) { return each->version == version; });
            by_version_.erase(version);
        });
    }

    /// The schema of a model's newest version.
    void set_schema(std::string const& name, std::string schema)
    {
        update(name, [&](model_card& card) {
            if (card.versions.empty())
                return;
            auto changed = std::make_shared<model_entry>(*card.versions.back());
            changed->schema = std::move(schema);
            card.versions.back() = changed;
            by_version_[changed->version] = changed;
        });
    }

    /// What the training of a model does; `trainer` gives it back, or an empty one.
    void set_trainer(std::string const& name, model_function function)
    {
        std::lock_guard const lock(mutex_);
        trainers_[name] = std::move(function);
    }

    model_function trainer(std::string const& name) const
    {
        std::lock_guard const lock(mutex_);
        auto const found = trainers_.find(name);
        return found == trainers_.end() ? model_function() : found->second;
    }

    /// Null where there is none.
    card_pointer card(std::string const& name) const
    {
        std::lock_guard const lock(mutex_);
        auto const found = cards_.find(name);
        return found == cards_.end() ? nullptr : found->second;
    }

    /// All of them, by name.
    std::vector<card_pointer> cards() const
    {
        std::lock_guard const lock(mutex_);
        std::vector<card_pointer> all;
        for (auto const& [name, card] : cards_)
            all.push_back(card);
        return all;
    }

    /// The newest version of a model.
    model_pointer by_name(std::string const& name) const
    {
        card_pointer const found = card(name);
        return found ? found->latest() : nullptr;
    }

    model_pointer by_version(std::string const& version) const
    {
        std::lock_guard const lock(mutex_);
        auto const found = by_version_.find(version);
        return found == by_version_.end() ? nullptr : found->second;
    }

    /// What the `version` of POST /predictions names: a version id, `owner/name:version`, or an official `owner/name`.
    model_pointer by_reference(std::string const& reference) const
    {
        std::size_t const colon = reference.find(':');
        if (colon != std::string::npos) {
            model_pointer const model = by_version(reference.substr(colon + 1));
            return model && model->name == reference.substr(0, colon) ? model : nullptr;
        }
        if (reference.find('/') == std::string::npos)
            return by_version(reference);
        model_pointer const model = by_name(reference);
        return model && model->official ? model : nullptr;
    }

private:
    // Not the clock's time: what a server knows from the start shall be the same in every run.
    std::chrono::system_clock::time_point tick()
    {
        constexpr auto new_year_2024 = std::chrono::sys_days(std::chrono::year(2024) / 1 / 1);
        return new_year_2024 + std::chrono::hours(6) * ++ticks_;
    }

    std::shared_ptr<model_card> copy_or_make(std::string const& name)
    {
        auto const found = cards_.find(name);
        if (found != cards_.end())
            return std::make_shared<model_card>(*found->second);
        auto made = std::make_shared<model_card>(name);
        made->created = tick();
        return made;
    }

    mutable std::mutex mutex_;
    std::map<std::string, card_pointer> cards_;
    std::unordered_map<std::string, model_pointer> by_version_;
    std::unordered_map<std::string, model_function> trainers_;
    int ticks_ = 0;
};

} // namespace replicate::testing::detail

#endif
