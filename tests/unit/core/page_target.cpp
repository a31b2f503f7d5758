// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/page_target.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>

using replicate::errc;
using replicate::core::api_base;
using replicate::core::page_target;

namespace {

api_base api(std::string_view url = "https://api.replicate.com", std::string prefix = "/v1")
{
    api_base base;
    base.origin = replicate::core::parse_absolute_url(url)->origin;
    base.path_prefix = std::move(prefix);
    return base;
}

bool refused(std::string_view link, api_base const& base)
{
    try {
        page_target(link, "/predictions", base);
    } catch (replicate::error const& refusal) {
        return refusal.code() == errc::invalid_argument;
    }
    return false;
}

} // namespace

TEST_CASE("another page is asked for below the configured base, wherever its link leads within the service")
{
    auto const next = [](std::string_view link, api_base const& configured) {
        return page_target(link, "/predictions", configured);
    };
    api_base const gateway = api("https://gateway.example:8443", "/prefix/v1");
    CHECK(next("https://api.replicate.com/v1/predictions?cursor=cD0y%3D", api()) == "/predictions?cursor=cD0y%3D");
    CHECK(next("http://api.replicate.com/v1/predictions?cursor=a&source=web", api())
        == "/predictions?cursor=a&source=web");
    CHECK(next("https://api.replicate.com/v1/predictions?cursor=a", gateway) == "/predictions?cursor=a");
    CHECK(next("https://gateway.example/prefix/v1/predictions?cursor=a", gateway) == "/predictions?cursor=a");
    CHECK(next("https://gateway.example:8443/prefix/v1/predictions?cursor=a", gateway) == "/predictions?cursor=a");
    CHECK(next("http://gateway.example:8443/v1/predictions?cursor=a", gateway) == "/predictions?cursor=a");
    CHECK(next("https://API.Replicate.com/v1/predictions?cursor=a#fragment", api()) == "/predictions?cursor=a");
    CHECK(next("https://user:word@api.replicate.com/v1/predictions?cursor=a", api()) == "/predictions?cursor=a");
    CHECK(next("https://api.replicate.com/v1/predictions", api()) == "/predictions");
}

TEST_CASE("a link to another host, or to something else, is not followed")
{
    for (std::string_view link :
        {"", "null", "/v1/predictions?cursor=a", "?cursor=a", "cursor", "https://evil.example/v1/predictions?cursor=a",
            "https://api.replicate.com.evil.example/v1/predictions?a", "https://xapi.replicate.com/v1/predictions?a",
            "https://api.replicate.com@evil.example/v1/predictions?a", "//evil.example/v1/predictions?a",
            "ftp://api.replicate.com/v1/predictions?a", "https://api.replicate.com/v1/trainings?cursor=a",
            "https://api.replicate.com/v1/predictions/p1", "https://api.replicate.com/v1/predictions/p1/cancel?a",
            "https://api.replicate.com/", "https://api.replicate.com/v1/xpredictions?a",
            "https://api.replicate.com/prefix/v1/predictions?a",
            "https://api.replicate.com/predictions?a", "https://api.replicate.com/v1/predictions?a b", "https://api.replicate.com/v1/predictions?a\r\nX: y"}) {
        CAPTURE(link);
        CHECK(refused(link, api()));
    }
    CHECK_THROWS_WITH_AS(
        page_target("", "/predictions", api()), doctest::Contains("options.page"), replicate::error const&);
}

TEST_CASE("another port of the configured host is another server")
{
    api_base const local = api("https://127.0.0.1:4000");
    CHECK_FALSE(refused("https://127.0.0.1:4000/v1/predictions?a", local));
    CHECK(refused("https://127.0.0.1:4001/v1/predictions?a", local));
    CHECK(refused("http://127.0.0.1:4001/v1/predictions?a", local));
}

TEST_CASE("a link that is not followed is named")
{
    CHECK_THROWS_WITH_AS(page_target("https://evil.example/v1/models?a", "/models", api()),
        doctest::Contains("https://evil.example/v1/models?a"), replicate::error const&);
}
