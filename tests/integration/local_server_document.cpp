// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// What every route of the local server answers fits the service's OpenAPI document.

#include <replicate/core/base64.hpp>
#include <replicate/core/hmac.hpp>
#include <replicate/core/percent_encoding.hpp>
#include <replicate/testing/server.hpp>

#include "support/openapi_document.hpp"
#include "support/raw_client.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>
#include <set>
#include <string>
#include <string_view>

using namespace std::chrono_literals;
namespace testing = replicate::testing;
namespace json = boost::json;
using replicate::tests::openapi_document;

namespace {

// Sends requests of which every answer is held against the document, and notes which operations were asked.
class walker {
public:
    walker(openapi_document const& document, testing::server const& server)
        : document_(document)
        , server_(server)
        , api_(server)
    {
    }

    raw::answer operator()(std::string_view method, std::string const& path, std::string_view body = {},
        std::string_view headers = {})
    {
        return check(method, path, api_.call(method, "/v1" + path, body, headers));
    }

    raw::answer upload(std::string_view content)
    {
        std::string const body = "--x\r\nContent-Disposition: form-data; name=\"content\"; filename=\"a.txt\"\r\n\r\n"
            + std::string(content) + "\r\n--x--\r\n";
        raw::settings settings(server_);
        raw::connection connection(server_.port());
        REQUIRE(connection.handshake(settings));
        connection.send("POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + server_.token()
            + "\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: " + std::to_string(body.size())
            + "\r\n\r\n" + body);
        return check("POST", "/files", connection.read());
    }

    std::string poll(std::string const& id) { return api_.poll(id).text("status"); }

    std::set<std::string> const& asked() const noexcept { return asked_; }

private:
    raw::answer check(std::string_view method, std::string const& path, raw::answer const& answer)
    {
        auto const* const operation = document_.find(method, "/v1" + path);
        REQUIRE(operation != nullptr);
        asked_.insert(operation->id);
        INFO(operation->id, ' ', answer.status, ' ', answer.body.substr(0, 1000));
        CHECK(document_.check_response(operation->id, answer.status, answer.header("content-type"), answer.body) == "");
        return answer;
    }

    openapi_document const& document_;
    testing::server const& server_;
    raw::api api_;
    std::set<std::string> asked_;
};

void walk_catalog(walker& ask)
{
    for (char const* const path : {"/account", "/collections", "/collections/text-to-image", "/hardware",
             "/webhooks/default/secret", "/search?query=image", "/search"})
        ask("GET", path);
}

void walk_models(walker& ask, testing::server const& server)
{
    std::string const sdxl = "/models/stability-ai/sdxl";
    ask("GET", "/models?sort_by=model_created_at&sort_direction=asc");
    ask("QUERY", "/models", "llama");
    ask("GET", sdxl);
    ask("GET", sdxl + "/examples");
    ask("GET", sdxl + "/readme");
    ask("GET", sdxl + "/versions");
    ask("GET", sdxl + "/versions/" + server.version("stability-ai/sdxl"));
    ask("POST", "/models", R"({"owner":"acme","name":"mine","visibility":"private","hardware":"cpu"})");
    ask("GET", "/models/acme/mine");
    ask("GET", "/models/acme/mine/readme");
    ask("PATCH", "/models/acme/mine", R"({"description":"changed"})");
    ask("POST", "/models", R"({"owner":"acme","name":"empty","visibility":"private","hardware":"cpu"})");
    ask("DELETE", "/models/acme/empty");
}

void walk_trainings(walker& ask, testing::server& server)
{
    std::string const target =
        "/models/stability-ai/sdxl/versions/" + server.version("stability-ai/sdxl") + "/trainings";
    std::string const body = R"({"destination":"acme/mine","input":{"images":"https://x/y.zip"}})";
    ask("GET", "/trainings/" + ask("POST", target, body).text("id"));
    std::string const id = ask("POST", target, body).text("id");
    ask("POST", "/trainings/" + id + "/cancel");
    while (server.version("acme/mine").empty())
        ask("GET", "/trainings");
    ask("GET", "/models/acme/mine");
    ask("DELETE", "/models/acme/mine/versions/" + server.version("acme/mine"));
}

void walk_deployments(walker& ask, testing::server const& server)
{
    ask("POST", "/deployments",
        R"({"name":"app","model":"test/echo","version":")" + server.version("test/echo")
            + R"(","hardware":"cpu","min_instances":0,"max_instances":1})");
    ask("GET", "/deployments");
    ask("GET", "/deployments/acme/app");
    ask("PATCH", "/deployments/acme/app", R"({"max_instances":2})");
    ask("DELETE", "/deployments/acme/app");
}

void walk_predictions(walker& ask, testing::server& server)
{
    server.deployment("acme/run", "test/echo");
    std::string const create = R"({"input":{"prompt":"x"}})";
    std::string const first = ask("POST", "/deployments/acme/run/predictions", create).text("id");
    ask("POST", "/models/meta/meta-llama-3-8b-instruct/predictions", create, "Cancel-After: 60\r\n");
    ask("POST", "/models/meta/meta-llama-3-8b-instruct/predictions", create, "Prefer: wait\r\n");
    ask("POST", "/predictions", R"({"version":"test/echo","input":{}})");
    ask("POST", "/predictions", R"({"version":"test/never-ends","input":{}})", "Prefer: wait=1\r\n");
    CHECK(ask.poll(first) == "succeeded");
    ask("GET", "/predictions/" + first);
    ask("POST", "/predictions/" + server.predictions().back() + "/cancel");
    ask("GET", "/predictions?created_after=2024-01-01T00:00:00Z");
}

void walk_files(walker& ask, testing::server const& server)
{
    std::string const id = ask.upload("some bytes").text("id");
    ask("GET", "/files");
    ask("GET", "/files/" + id);
    auto const code =
        replicate::core::hmac_sha256(server.file_signing_secret(), {"acme", " ", id, " ", "4102444800"});
    ask("GET", "/files/" + id + "/download?owner=acme&expiry=4102444800&signature="
            + replicate::core::percent_encode(replicate::core::base64_encode(*code)));
    ask("GET", "/files/" + id + "/download?owner=acme&expiry=4102444800&signature=x");
    ask("DELETE", "/files/" + id);
    ask("GET", "/files/" + id);
    ask("DELETE", "/files/" + id);
    ask.upload(std::string(20'001, 'x'));
}

void walk_all(testing::back_end shape, testing::sync_timeout late)
{
    auto const& document = openapi_document::shared();
    if (!document)
        return;
    testing::server_options options;
    options.back_end = shape;
    options.sync_timeout = late;
    options.longest_wait = 200ms;
    options.largest_file = 20'000;
    testing::server server(options);
    walker ask(*document, server);
    walk_catalog(ask);
    walk_models(ask, server);
    walk_trainings(ask, server);
    walk_deployments(ask, server);
    walk_predictions(ask, server);
    walk_files(ask, server);
    for (auto const& operation : document->operations()) {
        INFO(operation.id);
        CHECK(ask.asked().contains(operation.id));
    }
    std::printf("operations answered as documented: %zu of %zu\n", ask.asked().size(), document->operations().size());
}

testing::recorded_request request(std::string method, std::string target, std::string body = {},
    std::string type = "application/json")
{
    testing::recorded_request made;
    made.method = std::move(method);
    made.target = std::move(target);
    made.body = std::move(body);
    made.headers = {{"Authorization", "Bearer x"}};
    if (!made.body.empty())
        made.headers.emplace_back("Content-Type", std::move(type));
    return made;
}

} // namespace

TEST_CASE("every route answers as documented, in the shape of the gateway")
{
    walk_all(testing::back_end::gateway, testing::sync_timeout::starting);
}

TEST_CASE("every route answers as documented, in the shape of the web application")
{
    walk_all(testing::back_end::web_application, testing::sync_timeout::processing);
}

TEST_CASE("the document has 37 operations")
{
    if (auto const& document = openapi_document::shared())
        CHECK(document->operations().size() == 37);
}

TEST_CASE("an answer that is not as documented is noticed")
{
    auto const& document = openapi_document::shared();
    if (!document)
        return;
    auto const check = [&](char const* id, unsigned status, char const* body, char const* type = "application/json") {
        return document->check_response(id, status, type, body);
    };
    CHECK(check("account.get", 200, R"({"type":"user","username":"x"})").empty());
    CHECK_FALSE(check("account.get", 200, R"({"type":"robot","username":"x"})").empty());
    CHECK_FALSE(check("account.get", 200, R"({"type":"user"})").empty());
    CHECK_FALSE(check("account.get", 201, R"({"type":"user","username":"x"})").empty());
    CHECK_FALSE(check("account.get", 200, "text", "text/plain").empty());
    CHECK_FALSE(check("account.get", 200, "text").empty());
    CHECK_FALSE(check("models.delete", 204, "{}").empty());
    CHECK_FALSE(check("hardware.list", 200, R"({"results":[]})").empty());
    CHECK_FALSE(check("models.list", 200, R"({"results":[{"run_count":"many"}]})").empty());
    CHECK(check("models.list", 200, R"({"results":[{"description":null}]})").empty());
}

TEST_CASE("a request that is not as documented is noticed")
{
    auto const& document = openapi_document::shared();
    if (!document)
        return;
    auto const check = [&](testing::recorded_request const& sent) { return document->check_request(sent); };
    CHECK(document->find("GET", "/v1/models/a/b?x=1")->id == "models.get");
    CHECK(document->find("GET", "/v1/models/a") == nullptr);
    CHECK(check(request("POST", "/v1/predictions", R"({"version":"x","input":{}})")).empty());
    CHECK_FALSE(check(request("POST", "/v1/predictions", R"({"input":{}})")).empty());
    CHECK_FALSE(check(request("POST", "/v1/predictions", R"({"version":"x","input":{},"extra":1})")).empty());
    CHECK_FALSE(check(request("POST", "/v1/predictions", R"({"version":"x","input":{}})", "text/plain")).empty());
    CHECK_FALSE(check(request("GET", "/v1/account", "{}")).empty());
    CHECK(check(request("GET", "/v1/predictions?created_after=2024-01-01T00:00:00Z&cursor=x")).empty());
    CHECK_FALSE(check(request("GET", "/v1/predictions?created_after=yesterday")).empty());
    CHECK_FALSE(check(request("GET", "/v1/predictions?limit=3")).empty());
    CHECK(check(request("GET", "/v1/search?query=x&limit=50")).empty());
    CHECK_FALSE(check(request("GET", "/v1/search?query=x&limit=51")).empty());
    CHECK_FALSE(check(request("GET", "/v1/search?limit=3")).empty());
    CHECK(check(request("QUERY", "/v1/models", "llama", "text/plain")).empty());
    CHECK_FALSE(check(request("QUERY", "/v1/models", "llama")).empty());
    auto waiting = request("POST", "/v1/predictions", R"({"version":"x","input":{}})");
    waiting.headers.emplace_back("Prefer", "wait=100");
    CHECK_FALSE(check(waiting).empty());
    auto anonymous = request("GET", "/v1/account");
    anonymous.headers.clear();
    CHECK_FALSE(check(anonymous).empty());
    std::string const form = "multipart/form-data; boundary=x";
    std::string const part = "--x\r\nContent-Disposition: form-data; name=";
    CHECK(check(request("POST", "/v1/files", part + "content\r\n\r\nabc\r\n--x--", form)).empty());
    CHECK_FALSE(check(request("POST", "/v1/files", part + "other\r\n\r\nabc\r\n--x--", form)).empty());
    CHECK_FALSE(check(request("POST", "/v1/files", part + "metadata\r\n\r\n{}\r\n--x--", form)).empty());
}
