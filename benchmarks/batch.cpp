// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// What a batch costs besides the predictions: the time and the memory of so many rows against the local server, which is a process of its
// own; and of a batch that is resumed and of which so many rows are at their end.
//
//   batch                     both
//   batch --rows 100000       of so many rows
//   batch --help              all flags

#include "support/arguments.hpp"
#include "support/memory.hpp"
#include "support/server_process.hpp"

#include <replicate/batch.hpp>
#include <replicate/journal.hpp>

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace {

using namespace replicate::benchmarks;
using clock_type = std::chrono::steady_clock;

constexpr char const* help =
    "batch [FLAG VALUE]...\n"
    "  --rows N          how many are run (default 10,000)\n"
    "  --finished N      how many are at their end where it is resumed (default 100,000)\n"
    "  --limit N         what the service takes a minute, of each kind (default 600,000)\n";

/// Rows of numbers that are made as they are asked for.
class counting_source final : public replicate::batch_source {
public:
    explicit counting_source(int end)
        : end_(end)
    {
    }

    std::optional<replicate::batch_entry> next() override
    {
        if (next_ == end_)
            return std::nullopt;
        int const number = next_++;
        replicate::input values;
        values.set("number", number);
        return replicate::batch_entry(replicate::batch_row("row-" + std::to_string(number), "acme/number", std::move(values)));
    }

private:
    int next_ = 0;
    int end_;
};

void run(replicate::client const& client, boost::asio::io_context& context, std::filesystem::path const& directory, int rows, char const* what)
{
    replicate::batch_options options;
    options.results = directory / "results.jsonl";
    options.errors = directory / "errors.jsonl";
    options.files.clear();
    memory::begin();
    double const before = memory::resident();
    auto const began = clock_type::now();
    replicate::batch_summary summary;
    {
        auto journal = std::make_shared<replicate::journal>(directory / "job.db");
        replicate::batch const batch(client, std::make_shared<counting_source>(rows), journal, options);
        batch.async_run([&](boost::system::error_code code, replicate::batch_summary told) {
            if (code)
                throw boost::system::system_error(code);
            summary = std::move(told);
        });
        context.restart();
        context.run();
    }
    double const seconds = std::chrono::duration<double>(clock_type::now() - began).count();
    std::printf("%-12s %10llu %10llu %10.2f %10.1f\n", what, static_cast<unsigned long long>(summary.saved),
        static_cast<unsigned long long>(summary.created), seconds, (memory::highest() - before) / mebibyte);
    std::fflush(stdout);
}

/// Records of rows that are at their end.
void finish_rows(std::filesystem::path const& path, int begin, int end)
{
    replicate::journal journal(path);
    boost::asio::io_context context;
    std::vector<replicate::batch_record> records;
    for (int i = begin; i < end; ++i) {
        records.emplace_back("row-" + std::to_string(i), replicate::batch_state::saved, std::chrono::system_clock::now());
        records.back().prediction = "prediction" + std::to_string(i);
        records.back().text = std::string(500, 'r');
    }
    journal.async_record(std::move(records), [](boost::system::error_code code, std::monostate) {
        if (code)
            std::printf("%s\n", code.message().c_str());
    });
}

replicate::testing::server_options options_of_server(double limit)
{
    replicate::testing::server_options options;
    options.rates.creates_per_minute = options.rates.gets_per_minute = options.rates.others_per_minute = static_cast<std::size_t>(limit);
    options.remembered_requests = 1;
    return options;
}

void measure(arguments const& given, std::filesystem::path const& directory)
{
    int const rows = static_cast<int>(given.count("--rows", 10'000));
    int const finished = static_cast<int>(given.count("--finished", 100'000));
    double const limit = given.number("--limit", 600'000, 1);
    server_process server(options_of_server(limit), [](replicate::testing::server& made) {
        made.model("acme/number", [](replicate::input const& input) { return replicate::testing::script(input.at("number")); });
    });
    replicate::config settings = server.config();
    settings.scheduler.rate.creates_per_minute = settings.scheduler.rate.gets_per_minute = settings.scheduler.rate.others_per_minute = limit;
    boost::asio::io_context context;
    replicate::client const client(context, settings);
    std::printf("%-12s %10s %10s %10s %10s\n", "", "saved", "created", "seconds", "peak MiB");
    run(client, context, directory, rows, "first run");
    finish_rows(directory / "job.db", rows, finished);
    run(client, context, directory, std::max(rows, finished), "at their end");
}

} // namespace

int main(int count, char** values)
{
    auto const directory = std::filesystem::temp_directory_path() / ("replicate-benchmark-" + std::to_string(::getpid()));
    int result = EXIT_SUCCESS;
    try {
        arguments const given(help, count, values);
        std::filesystem::create_directory(directory);
        measure(given, directory);
    } catch (std::exception const& problem) {
        std::fprintf(stderr, "batch: %s\n", problem.what());
        result = EXIT_FAILURE;
    }
    std::filesystem::remove_all(directory);
    return result;
}
