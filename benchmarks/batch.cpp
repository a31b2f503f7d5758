// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// What a batch costs besides the predictions: so many rows against the local server, which takes much of the processor's time for itself;
// and how long it takes to resume a batch of so many rows of which all are at their end, and how much memory.
//
//     benchmarks/run batch [ROWS [FINISHED_ROWS]]

#include <replicate/batch.hpp>
#include <replicate/journal.hpp>
#include <replicate/testing/server.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace {

using clock_type = std::chrono::steady_clock;

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

std::size_t resident_kilobytes()
{
    std::ifstream status("/proc/self/statm");
    std::size_t total = 0, resident = 0;
    status >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

void run(replicate::client const& client, boost::asio::io_context& context, std::filesystem::path const& directory, int rows, char const* what)
{
    replicate::batch_options options;
    options.results = directory / "results.jsonl";
    options.errors = directory / "errors.jsonl";
    options.files.clear();
    options.first_poll_interval = std::chrono::milliseconds(5);
    options.maximum_poll_interval = std::chrono::milliseconds(50);
    std::size_t const before = resident_kilobytes();
    auto const began = clock_type::now();
    auto journal = std::make_shared<replicate::journal>(directory / "job.db");
    replicate::batch const batch(client, std::make_shared<counting_source>(rows), journal, options);
    batch.async_run([&](boost::system::error_code code, replicate::batch_summary told) {
        std::printf("%s: %s, %llu saved, %llu created, %.2f s, memory %+.1f MiB\n", what, code ? code.message().c_str() : "no error",
            static_cast<unsigned long long>(told.saved), static_cast<unsigned long long>(told.created),
            std::chrono::duration<double>(clock_type::now() - began).count(),
            (static_cast<double>(resident_kilobytes()) - static_cast<double>(before)) / 1024);
    });
    context.restart();
    context.run();
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

} // namespace

int main(int count, char** words)
{
    int const rows = count > 1 ? std::atoi(words[1]) : 2'000;
    int const finished = count > 2 ? std::atoi(words[2]) : 100'000;
    auto const directory = std::filesystem::temp_directory_path() / ("replicate-benchmark-" + std::to_string(::getpid()));
    std::filesystem::create_directory(directory);
    {
        replicate::testing::server server;
        server.model("acme/number", [](replicate::input const& input) { return replicate::testing::script(input.at("number")); });
        boost::asio::io_context context;
        replicate::client const client(context, server.config());
        run(client, context, directory, rows, "first run");
        finish_rows(directory / "job.db", rows, finished);
        run(client, context, directory, finished, "all at their end");
    }
    std::filesystem::remove_all(directory);
    return EXIT_SUCCESS;
}
