// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_EXAMPLES_BATCH_SETTINGS_HPP
#define REPLICATE_EXAMPLES_BATCH_SETTINGS_HPP

#include <replicate/batch_summary.hpp>
#include <replicate/create_gate.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace batch_program {

/// How the program ends. The numbers are documented: they stay.
enum class exit_code {
    all_saved = 0,
    failure = 1,
    wrong_use = 2,
    some_failed = 3,
    some_unknown = 4,
    interrupted = 5,
    limit_reached = 6,
    token_refused = 7,
    journal_refused = 8,
    not_writable = 9,
    redis_away = 10
};

/// Ends the program with a text.
class program_end : public std::runtime_error {
public:
    program_end(exit_code with, std::string const& text)
        : std::runtime_error(text)
        , code(with)
    {
    }

    exit_code code;
};

enum class progress_kind { bar, plain, json, none };

/// What the command line says.
class settings {
public:
    /// `batch report JOURNAL`: the journal; empty for all else.
    std::string journal;
    /// Where the report of it goes.
    std::string report = "report.html";

    /// The input: a file, `-`, or empty.
    std::string input;
    std::string format = "auto";
    std::string model;
    std::vector<std::string> set, map;
    std::string files_from;
    bool ignores_files = false;

    std::string out = "batch-out";
    bool resumes = false, retries_failed = false, is_strict = false, is_ordered = false, is_dry_run = false, is_local = false;
    bool skips_report = false, has_other_token = false;
    std::string max_failures, prices_file;
    std::optional<double> max_predict_time, max_cost, rps;
    std::optional<std::chrono::seconds> cancel_after;
    std::size_t concurrency = 64;
    std::uint32_t shard = 0, shards = 1;
    progress_kind progress = progress_kind::plain;
    double interval = 0;
    std::chrono::milliseconds pause{30'000}, settle{60'000}, poll{500};
    int demonstration_rows = 1'000;

    /// Where the rows and the rate of several machines stand; empty where there is one machine. The name of this worker, and how long it may
    /// be silent.
    std::string submit, worker, worker_name;
    std::chrono::milliseconds lease{30'000};
    /// Where the processes of this machine hold a rate together; empty for none.
    std::string limit_file;

    /// The command line as it was typed.
    std::vector<std::string> words;

    /// Without an input there is nothing to pay for: the program shows what it does.
    bool is_demonstration = false;

    /// Where all that is written goes; each part of a batch has a place of its own.
    std::filesystem::path directory() const
    {
        std::filesystem::path const path = out;
        return shards == 1 ? path : path / ("shard-" + std::to_string(shard) + "-of-" + std::to_string(shards));
    }
};

/// Reads the command line. Nothing where the program is to go on, else what it ends with.
std::optional<exit_code> read_command_line(int count, char** words, settings& into);

/// What a batch that came to this ends with.
exit_code exit_code_of(replicate::batch_summary const& told);

/// Throws `program_end` where a line of the input is no row, or a file of one is missing.
void check_all_rows(std::filesystem::path const& input, settings const& wanted);

/// `batch`. Throws `program_end`.
exit_code run_batch(settings const& wanted);

/// `batch --submit` and `batch --worker`. Throws `program_end`.
exit_code run_shared(settings const& wanted);

/// What several processes hold together by `--rps`.
replicate::shared_rate shared_rate_of(settings const& wanted);

/// `batch --dry-run`. Throws `program_end`.
exit_code try_batch(settings const& wanted);

/// `batch report`: writes the page. Throws `program_end`.
exit_code write_report(std::filesystem::path const& journal, std::filesystem::path const& page);

} // namespace batch_program

#endif
