// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_MODEL_REQUESTS_HPP
#define REPLICATE_CORE_MODEL_REQUESTS_HPP

#include <replicate/core/resource_path.hpp>
#include <replicate/list_options.hpp>
#include <replicate/resource_options.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::core {

/// `/models/owner/name` and what follows.
inline std::string model_path(std::string const& owner, std::string const& name, std::string_view rest = {})
{
    return "/models" + owner_and_name(owner, name) + std::string(rest);
}

/// Adds a text to a body where it is given.
inline void add_text(json::object& body, std::string_view name, std::optional<std::string> const& text)
{
    if (text)
        body[json::string_view(name.data(), name.size())] = json::string(*text);
}

/// GET of a page of the public models.
inline request list_models_request(model_list_options const& options, page_links const& links)
{
    query_text query;
    if (options.sort_by)
        query.add("sort_by",
            *options.sort_by == model_order::model_created_at ? "model_created_at" : "latest_version_created_at");
    if (options.direction)
        query.add("sort_direction", *options.direction == sort_direction::ascending ? "asc" : "desc");
    return page_request("/models", options.page, links, query);
}

/// POST of a new model. A second one of the same name would be refused, and hide that the first one was made.
inline request create_model_request(new_model const& what)
{
    owner_and_name(what.owner, what.name);
    if (what.hardware.empty())
        detail::throw_invalid_argument("hardware", "is empty, but needed");
    if (what.visibility != "public" && what.visibility != "private")
        detail::throw_invalid_argument("visibility", detail::quoted(what.visibility) + " is neither public nor private");
    json::object body;
    body["owner"] = json::string(what.owner);
    body["name"] = json::string(what.name);
    body["visibility"] = json::string(what.visibility);
    body["hardware"] = json::string(what.hardware);
    add_text(body, "description", what.description);
    add_text(body, "github_url", what.github_url);
    add_text(body, "paper_url", what.paper_url);
    add_text(body, "license_url", what.license_url);
    add_text(body, "cover_image_url", what.cover_image_url);
    request result = json_request("POST", "/models", body);
    result.repeatability = repeatability::creates;
    return result;
}

/// QUERY of models by words. The words are the body, as they are: no JSON.
inline request query_models_request(std::string const& text, list_options const& options, page_links const& links)
{
    if (text.find_first_not_of(" \t\r\n") == std::string::npos)
        detail::throw_invalid_argument("text", "is empty; say what to search for");
    request result("QUERY", options.page.empty() ? "/models" : links.target("/models", options.page));
    result.content_type = "text/plain";
    result.body = text;
    return result;
}

/// GET of a model.
inline request show_model_request(std::string const& owner, std::string const& name)
{
    return request("GET", model_path(owner, name));
}

/// PATCH of a model. Repeating it changes nothing.
inline request update_model_request(std::string const& owner, std::string const& name, model_update const& what)
{
    std::string target = model_path(owner, name);
    json::object body;
    add_text(body, "description", what.description);
    add_text(body, "readme", what.readme);
    add_text(body, "github_url", what.github_url);
    add_text(body, "paper_url", what.paper_url);
    add_text(body, "weights_url", what.weights_url);
    add_text(body, "license_url", what.license_url);
    if (body.empty())
        detail::throw_invalid_argument("model_update", "changes nothing; set at least one member");
    return json_request("PATCH", std::move(target), body);
}

/// DELETE of a model.
inline request delete_model_request(std::string const& owner, std::string const& name)
{
    return request("DELETE", model_path(owner, name));
}

/// GET of a page of the predictions that show what a model does.
inline request list_examples_request(
    std::string const& owner, std::string const& name, list_options const& options, page_links const& links)
{
    return page_request(model_path(owner, name, "/examples"), options.page, links);
}

/// GET of the readme of a model.
inline request get_readme_request(std::string const& owner, std::string const& name)
{
    return request("GET", model_path(owner, name, "/readme"));
}

/// GET of a page of the versions of a model, the newest first.
inline request list_versions_request(
    std::string const& owner, std::string const& name, list_options const& options, page_links const& links)
{
    return page_request(model_path(owner, name, "/versions"), options.page, links);
}

/// GET of a version of a model.
inline request get_version_request(std::string const& owner, std::string const& name, std::string const& id)
{
    return request("GET", model_path(owner, name, "/versions" + path_segment("version", id)));
}

/// DELETE of a version of a model.
inline request delete_version_request(std::string const& owner, std::string const& name, std::string const& id)
{
    return request("DELETE", model_path(owner, name, "/versions" + path_segment("version", id)));
}

} // namespace replicate::core

#endif
