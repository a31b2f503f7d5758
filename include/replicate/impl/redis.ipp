// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_REDIS_IPP
#define REPLICATE_IMPL_REDIS_IPP

#include <replicate/impl/redis_worker.hpp>
#include <replicate/redis.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::detail {

/// A value in which no text stands for a file: what begins with `@` does.
inline json::value escaped(json::value value)
{
    if (value.is_string() && value.get_string().starts_with('@'))
        value.get_string().insert(0, "@");
    else if (value.is_object())
        for (auto& member : value.get_object())
            member.value() = escaped(std::move(member.value()));
    else if (value.is_array())
        for (json::value& element : value.get_array())
            element = escaped(std::move(element));
    return value;
}

/// A row as a line of JSON that makes the same row.
inline std::string text_of(batch_row const& row)
{
    json::value values = escaped(json::value(row.values.object()));
    for (placed_file const& file : row.values.files()) {
        if (file.source.kind() != file_source_kind::path)
            throw_invalid_argument("input" + file.place, "only files that have a path can be submitted");
        boost::system::error_code missing;
        std::string const path = "@" + std::filesystem::absolute(file.source.path()).string();
        if (json::value* const place = values.find_pointer(json::string_view(file.place.data(), file.place.size()), missing))
            *place = json::string_view(path.data(), path.size());
    }
    json::object line;
    line["custom_id"] = json::string_view(row.custom_id.data(), row.custom_id.size());
    std::string const target = row.target.str();
    line[row.target.kind() == model_ref::form::deployment ? "deployment" : "model"] = json::string_view(target.data(), target.size());
    line["input"] = std::move(values);
    return std::string(json::serialize(line));
}

/// Puts rows into a job, some at a time.
class redis_submitter {
public:
    redis_submitter(std::string_view url, redis_options const& options, bool retry_failed)
        : where_(redis_address::parse(url))
        , link_(where_, (check(options), options.timeout))
        , token_(options.token)
        , retry_failed_(retry_failed)
    {
        link_.open();
        if (options.durable)
            check_durable(link_);
    }

    redis_submission put(batch_source& rows)
    {
        set_complete("0");
        for (auto next = rows.next(); next; next = rows.next()) {
            if (next->row)
                add(*next);
            else
                told_.faults.push_back(std::move(next->fault));
        }
        flush();
        set_complete("1");
        return std::move(told_);
    }

private:
    static constexpr std::size_t at_once = 200;

    void set_complete(std::string value)
    {
        flush();
        link_.call({"HSET", "replicate:{" + where_.job + "}:about", "complete", std::move(value)});
    }

    void add(batch_entry const& entry)
    {
        try {
            rows_.push_back(text_of(*entry.row));
        } catch (error const& refused) {
            fault(entry.row->custom_id, refused.diagnostics().detail);
            return;
        }
        ids_.push_back(entry.row->custom_id);
        if (ids_.size() >= at_once)
            flush();
    }

    void fault(std::string const& id, std::string reason)
    {
        told_.faults.emplace_back(0, 0, std::move(reason));
        told_.faults.back().custom_id = id;
    }

    /// Also without rows, so that the token is compared.
    void flush()
    {
        std::vector<std::string> arguments{token_, retry_failed_ ? "1" : "0"};
        for (std::size_t i = 0; i < ids_.size(); ++i) {
            arguments.push_back(ids_[i]);
            arguments.push_back(std::move(rows_[i]));
        }
        redis_value const answer = link_.call(job_script(where_, redis_submit, std::move(arguments)));
        require_token(answer, where_);
        auto const added = static_cast<std::uint64_t>(answer.at(1).number);
        std::size_t const refused = answer.list.size() - 2;
        told_.added += added;
        told_.known += ids_.size() - added - refused;
        for (std::size_t i = 2; i < answer.list.size(); ++i)
            fault(answer.at(i).text, "a row of this name was submitted before with something else in it");
        ids_.clear();
        rows_.clear();
    }

    redis_address where_;
    redis_link link_;
    std::string token_;
    bool retry_failed_;
    std::vector<std::string> ids_, rows_;
    redis_submission told_;
};

/// The body of `redis_rate`.
class redis_gate {
public:
    redis_gate(redis_address where, redis_options const& options, shared_rate const& rate, std::shared_ptr<redis_worker> worker)
        : rate_(rate)
        , key_("replicate:rate:{" + options.token + "}:create")
        , worker_(std::move(worker))
        , line_(std::move(where), (check(options), options.timeout), options.longest_pause)
    {
        check(rate_);
        auto const nothing = [](redis_link&) {};
        line_.start(nothing, std::chrono::seconds(10), nothing);
    }

    void ask(create_gate::answer_function answer)
    {
        auto const until = std::chrono::steady_clock::now() + rate_.margin;
        line_.send(question(), [until, answer = std::move(answer)](std::exception_ptr failed, redis_value const& told) {
            gate_answer given;
            if (failed) {
                given.wait = when_away;
            } else if (told.number < 0) {
                given.refusal = journal_errc::taken;
                given.reason = "this worker was away for longer than its lease, and others have its rows; start it again";
            } else {
                given.wait = std::chrono::milliseconds(told.number);
                given.until = until;
            }
            answer(std::move(given));
        });
    }

    void on_throttled(std::chrono::steady_clock::duration wish)
    {
        auto const least = wish > wish.zero() ? wish : std::chrono::steady_clock::duration(std::chrono::seconds(2));
        auto const length = std::max<std::chrono::steady_clock::duration>(std::min(least, rate_.longest_pause), std::chrono::milliseconds(1));
        line_.send({"EVAL", redis_pause_script, "1", key_, milliseconds_text(length)}, [](std::exception_ptr, redis_value const&) {});
    }

private:
    static constexpr std::chrono::milliseconds when_away{100};

    redis_command question() const
    {
        std::uint32_t const part = std::max(rate_.limit / 20, 1U);
        redis_command command{"EVAL", redis_rate_script, "1", key_, std::to_string(rate_.limit), milliseconds_text(rate_.window + rate_.margin),
            std::to_string(part), milliseconds_text(rate_.window * part / rate_.limit)};
        if (worker_) {
            command.push_back(worker_->prefix() + "worker:" + worker_->options().worker);
            command.push_back(worker_->session());
            command.push_back(worker_->prefix() + "dead");
        } else {
            command.insert(command.end(), 3, "");
        }
        return command;
    }

    shared_rate rate_;
    std::string key_;
    std::shared_ptr<redis_worker> worker_;
    redis_line line_;
};

} // namespace replicate::detail

namespace replicate {

REPLICATE_DECL redis_submission submit_rows(std::string_view url, batch_source& rows, redis_options const& options, bool retry_failed)
{
    detail::redis_submitter submitter(url, options, retry_failed);
    return submitter.put(rows);
}

REPLICATE_DECL redis_rows::redis_rows(std::string_view url, redis_options const& options)
    : worker_(std::make_shared<detail::redis_worker>(url, options))
{
}

REPLICATE_DECL redis_rows::~redis_rows() = default;

REPLICATE_DECL std::optional<batch_entry> redis_rows::next()
{
    return worker_->next();
}

REPLICATE_DECL bool redis_rows::is_over()
{
    try {
        return worker_->ask(worker_->script(detail::redis_is_over, {})).number == 1;
    } catch (error const& refused) {
        if (refused.code() != journal_errc::away)
            throw;
        return false;
    }
}

REPLICATE_DECL std::optional<batch_record> redis_rows::find(std::string_view custom_id)
{
    return worker_->find(custom_id);
}

REPLICATE_DECL void redis_rows::give_up(std::string_view custom_id)
{
    worker_->give_up(custom_id);
}

REPLICATE_DECL void redis_rows::put_back(std::string_view custom_id)
{
    worker_->put_back(custom_id);
}

REPLICATE_DECL void redis_rows::for_each(std::function<void(batch_record const&)> const&) {}

REPLICATE_DECL void redis_rows::for_each_in_order(std::function<void(batch_record const&)> const&) {}

REPLICATE_DECL std::optional<std::string> redis_rows::owner_of(std::string_view prediction)
{
    std::string owner = worker_->ask({"HGET", worker_->prefix() + "owners", std::string(prediction)}).text;
    if (owner.empty())
        return std::nullopt;
    return owner;
}

REPLICATE_DECL std::pair<std::uint64_t, std::uint64_t> redis_rows::ends()
{
    std::string const name = worker_->options().worker;
    auto const told = worker_->ask({"HMGET", worker_->prefix() + "ends", name + " results", name + " errors"});
    return {detail::number_of<std::uint64_t>(told.at(0).text), detail::number_of<std::uint64_t>(told.at(1).text)};
}

REPLICATE_DECL void redis_rows::record(std::vector<batch_record> what, detail::erased_handler<std::monostate> handler)
{
    worker_->record(std::move(what), std::move(handler));
}

REPLICATE_DECL redis_rate::redis_rate(std::string_view url, redis_options const& options, shared_rate const& rate)
    : gate_(std::make_unique<detail::redis_gate>(detail::redis_address::parse(url), options, rate, nullptr))
{
}

REPLICATE_DECL redis_rate::redis_rate(redis_rows const& rows, shared_rate const& rate)
    : gate_(std::make_unique<detail::redis_gate>(rows.worker()->where(), rows.worker()->options(), rate, rows.worker()))
{
}

REPLICATE_DECL redis_rate::~redis_rate() = default;

REPLICATE_DECL void redis_rate::ask(answer_function answer)
{
    gate_->ask(std::move(answer));
}

REPLICATE_DECL void redis_rate::on_throttled(std::chrono::steady_clock::duration wish)
{
    gate_->on_throttled(wish);
}

} // namespace replicate

#endif
