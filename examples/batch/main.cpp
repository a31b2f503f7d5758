// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include "settings.hpp"

#include <exception>
#include <iostream>
#include <optional>

namespace {

batch_program::exit_code carry_out(int count, char** words)
{
    using namespace batch_program;
    settings wanted;
    if (std::optional<exit_code> const ended = read_command_line(count, words, wanted))
        return *ended;
    if (!wanted.journal.empty()) {
        exit_code const code = write_report(wanted.journal, wanted.report);
        std::cout << wanted.report << '\n';
        return code;
    }
    if (wanted.is_dry_run)
        return try_batch(wanted);
    bool const is_shared = !wanted.submit.empty() || !wanted.worker.empty();
    return is_shared ? run_shared(wanted) : run_batch(wanted);
}

} // namespace

int main(int count, char** words)
{
    try {
        return static_cast<int>(carry_out(count, words));
    } catch (batch_program::program_end const& ended) {
        std::cerr << "batch: " << ended.what() << '\n';
        return static_cast<int>(ended.code);
    } catch (std::exception const& failure) {
        std::cerr << "batch: " << failure.what() << '\n';
        return static_cast<int>(batch_program::exit_code::failure);
    }
}
