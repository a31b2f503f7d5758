// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Batches: each row is paid for once and its result is there once, also where the process is killed.

#include <replicate/batch.hpp>
#include <replicate/journal.hpp>

#include "support/local_client.hpp"
#include "support/small_disk.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace {

using namespace replicate::tests;
namespace json = boost::json;
using replicate::batch_end;
using replicate::batch_journal;
using replicate::batch_options;
using replicate::batch_record;
using replicate::batch_state;
using replicate::batch_summary;
using replicate::journal_errc;
using replicate::testing::fault;
using replicate::testing::script;

void add_models(replicate::testing::server& server)
{
    server.model("acme/text", [](replicate::input const& input) { return script().run(3ms).output(input.at("number")); });
    server.model("acme/image", [](replicate::input const& input) {
        auto const number = static_cast<unsigned>(input.at("number").to_number<int>());
        return script().run(3ms).file(varied_bytes(20'000, number), "image/png", "out.png");
    });
    server.model("acme/broken", [](replicate::input const&) { return script().run(1ms).fail("out of paint"); });
    server.model("acme/endless", [](replicate::input const&) { return script().run(1h); });
}

batch_options options_in(std::filesystem::path const& directory)
{
    batch_options options;
    options.results = directory / "results.jsonl";
    options.errors = directory / "errors.jsonl";
    options.files = directory / "out";
    options.concurrency = 8;
    options.pause = 20ms;
    options.settle = 0ms;
    options.first_poll_interval = 2ms;
    options.maximum_poll_interval = 10ms;
    return options;
}

std::string line(std::string const& id, std::string const& model, int number)
{
    return "{\"custom_id\":\"" + id + "\",\"model\":\"acme/" + model + "\",\"input\":{\"number\":" + std::to_string(number) + "}}\n";
}

/// A batch over a text, with a source that lives with it.
std::shared_ptr<replicate::batch_source> rows_of(std::string const& text)
{
    class owning_source final : public replicate::batch_source {
    public:
        explicit owning_source(std::string const& from)
            : stream_(from)
            , source_(stream_)
        {
        }
        std::optional<replicate::batch_entry> next() override { return source_.next(); }

    private:
        std::istringstream stream_;
        replicate::jsonl_source source_;
    };
    return std::make_shared<owning_source>(text);
}

batch_summary run(local_client& local, std::string const& rows, std::filesystem::path const& directory, batch_options const& options)
{
    auto journal = std::make_shared<replicate::journal>(directory / "job.db");
    batch_summary told;
    {
        replicate::batch const batch(local.client, rows_of(rows), journal, options);
        told = local.get(batch.async_run());
    }
    run_out(local.context);
    return told;
}

/// The lines of a file by the name of their row; a name that is there twice fails.
std::map<std::string, json::object> lines_of(std::filesystem::path const& path)
{
    std::map<std::string, json::object> found;
    std::ifstream file(path);
    for (std::string text; std::getline(file, text);) {
        json::object const object = json::parse(text).as_object();
        std::string const id = object.contains("custom_id") ? object.at("custom_id").as_string().c_str()
                                                            : "line " + std::to_string(object.at("line").to_number<int>());
        CAPTURE(id);
        CHECK(found.emplace(id, object).second);
    }
    return found;
}

/// Rows of all kinds; every fifth fails, every fifth is the same as another one.
std::string mixed_rows(int count)
{
    std::string rows;
    for (int i = 0; i < count; ++i) {
        std::string const id = "row-" + std::to_string(i);
        rows += i % 5 == 3 ? line(id, "broken", i) : i % 5 == 4 ? line(id, "text", 4) : line(id, i % 2 == 0 ? "text" : "image", i);
    }
    return rows;
}

/// What must be there when such a batch is at its end, however often it was killed.
void check_mixed(replicate::testing::server& server, std::filesystem::path const& directory, int count)
{
    auto const results = lines_of(directory / "results.jsonl");
    auto const errors = lines_of(directory / "errors.jsonl");
    std::set<std::string> ids;
    for (int i = 0; i < count; ++i) {
        std::string const id = "row-" + std::to_string(i);
        CAPTURE(id);
        auto const& all = i % 5 == 3 ? errors : results;
        auto const found = all.find(id);
        REQUIRE(found != all.end());
        CHECK(ids.insert(found->second.at("id").as_string().c_str()).second);
        if (i % 5 == 3) {
            CHECK(found->second.at("error").as_string().find("out of paint") != json::string::npos);
            continue;
        }
        json::array const& files = found->second.at("files").as_array();
        bool const is_image = i % 5 != 4 && i % 2 != 0;
        REQUIRE(files.size() == (is_image ? 1 : 0));
        if (!is_image) {
            CHECK(found->second.at("output") == json::value(i % 5 == 4 ? 4 : i));
            continue;
        }
        std::string const bytes = bytes_of(files[0].at("path").as_string().c_str());
        CHECK(bytes == varied_bytes(20'000, static_cast<unsigned>(i)));
        CHECK(files[0].at("sha256").as_string() == replicate::core::hex(replicate::core::sha256(bytes)));
        for (auto const& entry : std::filesystem::directory_iterator(directory / "out" / id))
            CHECK(entry.path().filename().string() == "0-out.png");
    }
    CHECK(results.size() + errors.size() == static_cast<std::size_t>(count));
    CHECK(server.counts().creates == static_cast<std::size_t>(count));
    CHECK(server.counts().create_requests == static_cast<std::size_t>(count));
}

/// This program, once more, as the one that runs the batch.
class batch_process {
public:
    batch_process(replicate::testing::server const& server, std::filesystem::path const& directory, std::string const& kill_at)
    {
        std::vector<std::string> words{"/proc/self/exe", "--test-case=the process that is killed", "--no-skip", "--minimal"};
        std::vector<std::string> settings{"BATCH_URL=" + server.base_url(), "BATCH_TOKEN=" + server.token(),
            "BATCH_DIRECTORY=" + directory.string(), "BATCH_KILL_AT=" + kill_at};
        std::ofstream(directory / "authority.pem") << server.certificate_authority();
        std::vector<char*> arguments, environment;
        for (std::string& word : words)
            arguments.push_back(word.data());
        for (char** each = environ; *each != nullptr; ++each)
            environment.push_back(*each);
        for (std::string& setting : settings)
            environment.push_back(setting.data());
        arguments.push_back(nullptr);
        environment.push_back(nullptr);
        REQUIRE(::posix_spawn(&id_, words[0].c_str(), nullptr, nullptr, arguments.data(), environment.data()) == 0);
    }
    batch_process(batch_process const&) = delete;
    batch_process& operator=(batch_process const&) = delete;
    ~batch_process() { wait(); }

    void kill() const { ::kill(id_, SIGKILL); }

    /// True where it came to its own end, and all was well.
    bool wait()
    {
        if (id_ != 0)
            ::waitpid(std::exchange(id_, 0), &status_, 0);
        return WIFEXITED(status_) && WEXITSTATUS(status_) == 0;
    }

private:
    ::pid_t id_ = 0;
    int status_ = -1;
};

/// A journal that kills its process at a step: `before intent 3`, `after created 1`.
class deadly_journal final : public batch_journal {
public:
    deadly_journal(std::filesystem::path const& path, std::string const& kill_at)
        : inner_(path)
    {
        std::istringstream words(kill_at);
        words >> when_ >> state_ >> count_;
    }

    void for_each(std::function<void(batch_record const&)> const& visit) override { inner_.for_each(visit); }
    void for_each_in_order(std::function<void(batch_record const&)> const& visit) override { inner_.for_each_in_order(visit); }
    std::optional<std::string> owner_of(std::string_view prediction) override { return inner_.owner_of(prediction); }
    std::pair<std::uint64_t, std::uint64_t> ends() override { return inner_.ends(); }

private:
    void record(std::vector<batch_record> what, replicate::detail::erased_handler<std::monostate> handler) override
    {
        bool const is_due = to_string(what.front().state) == state_ && --count_ == 0;
        if (is_due && when_ == "before")
            ::kill(::getpid(), SIGKILL);
        if (is_due) {
            inner_.async_record(std::move(what), [](boost::system::error_code, std::monostate) { ::kill(::getpid(), SIGKILL); });
            return;
        }
        auto const executor = replicate::asio::get_associated_executor(handler);
        inner_.async_record(std::move(what),
            replicate::asio::bind_executor(executor, [handler = std::move(handler)](boost::system::error_code code, std::monostate) mutable {
                std::move(handler)(code ? replicate::detail::failure(code, replicate::diagnostics()) : replicate::detail::failure(),
                    std::monostate());
            }));
    }

    replicate::journal inner_;
    std::string when_, state_;
    int count_ = 0;
};

/// Where the process is to be killed when a file is given its name: `before rename 2`, `after rename 1`.
struct deadly_name {
    std::string when;
    std::atomic<int> count{0};
};

deadly_name& deadly_rename()
{
    static deadly_name one;
    return one;
}

/// Runs a batch of this many rows until it comes to its end by itself, killing it as `kill` says.
template<class Kill>
void survive(int rows, int most_kills, Kill const& kill)
{
    replicate::testing::server server;
    add_models(server);
    temporary_directory const directory;
    std::ofstream(directory.path() / "rows.jsonl") << mixed_rows(rows);
    int killed = 0;
    for (bool ended = false; !ended && killed <= most_kills; ++killed) {
        batch_process one(server, directory.path(), killed < most_kills ? kill(killed, static_cast<batch_process*>(nullptr)) : "");
        if (killed < most_kills)
            kill(killed, &one);
        ended = one.wait();
    }
    MESSAGE("killed " << killed - 1 << " times");
    check_mixed(server, directory.path(), rows);
}

bool has_part_of_file(std::filesystem::path const& directory)
{
    std::error_code ignored;
    for (auto const& entry : std::filesystem::recursive_directory_iterator(directory, ignored))
        if (entry.path().extension() == ".part")
            return true;
    return false;
}

} // namespace

/// In place of that of the C library, for this program: dies before or after the rename that it is told, otherwise it is the same.
extern "C" int rename(char const* from, char const* to) noexcept
{
    bool const is_due = deadly_rename().count > 0 && --deadly_rename().count == 0;
    if (is_due && deadly_rename().when == "before")
        ::kill(::getpid(), SIGKILL);
    int const result = static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
    if (is_due)
        ::kill(::getpid(), SIGKILL);
    return result;
}

TEST_CASE("the process that is killed" * doctest::skip())
{
    char const* const directory = std::getenv("BATCH_DIRECTORY");
    if (directory == nullptr)
        return;
    replicate::config settings;
    settings.base_url = std::getenv("BATCH_URL");
    settings.token = std::getenv("BATCH_TOKEN");
    settings.tls.certificate_authority = bytes_of(std::filesystem::path(directory) / "authority.pem");
    settings.scheduler.rate.creates_per_minute = settings.scheduler.rate.gets_per_minute = settings.scheduler.rate.others_per_minute = 1e8;
    std::istringstream kill_at(std::getenv("BATCH_KILL_AT"));
    std::string step;
    int count = 0;
    if (kill_at >> deadly_rename().when >> step >> count && step == "rename")
        deadly_rename().count = count;
    asio::io_context context;
    replicate::client const client(context, settings);
    auto journal = std::make_shared<deadly_journal>(std::filesystem::path(directory) / "job.db", std::getenv("BATCH_KILL_AT"));
    batch_options options = options_in(directory);
    options.settle = 50ms * slowness;
    replicate::batch const batch(client, rows_of(bytes_of(std::filesystem::path(directory) / "rows.jsonl")), journal, options);
    auto const told = get(context, batch.async_run());
    CHECK(told.end == batch_end::finished);
    CHECK(told.unknown == 0);
}

TEST_CASE("a batch gives each row's result once, and what failed by itself; again it does nothing")
{
    local_client local;
    add_models(local.server);
    temporary_directory const directory;
    auto const options = options_in(directory.path());
    std::string const rows = mixed_rows(25) + "{nonsense\n" + line("row-1", "text", 1);
    auto const first = run(local, rows, directory.path(), options);
    CHECK(first.end == batch_end::finished);
    CHECK(first.saved == 20);
    CHECK(first.failed == 7);
    CHECK(first.faults == 2);
    CHECK(first.created == 25);
    CHECK(first.open == 0);
    CHECK(first.quantile(0.5));
    std::string const results = bytes_of(options.results), errors = bytes_of(options.errors);
    CHECK(errors.find("\"line\":26,\"column\":2") != std::string::npos);
    CHECK(errors.find("an earlier row has the same custom_id") != std::string::npos);

    auto const second = run(local, rows, directory.path(), options);
    CHECK(second.end == batch_end::finished);
    CHECK(second.found_saved == 20);
    CHECK(second.found_failed == 7);
    CHECK(second.failed == 7);
    CHECK(second.created == 0);
    CHECK(bytes_of(options.results) == results);
    CHECK(bytes_of(options.errors) == errors);
    CHECK(local.server.counts().creates == 25);

    for (char const* name : {"job.db", "job.db-wal", "results.jsonl", "errors.jsonl"})
        if (std::filesystem::exists(directory.path() / name))
            CHECK(bytes_of(directory.path() / name).find(local.server.token()) == std::string::npos);
}

TEST_CASE("results of another batch that stand where they are to go are kept")
{
    local_client local;
    add_models(local.server);
    temporary_directory const directory;
    auto const options = options_in(directory.path());
    run(local, line("a", "text", 1), directory.path(), options);
    std::string const first = bytes_of(options.results);
    std::filesystem::remove(directory.path() / "job.db");
    run(local, line("b", "text", 2), directory.path(), options);
    CHECK(lines_of(options.results).size() == 1);
    CHECK(bytes_of(directory.path() / "results.jsonl.earlier") == first);
}

TEST_CASE("files of an input are sent, and failed rows are run again where that is asked for")
{
    local_client local;
    std::atomic<bool> is_mended = false;
    local.server.model("acme/count", [&](replicate::input const& input) {
        auto const file = local.server.open_input(input.at("file").as_string().c_str());
        script made;
        return is_mended ? made.output(file->bytes().size()) : made.fail("not yet");
    });
    temporary_directory const directory;
    auto const file = directory.write("data.bin", std::string(1234, 'x'));
    std::string const rows = "{\"custom_id\":\"a\",\"model\":\"acme/count\",\"input\":{\"file\":\"@" + file.string() + "\"}}\n"
        "{\"custom_id\":\"b\",\"model\":\"acme/count\",\"input\":{\"file\":\"@" + (directory.path() / "missing").string() + "\"}}\n";
    auto options = options_in(directory.path());
    CHECK(run(local, rows, directory.path(), options).failed == 2);
    CHECK(local.server.counts().creates == 1);
    is_mended = true;
    CHECK(run(local, rows, directory.path(), options).created == 0);
    options.retry_failed = true;
    auto const told = run(local, rows, directory.path(), options);
    CHECK(told.saved == 1);
    CHECK(told.failed == 1);
    CHECK(lines_of(options.results).at("a").at("output") == json::value(1234));
    // What has succeeded since is no error any more.
    auto const errors = lines_of(options.errors);
    REQUIRE(errors.size() == 1);
    CHECK(errors.at("b").at("error").as_string().find("missing") != json::string::npos);
}

TEST_CASE("results are put in the order of the input, and written anew where they are gone")
{
    local_client local;
    local.server.model("acme/lasting", [](replicate::input const& input) {
        return script().run(std::chrono::milliseconds(input.at("number").to_number<int>())).output(1);
    });
    temporary_directory const directory;
    auto options = options_in(directory.path());
    options.ordered = true;
    std::string rows;
    for (int i = 0; i < 8; ++i)
        rows += line(std::to_string(i), "lasting", 100 - 12 * i);
    CHECK(run(local, rows, directory.path(), options).saved == 8);
    std::string const results = bytes_of(options.results);
    std::istringstream lines(results);
    int number = 0;
    for (std::string text; std::getline(lines, text); ++number)
        CHECK(json::parse(text).at("custom_id").as_string() == std::to_string(number));
    CHECK(number == 8);

    std::filesystem::remove(options.results);
    std::filesystem::remove(options.errors);
    CHECK(run(local, rows, directory.path(), options).found_saved == 8);
    CHECK(bytes_of(options.results) == results);
    CHECK(local.server.counts().creates == 8);
}

TEST_CASE("without credit it waits; without a token that is taken it ends, and can be resumed")
{
    local_client local([](replicate::config& settings) { settings.scheduler.rate.credit_pause = 20ms; });
    add_models(local.server);
    temporary_directory const directory;
    auto const options = options_in(directory.path());
    for (int i = 0; i < 3; ++i)
        local.server.next_create().status(402, "{\"title\":\"Insufficient credit\"}");
    CHECK(run(local, mixed_rows(10), directory.path(), options).end == batch_end::finished);
    local.server.next_create().status(401, "{\"title\":\"Unauthenticated\"}");
    auto const told = run(local, mixed_rows(20), directory.path(), options);
    CHECK(told.end == batch_end::unauthorized);
    CHECK(told.open >= 1);
    CHECK(run(local, mixed_rows(20), directory.path(), options).end == batch_end::finished);
    CHECK(local.server.counts().creates == 20);
    local.server.clear_faults();
}

TEST_CASE("on a full disk it waits, loses nothing, and goes on when there is room")
{
    local_client local;
    add_models(local.server);
    temporary_directory const directory;
    small_disk const disk(directory.path(), "size=12m");
    if (!disk.is_there()) {
        MESSAGE("skipped: no permission to mount");
        return;
    }
    auto const ballast = directory.write("ballast", std::string(12'100'000, 'x'));
    constexpr int rows = 60; // files of 360 kB, and the journal, whose log grows to 4 MB
    auto journal = std::make_shared<replicate::journal>(directory.path() / "job.db");
    replicate::batch const batch(local.client, rows_of(mixed_rows(rows)), journal, options_in(directory.path()));
    std::optional<batch_summary> told;
    batch.async_run([&](boost::system::error_code code, batch_summary given) {
        CHECK(!code);
        told = std::move(given);
    });
    CHECK(local.run_until([&] { return !batch.summary().pause.empty() || told; }));
    CHECK(!told);
    CHECK(batch.summary().pause.find("job.db") + batch.summary().pause.find("out") != 2 * std::string::npos);
    std::filesystem::remove(ballast);
    CHECK(local.run_until([&] { return told.has_value(); }));
    CHECK(told->end == batch_end::finished);
    check_mixed(local.server, directory.path(), rows);
}

TEST_CASE("it stops at so many failures, at a cost, and where it is told to")
{
    local_client local;
    add_models(local.server);
    temporary_directory const directory;
    auto options = options_in(directory.path());
    options.concurrency = 1;
    options.max_failures = "1";
    auto told = run(local, line("a", "broken", 1) + line("b", "broken", 2) + line("c", "text", 3), directory.path(), options);
    CHECK(told.end == batch_end::too_many_failures);
    CHECK(local.server.counts().creates == 2);

    options.max_failures.clear();
    replicate::model_price price;
    price.per_run = 2;
    options.prices.set("acme/text", price);
    options.max_cost = 3;
    told = run(local, line("d", "text", 1) + line("e", "text", 2) + line("f", "text", 3), directory.path(), options);
    CHECK(told.end == batch_end::cost_reached);
    CHECK(told.cost == 4);
    CHECK(local.server.counts().creates == 4);

    // What the journal knows of earlier runs is counted.
    told = run(local, line("d", "text", 1) + line("e", "text", 2) + line("f", "text", 3), directory.path(), options);
    CHECK(told.end == batch_end::cost_reached);
    CHECK(told.earlier_cost == 4);
    CHECK(local.server.counts().creates == 4);

    options.max_cost.reset();
    options.max_predict_time = 0;
    told = run(local, line("f", "text", 3), directory.path(), options);
    CHECK(told.end == batch_end::cost_reached);
    options.max_predict_time.reset();
    options.concurrency = 8;
    options.creates_per_second = 20;
    auto const began = std::chrono::steady_clock::now();
    CHECK(run(local, line("f", "text", 3) + line("i", "text", 4) + line("j", "text", 5), directory.path(), options).created == 3);
    CHECK(std::chrono::steady_clock::now() - began >= 100ms);
    options.creates_per_second.reset();
    options.concurrency = 1;
    auto journal = std::make_shared<replicate::journal>(directory.path() / "job.db");
    replicate::batch const batch(local.client, rows_of(line("g", "endless", 1) + line("h", "text", 1)), journal, options);
    std::optional<batch_summary> left;
    batch.async_run([&](boost::system::error_code code, batch_summary given) {
        CHECK(!code);
        left = std::move(given);
    });
    CHECK(local.run_until([&] { return batch.summary().created == 1; }));
    CHECK(batch.summary().open == 1);
    batch.stop();
    CHECK(local.run_until([&] { return left.has_value(); }));
    CHECK(left->end == batch_end::stopped);
    CHECK(left->open == 1);
    CHECK(local.server.counts().cancels == 0);
}

TEST_CASE("options that cannot be are refused by name")
{
    local_client local;
    temporary_directory const directory;
    auto const journal = std::make_shared<replicate::journal>(directory.path() / "job.db");
    auto const refused = [&](auto const& change) {
        batch_options options;
        change(options);
        try {
            replicate::batch const one(local.client, rows_of(""), journal, options);
        } catch (replicate::error const& error) {
            return error.diagnostics().detail;
        }
        return std::string();
    };
    CHECK(refused([](batch_options&) {}).empty());
    CHECK(refused([](batch_options& options) { options.concurrency = 0; }).starts_with("concurrency:"));
    CHECK(refused([](batch_options& options) { options.shard = 1; }).starts_with("shard:"));
    CHECK(refused([](batch_options& options) { options.max_failures = "many"; }).starts_with("max_failures:"));
    CHECK(refused([](batch_options& options) { options.max_cost = 1; }).starts_with("max_cost:"));
    CHECK(refused([](batch_options& options) { options.pause = 0s; }).starts_with("pause:"));
    CHECK_THROWS_AS(replicate::batch(local.client, nullptr, journal), replicate::error);
}

TEST_CASE("killed at each step and resumed, a batch creates each row once and has each result once")
{
    for (std::string const step : {"before intent", "after intent", "before created", "after created", "before terminal", "after terminal",
             "before saved", "after saved", "before failed", "after failed", "before rename", "after rename"}) {
        CAPTURE(step);
        survive(10, 2, [&](int number, batch_process*) { return step + " " + std::to_string(1 + 2 * number); });
    }
}

TEST_CASE("killed when a create was carried out and its answer has not come, a batch finds what was created")
{
    replicate::testing::server server;
    add_models(server);
    temporary_directory const directory;
    std::ofstream(directory.path() / "rows.jsonl") << mixed_rows(10);
    for (std::size_t created : {4U, 9U}) {
        server.next_create().never_answer();
        batch_process one(server, directory.path(), "");
        CHECK(server.wait_until([&](auto const& counts) { return counts.creates >= created && counts.faults >= created / 4; }));
        one.kill();
        one.wait();
    }
    batch_process last(server, directory.path(), "");
    CHECK(last.wait());
    check_mixed(server, directory.path(), 10);
}

TEST_CASE("killed in the middle of a download, a batch has the whole file in the end")
{
    replicate::testing::server server;
    add_models(server);
    temporary_directory const directory;
    std::ofstream(directory.path() / "rows.jsonl") << mixed_rows(10);
    replicate::testing::delivery_options cut;
    cut.ranges = false;
    cut.cut_after_bytes = 9'000;
    server.every_delivery(cut);
    {
        batch_process one(server, directory.path(), "");
        asio::io_context nothing_else;
        CHECK(run_until(nothing_else, [&] { return has_part_of_file(directory.path() / "out"); }));
        one.kill();
    }
    server.every_delivery({});
    batch_process last(server, directory.path(), "");
    CHECK(last.wait());
    check_mixed(server, directory.path(), 10);
}

TEST_CASE("a file that comes incomplete is asked for until it is whole, also by the next run; one that is gone is told as lost")
{
    local_client local;
    add_models(local.server);
    temporary_directory const directory;
    replicate::testing::delivery_options cut;
    cut.ranges = false;
    cut.cut_after_bytes = 9'000;
    local.server.every_delivery(cut);
    auto options = options_in(directory.path());
    std::string const rows = line("a", "image", 1) + line("b", "text", 2);
    {
        auto journal = std::make_shared<replicate::journal>(directory.path() / "job.db");
        replicate::batch const batch(local.client, rows_of(rows), journal, options);
        pending<batch_summary> ended;
        batch.async_run(ended.token());
        REQUIRE(local.run_until([&] { return local.server.counts().downloads >= 8; }));
        CHECK_FALSE(ended.done());
        batch.drain();
        REQUIRE(local.run_until([&] { return ended.done(); }));
        CHECK(ended.value().saved == 1);
        CHECK(ended.value().open == 1);
        CHECK(ended.value().files_lost == 0);
    }
    run_out(local.context);
    CHECK(lines_of(options.results).size() == 1);
    SUBCASE("whole")
    {
        local.server.every_delivery({});
        auto const told = run(local, rows, directory.path(), options);
        CHECK(told.saved == 2);
        CHECK(told.files_saved == 1);
        CHECK(lines_of(options.results).at("a").at("files").at(0).at("bytes") == 20'000);
    }
    SUBCASE("gone")
    {
        replicate::testing::delivery_options gone;
        gone.status = 404;
        local.server.every_delivery(gone);
        auto const told = run(local, rows, directory.path(), options);
        CHECK(told.saved == 2);
        CHECK(told.files_lost == 1);
        CHECK(lines_of(options.results).at("a").at("files").at(0).as_object().contains("error"));
    }
    CHECK(local.server.counts().creates == 2);
}

TEST_CASE("killed at any moment and resumed, a batch creates each row once and has each result once")
{
    // REPLICATE_KILL_ROUNDS=60 kills some 300 times.
    char const* const wanted = std::getenv("REPLICATE_KILL_ROUNDS");
    int const rounds = wanted != nullptr ? std::atoi(wanted) : 3;
    std::minstd_rand random(static_cast<unsigned>(rounds));
    for (int round = 0; round < rounds; ++round)
        survive(30, 8, [&](int, batch_process* one) {
            if (one != nullptr) {
                std::this_thread::sleep_for(std::chrono::milliseconds(random() % 200) * slowness);
                one->kill();
            }
            return std::string();
        });
}
