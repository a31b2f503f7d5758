// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_REDIS_SERVER_HPP
#define REPLICATE_TESTS_SUPPORT_REDIS_SERVER_HPP

#include "support/temporary_directory.hpp"

#include <chrono>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace replicate::tests {

/// A Redis on a socket in a directory of its own, which has what it was told on its disk before it answers.
class redis_server {
public:
    explicit redis_server(bool is_durable = true)
        : is_durable_(is_durable)
    {
        start();
    }
    redis_server(redis_server const&) = delete;
    redis_server& operator=(redis_server const&) = delete;
    ~redis_server() { kill(); }

    std::string url(std::string const& job = "test") const { return "unix://" + socket() + "?job=" + job; }

    /// Ends it at once.
    void kill()
    {
        if (id_ == 0)
            return;
        ::kill(id_, SIGKILL);
        ::waitpid(std::exchange(id_, 0), nullptr, 0);
    }

    void start()
    {
        std::vector<std::string> words{"redis-server", "--port", "0", "--unixsocket", socket(), "--dir", directory_.path().string(), "--save", "",
            "--appendonly", is_durable_ ? "yes" : "no", "--appendfsync", "always", "--logfile", (directory_.path() / "log").string()};
        std::vector<char*> arguments;
        for (std::string& word : words)
            arguments.push_back(word.data());
        arguments.push_back(nullptr);
        if (int const code = ::posix_spawnp(&id_, arguments.front(), nullptr, nullptr, arguments.data(), environ); code != 0)
            throw std::system_error(code, std::generic_category(), "redis-server");
        for (int i = 0; i < 3000; ++i) {
            if (answers())
                return;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        throw std::runtime_error("redis-server does not start");
    }

    /// Has it carry out a command.
    void tell(std::string const& command) const { answer_to(command); }

private:
    std::string socket() const { return (directory_.path() / "redis.sock").string(); }

    /// Whether it is there, and has read its files.
    bool answers() const { return answer_to("PING").starts_with("+PONG"); }

    std::string answer_to(std::string const& command) const
    {
        std::string const line = command + "\r\n";
        int const number = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ::sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, socket().c_str(), sizeof address.sun_path - 1);
        char answer[8] = {};
        bool const is_there = ::connect(number, reinterpret_cast<::sockaddr*>(&address), sizeof address) == 0
            && ::write(number, line.data(), line.size()) > 0 && ::read(number, answer, sizeof answer - 1) > 0;
        ::close(number);
        return is_there ? answer : "";
    }

    temporary_directory directory_;
    bool is_durable_;
    ::pid_t id_ = 0;
};

} // namespace replicate::tests

#endif
