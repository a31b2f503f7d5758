// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_BATCH_OUTPUT_HPP
#define REPLICATE_IMPL_BATCH_OUTPUT_HPP

#include <replicate/impl/batch_ground.hpp>
#include <replicate/impl/batch_jobs.hpp>

#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace replicate::detail {

/// The files of results and errors.
class batch_output {
public:
    explicit batch_output(batch_ground& ground)
        : ground_(ground)
    {
    }

    /// Writes a line and records it. Lines that wait at the same time are written together, by the first of those who wait.
    asio::awaitable<void> write(batch_line what)
    {
        // Who waits may be stopped while another one writes.
        auto const line = std::make_shared<batch_line>(std::move(what));
        lines_.push_back(line);
        while (is_writing_ && !line->done && !write_failure_)
            co_await ground_.changed().wait();
        if (write_failure_)
            std::rethrow_exception(write_failure_);
        if (line->done)
            co_return;
        is_writing_ = true;
        try {
            while (!lines_.empty())
                co_await write_group();
        } catch (...) {
            write_failure_ = std::current_exception();
            ground_.changed().notify();
            throw;
        }
        is_writing_ = false;
        ground_.changed().notify();
    }

    void set_ends(std::uint64_t results, std::uint64_t errors)
    {
        results_end_ = results;
        errors_end_ = errors;
    }

    /// Makes the files of results, and cuts off what the journal does not know of. What is missing in them is written anew.
    asio::awaitable<void> open_files()
    {
        co_await open_file(ground_.options().results, batch_state::saved, results_end_);
        co_await open_file(ground_.options().errors, batch_state::failed, errors_end_);
    }

    /// Puts the files of results in order, as far as that was asked for: what has failed once and not again is no error any more.
    asio::awaitable<void> tidy_files()
    {
        if (ground_.options().ordered)
            co_await tidy(batch_state::saved, results_end_);
        if (is_tried_again_)
            co_await tidy(batch_state::failed, std::nullopt);
    }

    /// A row was run before, and may stand among the errors though it has not failed.
    void on_tried_again() { is_tried_again_ = true; }

private:
    asio::awaitable<void> open_file(std::filesystem::path path, batch_state lines, std::uint64_t end)
    {
        std::exception_ptr shorter;
        try {
            co_await ground_.perform(std::make_shared<append_lines>(path, end, std::string()));
        } catch (error const& refused) {
            if (refused.code() != errc::file_changed)
                throw;
            shorter = std::current_exception();
        }
        if (!shorter)
            co_return;
        std::optional<std::uint64_t> expected;
        if (lines == batch_state::saved)
            expected = end;
        bool const rewritten = co_await rewrite(lines, expected);
        if (!rewritten)
            std::rethrow_exception(shorter);
    }

    std::shared_ptr<rewrite_lines> rewriting(batch_state lines, std::optional<std::uint64_t> expected) const
    {
        auto const& path = lines == batch_state::saved ? ground_.options().results : ground_.options().errors;
        return std::make_shared<rewrite_lines>(path, ground_.journal(), lines, expected);
    }

    /// Writes a file of results or errors anew, in the order of the input, if it comes to the size that is expected. Not where several
    /// machines share the journal: it does not give the lines of this one's files.
    asio::awaitable<bool> rewrite(batch_state lines, std::optional<std::uint64_t> expected)
    {
        if (ground_.journal()->is_shared())
            co_return false;
        auto const job = rewriting(lines, expected);
        co_await ground_.perform(job);
        if (job->is_written && lines == batch_state::failed) {
            errors_end_ = job->size;
            batch_record ends;
            ends.errors_end = errors_end_;
            co_await ground_.record(std::move(ends));
        }
        co_return job->is_written;
    }

    /// The same, waiting for room where there is none.
    asio::awaitable<void> tidy(batch_state lines, std::optional<std::uint64_t> expected)
    {
        while (!ground_.is_stopping()) {
            std::string reason;
            try {
                co_await rewrite(lines, expected);
                co_return;
            } catch (error const& refused) {
                if (refused.code() != errc::file_not_writable)
                    throw;
                reason = refused.what();
            }
            co_await ground_.rest(std::move(reason));
        }
    }

    asio::awaitable<void> write_group()
    {
        std::vector<std::shared_ptr<batch_line>> const group = std::exchange(lines_, std::vector<std::shared_ptr<batch_line>>());
        std::string results, errors;
        std::vector<batch_record> records;
        for (auto const& each : group) {
            std::string& text = each->is_error ? errors : results;
            text += each->text;
            (each->is_error ? each->record.errors_end : each->record.results_end) =
                (each->is_error ? errors_end_ : results_end_) + text.size();
            records.push_back(each->record);
        }
        if (!results.empty())
            co_await append(ground_.options().results, results_end_, results);
        if (!errors.empty())
            co_await append(ground_.options().errors, errors_end_, errors);
        co_await ground_.record(std::move(records));
        results_end_ += results.size();
        errors_end_ += errors.size();
        for (auto const& each : group)
            each->done = true;
        ground_.changed().notify();
    }

    asio::awaitable<void> append(std::filesystem::path path, std::uint64_t end, std::string text)
    {
        for (;;) {
            std::string reason;
            try {
                co_await ground_.perform(std::make_shared<append_lines>(path, end, text));
                co_return;
            } catch (error const& refused) {
                if (refused.code() != errc::file_not_writable)
                    throw;
                reason = refused.what();
            }
            co_await ground_.rest(std::move(reason));
        }
    }

    batch_ground& ground_;
    std::vector<std::shared_ptr<batch_line>> lines_;
    std::exception_ptr write_failure_;
    std::uint64_t results_end_ = 0, errors_end_ = 0;
    bool is_writing_ = false, is_tried_again_ = false;
};

} // namespace replicate::detail

#endif
