// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Every body that was recorded from the service decodes, and says afterwards what it said before.

#include <replicate/core/datetime.hpp>
#include <replicate/core/json_document.hpp>
#include <replicate/output.hpp>
#include <replicate/prediction.hpp>
#include <replicate/problem.hpp>

#include "support/shared_files.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace json = boost::json;
using replicate::prediction;
using replicate::prediction_status;

namespace {

std::string text_of(json::value const& value)
{
    return value.is_string() ? std::string(value.get_string().data(), value.get_string().size()) : std::string();
}

// A member of a document, null where it is absent: the two are to mean the same.
json::value const& member(json::object const& document, std::string_view name)
{
    static json::value const null;
    json::value const* found = document.if_contains({name.data(), name.size()});
    return found == nullptr ? null : *found;
}

json::value const& inner_member(json::object const& document, std::string_view outer, std::string_view name)
{
    static json::value const null;
    json::value const& found = member(document, outer);
    return found.is_object() ? member(found.get_object(), name) : null;
}

bool recordings_are_there()
{
    return !replicate::tests::list_shared("recordings").empty();
}

struct exchange {
    std::string file;
    std::string method;
    std::string uri;
    int status;
    std::string body;
    json::object headers;
};

std::vector<exchange> recorded_exchanges()
{
    std::vector<exchange> exchanges;
    for (std::string const& name : replicate::tests::list_shared("recordings")) {
        json::value const recording = json::parse(replicate::tests::read_shared(name).value());
        for (json::value const& one : recording.at("exchanges").as_array()) {
            json::object const& request = one.at("request").as_object();
            json::object const& response = one.at("response").as_object();
            exchanges.push_back({name, text_of(request.at("method")), text_of(request.at("uri")),
                static_cast<int>(response.at("status").as_int64()), text_of(response.at("body")),
                response.at("headers").as_object()});
        }
    }
    return exchanges;
}

bool is_json(exchange const& one)
{
    return text_of(member(one.headers, "content-type")).find("json") != std::string::npos;
}

bool is_prediction(exchange const& one)
{
    bool const creates =
        one.method == "POST" && one.uri.size() > 12 && one.uri.substr(one.uri.size() - 12) == "/predictions";
    return one.status < 300 && (creates || one.uri.find("/v1/predictions/") != std::string::npos);
}

// A time, written again with as many fraction digits as it had, is the text that it was read from.
void check_time(std::optional<std::chrono::system_clock::time_point> time, json::value const& raw)
{
    std::string const text = text_of(raw);
    if (raw.is_null()) {
        CHECK_FALSE(time);
        return;
    }
    REQUIRE(time);
    std::size_t const point = text.find('.');
    int const digits = point == std::string::npos ? 0 : static_cast<int>(text.size() - point - 2);
    CHECK(replicate::core::format_rfc3339(*time, digits) == text);
}

void check_number(std::optional<double> number, json::value const& raw)
{
    CHECK(number.has_value() == raw.is_number());
    if (number && raw.is_number())
        CHECK(*number == std::max(raw.to_number<double>(), 0.0));
}

void check_prediction(prediction const& read, json::object const& raw)
{
    CHECK(read.id == text_of(raw.at("id")));
    CHECK(read.model == text_of(member(raw, "model")));
    CHECK(read.version == text_of(raw.at("version")));
    CHECK(read.status_text == text_of(raw.at("status")));
    CHECK(read.status != prediction_status::unknown);
    CHECK(read.error == text_of(member(raw, "error")));
    CHECK(read.logs == text_of(member(raw, "logs")));
    CHECK(read.input() == raw.at("input"));
    CHECK(read.output() == member(raw, "output"));
    CHECK(read.urls.get == text_of(inner_member(raw, "urls", "get")));
    CHECK(read.urls.cancel == text_of(inner_member(raw, "urls", "cancel")));
    CHECK(read.urls.web == text_of(inner_member(raw, "urls", "web")));
    CHECK(read.urls.stream == text_of(inner_member(raw, "urls", "stream")));
    check_time(read.created_at, member(raw, "created_at"));
    check_time(read.started_at, member(raw, "started_at"));
    check_time(read.completed_at, member(raw, "completed_at"));
    check_number(read.metrics.predict_time, inner_member(raw, "metrics", "predict_time"));
    check_number(read.metrics.total_time, inner_member(raw, "metrics", "total_time"));
    check_number(read.metrics.input_token_count, inner_member(raw, "metrics", "input_token_count"));
    check_number(read.metrics.output_token_count, inner_member(raw, "metrics", "output_token_count"));
    CHECK(read.raw() == raw);
    CHECK(read.is_terminal() == (read.completed_at.has_value()));
}

// The predictions of one recording that the service answered with, in order.
std::vector<prediction> predictions_of(std::string_view file)
{
    std::vector<prediction> predictions;
    for (exchange const& one : recorded_exchanges())
        if (one.file == file && is_prediction(one))
            predictions.push_back(prediction::from_json(json::parse(one.body)));
    return predictions;
}

} // namespace

TEST_CASE("every recorded body that says so is JSON, and the others are empty")
{
    if (!recordings_are_there())
        return;
    std::vector<exchange> const exchanges = recorded_exchanges();
    CHECK(exchanges.size() >= 30);
    for (exchange const& one : exchanges) {
        CAPTURE(one.file);
        CAPTURE(one.uri);
        if (is_json(one))
            CHECK(replicate::core::parse_document(one.body).has_value());
        else
            CHECK(one.body == "");
    }
}

TEST_CASE("every recorded prediction is read as it came")
{
    std::size_t count = 0;
    for (exchange const& one : recorded_exchanges()) {
        if (!is_prediction(one))
            continue;
        CAPTURE(one.file);
        CAPTURE(one.uri);
        json::value const raw = json::parse(one.body);
        check_prediction(prediction::from_json(raw), raw.as_object());
        ++count;
    }
    if (recordings_are_there())
        CHECK(count >= 18);
}

TEST_CASE("the example predictions in recorded models are read as they came")
{
    std::size_t count = 0;
    for (exchange const& one : recorded_exchanges()) {
        json::value const model = is_json(one) ? json::parse(one.body) : json::value(nullptr);
        if (!model.is_object() || !member(model.get_object(), "default_example").is_object())
            continue;
        CAPTURE(one.file);
        json::value const& raw = model.at("default_example");
        check_prediction(prediction::from_json(raw), raw.as_object());
        ++count;
    }
    if (recordings_are_there())
        CHECK(count >= 2);
}

TEST_CASE("every recorded error is read as a problem that says what it said")
{
    std::size_t count = 0;
    for (exchange const& one : recorded_exchanges()) {
        if (one.status < 400)
            continue;
        CAPTURE(one.file);
        json::value const raw = json::parse(one.body);
        replicate::problem const read = replicate::problem::parse(one.body);
        CHECK(read.title == text_of(member(raw.as_object(), "title")));
        CHECK(read.detail == text_of(raw.at("detail")));
        CHECK(read.status == static_cast<unsigned>(one.status));
        CHECK(read.text().find(read.detail) != std::string::npos);
        ++count;
    }
    if (recordings_are_there())
        CHECK(count >= 2);
}

TEST_CASE("the recorded Date headers are HTTP-dates that are written as they were read")
{
    for (exchange const& one : recorded_exchanges()) {
        std::string const date = text_of(member(one.headers, "date"));
        CAPTURE(date);
        auto const time = replicate::core::parse_http_date(date);
        REQUIRE(time);
        CHECK(replicate::core::format_http_date(*time) == date);
    }
}

TEST_CASE("the recorded run goes from starting to succeeded with growing logs")
{
    std::vector<prediction> const seen = predictions_of("recordings/run.json");
    if (!recordings_are_there())
        return;
    REQUIRE(seen.size() == 12);
    for (std::size_t i = 1; i < seen.size(); ++i) {
        CAPTURE(i);
        CHECK(seen[i].id == seen[0].id);
        CHECK(seen[i].logs.substr(0, seen[i - 1].logs.size()) == seen[i - 1].logs);
        CHECK(seen[i].is_terminal() == (i == 11));
        CHECK(seen[i].output().is_null() == (i != 11));
    }
    CHECK(seen[0].status == prediction_status::starting);
    CHECK(seen[2].status == prediction_status::processing);
    CHECK(seen[11].status == prediction_status::succeeded);
    std::vector<replicate::file_output> const files = replicate::output(seen[11]).files();
    REQUIRE(files.size() == 1);
    CHECK(files[0].name() == "out-0.png");
    CHECK(*seen[11].completed_at > *seen[11].started_at);
}

TEST_CASE("the recorded sync answer holds its text although it is still called processing")
{
    std::vector<prediction> const seen =
        predictions_of("recordings/test_models_predictions_create_blocking_True-10.json");
    if (!recordings_are_there())
        return;
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].status == prediction_status::processing);
    CHECK_FALSE(seen[0].is_terminal());
    CHECK(replicate::output(seen[0]).text()
        == "\n\nHere is a haiku about llamas:\n\nFuzzy, gentle eyes\nLlama's soft humming fills air\nPeaceful Andean "
           "charm");
}

TEST_CASE("both back ends say the same about the recorded prediction, in their own ways")
{
    std::vector<prediction> const seen = predictions_of("recordings/predictions-get.json");
    if (!recordings_are_there())
        return;
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].id == seen[1].id);
    CHECK(seen[0].version == seen[1].version);
    CHECK(seen[0].status == seen[1].status);
    CHECK(seen[0].output() == seen[1].output());
    CHECK(seen[0].input() == seen[1].input());
    CHECK(seen[0].started_at == seen[1].started_at);
    CHECK(seen[0].completed_at == seen[1].completed_at);
    CHECK(seen[0].metrics.predict_time == seen[1].metrics.predict_time);
    CHECK(seen[0].model == "stability-ai/sdxl");
    CHECK(seen[1].model == "");
    // One of them says that it was started before it was created.
    CHECK(*seen[1].started_at < *seen[1].created_at);
}
