// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_MODEL_REGISTRY_HPP
#define REPLICATE_IMPL_TESTING_MODEL_REGISTRY_HPP

#include <replicate/testing/model.hpp>

#include <openssl/evp.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace replicate::testing::detail {

/// A model that can be run.
class model_entry {
public:
    /// `owner/name`
    std::string name;
    /// 64 hexadecimal digits.
    std::string version;
    /// Whether it can be run without a version. The service calls such models official, and hides their versions.
    bool official = true;
    model_function function;

    model_entry(std::string full_name, std::string version_id, bool is_official, model_function body)
        : name(std::move(full_name))
        , version(std::move(version_id))
        , official(is_official)
        , function(std::move(body))
    {
    }
};

using model_pointer = std::shared_ptr<model_entry const>;

/// 64 hexadecimal digits made of a text.
inline std::string digest_text(std::string_view text)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
    std::string digits;
    for (unsigned int i = 0; i < size; ++i) {
        digits += "0123456789abcdef"[digest[i] >> 4];
        digits += "0123456789abcdef"[digest[i] & 15];
    }
    return digits;
}

/// The models and deployments that there are. Safe from any thread.
class model_registry {
public:
    void add(std::string_view name, model_function function, bool official = true, std::string version = {})
    {
        if (version.empty())
            version = digest_text(name);
        auto const entry =
            std::make_shared<model_entry const>(std::string(name), version, official, std::move(function));
        std::lock_guard const lock(mutex_);
        by_name_[entry->name] = entry;
        by_version_[version] = entry;
    }

    void add_deployment(std::string_view name, std::string_view model_name)
    {
        std::lock_guard const lock(mutex_);
        deployments_[std::string(name)] = std::string(model_name);
    }

    model_pointer by_name(std::string const& name) const
    {
        std::lock_guard const lock(mutex_);
        auto const found = by_name_.find(name);
        return found == by_name_.end() ? nullptr : found->second;
    }

    model_pointer by_version(std::string const& version) const
    {
        std::lock_guard const lock(mutex_);
        auto const found = by_version_.find(version);
        return found == by_version_.end() ? nullptr : found->second;
    }

    model_pointer by_deployment(std::string const& name) const
    {
        std::lock_guard const lock(mutex_);
        auto const found = deployments_.find(name);
        if (found == deployments_.end())
            return nullptr;
        auto const model = by_name_.find(found->second);
        return model == by_name_.end() ? nullptr : model->second;
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
    mutable std::mutex mutex_;
    std::unordered_map<std::string, model_pointer> by_name_;
    std::unordered_map<std::string, model_pointer> by_version_;
    std::unordered_map<std::string, std::string> deployments_;
};

} // namespace replicate::testing::detail

#endif
