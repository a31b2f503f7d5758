// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Runs that wait for webhooks, and the listener that takes these: with everything that webhooks do wrong.

#include "support/local_client.hpp"
#include "support/slowness.hpp"

#include <replicate/webhook_listener.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::input;
using replicate::webhook_delivery;
using replicate::webhook_listener;
using replicate::webhook_listener_options;
using replicate::testing::operation;
using replicate::testing::script;
using replicate::testing::webhook_options;

constexpr auto never = 1h;

webhook_options quick_webhooks()
{
    webhook_options options;
    options.throttle = 0ms;
    options.first_pause = 1ms;
    return options;
}

class fixture : public local_client {
public:
    explicit fixture(webhook_options webhooks = quick_webhooks(), webhook_listener_options options = {})
        : listener(client, std::move(options))
    {
        server.webhooks(webhooks);
        server.model("acme/quick", [](input const&) { return script().run(20ms).log("one").run(20ms).output("done"); });
        version = server.version("acme/quick");
    }

    replicate::run_options by_webhook(steady::duration safety_poll = never) const
    {
        auto options = local_client::quick(replicate::wait::webhook(listener, safety_poll));
        options.timeout = ample;
        return options;
    }

    /// What the listener answers to these bytes, until it closes or has sent so many answers.
    std::string talk(std::string bytes, std::size_t answers = 1);

    std::optional<webhook_delivery> next(steady::duration time = ample)
    {
        replicate::call_options options;
        options.timeout = time;
        return get(listener.async_next(options));
    }

    std::size_t secrets_asked_for() const
    {
        auto const requests = server.requests();
        return static_cast<std::size_t>(std::count_if(requests.begin(), requests.end(),
            [](auto const& request) { return request.target == "/v1/webhooks/default/secret"; }));
    }

    webhook_listener listener;
    std::string version;
};

asio::awaitable<std::string> exchange(std::uint16_t port, std::string bytes, std::size_t answers)
{
    constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
    auto const executor = co_await asio::this_coro::executor;
    asio::ip::tcp::socket socket(executor);
    co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, asio::use_awaitable);
    (void)co_await asio::async_write(socket, asio::buffer(bytes), as_result);
    std::string received;
    char piece[4096];
    for (std::size_t whole = 0; whole < answers;) {
        auto [ended, count] = co_await socket.async_read_some(asio::buffer(piece), as_result);
        received.append(piece, count);
        if (ended)
            break;
        // Every answer has a text that ends with a line feed, and a header that does not end with it alone.
        whole = 0;
        for (std::size_t at = received.find("\r\n\r\n"); at != std::string::npos; at = received.find("\r\n\r\n", at + 4))
            whole += received.find('\n', at + 4) != std::string::npos ? 1 : 0;
    }
    co_return received;
}

std::string fixture::talk(std::string bytes, std::size_t answers)
{
    return get(exchange(listener.port(), std::move(bytes), answers));
}

/// A webhook as the service sends it.
std::string signed_post(std::string const& id, std::string const& body, std::string const& secret,
    std::string const& more = "", std::string const& target = "/")
{
    auto const now = std::to_string(std::chrono::system_clock::now().time_since_epoch() / 1s);
    return "POST " + target + " HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n" + more
        + "Webhook-Id: " + id + "\r\nWebhook-Timestamp: " + now
        + "\r\nWebhook-Signature: " + replicate::webhook::sign(id, now, body, secret)
        + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string status_line(std::string const& answer)
{
    return answer.substr(0, std::min<std::size_t>(answer.find('\r'), 12));
}

constexpr char const* ended = R"({"id":"abc","status":"succeeded","output":"x"})";

} // namespace

TEST_CASE("a run is completed by its webhook, without a poll")
{
    fixture made;
    auto const output = made.get(made.client.async_run(made.version, input(), made.by_webhook()));
    CHECK(output.text() == "done");
    CHECK(output.prediction().logs == "one\n");
    CHECK(output.prediction().metrics.predict_time.has_value());
    CHECK_FALSE(output.prediction().model.empty());
    CHECK(made.server.counts().gets == 0);
    CHECK(made.server.counts().creates == 1);
    auto const created = made.server.last_request(operation::create);
    CHECK(created->body.find(R"("webhook_events_filter":["completed"])") != std::string::npos);
    CHECK(created->header("prefer").empty());
}

TEST_CASE("a run that fails is told so by its webhook")
{
    fixture made;
    auto const failure = made.failure_of<replicate::prediction_error>(
        made.client.async_run(made.server.version("test/fails"), input(), made.by_webhook()));
    REQUIRE(failure);
    CHECK(failure->prediction().status == replicate::prediction_status::failed);
    CHECK(made.server.counts().gets == 0);
}

TEST_CASE("a webhook that comes before the answer to the create is not lost")
{
    fixture made;
    made.server.model("acme/at-once", [](input const&) { return "done"; });
    made.server.next_create().drip(2000);
    auto const output =
        made.get(made.client.async_run(made.server.version("acme/at-once"), input(), made.by_webhook()));
    CHECK(output.text() == "done");
    CHECK(made.server.counts().gets == 0);
}

TEST_CASE("a webhook finds the prediction of a create whose answer was lost, without the list")
{
    fixture made;
    made.server.always(operation::list).status(503);
    made.server.next_create().drop_after_request();
    auto const output = made.get(made.client.async_run(made.version, input(), made.by_webhook()));
    CHECK(output.text() == "done");
    CHECK(made.server.counts().create_requests == 1);
}

TEST_CASE("a webhook that speaks of another prediction ends no run, though it is signed and leads to the run")
{
    fixture made;
    made.server.model("acme/slow", [](input const&) { return script().run(400ms).output("done"); });
    pending<replicate::output> call;
    made.client.async_run(made.server.version("acme/slow"), input(), made.by_webhook(), call.token());
    REQUIRE(made.run_until_server([](auto const& counts) { return counts.creates == 1; }));
    auto const request = made.server.last_request(operation::create);
    REQUIRE(request);
    auto const created = boost::json::parse(request->body);
    std::string const url = created.at("webhook").as_string().c_str();
    std::string const target = url.substr(url.find('/', std::string("http://").size()));
    CHECK(target.find("replicate-run=") != std::string::npos);
    std::string const answer = made.talk(signed_post("m1", ended, made.server.webhook_secret(), "", target));
    CHECK(status_line(answer) == "HTTP/1.1 200");
    CHECK_FALSE(call.done());
    REQUIRE(made.run_until([&] { return call.done(); }));
    CHECK(call.value().text() == "done");
    CHECK(made.server.counts().gets == 0);
}

TEST_CASE("a webhook that is lost, wrongly signed or too old loses nothing: the safety poll finds the end")
{
    webhook_options lost = quick_webhooks();
    lost.sent = false;
    webhook_options forged = quick_webhooks();
    forged.wrong_signature = true;
    forged.retries = 1;
    webhook_options old = quick_webhooks();
    old.age = 10min;
    old.retries = 1;
    for (webhook_options const& wrong : {lost, forged, old}) {
        fixture made(wrong);
        auto const output = made.get(made.client.async_run(made.version, input(), made.by_webhook(100ms)));
        CHECK(output.text() == "done");
        CHECK(made.server.counts().gets >= 1);
        CHECK(made.server.counts().webhooks_accepted == 0);
    }
}

TEST_CASE("of many webhooks that are lost each end is seen on pages")
{
    webhook_options lost = quick_webhooks();
    lost.sent = false;
    fixture made(lost);
    std::vector<pending<replicate::output>> calls(60);
    for (auto const& call : calls)
        made.client.async_run(made.version, input(), made.by_webhook(slowness * 1s), call.token());
    REQUIRE(made.run_until(
        [&] { return std::all_of(calls.begin(), calls.end(), [](auto const& call) { return call.done(); }); }, 2 * ample));
    for (auto const& call : calls) {
        CHECK_FALSE(call.code());
        CHECK(call.completions() == 1);
        CHECK(call.value().text() == "done");
    }
    CHECK(made.server.counts().lists >= 1);
    CHECK(made.server.counts().gets >= 60);
    CHECK(made.server.counts().gets <= 130);
}

TEST_CASE("the safety poll comes as seldom as it is told")
{
    webhook_options late = quick_webhooks();
    late.delay = 400ms;
    fixture made(late);
    (void)made.get(made.client.async_run(made.version, input(), made.by_webhook(10s)));
    CHECK(made.server.counts().gets == 0);
}

TEST_CASE("webhooks that come twice or in the wrong order complete a run once, and an observer hears each line once")
{
    webhook_options twice = quick_webhooks();
    twice.duplicated = true;
    webhook_options turned = quick_webhooks();
    turned.reordered = true;
    for (webhook_options const& wrong : {twice, turned}) {
        fixture made(wrong);
        std::vector<std::string> lines;
        std::vector<std::string> statuses;
        auto options = made.by_webhook();
        options.observer = [&](replicate::run_update const& update) {
            lines.insert(lines.end(), update.log_lines.begin(), update.log_lines.end());
            if (update.status_changed)
                statuses.push_back(update.prediction.status_text);
        };
        CHECK(made.get(made.client.async_run(made.version, input(), options)).text() == "done");
        CHECK(lines == std::vector<std::string>{"one"});
        CHECK(statuses.back() == "succeeded");
        CHECK(made.server.counts().gets == 0);
    }
}

TEST_CASE("a hundred predictions at once are completed by webhooks, and the secret is asked for once")
{
    fixture made;
    std::vector<pending<replicate::output>> calls(100);
    for (auto const& call : calls)
        made.client.async_run(made.version, input(), made.by_webhook(), call.token());
    REQUIRE(made.run_until([&] {
        return std::all_of(calls.begin(), calls.end(), [](auto const& call) { return call.done(); });
    }));
    for (auto const& call : calls) {
        CHECK_FALSE(call.code());
        CHECK(call.completions() == 1);
        CHECK(call.value().text() == "done");
    }
    CHECK(made.server.counts().gets == 0);
    CHECK(made.server.counts().creates == 100);
    CHECK(made.secrets_asked_for() == 1);
}

TEST_CASE("webhooks of others come one by one, each once, trainings among them")
{
    webhook_options twice = quick_webhooks();
    twice.duplicated = true;
    fixture made(twice);
    replicate::create_options options;
    options.webhook = made.listener.url() + "?room=7";
    options.webhook_events_filter = {replicate::webhook_event::completed};
    auto const created = made.get(made.client.predictions().async_create(made.version, input(), options));
    auto const first = made.next();
    REQUIRE(first);
    CHECK(first->prediction.id == created.id);
    CHECK(first->prediction.output() == "done");
    CHECK(first->target == "/?room=7");
    CHECK_FALSE(first->training);

    replicate::new_model owned("acme", "mine", "cpu");
    (void)made.get(made.client.models().async_create(owned));
    replicate::new_training wanted("acme/mine", input());
    wanted.webhook = made.listener.url();
    wanted.webhook_events_filter = {replicate::webhook_event::completed};
    auto const trained = made.get(made.client.trainings().async_create(
        "stability-ai/sdxl:" + made.server.version("stability-ai/sdxl"), wanted));
    auto const second = made.next();
    REQUIRE(second);
    CHECK(second->prediction.id == trained.id);
    REQUIRE(second->training);
    CHECK(second->training->trained_version.starts_with("acme/mine:"));
    auto const third = made.failure_of(made.listener.async_next([] {
        replicate::call_options soon;
        soon.timeout = 100ms;
        return soon;
    }()));
    REQUIRE(third);
    CHECK(third->code() == replicate::errc::deadline_exceeded);
}

TEST_CASE("requests that are no webhooks are refused, each as it deserves")
{
    webhook_listener_options options;
    options.body_bytes = 1000;
    fixture made(quick_webhooks(), options);
    std::string const secret = made.server.webhook_secret();
    CHECK(status_line(made.talk("GET / HTTP/1.1\r\nHost: here\r\n\r\n")) == "HTTP/1.1 405");
    CHECK(made.talk("DELETE / HTTP/1.1\r\nHost: here\r\n\r\n").find("Allow: POST\r\n") != std::string::npos);
    CHECK(status_line(made.talk("POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\n{}")) == "HTTP/1.1 400");
    CHECK(status_line(made.talk("nonsense\r\n\r\n")) == "HTTP/1.1 400");
    CHECK(status_line(made.talk(signed_post("m1", ended, "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXI="))) == "HTTP/1.1 401");
    CHECK(status_line(made.talk(signed_post("m2", std::string(1001, ' '), secret))) == "HTTP/1.1 413");
    CHECK(status_line(made.talk("POST / HTTP/1.1\r\nHost: here\r\nX: " + std::string(20000, 'x') + "\r\n\r\n"))
        == "HTTP/1.1 431");
    CHECK(status_line(made.talk(signed_post("m3", "[1]", secret))) == "HTTP/1.1 400");
    CHECK(status_line(made.talk(signed_post("m4", ended, secret))) == "HTTP/1.1 200");
    auto const taken = made.next();
    REQUIRE(taken);
    CHECK(taken->id == "m4");
}

TEST_CASE("one connection carries many webhooks")
{
    fixture made;
    std::string const secret = made.server.webhook_secret();
    std::string const all = signed_post("m1", ended, secret) + signed_post("m1", ended, secret)
        + signed_post("m2", ended, secret, "Connection: close\r\n");
    std::string const answers = made.talk(all, 3);
    CHECK(answers.find("seen before") != std::string::npos);
    CHECK(made.next()->id == "m1");
    CHECK(made.next()->id == "m2");
}

TEST_CASE("webhooks that nobody takes are answered with 503 and taken when they come again")
{
    webhook_listener_options options;
    options.waiting = 1;
    fixture made(quick_webhooks(), options);
    std::string const secret = made.server.webhook_secret();
    CHECK(status_line(made.talk(signed_post("m1", ended, secret))) == "HTTP/1.1 200");
    CHECK(status_line(made.talk(signed_post("m2", ended, secret))) == "HTTP/1.1 503");
    CHECK(made.next()->id == "m1");
    CHECK(status_line(made.talk(signed_post("m2", ended, secret))) == "HTTP/1.1 200");
    CHECK(made.next()->id == "m2");
}

TEST_CASE("a secret that was changed is asked for again, and one that cannot be had is waited for")
{
    fixture made;
    std::string const secret = made.server.webhook_secret();
    made.server.next(operation::catalog).status(403);
    CHECK(status_line(made.talk(signed_post("m1", ended, secret))) == "HTTP/1.1 503");
    made.server.next(operation::catalog).status(
        200, R"({"key":"whsec_b2xkb2xkb2xkb2xkb2xkb2xk"})", {{"content-type", "application/json"}});
    CHECK(status_line(made.talk(signed_post("m1", ended, secret))) == "HTTP/1.1 200");
    CHECK(made.secrets_asked_for() == 3);
    CHECK(status_line(made.talk(signed_post("m2", ended, "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXI="))) == "HTTP/1.1 401");
    CHECK(made.secrets_asked_for() == 3); // not more than once a minute
}

TEST_CASE("secrets that are given are used, and the service is not asked")
{
    local_client local;
    webhook_listener_options options;
    options.secrets = {"whsec_b2xkb2xkb2xkb2xkb2xkb2xk", local.server.webhook_secret()};
    local.server.webhooks(quick_webhooks());
    local.server.model("acme/at-once", [](input const&) { return "done"; });
    webhook_listener listener(local.client, options);
    auto run = local_client::quick(replicate::wait::webhook(listener, never));
    CHECK(local.get(local.client.async_run(local.server.version("acme/at-once"), input(), run)).text() == "done");
    CHECK(local.server.counts().requests == 1);
}

TEST_CASE("a listener with a certificate takes webhooks over TLS")
{
    local_client local;
    auto const shown = local.server.issue_certificate();
    webhook_listener_options options;
    options.certificate_chain = shown.certificate_chain;
    options.private_key = shown.private_key;
    local.server.webhooks(quick_webhooks());
    local.server.model("acme/at-once", [](input const&) { return "done"; });
    webhook_listener listener(local.client, options);
    CHECK(listener.url().starts_with("https://127.0.0.1:"));
    auto run = local_client::quick(replicate::wait::webhook(listener, never));
    CHECK(local.get(local.client.async_run(local.server.version("acme/at-once"), input(), run)).text() == "done");
    CHECK(local.server.counts().gets == 0);
}

TEST_CASE("connections that say nothing, or stop in the middle, are closed and hold up nobody")
{
    webhook_listener_options options;
    options.idle_timeout = 50ms;
    options.request_timeout = 50ms;
    options.connections = 2;
    fixture made(quick_webhooks(), options);
    for (char const* bytes : {"", "POST / HTTP/1.1\r\nHost", "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"})
        CHECK(made.talk(bytes).empty());
    std::vector<std::shared_ptr<asio::ip::tcp::socket>> silent;
    for (int i = 0; i < 6; ++i) {
        silent.push_back(std::make_shared<asio::ip::tcp::socket>(made.context));
        silent.back()->connect({asio::ip::address_v4::loopback(), made.listener.port()});
    }
    CHECK(made.get(made.client.async_run(made.version, input(), made.by_webhook())).text() == "done");
}

TEST_CASE("when the listener stops, runs go on by polls and readers come to the end")
{
    fixture made;
    made.server.model("acme/slow", [](input const&) { return script().run(300ms).output("done"); });
    pending<replicate::output> call;
    made.client.async_run(made.server.version("acme/slow"), input(), made.by_webhook(), call.token());
    pending<std::optional<webhook_delivery>> reads[2];
    for (auto const& read : reads)
        made.listener.async_next(read.token());
    REQUIRE(made.run_until_server([](auto const& counts) { return counts.creates == 1; }));
    made.listener.stop();
    REQUIRE(made.run_until([&] { return call.done() && reads[0].done() && reads[1].done(); }));
    CHECK_FALSE(call.code());
    CHECK(call.value().text() == "done");
    for (auto const& read : reads) {
        CHECK_FALSE(read.code());
        CHECK_FALSE(read.value());
    }
    made.listener.stop();
    auto const failure = made.failure_of(made.client.async_run(made.version, input(), made.by_webhook()));
    REQUIRE(failure);
    CHECK(failure->code() == replicate::errc::invalid_argument);
    CHECK(made.server.counts().creates == 1);
    made.client.close_idle_connections();
    run_out(made.context); // nothing of it keeps the context busy
}

TEST_CASE("a read that is cancelled loses no webhook")
{
    fixture made;
    asio::cancellation_signal signal;
    pending<std::optional<webhook_delivery>> read;
    made.listener.async_next(read.token(signal));
    made.context.restart();
    made.context.poll();
    signal.emit(asio::cancellation_type::terminal);
    REQUIRE(made.run_until([&] { return read.done(); }));
    CHECK(read.code() == asio::error::operation_aborted);
    CHECK(status_line(made.talk(signed_post("m1", ended, made.server.webhook_secret()))) == "HTTP/1.1 200");
    CHECK(made.next()->id == "m1");
}

TEST_CASE("a run that is cancelled leaves its place, and its webhook goes nowhere")
{
    fixture made;
    made.server.model("acme/endless", [](input const&) { return script().never_ends(); });
    asio::cancellation_signal signal;
    pending<replicate::output> call;
    made.client.async_run(made.server.version("acme/endless"), input(), made.by_webhook(), call.token(signal));
    REQUIRE(made.run_until_server([](auto const& counts) { return counts.creates == 1; }));
    signal.emit(asio::cancellation_type::terminal);
    REQUIRE(made.run_until([&] { return call.done(); }));
    REQUIRE(made.run_until_server([](auto const& counts) { return counts.webhooks_accepted == 1; }));
    CHECK(status_at(made.server, made.server.predictions().at(0)) == "canceled");
    replicate::call_options soon;
    soon.timeout = 50ms;
    CHECK(made.failure_of(made.listener.async_next(soon)));
}

TEST_CASE("a context that ends takes a listener with everything that waits by it")
{
    replicate::testing::server server;
    server.webhooks(quick_webhooks());
    pending<replicate::output> call;
    pending<std::optional<webhook_delivery>> read;
    replicate::run_options options;
    {
        asio::io_context context;
        replicate::client client(context, local_client::settings(server));
        webhook_listener listener(client);
        options.wait = replicate::wait::webhook(listener, never);
        client.async_run(server.version("test/never-ends"), input(), options, call.token());
        listener.async_next(read.token());
        REQUIRE(run_until(context, [&] { return server.counts().creates == 1; }));
    }
    CHECK(call.completions() == 0);
    CHECK(read.completions() == 0);
    CHECK(options.wait.waits() == nullptr);
}

TEST_CASE("options that make no sense are refused by their names")
{
    local_client local;
    auto const complaint = [&](auto const& change) {
        webhook_listener_options options;
        change(options);
        auto const failure = thrown_by<replicate::error>([&] { webhook_listener const made(local.client, options); });
        REQUIRE(failure);
        return std::string(failure->what());
    };
    CHECK(complaint([](auto& options) { options.address = "here"; }).find("options.address") != std::string::npos);
    CHECK(complaint([](auto& options) { options.address = "0.0.0.0"; }).find("options.public_url") != std::string::npos);
    CHECK(complaint([](auto& options) { options.public_url = "http://example.com"; }).find("options.public_url")
        != std::string::npos);
    CHECK(complaint([](auto& options) { options.private_key = "x"; }).find("private_key") != std::string::npos);
    CHECK(complaint([](auto& options) { options.private_key = options.certificate_chain = "x"; }).find("certificate_chain")
        != std::string::npos);
    CHECK(complaint([](auto& options) { options.secrets = {""}; }).find("webhook secret") != std::string::npos);
    CHECK(complaint([](auto& options) { options.connections = 0; }).find("options.connections") != std::string::npos);
    CHECK(complaint([](auto& options) { options.tolerance = 0s; }).find("options.tolerance") != std::string::npos);
    webhook_listener const other(local.client);
    CHECK(complaint([&](auto& options) { options.port = other.port(); }).find("listening on 127.0.0.1 port")
        != std::string::npos);
}

TEST_CASE("a run that cannot wait by the listener is refused before anything is sent")
{
    fixture made;
    auto options = made.by_webhook();
    options.webhook = "https://a.example/";
    CHECK(made.failure_of(made.client.async_run(made.version, input(), options))->code() == replicate::errc::invalid_argument);
    CHECK(made.failure_of(made.client.async_run(made.version, input(), made.by_webhook(1ms)))->code()
        == replicate::errc::invalid_argument);
    replicate::client other(made.context, local_client::settings(made.server));
    auto failure = made.failure_of(other.async_run(made.version, input(), made.by_webhook()));
    REQUIRE(failure);
    CHECK(failure->diagnostics().detail.find("another client") != std::string::npos);
    replicate::create_options creation;
    creation.wait = replicate::wait::webhook(made.listener);
    CHECK(made.failure_of(made.client.predictions().async_create(made.version, input(), creation))->code()
        == replicate::errc::invalid_argument);
    auto gone = std::make_unique<webhook_listener>(made.client);
    auto late = local_client::quick(replicate::wait::webhook(*gone));
    gone.reset();
    made.context.restart();
    made.context.poll();
    failure = made.failure_of(made.client.async_run(made.version, input(), late));
    REQUIRE(failure);
    CHECK(failure->code() == replicate::errc::invalid_argument);
    CHECK(made.server.counts().creates == 0);
}
