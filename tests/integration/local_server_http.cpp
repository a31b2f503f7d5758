// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// How the local server speaks HTTP/1.1, and how it begins and ends.

#include <replicate/testing/server.hpp>

#include "support/raw_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
namespace testing = replicate::testing;

namespace {

constexpr char const* echo_route = "/v1/models/test/echo/predictions";

std::size_t open_descriptors()
{
    auto const folder = std::filesystem::directory_iterator("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(folder), end(folder)));
}

} // namespace

TEST_CASE("requests follow each other on one connection, and may be sent ahead")
{
    testing::server server;
    raw::api api(server);
    std::string const one = raw::request_text(server, "GET", "/v1/models/test/echo");
    api.transport().send(one + one + one);
    for (int i = 0; i < 3; ++i)
        CHECK(api.transport().read().status == 200);
    CHECK(server.counts().connections == 1);
    CHECK(server.last_request()->number_on_connection == 3);
}

TEST_CASE("a request may come byte by byte, in chunks, and with a large body")
{
    testing::server server;
    raw::api api(server);
    for (char const letter : raw::request_text(server, "GET", "/v1/models/test/echo"))
        api.transport().send(std::string(1, letter));
    CHECK(api.transport().read().status == 200);

    api.send("POST", echo_route, "", "Transfer-Encoding: chunked\r\n");
    api.transport().send("5\r\n{\"inp\r\n");
    api.transport().send("a\r\nut\":{\"a\":1\r\n2\r\n}}\r\n0\r\n\r\n");
    CHECK(api.transport().read().status == 201);
    CHECK(server.last_request()->body == R"({"input":{"a":1}})");

    std::string const large(3'000'000, 'x');
    raw::answer const created = api.call("POST", echo_route, R"({"input":{"text":")" + large + "\"}}");
    CHECK(created.status == 201);
    CHECK(api.poll(created.text("id")).json().at("output").at("text").as_string().size() == large.size());
}

TEST_CASE("a client that expects to be told to continue is told")
{
    testing::server server;
    raw::api api(server);
    std::string const body = R"({"input":{}})";
    api.send("POST", echo_route, "", "Expect: 100-continue\r\nContent-Length: 12\r\n");
    while (api.transport().received.empty())
        REQUIRE(api.transport().receive());
    CHECK(api.transport().received == "HTTP/1.1 100 Continue\r\n\r\n");
    api.transport().send(body);
    CHECK(api.transport().read().status == 201);
}

TEST_CASE("a client that asks for the end of the connection gets it, with TLS's farewell")
{
    testing::server server;
    raw::api api(server);
    raw::answer const answer = api.call("GET", "/v1/models/test/echo", "", "Connection: close\r\n");
    CHECK(answer.complete);
    CHECK(answer.header("connection") == "close");
    CHECK_FALSE(api.transport().receive());
    CHECK(api.transport().how_it_ended == raw::ending::closed);
}

TEST_CASE("answers can be chunked, or end with their connection")
{
    testing::server_options options;
    options.framing = testing::answer_framing::chunked;
    {
        testing::server server(options);
        raw::api api(server);
        for (int i = 0; i < 2; ++i) {
            raw::answer const answer = api.call("GET", "/v1/models/test/echo");
            CHECK(answer.header("transfer-encoding") == "chunked");
            CHECK(answer.complete);
            CHECK(answer.text("name") == "echo");
        }
    }
    options.framing = testing::answer_framing::connection_close;
    testing::server server(options);
    raw::api api(server);
    raw::answer const answer = api.call("GET", "/v1/models/test/echo");
    CHECK(answer.header("content-length").empty());
    CHECK(answer.complete);
    CHECK(answer.text("name") == "echo");
}

TEST_CASE("routes can stand below another path")
{
    testing::server_options options;
    options.base_path = "/gateway/acme/v1";
    options.token = "r8_mine";
    testing::server server(options);
    CHECK(server.config().base_url == server.base_url());
    CHECK(server.config().token == "r8_mine");
    CHECK(server.config().tls.certificate_authority == server.certificate_authority());
    CHECK(server.base_url() == "https://127.0.0.1:" + std::to_string(server.port()) + "/gateway/acme/v1");
    raw::api api(server);
    CHECK(api.call("GET", "/gateway/acme/v1/models/test/echo").status == 200);
    CHECK(api.call("GET", "/v1/models/test/echo").status == 404);
}

TEST_CASE("connections are counted while they live")
{
    testing::server server;
    {
        raw::api first(server);
        raw::api second(server);
        CHECK(server.counts().live_connections == 2);
    }
    CHECK(server.wait_until([](auto const& counts) { return counts.live_connections == 0; }));
    CHECK(server.counts().peak_connections == 2);
    CHECK(server.counts().connections == 2);
}

TEST_CASE("a wait for counts that never come ends with its time")
{
    testing::server server;
    CHECK_FALSE(server.wait_until([](auto const& counts) { return counts.gets > 0; }, 10ms));
}

TEST_CASE("a server ends at once, whatever its connections are doing")
{
    std::optional<testing::server> server(std::in_place);
    raw::api idle(*server);
    raw::api held(*server);
    raw::api silent(*server);
    raw::connection without_tls(server->port());
    held.send("POST", "/v1/models/test/never-ends/predictions", R"({"input":{}})", "Prefer: wait\r\n");
    server->next_get().never_answer();
    silent.send("GET", "/v1/predictions/x");
    REQUIRE(server->wait_until([](auto const& counts) { return counts.predictions == 1 && counts.faults == 1; }));
    auto const begin = std::chrono::steady_clock::now();
    server.reset();
    CHECK(std::chrono::steady_clock::now() - begin < 2s);
    CHECK_FALSE(held.transport().receive());
    CHECK_FALSE(idle.transport().receive());
}

TEST_CASE("nothing is left open after many servers and connections")
{
    {
        testing::server warm_up;
        raw::api api(warm_up);
    }
    std::size_t const before = open_descriptors();
    for (int i = 0; i < 20; ++i) {
        testing::server server;
        raw::api first(server);
        raw::api second(server);
        CHECK(first.call("GET", "/v1/models/test/echo").status == 200);
    }
    CHECK(open_descriptors() == before);
}

TEST_CASE("a server can be a guest on an executor, with one thread or several")
{
    boost::asio::thread_pool pool(3);
    {
        testing::server server(pool.get_executor());
        std::vector<std::thread> clients;
        for (int i = 0; i < 3; ++i)
            clients.emplace_back([&] {
                raw::api api(server);
                for (int n = 0; n < 50; ++n)
                    api.call("POST", echo_route, R"({"input":{}})");
            });
        for (std::thread& each : clients)
            each.join();
        CHECK(server.counts().predictions == 150);
    }
    // Ends only when the server has left nothing behind.
    pool.join();
}

TEST_CASE("a guest whose context stops first leaves nothing behind")
{
    auto context = std::make_unique<boost::asio::io_context>();
    auto server = std::make_unique<testing::server>(context->get_executor());
    std::thread thread([&] { context->run(); });
    raw::api api(*server);
    CHECK(api.call("GET", "/v1/models/test/echo").status == 200);
    context->stop();
    thread.join();
    server.reset();
    context.reset();
}
