// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/testing/proxy.hpp>

#include "support/transport_fixture.hpp"

#include <string>

namespace {

namespace asio = boost::asio;

using replicate::errc;
using replicate::phase;
using replicate::core::sent;
using replicate::testing::certificate_request;
using replicate::testing::proxy;
using replicate::testing::proxy_options;
using replicate::tests::answer_of;
using replicate::tests::script;
using replicate::tests::step;
using replicate::tests::transport_fixture;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using error_code = boost::system::error_code;

std::string const token = "r8_this_is_for_the_api_alone";

class proxy_fixture : public transport_fixture {
public:
    proxy_fixture() { more_headers = "Authorization: Bearer " + token + "\r\n"; }

    static script answering_once()
    {
        return {step::handshake(), step::request(), step::send(answer_of("good")), step::until_end()};
    }

    // The text of all that the proxy could read.
    static std::string seen_by(proxy const& through)
    {
        std::string text;
        for (auto const& request : through.requests()) {
            text += request.method + ' ' + request.target + '\n' + request.body;
            for (auto const& [name, value] : request.headers)
                text += name + ": " + value + '\n';
        }
        return text;
    }
};

} // namespace

TEST_CASE_FIXTURE(proxy_fixture, "a request goes through the proxy, which learns host and port and not the token")
{
    proxy_options options;
    std::string expected_header;
    SUBCASE("without credentials")
    {
    }
    SUBCASE("with credentials")
    {
        options.user = "user";
        options.password = "p:ss";
        expected_header = "Proxy-Authorization: Basic dXNlcjpwOnNz\n";
    }
    proxy through(options);
    settings.proxy.url = through.url();
    peer.play(answering_once());
    auto const one = send("a");
    CHECK(one->code() == error_code());
    CHECK(one->body() == "good");
    CHECK(through.counts().tunnels == 1);
    std::string const place = "localhost:" + std::to_string(peer.port());
    CHECK(seen_by(through) == "CONNECT " + place + "\nHost: " + place + "\n" + expected_header);
    REQUIRE(peer.requests().size() == 1);
    CHECK(peer.requests()[0].find(token) != std::string::npos);
    CHECK(peer.requests()[0].find("Proxy-") == std::string::npos);
}

TEST_CASE_FIXTURE(proxy_fixture, "a connection through the proxy is used again, without another tunnel")
{
    proxy through;
    settings.proxy.url = through.url();
    peer.play({step::handshake(), step::request(), step::send(answer_of("1")), step::request(),
        step::send(answer_of("2")), step::until_end()});
    CHECK(send("a")->body() == "1");
    auto const second = send("b");
    CHECK(second->body() == "2");
    CHECK(second->progress.reused);
    CHECK(through.counts().connections == 1);
}

TEST_CASE_FIXTURE(proxy_fixture, "the host behind a proxy is looked up by the proxy, and its certificate verified here")
{
    // The peer plays the proxy and what lies behind it.
    host = "api.invalid";
    settings.proxy.url = "http://127.0.0.1:" + std::to_string(peer.port());
    script steps = answering_once();
    steps.insert(steps.begin(), {step::request(), step::send("HTTP/1.1 200 OK\r\n\r\n")});
    peer.play(steps);
    SUBCASE("the right certificate")
    {
        certificate_request request;
        request.names = {"api.invalid"};
        peer.present(authority().issue(request));
        CHECK(send("a")->body() == "good");
    }
    SUBCASE("the certificate of another")
    {
        CHECK(send("a")->code() == errc::certificate_rejected);
        CHECK(peer.requests().size() == 1);
    }
    CHECK(peer.requests()[0].find("CONNECT api.invalid:") == 0);
    CHECK(peer.requests()[0].find(token) == std::string::npos);
}

TEST_CASE_FIXTURE(proxy_fixture, "a proxy that refuses is named with its answer, and nothing is sent")
{
    proxy_options options;
    std::string status = "407";
    SUBCASE("it wants credentials")
    {
        options.user = "user";
        options.password = "secret";
    }
    SUBCASE("it wants other credentials")
    {
        options.user = "somebody-else";
        options.password = "secret";
    }
    SUBCASE("it fails")
    {
        status = "502";
    }
    proxy through(options);
    if (status == "502")
        through.refuse(502);
    std::string const place = "127.0.0.1:" + std::to_string(through.port());
    settings.proxy.url = "http://" + std::string(options.user == "user" ? "" : "user:p4ss@") + place;
    auto const one = send("a");
    CHECK(one->code() == (status == "407" ? errc::proxy_authentication_failed : errc::proxy_refused));
    CHECK(one->progress.phase() == phase::connect);
    CHECK(one->progress.sent == sent::nothing);
    CHECK(one->progress.detail == "the proxy " + place + " answered " + status);
    CHECK(through.counts().tunnels == 0);
    CHECK(peer.connections() == 0);
}

TEST_CASE_FIXTURE(proxy_fixture, "a proxy that does not answer has the time of connecting")
{
    proxy through;
    through.stall();
    settings.proxy.url = through.url();
    settings.timeouts.connect = 30ms;
    auto const begin = clock::now();
    auto const one = send("a");
    CHECK(one->code() == errc::timed_out);
    CHECK(one->progress.phase() == phase::connect);
    CHECK(clock::now() - begin >= 30ms);
    CHECK(clock::now() - begin < 5s);
}

TEST_CASE_FIXTURE(proxy_fixture, "a proxy that is not there is named")
{
    asio::ip::tcp::socket nobody(context, asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
    std::string const place = "127.0.0.1:" + std::to_string(nobody.local_endpoint().port());
    settings.proxy.url = "http://" + place;
    auto const one = send("a");
    CHECK(one->code() == errc::connect_failed);
    CHECK(one->progress.detail == place + ": Connection refused");
}

TEST_CASE_FIXTURE(proxy_fixture, "hosts on the list, and plain requests to this machine, do without the proxy")
{
    proxy through;
    settings.proxy.url = through.url();
    script steps = answering_once();
    SUBCASE("on the list")
    {
        settings.proxy.bypass = "other.test, localhost";
    }
    SUBCASE("plain")
    {
        secure = false;
        steps.erase(steps.begin());
    }
    peer.play(steps);
    CHECK(send("a")->body() == "good");
    CHECK(through.counts().connections == 0);
}

TEST_CASE_FIXTURE(proxy_fixture, "a request that is cancelled while the proxy is silent gives its place to the next")
{
    // The peer plays the proxy and what lies behind it.
    settings.proxy.url = "http://127.0.0.1:" + std::to_string(peer.port());
    settings.pool.connections_per_origin = 1;
    peer.play({step::request(), step::until_end()});
    script steps = answering_once();
    steps.insert(steps.begin(), {step::request(), step::send("HTTP/1.1 200 OK\r\n\r\n")});
    peer.play(steps);
    auto const first = start("a");
    auto const first_task = last_task;
    REQUIRE(replicate::tests::run_until(context, [&] { return peer.requests().size() == 1; }));
    CHECK(first->progress.phase() == phase::connect);
    first_task->cancel();
    REQUIRE(replicate::tests::run_until_ended(context, *first_task));
    CHECK((first_task->code() == asio::error::operation_aborted || first->code() == asio::error::operation_aborted));
    CHECK(send("b")->body() == "good");
}
