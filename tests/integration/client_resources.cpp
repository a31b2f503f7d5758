// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Every resource of a client: what is sent, what is made of the answer, and what came with it.

#include "support/exchanges.hpp"
#include "support/local_client.hpp"
#include "support/shared_files.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::errc;

std::string const some_version(64, 'a');

// What came with an answer made by `exchange`.
void check_meta(replicate::response_meta const& meta, unsigned status = 200)
{
    CHECK(meta.status == status);
    CHECK(meta.rate_limit_remaining == 2999u);
    CHECK(meta.rate_limit_reset == 1s);
    CHECK(meta.request_id == "82702682c85e3afa-IAD");
    CHECK(meta.attempts == 1);
    CHECK(meta.elapsed > 0ns);
    CHECK(meta.server_date.has_value());
}

// The one request that the server has seen.
replicate::testing::recorded_request only_request(local_client const& local)
{
    auto const all = local.server.requests();
    REQUIRE(all.size() == 1);
    return all.front();
}

void check_sent(local_client const& local, std::string_view method, std::string_view target, std::string_view body = "")
{
    auto const sent = only_request(local);
    CHECK(sent.method == method);
    CHECK(sent.target == "/v1" + std::string(target));
    CHECK(sent.body == body);
    CHECK(sent.header("authorization") == "Bearer " + local.server.token());
    CHECK(sent.header("prefer") == "");
    CHECK(sent.header("cancel-after") == "");
}

constexpr char const* model_text = R"({"owner":"acme","name":"shout","visibility":"public","run_count":7})";
constexpr char const* deployment_text =
    R"({"owner":"acme","name":"shouter","current_release":{"number":2,"model":"acme/shout","version":"v",)"
    R"("configuration":{"hardware":"cpu","min_instances":0,"max_instances":3}}})";
constexpr char const* training_text = R"({"id":"t1","model":"acme/shout","status":"starting"})";

} // namespace

TEST_CASE("the account is read")
{
    local_client local;
    local.server.replay(exchanges({exchange("GET", "/account", 200, R"({"type":"organization","username":"acme"})")}));
    auto const account = local.get(local.client.account().async_get());
    CHECK(account.username == "acme");
    CHECK(account.is_organization());
    check_meta(account.meta());
    check_sent(local, "GET", "/account");
}

TEST_CASE("the recorded hardware is listed")
{
    auto const recording = read_shared("recordings/hardware-list.json");
    if (!recording)
        return;
    local_client local;
    local.server.replay(boost::json::parse(*recording).at("exchanges").as_array());
    auto const machines = local.get(local.client.hardware().async_list());
    REQUIRE(machines.results.size() == 4);
    CHECK(machines.results[0].sku == "cpu");
    CHECK(machines.next == "");
    CHECK(machines.meta().status == 200);
    CHECK_FALSE(machines.meta().request_id.empty());
}

TEST_CASE("the recorded collections and models are read")
{
    auto const listed = read_shared("recordings/collections-list.json");
    auto const got = read_shared("recordings/models-get.json");
    if (!listed || !got)
        return;
    auto both = boost::json::parse(*listed).at("exchanges").as_array();
    auto const models = boost::json::parse(*got);
    for (auto const& one : models.at("exchanges").as_array())
        both.push_back(one);
    local_client local;
    local.server.replay(both);
    auto const collections = local.get(local.client.collections().async_list());
    CHECK(collections.results.size() == 19);
    CHECK(collections.meta().status == 200);
    auto const sdxl = local.get(local.client.models().async_get("stability-ai", "sdxl"));
    CHECK(sdxl.reference() == "stability-ai/sdxl");
    CHECK(sdxl.latest_version.has_value());
    CHECK(sdxl.meta().status == 200);
    CHECK(sdxl.latest_version->meta().status == 0);
    auto const empty = local.get(local.client.models().async_get("mattt", "empty"));
    CHECK_FALSE(empty.latest_version.has_value());
    CHECK(local.server.counts().unmatched_replays == 0);
}

TEST_CASE("a collection is read by its slug")
{
    local_client local;
    local.server.replay(exchanges({exchange("GET", "/collections/text-to-image", 200,
        R"({"slug":"text-to-image","name":"n","description":"d","models":[{"owner":"a","name":"b"}]})")}));
    auto const found = local.get(local.client.collections().async_get("text-to-image"));
    REQUIRE(found.models.size() == 1);
    CHECK(found.models[0].reference() == "a/b");
    check_meta(found.meta());
    check_sent(local, "GET", "/collections/text-to-image");
}

TEST_CASE("deployments are made, read, changed and deleted")
{
    replicate::new_deployment const wanted("shouter", "acme/shout", some_version, "cpu");
    replicate::deployment_update change;
    change.max_instances = 3;
    {
        local_client local;
        local.server.replay(exchanges({exchange("POST", "/deployments", 200, deployment_text)}));
        auto const made = local.get(local.client.deployments().async_create(wanted));
        CHECK(made.owner == "acme");
        CHECK(made.current_release->max_instances == 3);
        check_meta(made.meta());
        check_sent(local, "POST", "/deployments",
            R"({"name":"shouter","model":"acme/shout","version":")" + some_version
                + R"(","hardware":"cpu","min_instances":0,"max_instances":1})");
    }
    {
        local_client local;
        local.server.replay(exchanges({exchange("GET", "/deployments/acme/shouter", 200, deployment_text)}));
        check_meta(local.get(local.client.deployments().async_get("acme", "shouter")).meta());
        check_sent(local, "GET", "/deployments/acme/shouter");
    }
    {
        local_client local;
        local.server.replay(exchanges({exchange("PATCH", "/deployments/acme/shouter", 200, deployment_text)}));
        auto const changed = local.get(local.client.deployments().async_update("acme", "shouter", change));
        CHECK(changed.current_release->number == 2);
        check_sent(local, "PATCH", "/deployments/acme/shouter", R"({"max_instances":3})");
    }
}

TEST_CASE("a deletion succeeds with any answer of 2xx, empty as it is")
{
    for (int status : {200, 202, 204}) {
        CAPTURE(status);
        auto const answer = [&](std::string_view path) {
            return exchanges({exchange("DELETE", path, status, "", usual_headers("text/plain; charset=UTF-8"))});
        };
        auto const expected = static_cast<unsigned>(status);
        local_client deployments, files, models, versions;
        deployments.server.replay(answer("/deployments/acme/shouter"));
        check_meta(deployments.get(deployments.client.deployments().async_delete("acme", "shouter")), expected);
        files.server.replay(answer("/files/f1"));
        check_meta(files.get(files.client.files().async_delete("f1")), expected);
        models.server.replay(answer("/models/acme/shout"));
        check_meta(models.get(models.client.models().async_delete("acme", "shout")), expected);
        versions.server.replay(answer("/models/acme/shout/versions/v1"));
        check_meta(versions.get(versions.client.models().versions("acme", "shout").async_delete("v1")), expected);
        check_sent(versions, "DELETE", "/models/acme/shout/versions/v1");
    }
}

TEST_CASE("models are made, changed, and described")
{
    {
        local_client local;
        local.server.replay(exchanges({exchange("POST", "/models", 201, model_text)}));
        auto const made = local.get(local.client.models().async_create(replicate::new_model("acme", "shout", "cpu")));
        CHECK(made.run_count == 7);
        check_meta(made.meta(), 201);
        check_sent(
            local, "POST", "/models", R"({"owner":"acme","name":"shout","visibility":"private","hardware":"cpu"})");
    }
    {
        local_client local;
        local.server.replay(exchanges({exchange("PATCH", "/models/acme/shout", 200, model_text)}));
        replicate::model_update change;
        change.readme = "# Shout";
        CHECK(local.get(local.client.models().async_update("acme", "shout", change)).name == "shout");
        check_sent(local, "PATCH", "/models/acme/shout", R"({"readme":"# Shout"})");
    }
    {
        local_client local;
        local.server.replay(exchanges(
            {exchange("GET", "/models/acme/shout/readme", 200, "# Shout\n\"loud\"", usual_headers("text/plain"))}));
        auto const readme = local.get(local.client.models().async_readme("acme", "shout"));
        CHECK(readme.text == "# Shout\n\"loud\"");
        check_meta(readme.meta());
    }
    {
        local_client local;
        local.server.replay(exchanges(
            {exchange("GET", "/models/acme/shout/versions/v1", 200, R"({"id":"v1","openapi_schema":{"a":1}})")}));
        auto const version = local.get(local.client.models().versions("acme", "shout").async_get("v1"));
        CHECK(version.id == "v1");
        CHECK(version.openapi_schema().at("a") == 1);
        check_meta(version.meta());
    }
}

TEST_CASE("models are searched for with plain words")
{
    local_client local;
    local.server.replay(exchanges({exchange("QUERY", "/models", 200,
        R"({"next":null,"previous":null,"results":[{"owner":"acme","name":"shout"}]})")}));
    auto const found = local.get(local.client.models().search("loud \"llama\"").async_list());
    REQUIRE(found.results.size() == 1);
    check_meta(found.meta());
    check_sent(local, "QUERY", "/models", "loud \"llama\"");
    CHECK(only_request(local).header("content-type") == "text/plain");
}

TEST_CASE("everything is searched for")
{
    local_client local;
    local.server.replay(exchanges({exchange("GET", "/search", 200,
        R"({"query":"loud","models":[{"model":{"owner":"acme","name":"shout"},"metadata":{"score":0.5}}],)"
        R"("collections":[],"pages":[{"name":"n","href":"/docs"}]})")}));
    replicate::search_options options;
    options.limit = 5;
    auto const found = local.get(local.client.async_search("loud & clear", options));
    REQUIRE(found.models.size() == 1);
    CHECK(found.models[0].score == 0.5);
    CHECK(found.pages.size() == 1);
    check_meta(found.meta());
    check_sent(local, "GET", "/search?query=loud%20%26%20clear&limit=5");
}

TEST_CASE("trainings are started, read and cancelled by their id, wherever their links lead")
{
    constexpr char const* links =
        R"({"id":"t1","status":"starting","urls":{"get":"https://evil.example/t1","cancel":"https://evil.example/c"}})";
    local_client local;
    local.server.replay(exchanges({exchange("POST", "/models/acme/shout/versions/v1/trainings", 201, links),
        exchange("GET", "/trainings/t1", 200, training_text),
        exchange("POST", "/trainings/t1/cancel", 200, R"({"id":"t1","status":"canceled"})")}));
    replicate::new_training const wanted("me/tuned", replicate::input().set("steps", 3));
    auto const started = local.get(local.client.trainings().async_create("acme/shout:v1", wanted));
    check_meta(started.meta(), 201);
    CHECK(local.get(local.client.trainings().async_get(started.id)).status == replicate::prediction_status::starting);
    CHECK(local.get(local.client.trainings().async_cancel(started.id)).status == replicate::prediction_status::canceled);
    CHECK(local.server.counts().unmatched_replays == 0);
    CHECK(local.server.requests().front().body == R"({"destination":"me/tuned","input":{"steps":3}})");
    CHECK(local.server.requests().front().header("prefer") == "");
}

TEST_CASE("the recorded refusal of a training is an error with its text")
{
    auto const recording = read_shared("recordings/trainings-create__invalid-destination.json");
    if (!recording)
        return;
    auto const recorded = boost::json::parse(*recording).at("exchanges").as_array();
    std::string const uri = recorded.front().at("request").at("uri").as_string().c_str();
    // .../models/OWNER/NAME/versions/ID/trainings
    auto const after = [&](std::string_view word) { return uri.find(word) + word.size(); };
    std::string const name = uri.substr(after("/models/"), uri.find("/versions/") - after("/models/"));
    std::string const version = uri.substr(after("/versions/"), uri.find("/trainings") - after("/versions/"));
    local_client local;
    local.server.replay(recorded);
    auto const refused = local.failure_of(local.client.trainings().async_create(
        name + ":" + version, replicate::new_training("me/none", replicate::input())));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == condition::not_found);
    CHECK(refused->diagnostics().problem.detail == "The specified training destination does not exist");
}

TEST_CASE("a training, a deployment and a model are never asked for twice")
{
    for (int status : {500, 502, 503}) {
        CAPTURE(status);
        local_client local;
        local.server.replay(exchanges({exchange("POST", "/models/acme/shout/versions/v1/trainings", status, ""),
            exchange("POST", "/deployments", status, ""), exchange("POST", "/models", status, "")}));
        auto const training = local.failure_of(local.client.trainings().async_create(
            "acme/shout:v1", replicate::new_training("me/tuned", replicate::input())));
        auto const deployment = local.failure_of(local.client.deployments().async_create(
            replicate::new_deployment("shouter", "acme/shout", some_version, "cpu")));
        auto const model =
            local.failure_of(local.client.models().async_create(replicate::new_model("acme", "shout", "cpu")));
        for (auto const& failed : {training, deployment, model}) {
            REQUIRE(failed.has_value());
            CHECK(failed->code() == condition::outcome_unknown);
            CHECK(failed->code() == condition::server_error);
        }
        CHECK(local.server.counts().requests == 3);
    }
}

TEST_CASE("what reads and what changes nothing twice is repeated after a failure of the server")
{
    local_client local;
    local.server.replay(exchanges({exchange("GET", "/account", 503, ""),
        exchange("GET", "/account", 200, R"({"type":"user","username":"me"})"),
        exchange("PATCH", "/deployments/acme/shouter", 502, ""),
        exchange("PATCH", "/deployments/acme/shouter", 200, deployment_text)}));
    auto const account = local.get(local.client.account().async_get());
    CHECK(account.meta().attempts == 2);
    replicate::deployment_update change;
    change.max_instances = 3;
    CHECK(local.get(local.client.deployments().async_update("acme", "shouter", change)).meta().attempts == 2);
}

TEST_CASE("the description of a file is read, and a shared file is downloaded")
{
    local_client local;
    json::object headers = usual_headers("application/octet-stream");
    local.server.replay(exchanges({exchange("GET", "/files/f1", 200, R"({"id":"f1","size":3,"content_type":"a/b"})"),
        exchange("GET", "/files/f1/download", 200, "\n{]", headers)}));
    auto const file = local.get(local.client.files().async_get("f1"));
    CHECK(file.size == 3);
    check_meta(file.meta());
    std::chrono::system_clock::time_point const expiry{1735689600s};
    auto const content = local.get(local.client.files().async_download("f1", "acme", expiry, "c2lnbmVk"));
    CHECK(content.bytes == "\n{]");
    CHECK(content.content_type == "application/octet-stream");
    check_meta(content.meta());
    CHECK(local.server.requests().back().target == "/v1/files/f1/download?owner=acme&expiry=1735689600&signature=c2lnbmVk");
}

TEST_CASE("the webhook secret is fetched once for a client, and again when that is asked for")
{
    local_client local;
    local.server.replay(exchanges({exchange("GET", "/webhooks/default/secret", 200, R"({"key":"whsec_b25l"})"),
        exchange("GET", "/webhooks/default/secret", 200, R"({"key":"whsec_dHdv"})")}));
    pending<replicate::webhook_secret> first, second;
    local.client.webhooks().async_default_secret(first.token());
    local.client.webhooks().async_default_secret(second.token());
    REQUIRE(local.run_until([&] { return first.done() && second.done(); }));
    CHECK(first.value().key == "whsec_b25l");
    CHECK(second.value().key == "whsec_b25l");
    CHECK(local.server.counts().requests == 1);
    auto const copy = local.client;
    CHECK(local.get(copy.webhooks().async_default_secret()).key == "whsec_b25l");
    CHECK(local.server.counts().requests == 1);
    replicate::secret_options again;
    again.refetch = true;
    CHECK(local.get(local.client.webhooks().async_default_secret(again)).key == "whsec_dHdv");
    CHECK(local.get(local.client.webhooks().async_default_secret()).key == "whsec_dHdv");
    CHECK(local.server.counts().requests == 2);
}

TEST_CASE("a secret that could not be fetched is asked for again by the next call")
{
    local_client local;
    local.server.replay(exchanges({exchange("GET", "/webhooks/default/secret", 403, R"({"detail":"no"})"),
        exchange("GET", "/webhooks/default/secret", 200, R"({"key":"whsec_b25l"})")}));
    auto const refused = local.failure_of(local.client.webhooks().async_default_secret());
    REQUIRE(refused.has_value());
    CHECK(refused->code() == condition::authentication);
    CHECK(local.get(local.client.webhooks().async_default_secret()).key == "whsec_b25l");
}

TEST_CASE("bad arguments are refused by the operation, named, and nothing is sent")
{
    local_client local;
    auto const check = [&](auto operation, std::string_view name) {
        auto const refused = local.failure_of(std::move(operation));
        REQUIRE(refused.has_value());
        CHECK(refused->code() == errc::invalid_argument);
        CHECK(refused->diagnostics().detail.starts_with(name));
    };
    replicate::client const& client = local.client;
    check(client.collections().async_get(""), "slug: ");
    check(client.deployments().async_get("a/b", "c"), "owner: ");
    check(client.deployments().async_create(replicate::new_deployment()), "name: ");
    check(client.deployments().async_update("a", "b", replicate::deployment_update()), "deployment_update: ");
    check(client.deployments().async_delete("a", ""), "name: ");
    check(client.files().async_get("../account"), "id: ");
    check(client.files().async_delete(""), "id: ");
    check(client.models().async_get("", "b"), "owner: ");
    check(client.models().versions("a", "b").async_get(" "), "version: ");
    check(client.models().search(" ").async_list(), "text: ");
    check(client.async_search(""), "text: ");
    check(client.trainings().async_create("a/b", replicate::new_training("c/d", replicate::input())), "base: ");
    check(client.trainings().async_get("a b"), "id: ");
    check(client.predictions().async_get("a/b"), "id: ");
    replicate::call_options no_time;
    no_time.timeout = 0s;
    check(client.account().async_get(no_time), "options.timeout: ");
    replicate::create_options hooked;
    hooked.webhook = "";
    check(client.predictions().async_create("a/b", replicate::input(), hooked), "webhook: ");
    replicate::run_options plain;
    plain.webhook = "http://me.example";
    check(client.async_run("a/b", replicate::input(), plain), "webhook: ");
    CHECK(local.server.counts().requests == 0);
}

TEST_CASE("a webhook and its events go with the create of a run and of a prediction")
{
    for (bool by_run : {true, false}) {
        CAPTURE(by_run);
        local_client local;
        if (by_run) {
            auto options = local_client::quick();
            options.webhook = "https://me.example/hook";
            options.webhook_events_filter = {replicate::webhook_event::completed};
            local.get(local.client.async_run("replicate/hello-world", replicate::input().set("text", "a"), options));
        } else {
            replicate::create_options options;
            options.webhook = "https://me.example/hook";
            options.webhook_events_filter = {replicate::webhook_event::completed};
            local.get(local.client.predictions().async_create(
                "replicate/hello-world", replicate::input().set("text", "a"), options));
        }
        auto const sent = local.server.last_request(replicate::testing::operation::create);
        REQUIRE(sent.has_value());
        auto const body = boost::json::parse(sent->body);
        CHECK(body.at("webhook") == "https://me.example/hook");
        CHECK(body.at("webhook_events_filter") == boost::json::array({"completed"}));
    }
}

TEST_CASE("predictions and outputs know what came with the last answer about them")
{
    local_client local;
    auto const output = local.get(
        local.client.async_run("replicate/hello-world", replicate::input().set("text", "a"), local_client::quick()));
    auto const& meta = output.prediction().meta();
    CHECK((meta.status == 200 || meta.status == 201));
    CHECK(meta.attempts == 1);
    CHECK(meta.elapsed > 0ns);
    auto const again = local.get(local.client.predictions().async_get(output.prediction().id));
    CHECK(again.meta().status == 200);
    auto const page = local.get(local.client.predictions().async_list());
    CHECK(page.meta().status == 200);
    REQUIRE(page.results.size() == 1);
    CHECK(page.results[0].meta().status == 0);
    auto const cancelled = local.get(local.client.predictions().async_cancel(output.prediction().id));
    CHECK(cancelled.meta().status == 200);
}

TEST_CASE("an answer that is not what was asked for is an error of the protocol")
{
    local_client local;
    local.server.replay(exchanges({exchange("GET", "/account", 200, "<html>"), exchange("GET", "/account", 200, "{}"),
        exchange("GET", "/models", 200, "{}"), exchange("GET", "/account", 204, "")}));
    auto const html = local.failure_of(local.client.account().async_get());
    auto const empty = local.failure_of(local.client.account().async_get());
    auto const list = local.failure_of(local.client.models().async_list());
    auto const nothing = local.failure_of(local.client.account().async_get());
    REQUIRE((html && empty && list && nothing));
    CHECK(html->code() == errc::unexpected_content);
    CHECK(empty->code() == errc::unexpected_document);
    CHECK(empty->diagnostics().operation == "GET /account");
    CHECK(list->code() == errc::unexpected_document);
    CHECK(nothing->code() == errc::unexpected_content);
}

TEST_CASE("every operation takes a completion token and diagnostics")
{
    local_client local;
    local.server.replay(exchanges({exchange("GET", "/account", 200, R"({"type":"user","username":"me"})"),
        exchange("DELETE", "/files/f1", 404, R"({"detail":"File not found"})")}));
    pending<replicate::account> account;
    local.client.account().async_get(account.token());
    REQUIRE(local.run_until([&] { return account.done(); }));
    CHECK(account.value().username == "me");
    CHECK(account.completions() == 1);
    replicate::diagnostics diagnostics;
    pending<replicate::response_meta> gone;
    local.client.files().async_delete("f1", diagnostics, gone.token());
    REQUIRE(local.run_until([&] { return gone.done(); }));
    CHECK(gone.code() == condition::not_found);
    CHECK(gone.value().status == 0);
    CHECK(diagnostics.problem.detail == "File not found");
    CHECK(diagnostics.operation == "DELETE /files/f1");
}

TEST_CASE("a question that is cancelled ends at once, and one that was cancelled before sends nothing")
{
    local_client local;
    local.server.always().never_answer();
    pending<replicate::account> account;
    asio::cancellation_signal signal;
    local.client.account().async_get(account.token(signal));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.requests == 1; }));
    signal.emit(asio::cancellation_type::terminal);
    REQUIRE(local.run_until([&] { return account.done(); }));
    CHECK(account.code() == asio::error::operation_aborted);
    pending<replicate::account> never;
    local.client.account().async_get(never.token(signal));
    signal.emit(asio::cancellation_type::terminal);
    REQUIRE(local.run_until([&] { return never.done(); }));
    CHECK(never.code() == asio::error::operation_aborted);
    run_out(local.context);
    CHECK(local.server.counts().requests == 1);
}
