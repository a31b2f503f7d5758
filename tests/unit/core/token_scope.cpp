// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/token_scope.hpp>

#include <doctest/doctest.h>

#include <string_view>

using namespace replicate::core;

namespace {

bool delivers(std::string_view url, std::string_view further = {})
{
    auto const parsed = parse_absolute_url(url);
    return parsed && is_delivery_host(parsed->origin, further);
}

} // namespace

TEST_CASE("output files are delivered by replicate.delivery and what ends in .replicate.delivery")
{
    CHECK(delivers("https://replicate.delivery/pbxt/x/out.png"));
    CHECK(delivers("https://pbxt.replicate.delivery/x/out.png"));
    CHECK(delivers("https://a.b.replicate.delivery/x"));
    CHECK(delivers("https://REPLICATE.Delivery/x"));
}

TEST_CASE("hosts that only look like it are none")
{
    for (std::string_view url : {"http://replicate.delivery/x", "https://replicate.delivery.evil.example/x",
             "https://evilreplicate.delivery/x", "https://evil-replicate.delivery/x", "https://.replicate.delivery/x",
             "https://replicate.delivery./x", "https://replicate.delivery@evil.example/x",
             "https://user:replicate.delivery@evil.example/", "https://evil.example/replicate.delivery",
             "https://evil.example?replicate.delivery", "https://evil.example#.replicate.delivery",
             "https://replicate.com/x", "https://delivery/x", "https://127.0.0.1/x", "https://[::1]/x",
             "https://replicate%2edelivery.evil.example/", "https://replicate.delivery%00.evil.example/",
             "https://replicate.delivery\\.evil.example/", "ftp://replicate.delivery/", "//replicate.delivery/x"})
        CHECK_MESSAGE(!delivers(url), url);
}

TEST_CASE("a configuration may name further delivery hosts, exactly and by https alone")
{
    CHECK(delivers("https://127.0.0.1:8443/x", "127.0.0.1:8443"));
    CHECK(delivers("https://files.example/x", " other.example , Files.Example"));
    CHECK(delivers("https://files.example:444/x", "files.example"));
    CHECK(delivers("https://[::1]:444/x", "[::1]:444"));
    CHECK_FALSE(delivers("https://127.0.0.1:8444/x", "127.0.0.1:8443"));
    CHECK_FALSE(delivers("http://files.example/x", "files.example"));
    CHECK_FALSE(delivers("https://a.files.example/x", "files.example"));
    CHECK_FALSE(delivers("https://files.example/x", ""));
    CHECK_FALSE(delivers("https://files.example/x", ",,*,.example"));
}

TEST_CASE("the service's own hosts are replicate.com, replicate.net, and what is within them")
{
    auto const is_own = [](std::string_view url) { return is_service_host(parse_absolute_url(url)->origin); };
    CHECK(is_own("https://replicate.com/"));
    CHECK(is_own("https://stream.replicate.com/v1/"));
    CHECK(is_own("https://streaming-api.svc.us.c.replicate.net/v1/streams/x"));
    CHECK_FALSE(is_own("https://evilreplicate.net/"));
    CHECK_FALSE(is_own("http://stream.replicate.com/"));
    CHECK_FALSE(is_own("https://notreplicate.com/"));
    CHECK_FALSE(is_own("https://replicate.com.evil.example/"));
}
