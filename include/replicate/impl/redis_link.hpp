// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_REDIS_LINK_HPP
#define REPLICATE_IMPL_REDIS_LINK_HPP

#include <replicate/journal_error.hpp>

#include <hiredis/hiredis.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pthread.h>
#include <sys/time.h>

namespace replicate::detail {

/// Where a Redis is, and which of the jobs in it is meant.
class redis_address {
public:
    std::string host, path, user, password, job = "batch";
    int port = 6379;
    int database = 0;

    /// Reads `redis://[[user]:password@]host[:port][/database][?job=name]` or `unix:///path[?job=name]`. An `error` of
    /// `errc::invalid_argument`, without the password.
    static redis_address parse(std::string_view url)
    {
        redis_address read;
        std::size_t const question = url.find('?');
        if (question != std::string_view::npos) {
            if (!url.substr(question).starts_with("?job=") || url.size() == question + 5)
                refuse("behind '?' may stand job=NAME and nothing else");
            read.job = url.substr(question + 5);
            url = url.substr(0, question);
        }
        for (char letter : read.job)
            if (letter == '{' || letter == '}' || static_cast<unsigned char>(letter) <= ' ')
                refuse("the name of a job has no braces, spaces or control characters");
        if (url.starts_with("unix://"))
            read.path = url.substr(7);
        else if (url.starts_with("redis://"))
            read.parse_host(url.substr(8));
        else if (url.starts_with("rediss://"))
            refuse("rediss:// is not supported; let a tunnel (stunnel, a sidecar) do TLS, and name its end here");
        else
            refuse("must begin with redis:// or unix://, as in redis://127.0.0.1:6379/0?job=name");
        if (read.host.empty() && read.path.empty())
            refuse("names no host and no path");
        return read;
    }

    /// It in words, without user and password.
    std::string text() const { return path.empty() ? host + ":" + std::to_string(port) : path; }

private:
    [[noreturn]] static void refuse(std::string const& reason) { throw_invalid_argument("redis", reason); }

    void parse_host(std::string_view rest)
    {
        if (std::size_t const at = rest.rfind('@'); at != std::string_view::npos) {
            std::string_view const login = rest.substr(0, at);
            std::size_t const colon = login.find(':');
            user = login.substr(0, colon);
            password = colon == std::string_view::npos ? std::string() : std::string(login.substr(colon + 1));
            rest = rest.substr(at + 1);
        }
        std::size_t const slash = rest.find('/');
        if (slash != std::string_view::npos && slash + 1 < rest.size())
            database = number(rest.substr(slash + 1), "the database", 0, 1'000'000);
        rest = rest.substr(0, slash);
        std::size_t const colon = rest.rfind(':');
        bool const has_port = colon != std::string_view::npos && rest.find(']', colon) == std::string_view::npos;
        if (has_port)
            port = number(rest.substr(colon + 1), "the port", 1, 65535);
        host = rest.substr(0, has_port ? colon : rest.size());
        if (host.starts_with('[') && host.ends_with(']'))
            host = host.substr(1, host.size() - 2);
    }

    static int number(std::string_view text, std::string const& what, int least, int most)
    {
        int read = -1;
        auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), read);
        if (code != std::errc() || end != text.data() + text.size() || read < least || read > most)
            refuse(what + " must be a number from " + std::to_string(least) + " to " + std::to_string(most));
        return read;
    }
};

/// What Redis answers. A plain value.
class redis_value {
public:
    std::string text;
    std::int64_t number = 0;
    std::vector<redis_value> list;

    redis_value() = default;

    explicit redis_value(::redisReply const& reply)
        : text(reply.str == nullptr ? std::string() : std::string(reply.str, reply.len))
        , number(reply.integer)
    {
        for (std::size_t i = 0; reply.type == REDIS_REPLY_ARRAY && i < reply.elements; ++i)
            list.emplace_back(*reply.element[i]);
    }

    /// One of a list; empty where there is none.
    redis_value const& at(std::size_t place) const
    {
        static redis_value const none;
        return place < list.size() ? list[place] : none;
    }
};

using redis_command = std::vector<std::string>;

/// While it lives, writing to a connection that is closed does not end the process, as hiredis lets it.
class no_broken_pipe {
public:
    no_broken_pipe()
    {
        ::sigemptyset(&pipe_);
        ::sigaddset(&pipe_, SIGPIPE);
        ::sigset_t pending;
        ::sigpending(&pending);
        was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    no_broken_pipe(no_broken_pipe const&) = delete;
    no_broken_pipe& operator=(no_broken_pipe const&) = delete;
    ~no_broken_pipe()
    {
        ::timespec const at_once{};
        while (!was_pending_ && ::sigtimedwait(&pipe_, nullptr, &at_once) == -1 && errno == EINTR) {
        }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    ::sigset_t pipe_, before_;
    bool was_pending_ = false;
};

/// A connection to a Redis. Every member blocks; used by one thread. What goes wrong with it is an `error` of `journal_errc::away`, and
/// closes it.
class redis_link {
public:
    redis_link(redis_address where, std::chrono::steady_clock::duration timeout)
        : where_(std::move(where))
        , timeout_(timeout)
    {
    }

    bool is_open() const noexcept { return context_ != nullptr; }
    void close() noexcept { context_.reset(); }
    redis_address const& where() const noexcept { return where_; }

    void open()
    {
        auto const time = time_value();
        context_.reset(where_.path.empty() ? ::redisConnectWithTimeout(where_.host.c_str(), where_.port, time)
                                           : ::redisConnectUnixWithTimeout(where_.path.c_str(), time));
        if (!context_ || context_->err != 0)
            lose(context_ ? context_->errstr : "no memory");
        ::redisSetTimeout(context_.get(), time);
        if (where_.path.empty())
            ::redisEnableKeepAlive(context_.get());
        if (!where_.password.empty() && where_.user.empty())
            call({"AUTH", where_.password});
        else if (!where_.password.empty())
            call({"AUTH", where_.user, where_.password});
        if (where_.database != 0)
            call({"SELECT", std::to_string(where_.database)});
    }

    redis_value call(redis_command command)
    {
        std::vector<redis_command> one;
        one.push_back(std::move(command));
        return call_all(one).front();
    }

    /// Sends several commands together, and gives their answers in the same order.
    std::vector<redis_value> call_all(std::vector<redis_command> const& commands)
    {
        no_broken_pipe const guard;
        for (redis_command const& each : commands) {
            std::vector<char const*> words;
            std::vector<std::size_t> lengths;
            for (std::string const& word : each) {
                words.push_back(word.data());
                lengths.push_back(word.size());
            }
            ::redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), words.data(), lengths.data());
        }
        std::vector<redis_value> answers;
        for (std::size_t i = 0; i < commands.size(); ++i)
            answers.push_back(read());
        return answers;
    }

private:
    struct closer {
        void operator()(::redisContext* context) const noexcept { ::redisFree(context); }
        void operator()(::redisReply* reply) const noexcept { ::freeReplyObject(reply); }
    };

    ::timeval time_value() const
    {
        auto const whole = std::chrono::duration_cast<std::chrono::microseconds>(timeout_).count();
        ::timeval time{};
        time.tv_sec = static_cast<decltype(time.tv_sec)>(whole / 1'000'000);
        time.tv_usec = static_cast<decltype(time.tv_usec)>(whole % 1'000'000);
        return time;
    }

    redis_value read()
    {
        void* raw = nullptr;
        if (::redisGetReply(context_.get(), &raw) != REDIS_OK || raw == nullptr)
            lose(context_->errstr);
        std::unique_ptr<::redisReply, closer> const reply(static_cast<::redisReply*>(raw));
        // Whatever it is that Redis cannot do now (it loads its data, its disk is full, it is a replica): nothing was done.
        if (reply->type == REDIS_REPLY_ERROR)
            lose(std::string(reply->str, reply->len));
        return redis_value(*reply);
    }

    [[noreturn]] void lose(std::string const& reason)
    {
        std::string const text = "the Redis at " + where_.text() + ": " + reason;
        close();
        throw make_journal_error(journal_errc::away, text);
    }

    redis_address where_;
    std::chrono::steady_clock::duration timeout_;
    std::unique_ptr<::redisContext, closer> context_;
};

} // namespace replicate::detail

#endif
