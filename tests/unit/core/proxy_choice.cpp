// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/proxy_choice.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using replicate::proxy_config;
using replicate::core::origin;
using replicate::core::parse_absolute_url;
using replicate::core::proxy;
using replicate::core::proxy_choice;

namespace {

proxy_choice of(std::string_view url, std::string_view bypass = "")
{
    proxy_config settings;
    settings.url = url;
    settings.bypass = bypass;
    return proxy_choice(settings);
}

origin target(std::string_view url = "https://api.replicate.com/v1")
{
    return parse_absolute_url(url).value().origin;
}

} // namespace

TEST_CASE("without a proxy every target is reached directly")
{
    CHECK(of("").for_target(target()) == nullptr);
}

TEST_CASE("a proxy is taken with and without its scheme")
{
    for (std::string_view url : {"http://proxy.example:3128", "proxy.example:3128", "http://proxy.example:3128/"}) {
        CAPTURE(url);
        proxy_choice const choice = of(url);
        proxy const* const chosen = choice.for_target(target());
        REQUIRE(chosen != nullptr);
        CHECK(chosen->origin.host == "proxy.example");
        CHECK(chosen->origin.port == 3128);
        CHECK(chosen->authorization == "");
    }
}

TEST_CASE("the tunnel is asked for by host and port, with the credentials for the proxy and no others")
{
    proxy_choice const choice = of("http://us%40er:pass%3aword@proxy.example:3128");
    proxy const* const chosen = choice.for_target(target());
    REQUIRE(chosen != nullptr);
    // base64 of us@er:pass:word
    CHECK(chosen->connect_request(target())
        == "CONNECT api.replicate.com:443 HTTP/1.1\r\nHost: api.replicate.com:443\r\n"
           "Proxy-Authorization: Basic dXNAZXI6cGFzczp3b3Jk\r\n\r\n");
    CHECK(of("http://proxy.example").for_target(target())->connect_request(target("https://[::1]:8443"))
        == "CONNECT [::1]:8443 HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n");
}

TEST_CASE("hosts that are listed, and plain http, do not go through the proxy")
{
    proxy_choice const choice = of("http://proxy.example", "localhost,.internal,10.0.0.1");
    CHECK(choice.for_target(target()) != nullptr);
    CHECK(choice.for_target(target("https://a.internal")) == nullptr);
    CHECK(choice.for_target(target("https://LOCALHOST:8443")) == nullptr);
    CHECK(choice.for_target(target("https://10.0.0.1")) == nullptr);
    CHECK(choice.for_target(target("http://127.0.0.1:8080")) == nullptr);
    CHECK(of("http://proxy.example/", "a.example:8443").for_target(target("https://a.example:8443")) == nullptr);
    CHECK(of("http://proxy.example", "a.example:8443").for_target(target("https://a.example")) != nullptr);
    CHECK(of("http://proxy.example", "*").for_target(target()) == nullptr);
}

TEST_CASE("a proxy that is none is refused, and the message does not show its password")
{
    for (std::string_view url :
        {"https://proxy.example", "socks5://proxy.example:1080", "http://", "http://user:secret@", "proxy example",
            "http://proxy.example:99999", "http://proxy.example/path", "http://proxy.example:1?x", "http://proxy.example#x", "http://user:secret@proxy\r\n.example", "http://user:secret@a%0d%0ab"}) {
        CAPTURE(url);
        try {
            proxy_choice const choice = of(url);
            FAIL("was accepted");
        } catch (replicate::error const& failure) {
            CHECK(failure.code() == replicate::errc::invalid_configuration);
            std::string const message = failure.what();
            CHECK(message.find("proxy.url: ") != std::string::npos);
            CHECK(message.find("secret") == std::string::npos);
        }
    }
}
