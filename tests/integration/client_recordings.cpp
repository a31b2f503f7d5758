// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// The recorded exchanges with the real service, served again: the client gets to the recorded end.

#include "support/local_client.hpp"
#include "support/shared_files.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::prediction_status;
namespace json = boost::json;

constexpr char const* sdxl = "39ed52f2a78e934b3ba6e2a89f5b1c712de7dfea535525255b1aa35c5565e08b";

std::string text(json::value const& value)
{
    return std::string(value.as_string().c_str());
}

// The exchanges of a recording; nothing where it is not there.
std::optional<json::array> recorded(std::string const& name)
{
    auto const content = read_shared("recordings/" + name);
    if (!content)
        return std::nullopt;
    return json::parse(*content).at("exchanges").as_array();
}

json::value body_of(json::value const& message)
{
    return json::parse(message.at("body").as_string());
}

// The model input of a recorded create.
replicate::input input_of(json::value const& exchange)
{
    return replicate::input(body_of(exchange.at("request")).at("input"));
}

// What the client sent is what the official client had sent: the same version and input.
void check_sent(replicate::testing::server const& server, json::value const& exchange)
{
    auto const sent = server.last_request(replicate::testing::operation::create);
    REQUIRE(sent.has_value());
    json::value const ours = json::parse(sent->body);
    json::value const theirs = body_of(exchange.at("request"));
    CHECK(ours.at("input") == theirs.at("input"));
    auto const* const version = theirs.as_object().if_contains("version");
    if (version != nullptr)
        CHECK(ours.at("version") == *version);
}

} // namespace

TEST_CASE("a recorded run is followed to its recorded end")
{
    auto const exchanges = recorded("run.json");
    if (!exchanges)
        return;
    local_client local;
    local.server.replay(*exchanges);
    auto const output = local.get(
        local.client.async_run(sdxl, input_of(exchanges->front()), local_client::quick(replicate::wait::poll())));
    check_sent(local.server, exchanges->front());
    json::value const last = body_of(exchanges->back().at("response"));
    auto const& prediction = output.prediction();
    CHECK(prediction.id == text(last.at("id")));
    CHECK(prediction.status == prediction_status::succeeded);
    CHECK(prediction.logs == text(last.at("logs")));
    CHECK(output.json() == last.at("output"));
    CHECK(prediction.metrics.predict_time == last.at("metrics").at("predict_time").to_number<double>());
    REQUIRE(output.files().size() == 1);
    CHECK(output.files()[0].url().starts_with("https://replicate.delivery/"));
    // The official client had asked for the version besides.
    CHECK(local.server.replays_left() == 1);
    CHECK(local.server.counts().unmatched_replays == 0);
    CHECK(local.server.counts().create_requests == 1);
}

TEST_CASE("the logs of a recorded run grow from look to look")
{
    auto const exchanges = recorded("run.json");
    if (!exchanges)
        return;
    local_client local;
    local.server.replay(*exchanges);
    auto seen = local.get(local.client.predictions().async_create(sdxl, input_of(exchanges->front())));
    CHECK(seen.status == prediction_status::starting);
    std::size_t looks = 0, growths = 0;
    while (!seen.is_terminal()) {
        auto next = local.get(local.client.predictions().async_get(seen.id));
        CHECK(next.logs.starts_with(seen.logs));
        growths += next.logs.size() > seen.logs.size() ? 1 : 0;
        seen = std::move(next);
        ++looks;
    }
    CHECK(looks == 11);
    CHECK(growths >= 6);
    CHECK(seen.status == prediction_status::succeeded);
}

TEST_CASE("a recorded sync answer, complete but processing, is an early output")
{
    auto const exchanges = recorded("test_models_predictions_create_blocking_True-10.json");
    if (!exchanges)
        return;
    local_client local;
    local.server.replay(*exchanges);
    auto options = local_client::quick(replicate::wait::sync(10s));
    options.early_output = true;
    auto const output =
        local.get(local.client.async_run("meta/meta-llama-3-8b-instruct", input_of(exchanges->front()), options));
    check_sent(local.server, exchanges->front());
    CHECK(local.server.last_request()->header("prefer") == "wait=10");
    json::value const answer = body_of(exchanges->front().at("response"));
    CHECK(output.prediction().status == prediction_status::processing);
    std::string joined;
    for (auto const& piece : answer.at("output").as_array())
        joined += text(piece);
    CHECK(output.text() == joined);
    CHECK(local.server.counts().requests == 1);
}

TEST_CASE("a recorded sync answer, complete but processing, is confirmed unless it may be early")
{
    auto const exchanges = recorded("test_models_predictions_create_blocking_True-10.json");
    if (!exchanges)
        return;
    // The confirmation was never recorded: it is what the answer says, with its end.
    json::value confirmed = body_of(exchanges->front().at("response"));
    confirmed.as_object()["status"] = "succeeded";
    json::object const confirmation{
        {"request",
            {{"method", "GET"}, {"uri", "https://api.replicate.com/v1/predictions/" + text(confirmed.at("id"))}}},
        {"response", {{"status", 200}, {"headers", json::object()}, {"body", json::serialize(confirmed)}}}};
    json::array all = *exchanges;
    all.push_back(confirmation);
    local_client local;
    local.server.replay(all);
    auto const output = local.get(local.client.async_run("meta/meta-llama-3-8b-instruct", input_of(exchanges->front()),
        local_client::quick(replicate::wait::sync(10s))));
    CHECK(output.prediction().status == prediction_status::succeeded);
    CHECK(output.json() == confirmed.at("output"));
    CHECK(local.server.replays_left() == 0);
    CHECK(local.server.counts().unmatched_replays == 0);
}

TEST_CASE("recorded creates are understood")
{
    for (char const* name : {"predictions-create.json", "models-predictions-create.json"}) {
        auto const exchanges = recorded(name);
        if (!exchanges)
            return;
        for (auto const& exchange : *exchanges) {
            if (exchange.at("request").at("method").as_string() != "POST")
                continue;
            local_client local;
            local.server.replay(json::array{exchange});
            bool const by_version = text(exchange.at("request").at("uri")).ends_with("/v1/predictions");
            auto const created = local.get(local.client.predictions().async_create(
                by_version ? sdxl : "meta/llama-2-70b-chat", input_of(exchange)));
            check_sent(local.server, exchange);
            json::value const answer = body_of(exchange.at("response"));
            CHECK(created.id == text(answer.at("id")));
            CHECK(created.status == prediction_status::starting);
            CHECK(created.version == text(answer.at("version")));
            CHECK(created.input() == answer.at("input"));
            CHECK(created.created_at.has_value());
            CHECK(created.urls.get.ends_with("/v1/predictions/" + created.id));
            CHECK(created.urls.cancel.ends_with("/v1/predictions/" + created.id + "/cancel"));
        }
    }
}

TEST_CASE("the recorded answers of both back ends describe the same prediction")
{
    auto const exchanges = recorded("predictions-get.json");
    if (!exchanges)
        return;
    local_client local;
    local.server.replay(*exchanges);
    std::string const id = "vgcm4plb7tgzlyznry5d5jkgvu";
    auto const first = local.get(local.client.predictions().async_get(id));
    auto const second = local.get(local.client.predictions().async_get(id));
    CHECK(local.server.replays_left() == 0);
    for (auto const& seen : {first, second}) {
        CHECK(seen.id == id);
        CHECK(seen.status == prediction_status::succeeded);
        CHECK(seen.version == first.version);
        CHECK(seen.output() == first.output());
        CHECK(seen.input() == first.input());
        CHECK(seen.error.empty());
        // The back ends give it 34 ms apart.
        CHECK(seen.created_at.value() - first.created_at.value() < 100ms);
        CHECK(seen.completed_at.has_value());
        CHECK(seen.metrics.predict_time.has_value());
        CHECK_FALSE(seen.logs.empty());
    }
}

TEST_CASE("a recorded refusal of the token is an error of authentication")
{
    auto const exchanges = recorded("run__invalid-token.json");
    if (!exchanges)
        return;
    local_client local([](replicate::config& settings) { settings.token = "invalid"; });
    local.server.replay(*exchanges);
    std::string const version = text(body_of(exchanges->front().at("request")).at("version"));
    auto const refused = local.failure_of(local.client.async_run(version, input_of(exchanges->front())));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == condition::authentication);
    CHECK_FALSE(refused->code() == condition::outcome_unknown);
    CHECK(refused->diagnostics().http_status == 401);
    CHECK(refused->diagnostics().problem.title == "Unauthenticated");
    CHECK(std::string(refused->what()).starts_with("POST /predictions: 401 Unauthenticated: "));
    CHECK(local.server.counts().requests == 1);
}

TEST_CASE("recorded refusals for other reasons are errors with their text")
{
    // No operation of the client makes this request yet; the answer serves as that to a create.
    auto exchanges = recorded("trainings-create__invalid-destination.json");
    if (!exchanges)
        return;
    exchanges->front().at("request").as_object()["uri"] = "https://api.replicate.com/v1/predictions";
    local_client local;
    local.server.replay(*exchanges);
    auto const refused = local.failure_of(local.client.async_run(sdxl, replicate::input()));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == condition::not_found);
    json::value const body = body_of(exchanges->front().at("response"));
    CHECK(refused->diagnostics().problem.detail == text(body.at("detail")));
    CHECK(std::string(refused->what()).find(text(body.at("detail"))) != std::string::npos);
}
