// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/datetime.hpp>
#include <replicate/prediction.hpp>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace json = boost::json;
using replicate::parse_prediction_status;
using replicate::prediction;
using replicate::prediction_error;
using replicate::prediction_status;

namespace {

prediction decode(std::string_view text)
{
    return prediction::from_json(json::parse(json::string_view(text.data(), text.size())));
}

// A prediction with these further members.
prediction with(std::string_view members)
{
    return decode(R"({"id":"abc",)" + std::string(members) + "}");
}

// The answer to a create, as the prediction gateway sends it: unset members are absent.
constexpr std::string_view gateway_create =
    R"({"id":"kr2d2jhqbsrj60cjb2vtmekgh4","model":"meta/meta-llama-3-8b-instruct","version":"dp-a557b7387b4940df25b23f779dc534c4",)"
    R"("input":{"prompt":"Please write a haiku about llamas"},"logs":"","output":["\n\n","Here is"],"data_removed":false,"error":null,)"
    R"("status":"processing","created_at":"2024-10-04T18:07:35.262Z","urls":{)"
    R"("cancel":"https://api.replicate.com/v1/predictions/kr2d2jhqbsrj60cjb2vtmekgh4/cancel",)"
    R"("get":"https://api.replicate.com/v1/predictions/kr2d2jhqbsrj60cjb2vtmekgh4",)"
    R"("stream":"https://streaming-api.svc.rno2.c.replicate.net/v1/streams/xywaxc2hfosderaab2cbqucgfnlhm5u46ncmwsmqgr3bfhqllmxq"}})";

// The answer to a cancel, as the web application sends it: unset members are null.
constexpr std::string_view web_cancel =
    R"({"completed_at":"2024-04-22T11:15:14.604578Z","created_at":"2024-04-22T11:15:14.469000Z","error":null,"id":"vrsafsk7mnrgj0cf0p2ax766s4",)"
    R"("input":{"seed":42069,"width":512,"height":512,"prompt":"a studio photo of a rainbow colored corgi"},"logs":null,)"
    R"("metrics":{"predict_time":3e-06,"total_time":0.135578},"output":null,"started_at":"2024-04-22T11:15:14.604575Z","status":"canceled",)"
    R"("urls":{"get":"https://api.replicate.com/v1/predictions/vrsafsk7mnrgj0cf0p2ax766s4",)"
    R"("cancel":"https://api.replicate.com/v1/predictions/vrsafsk7mnrgj0cf0p2ax766s4/cancel"},)"
    R"("model":"stability-ai/sdxl","version":"39ed52f2a78e934b3ba6e2a89f5b1c712de7dfea535525255b1aa35c5565e08b","webhook_completed":null})";

std::string time_text(std::optional<std::chrono::system_clock::time_point> time)
{
    return time ? replicate::core::format_rfc3339(*time, 9) : "none";
}

// The error that the end of such a prediction is.
prediction_error ending(std::string_view members)
{
    replicate::diagnostics context;
    context.prediction = std::make_shared<prediction const>(with(members));
    return prediction_error(std::move(context));
}

static_assert(!std::is_aggregate_v<prediction>);
static_assert(!std::is_aggregate_v<replicate::prediction_metrics>);
static_assert(!std::is_aggregate_v<replicate::prediction_urls>);
static_assert(std::is_base_of_v<replicate::error, prediction_error>);
static_assert(std::is_nothrow_copy_constructible_v<prediction_error>);

} // namespace

TEST_CASE("a prediction of the gateway is read in all of its members")
{
    prediction const read = decode(gateway_create);
    CHECK(read.id == "kr2d2jhqbsrj60cjb2vtmekgh4");
    CHECK(read.model == "meta/meta-llama-3-8b-instruct");
    CHECK(read.version == "dp-a557b7387b4940df25b23f779dc534c4");
    CHECK(read.status == prediction_status::processing);
    CHECK(read.status_text == "processing");
    CHECK(read.error == "");
    CHECK(read.logs == "");
    CHECK_FALSE(read.data_removed);
    CHECK_FALSE(read.is_terminal());
    CHECK(time_text(read.created_at) == "2024-10-04T18:07:35.262000000Z");
    CHECK(time_text(read.started_at) == "none");
    CHECK(time_text(read.completed_at) == "none");
    CHECK(time_text(read.deadline) == "none");
    CHECK_FALSE(read.metrics.predict_time);
    CHECK(read.urls.get == "https://api.replicate.com/v1/predictions/kr2d2jhqbsrj60cjb2vtmekgh4");
    CHECK(read.urls.cancel == "https://api.replicate.com/v1/predictions/kr2d2jhqbsrj60cjb2vtmekgh4/cancel");
    CHECK(read.urls.stream
        == "https://streaming-api.svc.rno2.c.replicate.net/v1/streams/"
           "xywaxc2hfosderaab2cbqucgfnlhm5u46ncmwsmqgr3bfhqllmxq");
    CHECK(read.urls.web == "");
    CHECK(read.input() == json::parse(R"({"prompt":"Please write a haiku about llamas"})"));
    CHECK(read.output() == json::parse(R"(["\n\n","Here is"])"));
}

TEST_CASE("a prediction of the web application is read in all of its members")
{
    prediction const read = decode(web_cancel);
    CHECK(read.id == "vrsafsk7mnrgj0cf0p2ax766s4");
    CHECK(read.model == "stability-ai/sdxl");
    CHECK(read.version == "39ed52f2a78e934b3ba6e2a89f5b1c712de7dfea535525255b1aa35c5565e08b");
    CHECK(read.status == prediction_status::canceled);
    CHECK(read.is_terminal());
    CHECK(read.logs == "");
    CHECK(read.error == "");
    CHECK(read.output().is_null());
    CHECK(time_text(read.created_at) == "2024-04-22T11:15:14.469000000Z");
    CHECK(time_text(read.started_at) == "2024-04-22T11:15:14.604575000Z");
    CHECK(time_text(read.completed_at) == "2024-04-22T11:15:14.604578000Z");
    REQUIRE(read.metrics.predict_time);
    CHECK(*read.metrics.predict_time == doctest::Approx(3e-06).epsilon(1e-12));
    REQUIRE(read.metrics.total_time);
    CHECK(*read.metrics.total_time == doctest::Approx(0.135578).epsilon(1e-12));
    CHECK(read.urls.stream == "");
    CHECK(read.raw().contains("webhook_completed"));
}

TEST_CASE("absent and null members are the same")
{
    prediction const absent = decode(R"({"id":"abc"})");
    prediction const null = decode(
        R"({"id":"abc","model":null,"version":null,"status":null,"error":null,"logs":null,"metrics":null,"urls":null,"created_at":null,)"
        R"("started_at":null,"completed_at":null,"deadline":null,"data_removed":null,"input":null,"output":null})");
    for (prediction const* read : {&absent, &null}) {
        CHECK(read->model == "");
        CHECK(read->version == "");
        CHECK(read->status == prediction_status::unknown);
        CHECK(read->status_text == "");
        CHECK(read->error == "");
        CHECK(read->logs == "");
        CHECK_FALSE(read->metrics.predict_time);
        CHECK(read->urls.get == "");
        CHECK_FALSE(read->created_at);
        CHECK_FALSE(read->started_at);
        CHECK_FALSE(read->completed_at);
        CHECK_FALSE(read->deadline);
        CHECK_FALSE(read->data_removed);
        CHECK(read->input().is_null());
        CHECK(read->output().is_null());
        CHECK_FALSE(read->is_terminal());
    }
}

TEST_CASE("no prediction is empty, and so is one that holds nothing")
{
    prediction const none;
    CHECK(none.id == "");
    CHECK(none.input().is_null());
    CHECK(none.output().is_null());
    CHECK(none.raw().empty());
    CHECK_FALSE(none.is_terminal());
}

TEST_CASE("members of other types than expected count as absent and stay in the raw document")
{
    prediction const read = with(
        R"("model":1,"status":7,"logs":["a"],"metrics":[1],"urls":"x","created_at":1728065255,"started_at":"yesterday","data_removed":"true")");
    CHECK(read.model == "");
    CHECK(read.status == prediction_status::unknown);
    CHECK(read.logs == "");
    CHECK_FALSE(read.metrics.predict_time);
    CHECK(read.urls.get == "");
    CHECK_FALSE(read.created_at);
    CHECK_FALSE(read.started_at);
    CHECK_FALSE(read.data_removed);
    CHECK(read.raw().at("logs") == json::parse(R"(["a"])"));
    CHECK(read.raw().at("model").as_int64() == 1);
}

TEST_CASE("unknown members are kept")
{
    prediction const read = with(
        R"("source":"api","deployment":"acme/shouter","future":{"a":[1]},"metrics":{"predict_time":1,"images":4})");
    CHECK(read.raw().at("source").as_string() == "api");
    CHECK(read.raw().at("future") == json::parse(R"({"a":[1]})"));
    CHECK(read.raw().at("metrics").at("images").as_int64() == 4);
    CHECK(read.metrics.predict_time == 1.0);
}

TEST_CASE("what has no id is no prediction")
{
    for (char const* text : {"null", "[]", "7", "\"abc\"", "{}", R"({"id":null})", R"({"id":""})", R"({"id":7})",
             R"({"Id":"abc"})", R"([{"id":"abc"}])", R"({"detail":"not found","status":404})"}) {
        CAPTURE(text);
        try {
            prediction const read = decode(text);
            FAIL("was accepted");
        } catch (replicate::error const& failure) {
            CHECK(failure.code() == replicate::errc::unexpected_document);
            CHECK(failure.code() == replicate::condition::protocol);
        }
    }
}

TEST_CASE("every status of the service is known, and only the four ends are terminal")
{
    struct row {
        std::string_view text;
        prediction_status status;
        bool terminal;
    };
    constexpr row rows[] = {
        {"starting", prediction_status::starting, false},
        {"processing", prediction_status::processing, false},
        {"succeeded", prediction_status::succeeded, true},
        {"failed", prediction_status::failed, true},
        {"canceled", prediction_status::canceled, true},
        {"aborted", prediction_status::aborted, true},
    };
    for (row const& expected : rows) {
        CAPTURE(expected.text);
        prediction const read = with("\"status\":\"" + std::string(expected.text) + "\"");
        CHECK(read.status == expected.status);
        CHECK(read.status_text == expected.text);
        CHECK(read.is_terminal() == expected.terminal);
        CHECK(replicate::is_terminal(expected.status) == expected.terminal);
    }
}

TEST_CASE("a status that is not known is kept as text and is no end")
{
    for (std::string_view text : {"queued", "successful", "Succeeded", "succeeded ", "cancelled", ""}) {
        CAPTURE(text);
        prediction const read = with("\"status\":\"" + std::string(text) + "\"");
        CHECK(read.status == prediction_status::unknown);
        CHECK(parse_prediction_status(text) == prediction_status::unknown);
        CHECK(read.status_text == text);
        CHECK_FALSE(read.is_terminal());
    }
}

TEST_CASE("an empty error on success is no error, and an error that is no text is shown as JSON")
{
    CHECK(with(R"("status":"succeeded","error":"")").error == "");
    CHECK(with(R"("status":"failed","error":"out of memory")").error == "out of memory");
    CHECK(with(R"("status":"failed","error":{"code":"E1001"})").error == R"({"code":"E1001"})");
    CHECK(with(R"("status":"failed","error":false)").error == "false");
}

TEST_CASE("times of every number of fraction digits are read")
{
    std::string const digits = "123456789";
    for (std::size_t length = 0; length <= digits.size(); ++length) {
        std::string const fraction = length == 0 ? "" : "." + digits.substr(0, length);
        prediction const read = with(R"("created_at":"2024-10-04T18:07:35)" + fraction + R"(Z")");
        CAPTURE(length);
        CHECK(time_text(read.created_at)
            == "2024-10-04T18:07:35." + digits.substr(0, length) + std::string(9 - length, '0') + "Z");
    }
    CHECK(time_text(with(R"("deadline":"2025-10-16T12:00:00+02:00")").deadline) == "2025-10-16T10:00:00.000000000Z");
}

TEST_CASE("metrics are read, whole and not, and never negative")
{
    prediction const read = with(
        R"("metrics":{"predict_time":-11136021.178237,"total_time":3,"input_token_count":12,"output_token_count":512,)"
        R"("tokens_per_second":85.5,"time_to_first_token":0.25})");
    CHECK(read.metrics.predict_time == 0.0);
    CHECK(read.metrics.total_time == 3.0);
    CHECK(read.metrics.input_token_count == 12.0);
    CHECK(read.metrics.output_token_count == 512.0);
    CHECK(read.metrics.tokens_per_second == 85.5);
    CHECK(read.metrics.time_to_first_token == 0.25);
    CHECK_FALSE(with(R"("metrics":{})").metrics.predict_time);
    CHECK_FALSE(with(R"("metrics":{"predict_time":"3","total_time":null})").metrics.predict_time);
    CHECK_FALSE(with(R"("metrics":{"predict_time":1e999})").metrics.predict_time);
}

TEST_CASE("removed data are known as such")
{
    prediction const read = with(R"("status":"succeeded","data_removed":true,"input":null,"output":null,"logs":null)");
    CHECK(read.data_removed);
    CHECK(read.output().is_null());
    CHECK(read.is_terminal());
}

TEST_CASE("copies of a prediction share what came and are otherwise independent")
{
    prediction const first = decode(gateway_create);
    prediction copy = first;
    CHECK(&copy.raw() == &first.raw());
    copy.logs = "changed";
    CHECK(first.logs == "");
    prediction const moved = std::move(copy);
    CHECK(moved.id == first.id);
    CHECK(moved.output() == first.output());
}

TEST_CASE("each bad end has its own error, with the prediction in it")
{
    struct row {
        std::string_view status;
        replicate::errc code;
        replicate::condition condition;
    };
    constexpr row rows[] = {
        {"failed", replicate::errc::prediction_failed, replicate::condition::prediction_failed},
        {"canceled", replicate::errc::prediction_canceled, replicate::condition::prediction_canceled},
        {"aborted", replicate::errc::prediction_aborted, replicate::condition::prediction_aborted},
    };
    for (row const& expected : rows) {
        CAPTURE(expected.status);
        prediction_error const failure = ending("\"logs\":\"l\",\"status\":\"" + std::string(expected.status) + "\"");
        CHECK(failure.code() == expected.code);
        CHECK(failure.code() == expected.condition);
        CHECK(failure.prediction().id == "abc");
        CHECK(failure.prediction().logs == "l");
        CHECK(failure.prediction().status_text == expected.status);
    }
}

TEST_CASE("the end of a prediction is described with id, model, reason and page")
{
    CHECK(
        std::string(ending(
            R"("model":"acme/shout","status":"failed","error":"out of memory","urls":{"web":"https://replicate.com/p/abc"})")
                .what())
        == "the prediction failed: prediction abc of acme/shout: out of memory (https://replicate.com/p/abc)");
    CHECK(std::string(ending(R"("status":"canceled")").what()) == "the prediction was canceled: prediction abc");
}

TEST_CASE("a failure without a reason is described by the last line of its logs")
{
    auto const described = [](std::string_view members) { return std::string(ending(members).what()); };
    CHECK(described(R"("status":"failed","logs":"loading\nno such key\r\n\n")")
        == "the prediction failed: prediction abc: last line of its logs: no such key");
    CHECK(described(R"("status":"failed","logs":" 10%|\r 20%| 1/5")").find("20%| 1/5") != std::string::npos);
    CHECK(described(R"("status":"failed","error":"","logs":null)")
        == "the prediction failed: prediction abc: the model gave no reason");
    CHECK(described(R"("status":"canceled","logs":"loading")") == "the prediction was canceled: prediction abc");
}

TEST_CASE("a reason of several lines is described in one, and whole in the prediction")
{
    prediction_error const failure =
        ending(R"("status":"failed","error":"Traceback:\n  File \"a.py\"\n\u001b[31mKeyError\u001b[0m\n")");
    std::string const line = failure.what();
    CHECK(line.find_first_of("\n\x1b") == std::string::npos);
    CHECK(line == "the prediction failed: prediction abc: Traceback: File \"a.py\"; [31mKeyError [0m");
    CHECK(failure.prediction().error == "Traceback:\n  File \"a.py\"\n\x1b[31mKeyError\x1b[0m\n");
}

TEST_CASE("a prediction error keeps what was known about the call")
{
    replicate::diagnostics context;
    context.prediction = std::make_shared<prediction const>(with(R"("status":"failed","error":"x")"));
    context.operation = "run";
    context.attempts = 2;
    context.elapsed = std::chrono::milliseconds(1500);
    prediction_error const failure(context);
    CHECK(failure.diagnostics().attempts == 2);
    CHECK(failure.diagnostics().prediction == context.prediction);
    CHECK(std::string(failure.what()) == "run: the prediction failed: prediction abc: x [prepare, attempt 2, 1.50 s]");
}
