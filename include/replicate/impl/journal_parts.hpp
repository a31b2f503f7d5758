// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_JOURNAL_PARTS_HPP
#define REPLICATE_IMPL_JOURNAL_PARTS_HPP

#include <replicate/io/file_reader.hpp>
#include <replicate/journal_error.hpp>

#include <sqlite3.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace replicate::detail {

/// That a journal is in use: a lock on a file beside it, which the system takes away when the process ends, in whatever way. Not on the
/// journal itself, whose own locks would go with it.
class journal_lock {
public:
    explicit journal_lock(std::filesystem::path const& journal)
    {
        std::filesystem::path path = journal;
        path += ".lock";
        file_ = io::file_handle(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
        if (file_.number() < 0) {
            std::error_code const reason(errno, std::generic_category());
            throw make_journal_error(errno == ENOSPC ? journal_errc::full : journal_errc::not_writable,
                path.string() + ": " + reason.message());
        }
        if (::flock(file_.number(), LOCK_EX | LOCK_NB) != 0)
            throw make_journal_error(journal_errc::locked,
                journal.string() + " is used by " + owner() + "; wait for its end, or give this batch a journal of its own");
        std::string const number = std::to_string(::getpid());
        // Only for the text above: nothing hangs on it.
        bool const written = ::ftruncate(file_.number(), 0) == 0 && ::pwrite(file_.number(), number.data(), number.size(), 0) > 0;
        static_cast<void>(written);
    }

private:
    std::string owner() const
    {
        std::array<char, 20> digits;
        ssize_t const count = ::pread(file_.number(), digits.data(), digits.size(), 0);
        std::string_view const text(digits.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
        bool const is_number = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
        return is_number ? "the process " + std::string(text) : "another process";
    }

    io::file_handle file_;
};

/// A statement of SQL, prepared once.
class journal_statement {
public:
    journal_statement(sqlite3* database, char const* text)
    {
        if (sqlite3_prepare_v3(database, text, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) != SQLITE_OK)
            statement_ = nullptr;
    }
    journal_statement(journal_statement const&) = delete;
    journal_statement& operator=(journal_statement const&) = delete;
    ~journal_statement() { sqlite3_finalize(statement_); }

    void bind(int place, std::int64_t number) { sqlite3_bind_int64(statement_, place, number); }

    /// The text must live until the statement is reset. Empty: null.
    void bind(int place, std::string_view text)
    {
        if (text.empty())
            sqlite3_bind_null(statement_, place);
        else
            sqlite3_bind_text64(statement_, place, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
    }

    /// The same for bytes.
    void bind_bytes(int place, std::string_view bytes)
    {
        if (bytes.empty())
            sqlite3_bind_null(statement_, place);
        else
            sqlite3_bind_blob64(statement_, place, bytes.data(), bytes.size(), SQLITE_STATIC);
    }

    /// What SQLite answers to one step.
    int step() { return statement_ == nullptr ? SQLITE_ERROR : sqlite3_step(statement_); }

    void reset()
    {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }

    /// A statement without a result. What SQLite answers; SQLITE_DONE for success.
    int run()
    {
        int const answer = step();
        reset();
        return answer;
    }

    bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

    std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }

    std::string text(int column) const
    {
        auto const* const bytes = static_cast<char const*>(sqlite3_column_blob(statement_, column));
        return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
    }

private:
    sqlite3_stmt* statement_ = nullptr;
};

} // namespace replicate::detail

#endif
