// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include "support/transport_fixture.hpp"

#include <string>

namespace {

using replicate::errc;
using replicate::phase;
using replicate::core::sent;
using replicate::testing::certificate_authority;
using replicate::testing::certificate_request;
using replicate::tests::answer_of;
using replicate::tests::script;
using replicate::tests::sending;
using replicate::tests::step;
using replicate::tests::transport_fixture;
using namespace std::chrono_literals;
using error_code = boost::system::error_code;

script answering_once()
{
    return {step::handshake(), step::request(), step::send(answer_of("good")), step::until_end()};
}

class handshake_fixture : public transport_fixture {
public:
    // A refused certificate: the text says for which host and why.
    void check_rejected(replicate::testing::credentials const& identity, std::string const& reason)
    {
        peer.present(identity);
        peer.play(answering_once());
        auto const one = send("a");
        CHECK(one->code() == errc::certificate_rejected);
        CHECK(one->progress.phase() == phase::handshake);
        CHECK(one->progress.sent == sent::nothing);
        CHECK(one->progress.detail == host + ": " + reason);
        CHECK(peer.requests().empty());
    }

    void check_failed(std::string const& detail)
    {
        auto const one = send("a");
        CHECK(one->code() == errc::handshake_failed);
        CHECK(one->progress.phase() == phase::handshake);
        CHECK(one->progress.sent == sent::nothing);
        CHECK(one->progress.detail == host + ": " + detail);
        CHECK(peer.requests().empty());
    }
};

} // namespace

TEST_CASE_FIXTURE(handshake_fixture, "a certificate of a trusted authority for the host is accepted")
{
    peer.play(answering_once());
    SUBCASE("by name")
    {
        host = "localhost";
    }
    SUBCASE("by address")
    {
        host = "127.0.0.1";
    }
    CHECK(send("a")->body() == "good");
}

TEST_CASE_FIXTURE(handshake_fixture, "a certificate for another host is rejected")
{
    certificate_request request;
    std::string reason = "hostname mismatch";
    SUBCASE("another name")
    {
        request.names = {"other.test"};
    }
    SUBCASE("a longer name")
    {
        request.names = {"localhost.other.test"};
    }
    SUBCASE("an address where there should be a name")
    {
        request.names = {"127.0.0.1"};
    }
    SUBCASE("a wildcard for the whole name")
    {
        request.names = {"*"};
    }
    SUBCASE("a wildcard for a part of the name")
    {
        request.names = {"local*"};
    }
    SUBCASE("the name in the subject alone")
    {
        request.names = {"other.test"};
        request.common_name = "localhost";
    }
    SUBCASE("the name in the subject and no other")
    {
        request.names.clear();
        request.common_name = "localhost";
    }
    SUBCASE("another address")
    {
        host = "127.0.0.1";
        request.names = {"127.0.0.2", "localhost"};
        reason = "IP address mismatch";
    }
    SUBCASE("a name that looks like the address")
    {
        host = "127.0.0.1";
        request.names = {"other.test"};
        request.common_name = "127.0.0.1";
        reason = "IP address mismatch";
    }
    check_rejected(authority().issue(request), reason);
}

TEST_CASE_FIXTURE(handshake_fixture, "a certificate out of its time is rejected")
{
    certificate_request request;
    std::string reason;
    SUBCASE("expired")
    {
        request.not_before = -2h;
        request.not_after = -1h;
        reason = "certificate has expired";
    }
    SUBCASE("not yet valid")
    {
        request.not_before = 1h;
        reason = "certificate is not yet valid";
    }
    check_rejected(authority().issue(request), reason);
}

TEST_CASE_FIXTURE(handshake_fixture, "a certificate that no trusted authority has signed is rejected")
{
    SUBCASE("self-signed")
    {
        check_rejected(certificate_authority::self_signed(), "self-signed certificate");
    }
    SUBCASE("of an unknown authority")
    {
        certificate_authority const unknown;
        check_rejected(unknown.issue(), "unable to get local issuer certificate");
    }
}

TEST_CASE_FIXTURE(handshake_fixture, "what is not TLS is a failed handshake")
{
    SUBCASE("plain HTTP")
    {
        peer.play({step::send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), step::until_end()});
        check_failed("wrong version number");
    }
    SUBCASE("garbage")
    {
        peer.play({step::send(std::string(100, '\x7f')), step::until_end()});
        check_failed("wrong version number");
    }
    SUBCASE("an end")
    {
        peer.play({step::receive(), step::close()});
        check_failed("stream truncated");
    }
    SUBCASE("a reset")
    {
        peer.play({step::receive(), step::reset()});
        check_failed("Connection reset by peer");
    }
}

TEST_CASE_FIXTURE(handshake_fixture, "TLS before 1.2 is refused, by either side")
{
    peer.speak_only(TLS1_VERSION, TLS1_1_VERSION);
    peer.play(answering_once());
    auto const one = send("a");
    CHECK(one->code() == errc::handshake_failed);
    CHECK(one->progress.detail.find("localhost: ") == 0);
    CHECK(one->progress.detail.find("version") != std::string::npos);
    CHECK(peer.handshakes() == 0);
}

TEST_CASE_FIXTURE(
    handshake_fixture, "a session is resumed by the next connection to the same origin, once the first had an answer")
{
    int version = TLS1_3_VERSION;
    SUBCASE("TLS 1.3")
    {
    }
    SUBCASE("TLS 1.2")
    {
        version = TLS1_2_VERSION;
    }
    peer.speak_only(version, version);
    for (int i = 0; i < 3; ++i)
        peer.play(answering_once());
    CHECK(send("a")->body() == "good");
    CHECK(peer.resumptions() == 0);
    CHECK(send("b", true)->body() == "good");
    CHECK(peer.resumptions() == 1);
    CHECK(send("c", true)->body() == "good");
    CHECK(peer.handshakes() == 3);
    CHECK(peer.resumptions() == 2);
}

TEST_CASE_FIXTURE(handshake_fixture, "many connections at once each have a session to resume, or do without")
{
    for (int i = 0; i < 8; ++i)
        peer.play(answering_once());
    CHECK(send("a")->body() == "good");
    std::vector<std::shared_ptr<sending>> all;
    for (int i = 0; i < 7; ++i)
        all.push_back(start("b", true));
    REQUIRE(replicate::tests::run_until(
        context, [&] { return std::all_of(all.begin(), all.end(), [](auto const& each) { return each->ended(); }); }));
    for (auto const& each : all)
        CHECK(each->body() == "good");
    CHECK(peer.handshakes() == 8);
    CHECK(peer.resumptions() >= 1);
}

TEST_CASE_FIXTURE(handshake_fixture, "a session is not resumed where that is turned off")
{
    settings.tls.session_resumption = false;
    peer.play(answering_once());
    peer.play(answering_once());
    CHECK(send("a")->body() == "good");
    CHECK(send("b", true)->body() == "good");
    CHECK(peer.resumptions() == 0);
}

TEST_CASE_FIXTURE(handshake_fixture, "a session of one host is not offered to another, so that every name is verified")
{
    certificate_request request;
    request.names = {"localhost"};
    peer.present(authority().issue(request));
    peer.play(answering_once());
    peer.play(answering_once());
    CHECK(send("a")->body() == "good");
    host = "127.0.0.1";
    auto const other = send("b");
    CHECK(other->code() == errc::certificate_rejected);
    CHECK(peer.resumptions() == 0);
}

TEST_CASE("TLS settings that cannot work are told when they are read")
{
    replicate::config settings;
    SUBCASE("an authority that is none")
    {
        settings.tls.certificate_authority = "nonsense";
    }
    SUBCASE("only an authority, and none")
    {
        settings.tls.only_certificate_authority = true;
    }
    try {
        replicate::io::make_tls_context(settings.tls);
        FAIL("no exception");
    } catch (replicate::error const& refused) {
        CHECK(refused.code() == errc::invalid_configuration);
        CHECK(std::string(refused.what()).find("tls.") != std::string::npos);
    }
}
