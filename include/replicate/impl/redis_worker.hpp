// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_REDIS_WORKER_HPP
#define REPLICATE_IMPL_REDIS_WORKER_HPP

#include <replicate/core/batch_line.hpp>
#include <replicate/core/sha256.hpp>
#include <replicate/impl/redis_line.hpp>
#include <replicate/impl/redis_scripts.hpp>
#include <replicate/impl/waiting_record.hpp>
#include <replicate/redis.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

namespace replicate::detail {

inline std::string milliseconds_text(std::chrono::steady_clock::duration length)
{
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(length).count());
}

template<class Number>
Number number_of(std::string const& text)
{
    Number read{};
    std::from_chars(text.data(), text.data() + text.size(), read);
    return read;
}

/// The bytes that two hexadecimal digits each stand for.
inline std::string unhex(std::string_view digits)
{
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        unsigned value = 0;
        std::from_chars(digits.data() + i, digits.data() + i + 2, value, 16);
        bytes += static_cast<char>(value);
    }
    return bytes;
}

inline void check(redis_options const& options)
{
    if (options.lease < std::chrono::milliseconds(100))
        throw_invalid_argument("redis.lease", "must be at least 100 ms");
    if (options.timeout < std::chrono::milliseconds(1) || options.longest_pause < std::chrono::milliseconds(1))
        throw_invalid_argument("redis.timeout", "and redis.longest_pause must be at least 1 ms");
}

/// A script of a job, with its arguments.
inline redis_command job_script(redis_address const& where, char const* script, std::vector<std::string> arguments)
{
    redis_command command{"EVAL", std::string(redis_common) + script, "1", "replicate:{" + where.job + "}:"};
    for (std::string& each : arguments)
        command.push_back(std::move(each));
    return command;
}

/// Refuses a Redis that may forget what it was told.
inline void check_durable(redis_link& link)
{
    std::string const advice = "; set appendonly yes and appendfsync always, or allow it to forget (redis_options::durable)";
    if (link.call({"INFO", "persistence"}).text.find("aof_enabled:1") == std::string::npos)
        throw make_journal_error(journal_errc::not_durable, "the Redis at " + link.where().text() + " keeps nothing on its disk" + advice);
    try {
        std::string const when = link.call({"CONFIG", "GET", "appendfsync"}).at(1).text;
        if (!when.empty() && when != "always")
            throw make_journal_error(journal_errc::not_durable,
                "the Redis at " + link.where().text() + " has what it was told on its disk later (appendfsync " + when + ")" + advice);
    } catch (error const& refused) {
        if (refused.code() != journal_errc::away)
            throw;
        link.open(); // a Redis of others tells nobody how it is set
    }
}

inline void require_token(redis_value const& answer, redis_address const& where)
{
    if (answer.at(0).text == "token")
        throw make_journal_error(journal_errc::other_token,
            "the job " + detail::quoted(where.job) + " in the Redis at " + where.text()
                + " is of another token; take that one, or name another job");
}

/// A worker's part in a job.
class redis_worker {
public:
    redis_worker(std::string_view url, redis_options const& options)
        : options_(options)
        , where_(redis_address::parse(url))
        , line_(where_, (check(options), options.timeout), options.longest_pause)
    {
        if (options_.worker.empty())
            options_.worker = name_of_host();
        std::random_device random;
        for (int i = 0; i < 4; ++i)
            session_ += hex_of(random());
        if (options_.durable)
            check_durable(line_.link());
        join();
        line_.start([this](redis_link& link) { on_open(link); }, options_.lease / 4, [this](redis_link& link) { renew(link); });
    }
    redis_worker(redis_worker const&) = delete;
    redis_worker& operator=(redis_worker const&) = delete;
    ~redis_worker()
    {
        line_.end();
        try {
            if (!line_.link().is_open())
                line_.link().open();
            on_open(line_.link());
            line_.link().call(script(redis_leave, {}));
        } catch (...) { // then its lease ends by itself
        }
    }

    redis_options const& options() const noexcept { return options_; }
    redis_address const& where() const noexcept { return where_; }
    std::string const& session() const noexcept { return session_; }
    std::string prefix() const { return "replicate:{" + where_.job + "}:"; }

    std::optional<batch_entry> next()
    {
        if (is_lost_)
            take(true);
        if (is_lost_)
            return std::nullopt;
        if (!ready_.empty())
            return entry_of();
        auto const now = std::chrono::steady_clock::now();
        bool const looks_for_dead = now >= next_look_;
        if (looks_for_dead)
            next_look_ = now + options_.lease / 3;
        take(looks_for_dead);
        if (looks_for_dead && ready_.empty() && !is_lost_)
            take(false);
        if (ready_.empty())
            return std::nullopt;
        return entry_of();
    }

    std::optional<batch_record> find(std::string_view custom_id)
    {
        auto const found = given_.find(custom_id);
        if (found == given_.end())
            return std::nullopt;
        batch_record known = std::move(found->second);
        given_.erase(found);
        return known;
    }

    /// Asks, and blocks.
    redis_value ask(redis_command command) { return line_.call(std::move(command)); }

    redis_command script(char const* text, std::vector<std::string> arguments) const
    {
        std::vector<std::string> all{options_.worker, session_};
        for (std::string& each : arguments)
            all.push_back(std::move(each));
        return job_script(where_, text, std::move(all));
    }

    void record(std::vector<batch_record> what, erased_handler<std::monostate> handler)
    {
        auto const waiting = std::make_shared<waiting_record>(std::move(what), std::move(handler));
        redis_command command = command_of(waiting->what);
        line_.send(command, [this, waiting, command](std::exception_ptr failed, redis_value answer) {
            if (failed && may_be_late(waiting->what)) {
                late_.push_back(command);
                waiting->complete(failure());
            } else {
                waiting->complete(failed ? failure::of_exception(failed) : failure_of(answer.text));
            }
        });
    }

    void give_up(std::string_view custom_id) { tell(redis_give_up, custom_id); }
    void put_back(std::string_view custom_id) { tell(redis_put_back, custom_id); }

private:
    /// Now, or when Redis is back.
    void tell(char const* text, std::string_view custom_id)
    {
        redis_command command = script(text, {std::string(custom_id)});
        line_.send(command, [this, command](std::exception_ptr failed, redis_value const&) {
            if (failed)
                late_.push_back(command);
        });
    }

    static std::string hex_of(unsigned number)
    {
        std::array<char, 4> bytes{};
        for (char& byte : bytes) {
            byte = static_cast<char>(number & 0xffU);
            number >>= 8U;
        }
        return core::hex(std::string_view(bytes.data(), bytes.size()));
    }

    static std::string name_of_host()
    {
        std::array<char, 256> name{};
        ::gethostname(name.data(), name.size() - 1);
        return name.data();
    }

    /// An id and an end are not lost with this process: the intent is in Redis, and the rest in the list of predictions.
    static bool may_be_late(std::vector<batch_record> const& what)
    {
        return std::all_of(what.begin(), what.end(),
            [](batch_record const& each) { return each.state == batch_state::created || each.state == batch_state::terminal; });
    }

    std::string why_taken() const
    {
        return "the worker " + detail::quoted(options_.worker) + " was away from the Redis at " + where_.text() + " for longer than its lease of "
            + milliseconds_text(options_.lease) + " ms, and others have its rows; start it again";
    }

    failure failure_of(std::string const& answer) const
    {
        if (answer.empty())
            return failure();
        journal_errc const code = answer == "busy" ? journal_errc::busy : answer == "other_row" ? journal_errc::other_row : journal_errc::taken;
        return failure(make_error_code(code), make_journal_error(code, code == journal_errc::taken ? why_taken() : "").diagnostics());
    }

    void join()
    {
        auto const limit = std::chrono::steady_clock::now() + 2 * options_.lease + std::chrono::seconds(2);
        for (;;) {
            redis_value const answer =
                line_.link().call(script(redis_join, {milliseconds_text(options_.lease), options_.token}));
            require_token(answer, where_);
            if (answer.at(0).text != "wait")
                return;
            if (std::chrono::steady_clock::now() >= limit)
                throw make_journal_error(journal_errc::locked,
                    "another process is the worker " + detail::quoted(options_.worker) + " of the job " + detail::quoted(where_.job)
                        + "; give this one another name, or end that one");
            std::this_thread::sleep_for(std::chrono::milliseconds(std::clamp<std::int64_t>(answer.at(1).number, 1, 500)));
        }
    }

    void on_open(redis_link& link)
    {
        renew(link);
        if (!late_.empty())
            link.call_all(late_);
        late_.clear();
    }

    void renew(redis_link& link) { link.call(script(redis_renew, {milliseconds_text(options_.lease)})); }

    /// Asks for a row. A question whose answer is lost may have been carried out: it is asked again, by its number, for what it gave.
    void take(bool looks_for_dead)
    {
        std::string const number = std::to_string(question_);
        redis_value given;
        try {
            given = ask(script(redis_take,
                {milliseconds_text(options_.lease), is_lost_ ? "1000" : "1", looks_for_dead ? "1" : "0", number, is_lost_ ? number : ""}));
        } catch (error const& refused) {
            if (refused.code() != journal_errc::away)
                throw;
            is_lost_ = true;
            return;
        }
        if (given.at(0).text == "taken")
            throw make_journal_error(journal_errc::taken, why_taken());
        if (given.at(0).text == "wait")
            return;
        is_lost_ = false;
        ++question_;
        for (std::size_t i = 1; i + 8 < given.list.size(); i += 9)
            ready_.emplace_back(given.list.begin() + static_cast<std::ptrdiff_t>(i), given.list.begin() + static_cast<std::ptrdiff_t>(i + 9));
    }

    batch_entry entry_of()
    {
        std::vector<redis_value> const given = std::move(ready_.back());
        ready_.pop_back();
        batch_entry entry = reader_.read(given.at(1).text, 0);
        if (!entry.row)
            throw make_journal_error(journal_errc::other_version,
                "the row " + detail::quoted(given.at(0).text) + " in Redis cannot be read: " + entry.fault.text());
        entry.number = count_++;
        auto const state = static_cast<batch_state>(number_of<int>(given.at(2).text));
        auto const now = std::chrono::system_clock::now();
        batch_record known(given.at(0).text, state, now);
        // By the clock of this machine, whichever recorded it.
        known.intended_at = now - std::chrono::milliseconds(number_of<std::int64_t>(given.at(3).text));
        known.tries = number_of<std::uint32_t>(given.at(4).text);
        known.target = given.at(5).text;
        known.input_hash = unhex(given.at(6).text);
        known.prediction = given.at(7).text;
        known.text = given.at(8).text;
        given_.insert_or_assign(known.custom_id, std::move(known));
        return entry;
    }

    redis_command command_of(std::vector<batch_record> const& what) const
    {
        std::vector<std::string> arguments;
        for (batch_record const& each : what) {
            arguments.insert(arguments.end(),
                {each.custom_id, std::to_string(static_cast<int>(each.state)), each.target, core::hex(each.input_hash), each.prediction,
                    is_end(each.state) ? std::string() : each.text, each.results_end ? std::to_string(*each.results_end) : std::string(),
                    each.errors_end ? std::to_string(*each.errors_end) : std::string()});
        }
        return script(redis_record, std::move(arguments));
    }

    redis_options options_;
    redis_address where_;
    std::string session_;
    core::batch_line_reader reader_;
    std::uint64_t count_ = 0, question_ = 0;
    /// The answer to the last question was lost.
    bool is_lost_ = false;
    /// Rows that were given, each as the script gives it.
    std::vector<std::vector<redis_value>> ready_;
    std::chrono::steady_clock::time_point next_look_{};
    std::map<std::string, batch_record, std::less<>> given_;
    /// What is to be recorded when Redis is back. On the thread of the line alone.
    std::vector<redis_command> late_;
    redis_line line_;
};

} // namespace replicate::detail

#endif
