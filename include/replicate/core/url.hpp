// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_URL_HPP
#define REPLICATE_CORE_URL_HPP

#include <boost/url/ipv4_address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>

namespace replicate::core {

/// Where a connection leads to: what two requests must have in common to share one, or the token.
class origin {
public:
    /// True for https.
    bool secure = true;
    /// Host name in lower case, or an address without brackets.
    std::string host;
    /// Port.
    std::uint16_t port = 443;

    /// Nowhere.
    origin() = default;

    /// The host as it stands in a Host header or a CONNECT: brackets around an IPv6 address, the port where it is not the
    /// scheme's own.
    std::string authority() const
    {
        std::string const name = bracketed_host();
        bool const usual = port == (secure ? 443 : 80);
        return usual ? name : name + ':' + std::to_string(port);
    }

    /// The host and always the port, as CONNECT wants it.
    std::string host_and_port() const { return bracketed_host() + ':' + std::to_string(port); }

    /// Same scheme, host and port.
    friend bool operator==(origin const& left, origin const& right) noexcept = default;

    /// Any order, for maps.
    friend bool operator<(origin const& left, origin const& right) noexcept
    {
        return std::tie(left.secure, left.host, left.port) < std::tie(right.secure, right.host, right.port);
    }

private:
    std::string bracketed_host() const { return host.find(':') == std::string::npos ? host : '[' + host + ']'; }
};

/// An absolute http or https URL, taken apart.
class absolute_url {
public:
    /// Scheme, host, port.
    core::origin origin;
    /// Path, still percent-encoded; may be empty.
    std::string path;
    /// Query without its question mark, still percent-encoded.
    std::string query;
    /// User name and password, decoded; empty where there are none.
    std::string user, password;
    /// True when the URL has a fragment.
    bool has_fragment = false;

    /// Nothing.
    absolute_url() = default;

    /// Path and query, as a request line wants them.
    std::string target() const
    {
        std::string result = path.empty() ? "/" : path;
        return query.empty() ? result : result + '?' + query;
    }
};

/// A letter of ASCII as its small one, whatever the locale.
constexpr char lower_case(char letter) noexcept
{
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

/// True for what may be the name or the address of a host. A URL can hold more in its place, percent-encoded, up to line
/// ends that would end a header.
inline bool is_host(std::string_view host) noexcept
{
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-._:";
    return !host.empty() && host.find_first_not_of(letters) == std::string_view::npos;
}

/// A port, 1 to 65535. (The parser's own `port_number()` wraps what is greater, in Boost 1.81.)
inline std::optional<std::uint16_t> parse_port(std::string_view text) noexcept
{
    std::uint16_t port = 0;
    auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (code != std::errc() || end != text.data() + text.size() || port == 0)
        return std::nullopt;
    return port;
}

/// Takes an absolute http or https URL apart; nothing where it is not one.
inline std::optional<absolute_url> parse_absolute_url(std::string_view text)
{
    auto const parsed = boost::urls::parse_uri(text);
    if (!parsed)
        return std::nullopt;
    boost::urls::url_view const url = *parsed;
    bool const secure = url.scheme_id() == boost::urls::scheme::https;
    if ((!secure && url.scheme_id() != boost::urls::scheme::http) || !url.has_authority())
        return std::nullopt;
    absolute_url result;
    result.origin.secure = secure;
    std::optional<std::uint16_t> const port = url.has_port() ? parse_port({url.port().data(), url.port().size()})
                                                             : static_cast<std::uint16_t>(secure ? 443 : 80);
    if (!port)
        return std::nullopt;
    result.origin.port = *port;
    result.origin.host = url.host_address();
    for (char& letter : result.origin.host)
        letter = lower_case(letter);
    bool const has_colon = result.origin.host.find(':') != std::string::npos;
    if (!is_host(result.origin.host) || has_colon != (url.host_type() == boost::urls::host_type::ipv6)
        || url.host_type() == boost::urls::host_type::ipvfuture)
        return std::nullopt;
    result.path.assign(url.encoded_path().data(), url.encoded_path().size());
    // Boost 1.81 takes the host of "https://127.0.0.1.evil.example" for 127.0.0.1, and the rest for a path.
    if (!result.path.empty() && result.path.front() != '/')
        return std::nullopt;
    result.query.assign(url.encoded_query().data(), url.encoded_query().size());
    result.user = url.user();
    result.password = url.password();
    result.has_fragment = url.has_fragment();
    return result;
}

/// True for a host that is this machine: 127.0.0.0/8, ::1, localhost.
inline bool is_loopback_host(std::string_view host) noexcept
{
    if (host == "localhost" || host == "::1")
        return true;
    // Names such as 127.evil.example or 127.0.0.1.2 must not pass: whoever answers for them says where they lead.
    auto const address = boost::urls::parse_ipv4_address(boost::urls::string_view(host.data(), host.size()));
    return address && address->is_loopback();
}

/// True when a host, in lower case, is this name, or ends in it after a dot.
inline bool is_within_domain(std::string_view host, std::string_view domain) noexcept
{
    if (host.size() < domain.size())
        return false;
    std::size_t const start = host.size() - domain.size();
    for (std::size_t i = 0; i < domain.size(); ++i)
        if (host[start + i] != lower_case(domain[i]))
            return false;
    return start == 0 || host[start - 1] == '.';
}

/// True when an entry of a list of hosts names this host: see `is_listed_host`.
inline bool is_host_of_entry(std::string_view entry, std::string_view host, std::uint16_t port) noexcept
{
    bool const is_bracketed = entry.substr(0, 1) == "[" && entry.find(']') != std::string_view::npos;
    auto const colon = is_bracketed ? entry.find(':', entry.find(']')) : entry.find(':');
    // An address of IPv6 without brackets has no port.
    bool const has_port = colon != std::string_view::npos && (is_bracketed || entry.find(':', colon + 1) == std::string_view::npos);
    if (has_port && parse_port(entry.substr(colon + 1)) != port)
        return false;
    if (has_port)
        entry = entry.substr(0, colon);
    if (is_bracketed)
        entry = entry.substr(1, entry.find(']') - 1);
    if (entry == "*")
        return true;
    if (entry.substr(0, 2) == "*.")
        entry.remove_prefix(1);
    while (!entry.empty() && entry.front() == '.')
        entry.remove_prefix(1);
    return !entry.empty() && is_within_domain(host, entry);
}

/// True when a list of hosts separated by commas, as in NO_PROXY, names this host (in lower case): itself, a parent domain
/// (with or without a leading dot or `*.`), or `*`. An entry with a port, `host:8443`, names that port of it alone.
inline bool is_listed_host(std::string_view list, std::string_view host, std::uint16_t port = 443) noexcept
{
    while (!list.empty()) {
        auto const end = list.find(',');
        std::string_view entry = list.substr(0, end);
        list = end == std::string_view::npos ? std::string_view() : list.substr(end + 1);
        while (!entry.empty() && entry.front() == ' ')
            entry.remove_prefix(1);
        while (!entry.empty() && entry.back() == ' ')
            entry.remove_suffix(1);
        if (is_host_of_entry(entry, host, port))
            return true;
    }
    return false;
}

} // namespace replicate::core

#endif
