// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_BATCH_SAVE_HPP
#define REPLICATE_IMPL_BATCH_SAVE_HPP

#include <replicate/core/batch_lines.hpp>
#include <replicate/core/batch_names.hpp>
#include <replicate/impl/batch_remedy.hpp>
#include <replicate/impl/batch_run.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace replicate::detail {

/// Saves the files of a row's output. Lives in the frame of a coroutine.
class batch_save {
public:
    batch_save(std::shared_ptr<batch_run> run, std::string custom_id)
        : run_(std::move(run))
        , custom_id_(std::move(custom_id))
    {
    }

    /// Does it, and adds what is told of each. False where the row is left before.
    asio::awaitable<bool> go(prediction ended, json::array& told)
    {
        auto const latest = latest_download(ended);
        output const reached = run_->api().output_of(std::move(ended));
        std::vector<file_output> const files = reached.files();
        std::filesystem::path const directory = run_->options().files / core::directory_name(custom_id_);
        while (!files.empty()) {
            try {
                co_await run_->perform(std::make_shared<make_directory>(directory));
                break;
            } catch (error const& refused) {
                keep(refused);
            }
            co_await run_->rest(std::move(reason_));
        }
        for (std::size_t i = 0; i < files.size() && !is_left_; ++i) {
            json::object entry = co_await save_file(files[i], directory / (std::to_string(i) + "-" + files[i].name()), latest);
            told.push_back(std::move(entry));
        }
        co_return !is_left_;
    }

private:
    /// The service keeps the files for an hour after the end, by its own clock.
    static std::chrono::system_clock::time_point latest_download(prediction const& ended)
    {
        auto const now = std::chrono::system_clock::now();
        return std::max(now + std::chrono::minutes(5), ended.completed_at.value_or(now) + std::chrono::minutes(65));
    }

    /// Saves one file; gives what is told of it, where the row is not left. As long as the service keeps it, what may pass is waited for.
    asio::awaitable<json::object> save_file(file_output file, std::filesystem::path path, std::chrono::system_clock::time_point latest)
    {
        save_options options;
        options.overwrite = true; // it may be there from a run that was killed before it could say so
        json::object entry;
        for (batch_run::clock::duration pause = run_->options().pause; entry.empty() && !is_left_;) {
            try {
                saved_file const saved = co_await file.async_save(path, options);
                entry = core::file_entry(saved);
                run_->tell([](batch_summary& told) { ++told.files_saved; });
                break;
            } catch (error const& refused) {
                keep(refused);
            }
            if (code_ == asio::error::operation_aborted)
                throw error(code_, diagnostics());
            batch_remedy const remedy = remedy_of_download(code_);
            // A host of files may not know yet what the service has just told, or for a moment not any more.
            bool const is_refusal = code_ == condition::not_found || code_ == condition::authentication;
            bool const may_pass = remedy == batch_remedy::rest || code_ == condition::protocol || (is_refusal && ++refusals_ < most_refusals);
            if (!may_pass || std::chrono::system_clock::now() > latest) {
                entry = core::file_entry(file.url(), reason_);
                run_->tell([](batch_summary& told) { ++told.files_lost; });
            } else if (remedy == batch_remedy::rest) {
                co_await run_->rest(std::move(reason_));
            } else {
                // The next run of the batch goes on with it, too.
                bool const goes_on = co_await run_->wait_until(batch_run::clock::now() + pause);
                is_left_ = !goes_on;
                pause = std::min<batch_run::clock::duration>(2 * pause, std::chrono::minutes(5));
            }
        }
        co_return entry;
    }

    static constexpr int most_refusals = 4;

    void keep(error const& refused)
    {
        code_ = refused.code();
        reason_ = refused.what();
    }

    std::shared_ptr<batch_run> run_;
    std::string custom_id_;
    int refusals_ = 0;
    boost::system::error_code code_;
    std::string reason_;
    bool is_left_ = false;
};

} // namespace replicate::detail

#endif
