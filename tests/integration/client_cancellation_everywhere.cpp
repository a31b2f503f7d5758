// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Every asynchronous operation of the public headers can be cancelled: the table below has them all.

#include <replicate/client.hpp>
#include <replicate/model_schema.hpp>
#include <replicate/run.hpp>
#include <replicate/typed.hpp>
#include <replicate/webhook_listener.hpp>

#include "support/environment.hpp"
#include "support/local_client.hpp"
#include "support/slowness.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/bind_executor.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::testing::fault;
using replicate::testing::operation;
using replicate::testing::script;

constexpr auto at_once = slowness * 200ms;

// What came of an operation, whatever it gives.
class witness {
public:
    using executor_type = asio::any_io_executor;

    explicit witness(asio::io_context& context)
        : executor_(context.get_executor())
    {
    }

    // Default clients are those of this executor.
    executor_type get_executor() const noexcept { return executor_; }

    template<class T>
    void operator()(boost::system::error_code code, T const&) const
    {
        ++state_->completions;
        state_->code = code;
        state_->ended = steady::now();
    }

    bool done() const noexcept { return state_->completions > 0; }
    std::size_t completions() const noexcept { return state_->completions; }
    boost::system::error_code code() const noexcept { return state_->code; }
    steady::time_point ended() const noexcept { return state_->ended; }

private:
    struct content {
        std::size_t completions = 0;
        boost::system::error_code code;
        steady::time_point ended;
    };

    executor_type executor_;
    std::shared_ptr<content> state_ = std::make_shared<content>();
};

using token = asio::cancellation_slot_binder<witness, asio::cancellation_slot>;

// Starts an operation; made when all that it needs is there.
using starter = std::function<void(token)>;
// Makes that.
using preparation = std::function<starter(local_client&)>;

enum class manner {
    // It waits for the answer to a request of its own.
    asks,
    // It waits for something that does not come.
    waits,
    // It waits for nothing, so that it cannot be cancelled once it has begun.
    begins
};

class row {
public:
    std::string name;
    preparation prepare;
    manner kind;
};

// One after the other, so that a forgotten one is easily seen: in the order of the headers.
class table {
public:
    void add(std::string name, preparation how, manner kind = manner::asks)
    {
        rows_.push_back({std::move(name), std::move(how), kind});
    }

    // What needs the client alone.
    template<class Start>
    void add_simple(std::string name, Start start)
    {
        add(std::move(name), [start](local_client& local) -> starter {
            return [start, &local](token done) { start(local.client, std::move(done)); };
        });
    }

    // The three ways to read a list.
    template<class Get>
    void add_list(std::string const& name, Get get)
    {
        add_simple(name + ".async_list", [get](replicate::client const& client, token done) {
            get(client).async_list(std::move(done));
        });
        add_simple(name + ".async_list_all", [get](replicate::client const& client, token done) {
            get(client).async_list_all(100, std::move(done));
        });
        add_simple(name + ".list().async_next", [get](replicate::client const& client, token done) {
            get(client).list().async_next(std::move(done));
        });
    }

    std::vector<row> const& rows() const noexcept { return rows_; }

private:
    std::vector<row> rows_;
};

using client = replicate::client;
constexpr char const* llama = "meta/meta-llama-3-8b-instruct";

replicate::input some_input()
{
    return replicate::input().set("prompt", "a");
}

std::string some_id()
{
    return std::string(64, 'a');
}

void add_catalog(table& all)
{
    all.add_simple("account.async_get", [](client const& of, token done) { of.account().async_get(std::move(done)); });
    all.add_list("collections", [](client const& of) { return of.collections(); });
    all.add_simple("collections.async_get",
        [](client const& of, token done) { of.collections().async_get("text-to-image", std::move(done)); });
    all.add_list("hardware", [](client const& of) { return of.hardware(); });
    all.add_simple("webhooks.async_default_secret",
        [](client const& of, token done) { of.webhooks().async_default_secret(std::move(done)); });
    all.add_simple("async_search", [](client const& of, token done) { of.async_search("image", std::move(done)); });
    all.add_simple("async_schema", [](client const& of, token done) { of.async_schema("test/echo", std::move(done)); });
    all.add("http.async_send", [](local_client& local) -> starter {
        return [&local](token done) {
            local.client.http().async_send(
                replicate::http_request("POST", local.server.base_url() + "/predictions"), std::move(done));
        };
    });
    all.add("http.async_get", [](local_client& local) -> starter {
        return [&local](token done) {
            local.client.http().async_get(local.server.base_url() + "/account", std::move(done));
        };
    });
}

void add_deployments(table& all)
{
    all.add_list("deployments", [](client const& of) { return of.deployments(); });
    all.add_simple("deployments.async_create", [](client const& of, token done) {
        of.deployments().async_create(replicate::new_deployment("app", "test/echo", some_id(), "cpu"), std::move(done));
    });
    all.add_simple("deployments.async_get",
        [](client const& of, token done) { of.deployments().async_get("acme", "app", std::move(done)); });
    all.add_simple("deployments.async_update", [](client const& of, token done) {
        replicate::deployment_update change;
        change.hardware = "gpu-t4";
        of.deployments().async_update("acme", "app", change, std::move(done));
    });
    all.add_simple("deployments.async_delete",
        [](client const& of, token done) { of.deployments().async_delete("acme", "app", std::move(done)); });
}

void add_files(table& all)
{
    all.add_list("files", [](client const& of) { return of.files(); });
    all.add_simple("files.async_create", [](client const& of, token done) {
        of.files().async_create(replicate::file_source::from_bytes("bytes", "a.txt"), std::move(done));
    });
    all.add_simple("files.async_get", [](client const& of, token done) { of.files().async_get("f1", std::move(done)); });
    all.add_simple("files.async_delete", [](client const& of, token done) { of.files().async_delete("f1", std::move(done)); });
    all.add_simple("files.async_download", [](client const& of, token done) {
        std::chrono::system_clock::time_point const expiry{4102444800s};
        of.files().async_download("f1", "acme", expiry, "c2lnbmF0dXJl", std::move(done));
    });
}

void add_models(table& all)
{
    all.add_list("models", [](client const& of) { return of.models(); });
    all.add_list("models.search", [](client const& of) { return of.models().search("llama"); });
    all.add_list("models.examples", [](client const& of) { return of.models().examples("acme", "mine"); });
    all.add_list("models.versions", [](client const& of) { return of.models().versions("acme", "mine"); });
    all.add_simple("models.versions.async_get", [](client const& of, token done) {
        of.models().versions("acme", "mine").async_get(some_id(), std::move(done));
    });
    all.add_simple("models.versions.async_delete", [](client const& of, token done) {
        of.models().versions("acme", "mine").async_delete(some_id(), std::move(done));
    });
    all.add_simple("models.async_create", [](client const& of, token done) {
        of.models().async_create(replicate::new_model("acme", "mine", "cpu"), std::move(done));
    });
    all.add_simple("models.async_get", [](client const& of, token done) { of.models().async_get("acme", "mine", std::move(done)); });
    all.add_simple("models.async_update", [](client const& of, token done) {
        replicate::model_update change;
        change.description = "changed";
        of.models().async_update("acme", "mine", change, std::move(done));
    });
    all.add_simple("models.async_delete",
        [](client const& of, token done) { of.models().async_delete("acme", "mine", std::move(done)); });
    all.add_simple("models.async_readme",
        [](client const& of, token done) { of.models().async_readme("acme", "mine", std::move(done)); });
}

void add_predictions(table& all)
{
    all.add_list("predictions", [](client const& of) { return of.predictions(); });
    all.add_simple("predictions.async_create",
        [](client const& of, token done) { of.predictions().async_create(llama, some_input(), std::move(done)); });
    all.add_simple("predictions.async_get", [](client const& of, token done) { of.predictions().async_get("p1", std::move(done)); });
    all.add_simple("predictions.async_cancel",
        [](client const& of, token done) { of.predictions().async_cancel("p1", std::move(done)); });
    all.add_simple("predictions.async_wait", [](client const& of, token done) { of.predictions().async_wait("p1", std::move(done)); });
    all.add_list("trainings", [](client const& of) { return of.trainings(); });
    all.add_simple("trainings.async_create", [](client const& of, token done) {
        replicate::new_training const wanted("acme/tuned", some_input());
        of.trainings().async_create("stability-ai/sdxl:" + some_id(), wanted, std::move(done));
    });
    all.add_simple("trainings.async_get", [](client const& of, token done) { of.trainings().async_get("t1", std::move(done)); });
    all.add_simple("trainings.async_cancel",
        [](client const& of, token done) { of.trainings().async_cancel("t1", std::move(done)); });
    all.add_simple("trainings.async_wait", [](client const& of, token done) { of.trainings().async_wait("t1", std::move(done)); });
}

void add_runs(table& all)
{
    all.add_simple("async_run", [](client const& of, token done) { of.async_run(llama, some_input(), std::move(done)); });
    all.add_simple("async_run<T>",
        [](client const& of, token done) { of.async_run<std::string>(llama, some_input(), std::move(done)); });
    all.add_simple("async_stream", [](client const& of, token done) { of.async_stream(llama, some_input(), std::move(done)); });
    all.add_simple("replicate::async_run",
        [](client const&, token done) { replicate::async_run(llama, some_input(), std::move(done)); });
    all.add_simple("replicate::async_run<T>",
        [](client const&, token done) { replicate::async_run<std::string>(llama, some_input(), std::move(done)); });
    all.add_simple("replicate::async_stream",
        [](client const&, token done) { replicate::async_stream(llama, some_input(), std::move(done)); });
}

replicate::map_results silent_results(local_client& local)
{
    local.server.always(operation::create).use(fault().never_answer());
    auto const made = local.get(local.client.async_map(llama, std::vector<replicate::input>(1, some_input())));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.create_requests == 1; }));
    return made;
}

void add_maps(table& all)
{
    all.add("async_map", [](local_client& local) -> starter {
        return [&local](token done) {
            local.client.async_map(llama, std::vector<replicate::input>(3, some_input()), std::move(done));
        };
    }, manner::begins);
    all.add("async_map of requests", [](local_client& local) -> starter {
        return [&local](token done) {
            std::vector<replicate::run_request> requests(3, replicate::run_request(llama, some_input()));
            local.client.async_map(std::move(requests), std::move(done));
        };
    }, manner::begins);
    all.add("map_results.async_next", [](local_client& local) -> starter {
        return [made = silent_results(local)](token done) { made.async_next(std::move(done)); };
    }, manner::waits);
}

// A stream of which nothing comes.
replicate::stream silent_stream(local_client& local)
{
    local.server.always(operation::stream).use(fault().never_answer());
    auto const made = local.get(local.client.async_stream(llama, some_input()));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.streams == 1; }));
    return made;
}

replicate::file_output made_file(local_client& local)
{
    local.server.model("acme/file", [](replicate::input const&) { return script().file("bytes", "image/png", "out.png"); });
    auto const output = local.get(local.client.async_run(local.server.version("acme/file"), replicate::input()));
    return output.files().at(0);
}

void add_files_out(table& all)
{
    all.add("stream.async_next", [](local_client& local) -> starter {
        return [made = silent_stream(local)](token done) { made.async_next(std::move(done)); };
    }, manner::waits);
    all.add("stream.async_text", [](local_client& local) -> starter {
        return [made = silent_stream(local)](token done) { made.async_text(std::move(done)); };
    }, manner::waits);
    all.add("async_stream of a prediction", [](local_client& local) -> starter {
        auto const known = local.get(local.client.predictions().async_create(llama, some_input()));
        return [known, &local](token done) { local.client.async_stream(known, std::move(done)); };
    }, manner::begins);
    all.add("file_output.async_read", [](local_client& local) -> starter {
        return [made = made_file(local)](token done) { made.async_read(std::move(done)); };
    });
    all.add("file_output.async_save", [](local_client& local) -> starter {
        auto const directory = std::make_shared<temporary_directory>();
        return [directory, made = made_file(local)](token done) { made.async_save(directory->path() / "a.png", std::move(done)); };
    });
    all.add("file_output.async_stream", [](local_client& local) -> starter {
        return [made = made_file(local)](token done) { made.async_stream([](std::string_view) {}, std::move(done)); };
    });
    all.add("webhook_listener.async_next", [](local_client& local) -> starter {
        auto const listener = std::make_shared<replicate::webhook_listener>(local.client);
        return [listener](token done) { listener->async_next(std::move(done)); };
    }, manner::waits);
}

table const& all_operations()
{
    static table const made = [] {
        table all;
        add_catalog(all);
        add_deployments(all);
        add_files(all);
        add_models(all);
        add_predictions(all);
        add_runs(all);
        add_maps(all);
        add_files_out(all);
        return all;
    }();
    return made;
}

void run_ready(asio::io_context& context)
{
    context.restart();
    context.poll();
}

// A client, and what the environment says for the default client.
class place {
public:
    place()
        : token("REPLICATE_API_TOKEN", local.server.token())
        , base("REPLICATE_BASE_URL", local.server.base_url())
        , trust("SSL_CERT_FILE", authority.write(local.server.certificate_authority()))
    {
    }

    local_client local;
    temporary_file authority;
    environment_variable token, base, trust;
};

void check_early(row const& each)
{
    place here;
    starter const start = each.prepare(here.local);
    here.local.server.reset_counts();
    witness const seen(here.local.context);
    asio::cancellation_signal signal;
    start(asio::bind_cancellation_slot(signal.slot(), seen));
    signal.emit(asio::cancellation_type::terminal);
    CHECK(here.local.run_until([&] { return seen.done(); }));
    run_ready(here.local.context);
    CHECK(seen.code() == asio::error::operation_aborted);
    CHECK(seen.completions() == 1);
    CHECK(here.local.server.counts().requests == 0);
    CHECK(here.local.server.counts().connections == 0);
}

void check_late(row const& each)
{
    place here;
    starter const start = each.prepare(here.local);
    here.local.server.reset_counts();
    here.local.server.always().use(fault().never_answer());
    witness const seen(here.local.context);
    asio::cancellation_signal signal;
    start(asio::bind_cancellation_slot(signal.slot(), seen));
    if (each.kind == manner::asks)
        REQUIRE(here.local.run_until_server([](auto const& counts) { return counts.requests >= 1; }));
    else
        run_ready(here.local.context);
    REQUIRE_FALSE(seen.done());
    auto const begun = steady::now();
    signal.emit(asio::cancellation_type::terminal);
    CHECK(here.local.run_until([&] { return seen.done(); }));
    CHECK(seen.ended() - begun < at_once);
    run_ready(here.local.context);
    CHECK(seen.code() == asio::error::operation_aborted);
    CHECK(seen.completions() == 1);
}

} // namespace

TEST_CASE("every operation that is cancelled before it begins sends nothing")
{
    for (row const& each : all_operations().rows()) {
        CAPTURE(each.name);
        check_early(each);
    }
}

TEST_CASE("every operation that is cancelled while the service does not answer ends at once")
{
    for (row const& each : all_operations().rows()) {
        CAPTURE(each.name);
        if (each.kind != manner::begins)
            check_late(each);
    }
    std::printf("%zu operations can be cancelled\n", all_operations().rows().size());
}
