// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include "support/local_client.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::errc;
using replicate::http_request;
using replicate::testing::fault;

} // namespace

TEST_CASE("requests of one's own share the client's connections, and get everything that was answered")
{
    local_client local;
    local.get(local.client.account().async_get());
    http_request request("GET", local.server.base_url() + "/account?x=1");
    request.with_token = true;
    request.headers.emplace_back("X-Mine", "yes");
    request.headers.emplace_back("Accept", "application/json");
    auto const response = local.get(local.client.http().async_send(request));
    CHECK(response.status == 200);
    CHECK(response.body.find("username") != std::string::npos);
    CHECK(response.headers.size() >= 3);
    CHECK_FALSE(response.header("content-length").empty());
    CHECK(response.meta().status == 200);
    auto const seen = local.server.last_request();
    REQUIRE(seen.has_value());
    CHECK(seen->header("x-mine") == "yes");
    CHECK(seen->header("accept") == "application/json");
    CHECK(local.server.counts().connections == 1);
}

TEST_CASE("a refusal is an answer too")
{
    local_client local;
    auto const response = local.get(local.client.http().async_get(local.server.base_url() + "/nothing/here"));
    CHECK((response.status == 401 || response.status == 404));
    CHECK(response.body.find("detail") != std::string::npos);
}

TEST_CASE("the token is shown when that is said, and only to the host of the API")
{
    local_client local;
    local.get(local.client.http().async_get(local.server.base_url() + "/account"));
    CHECK(local.server.last_request()->header("authorization").empty());
    for (std::string const& url : {local.server.delivery_url() + "/x", std::string("https://example.com/x"),
             std::string("https://127.0.0.1.example.com/v1")}) {
        http_request request("GET", url);
        request.with_token = true;
        auto const refused = local.failure_of(local.client.http().async_send(request));
        REQUIRE(refused.has_value());
        CHECK(refused->code() == errc::invalid_argument);
    }
}

TEST_CASE("what may change something is sent once, unless the caller allows more")
{
    for (auto const allowed : {http_request::repetition::by_method, http_request::repetition::allowed}) {
        local_client local;
        local.server.next().times(1).use(fault().drop_after_request());
        http_request request("POST", local.server.base_url() + "/account");
        request.repeat = allowed;
        auto const failed = local.failure_of(local.client.http().async_send(request));
        bool const once = allowed == http_request::repetition::by_method;
        CHECK(failed.has_value() == once);
        CHECK(local.server.counts().requests == (once ? 1u : 2u));
        if (failed)
            CHECK(failed->code() == condition::outcome_unknown);
    }
}

TEST_CASE("a request that cannot be sent as it is, is refused")
{
    local_client local;
    http_request request("GET", local.server.base_url() + "/account");
    SUBCASE("method") { request.method = "TRACE"; }
    SUBCASE("no URL") { request.url = ""; }
    SUBCASE("a path") { request.url = "/account"; }
    SUBCASE("in the clear") { request.url = "http://example.com/"; }
    SUBCASE("a password") { request.url = "https://user:password@example.com/"; }
    SUBCASE("a header of the client's own") { request.headers.emplace_back("Content-Length", "3"); }
    SUBCASE("a header that ends the header") { request.headers.emplace_back("X-A", "a\r\nX-B: b"); }
    SUBCASE("a name that is none") { request.headers.emplace_back("X A", "a"); }
    SUBCASE("a type that ends the header") { request.content_type = "a\r\nb"; }
    auto const refused = local.failure_of(local.client.http().async_send(request));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == errc::invalid_argument);
    CHECK(local.server.counts().requests == 0);
}
