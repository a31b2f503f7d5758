// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_CATALOG_REQUESTS_HPP
#define REPLICATE_CORE_CATALOG_REQUESTS_HPP

#include <replicate/core/resource_path.hpp>
#include <replicate/list_options.hpp>

#include <string>
#include <string_view>

namespace replicate::core {

/// GET of the account that the token belongs to.
inline request get_account_request()
{
    return request("GET", "/account");
}

/// GET of the machines that models can run on. The answer is a list, but not a page; there is only one.
inline request list_hardware_request(list_options const& options, page_links const& links)
{
    return page_request("/hardware", options.page, links);
}

/// GET of a page of collections.
inline request list_collections_request(list_options const& options, page_links const& links)
{
    return page_request("/collections", options.page, links);
}

/// GET of a collection.
inline request get_collection_request(std::string const& slug)
{
    return request("GET", "/collections" + path_segment("slug", slug));
}

/// GET of what webhooks are signed with.
inline request get_webhook_secret_request()
{
    return request("GET", "/webhooks/default/secret");
}

/// GET of what is known about some words.
inline request search_request(std::string const& text, search_options const& options)
{
    if (text.find_first_not_of(" \t\r\n") == std::string::npos)
        detail::throw_invalid_argument("text", "is empty; say what to search for");
    if (options.limit && (*options.limit < 1 || *options.limit > 50))
        detail::throw_invalid_argument("options.limit", "must be from 1 to 50");
    query_text query;
    query.add("query", text);
    if (options.limit)
        query.add("limit", std::to_string(*options.limit));
    return request("GET", "/search" + query.str());
}

} // namespace replicate::core

#endif
