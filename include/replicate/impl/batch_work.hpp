// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_BATCH_WORK_HPP
#define REPLICATE_IMPL_BATCH_WORK_HPP

#include <replicate/batch_journal.hpp>
#include <replicate/batch_row.hpp>
#include <replicate/core/batch_steps.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace replicate::detail {

/// A row at work.
class batch_work {
public:
    std::string custom_id;
    /// Where it stands in the input.
    std::uint64_t number = 0;
    std::optional<batch_row> row;
    core::batch_step step = core::batch_step::create;
    /// As the journal has it: the state, the id, what was kept of the prediction.
    batch_record known;
    asio::cancellation_signal signal;

    batch_work() = default;
};

/// A line that is to be written, with what is then recorded.
class batch_line {
public:
    std::string text;
    bool is_error = false;
    batch_record record;
    bool done = false;

    batch_line() = default;
};

/// What is remembered of a row of the journal.
class known_row {
public:
    batch_state state = batch_state::none;
    /// Of it nothing was created, or that cannot be known; as far as that was looked at.
    bool is_absent = false, is_unknown = false;
    /// It was met in the input of this run.
    bool is_met = false;
    /// How often its prediction was about to be created.
    std::uint32_t tries = 0;
    /// All of it, for those that are not at their end.
    std::unique_ptr<batch_record> record;

    known_row() = default;
};

} // namespace replicate::detail

#endif
