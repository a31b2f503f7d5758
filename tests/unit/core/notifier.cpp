// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/notifier.hpp>
#include <replicate/core/request_verdict.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace replicate;

constexpr char const* secret = "r8_verysecret";

std::chrono::system_clock::time_point some_time() { return std::chrono::system_clock::time_point(1'700'000'000s); }

/// Keeps all texts that it hears, and throws where it is told to.
class listener : public client_observer {
public:
    std::vector<std::string> texts;
    std::size_t calls = 0;
    bool throws = false;

    void on_request_started(request_started const& event) override { hear(event); }
    void on_request_finished(request_finished const& event) override { hear(event); }
    void on_request_retried(request_retried const& event) override { hear(event); }
    void on_request_throttled(request_throttled const& event) override { hear(event); }
    void on_request_queued(request_queued const& event) override { hear(event); }
    void on_request_dequeued(request_dequeued const& event) override { hear(event); }
    void on_connection_opened(connection_opened const& event) override { hear(event); }
    void on_connection_reused(connection_reused const& event) override { hear(event); }
    void on_connection_closed(connection_closed const& event) override { hear(event); }
    void on_prediction_changed(prediction_changed const& event) override { hear(event); }

private:
    template<class Event>
    void hear(Event const& event)
    {
        ++calls;
        Event::visit(event, [&](std::string_view, auto const& value) {
            if constexpr (std::is_convertible_v<decltype(value), std::string_view>)
                texts.emplace_back(value);
        });
        if (throws)
            throw std::runtime_error(std::string("no, not with ") + secret);
    }
};

class listening {
public:
    explicit listening(log_level level = log_level::trace)
        : observer(std::make_shared<listener>())
    {
        log_config log;
        log.level = level;
        log.sink = [this](log_record const& record) {
            records.push_back(record);
            if (sink_throws)
                throw 7;
        };
        notes.emplace(observer, log, &some_time);
        notes->keep_secret(secret);
    }

    void tell_all()
    {
        std::string const text = std::string("a") + secret + "b" + secret;
        tell_requests(text);
        connection_opened opened;
        opened.server_address = text;
        notes->tell(opened);
        notes->tell(connection_reused());
        notes->tell(connection_closed());
        prediction_changed changed;
        changed.id = changed.request_model = changed.response_model = changed.version = text;
        notes->tell(changed);
    }

    std::shared_ptr<listener> observer;
    std::vector<log_record> records;
    std::optional<core::notifier> notes;
    bool sink_throws = false;

private:
    void tell_requests(std::string const& text)
    {
        request_started started;
        started.method = started.path = started.server_address = text;
        notes->tell(started);
        request_finished finished;
        finished.path = finished.response_id = finished.error_type = text;
        notes->tell(finished);
        request_retried retried;
        retried.path = retried.error_type = text;
        notes->tell(retried);
        notes->tell(request_throttled());
        request_queued queued;
        queued.group = queued.request_model = text;
        notes->tell(queued);
        notes->tell(request_dequeued());
    }
};

bool holds_secret(log_record const& record)
{
    bool found = record.message.find(secret) != std::string::npos;
    for (log_field const& each : record.fields)
        found |= each.value.find(secret) != std::string::npos || each.name.find(secret) != std::string::npos;
    return found;
}

request_finished finished(request_outcome outcome, unsigned status)
{
    request_finished event;
    event.method = "POST";
    event.path = "/v1/predictions";
    event.outcome = outcome;
    event.status_code = status;
    event.error_type = core::error_type_of(outcome, status);
    event.duration = 250ms;
    return event;
}

} // namespace

TEST_CASE("without anybody who listens all is counted and nothing else")
{
    core::notifier notes;
    CHECK_FALSE(notes.is_heard());
    notes.tell(request_started());
    CHECK(notes.counters().metrics().requests.started == 1);
    core::notifier const same(nullptr, log_config(), &some_time);
    CHECK_FALSE(same.is_heard());
}

TEST_CASE("observer and log hear of everything, and the token in no text of it")
{
    listening made;
    made.tell_all();
    CHECK(made.observer->calls == 10);
    CHECK(made.records.size() == 10);
    std::size_t marks = 0;
    for (std::string const& text : made.observer->texts) {
        CHECK(text.find(secret) == std::string::npos);
        marks += text.find("a[token]b[token]") != std::string::npos ? 1 : 0;
    }
    CHECK(marks == 15);
    for (log_record const& record : made.records) {
        CHECK_FALSE(holds_secret(record));
        CHECK(record.time == some_time());
        CHECK_FALSE(record.message.empty());
    }
}

TEST_CASE("tokens that were used before are kept out too, some of them")
{
    listening made;
    for (int i = 0; i < 7; ++i)
        made.notes->keep_secret("r8_later" + std::to_string(i));
    made.tell_all();
    for (log_record const& record : made.records)
        CHECK_FALSE(holds_secret(record));
}

TEST_CASE("an observer that throws is counted, logged without the token, and goes on to be called")
{
    listening made(log_level::error);
    made.observer->throws = true;
    made.tell_all();
    made.tell_all();
    CHECK(made.observer->calls == 20);
    auto const& metrics = made.notes->counters().metrics();
    CHECK(metrics.observer_failures == 20);
    CHECK(metrics.log_failures == 0);
    CHECK(metrics.requests.started == 2);
    REQUIRE(made.records.size() == 20);
    CHECK(made.records[0].message == "config::observer has thrown: no, not with [token]");
    CHECK(made.records[0].level == log_level::error);
}

TEST_CASE("a sink that throws is counted, and the observer hears all the same")
{
    listening made;
    made.sink_throws = true;
    made.observer->throws = true;
    made.tell_all();
    CHECK(made.observer->calls == 10);
    CHECK(made.records.size() == 20);
    CHECK(made.notes->counters().metrics().log_failures == 20);
    CHECK(made.notes->counters().metrics().observer_failures == 10);
}

TEST_CASE("a log has what its level asks for")
{
    std::vector<std::size_t> counts;
    for (log_level level :
        {log_level::error, log_level::warning, log_level::information, log_level::debug, log_level::trace}) {
        listening made(level);
        made.tell_all();
        counts.push_back(made.records.size());
    }
    // Of each: a try that failed and one that was throttled; one that is repeated and a prediction; a wait and its end, a connection
    // and its end; a start and a reuse.
    CHECK(counts == std::vector<std::size_t>{0, 2, 4, 8, 10});
}

TEST_CASE("the message of a request says what it was, what came of it and how long that took")
{
    listening made;
    made.notes->tell(finished(request_outcome::succeeded, 201));
    made.notes->tell(finished(request_outcome::server_error, 503));
    made.notes->tell(finished(request_outcome::timed_out, 0));
    made.notes->tell(finished(request_outcome::refused, 401));
    made.notes->tell(finished(request_outcome::refused, 404));
    made.notes->tell(finished(request_outcome::refused, 422));
    made.notes->tell(finished(request_outcome::tls_failed, 0));
    REQUIRE(made.records.size() == 7);
    CHECK(made.records[0].message == "POST /v1/predictions: 201 after 0.25 s");
    CHECK(made.records[0].level == log_level::debug);
    CHECK(made.records[0].field("http.response.status_code") == "201");
    CHECK(made.records[0].field("http.client.request.duration") == "0.25");
    CHECK(made.records[0].field("error.type").empty());
    CHECK(made.records[1].message == "POST /v1/predictions failed: 503 after 0.25 s");
    CHECK(made.records[1].level == log_level::warning);
    CHECK(made.records[1].field("error.type") == "503");
    CHECK(made.records[2].message == "POST /v1/predictions failed: timed_out after 0.25 s");
    CHECK(made.records[3].level == log_level::error);
    CHECK(made.records[4].level == log_level::information);
    CHECK(made.records[5].level == log_level::warning);
    CHECK(made.records[6].level == log_level::error);
}

TEST_CASE("the message of a prediction says where it is from and how it stands")
{
    listening made;
    prediction_changed event;
    event.id = "p1";
    event.origin = prediction_origin::created;
    event.is_new = true;
    event.status = prediction_status::starting;
    made.notes->tell(event);
    event.is_new = false;
    event.status = prediction_status::succeeded;
    event.predict_time = 1.25;
    event.output_tokens = 12;
    made.notes->tell(event);
    event.is_new = true;
    event.origin = prediction_origin::adopted;
    event.status = prediction_status::unknown;
    made.notes->tell(event);
    event.is_new = false;
    event.status = prediction_status::failed;
    event.error_type = "failed";
    made.notes->tell(event);
    REQUIRE(made.records.size() == 4);
    CHECK(made.records[0].message == "prediction p1 was created, starting");
    CHECK(made.records[0].level == log_level::information);
    CHECK(made.records[0].field("gen_ai.provider.name") == "replicate");
    CHECK(made.records[0].field("replicate.prediction.status") == "starting");
    CHECK(made.records[1].message == "prediction p1: succeeded");
    CHECK(made.records[1].field("replicate.prediction.predict_time") == "1.25");
    CHECK(made.records[1].field("gen_ai.usage.output_tokens") == "12");
    CHECK(made.records[2].message == "prediction p1 was found again");
    CHECK(made.records[2].level == log_level::warning);
    CHECK(made.records[3].level == log_level::warning);
    CHECK(made.records[3].field("error.type") == "failed");
}
