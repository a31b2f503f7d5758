// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// The requests of all resources but predictions, byte for byte.

#include <replicate/core/catalog_requests.hpp>
#include <replicate/core/deployment_requests.hpp>
#include <replicate/core/file_requests.hpp>
#include <replicate/core/model_requests.hpp>
#include <replicate/core/page_target.hpp>
#include <replicate/core/request_writer.hpp>
#include <replicate/core/training_requests.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core = replicate::core;
using core::repeatability;
using core::request;
using replicate::errc;
using replicate::list_options;

namespace {

std::string const some_version(64, 'a');

// The links of a client of the service itself.
core::page_links const& links()
{
    static core::api_base const base = [] {
        core::api_base made;
        made.origin = core::parse_absolute_url("https://api.replicate.com")->origin;
        made.path_prefix = "/v1";
        return made;
    }();
    static core::api_links const all(base);
    return all;
}

// What was refused, or "taken".
template<class Action>
std::string refused(Action const& action)
{
    try {
        action();
    } catch (replicate::error const& refusal) {
        return refusal.code() == errc::invalid_argument ? refusal.diagnostics().detail : refusal.what();
    }
    return "taken";
}

void check_plain(request const& sent, std::string_view method, std::string_view target)
{
    CHECK(sent.method == method);
    CHECK(sent.target == target);
    CHECK(sent.content_type == "");
    CHECK(sent.body == "");
    CHECK(sent.headers.empty());
    CHECK(sent.repeatability == repeatability::safe);
}

void check_json(request const& sent, std::string_view method, std::string_view target, std::string_view body)
{
    CHECK(sent.method == method);
    CHECK(sent.target == target);
    CHECK(sent.content_type == "application/json");
    CHECK(sent.body == body);
    CHECK(sent.headers.empty());
}

replicate::new_deployment some_deployment()
{
    return replicate::new_deployment("shouter", "acme/shout", some_version, "gpu-l40s");
}

} // namespace

TEST_CASE("what is simply read is asked for by its path")
{
    check_plain(core::get_account_request(), "GET", "/account");
    check_plain(core::list_hardware_request(list_options(), links()), "GET", "/hardware");
    check_plain(core::list_collections_request(list_options(), links()), "GET", "/collections");
    check_plain(core::get_collection_request("text-to-image"), "GET", "/collections/text-to-image");
    check_plain(core::get_webhook_secret_request(), "GET", "/webhooks/default/secret");
    check_plain(core::list_deployments_request(list_options(), links()), "GET", "/deployments");
    check_plain(core::get_deployment_request("a&b", "c"), "GET", "/deployments/a%26b/c");
    check_plain(core::delete_deployment_request("acme", "x"), "DELETE", "/deployments/acme/x");
    check_plain(core::list_files_request(list_options(), links()), "GET", "/files");
    check_plain(core::get_file_request("NGZi=="), "GET", "/files/NGZi%3D%3D");
    check_plain(core::delete_file_request("f1"), "DELETE", "/files/f1");
    check_plain(core::show_model_request("acme", "shout"), "GET", "/models/acme/shout");
    check_plain(core::delete_model_request("acme", "shout"), "DELETE", "/models/acme/shout");
    check_plain(core::list_examples_request("acme", "shout", list_options(), links()), "GET", "/models/acme/shout/examples");
    check_plain(core::get_readme_request("acme", "shout"), "GET", "/models/acme/shout/readme");
    check_plain(core::list_versions_request("acme", "shout", list_options(), links()), "GET", "/models/acme/shout/versions");
    check_plain(core::get_version_request("acme", "shout", "v1"), "GET", "/models/acme/shout/versions/v1");
    check_plain(core::delete_version_request("acme", "shout", "v1"), "DELETE", "/models/acme/shout/versions/v1");
    check_plain(core::list_trainings_request(list_options(), links()), "GET", "/trainings");
    check_plain(core::get_training_request("t1"), "GET", "/trainings/t1");
    check_plain(core::cancel_training_request("t1"), "POST", "/trainings/t1/cancel");
}

TEST_CASE("names, slugs and ids that could not stand in a path are refused, and named")
{
    for (std::string const bad : {"", ".", "..", "a/b", "a b", "a\r\nX: y", "a?b", "a#b", "a%2fb", "\xc3\xbc"}) {
        CAPTURE(bad);
        CHECK(refused([&] { core::get_collection_request(bad); }).starts_with("slug: "));
        CHECK(refused([&] { core::get_deployment_request(bad, "b"); }).starts_with("owner: "));
        CHECK(refused([&] { core::get_deployment_request("a", bad); }).starts_with("name: "));
        CHECK(refused([&] { core::delete_deployment_request(bad, "b"); }).starts_with("owner: "));
        CHECK(refused([&] { core::get_file_request(bad); }).starts_with("id: "));
        CHECK(refused([&] { core::delete_file_request(bad); }).starts_with("id: "));
        CHECK(refused([&] { core::show_model_request("a", bad); }).starts_with("name: "));
        CHECK(refused([&] { core::delete_model_request(bad, "b"); }).starts_with("owner: "));
        CHECK(refused([&] { core::get_readme_request(bad, "b"); }).starts_with("owner: "));
        CHECK(refused([&] { core::get_version_request("a", "b", bad); }).starts_with("version: "));
        CHECK(refused([&] { core::delete_version_request("a", "b", bad); }).starts_with("version: "));
        CHECK(refused([&] { core::list_versions_request(bad, "b", list_options(), links()); }).starts_with("owner: "));
        CHECK(refused([&] { core::list_examples_request("a", bad, list_options(), links()); }).starts_with("name: "));
        CHECK(refused([&] { core::get_training_request(bad); }).starts_with("id: "));
        CHECK(refused([&] { core::cancel_training_request(bad); }).starts_with("id: "));
    }
}

TEST_CASE("another page of every list is what its link says, and a link from elsewhere is refused")
{
    auto const page = [](std::string const& path) {
        list_options options;
        options.page = "https://api.replicate.com/v1" + path + "?cursor=a%3D";
        return options;
    };
    list_options foreign;
    foreign.page = "https://evil.example/v1/collections?cursor=a";
    CHECK(core::list_collections_request(page("/collections"), links()).target == "/collections?cursor=a%3D");
    CHECK(core::list_deployments_request(page("/deployments"), links()).target == "/deployments?cursor=a%3D");
    CHECK(core::list_files_request(page("/files"), links()).target == "/files?cursor=a%3D");
    CHECK(core::list_trainings_request(page("/trainings"), links()).target == "/trainings?cursor=a%3D");
    CHECK(core::list_versions_request("a", "b", page("/models/a/b/versions"), links()).target
        == "/models/a/b/versions?cursor=a%3D");
    CHECK(refused([&] { core::list_collections_request(foreign, links()); }).find("evil.example") != std::string::npos);
    CHECK(refused([&] { core::list_files_request(page("/collections"), links()); }).starts_with("options.page: "));
    CHECK(refused([&] { core::list_versions_request("a", "b", page("/models/a/c/versions"), links()); })
              .starts_with("options.page: "));
    request const more = core::query_models_request("llama", page("/models"), links());
    CHECK(more.method == "QUERY");
    CHECK(more.target == "/models?cursor=a%3D");
    CHECK(more.body == "llama");
}

TEST_CASE("models are sorted as is wanted, and otherwise as the service likes")
{
    replicate::model_list_options options;
    check_plain(core::list_models_request(options, links()), "GET", "/models");
    options.sort_by = replicate::model_order::model_created_at;
    check_plain(core::list_models_request(options, links()), "GET", "/models?sort_by=model_created_at");
    options.direction = replicate::sort_direction::ascending;
    check_plain(core::list_models_request(options, links()), "GET", "/models?sort_by=model_created_at&sort_direction=asc");
    options.sort_by = replicate::model_order::latest_version_created_at;
    options.direction = replicate::sort_direction::descending;
    check_plain(core::list_models_request(options, links()), "GET",
        "/models?sort_by=latest_version_created_at&sort_direction=desc");
}

TEST_CASE("models are searched for with the words as they are, without quotes of JSON")
{
    request const sent = core::query_models_request("a \"quoted\" llama", list_options(), links());
    CHECK(sent.method == "QUERY");
    CHECK(sent.target == "/models");
    CHECK(sent.content_type == "text/plain");
    CHECK(sent.body == "a \"quoted\" llama");
    CHECK(sent.repeatability == repeatability::safe);
    core::request_frame frame;
    frame.host = "h";
    frame.path_prefix = "/v1";
    frame.user_agent = "u";
    CHECK(core::write_request(core::query_models_request("llama", list_options(), links()), frame, "t")
        == "QUERY /v1/models HTTP/1.1\r\nHost: h\r\nUser-Agent: u\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"
           "Authorization: Bearer t\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nllama");
    CHECK(refused([] { core::query_models_request("", list_options(), links()); }).starts_with("text: "));
    CHECK(refused([] { core::query_models_request(" \n", list_options(), links()); }).starts_with("text: "));
}

TEST_CASE("everything is searched for by a text and a limit")
{
    replicate::search_options options;
    check_plain(core::search_request("a & b/\xc3\xbc", options), "GET", "/search?query=a%20%26%20b%2F%C3%BC");
    options.limit = 1;
    check_plain(core::search_request("x", options), "GET", "/search?query=x&limit=1");
    options.limit = 50;
    check_plain(core::search_request("x", options), "GET", "/search?query=x&limit=50");
    for (int limit : {0, 51, -1}) {
        options.limit = limit;
        CHECK(refused([&] { core::search_request("x", options); }) == "options.limit: must be from 1 to 50");
    }
    options.limit.reset();
    CHECK(refused([&] { core::search_request("", options); }).starts_with("text: "));
    CHECK(refused([&] { core::search_request("\t ", options); }).starts_with("text: "));
}

TEST_CASE("a file is downloaded with what its owner has signed")
{
    std::chrono::system_clock::time_point const expiry{std::chrono::milliseconds(1735689600900)};
    check_plain(core::download_file_request("f1", "acme", expiry, "a+b/c="), "GET",
        "/files/f1/download?owner=acme&expiry=1735689600&signature=a%2Bb%2Fc%3D");
    CHECK(refused([&] { core::download_file_request("", "acme", expiry, "a"); }).starts_with("id: "));
    CHECK(refused([&] { core::download_file_request("f1", "", expiry, "a"); }).starts_with("owner: "));
    CHECK(refused([&] { core::download_file_request("f1", "acme", expiry, ""); }).starts_with("signature: "));
}

TEST_CASE("a deployment is made of all its members, and only once")
{
    request const sent = core::create_deployment_request(some_deployment());
    check_json(sent, "POST", "/deployments",
        R"({"name":"shouter","model":"acme/shout","version":")" + some_version
            + R"(","hardware":"gpu-l40s","min_instances":0,"max_instances":1})");
    CHECK(sent.repeatability == repeatability::creates);
}

TEST_CASE("a deployment that lacks something, or has too many instances, is refused")
{
    auto const refusal = [](auto const& change) {
        auto what = some_deployment();
        change(what);
        return refused([&] { core::create_deployment_request(what); });
    };
    CHECK(refusal([](auto& what) { what.name = ""; }).starts_with("name: "));
    CHECK(refusal([](auto& what) { what.name = "a/b"; }).starts_with("name: "));
    CHECK(refusal([](auto& what) { what.model = ""; }).starts_with("model: "));
    CHECK(refusal([](auto& what) { what.model = "shout"; }).starts_with("model: "));
    CHECK(refusal([](auto& what) { what.model = "acme/shout:" + some_version; }).starts_with("model: "));
    CHECK(refusal([](auto& what) { what.version = ""; }).starts_with("version: "));
    CHECK(refusal([](auto& what) { what.version = "latest"; }).starts_with("version: "));
    CHECK(refusal([](auto& what) { what.hardware = ""; }).starts_with("hardware: "));
    CHECK(refusal([](auto& what) { what.min_instances = -1; }) == "min_instances: must be from 0 to 5");
    CHECK(refusal([](auto& what) { what.min_instances = 6; }) == "min_instances: must be from 0 to 5");
    CHECK(refusal([](auto& what) { what.max_instances = -1; }) == "max_instances: must be from 0 to 20");
    CHECK(refusal([](auto& what) { what.max_instances = 21; }) == "max_instances: must be from 0 to 20");
    CHECK(refusal([](auto& what) { what.min_instances = 2; }) == "max_instances: must not be less than min_instances");
    CHECK(refusal([](auto& what) { what.min_instances = 5, what.max_instances = 20; }) == "taken");
}

TEST_CASE("a deployment is sent what changes, and nothing else")
{
    replicate::deployment_update what;
    CHECK(refused([&] { core::update_deployment_request("a", "b", what); }).starts_with("deployment_update: "));
    what.max_instances = 3;
    check_json(core::update_deployment_request("a", "b", what), "PATCH", "/deployments/a/b", R"({"max_instances":3})");
    what.min_instances = 1;
    what.hardware = "cpu";
    what.version = some_version;
    request const all = core::update_deployment_request("a", "b", what);
    check_json(all, "PATCH", "/deployments/a/b",
        R"({"version":")" + some_version + R"(","hardware":"cpu","min_instances":1,"max_instances":3})");
    CHECK(all.repeatability == repeatability::safe);
    what.min_instances = 4;
    CHECK(refused([&] { core::update_deployment_request("a", "b", what); }).starts_with("max_instances: "));
    what.min_instances.reset();
    what.version = "v1";
    CHECK(refused([&] { core::update_deployment_request("a", "b", what); }).starts_with("version: "));
    what.version.reset();
    what.hardware = "";
    CHECK(refused([&] { core::update_deployment_request("a", "b", what); }).starts_with("hardware: "));
    CHECK(refused([&] { core::update_deployment_request("a/b", "c", what); }).starts_with("owner: "));
}

TEST_CASE("a model is made private unless it is to be public, and only once")
{
    replicate::new_model what("acme", "shout", "cpu");
    request const sent = core::create_model_request(what);
    check_json(sent, "POST", "/models", R"({"owner":"acme","name":"shout","visibility":"private","hardware":"cpu"})");
    CHECK(sent.repeatability == repeatability::creates);
    what.visibility = "public";
    what.description = "Shouts \"loudly\"";
    what.github_url = "https://g";
    what.paper_url = "https://p";
    what.license_url = "https://l";
    what.cover_image_url = "https://c";
    check_json(core::create_model_request(what), "POST", "/models",
        R"({"owner":"acme","name":"shout","visibility":"public","hardware":"cpu","description":"Shouts \"loudly\"",)"
        R"("github_url":"https://g","paper_url":"https://p","license_url":"https://l","cover_image_url":"https://c"})");
    what.visibility = "secret";
    CHECK(refused([&] { core::create_model_request(what); }).starts_with("visibility: "));
    CHECK(refused([] { core::create_model_request(replicate::new_model("", "b", "cpu")); }).starts_with("owner: "));
    CHECK(refused([] { core::create_model_request(replicate::new_model("a", "b c", "cpu")); }).starts_with("name: "));
    CHECK(refused([] { core::create_model_request(replicate::new_model("a", "b", "")); }).starts_with("hardware: "));
}

TEST_CASE("a model is sent what changes, and nothing else")
{
    replicate::model_update what;
    CHECK(refused([&] { core::update_model_request("a", "b", what); }).starts_with("model_update: "));
    what.description = "";
    check_json(core::update_model_request("a", "b", what), "PATCH", "/models/a/b", R"({"description":""})");
    what.readme = "# Shout\n";
    what.github_url = "https://g";
    what.paper_url = "https://p";
    what.weights_url = "https://w";
    what.license_url = "https://l";
    request const all = core::update_model_request("a", "b", what);
    check_json(all, "PATCH", "/models/a/b",
        R"({"description":"","readme":"# Shout\n","github_url":"https://g","paper_url":"https://p",)"
        R"("weights_url":"https://w","license_url":"https://l"})");
    CHECK(all.repeatability == repeatability::safe);
}

TEST_CASE("a training is sent once, to the version that it trains, without the headers of predictions")
{
    replicate::new_training what("me/tuned", replicate::input().set("steps", 10));
    request const sent = core::create_training_request("acme/shout:v1", what);
    check_json(sent, "POST", "/models/acme/shout/versions/v1/trainings", R"({"destination":"me/tuned","input":{"steps":10}})");
    CHECK(sent.repeatability == repeatability::creates);
    what.webhook = "https://me.example/hook";
    what.webhook_events_filter = {replicate::webhook_event::completed, replicate::webhook_event::logs};
    check_json(core::create_training_request("acme/shout:v1", what), "POST", "/models/acme/shout/versions/v1/trainings",
        R"({"destination":"me/tuned","input":{"steps":10},"webhook":"https://me.example/hook",)"
        R"("webhook_events_filter":["completed","logs"]})");
}

TEST_CASE("a training of no version, without a destination, or with a bad webhook is refused")
{
    replicate::new_training what("me/tuned", replicate::input());
    CHECK(refused([&] { core::create_training_request("acme/shout", what); }).starts_with("base: "));
    CHECK(refused([&] { core::create_training_request(some_version, what); }).starts_with("base: "));
    CHECK(refused([&] { core::create_training_request(replicate::deployment("a", "b"), what); }).starts_with("base: "));
    for (char const* destination : {"", "tuned", "me/tuned:v1", "me/tu ned"}) {
        CAPTURE(destination);
        what.destination = destination;
        CHECK(refused([&] { core::create_training_request("acme/shout:v1", what); }).starts_with("destination: "));
    }
    what.destination = "me/tuned";
    what.webhook = "";
    CHECK(refused([&] { core::create_training_request("acme/shout:v1", what); }).starts_with("webhook: "));
}
