// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_BATCH_ROWS_HPP
#define REPLICATE_IMPL_BATCH_ROWS_HPP

#include <replicate/core/batch_lines.hpp>
#include <replicate/core/batch_reconciliation.hpp>
#include <replicate/core/canonical_json.hpp>
#include <replicate/impl/batch_look.hpp>
#include <replicate/impl/batch_remedy.hpp>
#include <replicate/impl/batch_run.hpp>
#include <replicate/impl/batch_save.hpp>
#include <replicate/journal_error.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace replicate::detail {

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
        for (;;) {
            if (work_->step == core::batch_step::reconcile)
                co_await find_out();
            if (work_->step == core::batch_step::create)
                co_await create();
            if (work_->step != core::batch_step::reconcile)
                break;
        }
        if (work_->step == core::batch_step::nothing)
            co_return is_at_end_;
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
        co_await run_->output().write(std::move(line));
        is_at_end_ = true;
        run_->count(false);
    }

private:
    /// Looks whether the prediction of a row that was another's was created.
    asio::awaitable<void> find_out()
    {
        core::intent_verdict verdict;
        bool is_known = false;
        while (!is_known) {
            bool const may_create = co_await run_->turn();
            if (!may_create) {
                work_->step = core::batch_step::nothing;
                co_return;
            }
            try {
                batch_look look(run_);
                verdict = co_await look.go_for(work_->known);
                is_known = true;
            } catch (error const& refused) {
                keep(refused);
            }
            if (is_known)
                break;
            // Nothing is said of the row because the list cannot be read.
            if (remedy_of(code_) != batch_remedy::rest)
                throw error(code_, told_);
            co_await run_->rest(std::move(reason_));
        }
        switch (verdict.outcome) {
        case core::intent_outcome::absent: work_->step = core::batch_step::create; break;
        case core::intent_outcome::unknown: co_await give_up(); break;
        case core::intent_outcome::created: co_await on_created(std::move(verdict.id)); break;
        }
    }

    /// Nobody can tell whether it was created.
    asio::awaitable<void> give_up()
    {
        work_->step = core::batch_step::nothing;
        is_at_end_ = true;
        run_->on_unknown(work_->custom_id);
        if (!run_->journal()->is_shared())
            co_return;
        auto question = [id = work_->custom_id](batch_journal& journal) { journal.give_up(id); };
        auto job = std::make_shared<ask_journal>(run_->journal(), std::move(question));
        co_await run_->perform(std::move(job));
    }

    /// Its prediction exists.
    asio::awaitable<void> on_created(std::string id)
    {
        work_->known.prediction = std::move(id);
        batch_record created = record_of(batch_state::created);
        created.prediction = work_->known.prediction;
        bool is_others = false;
        try {
            co_await run_->record(std::move(created));
        } catch (error const& refused) {
            if (refused.code() != journal_errc::other_row)
                throw;
            is_others = true;
        }
        work_->step = is_others ? core::batch_step::reconcile : core::batch_step::wait;
    }

    /// Records that it is about to be created. False where that is to be tried again.
    asio::awaitable<bool> intend()
    {
        batch_record intent = record_of(batch_state::intent);
        intent.target = work_->known.target = core::target_text(work_->row->target);
        intent.input_hash = work_->known.input_hash = core::canonical_hash(work_->row->values.object());
        work_->known.custom_id = work_->custom_id;
        work_->known.intended_at = intent.at;
        try {
            co_await run_->record(std::move(intent));
            work_->known.prediction.clear();
            co_return true;
        } catch (error const& refused) {
            if (refused.code() != journal_errc::busy)
                throw;
        }
        asio::steady_timer timer(run_->strand(), std::chrono::milliseconds(20));
        co_await timer.async_wait(asio::use_awaitable);
        co_return false;
    }

    /// Creates the prediction.
    asio::awaitable<void> create()
    {
        bool const sent = co_await send_files();
        while (sent) {
            bool const may_create = co_await run_->turn();
            if (!may_create)
                break;
            bool const is_due = co_await run_->pace();
            if (!is_due)
                break;
            bool const is_intended = co_await intend();
            if (!is_intended && ++busy_ >= most_busy) {
                // What it waits for may be a row in doubt that waits for a place.
                run_->journal()->put_back(work_->custom_id);
                is_at_end_ = true;
                break;
            }
            if (!is_intended)
                continue;
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
                co_await on_created(std::move(id));
                co_return;
            }
            bool const again = co_await recover(remedy_of(code_));
            if (!again)
                break;
        }
        work_->step = core::batch_step::nothing;
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

    /// Saves the files and writes the result, unless the row is left before.
    asio::awaitable<void> save(prediction ended)
    {
        json::array files;
        bool is_left = false;
        if (!run_->options().files.empty()) {
            run_->on_download(true);
            try {
                batch_save saving(run_, work_->custom_id);
                bool const is_whole = co_await saving.go(ended, files);
                is_left = !is_whole;
            } catch (...) {
                run_->on_download(false);
                throw;
            }
            run_->on_download(false);
        }
        if (is_left)
            co_return;
        batch_line line;
        line.text = core::result_line(work_->custom_id, ended, std::move(files));
        line.record = record_of(batch_state::saved);
        line.record.text = line.text;
        co_await run_->output().write(std::move(line));
        is_at_end_ = true;
        run_->count(true);
    }

    void keep(error const& refused)
    {
        code_ = refused.code();
        told_ = refused.diagnostics();
        reason_ = refused.what();
    }

    /// Does what the last failure asks for. True where it is to be tried again.
    asio::awaitable<bool> recover(batch_remedy remedy)
    {
        // Not the row's fault: this batch may not go on.
        if (code_ == journal_errc::taken)
            throw error(code_, told_);
        switch (remedy) {
        case batch_remedy::rest: co_await run_->rest(std::move(reason_)); break;
        case batch_remedy::end: run_->drain(batch_end::unauthorized); break;
        case batch_remedy::unknown: co_await give_up(); break;
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
    diagnostics told_;
    std::string reason_;
    static constexpr int most_busy = 25;
    int busy_ = 0;
    bool is_at_end_ = false;
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
