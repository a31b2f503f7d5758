// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_FILE_REQUESTS_HPP
#define REPLICATE_CORE_FILE_REQUESTS_HPP

#include <replicate/core/resource_path.hpp>
#include <replicate/list_options.hpp>

#include <chrono>
#include <string>

namespace replicate::core {

/// GET of a page of uploaded files, the oldest first.
inline request list_files_request(list_options const& options, page_links const& links)
{
    return page_request("/files", options.page, links);
}

/// GET of the description of a file.
inline request get_file_request(std::string const& id)
{
    return request("GET", "/files" + path_segment("id", id));
}

/// DELETE of a file.
inline request delete_file_request(std::string const& id)
{
    return request("DELETE", "/files" + path_segment("id", id));
}

/// GET of the content of a file, with what its owner has signed.
inline request download_file_request(std::string const& id, std::string const& owner,
    std::chrono::system_clock::time_point const& expiry, std::string const& signature)
{
    std::string const path = "/files" + path_segment("id", id) + "/download";
    if (std::string const why = detail::why_not_a_part("owner", owner); !why.empty())
        detail::throw_invalid_argument("owner", detail::quoted(owner) + " cannot be one: " + why);
    if (signature.empty())
        detail::throw_invalid_argument("signature", "is empty; it is base64 of what the owner of the file has signed");
    query_text query;
    query.add("owner", owner);
    query.add("expiry",
        std::to_string(std::chrono::floor<std::chrono::seconds>(expiry).time_since_epoch().count()));
    query.add("signature", signature);
    return request("GET", path + query.str());
}

} // namespace replicate::core

#endif
