// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// What thousands of runs cost at once: the time and the memory of an `async_map`, over TLS against the local server, which is a process of
// its own, so that only the client is measured.
//
//   waiting                        both tables
//   waiting --mode map             inputs that are answered: how fast, and how much memory at most
//   waiting --mode wait            inputs of which none is answered: how much memory each takes while it waits
//   waiting --count 1000           of so many inputs (default 10,000)
//   waiting --help                 all flags

#include "support/arguments.hpp"
#include "support/memory.hpp"
#include "support/server_process.hpp"

#include <replicate/client.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace replicate::benchmarks;
using steady = std::chrono::steady_clock;

constexpr char const* help =
    "waiting [FLAG VALUE]...\n"
    "  --mode map|wait   inputs that are answered, or of which none is (default: both)\n"
    "  --count N         how many (default 10,000)\n"
    "  --run-time MS     how long each prediction takes where it ends (default 100)\n"
    "  --limit N         what the service takes a minute, of each kind (default 60,000)\n"
    "  --sync-waits N    the most that hold a connection while they wait (default: the library's)\n"
    "  --settle MS       how long all have waited before they are measured (default 2,000)\n";

replicate::testing::server_options options_of_server(arguments const& given)
{
    replicate::testing::server_options options;
    std::size_t const limit = given.count("--limit", 60'000);
    options.rates.creates_per_minute = limit;
    options.rates.gets_per_minute = limit;
    options.rates.others_per_minute = limit;
    options.remembered_requests = 1;
    return options;
}

void add_model(replicate::testing::server& server, arguments const& given)
{
    auto const time = std::chrono::milliseconds(given.count("--run-time", 100));
    server.model("acme/answers", [time](replicate::input const& values) {
        return replicate::testing::script().run(time).output(values.object());
    });
}

// A client of the server that has had so many runs at once already.
class measured_client {
public:
    measured_client(server_process& server, arguments const& given, std::size_t before)
        : count(given.count("--count", 10'000))
        , client(context, settings(server, given, count))
    {
        std::string const version = server.version("acme/answers");
        std::size_t done = 0;
        for (std::size_t i = 0; i < before; ++i)
            client.async_run(version, replicate::input(), [&](boost::system::error_code code, replicate::output) {
                if (code)
                    throw boost::system::system_error(code);
                ++done;
            });
        run_until([&] { return done == before; });
        memory::begin();
        resident = memory::resident();
        allocated = memory::allocated();
    }

    template<class Condition>
    void run_until(Condition const& condition)
    {
        context.restart();
        while (!condition())
            context.run_one_for(10ms);
    }

    // Starts all inputs.
    replicate::map_results start(std::string const& version, replicate::map_options options)
    {
        options.run.on_cancel = replicate::on_cancel::detach;
        options.run.timeout = 1h;
        std::optional<replicate::map_results> started;
        auto inputs = [number = std::size_t{0}, total = count]() mutable -> std::optional<replicate::input> {
            if (number == total)
                return std::nullopt;
            return replicate::input().set("prompt", "an astronaut on a horse").set("number", static_cast<std::int64_t>(number++));
        };
        client.async_map(version, inputs, options, [&](boost::system::error_code code, replicate::map_results made) {
            if (code)
                throw boost::system::system_error(code);
            started = std::move(made);
        });
        run_until([&] { return started.has_value(); });
        return std::move(*started);
    }

    std::size_t count;
    boost::asio::io_context context;
    replicate::client client;
    double resident = 0;
    double allocated = 0;

private:
    static replicate::config settings(server_process& server, arguments const& given, std::size_t count)
    {
        replicate::config made = server.config();
        auto const limit = given.number("--limit", 60'000);
        made.scheduler.rate.creates_per_minute = limit;
        made.scheduler.rate.gets_per_minute = limit;
        made.scheduler.rate.others_per_minute = limit;
        made.scheduler.in_flight = count;
        made.limits.sync_waits = given.count("--sync-waits", made.limits.sync_waits);
        return made;
    }
};

// Each input is answered.
void measure_map(server_process& server, arguments const& given)
{
    measured_client one(server, given, 1);
    auto const begin = steady::now();
    replicate::map_results const results = one.start(server.version("acme/answers"), replicate::map_options());
    std::vector<std::size_t> given_out(one.count);
    std::size_t failed = 0;
    bool over = false;
    std::function<void()> const read = [&] {
        results.async_next([&](boost::system::error_code, std::optional<replicate::map_result> result) {
            over = !result;
            if (over)
                return;
            ++given_out.at(result->index());
            failed += !result->ok();
            read();
        });
    };
    read();
    one.run_until([&] { return over; });
    double const seconds = std::chrono::duration<double>(steady::now() - begin).count();
    std::size_t wrong = 0;
    for (std::size_t const times : given_out)
        wrong += times != 1;
    std::printf("%-6s %10s %10s %12s %10s %16s\n", "map", "inputs", "seconds", "completed/s", "peak MiB", "failed, not once");
    std::printf("%-6s %10zu %10.2f %12.0f %10.1f %12zu, %zu\n", "", one.count, seconds, static_cast<double>(one.count) / seconds,
        (memory::highest() - one.resident) / mebibyte, failed, wrong);
}

// None is. What its connections take is not the runs', so they are all open before.
void measure_wait(server_process& server, arguments const& given)
{
    measured_client one(server, given, 2 * replicate::pool_config().connections_per_origin);
    std::size_t const before = server.creates();
    auto const begin = steady::now();
    replicate::map_results const results = one.start(server.version("test/never-ends"), replicate::map_options());
    auto look = steady::now();
    one.run_until([&] {
        if (steady::now() < look)
            return false;
        look = steady::now() + 200ms;
        return server.creates() - before == one.count;
    });
    double const seconds = std::chrono::duration<double>(steady::now() - begin).count();
    auto const settled = steady::now() + std::chrono::milliseconds(given.count("--settle", 2000));
    one.run_until([&] { return steady::now() >= settled; });
    auto const each = static_cast<double>(one.count);
    double const allocated = (memory::allocated() - one.allocated) / each;
    double const resident = (memory::resident() - one.resident) / each;
    std::printf("%-6s %10s %10s %16s %16s %10s\n", "wait", "inputs", "seconds", "allocated each", "resident each", "peak MiB");
    std::printf("%-6s %10zu %10.2f %14.0f B %14.0f B %10.1f\n", "", one.count, seconds, allocated, resident,
        (memory::highest() - one.resident) / mebibyte);
    results.cancel();
    one.run_until([&] { return results.progress().in_flight == 0; });
}

} // namespace

int main(int count, char** values)
{
    try {
        arguments const given(help, count, values);
        std::string const mode = given.one_of("--mode", "map wait");
        server_process server(options_of_server(given), [&given](replicate::testing::server& made) { add_model(made, given); });
        if (mode != "wait")
            measure_map(server, given);
        if (mode != "map")
            measure_wait(server, given);
    } catch (std::exception const& problem) {
        std::fprintf(stderr, "waiting: %s\n", problem.what());
        return 1;
    }
    return 0;
}
