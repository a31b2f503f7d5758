// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// A prediction that is paid for is not lost to an answer that is broken, too large or refused, nor to a token that is away for a while.

#include "support/local_client.hpp"
#include "support/slowness.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace replicate::tests;
using boost::system::error_code;
using replicate::condition;
using replicate::errc;
using replicate::testing::fault;
using replicate::testing::operation;
using replicate::testing::script;

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

// A run under way, whose end is looked at.
class watched_run {
public:
    watched_run(local_client& local, std::string const& model, replicate::run_options const& options)
        : local_(local)
    {
        local.client.async_run(model, replicate::input(), options, known, call.token());
    }

    // Waits until the server has the prediction, and gives its id.
    std::string id() const
    {
        REQUIRE(local_.run_until([&] { return !local_.server.predictions().empty(); }));
        return local_.server.predictions().back();
    }

    void finish() const { REQUIRE(local_.run_until([&] { return call.done(); })); }

    std::string line() const { return describe(call.code(), known); }

    pending<replicate::output> call;
    replicate::diagnostics known;

private:
    local_client& local_;
};

void add_slow(local_client& local, steady::duration time = 50ms)
{
    local.server.model("acme/slow", [time](replicate::input const&) { return script().run(time).output("done"); });
}

// A model that cannot be run by its name.
constexpr char const* community = "stability-ai/sdxl";

replicate::input small_image()
{
    return replicate::input{{"prompt", "x"}, {"width", 64}, {"height", 64}};
}

// An output beyond the limit of the client below.
void add_large(local_client& local)
{
    local.server.model("acme/large",
        [](replicate::input const&) { return script().run(10ms).output(boost::json::value(std::string(3'000'000, 'x'))); });
}

void small_limit(replicate::config& settings)
{
    settings.limits.body_bytes = 1'000'000;
}

// A token source that fails at some of its calls.
class unsteady_token {
public:
    unsteady_token(std::string good, std::vector<int> failing_calls, bool throws)
        : good_(std::move(good))
        , failing_calls_(std::move(failing_calls))
        , throws_(throws)
    {
    }

    std::string operator()()
    {
        ++calls_;
        for (int const failing : failing_calls_)
            if (calls_ == failing) {
                if (throws_)
                    throw std::runtime_error("the vault is away");
                return "";
            }
        return good_;
    }

private:
    std::string good_;
    std::vector<int> failing_calls_;
    bool throws_;
    int calls_ = 0;
};

} // namespace

TEST_CASE("a finished prediction whose text was cut within a letter, or is not UTF-8, or holds no number, arrives")
{
    struct {
        char const* members;
        char const* text;
    } const rows[] = {
        {R"("output":["smile \ud83d","\ude00"])", "smile \xef\xbf\xbd\xef\xbf\xbd"},
        {"\"output\":\"caf\xe9\"", "caf\xef\xbf\xbd"},
        {"\"output\":\"ok\",\"logs\":\"a\x01z\"", "ok"},
        {R"("output":"ok","metrics":{"loss":NaN,"best":-Infinity})", "ok"},
    };
    for (auto const& row : rows) {
        CAPTURE(std::string(row.members));
        local_client local;
        watched_run run(
            local, local.server.version("test/never-ends"), local_client::quick(replicate::wait::poll()));
        std::string const body = "{\"id\":\"" + run.id() + R"(","status":"succeeded",)" + row.members + "}";
        local.server.always(operation::get).status(200, body);
        run.finish();
        CHECK(run.line() == describe(error_code(), run.known));
        CHECK_FALSE(run.call.code().failed());
        CHECK(run.call.value().text() == row.text);
    }
}

TEST_CASE("an answer that never can be read ends the wait, and says why")
{
    local_client local;
    local.server.always(operation::get).status(200, "<html>maintenance</html>");
    watched_run run(local, local.server.version("test/never-ends"), local_client::quick(replicate::wait::poll()));
    run.finish();
    CHECK(run.call.code() == errc::unexpected_content);
    REQUIRE(run.known.prediction != nullptr);
    CHECK(run.known.prediction->id == run.id());
    CHECK(local.server.counts().gets < 20);
}

TEST_CASE("an output that is nested too deeply ends the wait at once, and says so")
{
    local_client local;
    watched_run run(local, local.server.version("test/never-ends"), local_client::quick(replicate::wait::poll()));
    std::string const deep = std::string(600, '[') + std::string(600, ']');
    local.server.always(operation::get).status(200, "{\"id\":\"" + run.id() + R"(","status":"succeeded","output":)" + deep + "}");
    std::size_t const before = local.server.counts().gets;
    run.finish();
    CHECK(run.call.code() == errc::nested_too_deeply);
    CHECK(contains(run.line(), "nested more than 512 levels deep"));
    CHECK(contains(run.line(), "prediction " + run.id()));
    CHECK(local.server.counts().gets <= before + 2);
}

TEST_CASE("a deadline tells what the last look failed of")
{
    local_client local;
    local.server.always(operation::get).garbage();
    auto options = local_client::quick(replicate::wait::poll());
    options.timeout = slowness * 300ms;
    watched_run run(local, local.server.version("test/never-ends"), options);
    run.finish();
    CHECK(run.call.code() == errc::deadline_exceeded);
    CHECK(contains(run.line(), "the last look failed: the answer is not valid HTTP"));
}

TEST_CASE("an answer to a look that is too large is final at once, with the id")
{
    local_client local(small_limit);
    add_large(local);
    watched_run run(local, local.server.version("acme/large"), local_client::quick(replicate::wait::poll()));
    run.finish();
    CHECK(run.call.code() == errc::body_too_large);
    REQUIRE(run.known.prediction != nullptr);
    CHECK(run.known.prediction->id == run.id());
    CHECK(run.call.elapsed() < slowness * 2s);
}

TEST_CASE("the id of a prediction is taken from the front of an answer to its create that is too large")
{
    for (auto const how : {replicate::testing::sync_answer::terminal, replicate::testing::sync_answer::processing_with_output}) {
        replicate::testing::server_options server_options;
        server_options.sync_answer = how;
        local_client local(small_limit, server_options);
        add_large(local);
        watched_run run(local, local.server.version("acme/large"), local_client::quick(replicate::wait::sync(5s)));
        run.finish();
        CHECK(run.call.code() == errc::body_too_large);
        REQUIRE(run.known.prediction != nullptr);
        CHECK(run.known.prediction->id == run.id());
        CHECK(local.server.counts().creates == 1);
    }
    // In chunks, of which the first is too large.
    local_client local(small_limit);
    local.server.next_create().raw("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n1e8480\r\n{\"id\":\"p1\",\"output\":\""
        + std::string(1'500'000, 'x'));
    local.server.always(operation::get).status(403);
    watched_run run(local, "test/echo", local_client::quick());
    run.finish();
    CHECK(run.call.code() == condition::authentication);
    CHECK(contains(run.line(), "prediction p1"));
}

TEST_CASE("a create that was answered as made, without an id that is of use, does not say that this is unknown")
{
    for (fault const& how : {fault().status(201, "{}"), fault().status(201, R"({"id":"../x"})"),
             fault().raw("HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{\"sta").not_carried_out(),
             fault().raw("HTTP/1.1 201 Created\r\nContent-Length: 5000000\r\n\r\n{\"output\":\"" + std::string(2'000'000, 'x')).not_carried_out()}) {
        local_client local(small_limit);
        local.server.next_create().use(how);
        watched_run run(local, "test/echo", local_client::quick());
        run.finish();
        CHECK(run.call.code() == errc::created_id_lost);
        CHECK(run.call.code() == condition::outcome_unknown);
        CHECK(contains(run.line(), "it was created, but its id is not known"));
        CHECK(local.server.counts().create_requests == 1);
    }
}

TEST_CASE("a token that is away for a while does not lose a prediction")
{
    for (bool const throws : {false, true}) {
        replicate::testing::server server;
        server.model("acme/slow", [](replicate::input const&) { return script().run(30ms).output("done"); });
        asio::io_context context;
        auto settings = local_client::settings(server);
        settings.token_source = unsteady_token(settings.token, {2, 3, 5}, throws);
        replicate::client const client(context, settings);
        auto const output = get(context,
            client.async_run(
                server.version("acme/slow"), replicate::input(), local_client::quick(replicate::wait::poll())));
        CHECK(output.text() == "done");
        CHECK(server.counts().creates == 1);
    }
}

TEST_CASE("a token that stays away is told with the prediction when the time is up, which is cancelled with the next token")
{
    replicate::testing::server server;
    asio::io_context context;
    auto settings = local_client::settings(server);
    bool is_away = false;
    settings.token_source = [&is_away, good = settings.token, left = 2]() mutable {
        if (is_away && left-- > 0)
            throw std::runtime_error("the vault is away");
        return good;
    };
    replicate::client const client(context, settings);
    auto options = local_client::quick(replicate::wait::poll());
    options.first_poll_interval = options.maximum_poll_interval = slowness * 200ms;
    options.timeout = slowness * 300ms;
    replicate::diagnostics known;
    pending<replicate::output> run;
    client.async_run(server.version("test/never-ends"), replicate::input(), options, known, run.token());
    REQUIRE(run_until(context, [&] { return !server.predictions().empty(); }));
    is_away = true;
    REQUIRE(run_until(context, [&] { return run.done(); }));
    CHECK(run.code() == errc::deadline_exceeded);
    REQUIRE(known.prediction != nullptr);
    CHECK(contains(describe(run.code(), known), "the last look failed: invalid argument: the vault is away"));
    run_out(context);
    CHECK(status_at(server, server.predictions().at(0)) == "canceled");
}

TEST_CASE("a token that is away at the create says at which request, also where the exception is not ours")
{
    for (bool const throws : {false, true}) {
        replicate::testing::server server;
        asio::io_context context;
        auto settings = local_client::settings(server);
        settings.token_source = unsteady_token(settings.token, {1}, throws);
        replicate::client const client(context, settings);
        replicate::diagnostics known;
        pending<replicate::output> run;
        client.async_run("test/echo", replicate::input(), known, run.token());
        REQUIRE(run_until(context, [&] { return run.done(); }));
        CHECK(run.code() == (throws ? errc::invalid_argument : errc::missing_token));
        CHECK(known.operation == "POST /models/test/echo/predictions");
        CHECK(contains(known.detail, throws ? "the vault is away" : "REPLICATE_API_TOKEN"));
        CHECK(server.counts().requests == 0);
    }
}

TEST_CASE("what the service is asked to hold its answer is reckoned anew for each try of a create")
{
    local_client local;
    add_slow(local);
    local.server.next_create().status(429, R"({"detail":"slow down"})", {{"Retry-After", "2"}});
    auto options = local_client::quick(replicate::wait::sync());
    options.timeout = 30s; // less than the longest hold, so that it decides
    watched_run run(local, local.server.version("acme/slow"), options);
    run.finish();
    CHECK_FALSE(run.call.code().failed());
    auto const requests = local.server.requests();
    REQUIRE(requests.size() >= 2);
    auto const seconds = [](auto const& request) {
        return std::stoi(std::string(request.header("prefer")).substr(std::string("wait=").size()));
    };
    CHECK(seconds(requests[1]) <= seconds(requests[0]) - 2);
    CHECK(seconds(requests[1]) >= 1);
}

TEST_CASE("a service that wishes to be left alone for long is not asked meanwhile")
{
    local_client local;
    local.server.always(operation::get).status(429, R"({"detail":"slow down"})", {{"Retry-After", "300"}});
    auto options = local_client::quick(replicate::wait::poll());
    options.timeout = slowness * 500ms;
    watched_run run(local, local.server.version("test/never-ends"), options);
    run.finish();
    CHECK(run.call.code() == errc::deadline_exceeded);
    CHECK(contains(run.line(), "the last look failed: 429 slow down"));
    CHECK(local.server.counts().gets == 1);
}

TEST_CASE("a create that certainly did not arrive is refused, not unknown, and is left to the caller to repeat")
{
    std::vector<fault> refusals{fault().status(503, "", {{"Retry-After", "1"}})};
    for (unsigned const status : {521U, 523U, 525U, 526U, 530U})
        refusals.push_back(fault().status(status));
    for (auto const& how : refusals) {
        local_client local;
        local.server.next_create().use(how);
        watched_run run(local, "test/echo", local_client::quick());
        run.finish();
        CHECK(run.call.code() == condition::server_error);
        CHECK_FALSE(run.call.code() == condition::outcome_unknown);
        CHECK_FALSE(contains(run.line(), "not known"));
        CHECK(local.server.counts().create_requests == 1);
    }
}

TEST_CASE("a refusal of a create that was cut short is the refusal that it began as")
{
    local_client local;
    local.server.next_create().raw(
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 500\r\n\r\n{\"detail\":\"You did not pass a valid token\"}");
    watched_run refused(local, "test/echo", local_client::quick());
    refused.finish();
    CHECK(refused.call.code() == condition::authentication);
    CHECK(refused.call.code().value() == 401);
    CHECK(contains(refused.line(), "You did not pass a valid token"));
    CHECK(contains(refused.line(), "cut short"));
    local.server.next_create().raw(
        "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 500\r\nretry-after-ms: 5\r\n\r\n{\"detail\":\"slow");
    add_slow(local);
    watched_run throttled(local, local.server.version("acme/slow"), local_client::quick());
    throttled.finish();
    CHECK(throttled.call.value().text() == "done");
    CHECK(local.server.counts().create_requests == 3);
}

TEST_CASE("a remembered version that is gone is looked up again, once")
{
    for (unsigned const status : {404U, 422U}) {
        local_client local;
        CHECK(local.get(local.client.async_run(community, small_image(), local_client::quick())).files().size() == 1);
        CHECK(local.server.counts().models == 1);
        std::string const old_version = local.server.version(community);
        // A newer version takes the place of the old one, which is deleted.
        std::string const new_version(64, 'e');
        local.server.next(operation::model).status(200, R"({"latest_version":{"id":")" + new_version + "\"}}");
        local.server.next_create().status(status, R"({"detail":"no such version"})");
        auto const failed =
            local.failure_of(local.client.async_run(community, small_image(), local_client::quick()));
        REQUIRE(failed.has_value());
        CHECK(local.server.counts().models == 2);
        auto const last = local.server.last_request(operation::create);
        REQUIRE(last.has_value());
        CHECK(contains(last->body, new_version));
        CHECK_FALSE(contains(last->body, old_version));
    }
}

TEST_CASE("an input that is refused is not sent again with the same version")
{
    local_client local;
    auto const run = [&] { return local.client.async_run(community, small_image(), local_client::quick()); };
    CHECK(local.get(run()).files().size() == 1);
    auto const before = local.server.counts().create_requests;
    local.server.next_create().status(422, R"({"detail":"prompt is required"})");
    auto const refused = local.failure_of(run());
    REQUIRE(refused.has_value());
    CHECK(refused->code().value() == 422);
    CHECK(contains(refused->what(), "prompt is required"));
    CHECK(refused->diagnostics().operation == "POST /predictions");
    CHECK(local.server.counts().create_requests == before + 1);
    CHECK(local.get(run()).files().size() == 1);
}
