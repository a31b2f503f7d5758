// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Batches of several workers on one Redis: each row is paid for once, whoever is killed, and the rate is held by all together.

#include <replicate/batch.hpp>
#include <replicate/limit_file.hpp>
#include <replicate/redis.hpp>

#include "support/local_client.hpp"
#include "support/redis_server.hpp"
#include "support/temporary_directory.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace {

using namespace replicate::tests;
namespace json = boost::json;
using replicate::batch_end;
using replicate::batch_options;
using replicate::batch_record;
using replicate::batch_state;
using replicate::batch_summary;
using replicate::gate_answer;
using replicate::journal_errc;
using replicate::redis_rate;
using replicate::redis_rows;
using replicate::testing::script;

replicate::redis_options worker(std::string const& name)
{
    replicate::redis_options options;
    options.worker = name;
    options.token = "fingerprint";
    options.lease = 600ms * slowness;
    options.longest_pause = 100ms;
    return options;
}

replicate::shared_rate rate(std::uint32_t limit)
{
    replicate::shared_rate options;
    options.limit = limit;
    options.window = 1s;
    options.margin = 100ms * slowness;
    return options;
}

batch_options options_in(std::filesystem::path const& directory)
{
    batch_options options;
    options.results = directory / "results.jsonl";
    options.errors = directory / "errors.jsonl";
    options.files = directory / "out";
    options.concurrency = 6;
    options.pause = 20ms;
    options.settle = 300ms * slowness;
    options.first_poll_interval = 2ms;
    options.maximum_poll_interval = 10ms;
    return options;
}

/// Rows, of which every fourth asks for the same, every fifth has a file, and every sixth fails.
std::string rows_text(int count)
{
    std::string rows;
    for (int i = 0; i < count; ++i) {
        std::string const model = i % 6 == 5 ? "broken" : i % 5 == 4 ? "image" : "text";
        rows += "{\"custom_id\":\"row-" + std::to_string(i) + "\",\"model\":\"acme/" + model + "\",\"input\":{\"number\":"
            + std::to_string(i % 4 == 0 ? 0 : i) + "}}\n";
    }
    return rows;
}

replicate::redis_submission submit(redis_server const& redis, std::string const& text, bool retry_failed = false)
{
    std::istringstream stream(text);
    replicate::jsonl_source source(stream);
    return replicate::submit_rows(redis.url(), source, worker(""), retry_failed);
}

/// The context must outlive the journal.
std::optional<journal_errc> refusal_in(asio::io_context& context, replicate::batch_journal& journal, batch_record record)
{
    auto const failed = failure_of(context, journal.async_record(std::move(record)));
    if (!failed)
        return std::nullopt;
    REQUIRE(failed->code().category() == replicate::journal_category());
    return static_cast<journal_errc>(failed->code().value());
}

batch_record record_of(std::string const& id, batch_state state, std::string const& what = "")
{
    batch_record made(id, state, std::chrono::system_clock::now());
    if (state == batch_state::intent) {
        made.target = "acme/text";
        made.input_hash = what;
    } else {
        made.prediction = what;
    }
    return made;
}

gate_answer ask(replicate::create_gate& gate)
{
    std::promise<gate_answer> promise;
    gate.ask([&](gate_answer given) { promise.set_value(std::move(given)); });
    return promise.get_future().get();
}

/// When predictions were created, as the service sees it.
class create_times {
public:
    void note()
    {
        std::lock_guard const lock(mutex_);
        times_.push_back(steady::now());
    }

    /// The most in any window of this length.
    std::size_t most_in(steady::duration window)
    {
        std::lock_guard const lock(mutex_);
        std::sort(times_.begin(), times_.end());
        std::size_t most = 0, first = 0;
        for (std::size_t i = 0; i < times_.size(); ++i) {
            while (times_[i] - times_[first] >= window)
                ++first;
            most = std::max(most, i - first + 1);
        }
        return most;
    }

private:
    std::mutex mutex_;
    std::vector<steady::time_point> times_;
};

/// Two that hold a rate together.
void check_rate(replicate::create_gate& one, replicate::create_gate& other, replicate::shared_rate const& limits)
{
    create_times times;
    std::size_t granted = 0;
    auto const end = steady::now() + 2 * (limits.window + limits.margin);
    for (bool turn = false; steady::now() < end; turn = !turn) {
        gate_answer const given = ask(turn ? one : other);
        CHECK(!given.refusal);
        if (given.wait > 0s) {
            std::this_thread::sleep_for(std::min<steady::duration>(given.wait, 20ms));
            continue;
        }
        CHECK(given.until <= steady::now() + limits.margin);
        times.note();
        ++granted;
    }
    CHECK(granted > limits.limit);
    CHECK(times.most_in(limits.window) <= limits.limit);
    one.on_throttled(5s);
    ask(one); // so that it was said
    CHECK(ask(other).wait > 4s);
}

void add_models(replicate::testing::server& server, create_times& times)
{
    server.model("acme/text", [&](replicate::input const& input) {
        times.note();
        return script().run(5ms).output(input.at("number"));
    });
    server.model("acme/image", [&](replicate::input const& input) {
        times.note();
        return script().run(5ms).file(varied_bytes(5'000, static_cast<unsigned>(input.at("number").to_number<int>())), "image/png", "out.png");
    });
    server.model("acme/broken", [&](replicate::input const&) {
        times.note();
        return script().run(1ms).fail("out of paint");
    });
}

/// This program, once more, as a worker.
class worker_process {
public:
    worker_process(replicate::testing::server const& server, redis_server const& redis, std::filesystem::path const& directory, int number)
        : settings_{"BATCH_URL=" + server.base_url(), "BATCH_TOKEN=" + server.token(), "BATCH_REDIS=" + redis.url(),
              "BATCH_DIRECTORY=" + (directory / std::to_string(number)).string(), "BATCH_WORKER=" + std::to_string(number)}
    {
        std::filesystem::create_directory(directory / std::to_string(number));
        std::ofstream(directory / std::to_string(number) / "authority.pem") << server.certificate_authority();
        start();
    }
    worker_process(worker_process const&) = delete;
    worker_process& operator=(worker_process const&) = delete;
    ~worker_process() { kill(); }

    void start()
    {
        std::vector<std::string> words{"/proc/self/exe", "--test-case=the worker that is killed", "--no-skip", "--minimal"};
        std::vector<char*> arguments, environment;
        for (std::string& word : words)
            arguments.push_back(word.data());
        for (char** each = environ; *each != nullptr; ++each)
            environment.push_back(*each);
        for (std::string& setting : settings_)
            environment.push_back(setting.data());
        arguments.push_back(nullptr);
        environment.push_back(nullptr);
        REQUIRE(::posix_spawn(&id_, words[0].c_str(), nullptr, nullptr, arguments.data(), environment.data()) == 0);
    }

    void signal(int number) const { ::kill(id_, number); }

    void kill()
    {
        if (id_ == 0)
            return;
        ::kill(id_, SIGKILL);
        ::waitpid(std::exchange(id_, 0), &status_, 0);
    }

    /// Whether it has ended.
    bool has_ended()
    {
        if (id_ != 0 && ::waitpid(id_, &status_, WNOHANG) == id_)
            id_ = 0;
        return id_ == 0;
    }

    /// Whether it has come to the end of the job.
    bool has_finished() { return has_ended() && WIFEXITED(status_) && WEXITSTATUS(status_) == 0; }

    /// Whether others were given its rows.
    bool was_taken() const { return WIFEXITED(status_) && WEXITSTATUS(status_) == 3; }

private:
    std::vector<std::string> settings_;
    ::pid_t id_ = 0;
    int status_ = -1;
};

/// Each row must be in one of the files of results, or of errors, once.
void check_results(replicate::testing::server& server, std::filesystem::path const& directory, int workers, int count)
{
    std::set<std::string> rows, predictions;
    for (int number = 0; number < workers; ++number)
        for (std::string const name : {"results.jsonl", "errors.jsonl"}) {
            std::ifstream file(directory / std::to_string(number) / name);
            for (std::string text; std::getline(file, text);) {
                json::object const line = json::parse(text).as_object();
                std::string const id = line.at("custom_id").as_string().c_str();
                CAPTURE(id);
                CHECK(rows.insert(id).second);
                CHECK(predictions.insert(line.at("id").as_string().c_str()).second);
                int const row = std::atoi(id.c_str() + 4);
                CHECK((name == "errors.jsonl") == (row % 6 == 5));
                if (name == "errors.jsonl" || row % 5 != 4)
                    continue;
                json::array const& files = line.at("files").as_array();
                REQUIRE(files.size() == 1);
                CHECK(bytes_of(files[0].at("path").as_string().c_str())
                    == varied_bytes(5'000, static_cast<unsigned>(row % 4 == 0 ? 0 : row)));
            }
        }
    CHECK(rows.size() == static_cast<std::size_t>(count));
    CHECK(server.counts().creates == static_cast<std::size_t>(count));
    CHECK(server.counts().create_requests == static_cast<std::size_t>(count));
}

int from_environment(char const* name, int otherwise)
{
    char const* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::atoi(text);
}

constexpr std::uint32_t limit_of_workers = 40;

} // namespace

TEST_CASE("the worker that is killed" * doctest::skip())
{
    char const* const directory = std::getenv("BATCH_DIRECTORY");
    if (directory == nullptr)
        return;
    int status = 4;
    asio::io_context context; // longer than the journal
    try {
        replicate::config settings;
        settings.base_url = std::getenv("BATCH_URL");
        settings.token = std::getenv("BATCH_TOKEN");
        settings.tls.certificate_authority = bytes_of(std::filesystem::path(directory) / "authority.pem");
        settings.scheduler.rate.creates_per_minute = settings.scheduler.rate.gets_per_minute = settings.scheduler.rate.others_per_minute = 1e8;
        auto const rows = std::make_shared<redis_rows>(std::getenv("BATCH_REDIS"), worker(std::getenv("BATCH_WORKER")));
        settings.gate = std::make_shared<redis_rate>(*rows, rate(limit_of_workers));
        replicate::client const client(context, settings);
        replicate::batch const batch(client, rows, rows, options_in(directory));
        auto const told = get(context, batch.async_run());
        status = told.end == batch_end::finished && told.unknown == 0 ? 0 : 5;
    } catch (replicate::error const& failed) {
        status = failed.code() == journal_errc::taken ? 3 : 4;
        std::fprintf(stderr, "%s\n", failed.what());
    }
    std::_Exit(status);
}

TEST_CASE("a rate is held by all that ask, and all wait after a 429")
{
    redis_server const redis;
    auto const limits = rate(20);
    redis_rate one(redis.url(), worker("a"), limits), other(redis.url("other"), worker("b"), limits);
    check_rate(one, other, limits);
    auto others_token = worker("c");
    others_token.token = "another";
    redis_rate stranger(redis.url(), others_token, limits);
    CHECK(ask(stranger).wait == 0s);
}

TEST_CASE("a rate is held by a file for all that name it")
{
    temporary_directory const directory;
    auto const limits = rate(20);
    replicate::limit_file one(directory.path() / "limit", limits), other(directory.path() / "limit", limits);
    check_rate(one, other, limits);
    auto const refused = thrown_by([&] { replicate::limit_file const none(directory.path() / "missing" / "limit", limits); });
    REQUIRE(refused);
    CHECK(refused->code() == replicate::errc::file_not_writable);
    CHECK_THROWS_AS(replicate::limit_file(directory.path() / "limit", rate(0)), replicate::error);
}

TEST_CASE("rows are submitted once, and each is given to one worker")
{
    redis_server const redis;
    asio::io_context context;
    auto const refusal_of = [&](redis_rows& journal, batch_record record) { return refusal_in(context, journal, std::move(record)); };
    auto const first = submit(redis, rows_text(3) + "nonsense\n");
    CHECK(first.added == 3);
    CHECK(first.faults.size() == 1);
    auto const again = submit(redis, rows_text(4) + "{\"custom_id\":\"row-1\",\"model\":\"acme/text\",\"input\":{}}\n");
    CHECK(again.added == 1);
    CHECK(again.known == 3);
    REQUIRE(again.faults.size() == 1);
    CHECK(again.faults[0].custom_id == "row-1");

    auto patient = worker("one");
    patient.lease = 1h;
    auto one = std::make_unique<redis_rows>(redis.url(), patient);
    redis_rows other(redis.url(), worker("other"));
    for (int i = 0; i < 4; ++i) {
        auto const given = one->next();
        REQUIRE(given);
        CHECK(given->row->custom_id == "row-" + std::to_string(i));
        CHECK(given->row->values.at("number").to_number<int>() == (i % 4 == 0 ? 0 : i));
        CHECK(one->find(given->row->custom_id)->state == batch_state::none);
    }
    CHECK(!one->next());
    CHECK(!other.next());
    CHECK(!other.is_over());

    // What asks for the same is created one after another; whose row it is, records.
    CHECK(refusal_of(other, record_of("row-0", batch_state::intent, "x")) == journal_errc::taken);
    CHECK(!refusal_of(*one, record_of("row-0", batch_state::intent, "x")));
    CHECK(refusal_of(*one, record_of("row-1", batch_state::intent, "x")) == journal_errc::busy);
    CHECK(!refusal_of(*one, record_of("row-2", batch_state::intent, "y")));
    CHECK(!refusal_of(*one, record_of("row-0", batch_state::created, "p0")));
    CHECK(!refusal_of(*one, record_of("row-0", batch_state::created, "p0")));
    CHECK(refusal_of(*one, record_of("row-2", batch_state::created, "p0")) == journal_errc::other_row);
    CHECK(!refusal_of(*one, record_of("row-1", batch_state::intent, "x")));
    CHECK(other.owner_of("p0") == "row-0");
    CHECK(!other.owner_of("p1"));

    // It is silent for too long with rows in every state; another gets them as they are, and its word is not heard any more.
    auto const rate_of_one = std::make_unique<redis_rate>(*one, rate(100));
    CHECK(ask(*rate_of_one).wait == 0s);
    std::set<std::string> left{"row-0", "row-1", "row-2", "row-3"};
    redis.tell("DEL replicate:{test}:worker:one"); // as if its lease were over
    CHECK(ask(*rate_of_one).wait > 0s);
    auto const limit = steady::now() + ample;
    while (!left.empty() && steady::now() < limit) {
        auto const given = other.next();
        if (!given)
            continue;
        std::string const id = given->row->custom_id;
        CHECK(left.erase(id) == 1);
        auto const known = other.find(id);
        REQUIRE(known);
        CHECK(known->state == (id == "row-0" ? batch_state::created : id == "row-3" ? batch_state::none : batch_state::intent));
        CHECK(known->prediction == (id == "row-0" ? "p0" : ""));
        CHECK(known->input_hash == (id == "row-2" ? "y" : id == "row-3" ? "" : "x"));
    }
    CHECK(left.empty());
    CHECK(ask(*rate_of_one).refusal == journal_errc::taken);
    CHECK_THROWS_AS(one->next(), replicate::error);
    CHECK(refusal_of(*one, record_of("row-3", batch_state::intent, "z")) == journal_errc::taken);
    // But what was paid for is kept.
    CHECK(refusal_of(*one, record_of("row-2", batch_state::created, "p2")) == journal_errc::taken);
    CHECK(other.owner_of("p2") == "row-2");

    for (std::string const id : {"row-0", "row-1", "row-2", "row-3"}) {
        CHECK(!other.is_over());
        batch_record saved = record_of(id, id == "row-3" ? batch_state::failed : batch_state::saved);
        saved.results_end = 100;
        CHECK(!refusal_of(other, saved));
    }
    CHECK(other.is_over());
    CHECK(other.ends().first == 100);
    CHECK(submit(redis, rows_text(4)).added == 0);
    CHECK(submit(redis, rows_text(4), true).added == 1);
    CHECK(submit(redis, rows_text(4), true).added == 0);
}

TEST_CASE("a Redis that cannot be used is refused in words")
{
    auto const said = [](std::string const& url, replicate::redis_options const& options) {
        auto const refused = thrown_by([&] { redis_rows const rows(url, options); });
        return refused ? std::string(refused->what()) : std::string();
    };
    std::string const away = said("unix:///nonexistent/redis.sock", worker("a"));
    CHECK(away.find("the journal cannot be reached") != std::string::npos);
    CHECK(away.find("/nonexistent/redis.sock: No such file or directory") != std::string::npos);
    CHECK(said("redis://user:secret@127.0.0.1:1/0", worker("a")).find("127.0.0.1:1: Connection refused") != std::string::npos);
    CHECK(said("redis://user:secret@127.0.0.1:1/0", worker("a")).find("secret") == std::string::npos);
    CHECK(said("rediss://host", worker("a")).find("tunnel") != std::string::npos);
    CHECK(said("redis://host:port", worker("a")).find("the port must be a number") != std::string::npos);
    CHECK(said("http://host", worker("a")).find("redis://127.0.0.1:6379/0?job=name") != std::string::npos);

    redis_server const forgetful(false);
    CHECK(said(forgetful.url(), worker("a")).find("appendonly yes") != std::string::npos);
    auto options = worker("a");
    options.durable = false;
    redis_rows const one(forgetful.url(), options);
    options.worker = "b";
    options.token = "another";
    CHECK(said(forgetful.url(), options).find("of another token") != std::string::npos);
    options.token = "fingerprint";
    options.worker = "a";
    CHECK(said(forgetful.url(), options).find("another process is the worker 'a'") != std::string::npos);
}

TEST_CASE("while Redis is away nothing is created, and what is open ends; then it goes on by itself")
{
    redis_server redis;
    create_times times;
    local_client local;
    add_models(local.server, times);
    local.server.model("acme/slow", [](replicate::input const&) { return script().run(300ms).output("late"); });
    temporary_directory const directory;
    constexpr int count = 30;
    std::string slow;
    for (int i = 0; i < 4; ++i)
        slow += "{\"custom_id\":\"slow-" + std::to_string(i) + "\",\"model\":\"acme/slow\",\"input\":{\"number\":" + std::to_string(i) + "}}\n";
    submit(redis, slow + rows_text(count));
    auto rows = std::make_shared<redis_rows>(redis.url(), worker("a"));
    replicate::config settings = local_client::settings(local.server);
    settings.gate = std::make_shared<redis_rate>(*rows, rate(1000));
    {
        replicate::client const client(local.context, settings);
        replicate::batch const batch(client, rows, rows, options_in(directory.path()));
        std::optional<batch_summary> told;
        batch.async_run([&](boost::system::error_code code, batch_summary given) {
            CHECK_MESSAGE(!code, code.message());
            told = std::move(given);
        });
        CHECK(local.run_until([&] { return batch.summary().created >= 6; }));
        redis.kill();
        local.run_until([] { return false; }, 100ms * slowness); // what was let go before
        auto const before = local.server.counts().creates;
        CHECK(local.run_until([&] { return !batch.summary().pause.empty(); }));
        local.run_until([] { return false; }, 700ms);
        CHECK(local.server.counts().creates == before);
        CHECK(!told);
        CHECK(batch.summary().saved + batch.summary().failed < count);
        redis.start();
        CHECK(local.run_until([&] { return told.has_value(); }));
        CHECK(told->end == batch_end::finished);
        CHECK(told->saved + told->failed == count + 4);
        CHECK(local.server.counts().create_requests == count + 4);
    }
    run_out(local.context);
}

TEST_CASE("a batch that shares its journal is refused without a gate")
{
    redis_server const redis;
    local_client local;
    auto const rows = std::make_shared<redis_rows>(redis.url(), worker("a"));
    CHECK_THROWS_AS(replicate::batch(local.client, rows, rows), replicate::error);
}

TEST_CASE("workers are killed and stopped, Redis is restarted, and each row is created once and has one result")
{
    // So many things happen, one after another.
    int const events = from_environment("REPLICATE_REDIS_EVENTS", 14);
    int const count = from_environment("REPLICATE_REDIS_ROWS", 80);
    constexpr int workers = 4;
    redis_server redis;
    replicate::testing::server server;
    create_times times;
    add_models(server, times);
    temporary_directory const directory;
    submit(redis, rows_text(count));
    std::vector<std::unique_ptr<worker_process>> all;
    for (int i = 0; i < workers; ++i)
        all.push_back(std::make_unique<worker_process>(server, redis, directory.path(), i));
    std::minstd_rand random(static_cast<unsigned>(from_environment("REPLICATE_REDIS_SEED", 1)));
    int kills = 0, stops = 0, restarts = 0, taken = 0;
    auto const revive = [&] {
        for (auto& each : all)
            if (each->has_ended() && !each->has_finished()) {
                taken += each->was_taken();
                each->start();
            }
    };
    for (int i = 0; i < events; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 300) * slowness);
        worker_process& one = *all[random() % workers];
        if (i % 5 == 4) {
            redis.kill();
            std::this_thread::sleep_for(std::chrono::milliseconds(random() % 300));
            redis.start();
            ++restarts;
        } else if (i % 7 == 2 && !one.has_ended()) {
            one.signal(SIGSTOP); // for longer than its lease and the settling together
            std::this_thread::sleep_for(1s * slowness);
            one.signal(SIGCONT);
            ++stops;
        } else if (!one.has_ended()) {
            one.kill();
            ++kills;
        }
        revive();
    }
    auto const limit = steady::now() + 3 * ample;
    while (!std::all_of(all.begin(), all.end(), [](auto& each) { return each->has_finished(); }) && steady::now() < limit) {
        std::this_thread::sleep_for(10ms);
        revive();
    }
    CHECK(steady::now() < limit);
    MESSAGE(kills << " kills, " << stops << " stops, " << restarts << " restarts of Redis, " << taken << " sessions given to others, at most "
                  << times.most_in(1s) << " creates in a second");
    check_results(server, directory.path(), workers, count);
    CHECK(times.most_in(1s) <= limit_of_workers);
}
