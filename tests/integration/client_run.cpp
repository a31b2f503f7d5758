// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// What people do first: run a model, look at a picture, forget the token, get something wrong.

#include <replicate/run.hpp>

#include "support/environment.hpp"
#include "support/local_client.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::condition;

constexpr char const* llama = "meta/meta-llama-3-8b-instruct";

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

bool is_png(std::string_view bytes)
{
    return bytes.starts_with("\x89PNG\r\n\x1a\n") && bytes.substr(12, 4) == "IHDR" && contains(bytes, "IEND");
}

// The environment of a program that talks to a local server.
class server_environment {
public:
    explicit server_environment(replicate::testing::server const& server)
        : token("REPLICATE_API_TOKEN", server.token())
        , base_url("REPLICATE_BASE_URL", server.base_url())
        , certificates("SSL_CERT_FILE", authority.write(server.certificate_authority()))
    {
    }

    temporary_file authority;
    environment_variable token, base_url, certificates;
};

} // namespace

TEST_CASE("a language model's answer arrives as text, with what it took")
{
    local_client local;
    replicate::input const input{{"prompt", "Hello, world!"}, {"max_tokens", 512}};
    auto const output = local.get(local.client.async_run(llama, input));
    CHECK(contains(output.text(), "Hello, world!"));
    CHECK(output.json().is_array());
    CHECK(output.as<std::vector<std::string>>().size() > 1);
    auto const& prediction = output.prediction();
    CHECK(prediction.status == replicate::prediction_status::succeeded);
    CHECK(prediction.id == local.server.predictions().at(0));
    CHECK(prediction.metrics.predict_time.value_or(0) > 0);
    CHECK(prediction.metrics.output_token_count == static_cast<double>(output.json().as_array().size()));
    CHECK(prediction.urls.web == "https://replicate.com/p/" + prediction.id);
    CHECK(local.server.counts().creates == 1);
}

TEST_CASE("the number of tokens asked for reaches the model")
{
    local_client local;
    replicate::input const input{{"prompt", "Hello"}, {"max_tokens", 3}};
    auto const output = local.get(local.client.async_run(llama, input));
    CHECK(output.json().as_array().size() == 3);
    auto const sent = local.server.last_request(replicate::testing::operation::create);
    REQUIRE(sent.has_value());
    CHECK(sent->body == R"({"input":{"prompt":"Hello","max_tokens":3}})");
    CHECK(sent->header("content-type") == "application/json");
    CHECK(sent->header("authorization") == "Bearer " + local.server.token());
    CHECK(sent->header("accept-encoding") == "identity");
    CHECK(sent->header("prefer") == "wait=60");
}

TEST_CASE("an image model answers with URLs whose files are PNG")
{
    local_client local;
    replicate::input const input{{"prompt", "a corgi in a field"}, {"num_outputs", 2}, {"width", 64}, {"height", 64}};
    std::string const reference = "stability-ai/sdxl:" + local.server.version("stability-ai/sdxl");
    auto const output = local.get(local.client.async_run(reference, input));
    auto const files = output.files();
    REQUIRE(files.size() == 2);
    for (auto const& file : files) {
        CHECK(file.url().starts_with(local.server.delivery_url()));
        CHECK(file.name().ends_with(".png"));
        CHECK(is_png(local.get(file.async_read())));
    }
    CHECK(local.server.counts().delivery_authorizations == 0);
}

TEST_CASE("a model of the community is run by its name too: its latest version is looked up once")
{
    local_client local;
    replicate::input const input{{"prompt", "a studio photo of a rainbow colored corgi"}, {"width", 64}, {"height", 64}};
    auto const first = local.get(local.client.async_run("stability-ai/sdxl", input));
    REQUIRE(first.files().size() == 1);
    CHECK(is_png(local.get(first.files().front().async_read())));
    CHECK(first.prediction().version == local.server.version("stability-ai/sdxl"));
    auto const second = local.get(local.client.async_run("stability-ai/sdxl", input));
    CHECK(second.files().size() == 1);
    CHECK(local.server.counts().creates == 2);
    CHECK(local.server.counts().create_requests == 3);
    CHECK(local.server.counts().models == 1);
}

TEST_CASE("an output outlives the client that made it, but its files are read while that is there")
{
    local_client local;
    replicate::output output;
    {
        replicate::client other(local.context, local.server.config());
        output = local.get(other.async_run(
            "black-forest-labs/flux-schnell", replicate::input().set("prompt", "llama").set("width", 32)));
        CHECK(is_png(local.get(output.files().at(0).async_read())));
    }
    CHECK(output.files().at(0).name() == "out-0.png");
    auto const refused = thrown_by([&] { output.files().at(0).async_read([](auto, auto) {}); });
    REQUIRE(refused.has_value());
    CHECK(refused->code() == replicate::errc::invalid_argument);
    CHECK(contains(refused->what(), "file: the client that made it has gone"));
    CHECK(thrown_by([&] { output.files().at(0).read(); }).has_value());
    CHECK(contains(thrown_by([&] { replicate::file_output("https://x.example/y").read(); })->what(),
        "was not made by a client"));
}

TEST_CASE("a file that came as a data URI is read without a request")
{
    replicate::testing::server_options options;
    options.data_uri_outputs = true;
    options.sync_answer = replicate::testing::sync_answer::processing_with_output;
    local_client local(nullptr, options);
    auto early = local_client::quick();
    early.early_output = true;
    auto const output = local.get(local.client.async_run(
        "black-forest-labs/flux-schnell", replicate::input().set("prompt", "x").set("width", 16), early));
    auto const files = output.files();
    REQUIRE(files.size() == 1);
    CHECK(files[0].url().starts_with("data:image/png;base64,"));
    auto const before = local.server.counts().requests;
    CHECK(is_png(local.get(files[0].async_read())));
    CHECK(local.server.counts().requests == before);
}

TEST_CASE("an empty prompt is the model's affair: its answer arrives")
{
    local_client local;
    auto const output = local.get(local.client.async_run(llama, replicate::input().set("prompt", "")));
    CHECK(output.prediction().status == replicate::prediction_status::succeeded);
    CHECK(contains(output.text(), "nothing at all"));
}

TEST_CASE("an empty prompt is the model's affair: its refusal arrives")
{
    local_client local;
    local.server.model("acme/picky", [](replicate::input const& input) {
        if (input.at("prompt").as_string().empty())
            throw replicate::testing::invalid_input(
                {replicate::testing::invalid_field("string_gte", "input.prompt", "String length must be at least 1")});
        return replicate::testing::script("fine");
    });
    auto const refused = local.failure_of(
        local.client.async_run(local.server.version("acme/picky"), replicate::input().set("prompt", "")));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == condition::invalid_input);
    CHECK(contains(refused->what(), "input.prompt: String length must be at least 1"));
}

TEST_CASE("an empty prompt is the model's affair: its failure arrives")
{
    local_client local;
    local.server.model(
        "acme/brittle", [](replicate::input const&) { return replicate::testing::script().fail("prompt is empty"); });
    auto const failed = local.failure_of<replicate::prediction_error>(
        local.client.async_run(local.server.version("acme/brittle"), replicate::input().set("prompt", "")));
    REQUIRE(failed.has_value());
    CHECK(failed->prediction().error == "prompt is empty");
}

TEST_CASE("the free function takes token and host from the environment, and one client serves a context")
{
    replicate::testing::server server;
    server_environment const environment(server);
    asio::io_context context;
    for (int i = 0; i < 3; ++i)
        CHECK(contains(
            get(context, replicate::async_run(llama, replicate::input().set("prompt", "again"))).text(), "again"));
    CHECK(server.counts().creates == 3);
    CHECK(server.counts().connections == 1);
}

TEST_CASE("the default client ends with its context")
{
    replicate::testing::server server;
    server_environment const environment(server);
    {
        asio::io_context context;
        get(context, replicate::async_run(llama, replicate::input().set("prompt", "first")));
        CHECK(server.counts().live_connections == 1);
    }
    CHECK(server.wait_until([](auto const& counts) { return counts.live_connections == 0; }));
    // The next context has a client of its own, which reads the environment anew.
    environment_variable const other_token("REPLICATE_API_TOKEN", "r8_not_this_one");
    asio::io_context context;
    auto const refused = failure_of(context, replicate::async_run(llama, replicate::input().set("prompt", "second")));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == condition::authentication);
    CHECK(refused->diagnostics().http_status == 401);
}

TEST_CASE("a missing token is an error that says how to get one")
{
    for (char const* token : {static_cast<char const*>(nullptr), "", "  \n"}) {
        environment_variable const missing("REPLICATE_API_TOKEN", token);
        asio::io_context context;
        std::vector<std::optional<replicate::error>> errors;
        errors.push_back(failure_of(context, replicate::async_run(llama, replicate::input().set("prompt", "x"))));
        errors.push_back(thrown_by([&] { replicate::client const client(context); }));
        errors.push_back(thrown_by([&] { replicate::client const client(context, replicate::config()); }));
        std::thread([&] {
            errors.push_back(thrown_by([&] { replicate::run(llama, replicate::input().set("prompt", "x")); }));
        }).join();
        for (auto const& error : errors) {
            REQUIRE(error.has_value());
            CHECK(error->code() == replicate::errc::missing_token);
            CHECK(error->code() == condition::authentication);
            CHECK(contains(error->what(), "REPLICATE_API_TOKEN"));
            CHECK(contains(error->what(), "https://replicate.com/account/api-tokens"));
        }
    }
}

TEST_CASE("a token that was set after a failure is found by the next call")
{
    replicate::testing::server server;
    server_environment const environment(server);
    asio::io_context context;
    {
        environment_variable const missing("REPLICATE_API_TOKEN", nullptr);
        CHECK(failure_of(context, replicate::async_run(llama, replicate::input().set("prompt", "x"))).has_value());
    }
    CHECK_FALSE(get(context, replicate::async_run(llama, replicate::input().set("prompt", "x"))).text().empty());
}

TEST_CASE("an input that the model refuses is an error that names the member")
{
    local_client local;
    auto const refused = local.failure_of(local.client.async_run(llama, replicate::input().set("max_tokens", 8)));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == condition::invalid_input);
    CHECK(refused->code().value() == 422);
    auto const& known = refused->diagnostics();
    CHECK(known.http_status == 422);
    CHECK(known.operation == "POST /models/meta/meta-llama-3-8b-instruct/predictions");
    CHECK(known.phase == replicate::phase::read);
    CHECK(known.attempts == 1);
    CHECK(known.elapsed > 0s);
    REQUIRE(known.problem.invalid_fields.size() == 1);
    CHECK(known.problem.invalid_fields[0].description == "prompt is required");
    std::string const line = refused->what();
    CHECK(line.starts_with("POST /models/meta/meta-llama-3-8b-instruct/predictions: 422 Input validation failed"));
    CHECK(contains(line, "prompt is required"));
    CHECK_FALSE(contains(line, "\n"));
}

TEST_CASE("the answers of the service that refuse a call are errors of their kind")
{
    local_client local;
    struct {
        unsigned status;
        condition expected;
    } const rows[] = {{401, condition::authentication}, {403, condition::authentication}, {404, condition::not_found},
        {413, condition::invalid_input}, {422, condition::invalid_input},
        // The last, because nothing is created after it for a while.
        {402, condition::insufficient_credit}};
    // By its version: a name that is not found would be looked up.
    std::string const version = local.server.version(llama);
    for (auto const& row : rows) {
        local.server.next_create().status(row.status, R"({"title":"No","detail":"Not like this","status":0})");
        auto const refused = local.failure_of(local.client.async_run(version, replicate::input().set("prompt", "x")));
        REQUIRE(refused.has_value());
        CHECK(refused->code() == row.expected);
        CHECK(contains(refused->what(), std::to_string(row.status) + " No: Not like this"));
    }
    CHECK(local.server.counts().creates == 0);
}

TEST_CASE("a model that does not exist is not found")
{
    local_client local;
    auto const refused = local.failure_of(local.client.async_run("acme/nothing", replicate::input()));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == condition::not_found);
    CHECK(refused->diagnostics().operation == "POST /models/acme/nothing/predictions");
}

TEST_CASE("a failed prediction is an error with its logs and its page")
{
    local_client local;
    auto const failed = local.failure_of<replicate::prediction_error>(
        local.client.async_run(local.server.version("test/fails"), replicate::input()));
    REQUIRE(failed.has_value());
    CHECK(failed->code() == replicate::errc::prediction_failed);
    CHECK(failed->code() == condition::prediction_failed);
    auto const& prediction = failed->prediction();
    CHECK(prediction.status == replicate::prediction_status::failed);
    CHECK(prediction.id == local.server.predictions().at(0));
    CHECK(contains(prediction.error, "CUDA out of memory"));
    CHECK(contains(prediction.logs, "Loading weights"));
    CHECK(contains(prediction.logs, "Traceback"));
    CHECK(prediction.urls.web == "https://replicate.com/p/" + prediction.id);
    CHECK(contains(failed->what(), "CUDA out of memory"));
}

TEST_CASE("a prediction that was canceled elsewhere is an error with what it had logged")
{
    local_client local;
    pending<replicate::output> run;
    replicate::diagnostics known;
    local.client.async_run(local.server.version("test/never-ends"), replicate::input(),
        local_client::quick(replicate::wait::poll()), known, run.token());
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.gets >= 2; }));
    std::string const id = local.server.predictions().at(0);
    CHECK(local.server.cancel(id));
    REQUIRE(local.run_until([&] { return run.done(); }));
    CHECK(run.code() == condition::prediction_canceled);
    REQUIRE(known.prediction != nullptr);
    CHECK(known.prediction->id == id);
    CHECK(known.prediction->status == replicate::prediction_status::canceled);
    CHECK(contains(known.prediction->logs, "This will take a while"));
    CHECK(known.prediction->urls.web == "https://replicate.com/p/" + id);
}

TEST_CASE("a prediction that never began is an error of its own")
{
    local_client local;
    local.server.model(
        "acme/late", [](replicate::input const&) { return replicate::testing::script().boot(20ms).abort(); });
    auto const aborted = local.failure_of<replicate::prediction_error>(
        local.client.async_run(local.server.version("acme/late"), replicate::input(), local_client::quick()));
    REQUIRE(aborted.has_value());
    CHECK(aborted->code() == condition::prediction_aborted);
    CHECK_FALSE(aborted->code() == condition::prediction_canceled);
    CHECK(aborted->prediction().status == replicate::prediction_status::aborted);
    CHECK(aborted->prediction().urls.web == "https://replicate.com/p/" + aborted->prediction().id);
    CHECK_FALSE(aborted->prediction().metrics.predict_time.has_value());
}

TEST_CASE("a deployment is run by its own path")
{
    local_client local;
    local.server.deployment("acme/my-llama", llama);
    auto const output = local.get(
        local.client.async_run(replicate::deployment("acme", "my-llama"), replicate::input().set("prompt", "Hi")));
    CHECK(contains(output.text(), "Hi"));
    CHECK(local.server.last_request(replicate::testing::operation::create)->target
        == "/v1/deployments/acme/my-llama/predictions");
}

TEST_CASE("a client asks for its token before each request")
{
    std::string token;
    local_client local([&](replicate::config& settings) {
        token = std::exchange(settings.token, {});
        settings.token_source = [&token] { return token; };
    });
    std::string const good = token;
    auto const call = [&] { return local.client.predictions().async_list(); };
    CHECK_FALSE(local.failure_of(call()).has_value());
    token = "r8_outdated";
    CHECK(local.failure_of(call())->code() == condition::authentication);
    token = good;
    CHECK_FALSE(local.failure_of(call()).has_value());
    token.clear();
    CHECK(local.failure_of(call())->code() == replicate::errc::missing_token);
    CHECK(local.server.counts().requests == 3);
}
