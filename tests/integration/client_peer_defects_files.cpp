// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Defects of other clients that this one must not have, each named by what must not happen: with files, in and out.

#include "support/foreign_host.hpp"
#include "support/local_client.hpp"

#include <replicate/testing/prediction_link.hpp>

#include <boost/json/serialize.hpp>

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace replicate::tests;
using replicate::errc;
using replicate::file_source;
using replicate::testing::operation;
using replicate::testing::prediction_link;
using replicate::testing::script;

replicate::input painting()
{
    return replicate::input().set("prompt", "a llama").set("width", 16).set("height", 16);
}

} // namespace

TEST_CASE("D1: what is sent as an input must hold nothing of the client, least of all its token")
{
    for (auto const how : {replicate::file_strategy::within_input, replicate::file_strategy::upload}) {
        local_client local([&](replicate::config& settings) { settings.files.strategy = how; });
        auto const values = replicate::input().set("image", file_source::from_bytes("llama", "a.txt"));
        local.get(local.client.async_run(local.server.version("test/echo"), values, local_client::quick()));
        for (auto const& request : local.server.requests()) {
            CHECK(request.body.find(local.server.token()) == std::string::npos);
            CHECK(request.target.find(local.server.token()) == std::string::npos);
        }
        auto const create = local.server.last_request(operation::create);
        REQUIRE(create.has_value());
        CHECK(create->body.find("\"image\":\"") != std::string::npos);
    }
}

TEST_CASE("D10: the token must not be sent to the hosts that output files come from")
{
    local_client local;
    foreign_host delivery(local.server);
    delivery.answer_with([](auto const&) { return closing_answer(200, "bytes"); });
    local.server.point(prediction_link::output, delivery.url());
    auto const output =
        local.get(local.client.async_run("black-forest-labs/flux-schnell", painting(), local_client::quick()));
    CHECK(local.get(output.files().at(0).async_read()) == "bytes");
    CHECK(delivery.requests().size() == 1);
    CHECK_FALSE(delivery.saw_authorization());
}

TEST_CASE("D18, D20: files must not be fetched before somebody reads them")
{
    local_client local;
    auto values = painting();
    values.set("num_outputs", 4);
    auto const output =
        local.get(local.client.async_run("black-forest-labs/flux-schnell", values, local_client::quick()));
    {
        auto const files = output.files();
        CHECK(files.size() == 4);
    }
    run_out(local.context);
    CHECK(local.server.counts().downloads == 0);
    CHECK_FALSE(local.get(output.files().at(2).async_read()).empty());
    CHECK(local.server.counts().downloads == 1);
}

TEST_CASE("D19: the input of the caller must not be changed")
{
    local_client local([](replicate::config& settings) { settings.files.strategy = replicate::file_strategy::upload; });
    auto const values = replicate::input().set("image", file_source::from_bytes("llama", "a.txt")).set("scale", 2);
    auto const before = boost::json::serialize(values.object());
    for (int i = 0; i < 2; ++i)
        local.get(local.client.async_run(local.server.version("test/echo"), values, local_client::quick()));
    CHECK(boost::json::serialize(values.object()) == before);
    CHECK(values.files().size() == 1);
}

TEST_CASE("D23: a file that cannot be read must end in an error that says so")
{
    local_client local;
    auto const output =
        local.get(local.client.async_run("black-forest-labs/flux-schnell", painting(), local_client::quick()));
    local.server.always(operation::download).status(404, "gone");
    auto const refused = local.failure_of(output.files().at(0).async_read());
    REQUIRE(refused.has_value());
    CHECK(refused->code() == replicate::condition::not_found);
    CHECK(refused->diagnostics().http_status == 404);
}

TEST_CASE("files stand in the input of a training, too")
{
    local_client local([](replicate::config& settings) { settings.files.strategy = replicate::file_strategy::upload; });
    local.get(local.client.models().async_create(
        replicate::new_model("acme", "tuned", "cpu")));
    replicate::new_training const what("acme/tuned",
        replicate::input().set("input_images", file_source::from_bytes(std::string(1000, 'x'), "images.zip")));
    auto const base = "stability-ai/sdxl:" + local.server.version("stability-ai/sdxl");
    auto const started = local.get(local.client.trainings().async_create(base, what));
    CHECK_FALSE(started.id.empty());
    auto const sent = local.server.last_request(operation::training_create);
    REQUIRE(sent.has_value());
    CHECK(sent->body.find("/v1/files/") != std::string::npos);
    CHECK(what.input.files().size() == 1);

    // What is wrong with the rest is told before the file is sent.
    auto const uploads = local.server.counts().requests;
    replicate::new_training wrong = what;
    wrong.destination = "nobody";
    CHECK(local.failure_of(local.client.trainings().async_create(base, wrong))->code() == errc::invalid_argument);
    CHECK(local.server.counts().requests == uploads);
}
