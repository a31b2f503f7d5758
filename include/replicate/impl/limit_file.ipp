// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_LIMIT_FILE_IPP
#define REPLICATE_IMPL_LIMIT_FILE_IPP

#include <replicate/error.hpp>
#include <replicate/io/file_reader.hpp>
#include <replicate/limit_file.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace replicate::detail {

/// The file: until when all wait, how many times follow, and when the last creates went, the earliest first. All by the steady clock of this
/// machine, in nanoseconds. It is written whole by one call under the lock, so that who is killed leaves it as it was.
class limit_file_state {
public:
    using clock = std::chrono::steady_clock;

    limit_file_state(std::filesystem::path const& path, shared_rate const& options)
        : options_(options)
        , file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666))
    {
        check(options);
        if (file_.number() < 0)
            throw make_error(errc::file_not_writable, path.string() + ": " + std::generic_category().message(errno));
    }

    gate_answer ask()
    {
        gate_answer answer;
        lock const held(file_.number());
        // Whoever has it has it for a moment, unless he was stopped: he must not stop us too.
        if (!held.is_held()) {
            answer.wait = std::chrono::milliseconds(2);
            return answer;
        }
        std::int64_t const now = clock::now().time_since_epoch().count();
        if (!load(now)) {
            answer.wait = when_unreadable;
            return answer;
        }
        std::uint32_t const part = std::max(options_.limit / 20, 1U);
        std::int64_t const wait = std::max({paused_until_ - now, missing(options_.limit, options_.window + options_.margin, now),
            missing(part, options_.window * part / options_.limit, now)});
        answer.wait = std::max(clock::duration(wait), clock::duration::zero());
        if (wait > 0) {
            if (pause_here_ > now)
                store(); // so that the others know it too
            return answer;
        }
        answer.until = clock::now() + options_.margin;
        times_.push_back(now);
        if (times_.size() > options_.limit)
            times_.erase(times_.begin());
        if (!store())
            answer.wait = when_unreadable;
        return answer;
    }

    void on_throttled(clock::duration wish)
    {
        auto const least = wish > wish.zero() ? wish : clock::duration(std::chrono::seconds(2));
        std::int64_t const now = clock::now().time_since_epoch().count();
        // By the others too as soon as the lock is to be had: what is here counts as well.
        pause_here_ = std::max(pause_here_, now + std::min(least, options_.longest_pause).count());
        lock const held(file_.number());
        if (held.is_held() && load(now))
            store();
    }

private:
    static constexpr std::chrono::seconds when_unreadable{1};

    class lock {
    public:
        explicit lock(int file)
            : file_(file)
            , is_held_(::flock(file, LOCK_EX | LOCK_NB) == 0)
        {
        }
        lock(lock const&) = delete;
        lock& operator=(lock const&) = delete;
        ~lock()
        {
            if (is_held_)
                ::flock(file_, LOCK_UN);
        }

        bool is_held() const noexcept { return is_held_; }

    private:
        int file_;
        bool is_held_;
    };

    /// How long until there are fewer than so many in the last of such windows.
    std::int64_t missing(std::uint32_t limit, clock::duration window, std::int64_t now) const
    {
        return times_.size() < limit ? 0 : times_[times_.size() - limit] + window.count() - now;
    }

    /// False where it cannot be read.
    bool load(std::int64_t now)
    {
        std::int64_t head[2] = {};
        ::ssize_t const got = ::pread(file_.number(), head, sizeof head, 0);
        if (got < 0 || (got == sizeof head && (head[1] < 0 || head[1] > 1'000'000)))
            return false;
        times_.assign(got == sizeof head ? static_cast<std::size_t>(head[1]) : 0, 0);
        auto const size = static_cast<::ssize_t>(times_.size() * sizeof(std::int64_t));
        if (size > 0 && ::pread(file_.number(), times_.data(), static_cast<std::size_t>(size), sizeof head) != size)
            return false;
        // The clock began anew with the machine: what is later than now may have been at any time before.
        for (std::int64_t& time : times_)
            time = std::min(time, now);
        if (times_.size() > options_.limit)
            times_.erase(times_.begin(), times_.end() - options_.limit);
        paused_until_ = std::max(std::min(head[0], now + options_.longest_pause.count()), pause_here_);
        return true;
    }

    bool store()
    {
        std::vector<std::int64_t> all{paused_until_, static_cast<std::int64_t>(times_.size())};
        all.insert(all.end(), times_.begin(), times_.end());
        auto const size = static_cast<::ssize_t>(all.size() * sizeof(std::int64_t));
        return ::pwrite(file_.number(), all.data(), static_cast<std::size_t>(size), 0) == size;
    }

    shared_rate options_;
    io::file_handle file_;
    std::vector<std::int64_t> times_;
    std::int64_t paused_until_ = 0, pause_here_ = 0;
};

} // namespace replicate::detail

namespace replicate {

REPLICATE_DECL limit_file::limit_file(std::filesystem::path const& path, shared_rate const& options)
    : state_(std::make_unique<detail::limit_file_state>(path, options))
{
}

REPLICATE_DECL limit_file::~limit_file() = default;

REPLICATE_DECL void limit_file::ask(answer_function answer)
{
    answer(state_->ask());
}

REPLICATE_DECL void limit_file::on_throttled(std::chrono::steady_clock::duration wish)
{
    state_->on_throttled(wish);
}

} // namespace replicate

#endif
