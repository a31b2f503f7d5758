// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_BATCH_ROW_HPP
#define REPLICATE_BATCH_ROW_HPP

#include <replicate/identifier.hpp>
#include <replicate/input.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace replicate {

/// One prediction of a batch: what to run, on what, under which name.
class batch_row {
public:
    /// Its name, chosen by who made the batch; no two rows of a batch have the same.
    std::string custom_id;
    /// The model, its version or a deployment.
    model_ref target;
    /// Its input; files of this machine in it are sent when the row is run.
    input values;
    /// The line of the batch's input that it stands in, from 1 on; 0 for no line.
    std::uint64_t line = 0;

    /// A row.
    batch_row(std::string id, model_ref model, input with)
        : custom_id(std::move(id))
        , target(std::move(model))
        , values(std::move(with))
    {
    }
};

/// Why something in a batch's input is no row, and where.
class batch_fault {
public:
    /// The line, from 1 on; 0 for no line.
    std::uint64_t line = 0;
    /// The letter within the line, from 1 on; 0 where the fault is in no particular place of it.
    std::uint64_t column = 0;
    /// The name of the row, where it could be read.
    std::string custom_id;
    /// What is wrong, and what would be right. Empty: nothing.
    std::string reason;

    /// No fault.
    batch_fault() = default;

    /// A fault at a place.
    batch_fault(std::uint64_t at_line, std::uint64_t at_column, std::string why)
        : line(at_line)
        , column(at_column)
        , reason(std::move(why))
    {
    }

    /// It in words: `line 3, column 17: ...`.
    std::string text() const
    {
        std::string words;
        if (line > 0)
            words = "line " + std::to_string(line) + (column > 0 ? ", column " + std::to_string(column) : "") + ": ";
        return words + (custom_id.empty() ? "" : detail::quoted(custom_id) + ": ") + reason;
    }
};

/// What comes next of a batch's input: a row, or a fault in the place of one.
class batch_entry {
public:
    /// Where it stands in the input, from 0 on, faults counted too.
    std::uint64_t number = 0;
    /// The row; empty where there is a fault.
    std::optional<batch_row> row;
    /// Why there is no row.
    batch_fault fault;

    /// A row.
    explicit batch_entry(batch_row read)
        : row(std::move(read))
    {
    }

    /// A fault.
    explicit batch_entry(batch_fault found)
        : fault(std::move(found))
    {
    }
};

} // namespace replicate

#endif
