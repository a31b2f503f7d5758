// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// What the local server answers about predictions, seen by a client that shares no code with the library.

#include <replicate/core/datetime.hpp>
#include <replicate/testing/server.hpp>

#include "support/raw_client.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <set>
#include <string>

using namespace std::chrono_literals;
namespace testing = replicate::testing;

namespace {

constexpr char const* hello_version = "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa";
constexpr char const* echo_route = "/v1/models/test/echo/predictions";

std::string by_version(std::string const& version)
{
    return R"({"version":")" + version + R"(","input":{"text":"Alice"}})";
}

std::string id_of(raw::answer const& created)
{
    return created.text("id");
}

} // namespace

TEST_CASE("a prediction that is created is starting, and later read with its output")
{
    testing::server server;
    raw::api api(server);
    raw::answer const created = api.call("POST", "/v1/predictions", by_version(hello_version));
    CHECK(created.status == 201);
    CHECK(created.text("status") == "starting");
    CHECK(created.text("model") == "replicate/hello-world");
    CHECK(created.text("version") == hello_version);
    CHECK(created.json().at("output").is_null());
    CHECK(id_of(created).size() == 26);
    raw::answer const ended = api.poll(id_of(created));
    CHECK(ended.text("status") == "succeeded");
    CHECK(ended.text("output") == "hello Alice");
    CHECK(ended.json().at("metrics").as_object().contains("predict_time"));
    CHECK(ended.json().at("urls").at("get").as_string()
        == server.base_url().c_str() + ("/predictions/" + id_of(created)));
    CHECK(server.counts().creates == 1);
    CHECK(server.counts().predictions == 1);
}

TEST_CASE("POST /predictions takes a version id, owner/name:version, and an official owner/name")
{
    testing::server server;
    raw::api api(server);
    for (std::string const& reference :
        {std::string(hello_version), "replicate/hello-world:" + std::string(hello_version), std::string("test/echo"),
            "test/echo:" + server.version("test/echo"), server.version("test/echo")}) {
        CAPTURE(reference);
        CHECK(api.call("POST", "/v1/predictions", by_version(reference)).status == 201);
    }
}

TEST_CASE("POST /predictions refuses a version that is not there, and a community model without one")
{
    testing::server server;
    raw::api api(server);
    for (std::string const& reference :
        {std::string("replicate/hello-world"), "test/echo:" + std::string(hello_version), std::string("nobody/nothing"),
            std::string(64, '0'), std::string("test/echo:latest")}) {
        CAPTURE(reference);
        raw::answer const refused = api.call("POST", "/v1/predictions", by_version(reference));
        CHECK(refused.status == 422);
        CHECK(refused.header("content-type") == "application/problem+json");
        CHECK(refused.text("title") == "Invalid version or not permitted");
    }
    CHECK(server.counts().creates == 0);
    CHECK(server.counts().create_requests == 5);
}

TEST_CASE("the models endpoint runs official models only, unless the options say otherwise")
{
    std::string const body = R"({"input":{"text":"Alice"}})";
    {
        testing::server server;
        raw::api api(server);
        CHECK(api.call("POST", echo_route, body).status == 201);
        raw::answer const refused = api.call("POST", "/v1/models/replicate/hello-world/predictions", body);
        CHECK(refused.status == 404);
        CHECK(refused.body == "{\"detail\":\"The requested resource could not be found.\",\"status\":404}\n");
    }
    testing::server_options options;
    options.community_models_by_name = true;
    testing::server server(options);
    raw::api api(server);
    CHECK(api.call("POST", "/v1/models/replicate/hello-world/predictions", body).status == 201);
}

TEST_CASE("a deployment runs its model and is named in the prediction")
{
    testing::server server;
    server.deployment("acme/my-app", "test/echo");
    raw::api api(server);
    raw::answer const created = api.call("POST", "/v1/deployments/acme/my-app/predictions", R"({"input":{"a":1}})");
    CHECK(created.status == 201);
    CHECK(created.text("deployment") == "acme/my-app");
    CHECK(created.text("model") == "test/echo");
    CHECK(api.call("POST", "/v1/deployments/acme/other/predictions", R"({"input":{"a":1}})").status == 404);
}

TEST_CASE("a model and its version can be read, so that a client can find the version to run")
{
    testing::server server;
    raw::api api(server);
    raw::answer const model = api.call("GET", "/v1/models/replicate/hello-world");
    CHECK(model.status == 200);
    CHECK(model.json().at("latest_version").at("id").as_string() == hello_version);
    CHECK(model.json().at("is_official").as_bool() == false);
    CHECK(api.call("GET", "/v1/models/replicate/hello-world/versions/" + std::string(hello_version)).status == 200);
    CHECK(api.call("GET", "/v1/models/test/echo/versions/" + std::string(hello_version)).status == 404);
    CHECK(api.call("GET", "/v1/models/nobody/nothing").status == 404);
    CHECK(server.counts().models == 4);
}

TEST_CASE("a create without a token, or with a wrong one, is answered as the service does")
{
    testing::server server;
    raw::settings settings(server);
    raw::connection plain(server.port());
    REQUIRE(plain.handshake(settings));
    plain.send("GET /v1/predictions HTTP/1.1\r\nHost: x\r\n\r\n");
    raw::answer const missing = plain.read();
    CHECK(missing.status == 401);
    CHECK(missing.text("detail") == "You did not pass an authentication token");
    plain.send("GET /v1/predictions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer r8_wrong\r\n\r\n");
    raw::answer const wrong = plain.read();
    CHECK(wrong.status == 401);
    CHECK(wrong.body
        == "{\"title\":\"Unauthenticated\",\"detail\":\"You did not pass a valid authentication "
           "token\",\"status\":401}\n");
    for (std::string const scheme : {"Bearer ", "bearer ", "Token ", "TOKEN "}) {
        CAPTURE(scheme);
        plain.send("GET /v1/predictions HTTP/1.1\r\nHost: x\r\nAuthorization: " + scheme + server.token() + "\r\n\r\n");
        CHECK(plain.read().status == 200);
    }
}

TEST_CASE("an unknown path is 404 and a wrong method 405 with the methods that there are")
{
    testing::server server;
    raw::api api(server);
    for (char const* const path : {"/v1/nothing", "/v1", "/", "/v2/predictions", "/v1/predictions/", "/v1//predictions",
             "/v1/predictions/unknown", "/v1/predictions/unknown/cancel/more"}) {
        CAPTURE(path);
        CHECK(api.call("GET", path).status == 404);
    }
    raw::answer const refused = api.call("DELETE", "/v1/predictions");
    CHECK(refused.status == 405);
    CHECK(refused.text("detail") == "Method \"DELETE\" not allowed.");
    CHECK(refused.header("allow") == "POST, GET");
}

TEST_CASE("a body that is no create is refused with what is wrong in it")
{
    testing::server server;
    raw::api api(server);
    CHECK(api.call("POST", "/v1/predictions", "{not json").status == 400);
    CHECK(api.call("POST", "/v1/predictions", "[]").status == 400);
    raw::answer const empty = api.call("POST", "/v1/predictions", "{}");
    CHECK(empty.status == 422);
    CHECK(empty.json().at("invalid_fields").as_array().size() == 2);
    raw::answer const unknown = api.call("POST", echo_route, R"({"input":{},"model":"a/b"})");
    CHECK(unknown.status == 422);
    CHECK(unknown.text("title") == "Input validation failed");
    CHECK(unknown.text("detail") == "- (root): Additional property model is not allowed\n");
    CHECK(api.call("POST", echo_route, R"({"input":[]})").status == 422);
    CHECK(api.call("POST", echo_route, R"({"input":{},"version":"x"})").status == 422);
    CHECK(server.counts().creates == 0);
}

TEST_CASE("the two back ends describe one prediction in their own order, with absent or null members")
{
    testing::server_options options;
    options.back_end = testing::back_end::random;
    testing::server server(options);
    raw::api api(server);
    std::string const id =
        id_of(api.call("POST", "/v1/models/test/never-ends/predictions", R"({"input":{"bb":1,"a":2}})"));
    std::set<std::string> inputs;
    for (int i = 0; i < 40; ++i) {
        raw::answer const seen = api.call("GET", "/v1/predictions/" + id);
        bool const web = seen.body.starts_with("{\"completed_at\":null");
        CHECK(seen.body.starts_with(web ? "{\"completed_at\"" : "{\"id\""));
        CHECK(seen.json().as_object().contains("completed_at") == web);
        CHECK(seen.json().as_object().contains("webhook") == web);
        inputs.insert(web ? "web" : "gateway");
    }
    CHECK(inputs.size() == 2);
}

TEST_CASE("a prediction can be described as in 2023")
{
    testing::server_options options;
    options.older_members = true;
    testing::server server(options);
    raw::api api(server);
    raw::answer const created = api.call("POST", echo_route, R"({"input":{"a":1}})");
    for (char const* const member : {"output", "data_removed", "source"}) {
        CAPTURE(member);
        CHECK_FALSE(created.json().as_object().contains(member));
    }
    CHECK(created.json().at("urls").as_object().size() == 2);
    raw::answer const ended = api.poll(id_of(created));
    CHECK(ended.json().at("output").is_object());
}

TEST_CASE("times have nought to nine digits from the gateway and six from the web application")
{
    testing::server server;
    raw::api api(server);
    std::set<std::size_t> lengths;
    for (int i = 0; i < 200; ++i)
        lengths.insert(api.call("POST", echo_route, R"({"input":{}})").text("created_at").size());
    CHECK(lengths.size() == 10);
    CHECK(*lengths.begin() == 20);
    CHECK(*lengths.rbegin() == 30);
}

TEST_CASE("cancelling ends a prediction at once, and again changes nothing")
{
    testing::server server;
    raw::api api(server);
    std::string const id = id_of(api.call("POST", "/v1/models/test/never-ends/predictions", R"({"input":{}})"));
    raw::answer const canceled = api.call("POST", "/v1/predictions/" + id + "/cancel", "", "Content-Length: 0\r\n");
    CHECK(canceled.status == 200);
    CHECK(canceled.text("status") == "canceled");
    CHECK(canceled.json().at("output").is_null());
    CHECK(canceled.json().at("logs").is_null());
    CHECK(canceled.json().at("metrics").as_object().contains("total_time"));
    raw::answer const again = api.call("POST", "/v1/predictions/" + id + "/cancel", "", "Content-Length: 0\r\n");
    CHECK(again.status == 200);
    CHECK(again.text("completed_at") == canceled.text("completed_at"));
    CHECK(api.call("POST", "/v1/predictions/unknown/cancel", "", "Content-Length: 0\r\n").status == 404);
    CHECK(server.counts().cancels == 3);
}

TEST_CASE("cancelling a prediction that has ended leaves it as it was")
{
    testing::server server;
    raw::api api(server);
    std::string const id = id_of(api.call("POST", echo_route, R"({"input":{"a":1}})"));
    CHECK(api.poll(id).text("status") == "succeeded");
    raw::answer const canceled = api.call("POST", "/v1/predictions/" + id + "/cancel", "", "Content-Length: 0\r\n");
    CHECK(canceled.status == 200);
    CHECK(canceled.text("status") == "succeeded");
    CHECK(canceled.json().at("output").at("a").as_int64() == 1);
    CHECK_FALSE(server.cancel(id));
}

TEST_CASE("Cancel-After sets a deadline, which cancels what runs and aborts what waits")
{
    testing::server_options options;
    options.shortest_cancel_after = 0s;
    testing::server server(options);
    server.model("test/queued", [](replicate::input const&) { return testing::script().boot(1h); });
    raw::api api(server);
    raw::answer const running =
        api.call("POST", "/v1/models/test/never-ends/predictions", R"({"input":{}})", "Cancel-After: 1s\r\n");
    raw::answer const queued =
        api.call("POST", "/v1/models/test/queued/predictions", R"({"input":{}})", "Cancel-After: 1\r\n");
    CHECK(running.json().as_object().contains("deadline"));
    CHECK(api.poll(id_of(running)).text("status") == "canceled");
    raw::answer const aborted = api.poll(id_of(queued));
    CHECK(aborted.text("status") == "aborted");
    CHECK_FALSE(aborted.json().as_object().contains("started_at"));
}

TEST_CASE("a Cancel-After below five seconds, or that is no duration, is refused")
{
    testing::server server;
    raw::api api(server);
    for (char const* const value : {"4", "4s", "x", "5d", "-5", "5 s"}) {
        CAPTURE(value);
        CHECK(api.call("POST", echo_route, R"({"input":{}})", "Cancel-After: " + std::string(value) + "\r\n").status
            == 422);
    }
    for (char const* const value : {"5", "1m", "1h30m45s"}) {
        CAPTURE(value);
        CHECK(api.call("POST", echo_route, R"({"input":{}})", "Cancel-After: " + std::string(value) + "\r\n").status
            == 201);
    }
}

TEST_CASE("the list is newest first, a hundred to a page, and its links lead through all of it")
{
    testing::server server;
    raw::api api(server);
    std::vector<std::string> created;
    for (int i = 0; i < 230; ++i)
        created.push_back(id_of(api.call("POST", echo_route, R"({"input":{}})")));
    std::vector<std::string> listed;
    std::vector<std::size_t> sizes;
    std::string next = server.base_url() + "/predictions";
    std::string back;
    while (!next.empty()) {
        REQUIRE(next.starts_with(server.base_url()));
        raw::answer const page = api.call("GET", "/v1" + next.substr(server.base_url().size()));
        REQUIRE(page.status == 200);
        boost::json::value const document = page.json();
        for (boost::json::value const& each : document.at("results").as_array())
            listed.emplace_back(each.at("id").as_string().c_str());
        sizes.push_back(document.at("results").as_array().size());
        next = document.at("next").is_null() ? "" : document.at("next").as_string().c_str();
        back = document.at("previous").is_null() ? "" : document.at("previous").as_string().c_str();
    }
    CHECK(sizes == std::vector<std::size_t>{100, 100, 30});
    CHECK(std::vector<std::string>(listed.rbegin(), listed.rend()) == created);
    CHECK(server.predictions() == created);
    raw::answer const before = api.call("GET", "/v1" + back.substr(server.base_url().size()));
    CHECK(before.json().at("results").as_array().front().at("id").as_string() == listed[100].c_str());
}

TEST_CASE("the list can be bounded in time, inclusive below and exclusive above")
{
    testing::server server;
    raw::api api(server);
    std::vector<std::string> times;
    for (int i = 0; i < 3; ++i) {
        api.call("POST", echo_route, R"({"input":{}})");
        times.push_back(api.call("GET", "/v1/predictions?created_after=2020-01-01T00:00:00Z")
                .json()
                .at("results")
                .as_array()
                .front()
                .at("created_at")
                .as_string()
                .c_str());
    }
    auto const count = [&](std::string const& query) {
        return api.call("GET", "/v1/predictions?" + query).json().at("results").as_array().size();
    };
    CHECK(count("created_after=" + times[1]) == 2);
    CHECK(count("created_before=" + times[1]) == 1);
    CHECK(count("created_before=2020-01-01T00%3A00%3A00Z") == 0);
    CHECK(count("source=web") == 0);
    CHECK(api.call("GET", "/v1/predictions?created_after=yesterday").status == 400);
    CHECK(api.call("GET", "/v1/predictions?source=mail").status == 400);
    CHECK(api.call("GET", "/v1/predictions?cursor=nonsense").status == 400);
}

TEST_CASE("removed data is gone from the prediction and from the delivery origin")
{
    testing::server server;
    raw::api api(server);
    std::string const id =
        id_of(api.call("POST", "/v1/models/black-forest-labs/flux-schnell/predictions", R"({"input":{"prompt":"x"}})"));
    CHECK(api.poll(id).json().at("output").is_array());
    server.remove_data(id);
    boost::json::value const seen = api.call("GET", "/v1/predictions/" + id).json();
    CHECK(seen.at("data_removed").as_bool());
    CHECK(seen.at("output").is_null());
    CHECK(seen.at("input").is_null());
    CHECK(seen.at("status").as_string() == "succeeded");
}

TEST_CASE("creates are counted by their input, whatever the order of its members")
{
    testing::server server;
    raw::api api(server);
    api.call("POST", echo_route, R"({"input":{"a":1,"b":{"d":[],"c":{}}}})");
    api.call("POST", echo_route, R"({"input":{"b":{"c":{},"d":[]},"a":1}})");
    api.call("POST", echo_route, R"({"input":{"a":2}})");
    auto const counts = server.counts();
    CHECK(counts.creates == 3);
    CHECK(counts.creates_by_input.size() == 2);
    CHECK(counts.creates_by_input.at(R"({"a":1,"b":{"c":{},"d":[]}})") == 2);
    CHECK(counts.most_creates_of_one_input() == 2);
}

TEST_CASE("requests are remembered as they came")
{
    testing::server_options options;
    options.remembered_requests = 2;
    testing::server server(options);
    raw::api api(server);
    api.call("POST", echo_route, R"({"input":{"a":1}})", "X-Mine: yes\r\n");
    api.call("GET", "/v1/predictions?source=web");
    auto const requests = server.requests();
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].operation == testing::operation::create);
    CHECK(requests[0].body == R"({"input":{"a":1}})");
    CHECK(requests[0].header("x-mine") == "yes");
    CHECK(requests[1].path() == "/v1/predictions");
    CHECK(requests[1].query() == "source=web");
    CHECK(requests[1].connection == 1);
    CHECK(requests[1].number_on_connection == 2);
    api.call("GET", "/v1/models/test/echo");
    CHECK(server.requests().size() == 2);
    CHECK(server.last_request()->operation == testing::operation::model);
    CHECK(server.last_request(testing::operation::list)->target == "/v1/predictions?source=web");
    CHECK_FALSE(server.last_request(testing::operation::create).has_value());
    server.reset_counts();
    CHECK(server.counts().requests == 0);
    CHECK(server.counts().live_connections == 1);
}

TEST_CASE("a prediction can be looked up beside the network")
{
    testing::server server;
    raw::api api(server);
    std::string const id = id_of(api.call("POST", echo_route, R"({"input":{"a":1}})"));
    REQUIRE(server.prediction(id).has_value());
    CHECK(server.prediction(id)->at("status").as_string() == "succeeded");
    CHECK_FALSE(server.prediction("unknown").has_value());
}

TEST_CASE("the list can lag behind, and the clock of the server can be another one")
{
    testing::server_options options;
    options.list_lag = 1h;
    options.clock_offset = 7200s;
    testing::server server(options);
    raw::api api(server);
    raw::answer const created = api.call("POST", echo_route, R"({"input":{}})");
    CHECK(api.call("GET", "/v1/predictions/" + id_of(created)).status == 200);
    raw::answer const list = api.call("GET", "/v1/predictions");
    CHECK(list.json().at("results").as_array().empty());
    auto const told = replicate::core::parse_rfc3339(created.text("created_at"));
    auto const date = replicate::core::parse_http_date(list.header("date"));
    REQUIRE((told && date));
    CHECK(*told > std::chrono::system_clock::now() + 1h);
    CHECK(*date > std::chrono::system_clock::now() + 1h);
}
