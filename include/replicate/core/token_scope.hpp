// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_TOKEN_SCOPE_HPP
#define REPLICATE_CORE_TOKEN_SCOPE_HPP

#include <replicate/core/url.hpp>

#include <string>
#include <string_view>

namespace replicate::core {

/// True when a host, in lower case as `parse_absolute_url` gives it, is this domain or within it.
constexpr bool is_host_within(std::string_view host, std::string_view domain) noexcept
{
    if (!host.ends_with(domain))
        return false;
    host.remove_suffix(domain.size());
    return host.empty() || (host.size() > 1 && host.back() == '.');
}

/// True when a list, separated by commas, names this very host, alone or with this port. Case does not matter.
inline bool names_host(std::string_view list, origin const& where)
{
    while (!list.empty()) {
        auto const end = list.find(',');
        std::string entry(list.substr(0, end));
        list = end == std::string_view::npos ? std::string_view() : list.substr(end + 1);
        entry.erase(0, entry.find_first_not_of(' '));
        entry.erase(entry.find_last_not_of(' ') + 1);
        for (char& letter : entry)
            letter = lower_case(letter);
        if (!entry.empty() && (entry == where.host || entry == where.host_and_port()))
            return true;
    }
    return false;
}

/// True for the hosts that deliver Replicate's output files: only to them, and only when they have refused a file without it, may
/// the token go besides the API (http-api 5.5). By https alone. `further` is `file_config::delivery_hosts`.
inline bool is_delivery_host(origin const& where, std::string_view further = {})
{
    return where.secure && (is_host_within(where.host, "replicate.delivery") || names_host(further, where));
}

/// True for hosts of the service itself, by https alone: `replicate.com`, `replicate.net`, where streams are, and what is within them
/// (http-api 2.6).
inline bool is_service_host(origin const& where)
{
    return where.secure
        && (is_host_within(where.host, "replicate.com") || is_host_within(where.host, "replicate.net"));
}

} // namespace replicate::core

#endif
