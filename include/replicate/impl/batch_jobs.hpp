// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_BATCH_JOBS_HPP
#define REPLICATE_IMPL_BATCH_JOBS_HPP

#include <replicate/batch_journal.hpp>
#include <replicate/batch_source.hpp>
#include <replicate/error.hpp>
#include <replicate/io/file_reader.hpp>
#include <replicate/io/file_threads.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace replicate::detail {

/// Takes some entries from a source.
class read_entries final : public io::file_job {
public:
    read_entries(std::shared_ptr<batch_source> source, std::shared_ptr<batch_journal> journal, std::size_t at_most)
        : source_(std::move(source))
        , journal_(std::move(journal))
        , at_most_(at_most)
    {
    }

    /// What was read; fewer than were asked for where there is no more now.
    std::vector<batch_entry> entries;
    /// What a journal that is shared knows of each of them.
    std::vector<std::optional<batch_record>> known;
    /// There will be no more.
    bool is_over = false;

private:
    void work() override
    {
        for (std::size_t i = 0; i < at_most_ && !is_stopped(); ++i) {
            auto next = source_->next();
            if (!next) {
                is_over = source_->is_over();
                return;
            }
            entries.push_back(std::move(*next));
            known.emplace_back();
            if (journal_->is_shared() && entries.back().row)
                known.back() = journal_->find(entries.back().row->custom_id);
        }
    }

    std::shared_ptr<batch_source> source_;
    std::shared_ptr<batch_journal> journal_;
    std::size_t at_most_;
};

/// Asks a journal something.
class ask_journal final : public io::file_job {
public:
    ask_journal(std::shared_ptr<batch_journal> journal, std::function<void(batch_journal&)> question)
        : journal_(std::move(journal))
        , question_(std::move(question))
    {
    }

private:
    void work() override { question_(*journal_); }

    std::shared_ptr<batch_journal> journal_;
    std::function<void(batch_journal&)> question_;
};

[[noreturn]] inline void refuse_file(std::filesystem::path const& path)
{
    std::error_code const reason(errno, std::generic_category());
    throw make_error(errc::file_not_writable, path.string() + ": " + reason.message());
}

inline void write_at(io::file_handle const& file, std::filesystem::path const& path, std::uint64_t offset, std::string_view bytes)
{
    auto place = static_cast<::off_t>(offset);
    while (!bytes.empty()) {
        ssize_t const count = ::pwrite(file.number(), bytes.data(), bytes.size(), place);
        if (count < 0 && errno != EINTR)
            refuse_file(path);
        bytes.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
        place += count < 0 ? 0 : count;
    }
}

/// Puts lines at the end of a file, which is where the journal knows it: what stands behind came from a run that was killed before the
/// journal knew of it, and is written again.
class append_lines final : public io::file_job {
public:
    append_lines(std::filesystem::path path, std::uint64_t known_end, std::string text)
        : path_(std::move(path))
        , end_(known_end)
        , text_(std::move(text))
    {
    }

private:
    /// Where the journal knows of nothing, the file may be of another batch, which was paid for too.
    void keep_others() const
    {
        std::error_code ignored;
        if (end_ > 0 || !std::filesystem::exists(path_, ignored) || std::filesystem::file_size(path_, ignored) == 0)
            return;
        std::filesystem::path kept = path_.string() + ".earlier";
        for (int number = 2; std::filesystem::exists(kept, ignored); ++number)
            kept = path_.string() + ".earlier-" + std::to_string(number);
        if (::rename(path_.c_str(), kept.c_str()) != 0)
            refuse_file(path_);
    }

    void work() override
    {
        keep_others();
        io::file_handle const file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
        if (file.number() < 0)
            refuse_file(path_);
        struct ::stat found {};
        if (::fstat(file.number(), &found) != 0)
            refuse_file(path_);
        if (static_cast<std::uint64_t>(found.st_size) < end_)
            throw make_error(errc::file_changed,
                path_.string() + " has " + std::to_string(found.st_size) + " bytes, and the journal knows of " + std::to_string(end_)
                    + "; bring it back, or begin with a new journal");
        if (static_cast<std::uint64_t>(found.st_size) > end_ && ::ftruncate(file.number(), static_cast<::off_t>(end_)) != 0)
            refuse_file(path_);
        write_at(file, path_, end_, text_);
        if (!text_.empty() && ::fdatasync(file.number()) != 0)
            refuse_file(path_);
    }

    std::filesystem::path path_;
    std::uint64_t end_;
    std::string text_;
};

/// Writes the lines of all rows of a state anew, in the order of the input, into the place of a file.
class rewrite_lines final : public io::file_job {
public:
    /// `expected`: how long all of it must be; else the file stays as it is.
    rewrite_lines(std::filesystem::path path, std::shared_ptr<batch_journal> journal, batch_state state,
        std::optional<std::uint64_t> expected)
        : path_(std::move(path))
        , journal_(std::move(journal))
        , state_(state)
        , expected_(expected)
    {
    }

    bool is_written = false;
    std::uint64_t size = 0;

private:
    void work() override
    {
        std::filesystem::path part = path_;
        part += ".part";
        bool const is_whole = write(part);
        if (!is_whole || (expected_ && size != *expected_)) {
            ::unlink(part.c_str());
            return;
        }
        if (::rename(part.c_str(), path_.c_str()) != 0)
            refuse_file(path_);
        // The journal is told the new length next, and must not know it before the disk does.
        std::filesystem::path const directory = path_.has_parent_path() ? path_.parent_path() : std::filesystem::path(".");
        io::file_handle const opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (opened.number() >= 0)
            ::fsync(opened.number());
        is_written = true;
    }

    /// False where a line is not there as it was written, as in journals of earlier versions.
    bool write(std::filesystem::path const& part)
    {
        constexpr std::size_t at_once = 1 << 20;
        io::file_handle const file(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
        if (file.number() < 0)
            refuse_file(part);
        std::string lines;
        bool is_whole = true;
        journal_->for_each_in_order([&](batch_record const& row) {
            if (row.state != state_)
                return;
            is_whole = is_whole && row.text.ends_with('\n');
            lines += row.text;
            if (lines.size() >= at_once)
                put(file, part, lines);
        });
        put(file, part, lines);
        if (::fdatasync(file.number()) != 0)
            refuse_file(part);
        return is_whole;
    }

    void put(io::file_handle const& file, std::filesystem::path const& part, std::string& lines)
    {
        write_at(file, part, size, lines);
        size += lines.size();
        lines.clear();
    }

    std::filesystem::path path_;
    std::shared_ptr<batch_journal> journal_;
    batch_state state_;
    std::optional<std::uint64_t> expected_;
};

/// Makes the directory of a row, without what a download that was killed has left there.
class make_directory final : public io::file_job {
public:
    explicit make_directory(std::filesystem::path path)
        : path_(std::move(path))
    {
    }

private:
    void work() override
    {
        std::error_code failed;
        std::filesystem::create_directories(path_, failed);
        if (failed)
            throw make_error(errc::file_not_writable, path_.string() + ": " + failed.message());
        std::vector<std::filesystem::path> stale;
        for (auto const& entry : std::filesystem::directory_iterator(path_, failed)) {
            std::string const name = entry.path().filename().string();
            if (name.starts_with(".replicate-") && name.ends_with(".part"))
                stale.push_back(entry.path());
        }
        for (auto const& each : stale)
            std::filesystem::remove(each, failed);
    }

    std::filesystem::path path_;
};

} // namespace replicate::detail

#endif
