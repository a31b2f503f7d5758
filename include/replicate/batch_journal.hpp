// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_BATCH_JOURNAL_HPP
#define REPLICATE_BATCH_JOURNAL_HPP

#include <replicate/batch_state.hpp>
#include <replicate/detail/initiate.hpp>
#include <replicate/detail/start.hpp>
#include <replicate/resource_options.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace replicate {

/// What a journal knows, or is to know, of a row of a batch: one of its states, and what came with it; or, without a row, how long
/// the files of results and errors are. A plain value.
class batch_record {
public:
    /// The row. Empty: none; then `results_end` and `errors_end` alone are recorded.
    std::string custom_id;
    /// Its state.
    batch_state state = batch_state::none;
    /// When it came to it, by the clock of this machine. Precision: a millisecond.
    std::chrono::system_clock::time_point at{};
    /// With `intent`: what is run, `model_ref::str`.
    std::string target;
    /// With `intent`: the input as it is sent, `core::canonical_hash`.
    std::string input_hash;
    /// When the last intent was recorded. Given by a journal; not read from what is recorded.
    std::chrono::system_clock::time_point intended_at{};
    /// How many intents there were. Given by a journal; not read from what is recorded.
    std::uint32_t tries = 0;
    /// Where the row stands in the input, from 0 on. Once it is known it stays.
    std::optional<std::uint64_t> number;
    /// From `created` on: the id of the prediction.
    std::string prediction;
    /// With `terminal`: what is kept of the prediction. With `saved` and `failed`: the line of the results or of the errors. `for_each`
    /// gives it only for those that are `terminal`, so that not all results are in memory at once.
    std::string text;
    /// How long the files of results and errors are with this row's line in them, in bytes; where it was written to one.
    std::optional<std::uint64_t> results_end, errors_end;

    /// Nothing.
    batch_record() = default;

    /// A row in a state.
    batch_record(std::string_view id, batch_state reached, std::chrono::system_clock::time_point when)
        : custom_id(id)
        , state(reached)
        , at(when)
    {
    }
};

/// What a batch remembers of its rows, so that it can be resumed: `replicate::journal`, or one's own. At most one batch uses a journal,
/// but for one that `is_shared`: batches of several processes use that together.
class batch_journal {
public:
    batch_journal() = default;
    batch_journal(batch_journal const&) = delete;
    batch_journal& operator=(batch_journal const&) = delete;
    virtual ~batch_journal() = default;

    /// Records that a row has come to a state, and completes when that is durable, also should the machine lose its power: then, as
    /// `std::monostate`. What is recorded at the same time becomes durable together, in the order of the calls.
    /// Arguments: `[call_options] [diagnostics&] [completion token]`, as for `predictions_resource`; there is nothing in the options
    /// that matters here. Errors: `journal_errc`; then nothing was recorded, and the same can be recorded again.
    /// Cancellation: none. Any thread.
    template<class... Arguments>
        requires detail::call_arguments<std::monostate, call_options, Arguments...>
    auto async_record(batch_record what, Arguments&&... arguments)
    {
        std::vector<batch_record> one;
        one.push_back(std::move(what));
        return async_record(std::move(one), std::forward<Arguments>(arguments)...);
    }

    /// The same for several, in their order: either all of them are recorded, or none.
    template<class... Arguments>
        requires detail::call_arguments<std::monostate, call_options, Arguments...>
    auto async_record(std::vector<batch_record> what, Arguments&&... arguments)
    {
        return detail::initiate<std::monostate, call_options>(
            detail::bind_start<&batch_journal::start_record>(this, std::move(what)), std::forward<Arguments>(arguments)...);
    }

    /// Gives every row that is known to a function, in no particular order. Blocks. Throws `error` with `journal_errc`.
    virtual void for_each(std::function<void(batch_record const&)> const& visit) = 0;

    /// The same with all their texts, in the order of the input. Blocks. Throws as `for_each`.
    virtual void for_each_in_order(std::function<void(batch_record const&)> const& visit) = 0;

    /// The row that a prediction belongs to; nothing where there is none. Blocks. Throws `error` with `journal_errc`.
    virtual std::optional<std::string> owner_of(std::string_view prediction) = 0;

    /// How long the files of results and errors were when the last of their lines was recorded. Blocks. Throws as `for_each`.
    virtual std::pair<std::uint64_t, std::uint64_t> ends() = 0;

    /// Whether several batches use it at the same time, so that what is known of a row is known when it comes from the source, not
    /// before. Then `for_each` gives nothing, and the batch needs `config::gate`. Default: no.
    virtual bool is_shared() const noexcept { return false; }

    /// For a shared one: what is known of a row that its source has just given. Blocks. Throws as `for_each`.
    virtual std::optional<batch_record> find(std::string_view custom_id)
    {
        static_cast<void>(custom_id);
        return std::nullopt;
    }

    /// For a shared one: nobody can tell whether the prediction of this row was created, so nobody is to try. Blocks. Throws as `for_each`.
    virtual void give_up(std::string_view custom_id) { static_cast<void>(custom_id); }

    /// For a shared one: this row waits for another that asks for the same (`journal_errc::busy`), and the place for something else; its source
    /// gives it again, to whoever has a place. Must not block.
    virtual void put_back(std::string_view custom_id) { static_cast<void>(custom_id); }

protected:
    /// Does what `async_record` promises. The handler is called on its own executor; one that has none, on any
    /// thread.
    virtual void record(std::vector<batch_record> what, detail::erased_handler<std::monostate> handler) = 0;

private:
    static void start_record(
        batch_journal* journal, std::vector<batch_record> what, call_options, detail::erased_handler<std::monostate> handler)
    {
        journal->record(std::move(what), std::move(handler));
    }
};

} // namespace replicate

#endif
