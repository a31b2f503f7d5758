// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/journal.hpp>

#include "support/small_disk.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
using replicate::batch_journal;
using replicate::batch_record;
using replicate::batch_state;
using replicate::journal;
using replicate::journal_errc;
using replicate::journal_options;
using replicate::tests::small_disk;
using replicate::tests::temporary_directory;

std::chrono::system_clock::time_point at(int seconds)
{
    return std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000 + seconds));
}

batch_record intent(std::string const& id, int seconds = 0)
{
    batch_record made(id, batch_state::intent, at(seconds));
    made.target = "acme/model";
    made.input_hash = std::string(31, 'h') + '\0';
    return made;
}

batch_record created(std::string const& id, std::string const& prediction)
{
    batch_record made(id, batch_state::created, at(1));
    made.prediction = prediction;
    return made;
}

/// Records, and waits for it.
boost::system::error_code put(batch_journal& into, batch_record what)
{
    asio::io_context context;
    boost::system::error_code result = journal_errc::unreadable;
    into.async_record(std::move(what),
        asio::bind_executor(context, [&](boost::system::error_code code, std::monostate) { result = code; }));
    context.run();
    return result;
}

std::map<std::string, batch_record> rows(batch_journal& of)
{
    std::map<std::string, batch_record> found;
    of.for_each([&](batch_record const& row) { found.emplace(row.custom_id, row); });
    return found;
}

boost::system::error_code opening(std::filesystem::path const& path, journal_options const& options = journal_options())
{
    try {
        journal const one(path, options);
        return {};
    } catch (replicate::error const& refused) {
        CHECK(std::string(refused.what()).find(path.filename().string()) != std::string::npos);
        CHECK(refused.code() == replicate::condition::local_file);
        return refused.code();
    }
}

void execute(std::filesystem::path const& path, char const* sql)
{
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
    REQUIRE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
}

asio::awaitable<void> record_many(journal& into, std::atomic<int>& next, int end)
{
    while (next < end) {
        batch_record what = intent("row-" + std::to_string(next++));
        co_await into.async_record(std::move(what));
    }
}

} // namespace

TEST_CASE("a journal keeps what rows have come to")
{
    temporary_directory const directory;
    auto const path = directory.path() / "job.db";
    {
        journal one(path);
        CHECK(rows(one).empty());
        CHECK(one.ends() == std::make_pair<std::uint64_t, std::uint64_t>(0, 0));
        CHECK(!put(one, intent("a")));
        CHECK(!put(one, created("a", "p1")));
        CHECK(!put(one, intent("b", 5)));
        CHECK(!put(one, intent("b", 9)));
        batch_record ended("c", batch_state::terminal, at(3));
        ended.text = "{\"x\":\"\xc3\xa4\"}";
        CHECK(!put(one, ended));
        batch_record saved("d", batch_state::saved, at(4));
        saved.text = "not to be kept in memory";
        saved.results_end = 77;
        CHECK(!put(one, saved));
    }
    journal again(path);
    auto const found = rows(again);
    REQUIRE(found.size() == 4);
    batch_record const& first = found.at("a");
    CHECK(first.state == batch_state::created);
    CHECK(first.at == at(1));
    CHECK(first.intended_at == at(0));
    CHECK(first.target == "acme/model");
    CHECK(first.input_hash == std::string(31, 'h') + '\0');
    CHECK(first.prediction == "p1");
    CHECK(first.tries == 1);
    CHECK(found.at("b").tries == 2);
    CHECK(found.at("b").intended_at == at(9));
    CHECK(found.at("c").text == "{\"x\":\"\xc3\xa4\"}");
    CHECK(found.at("d").text.empty());
    CHECK(again.ends() == std::make_pair<std::uint64_t, std::uint64_t>(77, 0));
    batch_record ends;
    ends.errors_end = 5;
    CHECK(!put(again, ends));
    CHECK(again.ends() == std::make_pair<std::uint64_t, std::uint64_t>(77, 5));
    CHECK(rows(again).size() == 4);
    CHECK(again.owner_of("p1") == "a");
    CHECK(!again.owner_of("p2"));
}

TEST_CASE("a journal gives its rows in the order of the input, and can be read while it is used")
{
    temporary_directory const directory;
    auto const path = directory.path() / "job.db";
    journal one(path);
    for (int i = 0; i < 5; ++i) {
        batch_record saved("row-" + std::to_string(i), batch_state::saved, at(i));
        saved.text = "line " + std::to_string(i);
        if (i != 1)
            saved.number = static_cast<std::uint64_t>(10 - i);
        CHECK(!put(one, saved));
    }
    one.keep_note("colour", "green");
    one.keep_note("colour", "blue");

    journal_options options;
    options.only_reads = true;
    journal reader(path, options);
    std::vector<std::string> seen;
    reader.for_each_in_order([&](batch_record const& row) {
        CHECK(row.text == "line " + row.custom_id.substr(4));
        seen.push_back(row.custom_id);
    });
    CHECK(seen == std::vector<std::string>{"row-4", "row-3", "row-2", "row-0", "row-1"});
    CHECK(reader.note("colour") == "blue");
    CHECK(reader.note("taste").empty());
    CHECK(put(reader, intent("x")) == journal_errc::not_writable);
    CHECK(opening(directory.path() / "missing.db", options) == journal_errc::not_writable);
    CHECK(!std::filesystem::exists(directory.path() / "missing.db"));
}

TEST_CASE("a further intent forgets the prediction and the result of the one before")
{
    temporary_directory const directory;
    journal one(directory.path() / "job.db");
    put(one, intent("a"));
    put(one, created("a", "p1"));
    batch_record failed("a", batch_state::failed, at(2));
    failed.text = "{}";
    put(one, failed);
    put(one, intent("a", 7));
    batch_record const found = rows(one).at("a");
    CHECK(found.prediction.empty());
    CHECK(found.text.empty());
    CHECK(!one.owner_of("p1"));
}

TEST_CASE("one journal is for one at a time")
{
    temporary_directory const directory;
    auto const path = directory.path() / "job.db";
    {
        journal const one(path);
        CHECK(opening(path) == journal_errc::locked);
        try {
            journal const second(path);
        } catch (replicate::error const& refused) {
            CHECK(refused.diagnostics().detail.find("used by the process " + std::to_string(::getpid())) != std::string::npos);
        }
        ::pid_t const child = ::fork();
        if (child == 0) {
            int code = 1;
            try {
                journal const second(path);
            } catch (replicate::error const& refused) {
                code = refused.code() == journal_errc::locked ? 0 : 2;
            }
            ::_exit(code);
        }
        int status = -1;
        ::waitpid(child, &status, 0);
        CHECK(WEXITSTATUS(status) == 0);
    }
    CHECK(!opening(path));
}

TEST_CASE("a journal is of one input and of one token")
{
    temporary_directory const directory;
    auto const path = directory.path() / "job.db";
    journal_options options;
    options.input = "one";
    options.token = replicate::token_fingerprint("r8_secret");
    CHECK(!opening(path, options));
    CHECK(!opening(path, options));
    CHECK(!opening(path));
    options.input = "other";
    CHECK(opening(path, options) == journal_errc::other_input);
    options.input = "one";
    options.token = replicate::token_fingerprint("r8_another");
    CHECK(opening(path, options) == journal_errc::other_token);
    CHECK(replicate::tests::bytes_of(path).find("r8_secret") == std::string::npos);
}

TEST_CASE("what is no journal, or of a later version, is refused and left alone")
{
    temporary_directory const directory;
    std::string const text(10'000, 'x');
    auto const plain = directory.write("plain.db", text);
    CHECK(opening(plain) == journal_errc::not_a_journal);
    CHECK(replicate::tests::bytes_of(plain) == text);
    auto const foreign = directory.path() / "foreign.db";
    execute(foreign, "CREATE TABLE rows(x)");
    CHECK(opening(foreign) == journal_errc::not_a_journal);
    auto const later = directory.path() / "later.db";
    CHECK(!opening(later));
    execute(later, "PRAGMA user_version = 99");
    CHECK(opening(later) == journal_errc::other_version);
    CHECK(opening(directory.path() / "missing" / "job.db") == journal_errc::not_writable);
    CHECK(opening(directory.path() / ".") == journal_errc::not_writable);
}

TEST_CASE("a journal of an earlier version is brought up to date, and keeps its rows")
{
    temporary_directory const directory;
    auto const path = directory.path() / "job.db";
    execute(path, "CREATE TABLE about(name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL);"
                  "CREATE TABLE rows(custom_id TEXT PRIMARY KEY NOT NULL, state INTEGER NOT NULL, at INTEGER NOT NULL,"
                  " intended_at INTEGER, tries INTEGER NOT NULL, target TEXT, input_hash BLOB, prediction TEXT, text TEXT);"
                  "INSERT INTO rows VALUES('old', 2, 1, 1, 1, 'a/b', NULL, 'p', NULL);"
                  "PRAGMA application_id = 1382379594; PRAGMA user_version = 1");
    {
        journal one(path);
        CHECK(one.owner_of("p") == "old");
        CHECK(!put(one, intent("new")));
    }
    execute(path, "DROP INDEX rows_by_prediction"); // fails where it was not made
    CHECK(!opening(path));
}

TEST_CASE("what waits at the same time is written together")
{
    temporary_directory const directory;
    journal one(directory.path() / "job.db");
    asio::io_context context;
    std::atomic<int> next = 0;
    for (int i = 0; i < 100; ++i)
        asio::co_spawn(context, record_many(one, next, 2'000), asio::detached);
    context.run();
    CHECK(rows(one).size() >= 2'000);
    CHECK(one.commits() < 1'000);
}

TEST_CASE("what was said to be durable is there after a kill at any moment")
{
    for (int round = 0; round < 5; ++round) {
        temporary_directory const directory;
        auto const path = directory.path() / "job.db";
        int pipes[2];
        REQUIRE(::pipe(pipes) == 0);
        ::pid_t const child = ::fork();
        if (child == 0) {
            journal one(path);
            asio::io_context context;
            int last = 0;
            // Tells each number when its row is durable, in their order.
            auto const record = [&](auto const& self) -> void {
                one.async_record(intent("row-" + std::to_string(++last)),
                    asio::bind_executor(context, [&, self](boost::system::error_code code, std::monostate) {
                        int const number = code ? -1 : last;
                        if (::write(pipes[1], &number, sizeof(number)) == sizeof(number))
                            self(self);
                    }));
            };
            record(record);
            context.run();
            ::_exit(0);
        }
        ::close(pipes[1]);
        int told = 0, number = 0;
        int const limit = 20 + 37 * round;
        while (::read(pipes[0], &number, sizeof(number)) == sizeof(number)) {
            REQUIRE(number == told + 1);
            told = number;
            if (told == limit)
                ::kill(child, SIGKILL);
        }
        ::close(pipes[0]);
        ::waitpid(child, nullptr, 0);
        journal again(path);
        auto const found = rows(again);
        CHECK(static_cast<int>(found.size()) >= told);
        CHECK(static_cast<int>(found.size()) <= told + 1);
        for (int i = 1; i <= told; ++i)
            CHECK(found.contains("row-" + std::to_string(i)));
    }
}

TEST_CASE("a full disk is told, loses nothing, and is over when there is room again")
{
    temporary_directory const directory;
    small_disk const disk(directory.path(), "size=400k");
    if (!disk.is_there()) {
        MESSAGE("skipped: no permission to mount");
        return;
    }
    auto const path = directory.path() / "job.db";
    journal one(path);
    auto const ballast = directory.write("ballast", std::string(150'000, 'x'));
    int durable = 0;
    boost::system::error_code code;
    while (!code && durable < 10'000) {
        batch_record what = intent("row-" + std::to_string(durable));
        what.target = std::string(500, 't');
        code = put(one, what);
        durable += code ? 0 : 1;
    }
    CHECK(code == journal_errc::full);
    CHECK(static_cast<int>(rows(one).size()) == durable);
    std::filesystem::remove(ballast);
    CHECK(!put(one, intent("late")));
    CHECK(static_cast<int>(rows(one).size()) == durable + 1);
}

TEST_CASE("a journal on what is mounted read-only is told so")
{
    temporary_directory const directory;
    small_disk const disk(directory.path(), "size=1m");
    if (!disk.is_there()) {
        MESSAGE("skipped: no permission to mount");
        return;
    }
    REQUIRE(::mount("tmpfs", directory.path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) == 0);
    CHECK(opening(directory.path() / "job.db") == journal_errc::not_writable);
}
