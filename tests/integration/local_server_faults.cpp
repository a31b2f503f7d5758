// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Everything that the local server can do wrong, seen byte by byte.

#include <replicate/testing/server.hpp>

#include "support/raw_client.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
namespace testing = replicate::testing;
using testing::fault;
using testing::operation;

namespace {

constexpr char const* echo_route = "/v1/models/test/echo/predictions";
constexpr char const* echo_body = R"({"input":{"a":1}})";

raw::answer create(raw::api& api)
{
    return api.call("POST", echo_route, echo_body);
}

std::chrono::steady_clock::duration time_of(auto const& action)
{
    auto const begin = std::chrono::steady_clock::now();
    action();
    return std::chrono::steady_clock::now() - begin;
}

} // namespace

TEST_CASE("a status in place of an answer is sent once, with its body and headers, and nothing is created")
{
    testing::server server;
    raw::api api(server);
    server.next_create().status(503, "<html>busy</html>", {{"content-type", "text/html"}, {"retry-after", "3"}});
    raw::answer const busy = create(api);
    CHECK(busy.status == 503);
    CHECK(busy.body == "<html>busy</html>");
    CHECK(busy.header("content-type") == "text/html");
    CHECK(busy.header("retry-after") == "3");
    CHECK(server.counts().predictions == 0);
    CHECK(create(api).status == 201);
    CHECK(server.counts().predictions == 1);
    CHECK(server.counts().faults == 1);
}

TEST_CASE("a status can hide a create that was carried out")
{
    testing::server server;
    raw::api api(server);
    server.next_create().status(502).carried_out();
    CHECK(create(api).text("detail") == "Bad Gateway");
    CHECK(server.counts().predictions == 1);
}

TEST_CASE("creates that a client has to take for paid are counted, refused ones are not")
{
    testing::server server;
    raw::api api(server);
    server.next_create().status(429);
    server.next_create().status(401);
    server.next_create().status(500);
    for (unsigned const expected : {429U, 401U, 500U, 201U})
        CHECK(create(api).status == expected);
    CHECK(server.counts().create_requests == 4);
    CHECK(server.counts().creates == 2);
    CHECK(server.counts().creates_by_input.at(R"({"a":1})") == 2);
}

TEST_CASE("faults wait in the order in which they were said, each for its own operation")
{
    testing::server server;
    raw::api api(server);
    server.next_get().status(500);
    server.next_create().status(501);
    server.next().status(502);
    server.next_create().times(2).status(503);
    CHECK(create(api).status == 501);
    CHECK(create(api).status == 502);
    CHECK(create(api).status == 503);
    CHECK(create(api).status == 503);
    CHECK(create(api).status == 201);
    CHECK(api.call("GET", "/v1/predictions/x").status == 500);
    CHECK(api.call("GET", "/v1/predictions/x").status == 404);
}

TEST_CASE("standing faults last until they are cleared")
{
    testing::server server;
    raw::api api(server);
    server.every(3, operation::get).status(503);
    std::vector<unsigned> statuses;
    for (int i = 0; i < 6; ++i)
        statuses.push_back(api.call("GET", "/v1/predictions/x").status);
    CHECK(statuses == std::vector<unsigned>{404, 404, 503, 404, 404, 503});
    server.clear_faults();
    server.always(operation::get).status(500);
    server.next_get().status(504);
    CHECK(api.call("GET", "/v1/predictions/x").status == 504);
    CHECK(api.call("GET", "/v1/predictions/x").status == 500);
    CHECK(create(api).status == 201);
    server.clear_faults();
    server.when([](auto const& request) { return request.header("x-fail") == "yes"; }).status(418);
    CHECK(api.call("GET", "/v1/predictions/x").status == 404);
    CHECK(api.call("GET", "/v1/predictions/x", "", "X-Fail: yes\r\n").status == 418);
}

TEST_CASE("random faults repeat with their seed and come as often as was asked")
{
    auto const play = [](std::uint64_t seed, double probability) {
        testing::server server;
        raw::api api(server);
        server.random_faults(seed, probability, {fault().status(500), fault().status(503)}, operation::get);
        std::vector<unsigned> statuses;
        for (int i = 0; i < 200; ++i)
            statuses.push_back(api.call("GET", "/v1/predictions/x").status);
        return statuses;
    };
    std::vector<unsigned> const once = play(7, 0.5);
    CHECK(once == play(7, 0.5));
    CHECK(once != play(8, 0.5));
    for (unsigned const status : {500U, 503U, 404U})
        CHECK(std::count(once.begin(), once.end(), status) > 20);
    CHECK(play(7, 0) == std::vector<unsigned>(200, 404));
}

TEST_CASE("a drop before the request leaves nothing created, a drop after it does unless told otherwise")
{
    testing::server server;
    {
        raw::api api(server);
        server.next_create().drop_before_request();
        CHECK(create(api).status == 0);
        CHECK(server.counts().creates == 0);
    }
    {
        raw::api api(server);
        server.next_create().drop_after_request();
        CHECK(create(api).status == 0);
        CHECK(api.transport().how_it_ended == raw::ending::truncated);
        CHECK(server.counts().creates == 1);
        CHECK(server.counts().predictions == 1);
    }
    raw::api api(server);
    server.next_create().drop_after_request().not_carried_out();
    CHECK(create(api).status == 0);
    CHECK(server.counts().creates == 2);
    CHECK(server.counts().predictions == 1);
    CHECK(server.counts().create_requests == 3);
}

TEST_CASE("a reset is a TCP reset")
{
    testing::server server;
    raw::api api(server);
    server.next_create().reset_after_request();
    CHECK(create(api).status == 0);
    CHECK(api.transport().how_it_ended == raw::ending::reset);
    CHECK(server.counts().predictions == 1);
}

TEST_CASE("a cut answer ends after so many bytes")
{
    testing::server server;
    for (std::size_t const size : {0U, 1U, 17U, 60U, 400U}) {
        CAPTURE(size);
        raw::api api(server);
        server.next_create().cut_answer(size);
        api.send("POST", echo_route, echo_body);
        raw::connection& transport = api.transport();
        while (transport.receive()) {}
        CHECK(transport.received.size() == size);
        CHECK(transport.how_it_ended == raw::ending::truncated);
    }
}

TEST_CASE("raw bytes and garbage stand in for an answer")
{
    testing::server server;
    raw::api api(server);
    server.next_get().raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    raw::answer const answer = api.call("GET", "/v1/predictions/x");
    CHECK(answer.body == "{}");
    raw::api second(server);
    server.next_get().garbage();
    second.send("GET", "/v1/predictions/x");
    while (second.transport().receive()) {}
    CHECK(second.transport().received.find("HTTP/") == std::string::npos);
    CHECK_FALSE(second.transport().received.empty());
}

TEST_CASE("an answer can drip, byte by byte")
{
    testing::server server;
    raw::api api(server);
    server.next_get().drip(1000);
    raw::answer answer;
    auto const time = time_of([&] { answer = api.call("GET", "/v1/predictions/x"); });
    CHECK(answer.status == 404);
    CHECK(answer.complete);
    CHECK(time > 100ms);
}

TEST_CASE("a delay passes before the answer, and a client that goes away meanwhile is noticed")
{
    testing::server server;
    {
        raw::api api(server);
        server.next_get().delay(60ms);
        CHECK(time_of([&] { api.call("GET", "/v1/predictions/x"); }) >= 60ms);
        server.next_get().delay(1h).status(500);
        api.send("GET", "/v1/predictions/x");
        REQUIRE(server.wait_until([](auto const& counts) { return counts.gets == 2; }));
    }
    CHECK(server.wait_until([](auto const& counts) { return counts.live_connections == 0; }));
}

TEST_CASE("a server that never answers has read and carried out the request")
{
    testing::server server;
    {
        raw::api api(server);
        server.next_create().never_answer();
        api.send("POST", echo_route, echo_body);
        CHECK(server.wait_until([](auto const& counts) { return counts.predictions == 1; }));
    }
    CHECK(server.wait_until([](auto const& counts) { return counts.live_connections == 0; }));
}

TEST_CASE("a server that never reads lets the sender wait, and still ends at once")
{
    std::optional<testing::server> server(std::in_place);
    raw::settings settings(*server);
    raw::connection transport(server->port(), 1);
    REQUIRE(transport.handshake(settings));
    server->next_create().never_read();
    transport.send(raw::request_text(*server, "POST", echo_route, echo_body));
    REQUIRE(server->wait_until([](auto const& counts) { return counts.faults == 1; }));
    CHECK(server->counts().creates == 0);
    CHECK(time_of([&] { server.reset(); }) < 2s);
}

TEST_CASE("an answer can be followed by an end that it did not announce")
{
    testing::server server;
    raw::api api(server);
    server.next_get().close_after_answer();
    raw::answer const answer = api.call("GET", "/v1/predictions/x");
    CHECK(answer.complete);
    CHECK(answer.header("connection") == "keep-alive");
    CHECK_FALSE(api.transport().receive());
    CHECK(api.transport().how_it_ended == raw::ending::truncated);
}

TEST_CASE("a connection can be dropped or reset at the accept")
{
    testing::server server;
    raw::settings settings(server);
    server.next_connection().drop_before_request();
    raw::connection dropped(server.port());
    CHECK_FALSE(dropped.handshake(settings));
    server.next_connection().reset_after_request();
    raw::connection reset(server.port());
    CHECK_FALSE(reset.handshake(settings));
    raw::connection good(server.port());
    CHECK(good.handshake(settings));
    CHECK(server.counts().connections == 3);
    CHECK(server.counts().faults == 2);
}

TEST_CASE("a connection can speak without TLS, or not finish the handshake")
{
    testing::server server;
    raw::settings settings(server);
    server.next_connection().raw("HTTP/1.1 400 Bad Request\r\n\r\n");
    raw::connection plain(server.port());
    while (plain.receive()) {}
    CHECK(plain.received == "HTTP/1.1 400 Bad Request\r\n\r\n");
    server.next_connection().stall_handshake();
    raw::connection stalled(server.port(), 1);
    CHECK_FALSE(stalled.handshake(settings));
    CHECK(server.counts().full_handshakes == 0);
}

TEST_CASE("a connection can be left unread after its handshake")
{
    testing::server server;
    raw::settings settings(server);
    server.next_connection().never_read();
    raw::connection unread(server.port(), 1);
    REQUIRE(unread.handshake(settings));
    unread.send(raw::request_text(server, "POST", echo_route, echo_body));
    CHECK(unread.read().status == 0);
    CHECK(unread.how_it_ended == raw::ending::timed_out);
    CHECK(server.counts().requests == 0);
}

TEST_CASE("a connection can be delayed before its handshake")
{
    testing::server server;
    raw::settings settings(server);
    server.next_connection().delay(80ms);
    raw::connection late(server.port());
    CHECK(time_of([&] { CHECK(late.handshake(settings)); }) >= 80ms);
}

TEST_CASE("downloads can fail too")
{
    testing::server server;
    server.next_download().status(403);
    raw::settings settings(server);
    raw::connection delivery(static_cast<std::uint16_t>(std::stoi(server.delivery_url().substr(18))));
    REQUIRE(delivery.handshake(settings));
    delivery.send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(delivery.read().status == 403);
}

TEST_CASE("what is no HTTP is answered with 400 and the end")
{
    testing::server server;
    raw::settings settings(server);
    raw::connection transport(server.port());
    REQUIRE(transport.handshake(settings));
    transport.send("what?\r\n\r\n");
    CHECK(transport.read().status == 400);
    CHECK_FALSE(transport.receive());
}

TEST_CASE("faults may be planned from any thread while requests come")
{
    testing::server server;
    raw::api api(server);
    std::thread planner([&] {
        for (int i = 0; i < 200; ++i)
            server.next_get().status(500);
    });
    for (int i = 0; i < 200; ++i)
        api.call("GET", "/v1/predictions/x");
    planner.join();
    for (int i = 0; i < 200 && server.counts().faults < 200; ++i)
        api.call("GET", "/v1/predictions/x");
    CHECK(server.counts().faults == 200);
}
