// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_MODEL_HPP
#define REPLICATE_MODEL_HPP

#include <replicate/prediction.hpp>
#include <replicate/resource.hpp>

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace replicate {

/// One version of a model.
class model_version : public resource {
public:
    /// Its identity: 64 hexadecimal digits.
    std::string id;
    /// The version of Cog that built it; empty where it is not known, and odd in places ("0.1.3+shimmed").
    std::string cog_version;
    /// When it was published.
    std::optional<std::chrono::system_clock::time_point> created_at;

    /// No version.
    model_version() = default;

    /// Reads what the service sent; an `error` of `errc::unexpected_document` where it has no id.
    static model_version from_json(json::value document)
    {
        return model_version(checked(std::move(document), "a version", {"id"}));
    }

    /// Reads a part of another document.
    explicit model_version(detail::shared_object document)
        : resource(std::move(document))
        , id(text("id"))
        , cog_version(text("cog_version"))
        , created_at(time("created_at"))
    {
    }

    /// The OpenAPI document that describes its input and output; null where there is none.
    json::value const& openapi_schema() const noexcept { return member("openapi_schema"); }
};

/// A model.
class model : public resource {
public:
    /// The account that it belongs to.
    std::string owner;
    /// Its name within the account.
    std::string name;
    /// Its page, for people.
    std::string url;
    /// What it does.
    std::string description;
    /// `public` or `private`.
    std::string visibility;
    /// Links; each may be empty.
    std::string github_url, paper_url, license_url, weights_url, cover_image_url;
    /// How often it was run.
    std::uint64_t run_count = 0;
    /// True for one that Replicate itself keeps: it runs by its name, without a version.
    bool is_official = false;
    /// When it was created; often unknown.
    std::optional<std::chrono::system_clock::time_point> created_at;
    /// Its newest version; nothing where it has none.
    std::optional<model_version> latest_version;

    /// No model.
    model() = default;

    /// Reads what the service sent; an `error` of `errc::unexpected_document` where it has no owner or no name.
    static model from_json(json::value document)
    {
        return model(checked(std::move(document), "a model", {"owner", "name"}));
    }

    /// Reads a part of another document.
    explicit model(detail::shared_object document)
        : resource(std::move(document))
        , owner(text("owner"))
        , name(text("name"))
        , url(text("url"))
        , description(text("description"))
        , visibility(text("visibility"))
        , github_url(text("github_url"))
        , paper_url(text("paper_url"))
        , license_url(text("license_url"))
        , weights_url(text("weights_url"))
        , cover_image_url(text("cover_image_url"))
        , run_count(detail::count_member(raw(), "run_count"))
        , is_official(detail::flag_member(raw(), "is_official"))
        , created_at(time("created_at"))
    {
        if (detail::shared_object version = part("latest_version"))
            latest_version.emplace(std::move(version));
    }

    /// The reference to it: `owner/name`.
    std::string reference() const { return owner + "/" + name; }

    /// A prediction that shows what it does; nothing where there is none. Made anew by every call.
    std::optional<prediction> default_example() const
    {
        json::object const* const example = member("default_example").if_object();
        if (example == nullptr || detail::text_member(*example, "id").empty())
            return std::nullopt;
        return prediction::from_json(*example);
    }
};

/// The readme of a model.
class model_readme : public answered {
public:
    /// Markdown.
    std::string text;

    /// No readme.
    model_readme() = default;

    /// The body of an answer.
    static model_readme from_body(std::string body, std::string_view)
    {
        model_readme readme;
        readme.text = std::move(body);
        return readme;
    }
};

} // namespace replicate

#endif
