// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Connections: how many, how long, through what, and that none is left behind.

#include <replicate/testing/proxy.hpp>

#include "support/descriptors.hpp"
#include "support/environment.hpp"
#include "support/local_client.hpp"
#include "support/slowness.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::errc;

// Gets one prediction over and over again, some at a time.
class many_gets {
public:
    many_gets(local_client& local, std::size_t count)
        : local_(local)
        , left_(count)
    {
        id_ = local
                  .get(local.client.predictions().async_create(
                      local.server.version("test/never-ends"), replicate::input()))
                  .id;
    }

    void go(std::size_t at_a_time)
    {
        for (std::size_t i = 0; i < at_a_time; ++i)
            next();
        REQUIRE(local_.run_until([&] { return under_way_ == 0; }, 8 * ample));
    }

    std::size_t good() const noexcept { return good_; }

private:
    void next()
    {
        if (left_ == 0)
            return;
        --left_;
        ++under_way_;
        local_.client.predictions().async_get(id_, [this](boost::system::error_code code, replicate::prediction seen) {
            good_ += !code && seen.id == id_ ? 1 : 0;
            --under_way_;
            next();
        });
    }

    local_client& local_;
    std::string id_;
    std::size_t left_;
    std::size_t under_way_ = 0;
    std::size_t good_ = 0;
};

void list_once(local_client& local)
{
    local.get(local.client.predictions().async_list());
}

// Lists so often at once.
std::vector<pending<replicate::page<replicate::prediction>>> list_at_once(local_client& local, std::size_t count)
{
    std::vector<pending<replicate::page<replicate::prediction>>> calls(count);
    for (auto& call : calls)
        local.client.predictions().async_list(call.token());
    run_out(local.context);
    return calls;
}

} // namespace

TEST_CASE("ten thousand requests leave no file descriptor and no connection behind")
{
    replicate::testing::server_options options;
    options.remembered_requests = 10;
    auto const before_all = open_descriptors();
    {
        local_client local(nullptr, options);
        auto const before = open_descriptors();
        many_gets gets(local, 10'000);
        gets.go(64);
        CHECK(gets.good() == 10'000);
        CHECK(local.server.counts().gets == 10'000);
        CHECK(local.server.counts().connections <= 64);
        // Both ends of each are in this process.
        CHECK(open_descriptors() == before + 2 * local.server.counts().live_connections);
        local.client.close_idle_connections();
        run_out(local.context);
        CHECK(local.server.wait_until([](auto const& counts) { return counts.live_connections == 0; }));
        CHECK(open_descriptors() == before);
    }
    CHECK(open_descriptors() == before_all);
}

TEST_CASE("requests after each other share a connection, also those of a copy")
{
    local_client local;
    replicate::client const copy = local.client;
    for (int i = 0; i < 20; ++i) {
        list_once(local);
        local.get(copy.predictions().async_list());
    }
    CHECK(local.server.counts().requests == 40);
    CHECK(local.server.counts().connections == 1);
}

TEST_CASE("a connection carries on after each kind of answer that ends well")
{
    using replicate::testing::answer_framing;
    for (auto const framing : {answer_framing::content_length, answer_framing::chunked}) {
        replicate::testing::server_options options;
        options.framing = framing;
        local_client local(nullptr, options);
        list_once(local);
        CHECK(local.failure_of(local.client.predictions().async_get("none"))->code() == condition::not_found);
        list_once(local);
        CHECK(local.server.counts().connections == 1);
    }
    replicate::testing::server_options options;
    options.framing = answer_framing::connection_close;
    local_client local(nullptr, options);
    for (int i = 0; i < 3; ++i)
        list_once(local);
    CHECK(local.server.counts().connections == 3);
}

TEST_CASE("there are no more connections than were allowed, and nobody is left waiting")
{
    local_client local([](replicate::config& settings) { settings.pool.connections_per_origin = 3; });
    for (auto const& call : list_at_once(local, 40))
        CHECK_FALSE(call.code());
    CHECK(local.server.counts().lists == 40);
    CHECK(local.server.counts().peak_connections == 3);
}

TEST_CASE("there are no more predictions in flight than were allowed")
{
    local_client local([](replicate::config& settings) { settings.scheduler.in_flight = 4; });
    std::vector<pending<replicate::output>> runs(40);
    for (auto const& run : runs)
        local.client.async_run(
            local.server.version("test/echo"), replicate::input().set("text", "x"), local_client::quick(), run.token());
    run_out(local.context);
    for (auto const& run : runs)
        CHECK_FALSE(run.code());
    CHECK(local.server.counts().creates == 40);
    CHECK(local.server.counts().peak_connections <= 4);
}

TEST_CASE("a connection that was idle for too long, or is too old, is not used again")
{
    auto const connections = [](auto const& configure) {
        local_client local(configure);
        list_once(local);
        list_once(local);
        CHECK(local.server.counts().connections == 1);
        local.run_until([] { return false; }, 600ms);
        list_once(local);
        return local.server.counts().connections;
    };
    CHECK(connections([](replicate::config& settings) { settings.pool.idle_timeout = 500ms; }) == 2);
    CHECK(connections([](replicate::config& settings) { settings.pool.maximum_age = 500ms; }) == 2);
    CHECK(connections([](replicate::config&) {}) == 1);
}

TEST_CASE("a later connection resumes the TLS session of an earlier one")
{
    for (int const version : {12, 13})
        for (bool const wanted : {true, false}) {
            CAPTURE(version);
            replicate::testing::server_options options;
            options.newest_tls = version;
            local_client local([&](replicate::config& settings) { settings.tls.session_resumption = wanted; }, options);
            for (int i = 0; i < 5; ++i) {
                list_once(local);
                local.client.close_idle_connections();
                run_out(local.context);
            }
            auto const counts = local.server.counts();
            CHECK(counts.connections == 5);
            CHECK(counts.full_handshakes == (wanted ? 1 : 5));
            CHECK(counts.resumed_handshakes == (wanted ? 4 : 0));
        }
}

TEST_CASE("a server without session tickets gets full handshakes")
{
    replicate::testing::server_options options;
    options.session_tickets = false;
    local_client local(nullptr, options);
    for (int i = 0; i < 3; ++i) {
        list_once(local);
        local.client.close_idle_connections();
        run_out(local.context);
    }
    CHECK(local.server.counts().full_handshakes == 3);
}

TEST_CASE("a host is reached by its name, and below a path of its own")
{
    replicate::testing::server_options options;
    options.base_path = "/gateway/replicate/v1";
    local_client local(
        [](replicate::config& settings) {
            auto const host = settings.base_url.find("127.0.0.1");
            settings.base_url.replace(host, 9, "localhost");
            settings.base_url += "/";
        },
        options);
    auto const output = local.get(local.client.async_run(
        "meta/meta-llama-3-8b-instruct", replicate::input().set("prompt", "by name"), local_client::quick()));
    CHECK(output.text().find("by name") != std::string::npos);
    auto const request = local.server.last_request(replicate::testing::operation::create);
    REQUIRE(request.has_value());
    CHECK(request->target == "/gateway/replicate/v1/models/meta/meta-llama-3-8b-instruct/predictions");
    CHECK(request->header("host") == "localhost:" + std::to_string(local.server.port()));
}

TEST_CASE("a name that does not exist is an error that names it")
{
    // Too long for a name server to be asked for it.
    std::string const name = std::string(64, 'a') + ".invalid";
    asio::io_context context;
    replicate::config settings;
    settings.token = "r8_x";
    settings.retry.first_backoff = 1ms;
    settings.base_url = "https://" + name;
    replicate::client const client(context, settings);
    auto const failed = failure_of(context, client.async_run("a/b", replicate::input()));
    REQUIRE(failed.has_value());
    CHECK(failed->code() == condition::connection);
    CHECK(failed->diagnostics().phase == replicate::phase::resolve);
    CHECK(std::string(failed->what()).find(name) != std::string::npos);
}

TEST_CASE("requests and downloads go through a proxy that wants credentials")
{
    replicate::testing::proxy_options wanted;
    wanted.user = "llama";
    wanted.password = "p@ss:word";
    replicate::testing::proxy proxy(wanted);
    local_client local([&](replicate::config& settings) { settings.proxy.url = proxy.url(); });
    auto const output = local.get(local.client.async_run(
        "black-forest-labs/flux-schnell", replicate::input().set("prompt", "x").set("width", 16)));
    CHECK_FALSE(local.get(output.files().at(0).async_read()).empty());
    auto const counts = proxy.counts();
    CHECK(counts.tunnels == 2);
    CHECK(counts.unauthorized == 0);
    CHECK(local.server.counts().connections == 2);
    auto const requests = proxy.requests();
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].target == "127.0.0.1:" + std::to_string(local.server.port()));
    CHECK(requests[0].header("proxy-authorization") == "Basic bGxhbWE6cEBzczp3b3Jk");
    // What the proxy wants to know is not told to the service.
    for (auto const& request : local.server.requests())
        CHECK(request.header("proxy-authorization").empty());
}

TEST_CASE("a tunnel is kept and used again, and its TLS session resumed")
{
    replicate::testing::proxy proxy;
    local_client local([&](replicate::config& settings) { settings.proxy.url = proxy.url(); });
    for (int i = 0; i < 5; ++i)
        list_once(local);
    CHECK(proxy.counts().tunnels == 1);
    local.client.close_idle_connections();
    run_out(local.context);
    CHECK(proxy.wait_until([](auto const& counts) { return counts.live_tunnels == 0; }));
    list_once(local);
    CHECK(proxy.counts().tunnels == 2);
    CHECK(local.server.counts().resumed_handshakes == 1);
}

TEST_CASE("a proxy is told the name of the host, and the certificate is that of the host")
{
    replicate::testing::certificate_authority const authority;
    replicate::testing::certificate_request named;
    named.names = {"replicate.test"};
    replicate::testing::server_options options;
    options.certificate = authority.issue(named);
    replicate::testing::proxy proxy;
    local_client local(
        [&](replicate::config& settings) {
            settings.proxy.url = proxy.url();
            settings.base_url = "https://replicate.test/v1";
            settings.tls.certificate_authority = authority.certificate();
        },
        options);
    proxy.redirect("replicate.test:443", local.server.port());
    list_once(local);
    CHECK(proxy.requests().at(0).target == "replicate.test:443");
    CHECK(local.server.last_request()->header("host") == "replicate.test");
}

TEST_CASE("a proxy that refuses is an error that says so, without the password")
{
    replicate::testing::proxy_options wanted;
    wanted.user = "llama";
    wanted.password = "right";
    replicate::testing::proxy proxy(wanted);
    std::string const place = "127.0.0.1:" + std::to_string(proxy.port());
    local_client local([&](replicate::config& settings) {
        settings.proxy.url = "http://llama:secret-but-wrong@" + place;
        settings.retry.attempts = 4;
    });
    auto const refused = local.failure_of(local.client.async_run("test/echo", replicate::input()));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == errc::proxy_authentication_failed);
    // The same credentials would be as wrong the second time; and some proxies lock an account that tries often.
    CHECK(proxy.counts().unauthorized == 1);
    CHECK(proxy.counts().connections == 1);
    local.failure_of(local.client.account().async_get());
    CHECK(proxy.counts().unauthorized == 2);
    CHECK(refused->code() == condition::connection);
    CHECK_FALSE(refused->code() == condition::outcome_unknown);
    CHECK(refused->diagnostics().phase == replicate::phase::connect);
    std::string const line = refused->what();
    CHECK(line.find(place) != std::string::npos);
    CHECK(line.find("407") != std::string::npos);
    CHECK(line.find("secret-but-wrong") == std::string::npos);
    CHECK(local.server.counts().connections == 0);
}

TEST_CASE("a proxy that fails for a moment is asked again, one that stalls is given up")
{
    replicate::testing::proxy proxy;
    local_client local([&](replicate::config& settings) {
        settings.proxy.url = proxy.url();
        settings.timeouts.connect = 100ms;
        settings.retry.attempts = 2;
    });
    proxy.refuse(503);
    CHECK(local.failure_of(local.client.predictions().async_list())->code() == errc::proxy_refused);
    proxy.refuse(200);
    list_once(local);
    local.client.close_idle_connections();
    proxy.stall();
    auto const begun = steady::now();
    auto const stalled = local.failure_of(local.client.predictions().async_list());
    REQUIRE(stalled.has_value());
    CHECK(stalled->code() == errc::timed_out);
    CHECK(stalled->diagnostics().phase == replicate::phase::connect);
    CHECK(steady::now() - begun < slowness * 500ms);
}

TEST_CASE("the proxy comes from the environment, and some hosts are reached without it")
{
    replicate::testing::proxy_options wanted;
    wanted.user = "user";
    wanted.password = "password";
    replicate::testing::proxy proxy(wanted);
    replicate::testing::server server;
    environment_variable const token("REPLICATE_API_TOKEN", server.token());
    environment_variable const base_url("REPLICATE_BASE_URL", server.base_url());
    auto const tunnels = [&](char const* name, std::string const& value, char const* bypass_name, char const* bypass) {
        environment_variable const first(name, value);
        environment_variable const second(bypass_name, bypass);
        auto settings = replicate::config::from_environment();
        settings.tls.certificate_authority = server.certificate_authority();
        asio::io_context context;
        replicate::client const client(context, settings);
        auto const before = proxy.counts().tunnels;
        get(context, client.predictions().async_list());
        return proxy.counts().tunnels - before;
    };
    std::string const without_scheme = proxy.url().substr(std::string("http://").size());
    CHECK(tunnels("HTTPS_PROXY", proxy.url(), "NO_PROXY", nullptr) == 1);
    CHECK(tunnels("https_proxy", proxy.url(), "no_proxy", nullptr) == 1);
    CHECK(tunnels("HTTPS_PROXY", without_scheme, "NO_PROXY", "") == 1);
    CHECK(tunnels("HTTPS_PROXY", proxy.url(), "NO_PROXY", "example.com, localhost") == 1);
    CHECK(tunnels("HTTPS_PROXY", proxy.url(), "NO_PROXY", "example.com, 127.0.0.1") == 0);
    CHECK(tunnels("HTTPS_PROXY", proxy.url(), "no_proxy", "*") == 0);
    CHECK(tunnels("HTTPS_PROXY", "", "NO_PROXY", nullptr) == 0);
    CHECK(server.counts().lists == 7);
}
