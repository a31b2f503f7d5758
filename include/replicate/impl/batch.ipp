// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_BATCH_IPP
#define REPLICATE_IMPL_BATCH_IPP

#include <replicate/batch.hpp>
#include <replicate/core/batch_lines.hpp>
#include <replicate/impl/batch_look.hpp>
#include <replicate/impl/batch_rows.hpp>
#include <replicate/impl/batch_run.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace replicate::detail {

/// Gives rows to their coroutines.
class batch_feed {
public:
    explicit batch_feed(std::shared_ptr<batch_run> run)
        : run_(std::move(run))
    {
    }

    asio::awaitable<void> go()
    {
        co_await load();
        batch_look look(run_);
        co_await look.go();
        std::size_t at_once = 1;
        for (;;) {
            while (run_->is_full() && !run_->is_draining())
                co_await run_->changed().wait();
            if (run_->is_draining())
                co_return;
            auto const job = std::make_shared<read_entries>(run_->rows(), run_->journal(), at_once);
            co_await run_->perform(job);
            if (job->entries.empty() && job->is_over)
                co_return;
            if (job->entries.empty())
                co_await pause();
            // One at a time where they are new: who writes them may be slow. Many where they are only passed over.
            at_once = 1;
            for (std::size_t i = 0; i < job->entries.size(); ++i) {
                bool const is_passed = take(std::move(job->entries[i]), std::move(job->known[i]));
                at_once = is_passed ? 64 : at_once;
            }
        }
    }

private:
    /// Reads the journal, and brings the files of results to where it knows them.
    asio::awaitable<void> load()
    {
        auto const rows = std::make_shared<std::unordered_map<std::string, known_row>>();
        auto const ends = std::make_shared<std::pair<std::uint64_t, std::uint64_t>>();
        auto question = [rows, ends](batch_journal& journal) {
            *ends = journal.ends();
            journal.for_each([&](batch_record const& each) {
                known_row& row = (*rows)[each.custom_id];
                row.state = each.state;
                row.tries = each.tries;
                if (!is_end(each.state))
                    row.record = std::make_unique<batch_record>(each);
            });
        };
        auto job = std::make_shared<ask_journal>(run_->journal(), std::move(question));
        co_await run_->perform(std::move(job));
        run_->known().swap(*rows);
        run_->output().set_ends(ends->first, ends->second);
        co_await run_->output().open_files();
        if (!run_->options().prices.empty() || run_->options().max_predict_time)
            co_await sum_up();
    }

    /// What the rows have cost that are at their end.
    asio::awaitable<void> sum_up()
    {
        auto const sum = std::make_shared<batch_summary>();
        auto question = [sum, prices = run_->options().prices](batch_journal& journal) {
            journal.for_each_in_order([&](batch_record const& each) {
                if (!each.prediction.empty() && !each.text.empty())
                    sum->add(core::kept_prediction(each.text), prices);
            });
        };
        auto job = std::make_shared<ask_journal>(run_->journal(), std::move(question));
        co_await run_->perform(std::move(job));
        run_->tell([&](batch_summary& told) {
            told.earlier_cost = sum->cost.value_or(0);
            told.earlier_predict_time = sum->predict_time;
        });
        run_->look_at_limits();
    }

    /// There are no rows just now.
    asio::awaitable<void> pause()
    {
        constexpr std::chrono::milliseconds longest{250};
        asio::steady_timer timer(run_->strand(), std::min<std::chrono::steady_clock::duration>(run_->options().pause, longest));
        co_await timer.async_wait(asio::use_awaitable);
    }

    /// True where there is nothing to do for it. `shared`: what a journal that is shared knows of it.
    bool take(batch_entry entry, std::optional<batch_record> shared)
    {
        if (!entry.row)
            return take_fault("line " + std::to_string(entry.fault.line), entry.fault, entry.number);
        std::string const id = entry.row->custom_id;
        if (!core::batch_shard(run_->options().shard, run_->options().shards).has(id))
            return true;
        if (run_->journal()->is_shared())
            return take_shared(std::move(*entry.row), std::move(shared));
        known_row& known = run_->known()[id];
        if (std::exchange(known.is_met, true)) {
            batch_fault fault(entry.row->line, 0, "an earlier row has the same custom_id");
            fault.custom_id = id;
            return take_fault("entry " + std::to_string(entry.number), fault, entry.number);
        }
        bool const is_retried = run_->options().retry_failed;
        core::batch_step step = core::step_of(known.state, is_retried);
        if (step == core::batch_step::reconcile && known.is_absent)
            step = core::batch_step::create;
        if (step == core::batch_step::nothing || step == core::batch_step::reconcile) {
            count_known(known.state, id);
            return true;
        }
        if (known.tries > 1 || known.state == batch_state::failed)
            run_->output().on_tried_again();
        auto work = std::make_shared<batch_work>();
        work->custom_id = id;
        work->number = entry.number;
        work->step = step;
        if (known.record)
            work->known = std::move(*known.record);
        known.record.reset();
        work->row = std::move(entry.row);
        begin(work, run_row(run_, work));
        return false;
    }

    /// It was given to this batch alone; what became of it at others is known.
    bool take_shared(batch_row row, std::optional<batch_record> found)
    {
        auto work = std::make_shared<batch_work>();
        work->custom_id = row.custom_id;
        // Failed rows do not come but where they are to be run again.
        work->step = core::step_of(found ? found->state : batch_state::none, true);
        if (work->step == core::batch_step::nothing)
            return true;
        if (found)
            work->known = std::move(*found);
        work->row = std::move(row);
        begin(work, run_row(run_, work));
        return false;
    }

    /// A control character is in no name of a row.
    bool take_fault(std::string const& place, batch_fault const& fault, std::uint64_t number)
    {
        run_->tell([](batch_summary& told) { ++told.faults; });
        std::string const key = "\x01" + place;
        if (batch_state const state = run_->known()[key].state; is_end(state)) {
            count_known(state, key);
            return true;
        }
        auto work = std::make_shared<batch_work>();
        work->custom_id = key;
        work->number = number;
        begin(work, run_fault(run_, work, core::error_line(fault)));
        return false;
    }

    void begin(std::shared_ptr<batch_work> work, asio::awaitable<void> way)
    {
        run_->on_begun(*work);
        auto const slot = work->signal.slot();
        asio::co_spawn(run_->strand(), std::move(way),
            asio::bind_cancellation_slot(slot, [work = std::move(work), run = run_](std::exception_ptr) {}));
    }

    void count_known(batch_state state, std::string const& id)
    {
        if (state == batch_state::intent)
            run_->on_unknown(id);
        run_->tell([&](batch_summary& told) {
            told.saved += state == batch_state::saved ? 1 : 0;
            told.found_saved += state == batch_state::saved ? 1 : 0;
            told.failed += state == batch_state::failed ? 1 : 0;
            told.found_failed += state == batch_state::failed ? 1 : 0;
        });
    }

    std::shared_ptr<batch_run> run_;
};

inline asio::awaitable<void> feed_batch(std::shared_ptr<batch_run> run)
{
    try {
        batch_feed feed(run);
        co_await feed.go();
    } catch (boost::system::system_error const& ended) {
        if (ended.code() != asio::error::operation_aborted || !run->is_draining())
            run->fail(std::current_exception());
    } catch (...) {
        run->fail(std::current_exception());
    }
    run->on_fed();
}

/// The body of `batch::async_run`.
inline asio::awaitable<batch_summary> batch_body(operation& owner, std::shared_ptr<batch_run> run, call_options options)
{
    check(options);
    if (!run->begin_once())
        throw_invalid_argument("batch", "is run already; a batch is resumed by another one with the same journal");
    run->start_clock();
    auto const slot = run->feed_signal().slot();
    asio::co_spawn(run->strand(), feed_batch(run), asio::bind_cancellation_slot(slot, [run](std::exception_ptr) {}));
    while (!run->is_over()) {
        co_await run->changed().wait();
        if (owner.is_stopped()) {
            run->stop();
            throw error(asio::error::operation_aborted, diagnostics());
        }
    }
    bool const is_well = run->is_well();
    if (is_well)
        co_await run->output().tidy_files();
    batch_summary told = run->finish();
    co_return told;
}

REPLICATE_DECL std::shared_ptr<batch_run> make_batch_run(std::shared_ptr<client_state> state, client const& with,
    std::shared_ptr<batch_source> rows, std::shared_ptr<batch_journal> journal, batch_options options)
{
    return std::make_shared<batch_run>(std::move(state), with, std::move(rows), std::move(journal), std::move(options));
}

REPLICATE_DECL void start_batch(std::shared_ptr<batch_run> run, call_options options, erased_handler<batch_summary> handler)
{
    auto client = run->state();
    auto const timeout = options.timeout.value_or(std::chrono::hours(24 * 366));
    start<batch_summary>(std::move(client), timeout, std::move(handler),
        [&](operation& owner) { return batch_body(owner, std::move(run), options); });
}

REPLICATE_DECL void drain(batch_run& run)
{
    asio::post(run.strand(), [held = run.shared_from_this()] { held->drain(batch_end::drained); });
}

REPLICATE_DECL void stop(batch_run& run)
{
    asio::post(run.strand(), [held = run.shared_from_this()] { held->stop(); });
}

REPLICATE_DECL batch_summary summary_of(batch_run const& run)
{
    return run.summary();
}

} // namespace replicate::detail

#endif
