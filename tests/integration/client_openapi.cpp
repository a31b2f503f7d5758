// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Every operation of the service's OpenAPI document, asked by the client of the local server: what was sent, what was
// answered and what the client made of it, each held against the document.

#include <replicate/core/base64.hpp>
#include <replicate/core/hmac.hpp>

#include "support/local_client.hpp"
#include "support/openapi_document.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace {

using namespace replicate::tests;
namespace json = boost::json;

// An answer as the client got it, and whether it was what it should be.
class answer {
public:
    unsigned status = 0;
    std::string content_type = "application/json";
    std::string body;
    bool right = false;

    // A document.
    template<class T>
        requires requires(T const& made) { made.raw(); }
    answer(T const& made, bool is_right)
        : status(made.meta().status)
        , body(json::serialize(made.raw()))
        , right(is_right)
    {
    }

    // A page, put together again.
    template<class T>
    answer(replicate::page<T> const& page, bool is_right)
        : status(page.meta().status)
        , right(is_right)
    {
        json::array results;
        for (T const& each : page.results)
            results.push_back(each.raw());
        if (std::is_same_v<T, replicate::hardware>) {
            body = json::serialize(results);
            return;
        }
        json::object document;
        document["next"] = page.next.empty() ? json::value() : json::value(json::string(page.next));
        document["previous"] = page.previous.empty() ? json::value() : json::value(json::string(page.previous));
        document["results"] = std::move(results);
        body = json::serialize(document);
    }

    // No body.
    answer(replicate::response_meta const& meta, bool is_right)
        : status(meta.status)
        , right(is_right)
    {
    }

    // Something else than JSON.
    answer(replicate::response_meta const& meta, std::string type, bool is_right)
        : status(meta.status)
        , content_type(std::move(type))
        , right(is_right)
    {
    }
};

// What an operation does with a client.
using entry = std::function<answer(local_client&)>;

std::string const echo = "test/echo";

replicate::testing::server_options options()
{
    replicate::testing::server_options made;
    made.deployment_rest = 0s;
    made.page_size = 2;
    return made;
}

replicate::input some_input()
{
    return replicate::input().set("text", "a").set("prompt", "b");
}

replicate::create_options all_create_options()
{
    replicate::create_options made;
    made.cancel_after = 60s;
    made.wait = replicate::wait::sync(2s);
    made.webhook = "https://127.0.0.1:1/hook";
    made.webhook_events_filter = {replicate::webhook_event::start, replicate::webhook_event::output,
        replicate::webhook_event::logs, replicate::webhook_event::completed};
    return made;
}

replicate::prediction some_prediction(local_client& local, replicate::model_ref model = "meta/meta-llama-3-8b-instruct")
{
    return local.get(local.client.predictions().async_create(std::move(model), some_input(), all_create_options()));
}

replicate::deployment_info some_deployment(local_client& local)
{
    replicate::new_deployment wanted("app", echo, local.server.version(echo), "cpu");
    wanted.max_instances = 2;
    return local.get(local.client.deployments().async_create(wanted));
}

replicate::model some_model(local_client& local, std::string name)
{
    replicate::new_model wanted("acme", std::move(name), "cpu");
    wanted.description = "made by a test";
    wanted.github_url = wanted.paper_url = wanted.license_url = wanted.cover_image_url = "https://example.com/x";
    return local.get(local.client.models().async_create(wanted));
}

replicate::training some_training(local_client& local)
{
    some_model(local, "tuned");
    replicate::new_training wanted("acme/tuned", replicate::input().set("images", "https://example.com/x.zip"));
    wanted.webhook = "https://127.0.0.1:1/hook";
    wanted.webhook_events_filter = {replicate::webhook_event::completed};
    return local.get(local.client.trainings().async_create(
        "stability-ai/sdxl:" + local.server.version("stability-ai/sdxl"), wanted));
}

replicate::uploaded_file some_file(local_client& local)
{
    replicate::upload_options described;
    described.metadata = json::object{{"kind", "test"}};
    auto file = replicate::file_source::from_bytes("some bytes", "a.txt");
    return local.get(local.client.files().async_create(std::move(file), described));
}

answer delete_version(local_client& local)
{
    auto const training = some_training(local);
    auto const ended = [&] { return !local.server.version("acme/tuned").empty(); };
    REQUIRE(local.run_until(ended));
    auto const versions = local.client.models().versions("acme", "tuned");
    auto const made = local.get(versions.async_delete(local.server.version("acme/tuned")));
    return answer(made, made.status == 202);
}

answer download_file(local_client& local)
{
    auto const file = some_file(local);
    std::chrono::system_clock::time_point const expiry{4102444800s};
    auto const signature =
        replicate::core::hmac_sha256(local.server.file_signing_secret(), {"acme", " ", file.id, " ", "4102444800"});
    auto const content = local.get(local.client.files().async_download(
        file.id, "acme", expiry, replicate::core::base64_encode(*signature)));
    return answer(content.meta(), "application/octet-stream", content.bytes == "some bytes");
}

// The operations that read what is there.
void add_catalog(std::map<std::string, entry>& all)
{
    all["account.get"] = [](auto& local) {
        auto const made = local.get(local.client.account().async_get());
        return answer(made, made.username == "acme");
    };
    all["collections.list"] = [](auto& local) {
        auto const made = local.get(local.client.collections().async_list());
        return answer(made, !made.results.empty());
    };
    all["collections.get"] = [](auto& local) {
        auto const made = local.get(local.client.collections().async_get("text-to-image"));
        return answer(made, !made.models.empty());
    };
    all["hardware.list"] = [](auto& local) {
        auto const made = local.get(local.client.hardware().async_list());
        return answer(made, !made.results.empty());
    };
    all["search"] = [](auto& local) {
        replicate::search_options limited;
        limited.limit = 50;
        auto const made = local.get(local.client.async_search("image", limited));
        return answer(made, made.query == "image");
    };
    all["webhooks.default.secret.get"] = [](auto& local) {
        auto const made = local.get(local.client.webhooks().async_default_secret());
        return answer(made, made.key.starts_with("whsec_"));
    };
}

void add_models(std::map<std::string, entry>& all)
{
    all["models.list"] = [](auto& local) {
        replicate::model_list_options sorted;
        sorted.sort_by = replicate::model_order::model_created_at;
        sorted.direction = replicate::sort_direction::ascending;
        auto const made = local.get(local.client.models().async_list(sorted));
        auto const more = local.get(local.client.models().async_list_all(5, sorted));
        return answer(made, made.results.size() == 2 && !made.next.empty() && more.size() == 5);
    };
    all["models.create"] = [](auto& local) {
        auto const made = some_model(local, "mine");
        return answer(made, made.visibility == "private");
    };
    all["models.search"] = [](auto& local) {
        auto const made = local.get(local.client.models().search("llama").async_list());
        return answer(made, !made.results.empty());
    };
    all["models.get"] = [](auto& local) {
        auto const made = local.get(local.client.models().async_get("stability-ai", "sdxl"));
        return answer(made, made.latest_version.has_value());
    };
    all["models.update"] = [](auto& local) {
        some_model(local, "mine");
        replicate::model_update change;
        change.description = "changed";
        change.readme = "# Mine";
        change.github_url = change.paper_url = change.weights_url = change.license_url = "https://example.com/y";
        auto const made = local.get(local.client.models().async_update("acme", "mine", change));
        return answer(made, made.description == "changed");
    };
    all["models.delete"] = [](auto& local) {
        some_model(local, "mine");
        auto const made = local.get(local.client.models().async_delete("acme", "mine"));
        return answer(made, made.status == 204);
    };
    all["models.examples.list"] = [](auto& local) {
        auto const made = local.get(local.client.models().examples("stability-ai", "sdxl").async_list());
        return answer(made, made.meta().status == 200);
    };
    all["models.readme.get"] = [](auto& local) {
        auto const made = local.get(local.client.models().async_readme("stability-ai", "sdxl"));
        return answer(made.meta(), "text/plain", !made.text.empty());
    };
    all["models.versions.list"] = [](auto& local) {
        auto const made = local.get(local.client.models().versions("stability-ai", "sdxl").async_list());
        return answer(made, made.results.size() == 1);
    };
    all["models.versions.get"] = [](auto& local) {
        std::string const id = local.server.version("stability-ai/sdxl");
        auto const made = local.get(local.client.models().versions("stability-ai", "sdxl").async_get(id));
        return answer(made, made.id == id);
    };
    all["models.versions.delete"] = delete_version;
}

void add_predictions(std::map<std::string, entry>& all)
{
    all["predictions.create"] = [](auto& local) {
        return answer(some_prediction(local, local.server.version(echo)), true);
    };
    all["models.predictions.create"] = [](auto& local) { return answer(some_prediction(local), true); };
    all["deployments.predictions.create"] = [](auto& local) {
        auto const target = some_deployment(local).reference();
        return answer(some_prediction(local, target), true);
    };
    all["predictions.get"] = [](auto& local) {
        std::string const id = some_prediction(local).id;
        auto const made = local.get(local.client.predictions().async_get(id));
        return answer(made, made.id == id);
    };
    all["predictions.list"] = [](auto& local) {
        std::string const id = some_prediction(local).id;
        replicate::prediction_list_options some;
        some.created_after = std::chrono::system_clock::now() - 1h;
        some.created_before = std::chrono::system_clock::now() + 1h;
        auto const made = local.get(local.client.predictions().async_list(some));
        return answer(made, made.results.at(0).id == id);
    };
    all["predictions.cancel"] = [](auto& local) {
        std::string const id =
            local.get(local.client.predictions().async_create(local.server.version("test/never-ends"), some_input())).id;
        auto const made = local.get(local.client.predictions().async_cancel(id));
        return answer(made, made.status == replicate::prediction_status::canceled);
    };
}

void add_own(std::map<std::string, entry>& all)
{
    all["deployments.list"] = [](auto& local) {
        some_deployment(local);
        auto const made = local.get(local.client.deployments().async_list());
        return answer(made, made.results.size() == 1);
    };
    all["deployments.create"] = [](auto& local) {
        auto const made = some_deployment(local);
        return answer(made, made.name == "app");
    };
    all["deployments.get"] = [](auto& local) {
        some_deployment(local);
        auto const made = local.get(local.client.deployments().async_get("acme", "app"));
        return answer(made, made.current_release->number == 1);
    };
    all["deployments.update"] = [](auto& local) {
        some_deployment(local);
        replicate::deployment_update change;
        change.version = local.server.version(echo);
        change.hardware = "gpu-t4";
        change.min_instances = 0;
        change.max_instances = 3;
        auto const made = local.get(local.client.deployments().async_update("acme", "app", change));
        return answer(made, made.current_release->max_instances == 3);
    };
    all["deployments.delete"] = [](auto& local) {
        some_deployment(local);
        auto const made = local.get(local.client.deployments().async_delete("acme", "app"));
        return answer(made, made.status == 204);
    };
    all["trainings.create"] = [](auto& local) { return answer(some_training(local), true); };
    all["trainings.get"] = [](auto& local) {
        std::string const id = some_training(local).id;
        auto const made = local.get(local.client.trainings().async_get(id));
        return answer(made, made.id == id);
    };
    all["trainings.list"] = [](auto& local) {
        std::string const id = some_training(local).id;
        auto const made = local.get(local.client.trainings().async_list());
        return answer(made, made.results.at(0).id == id);
    };
    all["trainings.cancel"] = [](auto& local) {
        std::string const id = some_training(local).id;
        auto const made = local.get(local.client.trainings().async_cancel(id));
        return answer(made, made.id == id);
    };
}

void add_files(std::map<std::string, entry>& all)
{
    all["files.create"] = [](auto& local) {
        auto const made = some_file(local);
        return answer(made, made.size == 10);
    };
    all["files.list"] = [](auto& local) {
        some_file(local);
        auto const made = local.get(local.client.files().async_list());
        return answer(made, made.results.size() == 1);
    };
    all["files.get"] = [](auto& local) {
        std::string const id = some_file(local).id;
        auto const made = local.get(local.client.files().async_get(id));
        return answer(made, made.id == id);
    };
    all["files.delete"] = [](auto& local) {
        auto const made = local.get(local.client.files().async_delete(some_file(local).id));
        return answer(made, made.status == 204);
    };
    all["files.download"] = download_file;
}

std::map<std::string, entry> entries()
{
    std::map<std::string, entry> all;
    add_catalog(all);
    add_models(all);
    add_predictions(all);
    add_own(all);
    add_files(all);
    return all;
}

// One line for an operation; empty where everything was right.
std::string faults_of(openapi_document const& document, documented_operation const& operation, entry const& ask,
    std::string& request_line)
{
    local_client local(nullptr, options());
    answer const made = ask(local);
    std::string faults = made.right ? "" : "the client made something else of the answer\n";
    faults += document.check_response(operation.id, made.status, made.content_type, made.body);
    bool was_asked = false;
    for (auto const& sent : local.server.requests()) {
        faults += document.check_request(sent);
        auto const* const found = document.find(sent.method, sent.target);
        if (found == nullptr || found->id != operation.id)
            continue;
        was_asked = true;
        request_line = sent.method + ' ' + sent.target.substr(0, 70);
    }
    return was_asked ? faults : faults + "the operation was not asked\n";
}

} // namespace

TEST_CASE("the client asks every operation of the document as it says, and understands the answer")
{
    auto const& document = openapi_document::shared();
    if (!document)
        return;
    auto const all = entries();
    std::size_t right = 0;
    for (auto const& operation : document->operations()) {
        CAPTURE(operation.id);
        auto const found = all.find(operation.id);
        CHECK(found != all.end());
        if (found == all.end())
            continue;
        std::string request_line;
        std::string const faults = faults_of(*document, operation, found->second, request_line);
        CHECK(faults == "");
        right += faults.empty() ? 1 : 0;
        std::printf("%-32s %s  %s\n", operation.id.c_str(), faults.empty() ? "ok  " : "FAIL", request_line.c_str());
    }
    std::printf("%zu of %zu\n", right, document->operations().size());
    CHECK(document->operations().size() == 37);
    CHECK(all.size() == document->operations().size());
}
