// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// What the journal of a batch costs: the time of the processor a row, with the four states that each row goes through, and how long it
// takes to read it again. The disk decides how long it all takes; the processor's time is the journal's own.
//
//     benchmarks/run journal [ROWS [AT_ONCE]]

#include <replicate/journal.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
using replicate::batch_record;
using replicate::batch_state;

double processor_seconds()
{
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    auto const seconds = [](timeval const& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

asio::awaitable<void> record_rows(replicate::journal& into, int& next, int end)
{
    std::string const result(500, 'r');
    while (next < end) {
        std::string const number = std::to_string(next++);
        for (auto state : {batch_state::intent, batch_state::created, batch_state::terminal, batch_state::saved}) {
            batch_record what("row-" + number, state, std::chrono::system_clock::now());
            if (state == batch_state::intent) {
                what.target = "acme/model";
                what.input_hash = std::string(32, 'h');
            }
            if (state == batch_state::created)
                what.prediction = "prediction" + number;
            if (state == batch_state::terminal)
                what.text = result;
            co_await into.async_record(std::move(what));
        }
    }
}

} // namespace

int main(int count, char** words)
{
    int const rows = count > 1 ? std::atoi(words[1]) : 100'000;
    int const at_once = count > 2 ? std::atoi(words[2]) : 64;
    auto const path = std::filesystem::temp_directory_path() / ("replicate-benchmark-" + std::to_string(::getpid()) + ".db");
    using clock = std::chrono::steady_clock;
    auto const since = [](clock::time_point begin) { return std::chrono::duration<double>(clock::now() - begin).count(); };
    {
        replicate::journal journal(path);
        asio::io_context context;
        int next = 0;
        auto const begin = clock::now();
        double const used = processor_seconds();
        for (int i = 0; i < at_once; ++i)
            asio::co_spawn(context, record_rows(journal, next, rows), asio::detached);
        context.run();
        double const time = since(begin);
        std::printf("%d rows, %d at once: %.1f s, %.0f rows/s, processor %.3f ms a row, %.1f records a commit\n", rows, at_once, time,
            rows / time, (processor_seconds() - used) * 1000 / rows, 4.0 * rows / static_cast<double>(journal.commits()));
    }
    auto const begin = clock::now();
    replicate::journal journal(path);
    std::size_t found = 0;
    journal.for_each([&](batch_record const&) { ++found; });
    std::printf("opened and read again, %zu rows: %.2f s\n", found, since(begin));
    for (char const* suffix : {"", "-wal", "-shm", ".lock"})
        std::filesystem::remove(path.string() + suffix);
    return EXIT_SUCCESS;
}
