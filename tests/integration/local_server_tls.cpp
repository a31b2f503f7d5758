// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// The local server's certificates and sessions, by OpenSSL and by curl.

#include <replicate/testing/certificate.hpp>
#include <replicate/testing/server.hpp>

#include "support/raw_client.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using namespace std::chrono_literals;
namespace testing = replicate::testing;

namespace {

// What a client that trusts `authority` says about a server with this certificate; empty when it is content.
std::string verdict(
    testing::credentials const& shown, std::string const& authority, std::string const& host = "127.0.0.1")
{
    testing::server_options options;
    options.certificate = shown;
    testing::server server(options);
    raw::settings settings;
    settings.authority = authority;
    settings.host = host;
    raw::connection connection(server.port());
    return connection.handshake(settings) ? "" : connection.failure;
}

raw::answer get_model(raw::connection& connection, testing::server const& server)
{
    connection.send(raw::request_text(server, "GET", "/v1/models/test/echo"));
    return connection.read();
}

// What a shell command prints.
std::string output_of(std::string const& command)
{
    std::string text;
    std::FILE* const pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::array<char, 4096> bytes;
    std::size_t size = 0;
    while ((size = std::fread(bytes.data(), 1, bytes.size(), pipe)) > 0)
        text.append(bytes.data(), size);
    ::pclose(pipe);
    return text;
}

} // namespace

TEST_CASE("the server's certificate is good for this machine by address and by name, and for nothing else")
{
    testing::certificate_authority const authority;
    testing::credentials const shown = authority.issue();
    CHECK(verdict(shown, authority.certificate()).empty());
    CHECK(verdict(shown, authority.certificate(), "localhost").empty());
    CHECK(verdict(shown, authority.certificate(), "::1").empty());
    CHECK(verdict(shown, authority.certificate(), "127.0.0.2") == "IP address mismatch");
    CHECK(verdict(shown, authority.certificate(), "example.com") == "hostname mismatch");
}

TEST_CASE("certificates that a client has to refuse can be made")
{
    testing::certificate_authority const authority;
    testing::certificate_authority const other;
    testing::certificate_request request;
    request.not_after = -1min;
    CHECK(verdict(authority.issue(request), authority.certificate()) == "certificate has expired");
    request = testing::certificate_request();
    request.not_before = 1h;
    CHECK(verdict(authority.issue(request), authority.certificate()) == "certificate is not yet valid");
    request = testing::certificate_request();
    request.names = {"example.com"};
    CHECK(verdict(authority.issue(request), authority.certificate()) == "IP address mismatch");
    CHECK(verdict(authority.issue(request), authority.certificate(), "example.com").empty());
    CHECK(verdict(testing::certificate_authority::self_signed(), authority.certificate()) == "self-signed certificate");
    CHECK(verdict(other.issue(), authority.certificate()) == "unable to get local issuer certificate");
}

TEST_CASE("two servers never share a certificate or a token")
{
    testing::server first;
    testing::server second;
    CHECK(first.certificate_authority() != second.certificate_authority());
    CHECK(first.token() != second.token());
    CHECK(first.token().size() == 40);
    CHECK(first.token().starts_with("r8_"));
}

TEST_CASE("a failed handshake is counted")
{
    testing::server server;
    raw::settings settings;
    settings.authority = testing::certificate_authority().certificate();
    {
        raw::connection connection(server.port());
        CHECK_FALSE(connection.handshake(settings));
    }
    CHECK(server.wait_until([](auto const& counts) { return counts.failed_handshakes == 1; }));
}

TEST_CASE("sessions are resumed with TLS 1.3 and with TLS 1.2")
{
    for (int const newest : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        CAPTURE(newest);
        testing::server server;
        raw::settings settings(server);
        settings.newest_tls = newest;
        for (int i = 0; i < 3; ++i) {
            raw::connection connection(server.port());
            REQUIRE(connection.handshake(settings));
            CHECK(connection.version() == newest);
            CHECK(connection.resumed() == (i > 0));
            CHECK(get_model(connection, server).status == 200);
        }
        CHECK(server.counts().full_handshakes == 1);
        CHECK(server.counts().resumed_handshakes == 2);
    }
}

TEST_CASE("sessions are not resumed when the options forbid it")
{
    testing::server_options options;
    options.session_tickets = false;
    testing::server server(options);
    for (int const newest : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        raw::settings settings(server);
        settings.newest_tls = newest;
        for (int i = 0; i < 2; ++i) {
            raw::connection connection(server.port());
            REQUIRE(connection.handshake(settings));
            CHECK_FALSE(connection.resumed());
            CHECK(get_model(connection, server).status == 200);
        }
    }
}

TEST_CASE("TLS 1.2 is the oldest version, and can be made the newest")
{
    testing::server_options options;
    options.newest_tls = 12;
    testing::server server(options);
    raw::settings settings(server);
    raw::connection connection(server.port());
    REQUIRE(connection.handshake(settings));
    CHECK(connection.version() == TLS1_2_VERSION);
    raw::settings old(server);
    old.newest_tls = TLS1_1_VERSION;
    raw::connection refused(server.port());
    CHECK_FALSE(refused.handshake(old));
}

TEST_CASE("curl, which knows nothing of this library, creates a prediction and downloads its file")
{
    if (std::system("curl --version >/dev/null 2>&1") != 0)
        return;
    testing::server server;
    std::string const authority =
        (std::filesystem::temp_directory_path() / ("replicate-authority-" + std::to_string(::getpid()) + ".pem"))
            .string();
    std::ofstream(authority) << server.certificate_authority();
    std::string const curl = "curl -s --noproxy '*' --cacert " + authority + ' ';
    std::string const created = output_of(curl + "-H 'Authorization: Bearer " + server.token()
        + "' -H 'Prefer: wait' -H 'Content-Type: application/json' -d '{\"input\":{\"prompt\":\"a llama\"}}' "
        + server.base_url() + "/models/black-forest-labs/flux-schnell/predictions");
    std::string const url = boost::json::parse(created).at("output").at(0).as_string().c_str();
    CHECK(output_of(curl + url).starts_with("\x89PNG"));
    CHECK(output_of(curl + "-X DELETE -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer " + server.token() + "' "
              + server.base_url() + "/predictions")
        == "405");
    CHECK(server.counts().creates == 1);
    std::filesystem::remove(authority);
}
