// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/page_target.hpp>
#include <replicate/core/prediction_requests.hpp>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
namespace json = boost::json;
using replicate::errc;
using replicate::input;
using replicate::model_ref;
using replicate::prediction_list_options;
using replicate::core::check_id;
using replicate::core::creation_target;
using replicate::core::list_predictions_request;
using replicate::core::repeatability;
using replicate::core::request;

namespace {

std::string const some_version(64, 'a');

request create(model_ref const& model, input const& values = input(), std::chrono::seconds server_wait = 0s,
    std::optional<std::chrono::seconds> cancel_after = std::nullopt)
{
    return replicate::core::create_prediction_request(model, values, server_wait, cancel_after);
}

std::string_view header(request const& sent, std::string_view name)
{
    for (auto const& [known, value] : sent.headers)
        if (known == name)
            return value;
    return {};
}

// The links of a client of the service itself.
replicate::core::api_base const& service()
{
    static replicate::core::api_base const base = [] {
        replicate::core::api_base made;
        made.origin = replicate::core::parse_absolute_url("https://api.replicate.com")->origin;
        made.path_prefix = "/v1";
        return made;
    }();
    return base;
}

replicate::core::api_links api()
{
    return replicate::core::api_links(service());
}

// The code with which something is refused; none where it is not.
template<class Action>
boost::system::error_code refusal(Action const& action)
{
    try {
        action();
    } catch (replicate::error const& refused) {
        return refused.code();
    }
    return {};
}

} // namespace

TEST_CASE("each form of a model is created by its own path")
{
    CHECK(creation_target("meta/llama") == "/models/meta/llama/predictions");
    CHECK(creation_target("meta/llama:" + some_version) == "/predictions");
    CHECK(creation_target(some_version) == "/predictions");
    CHECK(creation_target(replicate::deployment("acme", "shouter")) == "/deployments/acme/shouter/predictions");
}

TEST_CASE("names are percent-encoded in a path")
{
    CHECK(creation_target("a&b/c=d") == "/models/a%26b/c%3Dd/predictions");
    CHECK(creation_target("a_b-c.d~e/f") == "/models/a_b-c.d~e/f/predictions");
    CHECK(creation_target(replicate::deployment("a;b", "c+d")) == "/deployments/a%3Bb/c%2Bd/predictions");
    CHECK(replicate::core::get_prediction_request("a&b=c").target == "/predictions/a%26b%3Dc");
    CHECK(replicate::core::cancel_prediction_request("a;b").target == "/predictions/a%3Bb/cancel");
}

TEST_CASE("a create holds the input, and the version where there is one")
{
    input const values{{"prompt", "a \"quoted\" line\n"}, {"steps", 4}};
    request const of_model = create("meta/llama", values);
    CHECK(of_model.method == "POST");
    CHECK(of_model.content_type == "application/json");
    CHECK(json::parse(of_model.body) == json::parse(R"({"input":{"prompt":"a \"quoted\" line\n","steps":4}})"));
    request const of_version = create("meta/llama:" + some_version, values);
    json::value const document = json::parse(of_version.body);
    CHECK(document.as_object().size() == 2);
    CHECK(document.at("version").as_string() == some_version.c_str());
    CHECK(document.at("input") == json::parse(of_model.body).at("input"));
    CHECK(json::parse(create(some_version, values).body) == document);
    CHECK(json::parse(create(replicate::deployment("a", "b"), values).body) == json::parse(of_model.body));
    CHECK(create("meta/llama").body == R"({"input":{}})");
    CHECK(of_model.name() == "POST /models/meta/llama/predictions");
}

TEST_CASE("a version cannot add to the body")
{
    request const sent = create("a/b:x\",\"input");
    CHECK(json::parse(sent.body).as_object().size() == 2);
    CHECK(json::parse(sent.body).at("version").as_string() == "x\",\"input");
}

TEST_CASE("a create is never repeated as if it were a read, whatever it creates")
{
    for (model_ref const& model : {model_ref("a/b"), model_ref("a/b:" + some_version), model_ref(some_version),
             model_ref(replicate::deployment("a", "b"))})
        CHECK(create(model).repeatability == repeatability::creates);
}

TEST_CASE("the service is asked to hold its answer for so many seconds, or not asked at all")
{
    for (int seconds = 1; seconds <= 60; ++seconds) {
        request const held = create("a/b", input(), std::chrono::seconds(seconds));
        CHECK(header(held, "Prefer") == "wait=" + std::to_string(seconds));
        CHECK(held.server_wait == std::chrono::seconds(seconds));
    }
    request const at_once = create("a/b");
    CHECK(at_once.headers.empty());
    CHECK(at_once.server_wait == 0s);
}

TEST_CASE("the service is told when to end the prediction, where that is wanted")
{
    CHECK(header(create("a/b", input(), 0s, 5s), "Cancel-After") == "5s");
    CHECK(header(create("a/b", input(), 0s, 24h), "Cancel-After") == "86400s");
    request const both = create("a/b", input(), 60s, 90s);
    CHECK(header(both, "Prefer") == "wait=60");
    CHECK(header(both, "Cancel-After") == "90s");
    CHECK(both.headers.size() == 2);
}

TEST_CASE("a create says where and when to call a webhook")
{
    using replicate::webhook_event;
    auto const body = [](std::optional<std::string> const& url, std::vector<webhook_event> const& events) {
        return replicate::core::create_prediction_request("a/b", input(), 0s, std::nullopt, url, events).body;
    };
    CHECK(body(std::nullopt, {}) == R"({"input":{}})");
    CHECK(body("https://me.example/hook?a=\"", {}) == R"({"input":{},"webhook":"https://me.example/hook?a=\""})");
    CHECK(body("https://me.example", {webhook_event::completed})
        == R"({"input":{},"webhook":"https://me.example","webhook_events_filter":["completed"]})");
    CHECK(body("https://me.example",
              {webhook_event::start, webhook_event::output, webhook_event::logs, webhook_event::completed})
        == R"({"input":{},"webhook":"https://me.example","webhook_events_filter":["start","output","logs","completed"]})");
}

TEST_CASE("a prediction is asked for and cancelled by its id, and a model asked for, as often as need be")
{
    request const look = replicate::core::get_prediction_request("p1");
    CHECK(look.method == "GET");
    CHECK(look.target == "/predictions/p1");
    CHECK(look.body == "");
    CHECK(look.repeatability == repeatability::safe);
    request const model = replicate::core::get_model_request("a&b/c");
    CHECK(model.method == "GET");
    CHECK(model.target == "/models/a%26b/c");
    CHECK(model.repeatability == repeatability::safe);
    request const cancel = replicate::core::cancel_prediction_request("p1");
    CHECK(cancel.method == "POST");
    CHECK(cancel.target == "/predictions/p1/cancel");
    CHECK(cancel.body == "");
    CHECK(cancel.repeatability == repeatability::safe);
}

TEST_CASE("an id that could not stand in a path is refused, and named")
{
    for (std::string_view id :
        {"", ".", "..", "a/b", "../a", "a b", "a\r\nX: y", "a?b", "a#b", "a%2fb", "a\\b", "\x7f", "\xc3\xbc"}) {
        CAPTURE(id);
        CHECK(refusal([id] { check_id("id", id); }) == errc::invalid_argument);
        CHECK(refusal([id] { replicate::core::get_prediction_request(id); }) == errc::invalid_argument);
        CHECK(refusal([id] { replicate::core::cancel_prediction_request(id); }) == errc::invalid_argument);
    }
    CHECK(refusal([] { check_id("id", std::string_view("a\0b", 3)); }) == errc::invalid_argument);
    CHECK_NOTHROW(check_id("id", "rrr4z55ocneqzikepnug6xezpe"));
    CHECK_NOTHROW(check_id("id", "a..b"));
    CHECK_THROWS_WITH_AS(check_id("prediction_id", ""), doctest::Contains("prediction_id"), replicate::error const&);
}

TEST_CASE("the first page of a list is asked for with what is wanted, and no more")
{
    prediction_list_options options;
    CHECK(list_predictions_request(options, api()).target == "/predictions");
    options.only_from_web = true;
    CHECK(list_predictions_request(options, api()).target == "/predictions?source=web");
    options.created_after = std::chrono::system_clock::time_point(1728065255s + 262431us);
    CHECK(list_predictions_request(options, api()).target
        == "/predictions?created_after=2024-10-04T18%3A07%3A35.262431Z&source=web");
    options.created_before = std::chrono::system_clock::time_point(1728065256s);
    options.only_from_web = false;
    CHECK(list_predictions_request(options, api()).target
        == "/predictions?created_after=2024-10-04T18%3A07%3A35.262431Z&created_before=2024-10-04T18%3A07%3A36.000000Z");
    CHECK(list_predictions_request(options, api()).name() == "GET /predictions");
    CHECK(list_predictions_request(options, api()).repeatability == repeatability::safe);
}

TEST_CASE("another page of a list is what its link says, whatever else was asked for")
{
    prediction_list_options options;
    options.only_from_web = true;
    options.page = "https://api.replicate.com/v1/predictions?cursor=a";
    CHECK(list_predictions_request(options, api()).target == "/predictions?cursor=a");
    options.page = "https://evil.example/v1/predictions?cursor=a";
    CHECK(refusal([&] { list_predictions_request(options, api()); }) == errc::invalid_argument);
}
