// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_PAGE_TARGET_HPP
#define REPLICATE_CORE_PAGE_TARGET_HPP

#include <replicate/core/config_check.hpp>
#include <replicate/core/page_links.hpp>
#include <replicate/core/url.hpp>
#include <replicate/error.hpp>
#include <replicate/identifier.hpp>

#include <string>
#include <string_view>

namespace replicate::core {

/// The path and query of another page of a list. Links of the service are absolute and name its own host, also when they
/// come through a gateway, and `http` now and then; only their query is used, below the configured base, so that the token
/// goes nowhere else.
inline std::string page_target(std::string_view link, std::string_view list_path, api_base const& base)
{
    auto const url = parse_absolute_url(link);
    // A gateway may leave its port out of its links.
    bool const usual_port = url && url->origin.port == (url->origin.secure ? 443 : 80);
    bool const own_host =
        url && url->origin.host == base.origin.host && (usual_port || url->origin.port == base.origin.port);
    bool const known_host = own_host || (url && url->origin.host == "api.replicate.com");
    std::string const list(list_path);
    bool const same_list = url && (url->path == base.path_prefix + list || url->path == "/v1" + list);
    if (!known_host || !same_list)
        detail::throw_invalid_argument(
            "options.page", detail::quoted(link) + " is not the next or previous page of the list at " + list);
    return list + (url->query.empty() ? "" : '?' + url->query);
}

/// Links to the pages of the API at a base URL, which must outlive it.
class api_links final : public page_links {
public:
    explicit api_links(api_base const& base)
        : base_(base)
    {
    }

    std::string target(std::string_view list_path, std::string_view link) const override
    {
        return page_target(link, list_path, base_);
    }

private:
    api_base const& base_;
};

} // namespace replicate::core

#endif
