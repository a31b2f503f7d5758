// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// The local server under a thousand faults of every kind: what it counts is what its client sent, and it goes on.

#include <replicate/testing/server.hpp>

#include "support/raw_client.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <set>
#include <string>

using namespace std::chrono_literals;
namespace testing = replicate::testing;
using testing::fault;

TEST_CASE("over a thousand faults every create is counted once, and what was answered exists")
{
    testing::server server;
    server.random_faults(11, 0.5,
        {fault().status(500), fault().status(502).carried_out(), fault().status(429), fault().drop_before_request(),
            fault().drop_after_request(), fault().drop_after_request().not_carried_out(), fault().reset_after_request(),
            fault().cut_answer(9), fault().cut_answer(150), fault().garbage(), fault().raw(""), fault().delay(1ms),
            fault().close_after_answer(), fault().drip(100'000)},
        testing::operation::create);
    std::unique_ptr<raw::api> api;
    std::set<std::string> answered;
    for (int i = 0; i < 2000; ++i) {
        if (!api)
            api = std::make_unique<raw::api>(server);
        std::string const body = R"({"input":{"n":)" + std::to_string(i) + "}}";
        raw::answer const answer = api->call("POST", "/v1/models/test/echo/predictions", body);
        if (answer.complete && answer.status == 201)
            answered.insert(answer.text("id"));
        if (!answer.complete)
            api.reset();
    }
    api.reset();
    REQUIRE(server.wait_until([](auto const& counts) { return counts.live_connections == 0; }));
    testing::server_counts const counts = server.counts();
    CHECK(counts.faults > 900);
    CHECK(counts.create_requests <= 2000);
    CHECK(counts.creates <= counts.create_requests);
    CHECK(counts.predictions <= counts.creates);
    CHECK(counts.most_creates_of_one_input() == 1);
    CHECK(counts.creates_by_input.size() == counts.creates);
    CHECK(server.predictions().size() == counts.predictions);
    for (std::string const& id : answered)
        CHECK(server.prediction(id).has_value());
    CHECK(answered.size() > 900);
    server.clear_faults();
    raw::api after(server);
    CHECK(after.call("POST", "/v1/models/test/echo/predictions", R"({"input":{}})").status == 201);
}
