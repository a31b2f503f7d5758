// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// The proxy for tests: what goes through it, and what it refuses.

#include <replicate/testing/proxy.hpp>
#include <replicate/testing/server.hpp>

#include "support/raw_client.hpp"

#include <boost/asio/thread_pool.hpp>
#include <doctest/doctest.h>

#include <string>

namespace testing = replicate::testing;

namespace {

raw::answer ask(raw::connection& connection, std::string const& target, std::string const& headers = {})
{
    connection.send("CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n" + headers + "\r\n");
    return connection.read(false);
}

std::string target_of(testing::server const& server)
{
    return "127.0.0.1:" + std::to_string(server.port());
}

} // namespace

TEST_CASE("a tunnel carries TLS to the server and is counted")
{
    testing::server server;
    testing::proxy proxy;
    CHECK(proxy.url() == "http://127.0.0.1:" + std::to_string(proxy.port()));
    {
        raw::connection connection(proxy.port());
        CHECK(ask(connection, target_of(server)).status == 200);
        raw::settings settings(server);
        REQUIRE(connection.handshake(settings));
        connection.send(raw::request_text(server, "GET", "/v1/models/test/echo"));
        CHECK(connection.read().status == 200);
        CHECK(proxy.counts().live_tunnels == 1);
        CHECK(proxy.counts().bytes > 1000);
    }
    CHECK(proxy.wait_until([](auto const& counts) { return counts.live_tunnels == 0; }));
    CHECK(server.wait_until([](auto const& counts) { return counts.live_connections == 0; }));
    REQUIRE(proxy.requests().size() == 1);
    CHECK(proxy.requests()[0].method == "CONNECT");
    CHECK(proxy.requests()[0].target == target_of(server));
}

TEST_CASE("credentials are asked for and checked")
{
    testing::server server;
    testing::proxy_options options;
    options.user = "me";
    options.password = "pass:word";
    testing::proxy proxy(options);
    CHECK(proxy.url() == "http://me:pass%3Aword@127.0.0.1:" + std::to_string(proxy.port()));
    raw::connection without(proxy.port());
    raw::answer const refused = ask(without, target_of(server));
    CHECK(refused.status == 407);
    CHECK(refused.header("proxy-authenticate") == "Basic realm=\"proxy\"");
    raw::connection wrong(proxy.port());
    CHECK(ask(wrong, target_of(server), "Proxy-Authorization: Basic bWU6\r\n").status == 407);
    raw::connection right(proxy.port());
    CHECK(ask(right, target_of(server), "Proxy-Authorization: Basic bWU6cGFzczp3b3Jk\r\n").status == 200);
    CHECK(proxy.counts().unauthorized == 2);
    CHECK(proxy.counts().tunnels == 1);
}

TEST_CASE("a proxy refuses when told to, what is not this machine, and what is no CONNECT")
{
    testing::server server;
    testing::proxy proxy;
    proxy.refuse(503);
    raw::connection first(proxy.port());
    CHECK(ask(first, target_of(server)).status == 503);
    proxy.refuse(200);
    raw::connection second(proxy.port());
    CHECK(ask(second, "example.com:443").status == 403);
    raw::connection third(proxy.port());
    CHECK(ask(third, "127.0.0.1:1").status == 502);
    raw::connection fourth(proxy.port());
    fourth.send("GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n");
    CHECK(fourth.read().status == 405);
    CHECK(proxy.counts().refused == 4);
    CHECK(proxy.counts().tunnels == 0);
}

TEST_CASE("a host of another name can lead to this machine")
{
    testing::certificate_authority const authority;
    testing::certificate_request request;
    request.names = {"api.replicate.com"};
    testing::server_options options;
    options.certificate = authority.issue(request);
    testing::server server(options);
    testing::proxy proxy;
    proxy.redirect("api.replicate.com:443", server.port());
    raw::connection connection(proxy.port());
    CHECK(ask(connection, "api.replicate.com:443").status == 200);
    raw::settings settings;
    settings.authority = authority.certificate();
    settings.host = "api.replicate.com";
    CHECK(connection.handshake(settings));
}

TEST_CASE("a proxy can stay silent")
{
    testing::proxy proxy;
    proxy.stall();
    raw::connection connection(proxy.port(), 1);
    CHECK(ask(connection, "127.0.0.1:1").status == 0);
    CHECK(connection.how_it_ended == raw::ending::timed_out);
    CHECK(proxy.counts().connections == 1);
}

TEST_CASE("a proxy can be a guest on an executor")
{
    testing::server server;
    boost::asio::thread_pool pool(2);
    {
        testing::proxy proxy(pool.get_executor());
        raw::connection connection(proxy.port());
        CHECK(ask(connection, target_of(server)).status == 200);
    }
    pool.join();
}
