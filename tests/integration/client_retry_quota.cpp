// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// The quota of repetitions that the calls of a client share.

#include "support/local_client.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::testing::operation;
using replicate::testing::script;

} // namespace

TEST_CASE("a service that fails all the time is not hammered: where the quota is used up, a call fails with its first failure")
{
    local_client local([](replicate::config& settings) {
        settings.retry.quota = 30;
        settings.retry.quota_cost = 10;
    });
    local.server.always(operation::list).status(503);
    for (int i = 0; i < 4; ++i) {
        auto const failed = local.failure_of(local.client.predictions().async_list());
        REQUIRE(failed.has_value());
        CHECK(failed->code() == condition::server_error);
        CHECK(failed->diagnostics().attempts == (i == 0 ? 4 : 1));
        bool const tells = std::string(failed->what()).find("retry.quota") != std::string::npos;
        CHECK(tells == (i > 0));
    }
    CHECK(local.server.counts().requests == 4 + 3);
}

TEST_CASE("successes fill the quota again")
{
    local_client local([](replicate::config& settings) {
        settings.retry.quota = 10;
        settings.retry.quota_cost = 10;
    });
    for (int i = 0; i < 5; ++i) {
        local.server.next(operation::list).status(503);
        CHECK(local.get(local.client.predictions().async_list()).meta().attempts == 2);
    }
    local.server.next(operation::list).times(2).status(503);
    CHECK(local.failure_of(local.client.predictions().async_list())->diagnostics().attempts == 2);
    local.server.clear_faults();
    for (int i = 0; i < 10; ++i)
        local.get(local.client.predictions().async_list());
    local.server.next(operation::list).status(503);
    CHECK(local.get(local.client.predictions().async_list()).meta().attempts == 2);
}

TEST_CASE("429 takes nothing from the quota")
{
    local_client local([](replicate::config& settings) {
        settings.retry.quota = 10;
        settings.retry.quota_cost = 10;
        settings.scheduler.keep_limits = false; // so many refusals in so short a time tell of a very low limit
    });
    local.server.next(operation::list).times(5).status(429, R"({"detail":"Request was throttled.","retry_after":0.001})");
    CHECK(local.get(local.client.predictions().async_list()).meta().attempts == 6);
    local.server.next(operation::list).status(503);
    CHECK(local.get(local.client.predictions().async_list()).meta().attempts == 2);
}

TEST_CASE("a run may have its requests repeated in a way of its own, and take nothing from the quota")
{
    local_client local([](replicate::config& settings) { settings.retry.quota = 20; });
    replicate::run_options options = local_client::quick(replicate::wait::poll());
    options.retry = local_client::settings(local.server).retry;
    options.retry->attempts = 12;
    options.retry->quota_cost = 0;
    local.server.model("acme/echo", [](replicate::input const& input) { return script().output(input.at("text")); });
    std::string const version = local.server.version("acme/echo");
    replicate::input const values = replicate::input().set("text", "x");
    local.server.next_connection().times(11).drop_before_request();
    CHECK(local.get(local.client.async_run(version, values, options)).as<std::string>() == "x");
    local.client.close_idle_connections();
    local.server.next_connection().times(2).drop_before_request();
    auto const failed = local.failure_of(local.client.async_run(version, values, local_client::quick(replicate::wait::poll())));
    REQUIRE(failed.has_value());
    CHECK(std::string(failed->what()).find("retry.quota") != std::string::npos);
    local.server.clear_faults();
    options.retry->attempts = 0;
    auto const refused = local.failure_of(local.client.async_run(version, values, options));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == replicate::errc::invalid_argument);
    CHECK(std::string(refused->what()).find("options.retry.attempts") != std::string::npos);
}

TEST_CASE("a quota that no repetition can be paid from is refused")
{
    auto const failed = thrown_by([] {
        local_client([](replicate::config& settings) {
            settings.retry.quota = 10;
            settings.retry.quota_cost = 11;
        });
    });
    REQUIRE(failed.has_value());
    CHECK(failed->code() == replicate::errc::invalid_configuration);
    CHECK(std::string(failed->what()).find("retry.quota_cost") != std::string::npos);
}
