// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/prediction_requests.hpp>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace json = boost::json;
using namespace std::chrono_literals;
using namespace replicate::core;
using replicate::input;
using replicate::model_ref;

namespace {

std::string const version_id = "39ed52f2a78e934b3ba6e2a89f5b1c712de7dfea535525255b1aa35c5565e08b";

request create(model_ref model, std::chrono::seconds wait = 0s, std::optional<std::chrono::seconds> cancel_after = {})
{
    return create_prediction_request(model, input{{"prompt", "say \"hi\""}}, wait, cancel_after);
}

std::string header_of(request const& made, std::string_view name)
{
    for (auto const& [known, value] : made.headers)
        if (known == name)
            return value;
    return "none";
}

origin api()
{
    return parse_absolute_url("https://api.replicate.com/v1").value().origin;
}

std::string refusal(std::string_view link, origin const& configured)
{
    try {
        page_target(link, "/predictions", configured);
    } catch (replicate::error const& failure) {
        CHECK(failure.code() == replicate::errc::invalid_argument);
        return failure.what();
    }
    return {};
}

} // namespace

TEST_CASE("each form of a reference is created at its own path")
{
    CHECK(create("meta/llama").target == "/models/meta/llama/predictions");
    CHECK(create(replicate::deployment("acme", "shouter")).target == "/deployments/acme/shouter/predictions");
    CHECK(create("stability-ai/sdxl:" + version_id).target == "/predictions");
    CHECK(create(version_id).target == "/predictions");
    CHECK(create("a(b/c'd").target == "/models/a%28b/c%27d/predictions");
}

TEST_CASE("the body of a create holds the input, and the version where there is one")
{
    CHECK(json::parse(create("meta/llama").body) == json::parse(R"({"input":{"prompt":"say \"hi\""}})"));
    CHECK(json::parse(create("acme/x:" + version_id).body)
        == json::parse("{\"version\":\"" + version_id + R"(","input":{"prompt":"say \"hi\""}})"));
    CHECK(json::parse(create("acme/x:v\"1").body).at("version").as_string() == "v\"1");
    CHECK(create_prediction_request("meta/llama", input(), 0s, {}).body == R"({"input":{}})");
}

TEST_CASE("a create is known as one, with its media type")
{
    request const made = create("meta/llama");
    CHECK(made.method == "POST");
    CHECK(made.content_type == "application/json");
    CHECK(made.repeatability == repeatability::creates);
    CHECK(made.name() == "POST /models/meta/llama/predictions");
}

TEST_CASE("the wait and the service's own deadline are asked for only where they are wanted")
{
    request const plain = create("meta/llama");
    CHECK(plain.headers.empty());
    CHECK(plain.server_wait == 0s);
    request const full = create("meta/llama", 60s, 90s);
    CHECK(header_of(full, "Prefer") == "wait=60");
    CHECK(header_of(full, "Cancel-After") == "90s");
    CHECK(full.server_wait == 60s);
    CHECK(full.headers.size() == 2);
}

TEST_CASE("a prediction is asked for and cancelled by its id, as often as need be")
{
    CHECK(get_prediction_request("abc").method == "GET");
    CHECK(get_prediction_request("abc").target == "/predictions/abc");
    CHECK(get_prediction_request("abc").repeatability == repeatability::safe);
    CHECK(cancel_prediction_request("abc").method == "POST");
    CHECK(cancel_prediction_request("abc").target == "/predictions/abc/cancel");
    CHECK(cancel_prediction_request("abc").repeatability == repeatability::safe);
    CHECK(cancel_prediction_request("abc").body == "");
    CHECK(get_prediction_request("a/b?c").target == "/predictions/a%2Fb%3Fc");
}

TEST_CASE("an id that could change the path is refused before anything is sent")
{
    check_id("id", "vrsafsk7mnrgj0cf0p2ax766s4");
    for (std::string_view id : {"", ".", "..", "a/b", "../hardware", "a b", "a\r\nX-Injected: 1", "a?b", "a%2fb"}) {
        CAPTURE(id);
        try {
            check_id("id", id);
            FAIL("was accepted");
        } catch (replicate::error const& failure) {
            CHECK(failure.code() == replicate::errc::invalid_argument);
            CHECK(std::string(failure.what()).find("id: is not an id") != std::string::npos);
        }
    }
}

TEST_CASE("a list is asked for with what limits it")
{
    replicate::prediction_list_options options;
    CHECK(list_predictions_request(options, api()).target == "/predictions");
    options.created_after = std::chrono::system_clock::time_point(1728065255s);
    CHECK(list_predictions_request(options, api()).target
        == "/predictions?created_after=2024-10-04T18%3A07%3A35.000000Z");
    options.created_before = *options.created_after + 1500ms;
    options.only_from_web = true;
    request const made = list_predictions_request(options, api());
    CHECK(made.target
        == "/predictions?created_after=2024-10-04T18%3A07%3A35.000000Z&created_before=2024-10-04T18%3A07%3A36.500000Z&"
           "source=web");
    CHECK(made.method == "GET");
    CHECK(made.repeatability == repeatability::safe);
    CHECK(made.name() == "GET /predictions");
}

TEST_CASE("of the link to another page only the query is used")
{
    CHECK(page_target("https://api.replicate.com/v1/predictions?cursor=cD0y%3D", "/predictions", api())
        == "/predictions?cursor=cD0y%3D");
    CHECK(page_target("http://api.replicate.com/v1/predictions?cursor=x", "/predictions", api())
        == "/predictions?cursor=x");
    CHECK(page_target("https://api.replicate.com/v1/predictions", "/predictions", api()) == "/predictions");
    origin const gateway = parse_absolute_url("https://gateway.example:8443/replicate").value().origin;
    CHECK(page_target("https://api.replicate.com/v1/predictions?cursor=x", "/predictions", gateway)
        == "/predictions?cursor=x");
    CHECK(page_target("https://gateway.example/replicate/predictions?cursor=x", "/predictions", gateway)
        == "/predictions?cursor=x");
}

TEST_CASE("a link to elsewhere is refused")
{
    for (std::string_view link :
        {"https://evil.example/v1/predictions?cursor=x", "https://api.replicate.com/v1/models?cursor=x",
            "https://api.replicate.com@evil.example/v1/predictions", "/v1/predictions?cursor=x", "cursor", "null",
            "https://api.replicate.com/v1/predictions?cursor=x\r\nX-Injected: 1",
            "https://api.replicate.com.evil.example/v1/predictions"}) {
        CAPTURE(link);
        CHECK(refusal(link, api()).find("options.page: ") != std::string::npos);
    }
}
