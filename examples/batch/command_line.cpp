// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// The command line. A file of its own, because CLI11 takes the compiler a while.

#include "settings.hpp"

#include <replicate/core/failure_limit.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace batch_program {

namespace {

constexpr char const* about = R"(Runs a file of predictions. Each row is paid for once, and its result and files are there once, however
often the program is killed and started again.

  batch rows.jsonl                    {"custom_id": "a", "model": "owner/name", "input": {"prompt": "...", "image": "@photo.jpg"}}
  batch rows.csv --model owner/name --map text=prompt --set seed=7
  zcat rows.jsonl.gz | batch - --out job
  batch rows.jsonl --dry-run          checks all rows, tells what would be asked for, and creates nothing
  batch --resume --out job            goes on
  batch report job/job.db             writes the page again
  batch rows.jsonl --submit redis://10.0.0.5?job=night
  batch --worker redis://10.0.0.5?job=night --rps 10
                                      one of several machines that share the rows and the rate
  batch                               without a token: 1,000 rows against a local server, which costs nothing

--out DIR gets results.jsonl, errors.jsonl, files/ (the files of the outputs), job.db (the journal) and report.html.)";

constexpr char const* after = R"(A line of the input has custom_id, one of model, version and deployment, and input; lines of OpenAI's batches are taken too.
In an input "@path" stands for a file, "@@" for a text that begins with "@".

Prices, as JSON: {"owner/name": {"per_second": 0.000725}, "other/name": {"per_run": 0.04}, "*": {"per_output_token": 2e-6}}

Ctrl-C once: nothing more is created, and what is open comes to its end. Twice, or SIGTERM: leaves at once; what is open goes on at
the service, and --resume waits for it. Where there is no credit, no room on the disk or no connection it waits, and says so.

Exit codes
  0  all rows have results                        5  left early (Ctrl-C, SIGTERM); --resume goes on
  1  something went wrong                         6  stopped at --max-failures, --max-cost or --max-predict-time
  2  wrong options, no token, no input            7  the service does not take the token
  3  at the end; some rows failed, or were none   8  the journal: in use, of another input, another token, a later version
  4  at the end; some rows are unknown: they may  9  something cannot be written
     have been paid for, and were not repeated

 10  the Redis cannot be reached

Environment: REPLICATE_API_TOKEN, REPLICATE_BASE_URL, HTTPS_PROXY, NO_PROXY, NO_COLOR; with --shard auto JOB_COMPLETION_INDEX and
JOB_COMPLETIONS (Kubernetes), or SLURM_ARRAY_TASK_ID, SLURM_ARRAY_TASK_MIN and SLURM_ARRAY_TASK_COUNT.)";

std::optional<std::uint32_t> number_in(char const* name)
{
    char const* const text = std::getenv(name);
    std::string_view const digits = text == nullptr ? std::string_view() : text;
    std::uint32_t number = 0;
    auto const [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.empty() || code != std::errc() || end != digits.data() + digits.size())
        return std::nullopt;
    return number;
}

std::pair<std::uint32_t, std::uint32_t> shard_of_environment()
{
    auto const index = number_in("JOB_COMPLETION_INDEX"), count = number_in("JOB_COMPLETIONS");
    if (index && count)
        return {*index, *count};
    auto const task = number_in("SLURM_ARRAY_TASK_ID"), first = number_in("SLURM_ARRAY_TASK_MIN"),
               tasks = number_in("SLURM_ARRAY_TASK_COUNT");
    if (task && tasks)
        return {*task - first.value_or(0), *tasks};
    throw CLI::ValidationError("--shard auto", "needs JOB_COMPLETION_INDEX and JOB_COMPLETIONS, or SLURM_ARRAY_TASK_ID and "
                                               "SLURM_ARRAY_TASK_COUNT, in the environment");
}

void read_shard(std::string const& text, settings& into)
{
    if (text.empty())
        return;
    std::pair<std::uint32_t, std::uint32_t> read(0, 0);
    if (text == "auto") {
        read = shard_of_environment();
    } else {
        char const* const end = text.data() + text.size();
        auto const first = std::from_chars(text.data(), end, read.first);
        bool const is_split = first.ec == std::errc() && first.ptr != end && *first.ptr == '/';
        auto const second = std::from_chars(is_split ? first.ptr + 1 : end, end, read.second);
        if (second.ec != std::errc() || second.ptr != end)
            throw CLI::ValidationError("--shard", "'" + text + "' is neither auto nor like 0/4");
    }
    if (read.first >= read.second)
        throw CLI::ValidationError("--shard", "the parts of " + std::to_string(read.second) + " are 0 to the last before that, not "
                                                  + std::to_string(read.first));
    into.shard = read.first;
    into.shards = read.second;
}

/// Seconds, from `90`, `90s`, `15m` or `2h`.
double seconds_of(std::string const& option, std::string text)
{
    double unit = 1;
    if (!text.empty() && std::isalpha(static_cast<unsigned char>(text.back())) != 0) {
        unit = text.back() == 's' ? 1 : text.back() == 'm' ? 60 : text.back() == 'h' ? 3600 : 0;
        text.pop_back();
    }
    double number = 0;
    auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc() || end != text.data() + text.size() || unit == 0 || !(number >= 0) || number > 1e9)
        throw CLI::ValidationError(option, "'" + text + "' is no time such as 90s, 15m or 2h");
    return unit * number;
}

/// What is read as text and means something else.
class raw_texts {
public:
    std::string lease, shard, cancel_after, max_predict_time, progress, pause, settle, poll;
};

/// A check that the help does not tell: the text beside it does.
CLI::Validator unnamed(CLI::Validator check)
{
    check.description("");
    return check;
}

void add_input_options(CLI::App& app, settings& into)
{
    app.add_option("INPUT", into.input, "A file of JSONL or CSV; - for the standard input, which is kept in --out first")->type_name("");
    app.add_option("--format", into.format, "jsonl, csv or tsv; default: by the name of the file")
        ->check(unnamed(CLI::IsMember({"auto", "jsonl", "csv", "tsv"})))->type_name("FORMAT")->group("Input");
    app.add_option("--model", into.model, "What rows are run on that name no model")->type_name("OWNER/NAME")->group("Input");
    app.add_option("--map", into.map, "Into which member of the input a column of CSV goes; FIELD:text keeps a number as text")
        ->expected(1)->take_all()->type_name("COLUMN=FIELD")->group("Input");
    app.add_option("--set", into.set, "Goes into all inputs; {column} stands for a field of CSV")
        ->expected(1)->take_all()->type_name("KEY=VALUE")->group("Input");
    app.add_option("--files-from", into.files_from, "Where relative @paths begin; default: here")->type_name("DIR")->group("Input");
    app.add_flag("--no-files", into.ignores_files, "\"@path\" is a text like others")->group("Input");
    app.add_flag("--strict", into.is_strict, "Creates nothing if a line is no row, or a file is missing")->group("Input");
}

void add_run_options(CLI::App& app, settings& into, raw_texts& texts)
{
    app.add_option("-o,--out", into.out, "The directory of all that is written; default: batch-out")->type_name("DIR")->group("Run");
    app.add_flag("--new-token", into.has_other_token, "With --resume: the token is another one of the same account")->group("Run");
    app.add_flag("--resume", into.resumes, "Goes on with the journal in --out, or begins one")->group("Run");
    app.add_flag("--retry-failed", into.retries_failed, "Goes on, and runs failed rows again")->group("Run");
    app.add_flag("--dry-run", into.is_dry_run, "Checks all rows, also by the schemas of their models; creates nothing")->group("Run");
    app.add_flag("--local", into.is_local, "Runs against a local server in this program, which costs nothing")->group("Run");
    app.add_option("-c,--concurrency", into.concurrency, "Rows at work at once; default: 64")
        ->check(unnamed(CLI::Range(1, 100'000)))->type_name("N")->group("Run");
    app.add_option("--rps", into.rps, "Predictions created a second, at most; divided among the parts of --shard")
        ->check(unnamed(CLI::PositiveNumber))->type_name("N")->group("Run");
    app.add_option("--shard", texts.shard, "The part I, from 0 on, of N; auto: as Kubernetes or Slurm say")->type_name("I/N")->group("Run");
    app.add_option("--cancel-after", texts.cancel_after, "Ends a prediction so long after its creation: 90s, 15m")
        ->type_name("TIME")->group("Run");
    app.add_flag("--ordered", into.is_ordered, "The results in the order of the input, at the end")->group("Run");
}

void add_shared_options(CLI::App& app, settings& into, raw_texts& texts)
{
    constexpr char const* group = "Several machines";
    app.add_option("--submit", into.submit, "Puts the rows into a Redis, for workers: redis://host[:port][/db]?job=NAME or unix:///path?job=NAME; "
                                            "again is no harm")->type_name("REDIS")->group(group);
    app.add_option("--worker", into.worker, "Runs rows of there, as one of many, into worker-NAME in --out; --rps is for all together")
        ->type_name("REDIS")->group(group);
    app.add_option("--worker-name", into.worker_name, "The same when it is started again; default: JOB_COMPLETION_INDEX, SLURM_ARRAY_TASK_ID "
                                                      "or the name of the host")->type_name("NAME")->group(group);
    app.add_option("--lease", texts.lease, "How long a worker may be silent before others get its rows; default: 30s")
        ->type_name("TIME")->group(group);
    app.add_option("--limit-file", into.limit_file, "--rps is for all processes of this machine that name it")->type_name("FILE")->group(group);
}

void add_limits(CLI::App& app, settings& into, raw_texts& texts)
{
    app.add_option("--max-failures", into.max_failures, "Stops when more rows than that have failed: 25, 10%")
        ->type_name("N")->group("Limits");
    app.add_option("--max-predict-time", texts.max_predict_time, "Stops when the models have run so long: 3600, 2h")
        ->type_name("TIME")->group("Limits");
    app.add_option("--max-cost", into.max_cost, "Stops when it has cost so much, by --prices")
        ->check(unnamed(CLI::NonNegativeNumber))->type_name("N")->group("Limits");
    app.add_option("--prices", into.prices_file, "Prices, as below")->type_name("FILE")->group("Limits");
}

void add_output_options(CLI::App& app, settings& into, raw_texts& texts)
{
    app.add_option("--progress", texts.progress, "bar, plain, json or none; default: bar on a terminal, else plain")
        ->check(unnamed(CLI::IsMember({"bar", "plain", "json", "none"})))->type_name("KIND")->group("Output");
    app.add_option("--interval", into.interval, "Seconds between lines of progress; default: 10, json: 1")
        ->check(unnamed(CLI::PositiveNumber))->type_name("N")->group("Output");
    app.add_flag("--no-report", into.skips_report, "Writes no report.html")->group("Output");
    app.add_option("--poll", texts.poll, "How long after its creation a prediction is first looked at; default: 0.5s")
        ->type_name("TIME")->group("Waiting");
    app.add_option("--pause", texts.pause, "How long it waits where nothing can be created or kept; default: 30s")
        ->type_name("TIME")->group("Waiting");
    app.add_option("--settle", texts.settle, "How long after a kill lost predictions are looked for; default: 60s")
        ->type_name("TIME")->group("Waiting");
    app.add_option("--demonstration-rows", into.demonstration_rows)->group("");
}

std::chrono::milliseconds milliseconds_of(std::string const& option, std::string const& text)
{
    return std::chrono::milliseconds(static_cast<std::int64_t>(1000 * seconds_of(option, text)));
}

void read_texts(raw_texts const& texts, settings& into)
{
    read_shard(texts.shard, into);
    if (!texts.cancel_after.empty())
        into.cancel_after = std::chrono::duration_cast<std::chrono::seconds>(milliseconds_of("--cancel-after", texts.cancel_after));
    if (!texts.max_predict_time.empty())
        into.max_predict_time = seconds_of("--max-predict-time", texts.max_predict_time);
    if (!texts.pause.empty())
        into.pause = milliseconds_of("--pause", texts.pause);
    if (!texts.settle.empty())
        into.settle = milliseconds_of("--settle", texts.settle);
    if (!texts.lease.empty())
        into.lease = milliseconds_of("--lease", texts.lease);
    if (!texts.poll.empty())
        into.poll = std::max(std::chrono::milliseconds(1), milliseconds_of("--poll", texts.poll));
    char const* const terminal = std::getenv("TERM");
    bool const has_terminal = ::isatty(STDERR_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
    std::string const progress = texts.progress.empty() ? has_terminal ? "bar" : "plain" : texts.progress;
    into.progress = progress == "bar" ? progress_kind::bar
        : progress == "json"          ? progress_kind::json
        : progress == "none"          ? progress_kind::none
                                      : progress_kind::plain;
    if (into.interval == 0)
        into.interval = into.progress == progress_kind::json ? 1 : 10;
}

/// One that is started again in the place of another has the same name.
std::string default_worker_name()
{
    for (char const* name : {"JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID"})
        if (auto const number = number_in(name))
            return std::to_string(*number);
    char host[256] = {};
    ::gethostname(host, sizeof host - 1);
    return host;
}

void check_shared(settings& into)
{
    if (into.worker_name.empty())
        into.worker_name = default_worker_name();
    if (!into.submit.empty() && (!into.worker.empty() || into.input.empty() || into.input == "-"))
        throw CLI::ValidationError("--submit", "needs an input that is a file, and no --worker");
    if (!into.worker.empty() && (!into.input.empty() || into.resumes || into.is_ordered || into.is_local || into.is_dry_run || into.shards > 1))
        throw CLI::ValidationError("--worker", "takes its rows from Redis, and none of INPUT, --resume, --ordered, --local, --dry-run and --shard");
}

void check_together(settings& into)
{
    char const* const token = std::getenv("REPLICATE_API_TOKEN");
    bool const has_token = token != nullptr && *token != '\0';
    if (!into.max_failures.empty() && !replicate::core::failure_limit::parse(into.max_failures))
        throw CLI::ValidationError("--max-failures", "'" + into.max_failures + "' is neither a number such as 25 nor a part such as 10%");
    if (into.max_cost && into.prices_file.empty())
        throw CLI::ValidationError("--max-cost", "needs --prices");
    bool const is_shared = !into.submit.empty() || !into.worker.empty();
    check_shared(into);
    into.resumes = into.resumes || into.retries_failed;
    into.is_demonstration = !is_shared && into.input.empty() && !into.resumes && !into.is_dry_run && (into.is_local || !has_token);
    into.is_local = into.is_local || into.is_demonstration;
    if (into.input.empty() && !into.resumes && !into.is_demonstration && !is_shared)
        throw CLI::RequiredError("INPUT");
    if (!has_token && !into.is_local && !into.is_dry_run)
        throw CLI::ValidationError("REPLICATE_API_TOKEN", "is not set; get one from https://replicate.com/account/api-tokens, or try "
                                                          "--local");
}

} // namespace

std::optional<exit_code> read_command_line(int count, char** words, settings& into)
{
    into.words.assign(words, words + count);
    CLI::App app(about, "batch");
    app.footer(after);
    app.get_formatter()->column_width(30);
    raw_texts texts;
    add_input_options(app, into);
    add_run_options(app, into, texts);
    add_shared_options(app, into, texts);
    add_limits(app, into, texts);
    add_output_options(app, into, texts);
    CLI::App* const report = app.add_subcommand("report", "Writes the page of a journal");
    report->add_option("JOURNAL", into.journal, "The journal, job.db")->required()->type_name("");
    report->add_option("-o,--output", into.report, "The page; default: report.html")->type_name("FILE");
    try {
        app.parse(count, words);
        if (!report->parsed()) {
            read_texts(texts, into);
            check_together(into);
        }
        return std::nullopt;
    } catch (CLI::CallForHelp const& help) {
        app.exit(help, std::cout, std::cerr);
        return exit_code::all_saved;
    } catch (CLI::ParseError const& mistake) {
        std::cerr << "batch: " << mistake.what() << "; --help tells more\n";
        return exit_code::wrong_use;
    }
}

} // namespace batch_program
