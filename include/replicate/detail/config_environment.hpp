// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_CONFIG_ENVIRONMENT_HPP
#define REPLICATE_DETAIL_CONFIG_ENVIRONMENT_HPP

#include <replicate/config.hpp>
#include <replicate/version.hpp>

#include <cstdlib>
#include <string>

namespace replicate {

namespace detail {

inline std::string first_set(
    std::function<char const*(char const*)> const& lookup, char const* name, char const* other_name)
{
    for (char const* candidate : {name, other_name})
        if (char const* value = lookup(candidate); value != nullptr && *value != '\0')
            return value;
    return {};
}

/// Tokens are pasted with line ends and spaces around them more often than not.
inline std::string trimmed(std::string const& text)
{
    auto const first = text.find_first_not_of(" \t\r\n");
    if (first == std::string::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

} // namespace detail

inline config config::from_environment(std::function<char const*(char const*)> const& lookup)
{
    config result;
    if (char const* token = lookup("REPLICATE_API_TOKEN"))
        result.token = detail::trimmed(token);
    if (char const* base_url = lookup("REPLICATE_BASE_URL"); base_url != nullptr && *base_url != '\0')
        result.base_url = base_url;
    result.proxy.url = detail::first_set(lookup, "HTTPS_PROXY", "https_proxy");
    result.proxy.bypass = detail::first_set(lookup, "NO_PROXY", "no_proxy");
    return result;
}

inline config config::from_environment()
{
    return from_environment([](char const* name) -> char const* { return std::getenv(name); });
}

inline std::string config::default_user_agent()
{
    return "replicate-cpp/" REPLICATE_VERSION_STRING;
}

} // namespace replicate

#endif
