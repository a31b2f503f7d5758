// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Lists in three ways: one page, the pages one after the other, all of them.

#include "support/exchanges.hpp"
#include "support/local_client.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::errc;
using replicate::model;
using replicate::page;

// A page of models, `next` as JSON.
std::string models_page(std::initializer_list<std::string_view> names, std::string_view next = "null")
{
    std::string results;
    for (std::string_view name : names)
        results += std::string(results.empty() ? "" : ",") + R"({"owner":"acme","name":")" + std::string(name) + R"("})";
    return R"({"previous":null,"next":)" + std::string(next) + R"(,"results":[)" + results + "]}";
}

std::string link(std::string_view query, std::string_view base = "https://api.replicate.com/v1/models")
{
    return '"' + std::string(base) + std::string(query) + '"';
}

// Three pages of two, two and one models.
json::array three_pages()
{
    return exchanges({exchange("GET", "/models", 200, models_page({"a", "b"}, link("?cursor=1"))),
        exchange("GET", "/models", 200, models_page({"c", "d"}, link("?cursor=2"))),
        exchange("GET", "/models", 200, models_page({"e"}))});
}

std::vector<std::string> targets(local_client const& local)
{
    std::vector<std::string> all;
    for (auto const& request : local.server.requests())
        all.push_back(request.target);
    return all;
}

std::string names(std::vector<model> const& models)
{
    std::string all;
    for (model const& each : models)
        all += each.name;
    return all;
}

asio::awaitable<std::string> walk(replicate::client client)
{
    std::string found;
    auto pages = client.models().list();
    while (auto page = co_await pages.async_next())
        found += names(page->results) + ' ';
    co_return found;
}

using some_page = std::optional<page<model>>;

// Reads all pages of a list; gives what it ends with.
std::optional<replicate::error> failure_of_walk(local_client& local)
{
    return local.failure_of(walk(local.client));
}

} // namespace

TEST_CASE("the pages of a list come one after the other")
{
    local_client local;
    local.server.replay(three_pages());
    CHECK(local.get(walk(local.client)) == "ab cd e ");
    CHECK(targets(local) == std::vector<std::string>{"/v1/models", "/v1/models?cursor=1", "/v1/models?cursor=2"});
}

TEST_CASE("a sequence of pages takes a completion token, and is empty from its end on")
{
    local_client local;
    local.server.replay(three_pages());
    auto const pages = local.client.models().list();
    std::string found;
    for (int i = 0; i < 3; ++i) {
        pending<some_page> next;
        pages.async_next(next.token());
        REQUIRE(local.run_until([&] { return next.done(); }));
        REQUIRE(next.value().has_value());
        CHECK(next.value()->meta().status == 200);
        found += names(next.value()->results);
    }
    CHECK(found == "abcde");
    CHECK_FALSE(local.get(pages.async_next()).has_value());
    CHECK_FALSE(local.get(pages.async_next()).has_value());
    CHECK(local.server.counts().requests == 3);
}

TEST_CASE("all of a list is given in order, but no more than is wanted, and no page is asked for in vain")
{
    struct expectation {
        std::size_t at_most;
        char const* found;
        std::size_t requests;
    };
    for (auto const& expected : {expectation{0, "", 0}, {1, "a", 1}, {2, "ab", 1}, {3, "abc", 2}, {4, "abcd", 2},
             {5, "abcde", 3}, {500, "abcde", 3}}) {
        CAPTURE(expected.at_most);
        local_client local;
        local.server.replay(three_pages());
        CHECK(names(local.get(local.client.models().async_list_all(expected.at_most))) == expected.found);
        CHECK(local.server.counts().requests == expected.requests);
    }
}

TEST_CASE("one page leads to the next by its link")
{
    local_client local;
    local.server.replay(three_pages());
    replicate::model_list_options options;
    options.direction = replicate::sort_direction::ascending;
    auto const first = local.get(local.client.models().async_list(options));
    options.page = first.next;
    CHECK(names(local.get(local.client.models().async_list(options)).results) == "cd");
    CHECK(targets(local) == std::vector<std::string>{"/v1/models?sort_direction=asc", "/v1/models?cursor=1"});
}

TEST_CASE("a sequence may begin in the middle")
{
    local_client local;
    local.server.replay(exchanges({exchange("GET", "/models", 200, models_page({"c"}, link("?cursor=2"))),
        exchange("GET", "/models", 200, models_page({"d"}))}));
    replicate::model_list_options options;
    options.page = "https://api.replicate.com/v1/models?cursor=1";
    CHECK(names(local.get(local.client.models().async_list_all(9, options))) == "cd");
    CHECK(targets(local) == std::vector<std::string>{"/v1/models?cursor=1", "/v1/models?cursor=2"});
}

TEST_CASE("the end of a list is null, missing, empty, or the word null")
{
    for (std::string_view end : {"null", "\"\"", "\"null\""}) {
        CAPTURE(end);
        local_client local;
        local.server.replay(exchanges({exchange("GET", "/models", 200, models_page({"a"}, end))}));
        CHECK(local.get(walk(local.client)) == "a ");
    }
    local_client local;
    local.server.replay(exchanges({exchange("GET", "/models", 200, R"({"results":[]})")}));
    CHECK(local.get(walk(local.client)) == " ");
}

TEST_CASE("a link that names the service leads to the configured server, also when it says http")
{
    for (std::string_view base : {"https://api.replicate.com/v1/models", "http://api.replicate.com/v1/models"}) {
        CAPTURE(base);
        local_client local;
        // Written so that the server does not put its own address in its place.
        std::string escaped(base);
        escaped.replace(escaped.find("/v1"), 3, "\\/v1");
        local.server.replay(exchanges({exchange("GET", "/models", 200, models_page({"a"}, link("?cursor=1", escaped))),
            exchange("GET", "/models", 200, models_page({"b"}))}));
        CHECK(local.get(walk(local.client)) == "a b ");
        CHECK(targets(local).back() == "/v1/models?cursor=1");
    }
}

TEST_CASE("D29: a list whose next page is the page itself, or an earlier one, ends with an error instead of never")
{
    for (std::string_view next : {"", "?cursor=1"}) {
        CAPTURE(next);
        local_client local;
        auto const circle = models_page({"a"}, link(next));
        local.server.replay(exchanges({exchange("GET", "/models", 200, circle), exchange("GET", "/models", 200, circle),
            exchange("GET", "/models", 200, circle)}));
        auto const failed = failure_of_walk(local);
        REQUIRE(failed.has_value());
        CHECK(failed->code() == errc::unexpected_document);
        CHECK(std::string(failed->what()).find("/v1/models" + std::string(next)) != std::string::npos);
        CHECK(local.server.counts().requests == (next.empty() ? 1 : 2));
    }
    local_client local;
    auto const circle = models_page({"a"}, link("?cursor=1"));
    local.server.replay(exchanges({exchange("GET", "/models", 200, circle), exchange("GET", "/models", 200, circle)}));
    auto const failed = local.failure_of(local.client.models().async_list_all(1000));
    REQUIRE(failed.has_value());
    CHECK(failed->code() == errc::unexpected_document);
}

TEST_CASE("a link to another host, another port or another list is an error that names it, and nothing is sent there")
{
    replicate::testing::server foreign;
    for (std::string const& target : {foreign.base_url() + "/models?cursor=1", std::string("https://evil.example/v1/models?c"),
             std::string("https://api.replicate.com.evil.example/v1/models"), std::string("ftp://api.replicate.com/v1/models"),
             std::string("https://api.replicate.com\\/v1/account"), std::string("cursor=1"), std::string("/v1/models?c=1")}) {
        CAPTURE(target);
        local_client local;
        local.server.replay(exchanges({exchange("GET", "/models", 200, models_page({"a"}, link("", target))),
            exchange("GET", "/models", 200, models_page({"b"}))}));
        auto const failed = failure_of_walk(local);
        REQUIRE(failed.has_value());
        CHECK(failed->code() == errc::unexpected_document);
        CHECK(failed->code() == condition::protocol);
        CHECK(local.server.counts().requests == 1);
        replicate::model_list_options options;
        options.page = target;
        auto const refused = local.failure_of(local.client.models().async_list(options));
        REQUIRE(refused.has_value());
        CHECK(refused->code() == errc::invalid_argument);
        CHECK(refused->diagnostics().detail.find(target.substr(0, 20)) != std::string::npos);
        CHECK(local.server.counts().requests == 1);
    }
    CHECK(foreign.counts().connections == 0);
}

TEST_CASE("a page that failed can be asked for again")
{
    local_client local;
    local.server.replay(exchanges({exchange("GET", "/models", 200, models_page({"a"}, link("?cursor=1"))),
        exchange("GET", "/models", 403, R"({"detail":"no"})"), exchange("GET", "/models", 200, models_page({"b"}))}));
    auto const pages = local.client.models().list();
    CHECK(names(local.get(pages.async_next())->results) == "a");
    CHECK(local.failure_of(pages.async_next())->code() == condition::authentication);
    CHECK(names(local.get(pages.async_next())->results) == "b");
    CHECK_FALSE(local.get(pages.async_next()).has_value());
    CHECK(targets(local)
        == std::vector<std::string>{"/v1/models", "/v1/models?cursor=1", "/v1/models?cursor=1"});
}

TEST_CASE("a sequence that is asked by two at once refuses the second one, and goes on for the first")
{
    local_client local;
    local.server.replay(three_pages());
    auto const pages = local.client.models().list();
    auto const copy = pages;
    pending<some_page> first, second;
    pages.async_next(first.token());
    copy.async_next(second.token());
    REQUIRE(local.run_until([&] { return first.done() && second.done(); }));
    CHECK_FALSE(first.code());
    CHECK(names(first.value()->results) == "ab");
    CHECK(second.code() == errc::invalid_argument);
    CHECK(names(local.get(copy.async_next())->results) == "cd");
    CHECK(local.server.counts().requests == 2);
}

TEST_CASE("a page whose call was cancelled is not passed over")
{
    local_client local;
    local.server.replay(three_pages());
    local.server.next().never_answer();
    auto const pages = local.client.models().list();
    pending<some_page> given_up;
    asio::cancellation_signal signal;
    pages.async_next(given_up.token(signal));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.requests == 1; }));
    signal.emit(asio::cancellation_type::terminal);
    REQUIRE(local.run_until([&] { return given_up.done(); }));
    CHECK(given_up.code() == asio::error::operation_aborted);
    CHECK(names(local.get(pages.async_next())->results) == "cd"); // the recording gives each answer once
    CHECK(targets(local) == std::vector<std::string>{"/v1/models", "/v1/models"});
}

TEST_CASE("a page has the time of its call, or else of its list")
{
    local_client local;
    local.server.always().never_answer();
    replicate::model_list_options hasty;
    hasty.timeout = 50ms;
    auto const failed = local.failure_of(local.client.models().list(hasty).async_next());
    REQUIRE(failed.has_value());
    CHECK(failed->code() == errc::deadline_exceeded);
    replicate::call_options options;
    options.timeout = 50ms;
    CHECK(local.failure_of(local.client.models().list().async_next(options))->code() == errc::deadline_exceeded);
    CHECK(local.failure_of(local.client.models().async_list_all(5, hasty))->code() == errc::deadline_exceeded);
    options.timeout = -1s;
    CHECK(local.failure_of(local.client.models().list().async_next(options))->code() == errc::invalid_argument);
}

TEST_CASE("a sequence of nothing is refused")
{
    replicate::page_sequence<model> const none;
    CHECK(thrown_by([&] { (void)none.async_next(); })->code() == errc::invalid_argument);
}

TEST_CASE("every list can be walked, also that of one page without links")
{
    local_client local;
    auto const list = [](std::string_view element) { return R"({"next":null,"results":[)" + std::string(element) + "]}"; };
    local.server.replay(exchanges({exchange("GET", "/hardware", 200, R"([{"sku":"cpu","name":"CPU"}])"),
        exchange("GET", "/collections", 200, list(R"({"slug":"a"})")),
        exchange("GET", "/deployments", 200, list(R"({"owner":"a","name":"b"})")),
        exchange("GET", "/files", 200, list(R"({"id":"f1"})")), exchange("GET", "/predictions", 200, list(R"({"id":"p1"})")),
        exchange("GET", "/trainings", 200, list(R"({"id":"t1"})")),
        exchange("GET", "/models/a/b/versions", 200, list(R"({"id":"v1"})")),
        exchange("GET", "/models/a/b/examples", 200, list(R"({"id":"p1"})")),
        exchange("QUERY", "/models", 200, list(R"({"owner":"a","name":"b"})"))}));
    auto const& client = local.client;
    CHECK(local.get(client.hardware().async_list_all(9)).size() == 1);
    CHECK(local.get(client.collections().async_list_all(9)).size() == 1);
    CHECK(local.get(client.deployments().async_list_all(9)).size() == 1);
    CHECK(local.get(client.files().async_list_all(9)).size() == 1);
    CHECK(local.get(client.predictions().async_list_all(9)).size() == 1);
    CHECK(local.get(client.trainings().async_list_all(9)).size() == 1);
    CHECK(local.get(client.models().versions("a", "b").async_list_all(9)).size() == 1);
    CHECK(local.get(client.models().examples("a", "b").list().async_next())->results.size() == 1);
    CHECK(local.get(client.models().search("x").list().async_next())->results.size() == 1);
}

TEST_CASE("the lists of a server are walked whatever its links name, unless they lead away or in a circle")
{
    using replicate::testing::page_links;
    for (page_links shape : {page_links::own, page_links::insecure_scheme, page_links::null_as_text,
             page_links::public_host, page_links::foreign_host, page_links::endless_loop}) {
        CAPTURE(static_cast<int>(shape));
        replicate::testing::server foreign;
        replicate::testing::server_options options;
        options.page_size = 2;
        options.page_links = shape;
        options.foreign_page_base = foreign.base_url();
        local_client local(nullptr, std::move(options));
        bool const leads_on = shape != page_links::foreign_host && shape != page_links::endless_loop;
        if (leads_on) {
            auto const all = local.get(local.client.models().async_list_all(1000));
            CHECK(all.size() > 4);
            CHECK(local.server.counts().requests == (all.size() + 1) / 2);
            CHECK(local.get(walk(local.client)).size() > 4);
        } else {
            auto const failed = local.failure_of(local.client.models().async_list_all(1000));
            REQUIRE(failed.has_value());
            CHECK(failed->code() == errc::unexpected_document);
            CHECK(local.server.counts().requests <= 2);
            CHECK(failure_of_walk(local)->code() == errc::unexpected_document);
        }
        CHECK(foreign.counts().connections == 0);
    }
}
