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

#include <replicate/client.hpp>
#include <replicate/testing/server.hpp>

#include <boost/asio/io_context.hpp>

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr char const* help =
    "waiting [FLAG VALUE]...\n"
    "  --mode map|wait   inputs that are answered, or of which none is (default: both)\n"
    "  --count N         how many (default 10,000)\n"
    "  --run-time MS     how long each prediction takes where it ends (default 100)\n"
    "  --limit N         what the service takes a minute, of each kind (default 60,000)\n"
    "  --sync-waits N    the most that hold a connection while they wait (default: the library's)\n"
    "  --settle MS       how long all have waited before they are measured (default 2,000)\n";

class arguments {
public:
    arguments(int count, char** values)
    {
        for (int i = 1; i < count; ++i) {
            std::string const name = values[i];
            if (name == "--help") {
                std::fputs(help, stdout);
                std::exit(0);
            }
            if (std::string(help).find("  " + name + ' ') == std::string::npos || name.substr(0, 2) != "--")
                throw std::invalid_argument(name + ": no such flag; --help lists them");
            if (i + 1 == count)
                throw std::invalid_argument(name + ": needs a value");
            given_[name] = values[++i];
        }
        if (std::string const mode = text("--mode"); !mode.empty() && mode != "map" && mode != "wait")
            throw std::invalid_argument("--mode: must be map or wait");
    }

    bool has(std::string const& name) const { return given_.count(name) != 0; }

    std::string text(std::string const& name) const { return has(name) ? given_.at(name) : std::string(); }

    std::size_t number(std::string const& name, std::size_t otherwise) const
    {
        if (!has(name))
            return otherwise;
        std::string const given = text(name);
        char* end = nullptr;
        double const value = std::strtod(given.c_str(), &end);
        if (given.empty() || *end != '\0' || !(value >= 0 && value <= 1e9))
            throw std::invalid_argument(name + ": must be a number from 0 to 1e9");
        return static_cast<std::size_t>(value);
    }

private:
    std::map<std::string, std::string> given_;
};

// One end of a pipe.
class pipe_end {
public:
    explicit pipe_end(int descriptor)
        : descriptor_(descriptor)
    {
    }
    pipe_end(pipe_end&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1))
    {
    }
    pipe_end& operator=(pipe_end&&) = delete;
    ~pipe_end() { close(); }

    void close()
    {
        if (descriptor_ >= 0)
            ::close(std::exchange(descriptor_, -1));
    }

    void put(std::string const& text)
    {
        std::uint64_t const length = text.size();
        std::string const message = std::string(reinterpret_cast<char const*>(&length), sizeof(length)) + text;
        for (std::size_t sent = 0; sent < message.size();) {
            ssize_t const count = ::write(descriptor_, message.data() + sent, message.size() - sent);
            if (count <= 0)
                throw std::system_error(errno, std::system_category(), "pipe");
            sent += static_cast<std::size_t>(count);
        }
    }

    // Nothing where the other end is closed.
    std::optional<std::string> take()
    {
        std::uint64_t length = 0;
        if (!fill(reinterpret_cast<char*>(&length), sizeof(length)))
            return std::nullopt;
        std::string text(length, '\0');
        if (!fill(text.data(), text.size()))
            return std::nullopt;
        return text;
    }

private:
    bool fill(char* target, std::size_t size)
    {
        for (std::size_t got = 0; got < size;) {
            ssize_t const count = ::read(descriptor_, target + got, size - got);
            if (count <= 0)
                return false;
            got += static_cast<std::size_t>(count);
        }
        return true;
    }

    int descriptor_;
};

std::pair<pipe_end, pipe_end> make_pipe()
{
    int ends[2];
    if (::pipe(ends) != 0)
        throw std::system_error(errno, std::system_category(), "pipe");
    return {pipe_end(ends[0]), pipe_end(ends[1])};
}

// The local server in a process of its own. Made before there is any thread.
class server_process {
public:
    explicit server_process(arguments const& given)
        : server_process(given, make_pipe(), make_pipe())
    {
    }
    server_process(server_process const&) = delete;
    server_process& operator=(server_process const&) = delete;
    ~server_process()
    {
        questions_.close();
        ::waitpid(id_, nullptr, 0);
    }

    replicate::config const& config() const { return config_; }
    std::string const& answering() const { return answering_; }
    std::string const& silent() const { return silent_; }

    std::size_t creates()
    {
        questions_.put("creates");
        return std::stoul(take());
    }

private:
    server_process(arguments const& given, std::pair<pipe_end, pipe_end> down, std::pair<pipe_end, pipe_end> up)
        : questions_(std::move(down.second))
        , answers_(std::move(up.first))
    {
        id_ = ::fork();
        if (id_ < 0)
            throw std::system_error(errno, std::system_category(), "fork");
        if (id_ == 0) {
            questions_.close();
            serve(given, down.first, up.second);
            ::_exit(0);
        }
        up.second.close();
        config_.base_url = take();
        config_.token = take();
        config_.tls.certificate_authority = take();
        answering_ = take();
        silent_ = take();
    }

    static void serve(arguments const& given, pipe_end& questions, pipe_end& answers)
    {
        replicate::testing::server_options options;
        std::size_t const limit = given.number("--limit", 60'000);
        options.rates.creates_per_minute = limit;
        options.rates.gets_per_minute = limit;
        options.rates.others_per_minute = limit;
        options.remembered_requests = 1;
        replicate::testing::server server(options);
        auto const time = std::chrono::milliseconds(given.number("--run-time", 100));
        server.model("acme/answers", [time](replicate::input const& values) {
            return replicate::testing::script().run(time).output(values.object());
        });
        answers.put(server.base_url());
        answers.put(server.token());
        answers.put(server.certificate_authority());
        answers.put(server.version("acme/answers"));
        answers.put(server.version("test/never-ends"));
        while (questions.take())
            answers.put(std::to_string(server.counts().creates));
    }

    std::string take()
    {
        auto text = answers_.take();
        if (!text)
            throw std::runtime_error("the server does not start");
        return std::move(*text);
    }

    pipe_end questions_;
    pipe_end answers_;
    pid_t id_ = 0;
    replicate::config config_;
    std::string answering_;
    std::string silent_;
};

// What this process uses of memory, in bytes.
class memory {
public:
    static double resident() { return of_status("VmRSS:"); }
    static double highest() { return of_status("VmHWM:"); }

    static double allocated()
    {
        auto const now = ::mallinfo2();
        return static_cast<double>(now.uordblks + now.hblkhd);
    }

    // From now on `highest` counts anew.
    static void forget_highest() { std::ofstream("/proc/self/clear_refs") << "5"; }

private:
    static double of_status(std::string const& name)
    {
        std::ifstream status("/proc/self/status");
        std::string word;
        double kibibytes = 0;
        while (status >> word)
            if (word == name && status >> kibibytes)
                break;
        return kibibytes * 1024;
    }
};

// A client of the server that has had so many runs at once already.
class measured_client {
public:
    measured_client(server_process& server, arguments const& given, std::size_t before)
        : count(given.number("--count", 10'000))
        , client(context, settings(server, given, count))
    {
        std::size_t done = 0;
        for (std::size_t i = 0; i < before; ++i)
            client.async_run(server.answering(), replicate::input(), [&](boost::system::error_code code, replicate::output) {
                if (code)
                    throw boost::system::system_error(code);
                ++done;
            });
        run_until([&] { return done == before; });
        ::malloc_trim(0);
        memory::forget_highest();
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
        auto const limit = static_cast<double>(given.number("--limit", 60'000));
        made.scheduler.rate.creates_per_minute = limit;
        made.scheduler.rate.gets_per_minute = limit;
        made.scheduler.rate.others_per_minute = limit;
        made.scheduler.in_flight = count;
        made.limits.sync_waits = given.number("--sync-waits", made.limits.sync_waits);
        return made;
    }
};

constexpr double mebibyte = 1024 * 1024;

// Each input is answered.
void measure_map(server_process& server, arguments const& given)
{
    measured_client one(server, given, 1);
    auto const begin = steady::now();
    replicate::map_results const results = one.start(server.answering(), replicate::map_options());
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
    replicate::map_results const results = one.start(server.silent(), replicate::map_options());
    auto look = steady::now();
    one.run_until([&] {
        if (steady::now() < look)
            return false;
        look = steady::now() + 200ms;
        return server.creates() - before == one.count;
    });
    double const seconds = std::chrono::duration<double>(steady::now() - begin).count();
    auto const settled = steady::now() + std::chrono::milliseconds(given.number("--settle", 2000));
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
        arguments const given(count, values);
        server_process server(given);
        if (given.text("--mode") != "wait")
            measure_map(server, given);
        if (given.text("--mode") != "map")
            measure_wait(server, given);
    } catch (std::exception const& problem) {
        std::fprintf(stderr, "waiting: %s\n", problem.what());
        return 1;
    }
    return 0;
}
