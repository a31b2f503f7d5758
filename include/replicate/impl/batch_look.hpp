// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_BATCH_LOOK_HPP
#define REPLICATE_IMPL_BATCH_LOOK_HPP

#include <replicate/core/batch_reconciliation.hpp>
#include <replicate/impl/batch_run.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace replicate::detail {

/// Finds out which of the predictions were created whose intents alone are in the journal. Before anything is created, so that what is
/// found can only be theirs; where the journal is shared, one row at a time, while no other that asks for the same is created.
class batch_look {
public:
    explicit batch_look(std::shared_ptr<batch_run> run)
        : run_(std::move(run))
    {
    }

    asio::awaitable<void> go()
    {
        std::vector<core::intended_row> rows = intended();
        if (rows.empty())
            co_return;
        // A create may have left long after its intent, and until the moment at which the run before was killed, which may be now.
        last_ = system::now();
        core::batch_reconciliation decisions(std::move(rows), ahead_, margin);
        co_await decide(decisions);
        co_await carry_out(decisions);
    }

    /// The same for one row, which was another's until now. Its state stays as it is.
    asio::awaitable<core::intent_verdict> go_for(batch_record known)
    {
        std::vector<core::intended_row> rows;
        rows.emplace_back(known.custom_id, core::target_of_text(known.target), known.input_hash, known.intended_at);
        first_ = known.intended_at;
        // Until now the other one may have been at it, by its clock.
        last_ = system::now();
        core::batch_reconciliation decisions(std::move(rows), ahead_, margin);
        co_await decide(decisions);
        core::intent_verdict verdict = decisions.verdicts().front();
        co_return verdict;
    }

private:
    using system = std::chrono::system_clock;

    asio::awaitable<void> decide(core::batch_reconciliation& decisions)
    {
        co_await wait_for_the_last();
        page<prediction> first = co_await front();
        decisions.set_ahead(ahead_, margin);
        bool const whole = co_await read(decisions, std::move(first));
        co_await ask(decisions);
        decisions.settle(whole);
    }

    static constexpr std::chrono::seconds margin{10};
    static constexpr std::chrono::minutes tolerance{5};
    static constexpr std::size_t most_pages = 500;

    std::vector<core::intended_row> intended()
    {
        std::vector<core::intended_row> rows;
        for (auto const& [id, row] : run_->known())
            if (row.state == batch_state::intent) {
                batch_record const& known = *row.record;
                rows.emplace_back(id, core::target_of_text(known.target), known.input_hash, known.intended_at);
                first_ = rows.size() == 1 ? known.intended_at : std::min(first_, known.intended_at);
            }
        return rows;
    }

    /// What was on its way when the batch was killed is carried out until then, or never.
    asio::awaitable<void> wait_for_the_last()
    {
        auto const settle = run_->options().settle;
        auto const passed = std::max<std::chrono::steady_clock::duration>(system::now() - last_, settle.zero());
        if (passed >= settle)
            co_return;
        auto const seconds = std::chrono::ceil<std::chrono::seconds>(settle - passed).count();
        run_->tell([&](batch_summary& told) {
            told.pause = "what was on its way when the batch was left may still be carried out for " + std::to_string(seconds)
                + " s; then it is looked for";
        });
        asio::steady_timer timer(run_->strand(), settle - passed);
        co_await timer.async_wait(asio::use_awaitable);
        run_->tell([](batch_summary& told) { told.pause.clear(); });
    }

    /// The first page, from a little before the first intent on; and what time it is at the service.
    asio::awaitable<page<prediction>> front()
    {
        prediction_list_options options;
        options.created_after = first_ - tolerance;
        page<prediction> read = co_await run_->api().predictions().async_list(options);
        if (read.meta().server_date)
            ahead_ = *read.meta().server_date - system::now();
        if (ahead_ < -tolerance + 2 * margin) {
            options.created_after = first_ + ahead_ - tolerance;
            read = co_await run_->api().predictions().async_list(options);
        }
        co_return read;
    }

    /// Reads the list. True where it was read as far as it can hold what is looked for.
    asio::awaitable<bool> read(core::batch_reconciliation& decisions, page<prediction> current)
    {
        for (std::size_t pages = 0; pages < most_pages; ++pages) {
            bool reached_the_end = current.next.empty();
            std::vector<core::listed_prediction> listed;
            for (prediction const& each : current.results) {
                reached_the_end = reached_the_end || (each.created_at && *each.created_at < decisions.begin());
                listed.push_back(core::listed_prediction::from(each.raw()));
            }
            co_await take(decisions, std::move(listed));
            if (reached_the_end)
                co_return true;
            prediction_list_options options;
            options.page = current.next;
            current = co_await run_->api().predictions().async_list(options);
        }
        co_return false;
    }

    /// Those that belong to no row yet.
    asio::awaitable<void> take(core::batch_reconciliation& decisions, std::vector<core::listed_prediction> listed)
    {
        auto const owned = std::make_shared<std::vector<bool>>();
        std::vector<std::string> ids;
        for (core::listed_prediction const& each : listed)
            ids.push_back(each.id);
        auto question = [owned, ids = std::move(ids)](batch_journal& journal) {
            for (std::string const& id : ids)
                owned->push_back(journal.owner_of(id).has_value());
        };
        auto job = std::make_shared<ask_journal>(run_->journal(), std::move(question));
        co_await run_->perform(std::move(job));
        for (std::size_t i = 0; i < listed.size(); ++i)
            if (!(*owned)[i])
                decisions.on_listed(std::move(listed[i]));
    }

    asio::awaitable<void> ask(core::batch_reconciliation& decisions)
    {
        std::vector<std::string> const ids = decisions.questions();
        for (std::string const& id : ids) {
            try {
                prediction const told = co_await run_->api().predictions().async_get(id);
                decisions.on_asked(core::listed_prediction::from(told.raw()));
            } catch (error const& refused) {
                if (refused.code() != condition::not_found)
                    throw;
            }
        }
    }

    asio::awaitable<void> carry_out(core::batch_reconciliation& decisions)
    {
        std::vector<batch_record> found;
        for (std::size_t i = 0; i < decisions.rows().size(); ++i) {
            known_row& row = run_->known().at(decisions.rows()[i].custom_id);
            core::intent_verdict const& verdict = decisions.verdicts()[i];
            row.is_absent = verdict.outcome == core::intent_outcome::absent;
            row.is_unknown = verdict.outcome == core::intent_outcome::unknown;
            if (verdict.outcome != core::intent_outcome::created)
                continue;
            row.state = batch_state::created;
            row.record->prediction = verdict.id;
            found.emplace_back(decisions.rows()[i].custom_id, batch_state::created, system::now());
            found.back().prediction = verdict.id;
        }
        if (!found.empty())
            co_await run_->record(std::move(found));
    }

    std::shared_ptr<batch_run> run_;
    system::time_point first_{}, last_{};
    system::duration ahead_{};
};

} // namespace replicate::detail

#endif
