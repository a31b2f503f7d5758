// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/url.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

using replicate::core::absolute_url;
using replicate::core::is_listed_host;
using replicate::core::is_loopback_host;
using replicate::core::origin;
using replicate::core::parse_absolute_url;

TEST_CASE("an absolute URL is taken apart")
{
    std::optional<absolute_url> const url =
        parse_absolute_url("https://us%65r:pa%3ass@API.Example.com:8443/a%20b/c?d=e&f#g");
    REQUIRE(url);
    CHECK(url->origin.secure);
    CHECK(url->origin.host == "api.example.com");
    CHECK(url->origin.port == 8443);
    CHECK(url->path == "/a%20b/c");
    CHECK(url->query == "d=e&f");
    CHECK(url->user == "user");
    CHECK(url->password == "pa:ss");
    CHECK(url->has_fragment);
    CHECK(url->target() == "/a%20b/c?d=e&f");
}

TEST_CASE("a URL without port, path and query has the usual ones")
{
    std::optional<absolute_url> const https = parse_absolute_url("https://replicate.com");
    REQUIRE(https);
    CHECK(https->origin.port == 443);
    CHECK(https->path == "");
    CHECK(https->target() == "/");
    CHECK_FALSE(https->has_fragment);
    std::optional<absolute_url> const http = parse_absolute_url("HTTP://replicate.com?a");
    REQUIRE(http);
    CHECK_FALSE(http->origin.secure);
    CHECK(http->origin.port == 80);
    CHECK(http->target() == "/?a");
}

TEST_CASE("the first and the last port are ports")
{
    CHECK(parse_absolute_url("https://a.example:1/")->origin.port == 1);
    CHECK(parse_absolute_url("https://a.example:65535/")->origin.port == 65535);
    CHECK(parse_absolute_url("https://a.example:0443/")->origin.port == 443);
}

TEST_CASE("an origin is written with brackets and port where they are needed")
{
    CHECK(parse_absolute_url("https://a.example/")->origin.authority() == "a.example");
    CHECK(parse_absolute_url("https://a.example:443/")->origin.authority() == "a.example");
    CHECK(parse_absolute_url("https://a.example:80/")->origin.authority() == "a.example:80");
    CHECK(parse_absolute_url("http://a.example:80/")->origin.authority() == "a.example");
    CHECK(parse_absolute_url("https://[::1]:8443/")->origin.host == "::1");
    CHECK(parse_absolute_url("https://[::1]:8443/")->origin.authority() == "[::1]:8443");
    CHECK(parse_absolute_url("https://[::1]/")->origin.host_and_port() == "[::1]:443");
    CHECK(parse_absolute_url("https://10.0.0.1/")->origin.host_and_port() == "10.0.0.1:443");
}

TEST_CASE("origins are the same when scheme, host and port are")
{
    auto const of = [](std::string_view text) { return parse_absolute_url(text)->origin; };
    CHECK(of("https://a.example/x") == of("https://A.EXAMPLE:443/y?z"));
    CHECK_FALSE(of("https://a.example") == of("http://a.example:443"));
    CHECK_FALSE(of("https://a.example") == of("https://b.example"));
    CHECK_FALSE(of("https://a.example") == of("https://a.example:444"));
    CHECK((of("https://a.example") < of("https://b.example")) != (of("https://b.example") < of("https://a.example")));
}

TEST_CASE("what is not an absolute http or https URL is refused")
{
    for (std::string_view text : {"", "replicate.com", "//replicate.com/", "/v1", "ftp://replicate.com/",
             "file:///etc/passwd", "https:", "https:/x", "https://", "https:///x", "https://:443/", "https://user@/",
             "https://a:b/", "https://a:0/", "https://a:65536/", "https://a:65537/", "https://a:99999/",
             "https://a:999999/", "https://a:4294967739/", "https://a:/", "https://a:+1/", "https://a b/",
             "https://a/b c", "https://a/\r\n", "https://a\\b/", " https://a/", "https://a/ ", "https://a/%zz",
             "https://[::1/", "https://[v1.a]/", "data:text/plain,x", "javascript:alert(1)", "https://a/\xc3\xbc"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_absolute_url(text));
    }
}

TEST_CASE("a host that hides other bytes behind percent signs is refused")
{
    for (std::string_view text : {"https://a%0d%0aX-Injected/", "https://a%0d%0a:443/", "https://a%00b/",
             "https://a%2fb/", "https://a%40b/", "https://a%20b/", "https://a%3a80/", "https://%5b::1%5d/",
             "https://a%23b/", "https://a%c3%bc/", "https://%3a%3a1/"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_absolute_url(text));
    }
}

TEST_CASE("only this machine counts as loopback")
{
    for (std::string_view host : {"localhost", "127.0.0.1", "127.1.2.3", "::1"})
        CHECK(is_loopback_host(host));
    for (std::string_view host :
        {"", "127", "127.evil.example", "127.0.0.1.example", "128.0.0.1", "0.0.0.0", "::", "10.0.0.1", "127.", "127.1",
            "127.0.0.1.2", "127.0.0.256", "127.0.0.", "127...", "localhost.example", "notlocalhost", "1127.0.0.1"}) {
        CAPTURE(host);
        CHECK_FALSE(is_loopback_host(host));
    }
}

TEST_CASE("a list of hosts names itself, what ends in it after a dot, and with a star all")
{
    CHECK(is_listed_host("localhost,.internal, 10.0.0.1", "localhost"));
    CHECK(is_listed_host("localhost,.internal, 10.0.0.1", "a.internal"));
    CHECK(is_listed_host("localhost,.internal, 10.0.0.1", "a.b.internal"));
    CHECK(is_listed_host("localhost,.internal, 10.0.0.1", "internal"));
    CHECK(is_listed_host("localhost,.internal, 10.0.0.1", "10.0.0.1"));
    CHECK(is_listed_host("replicate.com", "api.replicate.com"));
    CHECK(is_listed_host("x,*", "api.replicate.com"));
    CHECK(is_listed_host("x, replicate.com ,y", "api.replicate.com"));
    CHECK_FALSE(is_listed_host("", "api.replicate.com"));
    CHECK_FALSE(is_listed_host(",, ,", "api.replicate.com"));
    CHECK_FALSE(is_listed_host(",., ,", "api.replicate.com."));
    CHECK_FALSE(is_listed_host("replicate.com", "notreplicate.com"));
    CHECK_FALSE(is_listed_host("replicate.com", "replicate.com.evil.example"));
    CHECK_FALSE(is_listed_host("api.replicate.com", "replicate.com"));
    CHECK_FALSE(is_listed_host("eplicate.com", "replicate.com"));
}

TEST_CASE("a list of hosts knows stars before a domain, and ports")
{
    CHECK(is_listed_host("*.internal", "a.internal"));
    CHECK(is_listed_host("*.internal", "internal"));
    CHECK_FALSE(is_listed_host("*.internal", "notinternal"));
    CHECK_FALSE(is_listed_host("*.", "internal"));
    CHECK(is_listed_host("x,a.internal:8443", "a.internal", 8443));
    CHECK(is_listed_host(".internal:8443", "a.internal", 8443));
    CHECK_FALSE(is_listed_host("a.internal:8443", "a.internal", 443));
    CHECK_FALSE(is_listed_host("a.internal:", "a.internal", 443));
    CHECK_FALSE(is_listed_host("a.internal:x", "a.internal", 443));
    CHECK(is_listed_host("a.internal:443", "a.internal"));
    CHECK(is_listed_host("::1", "::1", 8443));
    CHECK(is_listed_host("[::1]", "::1", 8443));
    CHECK(is_listed_host("[::1]:8443", "::1", 8443));
    CHECK_FALSE(is_listed_host("[::1]:8443", "::1", 443));
    for (std::string_view odd : {"[", "[]", "[]:", "]", ":", "::", ":443", "*:443x"})
        CHECK_FALSE(is_listed_host(odd, "a.internal"));
    CHECK(is_listed_host("*:443", "a.internal"));
}

TEST_CASE("a list of hosts is read whatever the case of its letters")
{
    CHECK(is_listed_host("API.Replicate.COM", "api.replicate.com"));
    CHECK(is_listed_host(".Internal", "a.internal"));
}

TEST_CASE("a host name that begins like an address is not taken for the address")
{
    for (std::string_view url : {"http://127.0.0.1.evil.example", "http://127.0.0.1.evil.example/v1",
             "https://127.0.0.1x/", "https://10.0.0.1.nip.io:8443/v1", "https://user@1.2.3.4-x/"}) {
        CAPTURE(url);
        auto const parsed = parse_absolute_url(url);
        if (parsed)
            CHECK(url.find(parsed->origin.host + "/") != std::string_view::npos);
    }
    CHECK(parse_absolute_url("https://127.0.0.1/v1")->origin.host == "127.0.0.1");
    CHECK(parse_absolute_url("https://127.0.0.1:8443")->origin.host == "127.0.0.1");
    CHECK(parse_absolute_url("https://127.0.0.1?x=1")->origin.host == "127.0.0.1");
}
