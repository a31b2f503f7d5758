// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// A file of its own, because it alone needs the schemas of models.

#include "progress.hpp"
#include "rows.hpp"
#include "settings.hpp"
#include "words.hpp"

#include <replicate/client.hpp>
#include <replicate/core/batch_reconciliation.hpp>
#include <replicate/journal.hpp>
#include <replicate/model_schema.hpp>
#include <replicate/testing/server.hpp>

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>

namespace batch_program {

namespace {

namespace asio = boost::asio;
namespace json = boost::json;

/// What is known of one model.
class target_figures {
public:
    std::uint64_t rows = 0;
    replicate::model_schema schema;
    /// Why there is no schema.
    std::string refusal;
    /// The seconds of its example, and what one like it costs.
    std::optional<double> predict_time, cost;

    target_figures() = default;
};

/// Holds rows against the schemas of their models, each of which is asked for once.
class rehearsal {
public:
    explicit rehearsal(settings const& wanted)
        : prices_(read_prices(wanted.prices_file))
    {
        char const* const token = std::getenv("REPLICATE_API_TOKEN");
        if (wanted.is_local) {
            server_ = std::make_unique<replicate::testing::server>();
            client_.emplace(context_, server_->config());
        } else if (token != nullptr && *token != '\0') {
            client_.emplace(context_);
        }
    }

    bool asks() const noexcept { return client_.has_value(); }

    void look_at(replicate::batch_row const& row, row_survey& found)
    {
        check_files(row, found);
        for (replicate::placed_file const& each : row.values.files())
            files.insert(each.source.path().string());
        auto const [place, is_new] = targets.try_emplace(replicate::core::target_text(row.target));
        target_figures& target = place->second;
        if (is_new && asks())
            ask(row.target, target);
        ++target.rows;
        std::string const line = "line " + std::to_string(row.line) + ": " + row.custom_id + ": ";
        if (!target.refusal.empty())
            return found.add_fault(line + target.refusal);
        std::string reasons;
        for (replicate::input_violation const& each : target.schema.validate(row.values))
            if (each.level == replicate::input_violation::severity::error)
                reasons += (reasons.empty() ? "" : "; ") + each.pointer + " " + each.text;
            else
                ++warnings;
        if (!reasons.empty())
            found.add_fault(line + reasons);
    }

    std::map<std::string, target_figures> targets;
    std::set<std::string> files;
    std::uint64_t warnings = 0;

private:
    void ask(replicate::model_ref const& target, target_figures& into)
    {
        client_->async_schema(target, [&](boost::system::error_code code, replicate::model_schema told) {
            if (code == replicate::condition::not_found)
                into.refusal = "there is no " + replicate::core::target_text(target);
            else if (code == replicate::condition::authentication)
                throw program_end(exit_code::token_refused, "the service does not take the token");
            else if (code == replicate::condition::connection || code == replicate::condition::timeout || code == replicate::condition::tls)
                throw program_end(exit_code::failure, "the service cannot be reached: " + code.message());
            else if (!code)
                into.schema = std::move(told);
        });
        if (target.kind() == replicate::model_ref::form::model || target.kind() == replicate::model_ref::form::model_version)
            ask_example(target, into);
        context_.restart();
        context_.run();
    }

    void ask_example(replicate::model_ref const& target, target_figures& into)
    {
        client_->models().async_get(target.owner(), target.name(), [this, &into](boost::system::error_code code, replicate::model told) {
            auto const example = code ? std::optional<replicate::prediction>() : told.default_example();
            if (!example)
                return;
            into.predict_time = example->metrics.predict_time;
            into.cost = prices_.cost(*example);
        });
    }

    std::unique_ptr<replicate::testing::server> server_;
    asio::io_context context_{1};
    std::optional<replicate::client> client_;
    replicate::price_table prices_;
};

/// The rows that are at their end already, where there is a journal.
std::uint64_t count_ended(std::filesystem::path const& path)
{
    if (!std::filesystem::exists(path))
        return 0;
    std::uint64_t ended = 0;
    replicate::journal_options options;
    options.only_reads = true;
    replicate::journal(path, options).for_each([&](replicate::batch_record const& row) {
        ended += is_end(row.state) && !row.custom_id.starts_with('\x01') ? 1 : 0;
    });
    return ended;
}

/// What it all comes to.
class estimate {
public:
    std::uint64_t rows = 0, ended = 0, creates = 0, uploads = 0;
    double seconds_by_rate = 0, seconds_by_models = 0, cost = 0, rate = 0;
    bool has_cost = false, knows_models = true;

    estimate(rehearsal const& of, row_survey const& found, settings const& wanted)
        : rows(found.rows)
        , ended(count_ended(wanted.directory() / "job.db"))
        , creates(found.rows - std::min(found.rows, found.all_faults + ended))
        , uploads(of.files.size())
        , rate(wanted.rps.value_or(10) / wanted.shards)
    {
        seconds_by_rate = static_cast<double>(creates) / rate;
        for (auto const& [name, each] : of.targets) {
            auto const count = static_cast<double>(each.rows);
            knows_models = knows_models && each.predict_time;
            seconds_by_models += count * each.predict_time.value_or(0) / static_cast<double>(wanted.concurrency);
            cost += count * each.cost.value_or(0);
            has_cost = has_cost || each.cost;
        }
    }

    double seconds() const { return std::max(seconds_by_rate, seconds_by_models); }
};

void tell(estimate const& told, rehearsal const& of, row_survey const& found)
{
    for (std::string const& each : found.faults)
        std::cout << each << '\n';
    if (found.all_faults > found.faults.size())
        std::cout << "and " << in_thousands(found.all_faults - found.faults.size()) << " more\n";
    std::cout << "dry run: nothing was created\n"
              << "  rows      " << in_thousands(told.rows) << ", " << in_thousands(found.all_faults) << " of them wrong"
              << (told.ended > 0 ? ", " + in_thousands(told.ended) + " at their end already" : "") << '\n';
    for (auto const& [name, each] : of.targets)
        std::cout << "  " << in_thousands(each.rows) << " of " << name
                  << (each.predict_time ? ", whose example ran " + time_text(*each.predict_time) : "") << '\n';
    if (!of.asks())
        std::cout << "  schemas   not looked at: REPLICATE_API_TOKEN is not set\n";
    if (of.warnings > 0)
        std::cout << "  warnings  " << in_thousands(of.warnings) << " values that their models do not know, and likely ignore\n";
    std::cout << "  requests  " << in_thousands(told.creates) << " creates, " << in_thousands(told.uploads)
              << " uploads, as many looks or more as creates, and the downloads\n"
              << "  time      " << time_text(told.seconds()) << " or more, at " << fixed(told.rate, told.rate < 10 ? 1 : 0)
              << " creates a second" << (told.knows_models ? "" : "; how long the models run is not known of all") << '\n';
    if (told.has_cost)
        std::cout << "  cost      about " << cost_text(told.cost) << ", if all ran as long as the examples\n";
}

void tell_json(estimate const& told, rehearsal const& of, row_survey const& found, exit_code code)
{
    json::array faults;
    for (std::string const& each : found.faults)
        faults.emplace_back(each);
    json::object document{{"rows", told.rows}, {"wrong", found.all_faults}, {"faults", std::move(faults)}, {"ended", told.ended},
        {"creates", told.creates}, {"uploads", told.uploads}, {"seconds", told.seconds()}, {"schemas", of.asks()},
        {"warnings", of.warnings}, {"exit_code", static_cast<int>(code)}};
    if (told.has_cost)
        document["cost"] = told.cost;
    std::cout << json::serialize(document) << std::endl;
}

} // namespace

exit_code try_batch(settings const& wanted)
{
    if (wanted.input.empty())
        throw program_end(exit_code::wrong_use, "--dry-run needs an input");
    rehearsal one(wanted);
    std::filesystem::path const input = wanted.input == "-" ? "/dev/stdin" : wanted.input;
    if (!std::filesystem::exists(input))
        throw program_end(exit_code::wrong_use, "there is no file " + wanted.input);
    row_survey const found = survey(input, wanted, [&](replicate::batch_row const& row, row_survey& into) { one.look_at(row, into); });
    estimate const told(one, found, wanted);
    exit_code const code = found.all_faults > 0 ? exit_code::some_failed : exit_code::all_saved;
    if (wanted.progress == progress_kind::json)
        tell_json(told, one, found, code);
    else
        tell(told, one, found);
    return code;
}

} // namespace batch_program
