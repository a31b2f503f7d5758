// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CATALOG_HPP
#define REPLICATE_CATALOG_HPP

#include <replicate/model.hpp>
#include <replicate/resource.hpp>

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate {

/// An account: a user or an organization.
class account : public resource {
public:
    /// `user` or `organization`.
    std::string type;
    /// Its name in references.
    std::string username;
    /// Its name for people.
    std::string name;
    /// Links; each may be empty.
    std::string github_url, avatar_url;

    /// No account.
    account() = default;

    /// Reads what the service sent; an `error` of `errc::unexpected_document` where it has no user name.
    static account from_json(json::value document)
    {
        return account(checked(std::move(document), "an account", {"username"}));
    }

    /// Reads a part of another document.
    explicit account(detail::shared_object document)
        : resource(std::move(document))
        , type(text("type"))
        , username(text("username"))
        , name(text("name"))
        , github_url(text("github_url"))
        , avatar_url(text("avatar_url"))
    {
    }

    /// True for an organization.
    bool is_organization() const noexcept { return type == "organization"; }
};

/// A collection of models.
class collection : public resource {
public:
    /// Its name in URLs.
    std::string slug;
    /// Its name for people.
    std::string name;
    /// What is in it, in one sentence.
    std::string description;
    /// What is in it, in Markdown; only where one collection was asked for, and often empty.
    std::string full_description;
    /// Its models; only where one collection was asked for.
    std::vector<model> models;
    /// Some of its models as `owner/name`; only in search results.
    std::vector<std::string> model_names;

    /// No collection.
    collection() = default;

    /// Reads what the service sent; an `error` of `errc::unexpected_document` where it has no slug.
    static collection from_json(json::value document)
    {
        return collection(checked(std::move(document), "a collection", {"slug"}));
    }

    /// Reads a part of another document.
    explicit collection(detail::shared_object document)
        : resource(std::move(document))
        , slug(text("slug"))
        , name(text("name"))
        , description(text("description"))
        , full_description(text("full_description"))
        , model_names(detail::texts_member(raw(), "models"))
    {
        for (detail::shared_object& entry : parts("models"))
            models.emplace_back(std::move(entry));
    }
};

/// A kind of machine that models run on.
class hardware : public resource {
public:
    /// Its name in requests, such as `gpu-l40s`. They come and go: take them from the service.
    std::string sku;
    /// Its name for people.
    std::string name;

    /// No hardware.
    hardware() = default;

    /// Reads one; an `error` of `errc::unexpected_document` where it has no SKU.
    static hardware from_json(json::value document)
    {
        return hardware(checked(std::move(document), "hardware", {"sku"}));
    }

    /// Reads a part of another document.
    explicit hardware(detail::shared_object document)
        : resource(std::move(document))
        , sku(text("sku"))
        , name(text("name"))
    {
    }
};

/// A file that was uploaded to the service, to be used as input.
class uploaded_file : public resource {
public:
    /// Its identity; opaque.
    std::string id;
    /// Its name; may be empty.
    std::string name;
    /// Its media type.
    std::string content_type;
    /// Its length in bytes.
    std::uint64_t size = 0;
    /// Its check sums, in hexadecimal digits; `md5` and `etag` are often empty.
    std::string sha256, md5, etag;
    /// When it was uploaded, and when the service will delete it.
    std::optional<std::chrono::system_clock::time_point> created_at, expires_at;
    /// What stands for it in an input. (GET gives its description, not its bytes.)
    std::string url;

    /// No file.
    uploaded_file() = default;

    /// Reads what the service sent; an `error` of `errc::unexpected_document` where it has no id.
    static uploaded_file from_json(json::value document)
    {
        return uploaded_file(checked(std::move(document), "a file", {"id"}));
    }

    /// Reads a part of another document.
    explicit uploaded_file(detail::shared_object document)
        : resource(std::move(document))
        , id(text("id"))
        , name(text("name"))
        , content_type(text("content_type"))
        , size(detail::count_member(raw(), "size"))
        , etag(text("etag"))
        , created_at(time("created_at"))
        , expires_at(time("expires_at"))
    {
        if (detail::shared_object const checksums = part("checksums")) {
            sha256 = detail::text_member(*checksums, "sha256");
            md5 = detail::text_member(*checksums, "md5");
        }
        if (detail::shared_object const urls = part("urls"))
            url = detail::text_member(*urls, "get");
    }

    /// What the uploader said about it: an object, or null.
    json::value const& metadata() const noexcept { return member("metadata"); }
};

/// The content of an uploaded file.
class file_content : public answered {
public:
    /// The bytes.
    std::string bytes;
    /// The media type that the service gave it; may be empty.
    std::string content_type;

    /// Nothing.
    file_content() = default;

    /// The body of an answer.
    static file_content from_body(std::string body, std::string_view media_type)
    {
        file_content content;
        content.bytes = std::move(body);
        content.content_type = media_type;
        return content;
    }
};

/// The secret that the webhooks of the account are signed with.
class webhook_secret : public resource {
public:
    /// `whsec_` and base64; for `webhook::verify`. Keep it as the token is kept.
    std::string key;

    /// No secret.
    webhook_secret() = default;

    /// Reads what the service sent; an `error` of `errc::unexpected_document` where it has no key.
    static webhook_secret from_json(json::value document)
    {
        return webhook_secret(checked(std::move(document), "a webhook secret", {"key"}));
    }

    /// Reads a part of another document.
    explicit webhook_secret(detail::shared_object document)
        : resource(std::move(document))
        , key(text("key"))
    {
    }
};

} // namespace replicate

#endif
