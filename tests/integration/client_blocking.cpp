// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// The blocking run: one client and one thread for the whole process, on which what was begun is ended.

#include "support/environment.hpp"
#include "support/local_client.hpp"
#include "support/slowness.hpp"

#include <replicate/run.hpp>

#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <future>
#include <string>
#include <thread>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::testing::operation;

constexpr char const* llama = "meta/meta-llama-3-8b-instruct";
constexpr char const* flux = "black-forest-labs/flux-schnell";

// A server that the environment leads to: one for all of these tests, as there is one client.
class blocking_server {
public:
    // As new.
    static blocking_server& instance()
    {
        static blocking_server only;
        only.server.clear_faults();
        only.server.reset_counts();
        return only;
    }

    replicate::testing::server server;

private:
    blocking_server()
        : token("REPLICATE_API_TOKEN", server.token())
        , base_url("REPLICATE_BASE_URL", server.base_url())
        , certificates("SSL_CERT_FILE", authority.write(server.certificate_authority()))
    {
    }

    temporary_file authority;
    environment_variable token, base_url, certificates;
};

replicate::input prompt(std::string const& text)
{
    return replicate::input().set("prompt", text).set("width", 16);
}

// What a run ended with whose time was up, and when.
void check_deadline(std::string const& model, replicate::run_options options)
{
    auto const started = steady::now();
    auto const failed = thrown_by([&] { replicate::run(model, replicate::input(), options); });
    auto const elapsed = steady::now() - started;
    REQUIRE(failed.has_value());
    CHECK(failed->code() == replicate::errc::deadline_exceeded);
    CHECK(elapsed >= *options.timeout);
    CHECK(elapsed < *options.timeout + slowness * 100ms);
}

// A cancel is counted when its header has come, and carried out a little later.
bool becomes_canceled(replicate::testing::server const& server)
{
    auto const limit = steady::now() + ample;
    while (status_at(server, server.predictions().back()) != "canceled" && steady::now() < limit)
        std::this_thread::yield();
    return steady::now() < limit;
}

} // namespace

TEST_CASE("the blocking run gives its output, on one connection for all threads")
{
    blocking_server& local = blocking_server::instance();
    for (int i = 0; i < 3; ++i)
        std::thread([&] { CHECK(replicate::run(llama, prompt("block")).text().find("block") != std::string::npos); }).join();
    CHECK(local.server.counts().creates == 3);
    CHECK(local.server.counts().connections <= 1);
    auto const failed = thrown_by<replicate::prediction_error>(
        [&] { replicate::run(local.server.version("test/fails"), replicate::input()); });
    REQUIRE(failed.has_value());
    CHECK(failed->code() == condition::prediction_failed);
}

TEST_CASE("a blocking run whose time is up cancels its prediction, while its thread does nothing for it")
{
    blocking_server& local = blocking_server::instance();
    std::string const model = local.server.version("test/never-ends");
    replicate::run_options options;
    options.timeout = 400ms;
    options.wait = replicate::wait::poll();
    auto const cancelled = [](std::size_t count) {
        return [count](replicate::testing::server_counts const& counts) { return counts.cancels == count; };
    };
    SUBCASE("between two polls")
    {
        check_deadline(model, options);
    }
    SUBCASE("while a poll is not answered")
    {
        local.server.always(operation::get).never_answer();
        check_deadline(model, options);
    }
    SUBCASE("before the create is answered")
    {
        local.server.next_create().delay(slowness * 1s);
        check_deadline(model, options);
        CHECK(local.server.counts().cancels == 0);
    }
    SUBCASE("on a thread that ends")
    {
        local.server.next_create().delay(slowness * 1s);
        std::thread([&] { check_deadline(model, options); }).join();
    }
    SUBCASE("while the service holds its answer")
    {
        options.timeout = 1400ms;
        options.wait = replicate::wait::sync();
        local.server.next_create().delay(slowness * 2s);
        check_deadline(model, options);
    }
    CHECK(local.server.wait_until(cancelled(1), ample));
    CHECK(local.server.counts().creates == 1);
    CHECK(becomes_canceled(local.server));
}

TEST_CASE("the files of a blocking run are read blocking, by a future, and from any thread")
{
    blocking_server& local = blocking_server::instance();
    auto const file = std::async(std::launch::async, [] { return replicate::run(flux, prompt("x")); }).get().files().at(0);
    std::string const bytes = file.read();
    CHECK(bytes.starts_with("\x89PNG"));
    auto future = file.async_read(asio::use_future);
    REQUIRE(future.wait_for(ample) == std::future_status::ready);
    CHECK(future.get() == bytes);
    CHECK(std::async(std::launch::async, [&] { return file.read(); }).get() == bytes);
    CHECK(replicate::file_output("data:text/plain,word").read() == "word");

    local.server.next_download().never_answer();
    replicate::call_options options;
    options.timeout = 200ms;
    auto const failed = thrown_by([&] { file.read(options); });
    REQUIRE(failed.has_value());
    CHECK(failed->code() == replicate::errc::deadline_exceeded);
}

TEST_CASE("a blocking read says so when nobody runs the context of its client")
{
    local_client local;
    auto const file = local.get(local.client.async_run(flux, prompt("x"))).files().at(0);
    replicate::call_options options;
    options.timeout = 100ms;
    auto const failed = thrown_by([&] { file.read(options); });
    REQUIRE(failed.has_value());
    CHECK(failed->code() == replicate::errc::deadline_exceeded);
    CHECK(std::string(failed->what()).find("does not run") != std::string::npos);
}

TEST_CASE("a blocking run is refused where it would wait for itself")
{
    blocking_server::instance();
    auto const file = replicate::run(flux, prompt("x")).files().at(0);
    std::promise<std::string> refusal;
    file.async_read([&](boost::system::error_code, std::string const&) {
        auto const failed = thrown_by([] { replicate::run(llama, prompt("y")); });
        refusal.set_value(failed ? failed->what() : "");
    });
    CHECK(refusal.get_future().get().find("its own thread") != std::string::npos);
}

TEST_CASE("outputs may be kept longer than what made them: the client, its context, the thread, the process")
{
    blocking_server& local = blocking_server::instance();
    replicate::output kept;
    {
        asio::io_context context;
        kept = get(context, replicate::async_run(flux, prompt("x")));
    }
    CHECK(kept.files().at(0).url().starts_with(local.server.delivery_url()));
    CHECK(thrown_by([&] { kept.files().at(0).read(); }).has_value());

    // Destroyed when main has ended, before and after what the blocking run needs.
    static replicate::output first;
    first = replicate::run(flux, prompt("first"));
    static replicate::output const second = replicate::run(flux, prompt("second"));
    static replicate::file_output const file = second.files().at(0);
    CHECK(file.read().starts_with("\x89PNG"));
}
