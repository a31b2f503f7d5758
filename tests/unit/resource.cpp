// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// What holds for every resource but the prediction.

#include <replicate/catalog.hpp>
#include <replicate/deployment.hpp>
#include <replicate/model.hpp>
#include <replicate/page.hpp>
#include <replicate/search_result.hpp>
#include <replicate/training.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace json = boost::json;

namespace {

// A value of each type, for the place of one of another type.
json::array const& strangers()
{
    static json::array const values = {nullptr, true, -7, 1.5, "", "x", json::array(), json::array{1, nullptr},
        json::object(), json::object{{"x", 1}}};
    return values;
}

template<class Resource>
bool is_refused(json::value document)
{
    try {
        Resource::from_json(std::move(document));
        return false;
    } catch (replicate::error const& failure) {
        CHECK(failure.code() == replicate::errc::unexpected_document);
        return true;
    }
}

// Puts each stranger in the place of each member, at every depth, and takes each member away; `seen` looks at what came out.
template<class Function>
void vary(json::value const& whole, json::value& part, Function seen)
{
    if (json::object* const object = part.if_object()) {
        for (auto& member : *object) {
            json::value const original = member.value();
            for (json::value const& stranger : strangers()) {
                member.value() = stranger;
                seen(whole);
            }
            member.value() = original;
            vary(whole, member.value(), seen);
        }
    } else if (json::array* const list = part.if_array()) {
        for (json::value& element : *list) {
            json::value const original = element;
            for (json::value const& stranger : strangers()) {
                element = stranger;
                seen(whole);
            }
            element = original;
            vary(whole, element, seen);
        }
    }
}

bool has_text(json::value const& document, std::string_view name)
{
    json::value const* const value = document.as_object().if_contains({name.data(), name.size()});
    return value != nullptr && value->is_string() && !value->get_string().empty();
}

// A document is refused exactly where a text that is needed is missing; everything else may be anything.
template<class Resource>
void check_leniency(std::string_view text, std::vector<std::string_view> needed)
{
    json::value document = json::parse(json::string_view(text.data(), text.size()));
    std::size_t read = 0;
    vary(document, document, [&](json::value const& varied) {
        bool const good =
            std::all_of(needed.begin(), needed.end(), [&](std::string_view name) { return has_text(varied, name); });
        CAPTURE(json::serialize(varied));
        REQUIRE(is_refused<Resource>(varied) == !good);
        if (!good)
            return;
        REQUIRE(Resource::from_json(varied).raw() == varied.as_object());
        ++read;
    });
    CHECK(read > 0);
    json::object smallest;
    for (std::string_view name : needed)
        smallest[json::string_view(name.data(), name.size())] = "x";
    CHECK(Resource::from_json(smallest).raw() == smallest);
    for (json::value const& stranger : strangers())
        if (!stranger.is_object())
            CHECK(is_refused<Resource>(stranger));
}

constexpr std::string_view version_text =
    R"({"id":"5c7d","created_at":"2022-04-26T19:29:04.418669Z","cog_version":"0.3.0",
    "openapi_schema":{"info":{}}, "unknown":1})";

constexpr std::string_view model_text = R"({"url":"https://replicate.com/a/b","owner":"a","name":"b","description":"d",
    "visibility":"public","is_official":true,"github_url":null,"run_count":7,"default_example":{"id":"p","status":"succeeded"},
    "latest_version":{"id":"5c7d","openapi_schema":{}},"created_at":"2022-04-26T19:29:04Z"})";

constexpr std::string_view training_text =
    R"({"id":"t","model":"a/b","version":"v","input":{"x":1},"logs":"l","error":null,
    "output":{"version":"a/c:v","weights":"https://x"},"status":"succeeded","metrics":{"predict_time":1.5},
    "created_at":"2023-09-08T16:32:56.990893084Z","urls":{"get":"g","cancel":"c"},"source":"api"})";

constexpr std::string_view deployment_text =
    R"({"owner":"acme","name":"app","current_release":{"number":1,"model":"a/b",
    "version":"v","created_at":"2024-02-15T16:32:57.018467Z","created_by":{"type":"user","username":"u","name":"n"},
    "configuration":{"hardware":"gpu-t4","min_instances":1,"max_instances":5}}})";

constexpr std::string_view search_text =
    R"({"query":"q","models":[{"model":{"owner":"a","name":"b","latest_version":{"id":"v"}},
    "metadata":{"generated_description":"d","tags":["t",1],"score":1.5}}],"collections":[{"slug":"s","name":"n","models":["a/b"]}],
    "pages":[{"name":"n","href":"/docs"}]})";

} // namespace

TEST_CASE("every member that is not needed may be absent, null or of another type, and is kept as it came")
{
    check_leniency<replicate::model_version>(version_text, {"id"});
    check_leniency<replicate::model>(model_text, {"owner", "name"});
    check_leniency<replicate::training>(training_text, {"id"});
    check_leniency<replicate::deployment_info>(deployment_text, {"owner", "name"});
    check_leniency<replicate::account>(R"({"type":"user","username":"u","name":"n","github_url":"g"})", {"username"});
    check_leniency<replicate::collection>(
        R"({"slug":"s","name":"n","full_description":"f","models":[{"owner":"a","name":"b"}]})", {"slug"});
    check_leniency<replicate::hardware>(R"({"sku":"cpu","name":"CPU"})", {"sku"});
    check_leniency<replicate::uploaded_file>(R"({"id":"f","name":"n","size":3,"checksums":{"sha256":"s","md5":"m"},
        "metadata":{"a":1},"created_at":"2024-08-22T12:26:51.079Z","urls":{"get":"u"}})",
        {"id"});
    check_leniency<replicate::webhook_secret>(R"({"key":"whsec_AAEC","x":1})", {"key"});
}

TEST_CASE("a search result is refused where it has no list of models, and only there")
{
    json::value document = json::parse(json::string_view(search_text.data(), search_text.size()));
    vary(document, document, [](json::value const& varied) {
        CAPTURE(json::serialize(varied));
        bool const good = varied.at("models").is_array();
        REQUIRE(is_refused<replicate::search_result>(varied) == !good);
        if (good)
            REQUIRE(replicate::search_result::from_json(varied).raw() == varied.as_object());
    });
    CHECK(replicate::search_result::from_json(json::parse(R"({"models":[]})")).models.empty());
}

TEST_CASE("a refusal says what it was and what is missing")
{
    CHECK_THROWS_WITH_AS(replicate::model::from_json(json::parse(R"({"owner":"a"})")),
        "the answer lacks what was expected: a model without 'name'", replicate::error);
    CHECK_THROWS_WITH_AS(replicate::account::from_json(json::array()),
        "the answer lacks what was expected: an account that is not an object", replicate::error);
}

TEST_CASE("a resource that was read from nothing is empty")
{
    CHECK(replicate::model().raw().empty());
    CHECK_FALSE(replicate::model().default_example());
    CHECK(replicate::training().input().is_null());
    CHECK(replicate::model_version().openapi_schema().is_null());
    CHECK(replicate::uploaded_file().metadata().is_null());
}

TEST_CASE("a part of a document lives as long as it is used")
{
    replicate::model_version version;
    {
        json::value document = json::parse(json::string_view(model_text.data(), model_text.size()));
        replicate::model const read = replicate::model::from_json(std::move(document));
        version = read.latest_version.value();
    }
    CHECK(version.id == "5c7d");
    CHECK(version.openapi_schema() == json::object());
    CHECK(version.raw().at("id").as_string() == "5c7d");
}

TEST_CASE("the resources are no aggregates")
{
    CHECK_FALSE(std::is_aggregate_v<replicate::model>);
    CHECK_FALSE(std::is_aggregate_v<replicate::training>);
    CHECK_FALSE(std::is_aggregate_v<replicate::deployment_info>);
    CHECK_FALSE(std::is_aggregate_v<replicate::search_result>);
    CHECK_FALSE(std::is_aggregate_v<replicate::uploaded_file>);
}
