// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// What a client counts, and what its observer and its log hear, against what the server saw.

#include "support/local_client.hpp"
#include "support/recording_observer.hpp"
#include "support/slowness.hpp"

#include <replicate/log_stream.hpp>

#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <future>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::client_metrics;
using replicate::input;
using replicate::log_level;
using replicate::log_record;
using replicate::testing::fault;
using replicate::testing::script;
using replicate::testing::server_counts;
using strings = std::vector<std::string>;

class observed : public local_client {
public:
    explicit observed(configuration const& configure = nullptr,
        replicate::testing::server_options options = replicate::testing::server_options())
        : observed(std::make_shared<recording_observer>(), std::make_shared<std::vector<log_record>>(), configure, std::move(options))
    {
        server.model("acme/slow", [](input const&) { return script().boot(60ms).run(60ms).output("done"); });
        server.model("acme/endless", [](input const&) { return script().text_pieces({"a"}, 1ms).never_ends(); });
        server.model("acme/tale", [](input const&) { return script().text_pieces({"Once ", "upon ", "a time"}, 5ms); });
    }

    client_metrics metrics() { return get(client.async_metrics()); }

    replicate::output run(std::string const& model, replicate::wait how = replicate::wait::poll())
    {
        return get(client.async_run(server.version(model), input(), quick(how)));
    }

    std::shared_ptr<recording_observer> heard;
    std::shared_ptr<std::vector<log_record>> records;

private:
    observed(std::shared_ptr<recording_observer> observer, std::shared_ptr<std::vector<log_record>> log,
        configuration const& configure, replicate::testing::server_options options)
        : local_client(
              [&](replicate::config& made) {
                  made.observer = observer;
                  made.log.level = log_level::trace;
                  made.log.sink = [log](log_record const& record) { log->push_back(record); };
                  if (configure)
                      configure(made);
              },
              std::move(options))
        , heard(std::move(observer))
        , records(std::move(log))
    {
    }
};

} // namespace

TEST_CASE("a client counts the requests, connections and handshakes that the server counts")
{
    observed made;
    made.run("acme/slow");
    made.run("test/echo", replicate::wait::sync());
    made.get(made.client.models().async_get("meta", "meta-llama-3-8b-instruct"));
    CHECK(made.failure_of(made.client.predictions().async_get("nothing")));
    made.client.close_idle_connections();
    made.run("test/echo");

    client_metrics const metrics = made.metrics();
    server_counts const counts = made.server.counts();
    CHECK(metrics.requests.started == counts.requests);
    CHECK(metrics.requests.finished == counts.requests);
    CHECK(metrics.requests.succeeded == counts.requests - 1);
    CHECK(metrics.requests.refused == 1);
    CHECK(metrics.requests.in_flight() == 0);
    CHECK(metrics.requests.duration > 0s);
    CHECK(metrics.requests.throttled_time == 0s);
    CHECK(metrics.connections.opened == counts.connections);
    CHECK(metrics.connections.reused == counts.requests - counts.connections);
    CHECK(metrics.connections.full_handshakes == counts.full_handshakes);
    CHECK(metrics.connections.resumed_handshakes == counts.resumed_handshakes);
    CHECK(metrics.connections.resumed_handshakes == 1);
    CHECK(metrics.connections.idle == 1);
    CHECK(metrics.connections.busy == 0);
    CHECK(metrics.connections.open() == 1);
    CHECK(metrics.predictions.created == counts.predictions);
    CHECK(metrics.predictions.succeeded == counts.predictions);
    CHECK(metrics.predictions.predict_time > 0.05);
    CHECK(metrics.predictions.in_flight == 0);
    CHECK(metrics.retry_quota == 500);

    CHECK(made.heard->count("started") == counts.requests);
    CHECK(made.heard->count("finished") == counts.requests);
    CHECK(made.heard->count("opened") == counts.connections);
    CHECK(made.heard->count("reused") == metrics.connections.reused);
    CHECK(made.heard->count("closed") == counts.connections - 1);
    CHECK(metrics.observer_failures == 0);
    CHECK(metrics.log_failures == 0);
}

TEST_CASE("counting needs no observer, and each connection that was opened is closed in the end")
{
    auto const heard = std::make_shared<recording_observer>();
    replicate::testing::server server;
    {
        asio::io_context context;
        replicate::config settings = local_client::settings(server);
        replicate::client const quiet(context, settings);
        settings.observer = heard;
        replicate::client const told(context, settings);
        for (auto const& each : {quiet, told})
            get(context, each.async_run(server.version("test/echo"), input(), local_client::quick()));
        client_metrics const left = get(context, quiet.async_metrics());
        client_metrics const right = get(context, told.async_metrics());
        CHECK(left.requests.started == right.requests.started);
        CHECK(left.predictions.succeeded == 1);
        CHECK(heard->count("opened") == 1);
        CHECK(heard->count("closed") == 0);
    }
    REQUIRE(heard->count("closed") == 1);
    CHECK(heard->all("closed")[0].number("replicate.connection.requests") == static_cast<double>(heard->count("finished")));
}

TEST_CASE("events have the attributes of OpenTelemetry")
{
    observed made;
    made.run("acme/slow");
    auto const started = made.heard->all("started").at(0);
    CHECK(started.text("http.request.method") == "POST");
    CHECK(started.text("server.address") == "127.0.0.1");
    CHECK(started.number("server.port") == made.server.port());
    CHECK(started.text("url.path") == "/v1/predictions");
    CHECK(started.text("replicate.request.kind") == "create");
    CHECK(started.number("http.request.resend_count") == 0);
    CHECK(started.number("http.request.body.size") > 10);
    auto const finished = made.heard->all("finished").at(0);
    CHECK(finished.number("replicate.call") == started.number("replicate.call"));
    CHECK(finished.number("http.response.status_code") == 201);
    CHECK(finished.text("error.type") == "");
    CHECK(finished.number("http.client.request.duration") > 0);
    CHECK(finished.number("http.response.body.size") > 10);
    auto const looked = made.heard->all("finished").at(1);
    CHECK(looked.text("replicate.request.kind") == "get_prediction");
    CHECK(looked.text("url.path") == "/v1/predictions/" + made.server.predictions().at(0));
    CHECK(looked.number("replicate.call") > finished.number("replicate.call"));
    CHECK(looked.number("replicate.connection.reused") == 1);
    auto const opened = made.heard->all("opened").at(0);
    CHECK(opened.number("tls.established") == 1);
    CHECK(opened.number("tls.resumed") == 0);
    auto const created = made.heard->all("prediction").at(0);
    CHECK(created.text("gen_ai.provider.name") == "replicate");
    CHECK(created.text("gen_ai.request.model") == made.server.version("acme/slow"));
    CHECK(created.text("gen_ai.response.model") == "acme/slow");
    CHECK(created.text("replicate.prediction.id") == made.server.predictions().at(0));
    CHECK(created.text("replicate.prediction.origin") == "created");
    auto const ended = made.heard->all("prediction").back();
    CHECK(ended.number("replicate.prediction.predict_time") > 0.05);
}

TEST_CASE("each state of a prediction is told once, in whatever way it is watched")
{
    observed made;
    SUBCASE("run by polls")
    {
        made.run("acme/slow");
        CHECK(made.heard->states() == strings{"starting", "processing", "succeeded"});
    }
    SUBCASE("failed")
    {
        CHECK(made.failure_of(made.client.async_run(made.server.version("test/fails"), input(), local_client::quick())));
        CHECK(made.heard->states().back() == "failed");
        CHECK(made.heard->all("prediction").back().text("error.type") == "failed");
        CHECK(made.metrics().predictions.failed == 1);
    }
    SUBCASE("canceled by somebody else")
    {
        made.heard->then = [&](heard_event const& event) {
            if (event.text("replicate.prediction.status") == "processing")
                made.server.cancel(event.text("replicate.prediction.id"));
        };
        CHECK(made.failure_of(
            made.client.async_run(made.server.version("acme/endless"), input(), local_client::quick(replicate::wait::poll()))));
        CHECK(made.heard->states().back() == "canceled");
        CHECK(made.metrics().predictions.canceled == 1);
    }
    SUBCASE("canceled because its caller has gone")
    {
        asio::cancellation_signal signal;
        pending<replicate::output> running;
        made.client.async_run(made.server.version("acme/endless"), input(), local_client::quick(replicate::wait::poll()),
            running.token(signal));
        REQUIRE(made.run_until([&] { return made.heard->count("prediction") >= 1; }));
        signal.emit(asio::cancellation_type::terminal);
        REQUIRE(made.run_until([&] { return running.done() && made.server.counts().cancels == 1; }));
        REQUIRE(made.run_until([&] { return made.heard->states().back() == "canceled"; }));
        CHECK(made.metrics().predictions.canceled == 1);
        CHECK(made.metrics().predictions.created == 1);
    }
    SUBCASE("waited for, and aborted")
    {
        auto const known = made.get(made.client.predictions().async_create(made.server.version("acme/endless"), input()));
        made.server.next_get().status(
            200, R"({"id": ")" + known.id + R"(", "status": "aborted", "urls": {}, "input": {}, "model": "acme/endless"})");
        made.get(made.client.predictions().async_wait(known.id));
        CHECK(made.heard->states().back() == "aborted");
        CHECK(made.heard->all("prediction").back().text("replicate.prediction.origin") == "known");
        client_metrics const metrics = made.metrics();
        CHECK(metrics.predictions.created == 1);
        CHECK(metrics.predictions.aborted == 1);
    }
    SUBCASE("streamed")
    {
        replicate::stream const stream = made.get(made.client.async_stream(made.server.version("acme/tale"), input()));
        CHECK(made.get(stream.async_text()) == "Once upon a time");
        CHECK(made.heard->states().back() == "succeeded");
        client_metrics const metrics = made.metrics();
        CHECK(metrics.predictions.created == 1);
        CHECK(metrics.predictions.succeeded == 1);
        CHECK(metrics.requests.interrupted == 0);
        CHECK(metrics.requests.failed() == 0);
    }
    SUBCASE("found again after its create was lost")
    {
        made.server.next_create().drop_after_request();
        made.run("acme/slow");
        auto const found = made.heard->all("prediction").at(0);
        CHECK(found.text("replicate.prediction.origin") == "adopted");
        client_metrics const metrics = made.metrics();
        CHECK(metrics.predictions.adopted == 1);
        CHECK(metrics.predictions.created == 0);
        CHECK(metrics.predictions.succeeded == 1);
        CHECK(metrics.requests.connection_failed == 1);
    }
}

TEST_CASE("a request that is sent again is told with its reason, its delay and its number")
{
    observed made;
    made.server.next_get().status(503);
    made.server.next_get().drop_after_request();
    made.run("acme/slow");
    client_metrics const metrics = made.metrics();
    CHECK(metrics.requests.retried == 2);
    CHECK(metrics.requests.server_errors == 1);
    CHECK(metrics.requests.connection_failed == 1);
    CHECK(metrics.requests.started == made.server.counts().requests);
    auto const retried = made.heard->all("retried");
    REQUIRE(retried.size() == 2);
    CHECK(retried[0].text("error.type") == "503");
    CHECK(retried[0].number("http.request.resend_count") == 0);
    CHECK(retried[1].text("error.type") == "connection_failed");
    CHECK(retried[1].number("http.request.resend_count") == 1);
    CHECK(retried[1].number("replicate.call") == retried[0].number("replicate.call"));
    std::size_t second_tries = 0;
    for (heard_event const& each : made.heard->all("started"))
        second_tries += each.number("http.request.resend_count") > 0 ? 1 : 0;
    CHECK(second_tries == 2);
}

TEST_CASE("a request that is throttled is told, and the time that it loses is counted")
{
    observed made;
    made.server.next_create().status(429, {}, {{"retry-after-ms", "60"}});
    auto const began = steady::now();
    made.run("test/echo");
    auto const took = steady::now() - began;
    client_metrics const metrics = made.metrics();
    CHECK(metrics.requests.throttled == 1);
    CHECK(metrics.requests.retried == 1);
    CHECK(metrics.requests.throttled_time >= 60ms);
    CHECK(metrics.requests.throttled_time < took);
    REQUIRE(made.heard->count("throttled") == 1);
    CHECK(made.heard->all("throttled")[0].number("replicate.throttle.retry_after") == doctest::Approx(0.06));
    CHECK(made.heard->all("throttled")[0].text("url.path") == "/v1/predictions");
}

TEST_CASE("what waits for its turn is told, and counted while it waits")
{
    observed made([](replicate::config& settings) { settings.scheduler.in_flight = 1; });
    pending<replicate::output> first;
    pending<replicate::output> second;
    auto options = local_client::quick(replicate::wait::poll());
    made.client.async_run(made.server.version("acme/slow"), input(), options, first.token());
    options.priority = replicate::priority::batch;
    options.group = "night";
    made.client.async_run(made.server.version("test/echo"), input(), options, second.token());
    REQUIRE(made.run_until([&] { return made.heard->count("queued") == 1 && made.heard->count("prediction") >= 1; }));
    client_metrics metrics = made.metrics();
    CHECK(metrics.queue.waiting == 1);
    CHECK(metrics.predictions.in_flight == 1);
    REQUIRE(made.run_until([&] { return first.done() && second.done(); }));
    metrics = made.metrics();
    CHECK(metrics.queue.queued == 1);
    CHECK(metrics.queue.admitted == 1);
    CHECK(metrics.queue.waiting == 0);
    CHECK(metrics.queue.duration >= 60ms);
    auto const queued = made.heard->all("queued").at(0);
    CHECK(queued.text("replicate.queue.priority") == "batch");
    CHECK(queued.text("replicate.queue.group") == "night");
    CHECK(queued.text("replicate.request.kind") == "create");
    CHECK(queued.text("gen_ai.request.model") == made.server.version("test/echo"));
    CHECK(queued.number("replicate.queue.length") == 1);
    auto const dequeued = made.heard->all("dequeued").at(0);
    CHECK(dequeued.number("replicate.queue.admitted") == 1);
    CHECK(dequeued.number("replicate.queue.duration") >= 0.06);
}

TEST_CASE("what many runs at once did is counted, each prediction once")
{
    observed made([](replicate::config& settings) { settings.scheduler.in_flight = 10; });
    constexpr std::size_t count = 60;
    std::vector<input> inputs(count);
    replicate::map_options options;
    options.run = local_client::quick(replicate::wait::poll());
    auto const results = made.get(made.client.async_map(made.server.version("acme/slow"), inputs, options));
    std::size_t good = 0;
    for (auto result = made.get(results.async_next()); result; result = made.get(results.async_next()))
        good += result->ok() ? 1 : 0;
    CHECK(good == count);
    client_metrics const metrics = made.metrics();
    CHECK(metrics.predictions.created == count);
    CHECK(metrics.predictions.succeeded == count);
    CHECK(metrics.predictions.in_flight == 0);
    CHECK(metrics.requests.started == made.server.counts().requests);
    CHECK(metrics.requests.finished == metrics.requests.started);
    CHECK(metrics.connections.opened == made.server.counts().connections);
    CHECK(metrics.queue.waiting == 0);
    CHECK(metrics.queue.admitted == metrics.queue.queued);
    CHECK(made.heard->count("queued") == made.heard->count("dequeued"));
    std::map<std::string, strings> states;
    for (heard_event const& each : made.heard->all("prediction"))
        states[each.text("replicate.prediction.id")].push_back(each.text("replicate.prediction.status"));
    CHECK(states.size() == count);
    for (auto const& [id, seen] : states) {
        CHECK(seen.back() == "succeeded");
        CHECK(std::set<std::string>(seen.begin(), seen.end()).size() == seen.size());
    }
}

TEST_CASE("who gives up waiting, or is turned away at once, is counted as refused")
{
    observed made([](replicate::config& settings) {
        settings.scheduler.in_flight = 1;
        settings.scheduler.queue_length = 1;
    });
    asio::cancellation_signal stop_first;
    asio::cancellation_signal stop_second;
    pending<replicate::output> first;
    pending<replicate::output> second;
    auto const version = made.server.version("acme/endless");
    made.client.async_run(version, input(), local_client::quick(), first.token(stop_first));
    made.client.async_run(version, input(), local_client::quick(), second.token(stop_second));
    REQUIRE(made.run_until([&] { return made.heard->count("queued") == 1; }));
    auto const third = made.failure_of(made.client.async_run(version, input(), local_client::quick()));
    REQUIRE(third);
    CHECK(third->code() == replicate::errc::queue_full);
    CHECK(made.metrics().queue.refused == 1);
    stop_second.emit(asio::cancellation_type::terminal);
    REQUIRE(made.run_until([&] { return made.heard->count("dequeued") == 1; }));
    CHECK(made.heard->all("dequeued")[0].number("replicate.queue.admitted") == 0);
    stop_first.emit(asio::cancellation_type::terminal);
    REQUIRE(made.run_until([&] { return first.done() && second.done(); }));
    client_metrics const metrics = made.metrics();
    CHECK(metrics.queue.queued == 1);
    CHECK(metrics.queue.refused == 2);
    CHECK(metrics.queue.waiting == 0);
}

TEST_CASE("a request that is broken off here is neither a success nor a failure of the service")
{
    observed made;
    made.server.next_get().never_answer();
    asio::cancellation_signal signal;
    pending<replicate::prediction> asked;
    made.client.predictions().async_get("some", asked.token(signal));
    REQUIRE(made.run_until_server([](server_counts const& counts) { return counts.gets == 1; }));
    CHECK(made.metrics().requests.in_flight() == 1);
    CHECK(made.metrics().connections.busy == 1);
    signal.emit(asio::cancellation_type::terminal);
    REQUIRE(made.run_until([&] { return asked.done() && made.heard->count("finished") == 1; }));
    client_metrics const metrics = made.metrics();
    CHECK(metrics.requests.interrupted == 1);
    CHECK(metrics.requests.in_flight() == 0);
    CHECK(made.heard->all("finished")[0].text("error.type") == "interrupted");
    CHECK(made.heard->count("closed") == 1);
}

TEST_CASE("an observer that throws at every event changes nothing but its own count")
{
    observed made([](replicate::config& settings) { settings.scheduler.in_flight = 1; });
    made.heard->then = [](heard_event const&) { throw std::runtime_error("no"); };
    made.server.next_get().status(503);
    made.server.next_create().status(429, {}, {{"retry-after-ms", "5"}});
    pending<replicate::output> first;
    pending<replicate::output> second;
    made.client.async_run(
        made.server.version("acme/slow"), input(), local_client::quick(replicate::wait::poll()), first.token());
    made.client.async_run(made.server.version("test/echo"), input(), local_client::quick(), second.token());
    REQUIRE(made.run_until([&] { return first.done() && second.done(); }));
    CHECK_FALSE(first.code());
    CHECK_FALSE(second.code());
    made.client.close_idle_connections();
    client_metrics const metrics = made.metrics();
    for (char const* each :
        {"started", "finished", "retried", "throttled", "queued", "dequeued", "opened", "reused", "closed", "prediction"})
        CHECK_MESSAGE(made.heard->count(each) > 0, each);
    CHECK(metrics.observer_failures == made.heard->events.size());
    CHECK(metrics.requests.started == made.server.counts().requests);
    CHECK(metrics.requests.in_flight() == 0);
    CHECK(metrics.predictions.succeeded == 2);
    std::size_t told = 0;
    for (log_record const& each : *made.records)
        told += each.level == log_level::error && each.message == "config::observer has thrown: no" ? 1 : 0;
    CHECK(told == made.heard->events.size());
    CHECK(made.server.counts().most_creates_of_one_input() <= 3);
}

TEST_CASE("a sink that throws changes nothing but its own count")
{
    local_client made([](replicate::config& settings) {
        settings.log.level = log_level::trace;
        settings.log.sink = [](log_record const&) { throw 1; };
    });
    CHECK_NOTHROW(made.get(made.client.async_run(made.server.version("test/echo"), input(), local_client::quick())));
    client_metrics const metrics = made.get(made.client.async_metrics());
    CHECK(metrics.log_failures > 3);
    CHECK(metrics.observer_failures == 0);
}

TEST_CASE("an observer may use the client that it observes")
{
    observed made;
    std::size_t answers = 0;
    // Held weakly: an observer that keeps its client alive is never destroyed.
    made.heard->then = [&](heard_event const& event) {
        if (event.name == "closed" || event.name == "reused" || event.name == "finished")
            made.client.close_idle_connections();
        if (event.name == "prediction")
            made.client.async_metrics([&](boost::system::error_code, client_metrics const&) { ++answers; });
    };
    for (int i = 0; i < 3; ++i)
        made.run("acme/slow");
    REQUIRE(made.run_until([&] { return answers == made.heard->count("prediction"); }));
    CHECK(made.metrics().requests.started == made.server.counts().requests);
    made.heard->then = nullptr;
}

TEST_CASE("the token stands in no event and in no record, whoever says it")
{
    std::string const later = "r8_AnotherTokenOfTheSameAccount";
    observed made;
    std::string const token = made.server.token();
    made.server.next_create().status(422, R"({"detail": "the token )" + token + R"( is odd", "title": ")" + token + "\"}",
        {{"cf-ray", token}});
    CHECK(made.failure_of(made.client.async_run(made.server.version("test/echo"), input(), local_client::quick())));
    CHECK(made.failure_of(made.client.predictions().async_get(token)));
    auto options = local_client::quick();
    options.group = token;
    made.get(made.client.async_run(made.server.version("test/echo"), input(), options));
    made.get(made.client.http().async_get(made.server.delivery_url() + "/" + token + "?token=" + token));
    replicate::http_request own("GET", made.server.base_url() + "/account?key=" + token + "#" + later);
    own.url = own.url.substr(0, own.url.find('#'));
    own.headers.emplace_back("Authorization", "Bearer " + token);
    made.get(made.client.http().async_send(own));
    auto const picture = made.get(made.client.async_run("stability-ai/sdxl", input().set("prompt", token), local_client::quick()));
    for (auto const& file : picture.files())
        made.get(file.async_read());
    replicate::stream const stream =
        made.get(made.client.async_stream(made.server.version("acme/tale"), input().set("prompt", token)));
    made.get(stream.async_text());

    CHECK(made.heard->events.size() > 20);
    CHECK(made.records->size() == made.heard->events.size());
    std::size_t marks = 0;
    for (heard_event const& each : made.heard->events)
        for (auto const& [name, value] : each.texts) {
            CHECK_MESSAGE(value.find(token) == std::string::npos, each.name << ' ' << name);
            CHECK(value.find('?') == std::string::npos);
            marks += value.find("[token]") != std::string::npos ? 1 : 0;
        }
    CHECK(marks >= 2);
    for (log_record const& each : *made.records) {
        CHECK_MESSAGE(replicate::format(each).find(token) == std::string::npos, replicate::format(each));
        CHECK(each.message.find(token) == std::string::npos);
    }
}

TEST_CASE("tokens of a source are kept out too, and paths of other hosts are not told")
{
    replicate::testing::server server;
    asio::io_context context;
    auto const heard = std::make_shared<recording_observer>();
    replicate::config settings = local_client::settings(server);
    settings.token_source = [token = server.token()] { return token; };
    settings.observer = heard;
    replicate::client const client(context, settings);
    CHECK(failure_of(context, client.predictions().async_get(server.token())));
    get(context, client.http().async_get(server.delivery_url() + "/secret/place?signature=7"));
    REQUIRE(heard->count("started") == 2);
    CHECK(heard->all("started")[0].text("url.path") == "/v1/predictions/[token]");
    CHECK(heard->all("started")[1].texts.count("url.path") == 0);
    CHECK(heard->all("started")[1].text("server.address") == "127.0.0.1");
    for (heard_event const& each : heard->events)
        for (auto const& [name, value] : each.texts) {
            CHECK(value.find("secret") == std::string::npos);
            CHECK(value.find("signature") == std::string::npos);
        }
}

TEST_CASE("a log to a stream has one line for each record, of its level and above")
{
    std::ostringstream stream;
    local_client made([&](replicate::config& settings) { settings.log.sink = replicate::log_to(stream); });
    made.server.next_get().status(503);
    auto const ran = made.get(
        made.client.async_run(made.server.version("test/echo"), input(), local_client::quick(replicate::wait::poll())));
    std::string const text = stream.str();
    CHECK(text.find(" information prediction " + ran.prediction().id + " was created") != std::string::npos);
    CHECK(text.find(" warning GET /v1/predictions/" + ran.prediction().id + " failed: 503 after ") != std::string::npos);
    CHECK(text.find(" information GET /v1/predictions/" + ran.prediction().id + " is sent again in ") != std::string::npos);
    CHECK(text.find("error.type=503") != std::string::npos);
    CHECK(text.find(" debug ") == std::string::npos);
    CHECK(text.back() == '\n');
}

TEST_CASE("metrics can be asked for on any thread, and tell what was learned of the limits")
{
    replicate::testing::server_options options;
    options.rates.creates_per_minute = 600;
    local_client made(nullptr, options);
    made.get(made.client.async_run(made.server.version("test/echo"), input(), local_client::quick()));
    auto const work = asio::make_work_guard(made.context);
    made.context.restart();
    std::thread runner([&] { made.context.run(); });
    client_metrics const metrics = made.client.async_metrics(asio::use_future).get();
    made.context.stop();
    runner.join();
    CHECK(metrics.creates.per_minute == doctest::Approx(600).epsilon(0.1));
    REQUIRE(metrics.creates.available);
    CHECK(*metrics.creates.available > 500);
    CHECK(metrics.creates.sent == 1);
    CHECK(metrics.creates.rejected == 0);
    CHECK(metrics.creates.pause == 0s);
    CHECK(metrics.creates.standing == replicate::account_standing::normal);
}

TEST_CASE("a level of the log that is none is refused, and so is a time of nothing for metrics")
{
    replicate::testing::server server;
    asio::io_context context;
    replicate::config settings = server.config();
    settings.log.level = static_cast<log_level>(9);
    auto const refused = thrown_by([&] { replicate::client const client(context, settings); });
    REQUIRE(refused);
    CHECK(refused->code() == replicate::errc::invalid_configuration);
    CHECK(std::string(refused->what()).find("log.level") != std::string::npos);

    replicate::client const client(context, server.config());
    replicate::call_options options;
    options.timeout = 0s;
    auto const failure = failure_of(context, client.async_metrics(options));
    REQUIRE(failure);
    CHECK(failure->code() == replicate::errc::invalid_argument);
}
