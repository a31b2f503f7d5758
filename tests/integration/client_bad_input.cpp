// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// What cannot be right is refused before anything is sent, by the name of the argument; and the token goes nowhere but
// to the API.

#include <replicate/testing/proxy.hpp>

#include "support/local_client.hpp"

#include <boost/json/array.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace replicate::tests;
using namespace std::string_literals;
using replicate::condition;
using replicate::errc;

// Strings that would leave their place in a path or a header.
std::vector<std::string> hostile_strings()
{
    return {"../secrets", "..", ".", "a/../b", "a b", " ", "a\r\nX-Evil: 1", "a\nb", "a\rb", "a\tb", "a\0b"s, "\x7f",
        "a/b", "a?b=c\r\n"};
}

std::string error_text(std::optional<replicate::error> const& error)
{
    REQUIRE(error.has_value());
    return error->what();
}

bool names(std::string const& text, std::string_view argument)
{
    return text.find(argument) != std::string::npos && text.find_first_of("\r\n") == std::string::npos;
}

// A server that must not be spoken to.
class untouched_client : public local_client {
public:
    untouched_client() = default;
    ~untouched_client()
    {
        run_out(context);
        CHECK(server.counts().connections == 0);
        CHECK(server.counts().requests == 0);
    }
};

void check_refused(std::optional<replicate::error> const& error, std::string_view argument)
{
    std::string const line = error_text(error);
    CAPTURE(line);
    CHECK(error->code() == errc::invalid_argument);
    CHECK(error->code() == condition::invalid_input);
    CHECK(names(line, argument));
}

} // namespace

TEST_CASE("a model reference that is none is refused")
{
    untouched_client local;
    std::vector<std::string> references{"", "llama", "/", "a/", "/b", "a/b/c", "a/b:", "a/b:c:d",
        "https://replicate.com/a/b", std::string(64, 'g'), "a/b:c d", "a /b"};
    for (std::string const& hostile : hostile_strings()) {
        if (hostile != "a/b")
            references.push_back(hostile);
        references.push_back(hostile + "/name");
        references.push_back("owner/" + hostile);
        references.push_back("owner/name:" + hostile);
    }
    for (std::string const& reference : references) {
        CAPTURE(reference);
        auto const refused = thrown_by([&] { local.get(local.client.async_run(reference, replicate::input())); });
        check_refused(refused, "model");
        check_refused(
            thrown_by([&] { local.get(local.client.predictions().async_create(reference, replicate::input())); }),
            "model");
    }
}

TEST_CASE("a deployment that is none is refused")
{
    untouched_client local;
    for (std::string const& hostile : hostile_strings()) {
        CAPTURE(hostile);
        check_refused(thrown_by([&] { replicate::deployment(hostile, "name"); }), "deployment");
        check_refused(thrown_by([&] { replicate::deployment("owner", hostile); }), "deployment");
    }
    check_refused(thrown_by([&] { replicate::deployment("", ""); }), "deployment");
}

TEST_CASE("an id that could not stand in a path is refused")
{
    untouched_client local;
    auto const predictions = local.client.predictions();
    auto ids = hostile_strings();
    ids.push_back("");
    for (std::string const& id : ids) {
        CAPTURE(id);
        check_refused(local.failure_of(predictions.async_get(id)), "id");
        check_refused(local.failure_of(predictions.async_cancel(id)), "id");
    }
}

TEST_CASE("a link of a list that leads elsewhere is refused")
{
    untouched_client local;
    for (std::string const& link :
        {"https://evil.example/v1/predictions?cursor=x"s, "http://"s, "/v1/predictions"s, "cursor"s,
            local.server.base_url() + "/models", "https://api.replicate.com@evil.example/v1/predictions"s}) {
        CAPTURE(link);
        replicate::prediction_list_options options;
        options.page = link;
        check_refused(local.failure_of(local.client.predictions().async_list(options)), "options.page");
    }
}

TEST_CASE("an input that is not an object, or has no JSON form, is refused")
{
    untouched_client local;
    for (boost::json::value const& value : {boost::json::value("text"), boost::json::value(1),
             boost::json::value(nullptr), boost::json::value(boost::json::array{1, 2})}) {
        auto const refused = thrown_by([&] { local.get(local.client.async_run("a/b", replicate::input(value))); });
        check_refused(refused, "input");
    }
    using limits = std::numeric_limits<double>;
    for (double const number : {limits::infinity(), -limits::infinity(), limits::quiet_NaN()}) {
        check_refused(thrown_by([&] { replicate::input().set("scale", number); }), "input.scale");
        boost::json::value const nested{{"deep", boost::json::array{1.0, number}}};
        check_refused(thrown_by([&] { replicate::input().set("scale", nested); }), "input.scale.deep[1]");
    }
    check_refused(thrown_by([&] { replicate::input().set("image", "\xff\xd8\xff"); }), "input.image");
    check_refused(thrown_by([&] { replicate::input().set("", 1); }), "input");
}

TEST_CASE("options that the service would refuse are refused here")
{
    untouched_client local;
    auto const refused = [&](auto change) {
        replicate::run_options options;
        change(options);
        return local.failure_of(local.client.async_run("a/b", replicate::input(), options));
    };
    for (auto const seconds : {-1s, 0s, 61s, 3600s})
        check_refused(refused([&](auto& options) { options.wait = replicate::wait::sync(seconds); }), "options.wait");
    for (auto const timeout : {steady::duration(0), steady::duration(-1), steady::duration(-1h)})
        check_refused(refused([&](auto& options) { options.timeout = timeout; }), "options.timeout");
    for (auto const seconds : {-5s, 0s, 4s, 86401s})
        check_refused(refused([&](auto& options) { options.cancel_after = seconds; }), "options.cancel_after");
    for (auto const interval : {steady::duration(0), steady::duration(-1s)})
        check_refused(
            refused([&](auto& options) { options.first_poll_interval = interval; }), "options.first_poll_interval");
    check_refused(refused([](auto& options) { options.maximum_poll_interval = 1ms; }), "options.maximum_poll_interval");
    replicate::create_options create;
    create.wait = replicate::wait::sync(61s);
    check_refused(
        local.failure_of(local.client.predictions().async_create("a/b", replicate::input(), create)), "options.wait");
    replicate::call_options call;
    call.timeout = -1s;
    check_refused(local.failure_of(local.client.predictions().async_get("x", call)), "options.timeout");
    check_refused(local.failure_of(local.client.predictions().async_cancel("x", call)), "options.timeout");
    replicate::prediction_list_options list;
    list.timeout = steady::duration(0);
    check_refused(local.failure_of(local.client.predictions().async_list(list)), "options.timeout");
}

TEST_CASE("what is refused within a call arrives by the handler, and once")
{
    untouched_client local;
    replicate::run_options options;
    options.timeout = -1s;
    pending<replicate::output> run;
    replicate::diagnostics known;
    local.client.async_run("a/b", replicate::input(), options, known, run.token());
    CHECK_FALSE(run.done());
    run_out(local.context);
    CHECK(run.completions() == 1);
    CHECK(run.code() == errc::invalid_argument);
    CHECK(names(known.detail, "options.timeout"));
}

TEST_CASE("a base URL that would carry the token in the open is refused")
{
    asio::io_context context;
    auto const refused = [&](std::string base_url, bool allow_insecure) {
        replicate::config settings;
        settings.token = "r8_precious";
        settings.base_url = std::move(base_url);
        settings.allow_insecure = allow_insecure;
        return thrown_by([&] { replicate::client const client(context, settings); });
    };
    for (char const* url : {"", "api.replicate.com", "ftp://api.replicate.com", "http://api.replicate.com",
             "http://api.replicate.com/v1", "https://", "https://user:pass@api.replicate.com",
             "https://api.replicate.com/v1?x=1", "https://api.replicate.com/v1#x", "https://api.replicate.com/v 1",
             "https://api.replicate.com/v1\r\nX: y", "https://api.replicate.com/v1/../x", "https://api.replicate.com/./v1",
             "https://api.replicate.com/v1%2f..", "https://api.replicate.com/%0d%0aX:%20y", "https://api.replicate.com/%2e%2e/v1",
             "https://api.replicate.com/a//b", "http://127.0.0.1.evil.example/"})
        for (bool const allow_insecure : {false, true}) {
            CAPTURE(std::string(url));
            std::string const line = error_text(refused(url, allow_insecure));
            CHECK(names(line, "base_url"));
            CHECK(line.find("r8_precious") == std::string::npos);
        }
    for (char const* url : {"http://127.0.0.1:8080", "http://localhost:5000/v1", "http://[::1]:5000"}) {
        CHECK(refused(url, false)->code() == errc::invalid_configuration);
        CHECK_FALSE(refused(url, true).has_value());
    }
}

TEST_CASE("a configuration that cannot work is refused by the name of its member")
{
    asio::io_context context;
    auto const refused = [&](auto change) {
        replicate::config settings;
        settings.token = "r8_precious";
        change(settings);
        auto error = thrown_by([&] { replicate::client const client(context, settings); });
        std::string const line = error_text(error);
        CHECK(error->code() == errc::invalid_configuration);
        CHECK(line.find("r8_precious") == std::string::npos);
        return line;
    };
    for (char const* token : {"r8_precious x", "r8_precious\r\nX-Evil: 1", "r8_precious\n", "r8_pr\xc3\xa9"})
        CHECK(names(refused([&](auto& settings) { settings.token = token; }), "token"));
    CHECK(names(refused([](auto& settings) { settings.user_agent = "a\r\nX-Evil: 1"; }), "user_agent"));
    CHECK(names(refused([](auto& settings) { settings.scheduler.in_flight = 0; }), "scheduler.in_flight"));
    CHECK(names(refused([](auto& settings) { settings.timeouts.connect = 0s; }), "timeouts.connect"));
    CHECK(names(
        refused([](auto& settings) { settings.pool.connections_per_origin = 0; }), "pool.connections_per_origin"));
    CHECK(names(refused([](auto& settings) { settings.retry.attempts = 0; }), "retry.attempts"));
    CHECK(names(refused([](auto& settings) { settings.proxy.url = "https://proxy.example"; }), "proxy.url"));
    CHECK(names(refused([](auto& settings) { settings.tls.certificate_authority = "no certificate"; }),
        "tls.certificate_authority"));
}

TEST_CASE("a token source that fails ends its call, and nothing is sent")
{
    replicate::testing::server server;
    asio::io_context context;
    auto settings = local_client::settings(server);
    settings.token.clear();
    settings.token_source = [] { return "r8_precious\r\nX-Evil: 1"s; };
    replicate::client const bad(context, settings);
    auto const refused = failure_of(context, bad.async_run("a/b", replicate::input()));
    CHECK(error_text(refused).find("precious") == std::string::npos);
    CHECK(names(refused->what(), "token"));
    settings.token_source = []() -> std::string { throw std::runtime_error("the vault is closed"); };
    replicate::client const closed(context, settings);
    auto const failed = failure_of<std::runtime_error>(context, closed.async_run("a/b", replicate::input()));
    REQUIRE(failed.has_value());
    CHECK(failed->what() == "the vault is closed"s);
    CHECK(server.counts().requests == 0);
}

TEST_CASE("no message holds the token, also where the server quotes it")
{
    local_client local([](replicate::config& settings) { settings.retry.attempts = 1; });
    std::string const token = local.server.token();
    for (std::string const& body : {R"({"title":"No such token: )" + token + R"(","detail":"Bearer )" + token
                 + R"( is not valid","status":401,"invalid_fields":[{"type":"x","field":")" + token
                 + R"(","description":")" + token + R"("}],"errors":[{"pointer":"/)" + token + R"(","detail":")" + token
                 + R"("}]})",
             "<html>You sent Authorization: Bearer " + token + "</html>", token, "{\"odd\":\"" + token + "\"}"})
        for (unsigned const status : {400U, 401U, 422U, 500U}) {
            local.server.next_create().status(status, body);
            auto const failed = local.failure_of(local.client.async_run("test/echo", replicate::input()));
            CHECK(error_text(failed).find(token) == std::string::npos);
            auto const& problem = failed->diagnostics().problem;
            CHECK(problem.title.find(token) == std::string::npos);
            CHECK(problem.detail.find(token) == std::string::npos);
            for (auto const& field : problem.invalid_fields)
                CHECK((field.field + field.description).find(token) == std::string::npos);
            for (auto const& error : problem.errors)
                CHECK((error.pointer + error.detail).find(token) == std::string::npos);
            CHECK(failed->diagnostics().detail.find(token) == std::string::npos);
        }
}

TEST_CASE("a redirect is not followed, with the token or without")
{
    local_client local;
    replicate::testing::server other;
    for (unsigned const status : {301U, 302U, 303U, 307U, 308U}) {
        local.server.next_create().status(status, "moved", {{"location", other.base_url() + "/predictions"}});
        local.server.next_get().status(status, "moved", {{"location", other.base_url() + "/predictions/x"}});
        CHECK(local.failure_of(local.client.async_run("test/echo", replicate::input())).has_value());
        CHECK(local.failure_of(local.client.predictions().async_get("x")).has_value());
    }
    CHECK(other.counts().connections == 0);
}

TEST_CASE("the links of a prediction do not lead the token away")
{
    local_client local;
    replicate::testing::server other;
    auto const created = local.get(local.client.predictions().async_create(
        local.server.version("replicate/hello-world"), replicate::input().set("text", "x")));
    std::string const elsewhere = other.base_url() + "/predictions/" + created.id;
    local.server.next_create().status(201,
        R"({"id":")" + created.id + R"(","status":"starting","urls":{"get":")" + elsewhere + R"(","cancel":")"
            + elsewhere + R"(/cancel"}})");
    auto const output = local.get(local.client.async_run("test/echo", replicate::input(), local_client::quick()));
    CHECK(output.text() == "hello x");
    CHECK(other.counts().connections == 0);
}

TEST_CASE("an id that the server makes up does not leave its place in the path")
{
    for (std::string const& id : {"../../v2/evil"s, "x\\r\\nX-Evil: 1"s, "a b"s, "a/cancel"s, "?x"s, "a?b#c"s}) {
        local_client local;
        local.server.next_create().status(201, R"({"id":")" + id + R"(","status":"starting","urls":{}})");
        auto options = local_client::quick();
        options.timeout = 150ms;
        CHECK(local.failure_of(local.client.async_run("test/echo", replicate::input(), options)).has_value());
        run_out(local.context);
        for (auto const& request : local.server.requests()) {
            CAPTURE(request.target);
            CHECK(request.header("x-evil").empty());
            if (request.operation == replicate::testing::operation::create)
                continue;
            bool const is_get = request.operation == replicate::testing::operation::get;
            bool const is_cancel = request.operation == replicate::testing::operation::cancel;
            // It is looked for what was created.
            bool const is_list = request.operation == replicate::testing::operation::list;
            CHECK((is_get || is_cancel || is_list));
            CHECK((is_list || request.query().empty()));
        }
    }
}

TEST_CASE("the delivery host does not see the token")
{
    local_client local;
    auto const output = local.get(local.client.async_run(
        "black-forest-labs/flux-schnell", replicate::input().set("prompt", "x").set("width", 16)));
    local.server.next_download().status(401, "who are you?");
    CHECK(local.failure_of(output.files().at(0).async_read())->code() == condition::authentication);
    local.get(output.files().at(0).async_read());
    CHECK(local.server.counts().downloads == 2);
    CHECK(local.server.counts().delivery_authorizations == 0);
    std::size_t looked_at = 0;
    for (auto const& request : local.server.requests()) {
        if (request.operation != replicate::testing::operation::download)
            continue;
        ++looked_at;
        for (auto const& [name, value] : request.headers)
            CHECK(value.find(local.server.token()) == std::string::npos);
        CHECK(request.target.find(local.server.token()) == std::string::npos);
    }
    CHECK(looked_at == 2);
}

TEST_CASE("a file in the open, or of another kind of URL, is not read")
{
    local_client local;
    for (char const* location : {"http://127.0.0.1:1/x", "file:///etc/passwd", "ftp://x/y"}) {
        local.server.model("acme/odd", [location](replicate::input const&) {
            return replicate::testing::script().output(boost::json::value(location));
        });
        auto const output = local.get(local.client.async_run(local.server.version("acme/odd"), replicate::input()));
        CHECK(output.files().empty());
    }
    check_refused(thrown_by([&] { local.get(replicate::file_output("https://x/y").async_read()); }), "file");
}

TEST_CASE("a proxy does not see the token")
{
    replicate::testing::proxy proxy;
    local_client local([&](replicate::config& settings) { settings.proxy.url = proxy.url(); });
    local.get(local.client.async_run("meta/meta-llama-3-8b-instruct", replicate::input().set("prompt", "x")));
    auto const requests = proxy.requests();
    REQUIRE_FALSE(requests.empty());
    for (auto const& request : requests) {
        CHECK(request.method == "CONNECT");
        CHECK(request.target.find(local.server.token()) == std::string::npos);
        CHECK(request.header("authorization").empty());
        for (auto const& [name, value] : request.headers)
            CHECK(value.find(local.server.token()) == std::string::npos);
    }
}

TEST_CASE("a server that quotes the token, however it spells it, does not bring it into a message")
{
    using replicate::testing::operation;
    std::string const token = "r8_precious/0123";
    local_client local([&](replicate::config& settings) { settings.token = token; });
    auto const secret_in = [&](replicate::error const& failure) {
        auto const& known = failure.diagnostics();
        return std::string(failure.what()).find(token) != std::string::npos
            || known.problem.detail.find(token) != std::string::npos || known.request_id.find(token) != std::string::npos;
    };
    for (std::string const& quoted : {token, "\\u0072"s + token.substr(1), "r8_precious\\/0123"s}) {
        local.server.next().status(400, R"({"title":"Bad","detail":"token )" + quoted + R"( is bad"})",
            {{"cf-ray", token}, {"content-type", "application/json"}});
        auto const failure = local.failure_of(local.client.predictions().async_get("p1"));
        REQUIRE(failure);
        CHECK(std::string(failure->what()).find("[token]") != std::string::npos);
        CHECK_FALSE(secret_in(*failure));
    }
    local.server.next(operation::create).status(201, R"({"id":"p1","status":"failed","error":"no )" + token + R"("})");
    auto const failure = local.failure_of<replicate::prediction_error>(local.client.async_run("meta/meta-llama-3-8b-instruct", replicate::input()));
    REQUIRE(failure);
    CHECK_FALSE(secret_in(*failure));
}
