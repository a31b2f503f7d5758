// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Schemas that a client asks for and remembers.

#include "support/local_client.hpp"

#include <replicate/model_schema.hpp>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::input;
using replicate::model_schema;
using replicate::model_ref;

constexpr char const* model = "stability-ai/sdxl";

model_schema schema_of(local_client& local, model_ref what)
{
    return local.get(local.client.async_schema(std::move(what)));
}

asio::awaitable<std::size_t> ask_twice(local_client& local, model_ref what)
{
    model_schema const first = co_await local.client.async_schema(what);
    model_schema const second = co_await local.client.async_schema(what);
    co_return first.fields().size() + second.fields().size();
}

} // namespace

TEST_CASE("the schema of a model is that of its latest version, and is asked for once")
{
    local_client local;
    auto const schema = schema_of(local, model);
    CHECK(schema.model() == model);
    CHECK(schema.version() == local.server.version(model));
    CHECK_FALSE(schema.fields().empty());
    CHECK(local.get(ask_twice(local, model)) == 2 * schema.fields().size());
    CHECK(schema_of(local, std::string(model) + ":" + schema.version()).version() == schema.version());
    CHECK(schema_of(local, schema.version()).model() == model);
    CHECK(local.server.counts().requests == 1);
}

TEST_CASE("the schema of a version, and of what a deployment runs, is asked for once")
{
    local_client local;
    std::string const version = local.server.version(model);
    CHECK(schema_of(local, std::string(model) + ":" + version).version() == version);
    CHECK(local.server.counts().requests == 1);
    local.server.deployment("acme/pictures", model);
    CHECK(schema_of(local, replicate::deployment("acme", "pictures")).version() == version);
    CHECK(schema_of(local, replicate::deployment("acme", "pictures")).version() == version);
    CHECK(local.server.counts().requests == 2);
}

TEST_CASE("many who want the same schema at once cause one request")
{
    local_client local;
    std::vector<pending<model_schema>> calls(20);
    for (auto const& call : calls)
        local.client.async_schema(model, call.token());
    REQUIRE(local.run_until([&] {
        return std::all_of(calls.begin(), calls.end(), [](auto const& call) { return call.done(); });
    }));
    for (auto const& call : calls)
        CHECK_FALSE(call.code());
    CHECK(local.server.counts().requests == 1);
}

TEST_CASE("an input that the schema refuses is not sent, and names what the service would")
{
    local_client local;
    auto const schema = schema_of(local, model);
    input const wrong = input().set("prompt", 7).set("width", 100000).set("scheduler", "odd");
    auto const found = schema.validate(wrong);
    CHECK(found.size() == 3);
    CHECK(thrown_by<replicate::invalid_input_error>([&] { schema.throw_if_invalid(wrong); }));
    auto const refusal = local.failure_of(local.client.async_run(model, wrong));
    REQUIRE(refusal);
    CHECK(refusal->diagnostics().problem.invalid_fields.size() == found.size());
    CHECK(schema.validate(input().set("prompt", "a cat")).empty());
}

TEST_CASE("what has no schema, or none that is one, is an error that says so")
{
    local_client local;
    local.server.model("acme/odd", [](input const&) { return "x"; });
    local.server.model_schema("acme/odd", boost::json::parse(R"({"components":{"schemas":{}}})").as_object());
    auto failure = local.failure_of(local.client.async_schema("acme/odd"));
    REQUIRE(failure);
    CHECK(failure->code() == replicate::errc::unexpected_document);
    CHECK(failure->diagnostics().detail.find("no components.schemas.Input") != std::string::npos);
    failure = local.failure_of(local.client.async_schema("acme/nowhere"));
    REQUIRE(failure);
    CHECK(failure->code() == replicate::condition::not_found);
    failure = local.failure_of(local.client.async_schema(std::string(64, 'a')));
    REQUIRE(failure);
    CHECK(failure->code() == replicate::errc::invalid_argument);
    CHECK(failure->diagnostics().detail.find("owner/name:version") != std::string::npos);
}
