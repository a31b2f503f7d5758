// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// The routes of the local server that tell what there is: the account, collections, hardware, models, versions, searches.

#include <replicate/testing/server.hpp>

#include "support/raw_client.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

using namespace std::chrono_literals;
namespace testing = replicate::testing;
namespace json = boost::json;

namespace {

// The path and query of an absolute link to the server.
std::string below(testing::server const& server, json::value const& link)
{
    std::string const text = link.as_string().c_str();
    std::string const origin = server.base_url().substr(0, server.base_url().size() - 3);
    REQUIRE(text.starts_with(origin));
    return text.substr(origin.size());
}

// The names in a list, page after page by `next`.
std::vector<std::string> all_names(testing::server const& server, raw::api& api, std::string target)
{
    std::vector<std::string> names;
    while (!target.empty()) {
        json::value const page = api.call("GET", target).json();
        for (json::value const& each : page.at("results").as_array())
            names.push_back(each.at("name").as_string().c_str());
        target = page.at("next").is_null() ? "" : below(server, page.at("next"));
    }
    return names;
}

raw::answer create_model(raw::api& api, std::string const& name, std::string const& visibility = "private")
{
    return api.call("POST", "/v1/models",
        R"({"owner":"acme","name":")" + name + R"(","visibility":")" + visibility + R"(","hardware":"cpu"})");
}

} // namespace

TEST_CASE("the account, the hardware and the webhook secret are told")
{
    testing::server_options options;
    options.account = "somebody";
    testing::server server(options);
    raw::api api(server);
    CHECK(api.call("GET", "/v1/account").text("username") == "somebody");
    json::value const hardware = api.call("GET", "/v1/hardware").json();
    CHECK(hardware.at(0) == json::value({{"sku", "cpu"}, {"name", "CPU"}}));
    CHECK(api.call("GET", "/v1/webhooks/default/secret").text("key") == server.webhook_secret());
    CHECK(server.webhook_secret().starts_with("whsec_"));
    CHECK(testing::server(options).webhook_secret() == server.webhook_secret());
    CHECK(server.counts().catalogs == 3);
}

TEST_CASE("collections are listed without their models, and got with all of them")
{
    testing::server server;
    raw::api api(server);
    json::value const listed = api.call("GET", "/v1/collections").json();
    CHECK(listed.at("next").is_null());
    CHECK(listed.at("results").at(0).at("slug").as_string() == "text-to-image");
    CHECK(listed.at("results").at(0).as_object().size() == 3);
    json::value const got = api.call("GET", "/v1/collections/text-to-image").json();
    CHECK(got.at("full_description").as_string().starts_with("# Text to image"));
    REQUIRE(got.at("models").as_array().size() == 3);
    CHECK(got.at("models").at(2).at("name").as_string() == "sdxl");
    CHECK(api.call("GET", "/v1/collections/nothing").status == 404);
}

TEST_CASE("models are listed 25 a page, the newest version first, until there is no next page")
{
    testing::server server;
    raw::api api(server);
    server.model("acme/newest", [](replicate::input const&) { return 1; });
    raw::answer const first = api.call("GET", "/v1/models");
    json::value const page = first.json();
    CHECK(page.at("results").as_array().size() == 25);
    CHECK(page.at("results").at(0).at("name").as_string() == "newest");
    CHECK(page.at("previous").is_null());
    auto const names = all_names(server, api, "/v1/models");
    CHECK(names.size() == 71);
    CHECK(std::set<std::string>(names.begin(), names.end()).size() == 71);
    json::value const second = api.call("GET", below(server, page.at("next"))).json();
    CHECK(api.call("GET", below(server, second.at("previous"))).body == first.body);
}

TEST_CASE("models are listed in the order asked for, and the links repeat it")
{
    testing::server server;
    raw::api api(server);
    auto const up = all_names(server, api, "/v1/models?sort_by=model_created_at&sort_direction=asc");
    auto down = all_names(server, api, "/v1/models?sort_by=model_created_at&sort_direction=desc");
    CHECK(up.front() == "sketch-01");
    std::reverse(down.begin(), down.end());
    CHECK(up == down);
    CHECK(api.call("GET", "/v1/models?sort_by=name").status == 400);
    CHECK(api.call("GET", "/v1/models?sort_direction=up").status == 400);
    CHECK(api.call("GET", "/v1/models?cursor=nonsense").status == 400);
}

TEST_CASE("a page has as many items as the options say, of every list")
{
    testing::server_options options;
    options.page_size = 2;
    testing::server server(options);
    raw::api api(server);
    json::value const page = api.call("GET", "/v1/collections").json();
    CHECK(page.at("results").as_array().size() == 2);
    CHECK(all_names(server, api, "/v1/collections").size() == 5);
}

TEST_CASE("the links between pages look as the options say")
{
    auto const next = [](testing::page_links kind) {
        testing::server_options options;
        options.page_links = kind;
        options.foreign_page_base = "https://127.0.0.1:1/v1";
        testing::server server(options);
        raw::api api(server);
        json::value const page = api.call("GET", "/v1/models?sort_direction=asc").json();
        std::string text = page.at("next").as_string().c_str();
        std::string const own = server.base_url();
        return text.starts_with(own) ? "own" + text.substr(own.size()) : text;
    };
    CHECK(next(testing::page_links::own).starts_with("own/models?cursor="));
    CHECK(next(testing::page_links::own).ends_with("&sort_direction=asc"));
    CHECK(next(testing::page_links::insecure_scheme).starts_with("http://127.0.0.1:"));
    CHECK(next(testing::page_links::public_host).starts_with("https://api.replicate.com/v1/models?cursor="));
    CHECK(next(testing::page_links::foreign_host).starts_with("https://127.0.0.1:1/v1/models?cursor="));
    CHECK(next(testing::page_links::endless_loop) == "own/models?sort_direction=asc");
    testing::server_options options;
    options.page_links = testing::page_links::null_as_text;
    testing::server server(options);
    CHECK(raw::api(server).call("GET", "/v1/collections").text("next") == "null");
}

TEST_CASE("a model tells what it is, its example, and the schema of its version")
{
    testing::server server;
    raw::api api(server);
    json::value const llama = api.call("GET", "/v1/models/meta/meta-llama-3-8b-instruct").json();
    CHECK(llama.at("is_official").as_bool());
    CHECK(llama.at("default_example").at("status").as_string() == "succeeded");
    json::value const& schemas = llama.at("latest_version").at("openapi_schema").at("components").at("schemas");
    CHECK(schemas.at("Output").at("x-cog-array-type").as_string() == "iterator");
    CHECK(schemas.at("Output").at("x-cog-array-display").as_string() == "concatenate");
    CHECK(schemas.at("Input").at("required") == json::array{"prompt"});
    CHECK(schemas.at("Input").at("properties").at("max_tokens").at("maximum").as_int64() == 8192);
    json::value const sdxl = api.call("GET", "/v1/models/stability-ai/sdxl").json();
    json::value const& image = sdxl.at("latest_version").at("openapi_schema").at("components").at("schemas");
    CHECK(image.at("Output").at("items").at("format").as_string() == "uri");
    CHECK(image.at("Input").at("properties").at("scheduler").at("allOf").at(0).at("$ref").as_string()
        == "#/components/schemas/scheduler");
    CHECK(image.at("scheduler").at("enum").at(0).as_string() == "K_EULER");
    CHECK(api.call("GET", "/v1/models/acme/nothing").status == 404);
}

TEST_CASE("the built-in models refuse what their schemas refuse")
{
    testing::server server;
    raw::api api(server);
    json::value const refused = api.call("POST", "/v1/predictions",
        R"({"version":")" + server.version("stability-ai/sdxl") + R"(","input":{"prompt":"x","scheduler":"none"}})").json();
    CHECK(refused.at("invalid_fields").at(0).at("type").as_string() == "enum");
    CHECK(api.call("POST", "/v1/models/meta/meta-llama-3-8b-instruct/predictions",
              R"({"input":{"prompt":"x","temperature":5.5}})").status == 422);
}

TEST_CASE("a test sets the schema of its own model")
{
    testing::server server;
    raw::api api(server);
    server.model("acme/own", [](replicate::input const&) { return 1; });
    std::string const target = "/v1/models/acme/own/versions/" + server.version("acme/own");
    json::value const before = api.call("GET", target).json();
    CHECK(before.at("openapi_schema").at("components").at("schemas").at("Input").at("properties").as_object().empty());
    server.model_schema("acme/own", json::object{{"openapi", "3.0.2"}});
    CHECK(api.call("GET", target).json().at("openapi_schema") == json::value({{"openapi", "3.0.2"}}));
    CHECK(api.call("GET", "/v1/models/acme/own").json().at("latest_version").at("openapi_schema").as_object().size() == 1);
}

TEST_CASE("models are created, changed and deleted")
{
    testing::server server;
    raw::api api(server);
    raw::answer const created = api.call("POST", "/v1/models",
        R"({"owner":"acme","name":"mine","visibility":"private","hardware":"gpu-t4","description":"first"})");
    CHECK(created.status == 201);
    CHECK(created.json().at("latest_version").is_null());
    CHECK(created.text("visibility") == "private");
    raw::answer const changed = api.call("PATCH", "/v1/models/acme/mine", R"({"description":"second","readme":"# Mine"})");
    CHECK(changed.status == 200);
    CHECK(changed.text("description") == "second");
    raw::answer const readme = api.call("GET", "/v1/models/acme/mine/readme");
    CHECK(readme.header("content-type") == "text/plain; charset=utf-8");
    CHECK(readme.body == "# Mine");
    CHECK(api.call("POST", "/v1/models/acme/mine/predictions", R"({"input":{}})").status == 404);
    auto const names = all_names(server, api, "/v1/models");
    CHECK(std::find(names.begin(), names.end(), "mine") == names.end());
    raw::answer const deleted = api.call("DELETE", "/v1/models/acme/mine");
    CHECK(deleted.status == 204);
    CHECK(deleted.body.empty());
    CHECK(api.call("GET", "/v1/models/acme/mine").status == 404);
}

TEST_CASE("a model that may not be created is refused with what is wrong, each with a pointer")
{
    testing::server server;
    raw::api api(server);
    raw::answer const refused = api.call("POST", "/v1/models",
        R"({"owner":"other","name":"Up","visibility":"secret","hardware":"quantum"})");
    CHECK(refused.status == 400);
    CHECK(refused.header("content-type") == "application/problem+json");
    CHECK(refused.text("title") == "Validation failed");
    CHECK(refused.text("detail").starts_with("The following errors occurred:\n- owner: "));
    json::value const document = refused.json();
    std::vector<std::string> pointers;
    for (json::value const& each : document.at("errors").as_array())
        pointers.push_back(each.at("pointer").as_string().c_str());
    CHECK(pointers == std::vector<std::string>{"/owner", "/name", "/visibility", "/hardware"});
    CHECK(api.call("POST", "/v1/models", R"({"owner":"acme"})").json().at("errors").as_array().size() == 3);
    CHECK(create_model(api, "twice").status == 201);
    CHECK(create_model(api, "twice").json().at("errors").at(0).at("pointer").as_string() == "/name");
    raw::answer const unknown = api.call("POST", "/v1/models", R"({"colour":"red"})");
    CHECK(unknown.status == 422);
    CHECK(unknown.json().at("invalid_fields").at(0).at("type").as_string() == "additional_property_not_allowed");
    CHECK(api.call("POST", "/v1/models", "[]").status == 400);
}

TEST_CASE("only an own, private model without versions is deleted")
{
    testing::server server;
    raw::api api(server);
    server.model("acme/used", [](replicate::input const&) { return 1; });
    CHECK(api.call("DELETE", "/v1/models/stability-ai/sdxl").status == 403);
    CHECK(api.call("PATCH", "/v1/models/stability-ai/sdxl", R"({"description":"x"})").status == 403);
    CHECK(api.call("DELETE", "/v1/models/acme/used").status == 400);
    CHECK(create_model(api, "public", "public").status == 201);
    CHECK(api.call("DELETE", "/v1/models/acme/public").status == 400);
    CHECK(api.call("DELETE", "/v1/models/acme/nothing").status == 404);
    CHECK(api.call("PATCH", "/v1/models/acme/public", R"({"visibility":"private"})").status == 422);
}

TEST_CASE("examples and read-me files are there for the models that have them")
{
    testing::server server;
    raw::api api(server);
    json::value const examples = api.call("GET", "/v1/models/replicate/hello-world/examples").json();
    REQUIRE(examples.at("results").as_array().size() == 3);
    CHECK(examples.at("results").at(0).at("output").as_string() == "hello Alice");
    CHECK(examples.at("results").at(0).at("version").as_string() == server.version("replicate/hello-world"));
    CHECK(api.call("GET", "/v1/models/replicate/hello-world/readme").body.starts_with("# hello-world\n"));
    create_model(api, "bare");
    CHECK(api.call("GET", "/v1/models/acme/bare/readme").status == 404);
    CHECK(api.call("GET", "/v1/models/acme/bare/examples").json().at("results").as_array().empty());
    CHECK(server.counts().predictions == 0);
}

TEST_CASE("versions are listed, and refused to be deleted where the service refuses")
{
    testing::server server;
    raw::api api(server);
    json::value const listed = api.call("GET", "/v1/models/stability-ai/sdxl/versions").json();
    REQUIRE(listed.at("results").as_array().size() == 1);
    CHECK(listed.at("results").at(0).at("id").as_string().c_str() == server.version("stability-ai/sdxl"));
    std::string const version = "/versions/" + server.version("stability-ai/sdxl");
    CHECK(api.call("DELETE", "/v1/models/stability-ai/sdxl" + version).status == 403);
    CHECK(api.call("GET", "/v1/models/acme/nothing/versions").status == 404);
    CHECK(api.call("GET", "/v1/models/black-forest-labs/flux-schnell" + version).status == 404);
    server.model("acme/public", [](replicate::input const&) { return 1; });
    raw::answer const refused = api.call("DELETE", "/v1/models/acme/public/versions/" + server.version("acme/public"));
    CHECK(refused.status == 400);
    CHECK(refused.text("detail") == "Versions of public models cannot be deleted");
}

TEST_CASE("a search needs no token but a query, and finds models, collections and pages")
{
    testing::server server;
    raw::api api(server);
    raw::connection anonymous(server.port());
    raw::settings settings(server);
    REQUIRE(anonymous.handshake(settings));
    anonymous.send("GET /v1/search?query=IMAGE%20fast HTTP/1.1\r\nHost: x\r\n\r\n");
    json::value const found = anonymous.read().json();
    REQUIRE(found.at("models").as_array().size() == 1);
    CHECK(found.at("models").at(0).at("model").at("name").as_string() == "flux-schnell");
    CHECK(found.at("models").at(0).at("metadata").at("tags").at(0).as_string() == "image");
    json::value const language = api.call("GET", "/v1/search?query=language").json();
    CHECK(language.at("collections").at(0).at("slug").as_string() == "language-models");
    CHECK(language.at("pages").at(0).at("href").as_string() == "/docs/guides/language-models");
    CHECK(api.call("GET", "/v1/search?query=sketch").json().at("models").as_array().size() == 20);
    CHECK(api.call("GET", "/v1/search?query=sketch&limit=3").json().at("models").as_array().size() == 3);
    raw::answer const refused = api.call("GET", "/v1/search");
    CHECK(refused.status == 400);
    CHECK(refused.header("content-type") == "application/json");
    CHECK(refused.text("detail") == "Query parameter \"query\" is required");
    for (char const* const limit : {"0", "51", "many", "-1"})
        CHECK(api.call("GET", "/v1/search?query=x&limit=" + std::string(limit)).status == 400);
}

TEST_CASE("models are searched with QUERY, plain or as a JSON string")
{
    testing::server server;
    raw::api api(server);
    raw::answer const plain = api.call("QUERY", "/v1/models", "llama");
    CHECK(plain.status == 200);
    CHECK(plain.json().at("results").at(0).at("name").as_string() == "meta-llama-3-8b-instruct");
    CHECK(plain.json().at("next").is_null());
    CHECK(api.call("QUERY", "/v1/models", "\"llama\"").body == plain.body);
    CHECK(api.call("QUERY", "/v1/models", "gallery").json().at("results").as_array().size() == 25);
    CHECK(api.call("QUERY", "/v1/models").status == 400);
}

TEST_CASE("every answer has an id, the same ones for the same seed")
{
    std::vector<std::string> seen;
    for (int run = 0; run < 2; ++run) {
        testing::server server;
        raw::api api(server);
        for (char const* const target : {"/v1/account", "/v1/nothing"})
            seen.push_back(api.call("GET", target).header("cf-ray"));
    }
    CHECK(seen[0].size() == 20);
    CHECK(seen[0] != seen[1]);
    CHECK(seen[2] == seen[0]);
    CHECK(seen[3] == seen[1]);
}

TEST_CASE("a wrong method is refused with the methods that there are")
{
    testing::server server;
    raw::api api(server);
    raw::answer const refused = api.call("PUT", "/v1/models");
    CHECK(refused.status == 405);
    CHECK(refused.text("detail") == "Method \"PUT\" not allowed.");
    CHECK(refused.header("allow") == "GET, POST, QUERY");
    CHECK(api.call("POST", "/v1/hardware", "{}").status == 405);
    CHECK(api.call("GET", "/v1/nothing").status == 404);
}
