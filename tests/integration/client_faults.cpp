// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// What goes wrong on the way: what reads is repeated, what costs is never sent twice.

#include "support/local_client.hpp"
#include "support/slowness.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace replicate::tests;
using boost::system::error_code;
using replicate::condition;
using replicate::testing::fault;
using replicate::testing::operation;
using replicate::testing::script;

// Answers with the member `number` of its input.
void add_counter(replicate::testing::server& server)
{
    server.model(
        "acme/counter", [](replicate::input const& input) { return script().run(2ms).output(input.at("number")); });
}

// The faults of a request that leave it open, to anybody but the server, whether it was carried out.
std::vector<std::pair<std::string, fault>> unknown_outcomes()
{
    return {
        {"closed at the header", fault().drop_before_request()},
        {"closed, carried out", fault().drop_after_request()},
        {"closed, not carried out", fault().drop_after_request().not_carried_out()},
        {"reset, carried out", fault().reset_after_request()},
        {"reset, not carried out", fault().reset_after_request().not_carried_out()},
        {"half a status line", fault().cut_answer(7)},
        {"half a header", fault().cut_answer(60)},
        {"garbage", fault().garbage()},
        {"silence", fault().never_answer()},
        {"500", fault().status(500)},
        {"502, carried out", fault().status(502, "<html>Bad gateway</html>").carried_out()},
        {"503", fault().status(503)},
        {"504", fault().status(504)},
    };
}

// Many runs of distinct inputs, some at a time, until the server has done enough harm.
class stormy_runs {
public:
    class one {
    public:
        replicate::diagnostics known;
        error_code code;
        replicate::output value;
        std::size_t completions = 0;
        std::string input;
    };

    explicit stormy_runs(local_client& local)
        : local_(local)
        , version_(local.server.version("acme/counter"))
    {
    }

    // Until so many answers to creates were lost: the request was written to its end, and no answer told an id.
    void go(std::size_t at_a_time, std::size_t lost_answers)
    {
        wanted_losses_ = lost_answers;
        for (std::size_t i = 0; i < at_a_time; ++i)
            start_next();
        REQUIRE(local_.run_until([&] { return under_way_ == 0; }, 4 * ample));
    }

    std::deque<one> const& all() const noexcept { return all_; }

private:
    void start_next()
    {
        std::size_t const number = all_.size();
        one& call = all_.emplace_back();
        replicate::input input{{"number", number}};
        // Some do not fit into the buffers of a socket, so that they can fail while they are written.
        if (number % 100 == 7)
            input.set("padding", std::string(3 * 1024 * 1024, 'x'));
        call.input = std::to_string(number);
        ++under_way_;
        auto options = local_client::quick(number % 2 == 0 ? replicate::wait::poll() : replicate::wait::sync(1s));
        local_.client.async_run(
            version_, input, options, call.known, [this, &call](error_code code, replicate::output value) {
                ++call.completions;
                call.code = code;
                call.value = std::move(value);
                --under_way_;
                losses_ += code == condition::outcome_unknown ? 1 : 0;
                if (losses_ < wanted_losses_)
                    start_next();
            });
    }

    local_client& local_;
    std::string version_;
    std::deque<one> all_;
    std::size_t under_way_ = 0;
    std::size_t losses_ = 0;
    std::size_t wanted_losses_ = 0;
};

std::vector<fault> storm_of_requests()
{
    std::vector<fault> choices;
    for (auto const& [name, how] : unknown_outcomes())
        choices.push_back(how);
    for (std::size_t const bytes : {1U, 150U, 200U, 250U, 300U, 350U, 400U, 500U, 700U})
        choices.push_back(fault().cut_answer(bytes));
    choices.push_back(fault().close_after_answer());
    choices.push_back(fault().close_after_answer());
    choices.push_back(fault().delay(5ms).close_after_answer());
    choices.push_back(fault().status(408).not_carried_out());
    choices.push_back(fault().status(429, R"({"detail":"Request was throttled."})", {{"retry-after-ms", "5"}}));
    return choices;
}

std::vector<fault> storm_of_connections()
{
    return {fault().drop_before_request(), fault().reset_after_request(),
        fault().raw("HTTP/1.1 400 Bad Request\r\n\r\n"), fault().stall_handshake()};
}

// How often each number was created, by the server's own account. The padding is left out of sight.
std::vector<std::size_t> creates_by_number(replicate::testing::server_counts const& counts, std::size_t numbers)
{
    std::vector<std::size_t> creates(numbers);
    for (auto const& [text, count] : counts.creates_by_input)
        creates.at(boost::json::parse(text).at("number").to_number<std::size_t>()) += count;
    return creates;
}

} // namespace

TEST_CASE("over a thousand lost answers at random points nothing is created twice, and nothing that was created is lost")
{
    replicate::testing::server_options server_options;
    server_options.remembered_requests = 10;
    local_client local(
        [](replicate::config& settings) {
            settings.timeouts.response = 150ms;
            settings.timeouts.handshake = 150ms;
            // The refusals of the storm are no limits that could be learned.
            settings.scheduler.keep_limits = false;
            // Here it is counted how often one does not know.
            settings.reconcile.give_up_after = 0s;
        },
        server_options);
    add_counter(local.server);
    // A sanitizer makes each run several times slower; it sees the same code with fewer of them.
    std::size_t const lost_answers = slowness == 1 ? 1000 : 200;
    local.server.random_faults(20260, 0.3, storm_of_requests());
    local.server.random_faults(1984, 0.5, storm_of_requests(), operation::create);
    local.server.random_faults(4711, 0.15, storm_of_connections(), operation::connection);
    stormy_runs runs(local);
    runs.go(48, lost_answers);
    run_out(local.context);

    auto const counts = local.server.counts();
    CHECK(counts.most_creates_of_one_input() == 1);
    auto const creates = creates_by_number(counts, runs.all().size());
    std::size_t delivered = 0, unknown = 0, refused = 0;
    for (auto const& call : runs.all()) {
        std::size_t const created = creates[std::stoul(call.input)];
        CAPTURE(call.input);
        CAPTURE(call.code.message());
        CHECK(call.completions == 1);
        if (!call.code) {
            CHECK(call.value.json() == boost::json::value(std::stoul(call.input)));
            CHECK(created == 1);
            ++delivered;
            continue;
        }
        // An id that came back is a prediction that is waited for, whatever happens.
        CHECK(call.known.prediction == nullptr);
        if (call.code == condition::outcome_unknown) {
            ++unknown;
            continue;
        }
        // Any other failure is a promise that there is nothing to pay.
        CHECK(created == 0);
        ++refused;
    }
    MESSAGE(runs.all().size() << " runs, " << counts.faults << " faults: " << delivered << " delivered, " << unknown
                              << " of unknown outcome, " << refused << " not created");
    CHECK(delivered > runs.all().size() / 5);
    CHECK(unknown >= lost_answers);
}

TEST_CASE("a create that may have been carried out is not sent again, and where nothing is looked for the call fails at once")
{
    for (auto const& [name, how] : unknown_outcomes()) {
        CAPTURE(name);
        local_client local([](replicate::config& settings) {
            settings.timeouts.response = 50ms;
            settings.reconcile.give_up_after = 0s;
        });
        add_counter(local.server);
        for (bool const on_used_connection : {false, true}) {
            local.server.reset_counts();
            if (on_used_connection)
                local.get(local.client.predictions().async_list());
            local.server.next_create().use(how);
            auto const failed = local.failure_of(local.client.async_run(local.server.version("acme/counter"),
                replicate::input().set("number", 1), local_client::quick(replicate::wait::poll())));
            REQUIRE(failed.has_value());
            CHECK(failed->code() == condition::outcome_unknown);
            CHECK(failed->diagnostics().attempts == 1);
            CHECK(failed->diagnostics().operation == "POST /predictions");
            // Half a header tells the status.
            bool const is_created = failed->diagnostics().http_status == 201;
            CHECK(is_created == (name == "half a header"));
            std::string const told =
                is_created ? "created, but its id is not known" : "not known whether it was created";
            CHECK(std::string(failed->what()).find(told) != std::string::npos);
            CHECK(local.server.counts().create_requests == 1);
            CHECK(local.server.counts().gets == 0);
            CHECK(local.server.counts().lists == (on_used_connection ? 1 : 0));
        }
    }
}

TEST_CASE("a status of 5xx of a create is a server error and an unknown outcome at once")
{
    local_client local;
    local.server.next_create().status(503, R"({"detail":"down for a moment"})");
    auto const failed = local.failure_of(local.client.async_run("test/echo", replicate::input()));
    REQUIRE(failed.has_value());
    CHECK(failed->code() == condition::server_error);
    CHECK(failed->code() == condition::outcome_unknown);
    CHECK(failed->code().value() == 503);
}

TEST_CASE("reads and cancels are repeated after everything that may pass")
{
    for (auto const& [name, how] : unknown_outcomes()) {
        CAPTURE(name);
        // An answer that is not HTTP does not pass; the next test is about it.
        if (name == "garbage")
            continue;
        local_client local([](replicate::config& settings) { settings.timeouts.response = 50ms; });
        auto const predictions = local.client.predictions();
        auto const created =
            local.get(predictions.async_create(local.server.version("test/never-ends"), replicate::input()));
        local.server.next_get().times(2).use(how);
        CHECK(local.get(predictions.async_get(created.id)).id == created.id);
        CHECK(local.server.counts().gets == 3);
        local.server.next(operation::list).times(2).use(how);
        CHECK(local.get(predictions.async_list()).results.size() == 1);
        CHECK(local.server.counts().lists == 3);
        local.server.next_cancel().times(2).use(how);
        CHECK(local.get(predictions.async_cancel(created.id)).status == replicate::prediction_status::canceled);
        CHECK(local.server.counts().cancels == 3);
    }
}

TEST_CASE("a read is not repeated where that cannot help")
{
    local_client local;
    for (fault const& how : {fault().garbage(), fault().status(404), fault().status(400), fault().status(401)}) {
        local.server.reset_counts();
        local.server.next_get().use(how);
        CHECK(local.failure_of(local.client.predictions().async_get("some")).has_value());
        CHECK(local.server.counts().gets == 1);
    }
}

TEST_CASE("repetition ends after so many tries, with what the last one met")
{
    local_client local([](replicate::config& settings) { settings.retry.attempts = 3; });
    local.server.always(operation::get).status(502, "<html><title>502</title>Bad gateway</html>");
    auto const failed = local.failure_of(local.client.predictions().async_get("some"));
    REQUIRE(failed.has_value());
    CHECK(failed->code() == condition::server_error);
    CHECK(failed->diagnostics().attempts == 3);
    CHECK(local.server.counts().gets == 3);
    CHECK(std::string(failed->what()).starts_with("GET /predictions/some: 502 502 Bad gateway [read, attempt 3"));
}

TEST_CASE("an answer that ends behind its id is enough to go on with")
{
    local_client local([](replicate::config& settings) { settings.reconcile.give_up_after = 0s; });
    add_counter(local.server);
    std::string const version = local.server.version("acme/counter");
    auto const whole =
        local.get(local.client.predictions().async_create(version, replicate::input().set("number", -1)));
    std::size_t unknown = 0, delivered = 0, enough = 0;
    for (std::size_t bytes = 0; bytes < 700; bytes += 9) {
        CAPTURE(bytes);
        local.server.next_create().cut_answer(bytes);
        replicate::diagnostics known;
        pending<replicate::output> run;
        local.client.async_run(version, replicate::input().set("number", bytes),
            local_client::quick(replicate::wait::poll()), known, run.token());
        REQUIRE(local.run_until([&] { return run.done(); }));
        if (run.code()) {
            CHECK(run.code() == condition::outcome_unknown);
            // More of the answer cannot make less of the result.
            CHECK(delivered == 0);
            ++unknown;
        } else {
            CHECK(run.value().json() == boost::json::value(bytes));
            enough = delivered++ == 0 ? bytes : enough;
        }
    }
    CHECK(unknown > 10);
    // The header and the id together are less than the body alone.
    CHECK(enough < boost::json::serialize(whole.raw()).size());
    CHECK(local.server.counts().most_creates_of_one_input() == 1);
    CHECK(local.server.counts().create_requests == 1 + unknown + delivered);
}

TEST_CASE("a create that never was complete is sent again")
{
    local_client local;
    local.server.model("acme/size",
        [](replicate::input const& input) { return script(boost::json::value(input.at("text").as_string().size())); });
    // More than two sockets can buffer.
    std::size_t const size = 24 * 1024 * 1024;
    local.server.next_create().drop_before_request();
    auto const output = local.get(local.client.async_run(local.server.version("acme/size"),
        replicate::input().set("text", std::string(size, 'x')), local_client::quick()));
    CHECK(output.json() == boost::json::value(size));
    CHECK(local.server.counts().create_requests == 2);
    CHECK(local.server.counts().creates == 1);
}

TEST_CASE("a create waits for a connection through everything that can happen before it is sent")
{
    for (fault const& how : storm_of_connections()) {
        local_client local([](replicate::config& settings) { settings.timeouts.handshake = 50ms; });
        local.server.next_connection().times(3).use(how);
        auto const output = local.get(local.client.async_run(
            local.server.version("replicate/hello-world"), replicate::input().set("text", "x"), local_client::quick()));
        CHECK(output.text() == "hello x");
        CHECK(local.server.counts().connections == 4);
        CHECK(local.server.counts().creates == 1);
    }
}

TEST_CASE("a host that nobody answers at is a connection error that names it")
{
    // A port that was free a moment ago, and is held so that nobody else listens there.
    asio::io_context context;
    asio::ip::tcp::acceptor held(context);
    held.open(asio::ip::tcp::v4());
    held.bind({asio::ip::make_address("127.0.0.1"), 0});
    std::string const place = "127.0.0.1:" + std::to_string(held.local_endpoint().port());
    auto settings = replicate::config();
    settings.token = "r8_x";
    settings.base_url = "https://" + place;
    settings.retry.first_backoff = 1ms;
    replicate::client const client(context, settings);
    auto const failed = failure_of(context, client.async_run("test/echo", replicate::input()));
    REQUIRE(failed.has_value());
    CHECK(failed->code() == replicate::errc::connect_failed);
    CHECK(failed->code() == condition::connection);
    CHECK_FALSE(failed->code() == condition::outcome_unknown);
    CHECK(failed->diagnostics().phase == replicate::phase::connect);
    CHECK(failed->diagnostics().attempts == 4);
    CHECK(std::string(failed->what()).find(place) != std::string::npos);
}

TEST_CASE("a certificate that is not trusted is refused at once, and nothing is sent")
{
    replicate::testing::certificate_authority const authority;
    replicate::testing::certificate_request expired, elsewhere;
    expired.not_before = -48h;
    expired.not_after = -24h;
    elsewhere.names = {"api.replicate.com"};
    struct {
        replicate::testing::credentials shown;
        char const* reason;
    } const rows[] = {
        {authority.issue(expired), "certificate has expired"},
        {authority.issue(elsewhere), "mismatch"},
        {replicate::testing::certificate_authority::self_signed(), "self-signed certificate"},
        {replicate::testing::certificate_authority().issue(), "unable to get local issuer certificate"},
    };
    for (auto const& row : rows) {
        replicate::testing::server_options options;
        options.certificate = row.shown;
        local_client local(
            [&](replicate::config& settings) { settings.tls.certificate_authority = authority.certificate(); },
            options);
        auto const failed = local.failure_of(local.client.async_run("test/echo", replicate::input()));
        REQUIRE(failed.has_value());
        CHECK(failed->code() == replicate::errc::certificate_rejected);
        CHECK(failed->code() == condition::tls);
        CHECK(failed->diagnostics().phase == replicate::phase::handshake);
        std::string const line = failed->what();
        CAPTURE(line);
        CHECK(line.find(row.reason) != std::string::npos);
        CHECK(local.server.counts().connections == 1);
        CHECK(local.server.counts().requests == 0);
    }
}

TEST_CASE("a connection that was closed while it was idle is not used")
{
    local_client local;
    std::string const version = local.server.version("replicate/hello-world");
    for (int i = 0; i < 5; ++i) {
        local.server.next().close_after_answer();
        local.get(local.client.predictions().async_list());
        REQUIRE(local.server.wait_until([](auto const& counts) { return counts.live_connections == 0; }));
        auto const output =
            local.get(local.client.async_run(version, replicate::input().set("text", "x"), local_client::quick()));
        CHECK(output.text() == "hello x");
        local.client.close_idle_connections();
    }
    CHECK(local.server.counts().create_requests == 5);
}

TEST_CASE("a read on a connection that turns out to be closed does not use up a try")
{
    local_client local([](replicate::config& settings) { settings.retry.attempts = 1; });
    auto const created =
        local.get(local.client.predictions().async_create(local.server.version("test/never-ends"), replicate::input()));
    local.server.next_get().drop_before_request();
    CHECK(local.get(local.client.predictions().async_get(created.id)).id == created.id);
    CHECK(local.server.counts().connections == 2);
}

TEST_CASE("a throttled create is repeated when the service says")
{
    struct {
        char const* what;
        std::string body;
        std::vector<std::pair<std::string, std::string>> headers;
        steady::duration least;
    } const rows[] = {
        {"seconds", "", {{"retry-after", "1"}}, 1s},
        {"milliseconds", "", {{"retry-after-ms", "200"}}, 200ms},
        {"both", "", {{"retry-after", "60"}, {"retry-after-ms", "200"}}, 200ms},
        {"member", R"({"detail":"slow","retry_after":0.2})", {}, 200ms},
        {"text", R"({"detail":"Request was throttled. Your rate limit resets in ~1s."})", {}, 1s},
        {"older text", R"({"detail":"Request was throttled. Expected available in 1 second."})", {}, 1s},
    };
    for (auto const& row : rows) {
        CAPTURE(std::string(row.what));
        // Each client of its own: one that was refused before would have learned from that.
        local_client local;
        std::string const version = local.server.version("replicate/hello-world");
        local.server.next_create().status(429, row.body, row.headers);
        auto const begun = steady::now();
        auto const output =
            local.get(local.client.async_run(version, replicate::input().set("text", "x"), local_client::quick()));
        CHECK(output.text() == "hello x");
        CHECK(steady::now() - begun >= row.least);
        CHECK(steady::now() - begun < row.least + 500ms);
        CHECK(local.server.counts().create_requests == 2);
        CHECK(local.server.counts().creates == 1);
    }
}

TEST_CASE("being throttled often does not use up the tries")
{
    local_client local([](replicate::config& settings) {
        settings.retry.attempts = 2;
        // Who is refused again and again waits longer each time, where limits are kept.
        settings.scheduler.rate.longest_pause = 10ms;
    });
    local.server.next_create().times(8).status(429, "", {{"retry-after-ms", "5"}});
    auto const output = local.get(local.client.async_run(
        local.server.version("replicate/hello-world"), replicate::input().set("text", "x"), local_client::quick()));
    CHECK(output.text() == "hello x");
    CHECK(local.server.counts().create_requests == 9);
}

TEST_CASE("a service that wants too long a wait is told to the caller at once")
{
    local_client local;
    local.server.next_create().status(429, R"({"detail":"no"})", {{"retry-after", "3600"}});
    auto const begun = steady::now();
    auto const failed = local.failure_of(local.client.async_run("test/echo", replicate::input()));
    REQUIRE(failed.has_value());
    CHECK(failed->code() == condition::rate_limited);
    CHECK_FALSE(failed->code() == condition::outcome_unknown);
    CHECK(steady::now() - begun < 2s);
    CHECK(local.server.counts().create_requests == 1);
}

TEST_CASE("a wait for the service is within the deadline of the call")
{
    local_client local;
    local.server.next_create().status(429, R"({"detail":"no"})", {{"retry-after", "60"}});
    auto options = local_client::quick(replicate::wait::poll());
    options.timeout = 200ms;
    auto const begun = steady::now();
    auto const failed = local.failure_of(local.client.async_run("test/echo", replicate::input(), options));
    REQUIRE(failed.has_value());
    CHECK(failed->code() == replicate::errc::deadline_exceeded);
    CHECK(steady::now() - begun < slowness * 1s);
    // It was not created, so there is nothing to cancel and nothing to send.
    run_out(local.context);
    CHECK(steady::now() - begun < slowness * 1s);
    CHECK(local.server.counts().requests == 1);
}

TEST_CASE("an account with little credit gets its predictions, slowly")
{
    replicate::testing::server_options server_options;
    server_options.rates.low_credit = true;
    server_options.rates.text = replicate::testing::throttle_text::current;
    local_client local(nullptr, server_options);
    std::vector<pending<replicate::output>> runs(2);
    for (auto& run : runs)
        local.client.async_run(local.server.version("replicate/hello-world"), replicate::input().set("text", "x"),
            local_client::quick(), run.token());
    REQUIRE(local.run_until([&] { return runs[0].done() && runs[1].done(); }));
    for (auto const& run : runs)
        CHECK(run.value().text() == "hello x");
    CHECK(local.server.counts().creates == 2);
    // The second has to wait for ten seconds, and hardly asks for them.
    CHECK(local.server.counts().create_requests <= 3);
}

TEST_CASE("an output file is read again after a failure")
{
    local_client local;
    std::string const bytes(200'000, 'b');
    local.server.model("acme/file",
        [&](replicate::input const&) { return script().file(bytes, "application/octet-stream", "big.bin"); });
    auto const output = local.get(local.client.async_run(local.server.version("acme/file"), replicate::input()));
    auto const file = output.files().at(0);
    local.server.next_download().reset_after_request();
    local.server.next_download().cut_answer(100'000);
    local.server.next_download().status(503);
    CHECK(local.get(file.async_read()) == bytes);
    CHECK(local.server.counts().downloads == 4);
    local.server.remove_data(output.prediction().id);
    CHECK(local.failure_of(file.async_read())->code() == condition::not_found);
}

TEST_CASE("an answer that is too large is not taken")
{
    local_client local([](replicate::config& settings) {
        settings.limits.body_bytes = 100'000;
        settings.limits.download_bytes = 2000;
        settings.limits.header_bytes = 4096;
    });
    local.server.model("acme/large",
        [](replicate::input const&) { return script().output(boost::json::value(std::string(200'000, 'x').c_str())); });
    local.server.model("acme/file", [](replicate::input const&) {
        return script().file(std::string(2001, 'b'), "application/octet-stream", "big.bin");
    });
    auto options = local_client::quick(replicate::wait::poll());
    options.timeout = 200ms;
    auto const created =
        local.get(local.client.predictions().async_create(local.server.version("acme/large"), replicate::input()));
    auto const failed = local.failure_of(local.client.predictions().async_get(created.id));
    REQUIRE(failed.has_value());
    CHECK(failed->code() == replicate::errc::body_too_large);
    auto const output = local.get(local.client.async_run(local.server.version("acme/file"), replicate::input()));
    CHECK(local.failure_of(output.files().at(0).async_read())->code() == replicate::errc::body_too_large);
    local.server.next_get().status(200, "{}", {{"x-long", std::string(5000, 'h')}});
    CHECK(local.failure_of(local.client.predictions().async_get("x"))->code() == replicate::errc::header_too_large);
}
