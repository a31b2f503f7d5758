// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// The token goes to the configured API alone, wherever links and redirects of its answers lead.

#include "support/foreign_host.hpp"
#include "support/local_client.hpp"

#include <replicate/testing/prediction_link.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::errc;
using replicate::testing::operation;
using replicate::testing::prediction_link;
using replicate::testing::script;

constexpr std::string_view llama = "meta/meta-llama-3-8b-instruct";

// What every test here has: a server whose certificates the client trusts, and a host that is none of its business.
class scope_fixture : public local_client {
public:
    scope_fixture()
        : local_client(nullptr, foreign_pages())
        , foreign(server)
    {
        for (auto const which :
            {prediction_link::get, prediction_link::cancel, prediction_link::stream, prediction_link::output})
            server.point(which, foreign.url());
    }

    ~scope_fixture()
    {
        CHECK_FALSE(foreign.saw_authorization());
        for (auto const& request : foreign.requests()) {
            CHECK(request.target.find(server.token()) == std::string::npos);
            CHECK(request.body.find(server.token()) == std::string::npos);
            for (auto const& [name, value] : request.headers)
                CHECK(value.find(server.token()) == std::string::npos);
        }
    }

    replicate::input prompt() const { return replicate::input().set("prompt", "llamas"); }

    foreign_host foreign;

private:
    static replicate::testing::server_options foreign_pages()
    {
        replicate::testing::server_options options;
        options.page_links = replicate::testing::page_links::foreign_host;
        return options;
    }
};

// Each operation of the client that can be redirected.
using any_call = std::function<asio::awaitable<void>(replicate::client)>;

template<class Operation>
any_call calling(Operation operation)
{
    return [operation](replicate::client client) -> asio::awaitable<void> { return operation(std::move(client)); };
}

asio::awaitable<void> run(replicate::client client)
{
    replicate::input const values = replicate::input().set("prompt", "x");
    co_await client.async_run(replicate::model_ref(llama), values);
}

asio::awaitable<void> get_account(replicate::client client)
{
    co_await client.account().async_get();
}

asio::awaitable<void> search(replicate::client client)
{
    co_await client.models().search("llama").async_list();
}

asio::awaitable<void> list_files(replicate::client client)
{
    co_await client.files().async_list();
}

asio::awaitable<void> upload(replicate::client client)
{
    auto const file = replicate::file_source::from_bytes(std::string(400'000, 'x'), "x.bin");
    co_await client.files().async_create(file);
}

asio::awaitable<void> fetch_secret(replicate::client client)
{
    co_await client.webhooks().async_default_secret();
}

asio::awaitable<void> delete_deployment(replicate::client client)
{
    co_await client.deployments().async_delete("acme", "mine");
}

} // namespace

TEST_CASE_FIXTURE(scope_fixture, "no redirect of the API is followed, with the token or without it")
{
    for (any_call const& call : {calling(run), calling(get_account), calling(search), calling(list_files), calling(upload),
             calling(fetch_secret), calling(delete_deployment)})
        for (unsigned const status : {301u, 302u, 303u, 307u, 308u}) {
            server.clear_faults();
            server.always().redirect(status, foreign.url() + "/v1/elsewhere");
            auto const seen = foreign.requests().size();
            bool refused = false;
            try {
                get(call(client));
            } catch (replicate::error const&) {
                refused = true;
            }
            CHECK(refused);
            CHECK(foreign.requests().size() == seen);
        }
}

TEST_CASE_FIXTURE(scope_fixture, "polls and cancellations go by the id, whatever the links of a prediction say")
{
    auto const output = get(client.async_run(replicate::model_ref(llama), prompt(), quick(replicate::wait::poll())));
    CHECK_FALSE(output.text().empty());
    auto const running = get(client.predictions().async_create(server.version("test/never-ends"), replicate::input()));
    CHECK(running.urls.get.find(foreign.url()) == 0);
    get(client.predictions().async_cancel(running.id));
    CHECK(status_at(server, running.id) == "canceled");
    CHECK(foreign.requests().empty());
}

TEST_CASE_FIXTURE(scope_fixture, "a stream on a host that asks for the token does not get it")
{
    for (unsigned const status : {401u, 403u}) {
        foreign.answer_with([status](auto const&) { return closing_answer(status, R"({"detail":"who are you?"})"); });
        auto const stream = get(client.async_stream(replicate::model_ref(llama), prompt()));
        CHECK_FALSE(get(stream.async_text()).empty());
    }
    CHECK(foreign.requests().size() >= 2);
}

TEST_CASE_FIXTURE(scope_fixture, "a stream that is redirected is not followed with the token")
{
    replicate::testing::server other;
    foreign.answer_with([url = server.base_url()](auto const&) {
        return closing_answer(302, "", "Location: " + url + "/account\r\n");
    });
    auto const stream = get(client.async_stream(replicate::model_ref(llama), prompt()));
    CHECK_FALSE(get(stream.async_text()).empty());
    for (auto const& request : server.requests())
        CHECK(request.target.find("/account") == std::string::npos);
}

TEST_CASE_FIXTURE(scope_fixture, "an output file on a host that asks for the token is not paid for with it")
{
    auto const output = get(client.async_run("black-forest-labs/flux-schnell", prompt().set("width", 16), quick()));
    auto const file = output.files().at(0);
    CHECK(file.url().find(foreign.url()) == 0);
    for (unsigned const status : {401u, 403u}) {
        foreign.answer_with([status](auto const&) { return closing_answer(status, R"({"detail":"who are you?"})"); });
        auto const refused = failure_of(file.async_read());
        REQUIRE(refused.has_value());
        CHECK(refused->code() == replicate::condition::authentication);
    }
    foreign.answer_with([](auto const&) { return closing_answer(200, "bytes"); });
    CHECK(get(file.async_read()) == "bytes");
    CHECK(foreign.requests().size() == 3);
}

TEST_CASE_FIXTURE(scope_fixture, "a download that is redirected to another host goes there without the token")
{
    server.point(prediction_link::output, "");
    auto const output = get(client.async_run("black-forest-labs/flux-schnell", prompt().set("width", 16), quick()));
    foreign.answer_with([](auto const&) { return closing_answer(200, "bytes"); });
    server.next_download().redirect(302, foreign.url() + "/x.png");
    CHECK(get(output.files().at(0).async_read()) == "bytes");
    CHECK(foreign.requests().size() == 1);
}

TEST_CASE("a next page on another host is refused, and nothing is sent there")
{
    replicate::testing::server_options options;
    options.page_links = replicate::testing::page_links::foreign_host;
    // The port of a host that listens is known only then; so the links are led there by a second server's pages.
    replicate::testing::server const authority;
    foreign_host foreign(authority);
    options.foreign_page_base = foreign.url() + "/v1";
    local_client local(nullptr, options);
    auto pages = local.client.models().list();
    CHECK(local.get(pages.async_next()).has_value());
    auto const refused = local.failure_of(pages.async_next());
    REQUIRE(refused.has_value());
    CHECK(refused->code() == errc::unexpected_document);
    CHECK(std::string(refused->what()).find(foreign.url()) != std::string::npos);
    CHECK(foreign.requests().empty());
}
