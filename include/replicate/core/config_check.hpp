// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_CONFIG_CHECK_HPP
#define REPLICATE_CORE_CONFIG_CHECK_HPP

#include <replicate/config.hpp>
#include <replicate/core/rate_options_check.hpp>
#include <replicate/core/percent_encoding.hpp>
#include <replicate/core/pinned_key.hpp>
#include <replicate/core/url.hpp>
#include <replicate/error.hpp>
#include <replicate/identifier.hpp>

#include <boost/url/pct_string_view.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

namespace replicate::detail {

[[noreturn]] inline void refuse_config(std::string const& explanation)
{
    throw make_error(errc::invalid_configuration, explanation);
}

inline void check_duration(char const* name, std::chrono::steady_clock::duration value)
{
    if (value <= std::chrono::steady_clock::duration::zero() || value > std::chrono::hours(24))
        refuse_config(std::string(name) + ": must be above zero and at most 24 hours");
}

inline void check_count(char const* name, std::size_t value, std::size_t least)
{
    if (value < least)
        refuse_config(std::string(name) + ": must be at least " + std::to_string(least));
}

/// Refuses a path that could mean another one to a server or proxy on the way.
inline void check_path(std::string_view path)
{
    while (!path.empty()) {
        path.remove_prefix(1);
        std::string_view const segment = path.substr(0, path.find('/'));
        // Somebody on the way may decode it before he takes the path apart. A space does no harm there.
        auto const encoded = boost::urls::make_pct_string_view({segment.data(), segment.size()});
        std::string decoded = encoded ? encoded->decode() : std::string();
        std::replace(decoded.begin(), decoded.end(), ' ', '_');
        if (!core::is_safe_segment(decoded))
            refuse_config("base_url: its path must not hold empty parts, `.`, `..`, or what could be taken for a slash or a line end");
        path.remove_prefix(segment.size());
    }
}

} // namespace replicate::detail

namespace replicate::core {

/// Where the API is.
class api_base {
public:
    /// The only origin that the token is for.
    core::origin origin;
    /// What stands before every path, without a slash at its end: "/v1".
    std::string path_prefix;

    /// Nowhere.
    api_base() = default;
};

/// Checks a token, from the configuration or from `config::token_source`. Never repeats it in a message.
inline void check_token(std::string_view token)
{
    if (token.empty())
        throw detail::make_error(errc::missing_token,
            "set the environment variable REPLICATE_API_TOKEN or config::token; "
            "a token is to be had at https://replicate.com/account/api-tokens");
    for (char letter : token)
        if (letter <= ' ' || letter > '~')
            detail::refuse_config(
                "token: holds a space, a line end or another letter that no token has "
                "(it is not shown here); copy it again from https://replicate.com/account/api-tokens");
}

/// Takes `config::base_url` apart; throws an `error` of `errc::invalid_configuration`.
inline api_base check_base_url(config const& settings)
{
    auto const url = parse_absolute_url(settings.base_url);
    if (!url || !is_safe_header_value(settings.base_url))
        detail::refuse_config("base_url: is not an absolute https URL such as https://api.replicate.com/v1");
    if (!url->user.empty() || !url->password.empty())
        detail::refuse_config("base_url: must not hold a user name or password");
    if (!url->query.empty() || url->has_fragment)
        detail::refuse_config("base_url: must end with the path");
    if (!url->origin.secure && !(settings.allow_insecure && is_loopback_host(url->origin.host)))
        detail::refuse_config("base_url: must be https, because the token goes with every request; "
                              "http is possible to this machine only, with allow_insecure");
    api_base result;
    result.origin = url->origin;
    result.path_prefix = url->path;
    while (!result.path_prefix.empty() && result.path_prefix.back() == '/')
        result.path_prefix.pop_back();
    detail::check_path(result.path_prefix);
    if (result.path_prefix.empty())
        result.path_prefix = "/v1";
    return result;
}

/// Checks how a client is to let its calls go.
inline void check_scheduler(scheduler_config const& settings)
{
    detail::check_count("scheduler.in_flight", settings.in_flight, 1);
    detail::check_count("scheduler.per_model", settings.per_model.value_or(1), 1);
    detail::check_count("scheduler.queue_length", settings.queue_length, 1);
    for (auto const& [name, weight] : settings.groups)
        // Also false for what is not a number.
        if (!(weight >= 0.001 && weight <= 1e6))
            detail::refuse_config("scheduler.groups: the weight of '" + name + "' must be from 0.001 to 1,000,000");
    check_rate_options("scheduler.rate.", settings.rate);
}

/// Refuses pinned keys that could not be compared with any.
inline void check_pinned_keys(config const& settings, api_base const& base)
{
    for (std::string const& pin : settings.tls.pinned_keys)
        if (!read_pinned_key(pin))
            detail::refuse_config("tls.pinned_keys: " + detail::quoted(pin)
                + " is not `sha256/` and the 44 letters of the base64 of a SHA-256; see tls_config::pinned_keys for how to get it");
    if (!settings.tls.pinned_keys.empty() && !base.origin.secure)
        detail::refuse_config("tls.pinned_keys: base_url is not https, so that no key would be checked");
}

/// Checks all of a configuration but its TLS certificates and proxy, which are checked where they are read; throws an
/// `error` of `errc::invalid_configuration` that names the member, or of `errc::missing_token`.
inline api_base check_config(config const& settings)
{
    if (!settings.token_source)
        check_token(settings.token);
    if (!is_safe_header_value(settings.user_agent) || settings.user_agent.empty())
        detail::refuse_config("user_agent: must be printable text");
    detail::check_duration("timeouts.resolve", settings.timeouts.resolve);
    detail::check_duration("timeouts.connect", settings.timeouts.connect);
    detail::check_duration("timeouts.connect_stagger", settings.timeouts.connect_stagger);
    detail::check_duration("timeouts.handshake", settings.timeouts.handshake);
    detail::check_duration("timeouts.write", settings.timeouts.write);
    detail::check_duration("timeouts.response", settings.timeouts.response);
    detail::check_duration("timeouts.read", settings.timeouts.read);
    detail::check_duration("timeouts.queue", settings.timeouts.queue);
    detail::check_duration("timeouts.call", settings.timeouts.call);
    detail::check_duration("timeouts.run", settings.timeouts.run);
    detail::check_duration("timeouts.remote_cancel", settings.timeouts.remote_cancel);
    detail::check_duration("pool.idle_timeout", settings.pool.idle_timeout);
    detail::check_duration("pool.maximum_age", settings.pool.maximum_age);
    if (std::string const problem = detail::problem_of(settings.retry); !problem.empty())
        detail::refuse_config(problem);
    detail::check_duration("reconcile.first_look", settings.reconcile.first_look);
    detail::check_count("reconcile.pages", settings.reconcile.pages, 1);
    if (settings.reconcile.give_up_after < settings.reconcile.give_up_after.zero()
        || settings.reconcile.give_up_after > std::chrono::hours(1))
        detail::refuse_config("reconcile.give_up_after: must be from zero to an hour");
    if (settings.reconcile.clock_margin < settings.reconcile.clock_margin.zero()
        || settings.reconcile.clock_margin > std::chrono::hours(1))
        detail::refuse_config("reconcile.clock_margin: must be from zero to an hour");
    if (settings.log.level < log_level::error || settings.log.level > log_level::trace)
        detail::refuse_config("log.level: must be one of the words of log_level");
    detail::check_count("pool.connections_per_origin", settings.pool.connections_per_origin, 1);
    check_scheduler(settings.scheduler);
    detail::check_count("limits.header_bytes", settings.limits.header_bytes, 1024);
    detail::check_count("limits.body_bytes", settings.limits.body_bytes, 1024);
    detail::check_count("limits.download_bytes", settings.limits.download_bytes, 1024);
    detail::check_count("files.parallel_uploads", settings.files.parallel_uploads, 1);
    detail::check_count("files.parallel_downloads", settings.files.parallel_downloads, 1);
    if (settings.files.expiry_margin < settings.files.expiry_margin.zero())
        detail::refuse_config("files.expiry_margin: must not be negative");
    api_base const base = check_base_url(settings);
    check_pinned_keys(settings, base);
    return base;
}

} // namespace replicate::core

#endif
