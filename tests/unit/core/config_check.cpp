// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/account_limits.hpp>
#include <replicate/core/config_check.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

using namespace std::chrono_literals;
using replicate::config;
using replicate::core::api_base;
using replicate::core::check_base_url;
using replicate::core::check_config;
using replicate::core::check_token;

namespace {

config good()
{
    config settings;
    settings.token = "r8_0123456789abcdefghijklmnopqrstuvwxyzABCD";
    return settings;
}

config with_base_url(std::string_view url)
{
    config settings = good();
    settings.base_url = url;
    return settings;
}

// What a check is refused with; empty where it is not.
std::string refusal(std::function<void()> const& check)
{
    try {
        check();
    } catch (replicate::error const& failure) {
        bool const known = failure.code() == replicate::errc::invalid_configuration
            || failure.code() == replicate::errc::missing_token;
        CHECK(known);
        return failure.what();
    }
    return {};
}

std::string refusal_of_change(std::function<void(config&)> const& change)
{
    config settings = good();
    change(settings);
    return refusal([&] { check_config(settings); });
}

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

} // namespace

TEST_CASE("the defaults with a token pass")
{
    api_base const base = check_config(good());
    CHECK(base.origin.secure);
    CHECK(base.origin.host == "api.replicate.com");
    CHECK(base.origin.port == 443);
    CHECK(base.path_prefix == "/v1");
}

TEST_CASE("a missing token is an error that names the variable and where to get a token")
{
    std::string const message = refusal([] { check_config(config()); });
    CHECK(contains(message, "no API token"));
    CHECK(contains(message, "REPLICATE_API_TOKEN"));
    CHECK(contains(message, "https://replicate.com/account/api-tokens"));
    try {
        check_token("");
        FAIL("was accepted");
    } catch (replicate::error const& failure) {
        CHECK(failure.code() == replicate::errc::missing_token);
        CHECK(failure.code() == replicate::condition::authentication);
    }
}

TEST_CASE("a token of any printable letters passes, any other is refused without being shown")
{
    for (int value = 0; value < 256; ++value) {
        std::string const token = std::string("r8_SECRET") + static_cast<char>(value) + "SECRET";
        std::string const message = refusal([&] { check_token(token); });
        CAPTURE(value);
        CHECK(message.empty() == (value > 0x20 && value < 0x7f));
        CHECK_FALSE(contains(message, "SECRET"));
    }
}

TEST_CASE("a token source stands in for the token")
{
    config settings;
    settings.token_source = [] { return std::string("r8_abc"); };
    CHECK(refusal([&] { check_config(settings); }) == "");
}

TEST_CASE("the base URL may have no path, /v1, or a prefix")
{
    constexpr std::pair<std::string_view, std::string_view> rows[] = {
        {"https://api.replicate.com", "/v1"},
        {"https://api.replicate.com/", "/v1"},
        {"https://api.replicate.com/v1", "/v1"},
        {"https://api.replicate.com/v1/", "/v1"},
        {"https://gateway.ai.cloudflare.com/v1/account/gateway/replicate", "/v1/account/gateway/replicate"},
        {"https://gateway.ai.cloudflare.com/v1/account/gateway/replicate//", "/v1/account/gateway/replicate"},
        {"https://proxy.example/a%20b", "/a%20b"},
    };
    for (auto const& [url, prefix] : rows) {
        CAPTURE(url);
        CHECK(check_base_url(with_base_url(url)).path_prefix == prefix);
    }
}

TEST_CASE("a base URL that could give the token away is refused")
{
    for (std::string_view url : {"", "api.replicate.com", "http://api.replicate.com/v1", "ftp://api.replicate.com",
             "https://", "https://user@api.replicate.com", "https://user:password@api.replicate.com",
             "https://api.replicate.com?x=y", "https://api.replicate.com#x",
             "https://api.replicate.com/v1\r\nX-Injected: 1", "https://a%0d%0ab/", "https://api.replicate.com /v1",
             "https://api.replicate.com/v1/../x", "https://api.replicate.com/./v1", "https://api.replicate.com/a//b",
             "https://api.replicate.com/v1%2f..", "https://api.replicate.com/%2e%2e/v1", "https://api.replicate.com/%0d%0aX",
             "https://api.replicate.com/a%5cb", "http://127.0.0.1:8080"}) {
        CAPTURE(url);
        std::string const message = refusal([&] { check_base_url(with_base_url(url)); });
        CHECK(contains(message, "base_url: "));
        CHECK_FALSE(contains(message, "password@"));
    }
}

TEST_CASE("plain http is possible to this machine only, and only where it is allowed")
{
    constexpr std::pair<std::string_view, bool> rows[] = {
        {"http://127.0.0.1:8080/v1", true},
        {"http://localhost", true},
        {"http://[::1]:8080", true},
        {"http://api.replicate.com", false},
        {"http://127.evil.example", false},
        {"http://localhost.evil.example", false},
        {"http://localhost@evil.example", false},
        {"http://10.0.0.1", false},
    };
    for (auto const& [url, passes] : rows) {
        config settings = with_base_url(url);
        CAPTURE(url);
        CHECK(refusal([&] { check_base_url(settings); }) != "");
        settings.allow_insecure = true;
        CHECK((refusal([&] { check_base_url(settings); }) == "") == passes);
    }
}

TEST_CASE("every time limit is above zero and at most a day, and the message names it")
{
    using duration = std::chrono::steady_clock::duration;
    std::pair<char const*, duration& (*)(config&)> const rows[] = {
        {"timeouts.resolve", [](config& settings) -> duration& { return settings.timeouts.resolve; }},
        {"timeouts.connect", [](config& settings) -> duration& { return settings.timeouts.connect; }},
        {"timeouts.connect_stagger", [](config& settings) -> duration& { return settings.timeouts.connect_stagger; }},
        {"timeouts.handshake", [](config& settings) -> duration& { return settings.timeouts.handshake; }},
        {"timeouts.write", [](config& settings) -> duration& { return settings.timeouts.write; }},
        {"timeouts.response", [](config& settings) -> duration& { return settings.timeouts.response; }},
        {"timeouts.read", [](config& settings) -> duration& { return settings.timeouts.read; }},
        {"timeouts.call", [](config& settings) -> duration& { return settings.timeouts.call; }},
        {"timeouts.run", [](config& settings) -> duration& { return settings.timeouts.run; }},
        {"timeouts.remote_cancel", [](config& settings) -> duration& { return settings.timeouts.remote_cancel; }},
        {"reconcile.first_look", [](config& settings) -> duration& { return settings.reconcile.first_look; }},
        {"retry.first_backoff", [](config& settings) -> duration& { return settings.retry.first_backoff; }},
        {"retry.maximum_backoff", [](config& settings) -> duration& { return settings.retry.maximum_backoff; }},
        {"retry.maximum_retry_after", [](config& settings) -> duration& { return settings.retry.maximum_retry_after; }},
    };
    for (auto const& [name, limit] : rows) {
        CAPTURE(name);
        for (duration wrong :
            {duration(0), duration(-1), duration(24h) + duration(1), duration::max(), duration::min()}) {
            std::string const message =
                refusal_of_change([&, &place = limit](config& settings) { place(settings) = wrong; });
            CHECK(contains(message, std::string(name) + ": "));
        }
        for (duration right : {duration(1), duration(24h)})
            CHECK(refusal_of_change([&, &place = limit](config& settings) { place(settings) = right; }) == "");
    }
}

TEST_CASE("bounds that would let nothing through are refused by name")
{
    CHECK(contains(refusal_of_change([](config& settings) { settings.retry.attempts = 0; }), "retry.attempts: "));
    CHECK(contains(refusal_of_change([](config& settings) { settings.reconcile.pages = 0; }), "reconcile.pages: "));
    for (auto const odd : {std::chrono::steady_clock::duration(-1ns), std::chrono::steady_clock::duration(61min)}) {
        CHECK(contains(refusal_of_change([&](config& settings) { settings.reconcile.give_up_after = odd; }), "reconcile.give_up_after: "));
        CHECK(contains(refusal_of_change([&](config& settings) { settings.reconcile.clock_margin = odd; }), "reconcile.clock_margin: "));
    }
    CHECK(contains(refusal_of_change([](config& settings) { settings.pool.connections_per_origin = 0; }),
        "pool.connections_per_origin: "));
    CHECK(contains(refusal_of_change([](config& settings) { settings.scheduler.in_flight = 0; }), "scheduler.in_flight: "));
    CHECK(contains(refusal_of_change([](config& settings) { settings.scheduler.per_model = 0; }), "scheduler.per_model: "));
    CHECK(contains(refusal_of_change([](config& settings) { settings.scheduler.queue_length = 0; }), "scheduler.queue_length: "));
    CHECK(contains(refusal_of_change([](config& settings) { settings.timeouts.queue = -1s; }), "timeouts.queue: "));
    for (double const wrong : {0.0, -1.0, std::nan(""), 1e300}) {
        CHECK(contains(refusal_of_change([&](config& settings) { settings.scheduler.groups["nightly"] = wrong; }),
            "scheduler.groups: the weight of 'nightly' "));
        CHECK(contains(refusal_of_change([&](config& settings) { settings.scheduler.rate.creates_per_minute = wrong; }),
            "scheduler.rate.creates_per_minute: "));
        CHECK(contains(refusal_of_change([&](config& settings) { settings.scheduler.rate.gets_per_minute = wrong; }),
            "scheduler.rate.gets_per_minute: "));
        CHECK(contains(refusal_of_change([&](config& settings) { settings.scheduler.rate.others_per_minute = wrong; }),
            "scheduler.rate.others_per_minute: "));
    }
    CHECK(contains(refusal_of_change([](config& settings) { settings.scheduler.rate.longest_pause = 0s; }),
        "scheduler.rate.longest_pause: "));
    CHECK(contains(refusal_of_change([](config& settings) { settings.scheduler.rate.credit_pause = -1s; }),
        "scheduler.rate.credit_pause: "));
    CHECK(contains(
        refusal_of_change([](config& settings) { settings.limits.header_bytes = 0; }), "limits.header_bytes: "));
    CHECK(contains(refusal_of_change([](config& settings) { settings.limits.body_bytes = 0; }), "limits.body_bytes: "));
}

TEST_CASE("limits of an account that would let nothing through are refused by name")
{
    for (double const wrong : {0.0, -1.0, std::nan("")}) {
        replicate::rate_options rate;
        rate.creates_per_minute = wrong;
        CHECK(contains(refusal([&] { replicate::account_limits const refused(rate); }), "creates_per_minute: "));
    }
    replicate::rate_options rate;
    rate.longest_pause = 0s;
    CHECK(contains(refusal([&] { replicate::account_limits const refused(rate); }), "longest_pause: "));
}

TEST_CASE("a user agent that would end its header is refused")
{
    CHECK(contains(
        refusal_of_change([](config& settings) { settings.user_agent = "a\r\nX-Injected: 1"; }), "user_agent: "));
    CHECK(contains(refusal_of_change([](config& settings) { settings.user_agent = ""; }), "user_agent: "));
    CHECK(refusal_of_change([](config& settings) { settings.user_agent = "mine/1.0 (test)"; }) == "");
}
