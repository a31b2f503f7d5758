// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Recorded exchanges of the real service, served again.

#include <replicate/testing/server.hpp>

#include "support/raw_client.hpp"
#include "support/shared_files.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace testing = replicate::testing;
namespace json = boost::json;

namespace {

json::array exchange(char const* method, char const* uri, unsigned status, char const* body)
{
    return json::array{json::object{{"request", json::object{{"method", method}, {"uri", uri}}},
        {"response",
            json::object{{"status", status}, {"body", body},
                {"headers",
                    json::object{{"Content-Type", "application/json"}, {"Connection", "close"},
                        {"Content-Encoding", "gzip"}, {"CF-RAY", "1-SEA"}}}}}}};
}

} // namespace

TEST_CASE("a recorded exchange is given once, with its status, and with links to this server")
{
    testing::server server;
    raw::api api(server);
    server.replay(exchange("GET", "https://api.replicate.com/v1/predictions/abc", 203,
        R"({"next":"https://api.replicate.com/v1/predictions?cursor=x"})"));
    CHECK(server.replays_left() == 1);
    CHECK(api.call("POST", "/v1/predictions/abc").status == 404);
    raw::answer const answer = api.call("GET", "/v1/predictions/abc");
    CHECK(answer.status == 203);
    CHECK(answer.text("next") == server.base_url() + "/predictions?cursor=x");
    CHECK(answer.header("cf-ray") == "1-SEA");
    CHECK(answer.header("connection") == "keep-alive");
    CHECK(answer.header("content-encoding").empty());
    CHECK(server.replays_left() == 0);
    CHECK(api.call("GET", "/v1/predictions/abc").status == 404);
    CHECK(server.counts().unmatched_replays == 2);
}

TEST_CASE("faults happen to replayed exchanges too")
{
    testing::server server;
    raw::api api(server);
    server.replay(exchange("GET", "https://api.replicate.com/v1/predictions/abc", 200, "{}"));
    server.next_get().status(503);
    CHECK(api.call("GET", "/v1/predictions/abc").status == 503);
    CHECK(api.call("GET", "/v1/predictions/abc").status == 200);
}

TEST_CASE("every recording can be walked through in order")
{
    std::vector<std::string> const names = replicate::tests::list_shared("recordings");
    if (names.empty())
        return;
    for (std::string const& name : names) {
        CAPTURE(name);
        auto const text = replicate::tests::read_shared(name);
        REQUIRE(text.has_value());
        json::parse_options options;
        options.max_depth = 512;
        json::value const recording = json::parse({text->data(), text->size()}, json::storage_ptr(), options);
        testing::server server;
        raw::api api(server);
        json::array const& exchanges = recording.at("exchanges").as_array();
        server.replay(exchanges);
        for (json::value const& each : exchanges) {
            std::string const uri = each.at("request").at("uri").as_string().c_str();
            std::string const target = uri.substr(uri.find("/v1"));
            std::string const body = each.at("request").at("body").as_string().c_str();
            raw::answer const answer = api.call(each.at("request").at("method").as_string().c_str(), target, body);
            CHECK(answer.complete);
            CHECK(answer.status == each.at("response").at("status").to_number<unsigned>());
            std::string expected = each.at("response").at("body").as_string().c_str();
            for (std::size_t at = 0; (at = expected.find("https://api.replicate.com/v1")) != std::string::npos;)
                expected.replace(at, 28, server.base_url());
            CHECK(answer.body == expected);
        }
        CHECK(server.replays_left() == 0);
        CHECK(server.counts().unmatched_replays == 0);
    }
    CHECK(names.size() >= 12);
}
