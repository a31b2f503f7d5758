// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include "demonstration.hpp"
#include "progress.hpp"
#include "rows.hpp"
#include "settings.hpp"
#include "words.hpp"

#include <replicate/batch.hpp>
#include <replicate/client.hpp>
#include <replicate/client_metrics.hpp>
#include <replicate/journal.hpp>
#include <replicate/limit_file.hpp>
#include <replicate/testing/server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h>

namespace batch_program {

namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using replicate::batch_end;

/// A word as a shell takes it.
std::string quoted_for_shell(std::string const& word)
{
    if (!word.empty() && word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,@%+") == word.npos)
        return word;
    std::string made = "'";
    for (char letter : word)
        made += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    return made + "'";
}

/// The command that goes on where this one has ended.
std::string resuming_command(settings const& wanted, std::filesystem::path const& input)
{
    std::string command;
    bool has_resume = false;
    for (std::string const& each : wanted.words) {
        if (each == "--retry-failed")
            continue; // what has failed again would be run once more
        has_resume = has_resume || each == "--resume";
        command += (command.empty() ? "" : " ") + quoted_for_shell(each == "-" ? input.string() : each);
    }
    return command + (has_resume ? "" : " --resume");
}

[[noreturn]] void refuse_directory(std::filesystem::path const& path, std::error_code const& reason)
{
    throw program_end(exit_code::not_writable, path.string() + " cannot be written: " + reason.message());
}

void make_directory(std::filesystem::path const& path)
{
    std::error_code failed;
    std::filesystem::create_directories(path, failed);
    if (failed)
        refuse_directory(path, failed);
    if (::access(path.c_str(), W_OK | X_OK) != 0)
        refuse_directory(path, std::error_code(errno, std::generic_category()));
}

/// The first directory of such a name that is not there.
std::string free_directory(std::string const& name)
{
    std::string found = name;
    for (int number = 2; std::filesystem::exists(found); ++number)
        found = name + "-" + std::to_string(number);
    return found;
}

/// Opens the journal; says what is wrong with it.
std::shared_ptr<replicate::journal> open_journal(std::filesystem::path const& path, replicate::journal_options const& options)
{
    try {
        return std::make_shared<replicate::journal>(path, options);
    } catch (replicate::error const& refused) {
        bool const is_full = refused.code() == replicate::journal_errc::full || refused.code() == replicate::journal_errc::not_writable;
        std::string text = refused.what();
        if (refused.code() == replicate::journal_errc::other_input)
            text += " (--model, --map and --set belong to the input)";
        if (refused.code() == replicate::journal_errc::other_token)
            text += " (--new-token)";
        throw program_end(is_full ? exit_code::not_writable : exit_code::journal_refused, text);
    }
}

exit_code code_of(boost::system::error_code failure)
{
    if (failure == replicate::condition::authentication)
        return exit_code::token_refused;
    return failure == replicate::condition::local_file ? exit_code::not_writable : exit_code::failure;
}

char const* word_of(batch_end end)
{
    switch (end) {
    case batch_end::running: return "running";
    case batch_end::finished: return "finished";
    case batch_end::drained: return "drained";
    case batch_end::stopped: return "stopped";
    case batch_end::too_many_failures: return "too many failures";
    case batch_end::cost_reached: return "limit of cost or time reached";
    case batch_end::unauthorized: return "token refused";
    }
    return "";
}

} // namespace

exit_code exit_code_of(replicate::batch_summary const& told)
{
    switch (told.end) {
    case batch_end::finished: break;
    case batch_end::running:
    case batch_end::drained:
    case batch_end::stopped: return exit_code::interrupted;
    case batch_end::too_many_failures:
    case batch_end::cost_reached: return exit_code::limit_reached;
    case batch_end::unauthorized: return exit_code::token_refused;
    }
    return told.unknown > 0 ? exit_code::some_unknown : told.failed > 0 ? exit_code::some_failed : exit_code::all_saved;
}

void check_all_rows(std::filesystem::path const& input, settings const& wanted)
{
    auto const found = survey(input, wanted, check_files);
    if (found.all_faults == 0)
        return;
    for (std::string const& each : found.faults)
        std::cerr << each << '\n';
    throw program_end(exit_code::some_failed, in_thousands(found.all_faults) + " of " + in_thousands(found.rows)
            + " rows are wrong, the first of them above; with --strict nothing is created");
}

namespace {

/// One run of a batch, from its input to its exit code.
class job {
public:
    explicit job(settings wanted)
        : wanted_(std::move(wanted))
    {
    }

    exit_code run()
    {
        prepare();
        open();
        replicate::batch const batch(*client_, open_rows(input_, wanted_), journal_, options_);
        batch_ = &batch;
        // Until here they end the program: nothing was created.
        signals_.add(SIGINT);
        signals_.add(SIGTERM);
        watch_signals();
        show_progress();
        batch.async_run(problem_, [this](boost::system::error_code code, replicate::batch_summary told) { end(code, std::move(told)); });
        context_.run();
        return finish();
    }

private:
    /// The input, the service, and where all goes.
    void prepare()
    {
        if (wanted_.is_demonstration)
            wanted_.out = free_directory(wanted_.out);
        directory_ = wanted_.directory();
        check_parts();
        if (wanted_.input.empty() && !wanted_.is_demonstration)
            recall_input();
        if (!wanted_.is_demonstration && wanted_.input != "-" && !std::filesystem::is_regular_file(wanted_.input))
            throw program_end(exit_code::wrong_use, "there is no file " + wanted_.input);
        prices_ = read_prices(wanted_.prices_file);
        config_ = configuration();
        make_directory(directory_);
        input_ = wanted_.input;
        if (wanted_.is_demonstration)
            demonstrate();
        else if (wanted_.input == "-")
            keep_standard_input();
        if (wanted_.is_strict)
            be_strict();
        total_ = count_rows(input_, wanted_);
    }

    /// What the journal says that the input was.
    void recall_input()
    {
        std::filesystem::path const path = directory_ / "job.db";
        if (!std::filesystem::exists(path))
            throw program_end(exit_code::wrong_use, "there is no journal " + path.string() + " to go on with; name an input to begin");
        auto const journal = open_journal(path, replicate::journal_options());
        std::string const note = journal->note("input");
        if (note.empty())
            throw program_end(exit_code::wrong_use, path.string() + " does not tell its input; name it");
        json::object const kept = json::parse(note).as_object();
        wanted_.input = kept.at("path").as_string().c_str();
        wanted_.format = kept.at("format").as_string().c_str();
        wanted_.model = kept.at("model").as_string().c_str();
        wanted_.set = json::value_to<std::vector<std::string>>(kept.at("set"));
        wanted_.map = json::value_to<std::vector<std::string>>(kept.at("map"));
        wanted_.files_from = kept.at("files_from").as_string().c_str();
        json::value const* const ignores = kept.if_contains("ignores_files");
        wanted_.ignores_files = ignores != nullptr && ignores->as_bool();
    }

    replicate::config configuration()
    {
        replicate::config made;
        if (wanted_.is_local) {
            server_ = std::make_unique<replicate::testing::server>();
            made = server_->config();
        } else {
            made = replicate::config::from_environment();
        }
        double const shards = wanted_.shards;
        if (wanted_.rps)
            made.scheduler.rate.creates_per_minute = 60 * *wanted_.rps / shards;
        else
            made.scheduler.rate.creates_per_minute /= shards;
        if (!wanted_.limit_file.empty())
            made.gate = std::make_shared<replicate::limit_file>(wanted_.limit_file, shared_rate_of(wanted_));
        return made;
    }

    /// A queue that is read cannot be read again: it is kept, so that the batch can be resumed.
    void keep_standard_input()
    {
        input_ = directory_ / "input.jsonl";
        if (std::filesystem::exists(directory_ / "job.db"))
            throw program_end(exit_code::wrong_use,
                "what came from the standard input is kept in " + input_.string() + ": resume with that file, or choose another --out");
        std::ofstream file(input_, std::ios::binary);
        std::vector<char> bytes(1 << 16);
        while (file && (std::cin.read(bytes.data(), static_cast<std::streamsize>(bytes.size())), std::cin.gcount() > 0))
            file.write(bytes.data(), std::cin.gcount());
        file.flush();
        if (!file)
            throw program_end(exit_code::not_writable, input_.string() + " cannot be written");
    }

    void demonstrate()
    {
        std::filesystem::path const made = directory_ / "input";
        make_directory(made);
        input_ = make_demonstration(made, wanted_.demonstration_rows);
        if (!wanted_.rps)
            wanted_.rps = 100;
        say("Without an input, and without REPLICATE_API_TOKEN: this shows what the program does. A local server in this program answers, at "
            + server_->base_url() + ", and nothing costs anything.\n"
            + in_thousands(static_cast<std::uint64_t>(wanted_.demonstration_rows)) + " rows were made in " + input_.string()
            + "; every eighth or so is made to fail. All goes to " + directory_.string()
            + ". Not more than " + fixed(*wanted_.rps, 0) + " predictions a second are created.");
    }

    /// A row is in one part only as long as there are as many parts: `sbatch --array=3` alone makes one of all.
    void check_parts() const
    {
        std::string const expected = "-of-" + std::to_string(wanted_.shards);
        std::error_code none;
        for (auto const& entry : std::filesystem::directory_iterator(wanted_.out, none)) {
            std::string const name = entry.path().filename().string();
            bool const is_whole = name == "job.db";
            bool const is_part = name.starts_with("shard-") && name.find("-of-") != std::string::npos;
            bool const is_other = is_whole ? wanted_.shards > 1 : is_part && (wanted_.shards == 1 || !name.ends_with(expected));
            if (is_other)
                throw program_end(exit_code::journal_refused, wanted_.out + " has " + name
                        + ", of a batch in another number of parts, whose rows would be paid for again; give that part with --shard I/N, or another --out");
        }
    }

    void be_strict() { check_all_rows(input_, wanted_); }

    /// The journal, the options of the batch, the client.
    void open()
    {
        replicate::journal_options identity;
        identity.input = fingerprint(input_, wanted_);
        if (!wanted_.is_local && !wanted_.has_other_token)
            identity.token = replicate::token_fingerprint(config_.token);
        journal_ = open_journal(directory_ / "job.db", identity);
        if (!journal_->note("input").empty() && !wanted_.resumes)
            throw program_end(exit_code::journal_refused,
                "there is a batch already in " + directory_.string() + "; --resume goes on with it, --out chooses another place");
        journal_->keep_note("input",
            json::serialize(json::object{{"path", std::filesystem::absolute(input_).string()}, {"format", wanted_.format},
                {"model", wanted_.model}, {"set", json::value_from(wanted_.set)}, {"map", json::value_from(wanted_.map)},
                {"files_from", (std::filesystem::current_path() / wanted_.files_from).string()}, {"ignores_files", wanted_.ignores_files}, {"total", total_}, {"directory", std::filesystem::current_path().string()}}));
        fill_options();
        client_.emplace(context_, config_);
    }

    void fill_options()
    {
        options_.results = directory_ / "results.jsonl";
        options_.errors = directory_ / "errors.jsonl";
        options_.files = directory_ / "files";
        options_.concurrency = wanted_.concurrency;
        options_.retry_failed = wanted_.retries_failed;
        options_.max_failures = wanted_.max_failures;
        options_.prices = prices_;
        options_.max_cost = wanted_.max_cost;
        options_.max_predict_time = wanted_.max_predict_time;
        options_.cancel_after = wanted_.cancel_after;
        options_.ordered = wanted_.is_ordered;
        options_.shard = wanted_.shard;
        options_.shards = wanted_.shards;
        options_.pause = wanted_.pause;
        options_.settle = wanted_.settle;
        if (wanted_.rps)
            options_.creates_per_second = *wanted_.rps / wanted_.shards;
        options_.first_poll_interval = wanted_.is_local ? std::chrono::milliseconds(50) : wanted_.poll;
        options_.maximum_poll_interval = std::max<std::chrono::steady_clock::duration>(options_.maximum_poll_interval, wanted_.poll);
    }

    void watch_signals()
    {
        signals_.async_wait([this](boost::system::error_code code, int which) {
            if (code)
                return;
            if (which == SIGINT && !std::exchange(is_draining_, true)) {
                batch_->drain();
                progress_->say("Ctrl-C: nothing more is created, and what was created comes to its end. Once more leaves at once; what is "
                               "open then goes on at the service, and a resumption waits for it.");
                watch_signals();
                return;
            }
            batch_->stop();
            signals_.clear(); // a further one does not wait
            progress_->say("leaving: what is open goes on at the service, and a resumption waits for it");
        });
    }

    void show_progress()
    {
        if (!progress_)
            progress_.emplace(wanted_, total_);
        client_->async_metrics([this](boost::system::error_code code, replicate::client_metrics told) {
            if (!code)
                metrics_ = std::move(told);
        });
        progress_->show(batch_->summary(), throttled());
        timer_.expires_after(progress_->pause());
        timer_.async_wait([this](boost::system::error_code code) {
            if (!code)
                show_progress();
        });
    }

    double throttled() const { return std::chrono::duration<double>(metrics_.requests.throttled_time).count(); }

    void end(boost::system::error_code code, replicate::batch_summary told)
    {
        told_ = batch_->summary();
        if (code)
            failure_ = code;
        else
            told_ = std::move(told);
        client_->async_metrics([this](boost::system::error_code refused, replicate::client_metrics last) {
            if (!refused)
                metrics_ = std::move(last);
            signals_.cancel();
            timer_.cancel();
            client_->close_idle_connections();
        });
    }

    exit_code finish()
    {
        progress_->end(told_, throttled());
        try {
            keep_run();
        } catch (replicate::error const& refused) {
            std::cerr << "batch: the journal takes no note of this run: " << refused.what() << '\n';
        }
        bool const has_report = !wanted_.skips_report && make_report();
        exit_code const code = failure_ ? code_of(failure_) : exit_code_of(told_);
        if (wanted_.progress == progress_kind::json)
            tell_json(code);
        else
            tell(has_report, code);
        if (failure_)
            throw program_end(code, problem_.detail.empty() ? failure_.message() : problem_.detail);
        return wanted_.is_demonstration && code == exit_code::some_failed ? exit_code::all_saved : code;
    }

    /// For the report: what the journal does not know by itself.
    void keep_run()
    {
        std::string const note = journal_->note("runs");
        json::array runs = note.empty() ? json::array() : json::parse(note).as_array();
        json::object run{{"end", word_of(told_.end)}, {"elapsed", told_.elapsed.count()}, {"created", told_.created},
            {"requests", metrics_.requests.started}, {"retried", metrics_.requests.retried}, {"throttled", throttled()},
            {"unknown", told_.unknown}, {"concurrency", wanted_.concurrency}};
        run["limit"] = wanted_.rps ? json::value(60 * *wanted_.rps / wanted_.shards) : json::value(metrics_.creates.per_minute);
        if (metrics_.creates.per_minute > 1e6 && !wanted_.rps)
            run["limit"] = nullptr;
        if (told_.cost)
            run["cost"] = *told_.cost;
        runs.push_back(std::move(run));
        journal_->keep_note("runs", json::serialize(runs));
    }

    bool make_report()
    {
        try {
            write_report(directory_ / "job.db", directory_ / "report.html");
            return true;
        } catch (std::exception const& failure) {
            std::cerr << "batch: no report: " << failure.what() << '\n';
            return false;
        }
    }

    void tell_json(exit_code code) const
    {
        json::object told = progress_->document(told_, throttled());
        told["end"] = word_of(told_.end);
        told["exit_code"] = static_cast<int>(code);
        told["predict_time"] = told_.predict_time;
        told["p50"] = told_.quantile(0.5) ? json::value(*told_.quantile(0.5)) : json::value();
        told["p99"] = told_.quantile(0.99) ? json::value(*told_.quantile(0.99)) : json::value();
        told["input_tokens"] = told_.input_tokens;
        told["output_tokens"] = told_.output_tokens;
        told["retried"] = metrics_.requests.retried;
        told["faults"] = told_.faults;
        told["files_lost"] = told_.files_lost;
        told["found_saved"] = told_.found_saved;
        told["unknown_rows"] = json::value_from(told_.unknown_rows);
        std::cout << json::serialize(told) << std::endl;
    }

    void tell(bool has_report, exit_code code) const
    {
        auto const line = [](char const* name, std::string const& text) {
            std::cout << "  " << name << std::string(12 - std::string_view(name).size(), ' ') << text << '\n';
        };
        std::cout << word_of(told_.end) << '\n';
        line("rows", in_thousands(told_.saved) + " saved, " + in_thousands(told_.failed) + " failed, " + in_thousands(told_.unknown)
                + " unknown, " + in_thousands(progress_->left(told_)) + " left");
        if (told_.found_saved + told_.found_failed > 0)
            line("of earlier", in_thousands(told_.found_saved) + " saved, " + in_thousands(told_.found_failed) + " failed");
        if (told_.faults > 0)
            line("no rows", in_thousands(told_.faults) + " of the failed: lines that could not be read, or names that were there before");
        auto const median = told_.quantile(0.5), slowest = told_.quantile(0.99);
        line("time", time_text(told_.elapsed.count()) + "; predict time " + time_text(told_.predict_time)
                + (median ? "; from create to end p50 " + time_text(*median) + ", p99 " + time_text(*slowest) : ""));
        if (told_.input_tokens + told_.output_tokens > 0)
            line("tokens", in_thousands(static_cast<std::uint64_t>(told_.input_tokens)) + " in, "
                    + in_thousands(static_cast<std::uint64_t>(told_.output_tokens)) + " out");
        if (told_.cost || told_.earlier_cost > 0)
            line("cost", cost_text(told_.cost.value_or(0)) + (told_.earlier_cost > 0 ? "; earlier runs " + cost_text(told_.earlier_cost) : ""));
        line("requests", in_thousands(metrics_.requests.started) + ", of them " + in_thousands(metrics_.requests.retried)
                + " repeated; lost to throttling " + time_text(throttled()));
        line("results", options_.results.string());
        if (told_.failed > 0)
            line("errors", options_.errors.string());
        std::string const lost = in_thousands(told_.files_lost) + " lost; the lines of the results say why";
        line("files", options_.files.string() + (told_.files_lost > 0 ? "; " + lost : ""));
        line("journal", (directory_ / "job.db").string());
        if (has_report)
            line("report", (directory_ / "report.html").string());
        tell_unknown();
        tell_next(code);
    }

    void tell_unknown() const
    {
        if (told_.unknown == 0)
            return;
        std::cout << "Of these rows nobody can say whether their predictions exist; they may have been paid for, and are not created again:\n";
        std::size_t const shown = std::min<std::size_t>(20, told_.unknown_rows.size());
        for (std::size_t i = 0; i < shown; ++i)
            std::cout << "  " << told_.unknown_rows[i] << '\n';
        if (told_.unknown > shown)
            std::cout << "  and " << in_thousands(told_.unknown - shown) << " more; the report names them\n";
    }

    void tell_next(exit_code code) const
    {
        if (wanted_.is_local && code == exit_code::interrupted)
            std::cout << "The local server ends with this program, and its predictions with it: begin anew.\n";
        else if (code == exit_code::interrupted || code == exit_code::limit_reached || code == exit_code::token_refused)
            std::cout << "To go on:\n  " << resuming_command(wanted_, input_) << '\n';
        else if (wanted_.is_demonstration && code == exit_code::some_failed)
            std::cout << "These failures were made; with an input of yours the exit code would be 3.\n";
        else if (code == exit_code::some_failed && told_.failed > told_.faults)
            std::cout << "To run failed rows again, add --retry-failed.\n";
    }

    void say(std::string const& text) const
    {
        (wanted_.progress == progress_kind::json ? std::cerr : std::cout) << text << std::endl;
    }

    settings wanted_;
    std::filesystem::path directory_, input_;
    std::unique_ptr<replicate::testing::server> server_;
    asio::io_context context_{1};
    asio::signal_set signals_{context_};
    asio::steady_timer timer_{context_};
    replicate::config config_;
    replicate::price_table prices_;
    replicate::batch_options options_;
    std::shared_ptr<replicate::journal> journal_;
    std::optional<replicate::client> client_;
    replicate::batch const* batch_ = nullptr;
    std::optional<progress> progress_;
    replicate::client_metrics metrics_;
    replicate::batch_summary told_;
    boost::system::error_code failure_;
    replicate::diagnostics problem_;
    std::uint64_t total_ = 0;
    bool is_draining_ = false;
};

} // namespace

exit_code run_batch(settings const& wanted)
{
    try {
        job one(wanted);
        return one.run();
    } catch (replicate::error const& refused) {
        bool const is_wrong_use = refused.code() == replicate::errc::invalid_argument
            || refused.code() == replicate::errc::invalid_configuration || refused.code() == replicate::errc::missing_token;
        throw program_end(is_wrong_use ? exit_code::wrong_use : code_of(refused.code()), refused.what());
    }
}

} // namespace batch_program
