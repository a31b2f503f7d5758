// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Defects of other clients that this one must not have, each named by what must not happen: in requests, waits and lists.

#include "support/environment.hpp"
#include "support/local_client.hpp"
#include "support/slowness.hpp"

#include <replicate/log_reader.hpp>
#include <replicate/testing/proxy.hpp>
#include <replicate/webhook.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::errc;
using replicate::testing::fault;
using replicate::testing::operation;
using replicate::testing::script;

replicate::input prompt()
{
    return replicate::input().set("prompt", "once");
}

constexpr std::string_view llama = "meta/meta-llama-3-8b-instruct";

} // namespace

TEST_CASE("D2: a throttled request must not come back before the time that the service asks for")
{
    local_client local;
    local.server.next_create().use(fault().status(429, "", {{"retry-after", "1"}}));
    auto const began = steady::now();
    local.get(local.client.async_run(replicate::model_ref(llama), prompt(), local_client::quick()));
    CHECK(steady::now() - began >= 1s);
    CHECK(local.server.counts().create_requests == 2);
    CHECK(local.server.predictions().size() == 1);
}

TEST_CASE("D9: a create that does not wait must not be without a time limit")
{
    local_client local([](replicate::config& settings) { settings.timeouts.call = 200ms * slowness; });
    local.server.next_create().use(fault().never_answer());
    auto const began = steady::now();
    auto const late = local.failure_of(local.client.predictions().async_create(replicate::model_ref(llama), prompt()));
    REQUIRE(late.has_value());
    CHECK(late->code() == errc::deadline_exceeded);
    CHECK(steady::now() - began < 5s);
}

TEST_CASE("D11: settings for proxies, certificates and connections must not be ignored")
{
    replicate::testing::server server;
    replicate::testing::proxy proxy;
    environment_variable const token("REPLICATE_API_TOKEN", server.token());
    environment_variable const base("REPLICATE_BASE_URL", server.base_url());
    environment_variable const through("HTTPS_PROXY", proxy.url());
    environment_variable const never("NO_PROXY", nullptr);
    auto settings = replicate::config::from_environment();
    asio::io_context context;
    SUBCASE("the proxy of the environment is gone through")
    {
        settings.tls.certificate_authority = server.certificate_authority();
        replicate::client const client(context, settings);
        get(context, client.account().async_get());
        CHECK(proxy.counts().tunnels == 1);
    }
    SUBCASE("a certificate that nobody trusts is refused through it too")
    {
        replicate::client const client(context, settings);
        auto const refused = failure_of(context, client.account().async_get());
        REQUIRE(refused.has_value());
        CHECK(refused->code() == errc::certificate_rejected);
        CHECK(server.counts().requests == 0);
    }
    SUBCASE("no more connections are opened than is allowed, and no more predictions are created at once")
    {
        std::size_t const most = 3;
        SUBCASE("connections")
        {
            settings.pool.connections_per_origin = most;
        }
        SUBCASE("predictions")
        {
            settings.scheduler.in_flight = most;
        }
        settings.tls.certificate_authority = server.certificate_authority();
        server.always().use(fault().delay(20ms));
        replicate::client const client(context, settings);
        std::vector<pending<replicate::prediction>> calls(9);
        for (auto const& call : calls)
            client.predictions().async_create(replicate::model_ref(llama), prompt(), call.token());
        REQUIRE(run_until(context,
            [&] { return std::all_of(calls.begin(), calls.end(), [](auto const& call) { return call.done(); }); }));
        for (auto const& call : calls)
            CHECK_FALSE(call.code());
        CHECK(server.counts().creates == calls.size());
        CHECK(server.counts().peak_connections > 1);
        CHECK(server.counts().peak_connections <= most);
    }
}

TEST_CASE("D16: an absolute link to the next page must not be put behind the base URL")
{
    local_client local;
    auto pages = local.client.models().list();
    std::size_t seen = 0;
    while (auto const page = local.get(pages.async_next()))
        ++seen;
    CHECK(seen >= 2);
    for (auto const& request : local.server.requests())
        CHECK(request.target.find("http") == std::string::npos);
}

TEST_CASE("D17: a deadline must not wait for the pause before a repetition")
{
    local_client local;
    local.server.always(operation::create).use(fault().status(429, "", {{"retry-after", "30"}}));
    auto options = local_client::quick();
    options.timeout = 200ms * slowness;
    auto const began = steady::now();
    auto const late = local.failure_of(local.client.async_run(replicate::model_ref(llama), prompt(), options));
    REQUIRE(late.has_value());
    CHECK(late->code() == errc::deadline_exceeded);
    CHECK(steady::now() - began < *options.timeout + 100ms * slowness);
    CHECK(local.server.counts().create_requests == 1);
}

TEST_CASE("D21: the words of a search must not be put in quotes")
{
    local_client local;
    local.get(local.client.models().search("lla\"ma").async_list());
    auto const request = local.server.last_request();
    REQUIRE(request.has_value());
    CHECK(request->method == "QUERY");
    CHECK(request->body == "lla\"ma");
}

TEST_CASE("D25: a model that is run again must not be looked up again, and not over another connection")
{
    local_client local;
    // A model of the community: its name has to be looked up once.
    for (int i = 0; i < 5; ++i) {
        replicate::client const copy = local.client;
        auto const output = local.get(copy.async_run(
            "replicate/hello-world", replicate::input().set("text", "a" + std::to_string(i)), local_client::quick()));
        CHECK(output.prediction().model == "replicate/hello-world");
    }
    CHECK(local.server.counts().models == 1);
    CHECK(local.server.counts().creates == 5);
    CHECK(local.server.counts().connections == 1);
    CHECK(local.server.counts().full_handshakes == 1);
}

TEST_CASE("D26: webhooks must be verified")
{
    namespace webhook = replicate::webhook;
    webhook::headers const headers("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    constexpr std::string_view secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    std::chrono::system_clock::time_point const now(1614265330s);
    CHECK_FALSE(webhook::check(headers, R"({"test": 2432232314})", secret, now));
    CHECK(webhook::check(headers, R"({"test": 2432232315})", secret, now));
    CHECK(webhook::check(headers, R"({"test": 2432232314})", secret, now + 301s));
}

TEST_CASE("D26: the progress of a model must be told")
{
    local_client local;
    local.server.model("acme/slow", [](replicate::input const&) {
        return script().run(50ms).log(" 50%|##  | 1/2 [00:01]").run(50ms).log("100%|####| 2/2 [00:02]").output("done");
    });
    std::vector<double> told;
    auto options = local_client::quick(replicate::wait::poll());
    options.observer = [&](replicate::run_update const& update) {
        if (update.progress_changed && update.progress)
            told.push_back(update.progress->fraction);
    };
    auto const output = local.get(local.client.async_run(local.server.version("acme/slow"), prompt(), options));
    CHECK(told == std::vector<double>{0.5, 1.0});
    replicate::log_reader reader;
    CHECK(reader.read(output.prediction().logs).size() == 2);
    CHECK(reader.progress()->current == 2);
}

TEST_CASE("D26: a stream must not be made of polls")
{
    local_client local;
    local.server.model("acme/words", [](replicate::input const&) {
        return script().text_pieces({"one ", "two ", "three"}, 20ms).run(60s);
    });
    auto const stream = local.get(local.client.async_stream(local.server.version("acme/words"), prompt()));
    for (char const* piece : {"one ", "two ", "three"}) {
        std::optional<replicate::event> const next = local.get(stream.async_next());
        REQUIRE(next.has_value());
        CHECK(next->text() == piece);
    }
    CHECK(status_at(local.server, stream.prediction()->id) == "processing");
    CHECK(local.server.counts().gets == 0);
    CHECK(local.server.counts().streams == 1);
}

TEST_CASE("D27: what a create is told must not be dropped for some kinds of models")
{
    local_client local;
    local.server.deployment("acme/mine", llama);
    replicate::create_options options;
    options.wait = replicate::wait::sync(7s);
    options.cancel_after = 60s;
    std::vector<replicate::model_ref> const targets = {replicate::model_ref(llama),
        replicate::model_ref(std::string(llama) + ":" + local.server.version(llama)),
        replicate::deployment("acme", "mine")};
    for (auto const& target : targets) {
        local.get(local.client.predictions().async_create(target, prompt(), options));
        auto const request = local.server.last_request(operation::create);
        REQUIRE(request.has_value());
        CHECK(request->header("prefer") == "wait=7");
        CHECK(request->header("cancel-after") == "60s");
    }
}

TEST_CASE("D28, D29: an accepted deletion must not look like a failure")
{
    for (unsigned const status : {200u, 202u, 204u}) {
        local_client local;
        local.server.next().use(fault().status(status));
        auto const meta = local.get(
            local.client.models().versions("acme", "mine").async_delete(std::string(64, 'a')));
        CHECK(meta.status == status);
    }
}

TEST_CASE("D31: what costs must not be sent again when the service fails or is silent")
{
    for (fault const& how : {fault().status(500).carried_out(), fault().drop_after_request(), fault().never_answer()}) {
        local_client local([](replicate::config& settings) { settings.timeouts.response = 100ms; });
        local.server.always().use(how);
        replicate::new_training what;
        what.destination = "acme/mine";
        what.input = replicate::input().set("input_images", "https://example.com/x.zip");
        auto const failed = local.failure_of(
            local.client.trainings().async_create("acme/base:" + std::string(64, 'a'), what));
        REQUIRE(failed.has_value());
        CHECK(failed->code() == condition::outcome_unknown);
        CHECK(local.server.counts().requests == 1);
    }
}

TEST_CASE("D32, D33: a prediction that takes long must not be given up after some number of polls")
{
    local_client local;
    local.server.model("acme/long", [](replicate::input const&) { return script().boot(200ms).run(400ms).output("done"); });
    auto options = local_client::quick(replicate::wait::poll());
    options.first_poll_interval = 1ms;
    options.maximum_poll_interval = 2ms;
    auto const output = local.get(local.client.async_run(local.server.version("acme/long"), prompt(), options));
    CHECK(output.text() == "done");
    CHECK(local.server.counts().gets > 15);
}
