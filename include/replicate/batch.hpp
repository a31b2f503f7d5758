// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_BATCH_HPP
#define REPLICATE_BATCH_HPP

#include <replicate/batch_journal.hpp>
#include <replicate/batch_options.hpp>
#include <replicate/batch_source.hpp>
#include <replicate/batch_summary.hpp>
#include <replicate/client.hpp>
#include <replicate/detail/config.hpp>

#include <memory>
#include <utility>

namespace replicate {

namespace detail {

class batch_run;

std::shared_ptr<batch_run> make_batch_run(std::shared_ptr<client_state> state, client const& with,
    std::shared_ptr<batch_source> rows, std::shared_ptr<batch_journal> journal, batch_options options);
void start_batch(std::shared_ptr<batch_run> run, call_options options, erased_handler<batch_summary> handler);
void drain(batch_run& run);
void stop(batch_run& run);
batch_summary summary_of(batch_run const& run);

} // namespace detail

/// Many predictions whose results and files are to be had once each, whatever happens meanwhile: `<replicate/batch.hpp>`.
///
///     auto rows = std::make_shared<replicate::jsonl_source>(stream);
///     auto journal = std::make_shared<replicate::journal>("job.db");
///     replicate::batch batch(client, rows, journal);
///     auto summary = co_await batch.async_run();
///
/// What is done for each row is in the journal before it is done: that a prediction is about to be created, its id, its end. A batch that
/// was killed is resumed by the same program with the same journal: predictions that exist are waited for; those of which it is not
/// known are looked for in the list of predictions, and created only where nothing there can be of the row; what is at its end stays
/// as it is. So no row is paid for twice. What cannot be known stays as it is, and is named in `batch_summary::unknown_rows`.
///
/// Where nothing can be created or kept for a while (no credit, no room on the disk, no connection) it waits, and
/// `batch_summary::pause` says why. Where the token is not taken any more it ends.
///
/// A handle: copies are the same batch. Any thread may use it. It must not outlive its execution context.
class batch {
public:
    /// A batch that creates with a client. Nothing is read or done yet. Throws `error` of `errc::invalid_argument` for options that cannot
    /// be, and for null pointers.
    batch(client const& with, std::shared_ptr<batch_source> rows, std::shared_ptr<batch_journal> journal,
        batch_options options = batch_options())
        : run_(detail::make_batch_run(with.state_, with, std::move(rows), std::move(journal), std::move(options)))
    {
    }

    /// Runs it to its end, and gives what it came to. Once for each batch. Arguments: `[call_options] [diagnostics&] [completion token]`,
    /// as for `predictions_resource`; the timeout is a year by default.
    /// Errors: those of the journal (`journal_errc`) but for a full disk; `errc::file_changed` where the file of results is shorter than
    /// the journal knows it, and cannot be written anew from what it holds; of the list of predictions, where it has to be looked at; what the source throws. What was at work then has
    /// ended, and the batch can be resumed.
    /// Cancellation: terminal and partial; as `stop`, but that the call ends at once.
    template<class... Arguments>
        requires detail::call_arguments<batch_summary, call_options, Arguments...>
    auto async_run(Arguments&&... arguments) const
    {
        return detail::initiate<batch_summary, call_options>(
            detail::bind_start<&detail::start_batch>(run_), std::forward<Arguments>(arguments)...);
    }

    /// Creates nothing more; what is at work comes to its end. Returns at once.
    void drain() const { detail::drain(*run_); }

    /// Leaves all as it is: what is at work at the service goes on there, and is waited for when the batch is resumed. Returns at once.
    void stop() const { detail::stop(*run_); }

    /// How far it has come.
    batch_summary summary() const { return detail::summary_of(*run_); }

private:
    std::shared_ptr<detail::batch_run> run_;
};

} // namespace replicate

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/batch.ipp>
#endif

#endif
