// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Batches of several machines: the rows and the rate stand in a Redis.

#include "progress.hpp"
#include "rows.hpp"
#include "settings.hpp"
#include "words.hpp"

#include <replicate/batch.hpp>
#include <replicate/client.hpp>
#include <replicate/redis.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace batch_program {

namespace {

namespace asio = boost::asio;

replicate::redis_options options_of(settings const& wanted, replicate::config const& config)
{
    replicate::redis_options options;
    options.token = replicate::core::token_fingerprint(config.token);
    options.worker = wanted.worker_name;
    options.lease = wanted.lease;
    return options;
}

/// A worker's run, from its start to its exit code.
class worker_run {
public:
    explicit worker_run(settings const& wanted)
        : wanted_(wanted)
        , directory_(std::filesystem::path(wanted.out) / ("worker-" + replicate::core::directory_name(wanted.worker_name)))
        , progress_(wanted, 0)
    {
    }

    exit_code run()
    {
        std::error_code failed;
        std::filesystem::create_directories(directory_, failed);
        if (failed)
            throw program_end(exit_code::not_writable, directory_.string() + " cannot be written: " + failed.message());
        replicate::config config = replicate::config::from_environment();
        auto const rows = std::make_shared<replicate::redis_rows>(wanted_.worker, options_of(wanted_, config));
        replicate::shared_rate const rate = shared_rate_of(wanted_);
        config.scheduler.rate.creates_per_minute = rate.limit;
        config.gate = std::make_shared<replicate::redis_rate>(*rows, rate);
        replicate::client const client(context_, config);
        replicate::batch const batch(client, rows, rows, options());
        batch_ = &batch;
        watch_signals();
        show_progress();
        batch.async_run(problem_, [this, &client](boost::system::error_code code, replicate::batch_summary told) {
            failure_ = code;
            told_ = code ? batch_->summary() : std::move(told);
            signals_.cancel();
            timer_.cancel();
            client.close_idle_connections();
        });
        context_.run();
        return finish();
    }

private:
    replicate::batch_options options() const
    {
        replicate::batch_options made;
        made.results = directory_ / "results.jsonl";
        made.errors = directory_ / "errors.jsonl";
        made.files = directory_ / "files";
        made.concurrency = wanted_.concurrency;
        made.max_failures = wanted_.max_failures;
        made.prices = read_prices(wanted_.prices_file);
        made.max_cost = wanted_.max_cost;
        made.max_predict_time = wanted_.max_predict_time;
        made.cancel_after = wanted_.cancel_after;
        made.pause = wanted_.pause;
        made.settle = wanted_.settle;
        made.first_poll_interval = wanted_.poll;
        made.maximum_poll_interval = std::max<std::chrono::steady_clock::duration>(made.maximum_poll_interval, wanted_.poll);
        return made;
    }

    void watch_signals()
    {
        signals_.async_wait([this](boost::system::error_code code, int which) {
            if (code)
                return;
            if (which == SIGINT && !std::exchange(is_draining_, true)) {
                batch_->drain();
                progress_.say("Ctrl-C: nothing more is created here; what is open comes to its end. Once more leaves at once.");
                watch_signals();
                return;
            }
            batch_->stop();
            progress_.say("leaving; other workers go on with what is open");
        });
    }

    void show_progress()
    {
        progress_.show(batch_->summary(), 0);
        timer_.expires_after(progress_.pause());
        timer_.async_wait([this](boost::system::error_code code) {
            if (!code)
                show_progress();
        });
    }

    exit_code finish()
    {
        progress_.end(told_, 0);
        if (failure_)
            throw replicate::error(failure_, problem_);
        std::cout << "worker " << wanted_.worker_name << ": " << in_thousands(told_.saved) << " saved, " << in_thousands(told_.failed)
                  << " failed, " << in_thousands(told_.unknown) << " unknown, " << in_thousands(told_.open) << " open, in " << directory_.string()
                  << '\n';
        return exit_code_of(told_);
    }

    settings wanted_;
    std::filesystem::path directory_;
    progress progress_;
    asio::io_context context_{1};
    asio::signal_set signals_{context_, SIGINT, SIGTERM};
    asio::steady_timer timer_{context_};
    replicate::batch const* batch_ = nullptr;
    replicate::batch_summary told_;
    boost::system::error_code failure_;
    replicate::diagnostics problem_;
    bool is_draining_ = false;
};

exit_code submit(settings const& wanted)
{
    if (wanted.is_strict)
        check_all_rows(wanted.input, wanted);
    auto const rows = open_rows(wanted.input, wanted);
    auto const told =
        replicate::submit_rows(wanted.submit, *rows, options_of(wanted, replicate::config::from_environment()), wanted.retries_failed);
    for (replicate::batch_fault const& each : told.faults)
        std::cerr << each.text() << '\n';
    std::cout << in_thousands(told.added) << " submitted, " << in_thousands(told.known) << " were there, " << in_thousands(told.faults.size())
              << " are no rows\n";
    return told.faults.empty() ? exit_code::all_saved : exit_code::some_failed;
}

} // namespace

replicate::shared_rate shared_rate_of(settings const& wanted)
{
    replicate::shared_rate rate;
    if (wanted.rps)
        rate.limit = static_cast<std::uint32_t>(std::clamp(std::floor(60 * *wanted.rps), 1.0, 1e6));
    return rate;
}

exit_code run_shared(settings const& wanted)
{
    try {
        if (!wanted.submit.empty())
            return submit(wanted);
        worker_run one(wanted);
        return one.run();
    } catch (replicate::error const& refused) {
        exit_code code = exit_code::failure;
        if (refused.code() == replicate::journal_errc::away)
            code = exit_code::redis_away;
        else if (refused.code() == replicate::journal_errc::taken)
            code = exit_code::interrupted; // started again, it goes on
        else if (refused.code().category() == replicate::journal_category())
            code = exit_code::journal_refused;
        else if (refused.code() == replicate::errc::invalid_argument || refused.code() == replicate::errc::missing_token)
            code = exit_code::wrong_use;
        throw program_end(code, refused.what());
    }
}

} // namespace batch_program
