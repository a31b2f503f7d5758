// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_BATCH_ROWS_HPP
#define REPLICATE_IMPL_BATCH_ROWS_HPP

#include <replicate/core/batch_lines.hpp>
#include <replicate/core/batch_reconciliation.hpp>
#include <replicate/core/canonical_json.hpp>
#include <replicate/impl/batch_run.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace replicate::detail {

/// What is done about a failure.
enum class batch_remedy {
    /// It is tried again after a while.
    rest,
    /// The batch ends: the token is not taken any more.
    end,
    /// Nobody can say whether it was created.
    unknown,
    /// The row has failed.
    fail,
    /// The row is left.
    leave
};

inline batch_remedy remedy_of(boost::system::error_code code)
{
    if (code == asio::error::operation_aborted)
        return batch_remedy::leave;
    if (code == condition::outcome_unknown)
        return batch_remedy::unknown;
    if (code == condition::authentication)
        return batch_remedy::end;
    bool const passes = code == condition::insufficient_credit || code == condition::connection || code == condition::timeout
        || code == condition::server_error || code == condition::rate_limited || code == condition::tls;
    return passes ? batch_remedy::rest : batch_remedy::fail;
}

/// The same where what exists, and is paid for, was waited for: only what cannot become otherwise ends that.
inline batch_remedy remedy_of_wait(boost::system::error_code code)
{
    batch_remedy const remedy = remedy_of(code);
    bool const is_final = code == condition::not_found || code == errc::body_too_large || code == errc::header_too_large
        || code == errc::nested_too_deeply;
    return remedy == batch_remedy::fail && !is_final ? batch_remedy::rest : remedy;
}

/// The same where a file of an output could not be had. One that comes incomplete may be the only one, so that the batch goes on meanwhile.
inline batch_remedy remedy_of_download(boost::system::error_code code)
{
    if (code == condition::authentication)
        return batch_remedy::fail; // it is not ours to have, or not any more
    return code == errc::file_not_writable ? batch_remedy::rest : remedy_of(code);
}

/// A row's way. Lives in the frame of its coroutine.
class batch_way {
public:
    batch_way(std::shared_ptr<batch_run> run, std::shared_ptr<batch_work> work)
        : run_(std::move(run))
        , work_(std::move(work))
    {
    }

    /// Goes it. False where the row is left before its end.
    asio::awaitable<bool> go()
    {
        if (work_->step == core::batch_step::create) {
            bool const created = co_await create();
            if (!created)
                co_return is_at_end_;
        }
        std::optional<prediction> ended;
        if (work_->step == core::batch_step::save)
            ended = core::kept_prediction(work_->known.text);
        else
            ended = co_await wait();
        if (!ended)
            co_return is_at_end_;
        co_await save(std::move(*ended));
        co_return is_at_end_;
    }

    /// Writes that the row has failed.
    asio::awaitable<void> fail(std::string text)
    {
        batch_line line;
        line.record = record_of(batch_state::failed);
        line.record.text = text;
        line.text = std::move(text);
        line.is_error = true;
        co_await run_->output().write(line);
        is_at_end_ = true;
        run_->count(false);
    }

private:
    /// Creates the prediction. False where there is none.
    asio::awaitable<bool> create()
    {
        bool const sent = co_await send_files();
        while (sent) {
            bool const may_create = co_await run_->turn();
            if (!may_create)
                co_return false;
            bool const is_due = co_await run_->pace();
            if (!is_due)
                co_return false;
            batch_record intent = record_of(batch_state::intent);
            intent.target = core::target_text(work_->row->target);
            intent.input_hash = core::canonical_hash(work_->row->values.object());
            co_await run_->record(std::move(intent));
            work_->known.prediction.clear();
            std::string id;
            try {
                prediction const made = co_await run_->api().predictions().async_create(
                    work_->row->target, work_->row->values, options_of_create());
                id = made.id;
            } catch (error const& refused) {
                keep(refused);
            }
            if (!id.empty()) {
                run_->tell([](batch_summary& told) { ++told.created; });
                work_->known.prediction = std::move(id);
                batch_record created = record_of(batch_state::created);
                created.prediction = work_->known.prediction;
                co_await run_->record(std::move(created));
                co_return true;
            }
            bool const again = co_await recover(remedy_of(code_));
            if (!again)
                co_return false;
        }
        co_return false;
    }

    create_options options_of_create() const
    {
        create_options made;
        made.timeout = std::chrono::hours(24);
        made.cancel_after = run_->options().cancel_after;
        // What a stopped batch has created is waited for by the next run.
        made.on_cancel = on_cancel::detach;
        made.priority = priority::batch;
        return made;
    }

    /// Sends the files of the input, so that the input is as the service will have it. False where the row has failed or is left.
    asio::awaitable<bool> send_files()
    {
        while (!work_->row->values.files().empty()) {
            bool const may_create = co_await run_->turn();
            if (!may_create)
                co_return false;
            placed_file const next = work_->row->values.files().front();
            std::string url;
            try {
                uploaded_file const sent = co_await run_->api().files().async_create(next.source);
                url = sent.url;
            } catch (error const& refused) {
                keep(refused);
            }
            if (!url.empty()) {
                work_->row->values.resolve_file(next.place, url);
                continue;
            }
            bool const again = co_await recover(remedy_of(code_));
            if (!again)
                co_return false;
        }
        co_return true;
    }

    /// Waits for the end. Nothing where the row has failed or is left.
    asio::awaitable<std::optional<prediction>> wait()
    {
        std::optional<prediction> ended;
        while (!ended) {
            try {
                wait_options options;
                options.timeout = std::chrono::hours(24 * 300);
                options.first_poll_interval = run_->options().first_poll_interval;
                options.maximum_poll_interval = run_->options().maximum_poll_interval;
                ended = co_await run_->api().predictions().async_wait(work_->known.prediction, options);
            } catch (error const& refused) {
                keep(refused);
            }
            if (ended)
                break;
            bool const again = co_await recover(remedy_of_wait(code_));
            if (!again)
                co_return ended;
        }
        run_->tell([&](batch_summary& told) { told.add(*ended, run_->options().prices); });
        std::string const reason = why_no_result(*ended);
        if (!reason.empty()) {
            co_await fail(core::error_line(work_->custom_id, reason, &*ended));
            ended.reset();
            co_return ended;
        }
        batch_record terminal = record_of(batch_state::terminal);
        terminal.text = core::kept_text(*ended);
        co_await run_->record(std::move(terminal));
        co_return ended;
    }

    static std::string why_no_result(prediction const& ended)
    {
        if (ended.status != prediction_status::succeeded)
            return ended.error.empty() ? "the prediction has ended as " + ended.status_text : ended.error;
        if (ended.data_removed && ended.output().is_null())
            return "the service has removed its output, as it does an hour after the end; it was paid for";
        return {};
    }

    /// Saves the files and writes the result, unless the row is left before.
    asio::awaitable<void> save(prediction ended)
    {
        json::array files;
        if (!run_->options().files.empty()) {
            run_->on_download(true);
            try {
                co_await save_files(ended, files);
            } catch (...) {
                run_->on_download(false);
                throw;
            }
            run_->on_download(false);
        }
        if (is_left_)
            co_return;
        batch_line line;
        line.text = core::result_line(work_->custom_id, ended, std::move(files));
        line.record = record_of(batch_state::saved);
        line.record.text = line.text;
        co_await run_->output().write(line);
        is_at_end_ = true;
        run_->count(true);
    }

    asio::awaitable<void> save_files(prediction ended, json::array& told)
    {
        auto const latest = latest_download(ended);
        output const reached = run_->api().output_of(std::move(ended));
        std::vector<file_output> const files = reached.files();
        std::filesystem::path const directory = run_->options().files / core::directory_name(work_->custom_id);
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
    }

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
            bool const may_pass = remedy == batch_remedy::rest || code_ == condition::protocol;
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

    void keep(error const& refused)
    {
        code_ = refused.code();
        reason_ = refused.what();
    }

    /// Does what the last failure asks for. True where it is to be tried again.
    asio::awaitable<bool> recover(batch_remedy remedy)
    {
        switch (remedy) {
        case batch_remedy::rest: co_await run_->rest(std::move(reason_)); break;
        case batch_remedy::end: run_->drain(batch_end::unauthorized); break;
        case batch_remedy::unknown:
            run_->on_unknown(work_->custom_id);
            is_at_end_ = true;
            break;
        case batch_remedy::fail: co_await fail(core::error_line(work_->custom_id, reason_, known_prediction().get())); break;
        case batch_remedy::leave: break;
        }
        co_return remedy == batch_remedy::rest && !run_->is_stopping();
    }

    /// No more than the id of what was created; null where nothing was.
    std::unique_ptr<prediction> known_prediction() const
    {
        if (work_->known.prediction.empty())
            return nullptr;
        return std::make_unique<prediction>(prediction::from_json(json::object{{"id", work_->known.prediction}}));
    }

    batch_record record_of(batch_state state) const
    {
        batch_record made(work_->custom_id, state, std::chrono::system_clock::now());
        made.number = work_->number;
        return made;
    }

    std::shared_ptr<batch_run> run_;
    std::shared_ptr<batch_work> work_;
    boost::system::error_code code_;
    std::string reason_;
    bool is_at_end_ = false, is_left_ = false;
};

/// The coroutine of a row.
inline asio::awaitable<void> run_row(std::shared_ptr<batch_run> run, std::shared_ptr<batch_work> work)
{
    bool is_at_end = false;
    try {
        batch_way way(run, work);
        is_at_end = co_await way.go();
    } catch (boost::system::system_error const& ended) {
        if (ended.code() != asio::error::operation_aborted || !run->is_stopping())
            run->fail(std::current_exception());
    } catch (...) {
        run->fail(std::current_exception());
    }
    run->on_ended(*work, !is_at_end);
}

/// The coroutine of what is no row: it is told once, whatever happens.
inline asio::awaitable<void> run_fault(std::shared_ptr<batch_run> run, std::shared_ptr<batch_work> work, std::string text)
{
    bool is_told = false;
    try {
        batch_way way(run, work);
        co_await way.fail(std::move(text));
        is_told = true;
    } catch (...) {
        run->fail(std::current_exception());
    }
    run->on_ended(*work, !is_told);
}

} // namespace replicate::detail

#endif
