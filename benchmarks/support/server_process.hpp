// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_BENCHMARKS_SERVER_PROCESS_HPP
#define REPLICATE_BENCHMARKS_SERVER_PROCESS_HPP

#include <replicate/config.hpp>
#include <replicate/testing/server.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace replicate::benchmarks {

/// One end of a pipe.
class pipe_end {
public:
    explicit pipe_end(int descriptor)
        : descriptor_(descriptor)
    {
    }
    pipe_end(pipe_end&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1))
    {
    }
    pipe_end& operator=(pipe_end&&) = delete;
    ~pipe_end() { close(); }

    void close()
    {
        if (descriptor_ >= 0)
            ::close(std::exchange(descriptor_, -1));
    }

    void put(std::string const& text)
    {
        std::uint64_t const length = text.size();
        std::string const message = std::string(reinterpret_cast<char const*>(&length), sizeof(length)) + text;
        for (std::size_t sent = 0; sent < message.size();) {
            ssize_t const count = ::write(descriptor_, message.data() + sent, message.size() - sent);
            if (count <= 0)
                throw std::system_error(errno, std::system_category(), "pipe");
            sent += static_cast<std::size_t>(count);
        }
    }

    /// Nothing where the other end is closed.
    std::optional<std::string> take()
    {
        std::uint64_t length = 0;
        if (!fill(reinterpret_cast<char*>(&length), sizeof(length)))
            return std::nullopt;
        std::string text(length, '\0');
        if (!fill(text.data(), text.size()))
            return std::nullopt;
        return text;
    }

private:
    bool fill(char* target, std::size_t size)
    {
        for (std::size_t got = 0; got < size;) {
            ssize_t const count = ::read(descriptor_, target + got, size - got);
            if (count <= 0)
                return false;
            got += static_cast<std::size_t>(count);
        }
        return true;
    }

    int descriptor_;
};

/// The local server in a process of its own, so that only the client is measured. To be made before there is any thread.
class server_process {
public:
    /// `prepare` is called in that process, to add models.
    server_process(testing::server_options options, std::function<void(testing::server&)> prepare)
        : server_process(std::move(options), std::move(prepare), make_pipe(), make_pipe())
    {
    }
    server_process(server_process const&) = delete;
    server_process& operator=(server_process const&) = delete;
    ~server_process()
    {
        questions_.close();
        ::waitpid(id_, nullptr, 0);
    }

    /// What a client of it needs.
    replicate::config const& config() const { return config_; }

    /// The reference of the latest version of a model.
    std::string version(std::string const& model) { return ask("version " + model); }

    /// How many predictions it has created.
    std::size_t creates() { return std::stoul(ask("creates")); }

private:
    static std::pair<pipe_end, pipe_end> make_pipe()
    {
        int ends[2];
        if (::pipe(ends) != 0)
            throw std::system_error(errno, std::system_category(), "pipe");
        return {pipe_end(ends[0]), pipe_end(ends[1])};
    }

    server_process(testing::server_options options, std::function<void(testing::server&)> prepare, std::pair<pipe_end, pipe_end> down,
        std::pair<pipe_end, pipe_end> up)
        : questions_(std::move(down.second))
        , answers_(std::move(up.first))
    {
        id_ = ::fork();
        if (id_ < 0)
            throw std::system_error(errno, std::system_category(), "fork");
        if (id_ == 0) {
            questions_.close();
            serve(std::move(options), prepare, down.first, up.second);
            ::_exit(0);
        }
        up.second.close();
        config_.base_url = take();
        config_.token = take();
        config_.tls.certificate_authority = take();
    }

    static void serve(testing::server_options options, std::function<void(testing::server&)> const& prepare, pipe_end& questions,
        pipe_end& answers)
    {
        testing::server server(std::move(options));
        prepare(server);
        answers.put(server.base_url());
        answers.put(server.token());
        answers.put(server.certificate_authority());
        while (auto const question = questions.take()) {
            bool const is_version = question->starts_with("version ");
            answers.put(is_version ? server.version(question->substr(8)) : std::to_string(server.counts().creates));
        }
    }

    std::string ask(std::string const& question)
    {
        questions_.put(question);
        return take();
    }

    std::string take()
    {
        auto text = answers_.take();
        if (!text)
            throw std::runtime_error("the local server has ended");
        return std::move(*text);
    }

    pipe_end questions_;
    pipe_end answers_;
    pid_t id_ = 0;
    replicate::config config_;
};

} // namespace replicate::benchmarks

#endif
