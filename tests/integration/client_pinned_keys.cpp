// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Keys that are pinned for the API: with any other, nothing is said to it.

#include "support/key_pin.hpp"
#include "support/local_client.hpp"

#include <replicate/testing/proxy.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::errc;
using replicate::testing::script;

std::string const wrong = "sha256/" + std::string(43, 'A') + "=";

bool contains(std::string const& text, std::string const& part)
{
    return text.find(part) != std::string::npos;
}

// A client of the server with these keys.
replicate::client pinned(local_client& local, std::vector<std::string> keys, std::string const& proxy = {})
{
    auto settings = local_client::settings(local.server);
    settings.tls.pinned_keys = std::move(keys);
    settings.proxy.url = proxy;
    return replicate::client(local.context, settings);
}

} // namespace

TEST_CASE("an API whose key is pinned is used as ever, and its files, streams and other hosts need no pin")
{
    local_client local;
    local.server.model(
        "acme/file", [](replicate::input const&) { return script().file("some bytes", "image/png", "out.png"); });
    auto const client = pinned(local, {wrong, pin_of(local.server.certificate_authority())});
    auto const output = local.get(client.async_run(local.server.version("acme/file"), replicate::input()));
    CHECK(local.get(output.files().at(0).async_read()) == "some bytes");
    CHECK(local.server.counts().downloads == 1);
    auto const told = local.get(client.async_stream("meta/meta-llama-3-8b-instruct", replicate::input().set("prompt", "a")));
    CHECK_FALSE(local.get(told.async_text()).empty());
}

TEST_CASE("an API with another key than those that are pinned hears nothing, and is not tried again")
{
    local_client local;
    replicate::testing::proxy proxy;
    std::string through;
    SUBCASE("directly")
    {
    }
    SUBCASE("behind a proxy")
    {
        through = proxy.url();
    }
    auto const client = pinned(local, {wrong}, through);
    // Another client on the same context has a session that it could resume.
    local.get(local.client.account().async_get());
    local.server.reset_counts();
    replicate::diagnostics known;
    auto const refused = local.failure_of(client.async_run("test/echo", replicate::input(), known));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == errc::certificate_rejected);
    CHECK(refused->code() == condition::tls);
    CHECK(contains(refused->what(), "expected " + wrong));
    CHECK(contains(refused->what(), "seen sha256/"));
    CHECK(contains(refused->what(), pin_of(local.server.certificate_authority())));
    CHECK(known.attempts == 1);
    CHECK(local.server.counts().requests == 0);
    CHECK(local.server.counts().connections == 1);
    CHECK(local.server.counts().resumed_handshakes == 0);
}

TEST_CASE("a key that could be none is refused when the client is made")
{
    local_client local;
    auto const refused = thrown_by([&] { pinned(local, {"sha256/abc"}); });
    REQUIRE(refused.has_value());
    CHECK(refused->code() == errc::invalid_configuration);
    CHECK(contains(refused->what(), "tls.pinned_keys: 'sha256/abc' is not"));
}
