// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_SAVE_HPP
#define REPLICATE_DETAIL_SAVE_HPP

#include <replicate/detail/download.hpp>
#include <replicate/detail/start_files.hpp>
#include <replicate/io/part_file.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

namespace replicate::detail {

/// Makes a file under a temporary name.
class create_part_job final : public io::file_job {
public:
    create_part_job(std::filesystem::path path, bool overwrite)
        : path_(std::move(path))
        , overwrite_(overwrite)
    {
    }

    std::shared_ptr<io::part_file> part;

private:
    void work() override { part = std::make_shared<io::part_file>(path_, overwrite_); }

    std::filesystem::path path_;
    bool overwrite_;
};

/// Writes to such a file: clears it first if asked to, appends, and gives it its name if asked to.
class write_part_job final : public io::file_job {
public:
    write_part_job(std::shared_ptr<io::part_file> part, std::string bytes, bool clears, bool commits)
        : part_(std::move(part))
        , bytes_(std::move(bytes))
        , clears_(clears)
        , commits_(commits)
    {
    }

private:
    void work() override
    {
        if (clears_)
            part_->clear();
        part_->write(bytes_);
        if (commits_)
            part_->commit();
    }

    std::shared_ptr<io::part_file> part_;
    std::string bytes_;
    bool clears_;
    bool commits_;
};

/// Saves a file. When it goes out of scope, the temporary file does too.
class part_target final : public download_target {
public:
    explicit part_target(operation& owner)
        : owner_(owner)
    {
    }
    ~part_target() override
    {
        if (part_)
            part_->discard();
    }

    /// Makes the temporary file, or throws.
    asio::awaitable<void> open(std::filesystem::path path, bool overwrite)
    {
        auto const job = std::make_shared<create_part_job>(std::move(path), overwrite);
        co_await off_strand(owner_, job);
        part_ = job->part;
    }

    bool may_begin_anew() const noexcept override { return true; }

    asio::awaitable<void> clear() override
    {
        waiting_.clear();
        clears_ = true;
        co_return;
    }

    asio::awaitable<void> write(std::string bytes) override
    {
        waiting_ += bytes;
        if (waiting_.size() >= enough)
            co_await flush(false);
    }

    /// Gives the file its name.
    asio::awaitable<saved_file> commit()
    {
        co_await flush(true);
        saved_file saved;
        saved.bytes = part_->size();
        saved.sha256 = part_->hash();
        co_return saved;
    }

private:
    // Fewer hand-overs between threads; little enough for many downloads at once.
    static constexpr std::size_t enough = 128 * 1024;

    asio::awaitable<void> flush(bool commits)
    {
        bool const clears = std::exchange(clears_, false);
        auto const job = std::make_shared<write_part_job>(part_, std::move(waiting_), clears, commits);
        waiting_.clear();
        co_await off_strand(owner_, job);
    }

    operation& owner_;
    std::shared_ptr<io::part_file> part_;
    std::string waiting_;
    bool clears_ = false;
};

/// The body of `file_output::async_save`.
inline asio::awaitable<saved_file> save_file_body(
    operation& owner, std::string location, std::filesystem::path path, save_options options)
{
    check_timeout(options.timeout);
    check_location(location);
    part_target target(owner);
    co_await target.open(path, options.overwrite);
    std::string type = co_await fetch_file(owner, std::move(location), target);
    saved_file saved = co_await target.commit();
    saved.path = std::move(path);
    saved.content_type = std::move(type);
    co_return saved;
}

/// Passes a file on to the user, where the user wants it.
class passing_target final : public download_target {
public:
    passing_target(asio::any_io_executor where, file_sink sink)
        : where_(std::move(where))
        , sink_(std::move(sink))
    {
    }

    /// What was passed on cannot be called back.
    bool may_begin_anew() const noexcept override { return false; }

    asio::awaitable<void> clear() override { co_return; }

    asio::awaitable<void> write(std::string bytes) override
    {
        passed_ += bytes.size();
        asio::awaitable<void> taking = sink_(std::move(bytes));
        co_await asio::co_spawn(where_, std::move(taking), asio::use_awaitable);
    }

    /// How many bytes were passed on.
    std::uint64_t passed() const noexcept { return passed_; }

private:
    asio::any_io_executor where_;
    file_sink sink_;
    std::uint64_t passed_ = 0;
};

/// The body of `file_output::async_stream`.
inline asio::awaitable<std::uint64_t> stream_file_body(operation& owner, std::string location, asio::any_io_executor where,
    file_sink sink, download_options options)
{
    check_timeout(options.timeout);
    check_location(location);
    passing_target target(std::move(where), std::move(sink));
    co_await fetch_file(owner, std::move(location), target);
    co_return target.passed();
}

} // namespace replicate::detail

#endif
