// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Every way in which a prediction ends, as every way to wait for it sees it; and the trust in certificates, on every way.

#include "support/foreign_host.hpp"
#include "support/local_client.hpp"

#include <replicate/testing/prediction_link.hpp>
#include <replicate/webhook_listener.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::errc;
using replicate::input;
using replicate::testing::script;

// A model that ends in a certain way, and what a run of it is to give.
class ending {
public:
    std::string model;
    std::optional<condition> failure;

    ending(std::string name, std::optional<condition> expected)
        : model(std::move(name))
        , failure(expected)
    {
    }
};

class endings_fixture : public local_client {
public:
    endings_fixture()
    {
        server.model("acme/succeeds", [](input const&) { return script().boot(5ms).text_pieces({"do", "ne"}, 5ms); });
        server.model("acme/fails", [](input const&) { return script().boot(5ms).text_pieces({"do"}, 5ms).fail("broken"); });
        server.model("acme/aborts", [](input const&) {
            return script().boot(5ms).abort().streams(script::stream_kind::text);
        });
        server.model("acme/canceled", [](input const&) { return script().text_pieces({"do"}, 5ms).run(60s); });
    }

    std::vector<ending> const endings = {{"acme/succeeds", std::nullopt}, {"acme/fails", condition::prediction_failed},
        {"acme/aborts", condition::prediction_aborted}, {"acme/canceled", condition::prediction_canceled}};

    // Cancels what waits for it, as somebody would on the web site.
    void cancel_the_last_when_it_runs(ending const& how)
    {
        if (how.model != "acme/canceled")
            return;
        REQUIRE(run_until([&] {
            auto const all = server.predictions();
            return !all.empty() && status_at(server, all.back()) == "processing";
        }));
        server.cancel(server.predictions().back());
    }

    void check_run(ending const& how, replicate::run_options const& options)
    {
        CAPTURE(how.model);
        replicate::diagnostics known;
        pending<replicate::output> run;
        client.async_run(server.version(how.model), input(), options, known, run.token());
        auto const before = server.predictions().size();
        REQUIRE(run_until([&] { return run.done() || server.predictions().size() > before; }));
        if (!run.done())
            cancel_the_last_when_it_runs(how);
        REQUIRE(run_until([&] { return run.done(); }));
        check(how, run.code(), run.value().text());
    }

    static void check(ending const& how, boost::system::error_code code, std::string const& text)
    {
        if (how.failure) {
            CHECK(code == *how.failure);
        } else {
            CHECK_FALSE(code);
            CHECK(text == "done");
        }
    }
};

} // namespace

TEST_CASE_FIXTURE(endings_fixture, "C11: every ending is seen by every way to wait")
{
    for (ending const& how : endings) {
        check_run(how, quick(replicate::wait::poll()));
        check_run(how, quick(replicate::wait::sync()));
        replicate::webhook_listener listener(client);
        auto options = quick();
        options.wait = replicate::wait::webhook(listener, 2s);
        check_run(how, options);
        listener.stop();
    }
}

TEST_CASE_FIXTURE(endings_fixture, "C11: every ending is seen by streams")
{
    for (ending const& how : endings) {
        CAPTURE(how.model);
        auto const stream = get(client.async_stream(server.version(how.model), input()));
        cancel_the_last_when_it_runs(how);
        pending<std::string> read;
        stream.async_text(read.token());
        REQUIRE(run_until([&] { return read.done(); }));
        check(how, read.code(), read.value());
    }
}

TEST_CASE("I8: a certificate that nobody vouches for is refused on every way: calls, uploads, streams and downloads")
{
    local_client local;
    replicate::config settings = local.server.config();
    settings.tls.certificate_authority.clear();
    replicate::client const wary(local.context, settings);
    auto const refused = [&](auto operation) {
        auto const failure = local.failure_of(std::move(operation));
        REQUIRE(failure.has_value());
        CHECK(failure->code() == errc::certificate_rejected);
    };
    refused(wary.account().async_get());
    refused(wary.files().async_create(replicate::file_source::from_bytes("x", "x.txt")));
    refused(wary.async_stream("meta/meta-llama-3-8b-instruct", input().set("prompt", "x")));
    refused(wary.http().async_get(local.server.stream_url() + "/v1/streams/x"));
    refused(wary.http().async_get(local.server.delivery_url() + "/x"));

    // The same where only the hosts of streams and files cannot prove who they are.
    replicate::testing::server const other;
    foreign_host untrusted(other);
    local.server.point(replicate::testing::prediction_link::output, untrusted.url());
    local.server.point(replicate::testing::prediction_link::stream, untrusted.url());
    auto const output = local.get(local.client.async_run(
        "black-forest-labs/flux-schnell", input().set("prompt", "x").set("width", 16), local_client::quick()));
    refused(output.files().at(0).async_read());
    auto const stream = local.get(
        local.client.async_stream("meta/meta-llama-3-8b-instruct", input().set("prompt", "x")));
    CHECK_FALSE(local.get(stream.async_text()).empty()); // from the prediction itself
    CHECK(untrusted.requests().empty());
    CHECK(local.server.counts().downloads == 0);
}
