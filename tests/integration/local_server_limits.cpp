// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// The rate limits of the local server and its answers beyond them.

#include <replicate/testing/server.hpp>

#include "support/raw_client.hpp"

#include <doctest/doctest.h>

#include <string>

namespace testing = replicate::testing;

namespace {

raw::answer create(raw::api& api)
{
    return api.call("POST", "/v1/models/test/echo/predictions", R"({"input":{}})");
}

} // namespace

TEST_CASE("without limits no answer speaks of any")
{
    testing::server server;
    raw::api api(server);
    CHECK(create(api).header("ratelimit-remaining").empty());
}

TEST_CASE("the three buckets are counted apart")
{
    testing::server_options options;
    options.rates.creates_per_minute = 600;
    options.rates.gets_per_minute = 60'000;
    options.rates.others_per_minute = 3000;
    testing::server server(options);
    raw::api api(server);
    raw::answer const created = create(api);
    CHECK(created.header("ratelimit-remaining") == "599");
    CHECK(created.header("ratelimit-reset") == "1");
    CHECK(api.call("GET", "/v1/predictions/" + created.text("id")).header("ratelimit-remaining") == "59999");
    CHECK(api.call("GET", "/v1/models/test/echo").header("ratelimit-remaining") == "2999");
    CHECK(api.call("GET", "/v1/nothing").header("ratelimit-remaining").empty());
}

TEST_CASE("beyond the limit a create is refused in the documented words, and not counted as paid")
{
    testing::server_options options;
    options.rates.creates_per_minute = 2;
    testing::server server(options);
    raw::api api(server);
    CHECK(create(api).status == 201);
    CHECK(create(api).status == 201);
    raw::answer const refused = create(api);
    CHECK(refused.status == 429);
    CHECK(refused.body == "{\"detail\":\"Request was throttled. Your rate limit resets in ~30s.\"}\n");
    CHECK(refused.header("retry-after").empty());
    CHECK(refused.header("ratelimit-remaining") == "0");
    CHECK(refused.header("ratelimit-reset") == "60");
    CHECK(server.counts().creates == 2);
    CHECK(server.counts().create_requests == 3);
}

TEST_CASE("with little credit six creates a minute are let through, one by one, and every try counts")
{
    testing::server_options options;
    options.rates.low_credit = true;
    options.rates.text = testing::throttle_text::current;
    options.rates.retry_after_header = true;
    testing::server server(options);
    raw::api api(server);
    CHECK(create(api).status == 201);
    raw::answer const refused = create(api);
    CHECK(refused.status == 429);
    CHECK(refused.header("retry-after") == "10");
    CHECK(refused.json().at("retry_after").as_int64() == 10);
    CHECK(refused.json().at("status").as_int64() == 429);
    CHECK(refused.text("detail").find("reduced to 6 requests per minute with a burst of 1 requests")
        != std::string::npos);
    CHECK(refused.text("detail").ends_with("Your rate limit resets in ~10s."));
}

TEST_CASE("the older words are known too")
{
    testing::server_options options;
    options.rates.creates_per_minute = 60;
    options.rates.create_burst = 1;
    options.rates.text = testing::throttle_text::older;
    testing::server server(options);
    raw::api api(server);
    create(api);
    CHECK(create(api).text("detail") == "Request was throttled. Expected available in 1 second.");
}
