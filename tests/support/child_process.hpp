// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_CHILD_PROCESS_HPP
#define REPLICATE_TESTS_SUPPORT_CHILD_PROCESS_HPP

#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>
#include <vector>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace replicate::tests {

/// A program that a test has started; it ends with its owner at the latest.
class child_process {
public:
    /// Starts it; the first of the words is its path.
    explicit child_process(std::vector<std::string> words)
    {
        std::vector<char*> arguments;
        for (std::string& word : words)
            arguments.push_back(word.data());
        arguments.push_back(nullptr);
        if (int const code = ::posix_spawn(&id_, arguments.front(), nullptr, nullptr, arguments.data(), environ); code != 0)
            throw std::system_error(code, std::generic_category(), words.front());
    }
    child_process(child_process const&) = delete;
    child_process& operator=(child_process const&) = delete;
    ~child_process()
    {
        if (id_ > 0)
            stop();
    }

    /// True while it runs.
    bool runs()
    {
        if (id_ > 0 && ::waitpid(id_, &status_, WNOHANG) == id_)
            id_ = 0;
        return id_ > 0;
    }

    /// Asks it to end, waits, and says with which status it did; -1 where a signal ended it.
    int stop()
    {
        if (id_ > 0) {
            ::kill(id_, SIGTERM);
            while (::waitpid(id_, &status_, 0) < 0 && errno == EINTR) {
            }
            id_ = 0;
        }
        return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
    }

private:
    pid_t id_ = 0;
    int status_ = 0;
};

} // namespace replicate::tests

#endif
