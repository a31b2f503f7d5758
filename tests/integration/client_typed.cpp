// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Runs whose outputs are values of C++ types.

#include "support/local_client.hpp"

#include <replicate/typed.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/describe/class.hpp>
#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

namespace typed_run_test {

struct caption {
    std::string text;
    std::optional<double> score;
};
BOOST_DESCRIBE_STRUCT(caption, (), (text, score))

} // namespace typed_run_test

namespace {

using namespace replicate::tests;
using typed_run_test::caption;

class fixture : public local_client {
public:
    fixture()
    {
        server.model("acme/caption", [](replicate::input const& asked) {
            return replicate::testing::script(boost::json::value{{"text", asked.at("text")}, {"score", 0.5}});
        });
        model = server.version("acme/caption");
    }

    std::string model;
};

asio::awaitable<bool> ask_both_ways(fixture& made, replicate::input asked)
{
    replicate::diagnostics told;
    replicate::run_options const options = local_client::quick();
    caption const thrown = co_await made.client.async_run<caption>(made.model, asked, options, told);
    auto answered = co_await made.client.async_run<caption>(made.model, asked, options, told, asio::as_tuple(asio::deferred));
    auto& [code, value] = answered;
    co_return !code && value.text == thrown.text;
}

} // namespace

TEST_CASE("a run gives its output as a described struct")
{
    fixture made;
    caption given;
    given.text = "a cat";
    auto const got = made.get(made.client.async_run<caption>(made.model, replicate::input_from(given)));
    CHECK(got.text == "a cat");
    CHECK(got.score == 0.5);
    auto const sent = boost::json::parse(made.server.last_request(replicate::testing::operation::create)->body);
    CHECK(sent.at("input") == boost::json::value{{"text", "a cat"}});
}

TEST_CASE("a run for a type takes options, diagnostics and any completion token")
{
    fixture made;
    CHECK(made.get(ask_both_ways(made, replicate::input().set("text", "x"))));
}

TEST_CASE("a run gives text in pieces as one string, and files as files")
{
    fixture made;
    auto const text = made.get(made.client.async_run<std::string>(
        "meta/meta-llama-3-8b-instruct", replicate::input().set("prompt", "hello")));
    CHECK_FALSE(text.empty());
    auto const files = made.get(made.client.async_run<std::vector<replicate::file_output>>(
        "black-forest-labs/flux-schnell", replicate::input().set("prompt", "hello")));
    REQUIRE(files.size() == 1);
    CHECK(made.get(files[0].async_read()).substr(1, 3) == "PNG");
}

TEST_CASE("an output that does not fit is an error that holds the prediction, which was paid for")
{
    fixture made;
    auto const failure = made.failure_of(
        made.client.async_run<caption>(made.model, replicate::input().set("text", 7)));
    REQUIRE(failure);
    CHECK(failure->code() == replicate::errc::output_mismatch);
    CHECK(failure->diagnostics().detail.find("at /text: expected a string, found a whole number") == 0);
    REQUIRE(failure->diagnostics().prediction);
    CHECK(failure->diagnostics().prediction->status == replicate::prediction_status::succeeded);
    CHECK(failure->diagnostics().prediction->output().at("text") == 7);
    CHECK(made.server.counts().creates == 1);
}

TEST_CASE("a run for a type that fails says why, as one without a type does")
{
    fixture made;
    auto const failure = made.failure_of<replicate::prediction_error>(
        made.client.async_run<caption>(made.server.version("test/fails"), replicate::input()));
    REQUIRE(failure);
    CHECK(failure->prediction().status == replicate::prediction_status::failed);
}
