// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// What a connection is made with: keys that are pinned, the system's directory of certificates, keep-alive.

#include "support/environment.hpp"
#include "support/key_pin.hpp"
#include "support/temporary_directory.hpp"
#include "support/transport_fixture.hpp"

#include <boost/asio/socket_base.hpp>
#include <openssl/x509.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using replicate::errc;
using replicate::phase;
using replicate::core::sent;
using replicate::testing::certificate_authority;
using replicate::testing::certificate_request;
using replicate::testing::credentials;
using replicate::tests::answer_of;
using replicate::tests::environment_variable;
using replicate::tests::pin_of;
using replicate::tests::read_certificate;
using replicate::tests::script;
using replicate::tests::sending;
using replicate::tests::step;
using replicate::tests::task;
using replicate::tests::temporary_directory;
using replicate::tests::transport_fixture;
namespace asio = boost::asio;
namespace io = replicate::io;

script answering_once()
{
    return {step::handshake(), step::request(), step::send(answer_of("good")), step::until_end()};
}

class pinning_fixture : public transport_fixture {
public:
    // The peer is the API; these keys are pinned for it.
    void pin(std::vector<std::string> keys)
    {
        settings.base_url = "https://" + host + ":" + std::to_string(peer.port()) + "/v1";
        settings.tls.pinned_keys = std::move(keys);
    }

    void check_refused(std::string const& detail)
    {
        auto const one = send("a");
        CHECK(one->code() == errc::certificate_rejected);
        CHECK(one->code() == replicate::condition::tls);
        CHECK(one->progress.phase() == phase::handshake);
        CHECK(one->progress.sent == sent::nothing);
        CHECK(one->progress.detail == detail);
        CHECK(peer.requests().empty());
    }

    std::string own_key() const { return pin_of(usual_identity().certificate_chain); }
    std::string authority_key() const { return pin_of(authority().certificate()); }
    static std::string another_key() { return "sha256/" + std::string(43, 'A') + "="; }
    static std::string next_key() { return "sha256/" + std::string(42, 'B') + "A="; }
};

// Gives the system's trust, read from this directory.
class trust_fixture : public transport_fixture {
public:
    trust_fixture()
        : place("SSL_CERT_DIR", directory.path().string())
        , no_file("SSL_CERT_FILE", (directory.path() / "none.pem").string())
    {
        settings.tls.certificate_authority.clear();
        settings.tls.only_certificate_authority = false;
    }

    void write(std::string const& name) const { directory.write(name, authority().certificate()); }

    temporary_directory directory;
    environment_variable place, no_file;
};

asio::awaitable<void> open_one(io::connector& of, replicate::core::origin target, io::attempt& progress, io::connect_result& result)
{
    result = co_await of.open(std::move(target), progress);
}

} // namespace

TEST_CASE_FIXTURE(pinning_fixture, "an API whose key, or that of its authority, is pinned is accepted")
{
    SUBCASE("its own key")
    {
        pin({own_key()});
    }
    SUBCASE("the key of its authority")
    {
        pin({authority_key()});
    }
    SUBCASE("one of several, for the day when keys are exchanged")
    {
        pin({another_key(), own_key(), next_key()});
    }
    SUBCASE("by its address")
    {
        host = "127.0.0.1";
        pin({own_key()});
    }
    peer.play(answering_once());
    CHECK(send("a")->body() == "good");
}

TEST_CASE_FIXTURE(pinning_fixture, "an API with another key than those that are pinned gets nothing, and the error names all keys")
{
    pin({another_key(), next_key()});
    int version = TLS1_3_VERSION;
    SUBCASE("TLS 1.3")
    {
    }
    SUBCASE("TLS 1.2")
    {
        version = TLS1_2_VERSION;
    }
    peer.speak_only(version, version);
    peer.play(answering_once());
    check_refused("localhost: no key of its certificates is one of tls.pinned_keys: expected " + another_key() + " or " + next_key()
        + "; seen " + own_key() + ", " + authority_key());
    // No session was kept of that handshake.
    peer.play(answering_once());
    CHECK(send("b")->code() == errc::certificate_rejected);
    CHECK(peer.resumptions() == 0);
}

TEST_CASE_FIXTURE(pinning_fixture, "a key that is pinned makes no certificate good that is not good otherwise")
{
    credentials identity;
    std::string reason;
    SUBCASE("self-signed")
    {
        identity = certificate_authority::self_signed();
        reason = "self-signed certificate";
    }
    SUBCASE("for another host")
    {
        certificate_request request;
        request.names = {"other.test"};
        identity = authority().issue(request);
        reason = "hostname mismatch";
    }
    SUBCASE("expired")
    {
        certificate_request request;
        request.not_before = std::chrono::hours(-2);
        request.not_after = std::chrono::hours(-1);
        identity = authority().issue(request);
        reason = "certificate has expired";
    }
    peer.present(identity);
    peer.play(answering_once());
    pin({pin_of(identity.certificate_chain)});
    check_refused("localhost: " + reason);
}

TEST_CASE_FIXTURE(pinning_fixture, "keys are pinned for the origin of the API alone")
{
    pin({another_key()});
    SUBCASE("another host")
    {
        host = "127.0.0.1";
    }
    SUBCASE("another port")
    {
        settings.base_url = "https://localhost:1/v1";
    }
    peer.play(answering_once());
    CHECK(send("a")->body() == "good");
}

TEST_CASE_FIXTURE(pinning_fixture, "sessions are resumed where keys are pinned, and by nobody else")
{
    pin({own_key()});
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
    CHECK(send("b", true)->body() == "good");
    CHECK(peer.resumptions() == 1);
    // Another client, with another key: a resumed session would be no proof of it.
    drop_transport();
    pin({another_key()});
    CHECK(send("c")->code() == errc::certificate_rejected);
    CHECK(peer.resumptions() == 1);
}

TEST_CASE_FIXTURE(trust_fixture, "the directory of SSL_CERT_DIR is trusted, by the names that c_rehash gives its certificates")
{
    char name[16];
    std::snprintf(name, sizeof(name), "%08lx.0", X509_NAME_hash(X509_get_subject_name(read_certificate(authority().certificate()).get())));
    peer.play(answering_once());
    SUBCASE("a name of the hash")
    {
        write(name);
        CHECK(send("a")->body() == "good");
    }
    SUBCASE("another name")
    {
        write("authority.pem");
        CHECK(send("a")->code() == errc::certificate_rejected);
    }
    SUBCASE("where only an authority of the configuration is trusted")
    {
        write(name);
        settings.tls.certificate_authority = certificate_authority().certificate();
        settings.tls.only_certificate_authority = true;
        CHECK(send("a")->code() == errc::certificate_rejected);
    }
}

TEST_CASE_FIXTURE(transport_fixture, "a connection asks the system to find out when the other side has gone without a word")
{
    peer.play({step::handshake(), step::until_end()});
    io::connector connector(executor, std::make_shared<io::deadline_list>(executor), io::make_tls_context(settings.tls), settings);
    io::attempt progress;
    io::connect_result result;
    task const opening(executor, open_one(connector, origin(), progress, result));
    REQUIRE(replicate::tests::run_until_ended(context, opening));
    opening.rethrow();
    REQUIRE_FALSE(result.code);
    asio::socket_base::keep_alive keep_alive;
    result.connection->socket().get_option(keep_alive);
    CHECK(keep_alive.value());
    asio::ip::tcp::no_delay no_delay;
    result.connection->socket().get_option(no_delay);
    CHECK(no_delay.value());
}
