// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_JOURNAL_FILE_HPP
#define REPLICATE_IMPL_JOURNAL_FILE_HPP

#include <replicate/batch_journal.hpp>
#include <replicate/impl/journal_parts.hpp>
#include <replicate/journal.hpp>

#include <sqlite3.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::detail {

/// The database of a journal. Every member blocks; used by one thread at a time.
class journal_file {
public:
    journal_file(std::filesystem::path path, journal_options const& options)
        : path_(std::move(path))
        , only_reads_(options.only_reads)
        , database_(nullptr, &sqlite3_close)
    {
        if (!only_reads_)
            lock_.emplace(path_);
        database_.reset(open());
        prepare_database();
        // What is wrong with one of them is told when it is used.
        begin_ = make("BEGIN IMMEDIATE");
        commit_ = make("COMMIT");
        rollback_ = make("ROLLBACK");
        put_ = make("INSERT INTO rows(custom_id, state, at, intended_at, tries, target, input_hash, prediction, text, number)"
                    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT(custom_id) DO UPDATE SET"
                    " state = ?2, at = ?3, tries = tries + ?5, intended_at = coalesce(?4, intended_at), target = coalesce(?6, target),"
                    " input_hash = coalesce(?7, input_hash), prediction = CASE ?5 WHEN 1 THEN NULL ELSE coalesce(?8, prediction) END,"
                    " text = CASE ?5 WHEN 1 THEN NULL ELSE coalesce(?9, text) END, number = coalesce(number, ?10)");
        put_end_ = make("INSERT INTO about(name, value) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET value = ?2");
        check_identity("input", options.input, journal_errc::other_input,
            "give this input a journal of its own, or take the input that the journal is of");
        check_identity("token", options.token, journal_errc::other_token,
            "take the token that the journal was written with, or open it without a fingerprint if both are of one account");
    }

    /// Begins to write. Throws.
    void begin() { require(begin_->run()); }

    /// Writes a row. Throws.
    void put(batch_record const& what)
    {
        if (!what.custom_id.empty())
            put_row(what);
        if (what.results_end)
            keep("results_end", std::to_string(*what.results_end));
        if (what.errors_end)
            keep("errors_end", std::to_string(*what.errors_end));
    }

    /// Keeps a text under a name. Throws.
    void keep(std::string_view name, std::string_view text)
    {
        put_end_->bind(1, name);
        put_end_->bind(2, text);
        require(put_end_->run());
    }

    /// The text that was kept under a name; empty where there is none. Throws.
    std::string about(std::string_view name) const
    {
        auto const question = make("SELECT value FROM about WHERE name = ?1");
        question->bind(1, name);
        int const answer = question->step();
        if (answer == SQLITE_ROW)
            return question->text(0);
        require(answer);
        return {};
    }

    /// Makes durable what was written. Throws.
    void commit() { require(commit_->run()); }

    /// Forgets what was written.
    void rollback() noexcept
    {
        if (sqlite3_get_autocommit(database_.get()) == 0)
            rollback_->run();
    }

    void for_each(std::function<void(batch_record const&)> const& visit)
    {
        visit_all("CASE state WHEN 3 THEN text END", "", visit);
    }

    void for_each_in_order(std::function<void(batch_record const&)> const& visit)
    {
        visit_all("text", has_numbers() ? " ORDER BY number IS NULL, number, rowid" : " ORDER BY rowid", visit);
    }

    std::optional<std::string> owner_of(std::string_view prediction)
    {
        auto const found = make("SELECT custom_id FROM rows WHERE prediction = ?1");
        found->bind(1, prediction);
        int const answer = found->step();
        if (answer == SQLITE_ROW)
            return found->text(0);
        require(answer);
        return std::nullopt;
    }

    std::uint64_t end_of(std::string_view name)
    {
        std::string const text = about(name);
        return text.empty() ? 0 : std::strtoull(text.c_str(), nullptr, 10);
    }

private:
    using statement = std::unique_ptr<journal_statement>;

    void put_row(batch_record const& what)
    {
        bool const is_intent = what.state == batch_state::intent;
        put_->bind(1, what.custom_id);
        put_->bind(2, static_cast<std::int64_t>(what.state));
        put_->bind(3, milliseconds(what.at));
        if (is_intent)
            put_->bind(4, milliseconds(what.at));
        put_->bind(5, std::int64_t(is_intent));
        put_->bind(6, what.target);
        put_->bind_bytes(7, what.input_hash);
        put_->bind(8, what.prediction);
        put_->bind(9, what.text);
        if (what.number)
            put_->bind(10, static_cast<std::int64_t>(*what.number));
        require(put_->run());
    }

    /// A journal of an earlier version that is only read has none.
    bool has_numbers() const { return ask("SELECT count(*) FROM pragma_table_info('rows') WHERE name = 'number'") > 0; }

    void visit_all(std::string const& text, std::string const& order, std::function<void(batch_record const&)> const& visit) const
    {
        std::string const columns = "custom_id, state, at, intended_at, tries, target, input_hash, prediction, " + text;
        auto const all = make(("SELECT " + columns + (has_numbers() ? ", number" : ", NULL") + " FROM rows" + order).c_str());
        int answer = all->step();
        for (; answer == SQLITE_ROW; answer = all->step()) {
            batch_record row(all->text(0), static_cast<batch_state>(all->number(1)), time(all->number(2)));
            row.intended_at = time(all->number(3));
            row.tries = static_cast<std::uint32_t>(all->number(4));
            row.target = all->text(5);
            row.input_hash = all->text(6);
            row.prediction = all->text(7);
            row.text = all->text(8);
            if (!all->is_null(9))
                row.number = static_cast<std::uint64_t>(all->number(9));
            visit(row);
        }
        require(answer);
    }

    /// What makes each version of the tables of the one before. Only ever longer: a journal of any earlier version is brought up to date.
    static constexpr std::array<char const*, 3> versions{
        "CREATE TABLE about(name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL);"
        "CREATE TABLE rows(custom_id TEXT PRIMARY KEY NOT NULL, state INTEGER NOT NULL, at INTEGER NOT NULL,"
        " intended_at INTEGER, tries INTEGER NOT NULL, target TEXT, input_hash BLOB, prediction TEXT, text TEXT)",
        "CREATE INDEX rows_by_prediction ON rows(prediction) WHERE prediction IS NOT NULL",
        "ALTER TABLE rows ADD COLUMN number INTEGER"};

    /// What SQLite files of this kind are known by: "RepJ".
    static constexpr std::int64_t application = 0x5265704a;

    static std::int64_t milliseconds(std::chrono::system_clock::time_point time)
    {
        return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
    }

    static std::chrono::system_clock::time_point time(std::int64_t milliseconds)
    {
        return std::chrono::system_clock::time_point(std::chrono::milliseconds(milliseconds));
    }

    sqlite3* open()
    {
        sqlite3* opened = nullptr;
        int const access = only_reads_ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        int const answer = sqlite3_open_v2(path_.c_str(), &opened, access | SQLITE_OPEN_NOMUTEX, nullptr);
        std::unique_ptr<sqlite3, int (*)(sqlite3*)> holder(opened, &sqlite3_close);
        if (answer != SQLITE_OK)
            refuse(answer, opened);
        sqlite3_extended_result_codes(opened, 1);
        sqlite3_busy_timeout(opened, 10'000); // a reader may be at work
        return holder.release();
    }

    statement make(char const* text) const { return std::make_unique<journal_statement>(database_.get(), text); }

    void execute(std::string const& text) const
    {
        int const answer = sqlite3_exec(database_.get(), text.c_str(), nullptr, nullptr, nullptr);
        if (answer != SQLITE_OK)
            refuse(answer, database_.get());
    }

    std::int64_t ask(char const* text) const
    {
        auto const question = make(text);
        int const answer = question->step();
        if (answer != SQLITE_ROW)
            refuse(sqlite3_errcode(database_.get()), database_.get());
        return question->number(0);
    }

    void prepare_database() const
    {
        std::int64_t const kind = ask("PRAGMA application_id");
        bool const is_new = kind == 0 && ask("SELECT count(*) FROM sqlite_master") == 0;
        if (kind != application && !is_new)
            throw make_journal_error(journal_errc::not_a_journal, path_.string() + " is a database of something else");
        auto const version = ask("PRAGMA user_version");
        if (version > static_cast<std::int64_t>(versions.size()))
            throw make_journal_error(journal_errc::other_version,
                path_.string() + " has version " + std::to_string(version) + ", and " + std::to_string(versions.size())
                    + " is the latest that is known here; resume the batch with the program that has begun it, or a later one");
        if (only_reads_)
            return;
        execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
        for (auto next = static_cast<std::size_t>(version); next < versions.size(); ++next)
            execute("BEGIN IMMEDIATE; PRAGMA application_id = " + std::to_string(application) + "; PRAGMA user_version = "
                + std::to_string(next + 1) + "; " + versions[next] + "; COMMIT");
    }

    void check_identity(std::string_view name, std::string const& given, journal_errc code, std::string const& advice)
    {
        if (given.empty())
            return;
        std::string const known = about(name);
        if (known.empty() && !only_reads_) {
            keep(name, given);
        } else if (known != given) {
            throw make_journal_error(code, path_.string() + ": " + advice);
        }
    }

    void require(int answer) const
    {
        if (answer != SQLITE_DONE)
            refuse(answer, database_.get());
    }

    [[noreturn]] void refuse(int answer, sqlite3* database) const
    {
        int const extended = database == nullptr ? answer : sqlite3_extended_errcode(database);
        std::string const text = path_.string() + ": " + (database == nullptr ? sqlite3_errstr(answer) : sqlite3_errmsg(database));
        switch (answer & 0xff) {
        case SQLITE_FULL: throw make_journal_error(journal_errc::full, text + "; make room for it");
        case SQLITE_NOTADB: throw make_journal_error(journal_errc::not_a_journal, text);
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
        case SQLITE_AUTH:
        case SQLITE_READONLY: throw make_journal_error(journal_errc::not_writable, text);
        case SQLITE_BUSY: throw make_journal_error(journal_errc::locked, text);
        default: break;
        }
        bool const has_no_room = database != nullptr && sqlite3_system_errno(database) == ENOSPC;
        throw make_journal_error(has_no_room ? journal_errc::full : journal_errc::unreadable,
            text + " (" + std::to_string(extended) + ")");
    }

    std::filesystem::path path_;
    bool only_reads_;
    std::optional<journal_lock> lock_;
    std::unique_ptr<sqlite3, int (*)(sqlite3*)> database_;
    statement begin_, commit_, rollback_, put_, put_end_;
};

} // namespace replicate::detail

#endif
