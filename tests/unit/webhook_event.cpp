// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/run_options.hpp>
#include <replicate/webhook_event.hpp>

#include <doctest/doctest.h>

#include <string>

using replicate::errc;
using replicate::webhook_event;

namespace {

bool is_refused(std::optional<std::string> const& url, std::vector<webhook_event> const& events = {})
{
    replicate::run_options options;
    options.webhook = url;
    options.webhook_events_filter = events;
    try {
        replicate::detail::check(options);
    } catch (replicate::error const& refused) {
        return refused.code() == errc::invalid_argument
            && std::string(refused.what()).find("webhook") != std::string::npos;
    }
    return false;
}

} // namespace

TEST_CASE("a webhook is an https URL")
{
    for (char const* url : {"https://me.example", "https://me.example:8443/hook?a=b#c", "https://[2001:db8::1]/hook",
             "http://127.0.0.1:4000/hook", "http://localhost:4000", "http://[::1]:4000/hook", "http://[::1]/"}) {
        CAPTURE(url);
        CHECK_FALSE(is_refused(url));
    }
    for (char const* url : {"", " ", "me.example", "http://me.example/hook", "ftp://me.example", "https://", "https:///hook",
             "https://?a", "https://me.example/a b", "https://me.example/\r\nX: y", "/hook", "https:me.example",
             "http://127.0.0.1.evil.example/", "http://localhost@evil.example/", "http://localhost:80@evil.example/"}) {
        CAPTURE(url);
        CHECK(is_refused(url));
    }
}

TEST_CASE("events without a webhook, and what is no event, are refused")
{
    CHECK_FALSE(is_refused(std::nullopt));
    CHECK(is_refused(std::nullopt, {webhook_event::completed}));
    CHECK_FALSE(is_refused("https://me.example", {webhook_event::completed, webhook_event::start}));
    CHECK(is_refused("https://me.example", {static_cast<webhook_event>(77)}));
}
