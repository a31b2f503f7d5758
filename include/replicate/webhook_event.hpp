// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_WEBHOOK_EVENT_HPP
#define REPLICATE_WEBHOOK_EVENT_HPP

#include <replicate/error.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace replicate {

/// When the service calls a webhook (http-api 6.1).
enum class webhook_event {
    /// Once, when the prediction starts.
    start,
    /// At new output; at most every 500 ms.
    output,
    /// At new logs; at most every 500 ms.
    logs,
    /// Once, when it has ended.
    completed
};

/// The service's word for an event.
constexpr std::string_view to_string(webhook_event event) noexcept
{
    switch (event) {
    case webhook_event::start: return "start";
    case webhook_event::output: return "output";
    case webhook_event::logs: return "logs";
    case webhook_event::completed: return "completed";
    }
    return "";
}

namespace detail {

/// True for `https://HOST...`, and for `http` to this machine, which a test may want; without spaces and controls.
inline bool is_webhook_url(std::string_view url) noexcept
{
    for (char letter : url)
        if (static_cast<unsigned char>(letter) <= ' ' || letter == 0x7f)
            return false;
    bool const secure = url.starts_with("https://");
    if (!secure && !url.starts_with("http://"))
        return false;
    url.remove_prefix(secure ? 8 : 7);
    std::string_view const authority = url.substr(0, url.find_first_of("/?#"));
    std::string_view const host = authority.substr(0, authority.rfind(':'));
    bool const has_host = !host.empty() && authority.find('@') == std::string_view::npos;
    return has_host && (secure || authority == "[::1]" || host == "[::1]" || host == "127.0.0.1" || host == "localhost");
}

/// Refuses a webhook that the service could not call: an empty one makes the prediction fail there.
inline void check_webhook(std::optional<std::string> const& url, std::vector<webhook_event> const& events)
{
    if (url && !is_webhook_url(*url))
        throw_invalid_argument("webhook", "must be an https:// URL; leave it unset for none");
    if (!url && !events.empty())
        throw_invalid_argument("webhook_events_filter", "says when to call a webhook, but there is no webhook");
    for (webhook_event event : events)
        if (to_string(event).empty())
            throw_invalid_argument("webhook_events_filter", "holds a value that is no event");
}

} // namespace detail

} // namespace replicate

#endif
