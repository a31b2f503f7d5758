// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_BATCH_SUMMARY_HPP
#define REPLICATE_BATCH_SUMMARY_HPP

#include <replicate/error.hpp>
#include <replicate/prediction.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate {

/// What a model costs, in a currency of the user's. The service tells no prices, so they are the user's to say.
class model_price {
public:
    /// For each second that the model runs.
    double per_second = 0;
    /// For each token of a prompt.
    double per_input_token = 0;
    /// For each token of an answer.
    double per_output_token = 0;
    /// For each prediction that succeeds.
    double per_run = 0;

    /// Nothing.
    model_price() = default;
};

/// Prices of models. A plain value.
class price_table {
public:
    /// No prices.
    price_table() = default;

    /// Reads `{"owner/name": {"per_second": 0.000725}, "other/name": {"per_run": 0.04}, "*": {"per_second": 0.001}}`; `*` is for all
    /// models that are not named. Members: `per_second`, `per_input_token`, `per_output_token`, `per_run`. An `error` of
    /// `errc::invalid_argument`, which names the place, for anything else.
    static price_table from_json(json::value const& document);

    /// Sets the price of a model, `owner/name`, or of all that have none, `*`.
    void set(std::string_view model, model_price price) { prices_.insert_or_assign(std::string(model), price); }

    /// True when there are no prices.
    bool empty() const noexcept { return prices_.empty(); }

    /// What a prediction has cost; nothing where its model has no price.
    std::optional<double> cost(prediction const& of) const
    {
        auto found = prices_.find(of.model);
        if (found == prices_.end())
            found = prices_.find("*");
        if (found == prices_.end())
            return std::nullopt;
        model_price const& price = found->second;
        double const run = of.status == prediction_status::succeeded ? price.per_run : 0;
        return run + price.per_second * of.metrics.predict_time.value_or(0)
            + price.per_input_token * of.metrics.input_token_count.value_or(0)
            + price.per_output_token * of.metrics.output_token_count.value_or(0);
    }

private:
    std::map<std::string, model_price, std::less<>> prices_;
};

inline price_table price_table::from_json(json::value const& document)
{
    if (!document.is_object())
        detail::throw_invalid_argument("prices", "must be a JSON object such as {\"owner/name\": {\"per_second\": 0.000725}}");
    price_table table;
    for (auto const& [model, value] : document.get_object()) {
        std::string const place = "prices." + std::string(model);
        if (!value.is_object())
            detail::throw_invalid_argument(place, "must be an object such as {\"per_second\": 0.000725}");
        model_price price;
        std::pair<std::string_view, double&> const members[] = {{"per_second", price.per_second},
            {"per_input_token", price.per_input_token}, {"per_output_token", price.per_output_token}, {"per_run", price.per_run}};
        for (auto const& [name, amount] : value.get_object()) {
            std::string_view const wanted(name.data(), name.size());
            auto const known = std::find_if(
                std::begin(members), std::end(members), [&](auto const& each) { return each.first == wanted; });
            if (known == std::end(members))
                detail::throw_invalid_argument(place + "." + std::string(name),
                    "is not known: there are per_second, per_input_token, per_output_token and per_run");
            double const read = amount.is_number() ? amount.to_number<double>() : -1;
            if (!(read >= 0) || !std::isfinite(read))
                detail::throw_invalid_argument(place + "." + std::string(name), "must be a number that is not negative");
            known->second = read;
        }
        table.set(std::string_view(model.data(), model.size()), price);
    }
    return table;
}

/// Why a batch has ended, or that it has not.
enum class batch_end {
    /// It goes on.
    running,
    /// All rows are at their end, but for those that are `batch_summary::unknown`.
    finished,
    /// It was asked to create nothing more, and what was open has ended.
    drained,
    /// It was asked to stop, or its call was cancelled: what was open is left to the next run.
    stopped,
    /// More rows have failed than `batch_options::max_failures` allows.
    too_many_failures,
    /// It has cost as much as `batch_options::max_cost` or `max_predict_time` allows.
    cost_reached,
    /// The service does not take the token any more.
    unauthorized
};

/// What a batch, or what was seen of it, came to. A plain value.
class batch_summary {
public:
    /// Why it has ended.
    batch_end end = batch_end::running;
    /// Why nothing is created for a while: no credit, no room on the disk, no connection, `batch_options::settle`; empty while all is well.
    std::string pause;
    /// Rows whose results are there, those of earlier runs of the same batch among them.
    std::uint64_t saved = 0;
    /// Rows that have failed, and lines that are no rows, those of earlier runs of the same batch among them.
    std::uint64_t failed = 0;
    /// Rows of which it is not known whether their predictions exist: they may have been paid for, and are not created again.
    std::uint64_t unknown = 0;
    /// The names of the first thousand of them.
    std::vector<std::string> unknown_rows;
    /// Rows that are not at their end; they go on when the batch is resumed. While the batch runs: those that are at work.
    std::uint64_t open = 0;
    /// Lines of the input that are no rows.
    std::uint64_t faults = 0;
    /// Of those that were saved: rows that were at their end before this run began.
    std::uint64_t found_saved = 0;
    /// The same of those that have failed.
    std::uint64_t found_failed = 0;
    /// Predictions that this run has created.
    std::uint64_t created = 0;
    /// Files of outputs that this run has saved.
    std::uint64_t files_saved = 0;
    /// Files of outputs that this run could not save before the service removed them; their lines of the results say why.
    std::uint64_t files_lost = 0;
    /// How long this run took.
    std::chrono::duration<double> elapsed{0};
    /// The seconds that the models ran in what ended in this run, failed ones among them.
    double predict_time = 0;
    /// Tokens of prompts and answers, where the models count them.
    double input_tokens = 0, output_tokens = 0;
    /// What that cost by the prices given; nothing where there are none for what was run.
    std::optional<double> cost;
    /// What is known of earlier runs with the same journal: their cost by the prices given, and the seconds that the models ran. Counted
    /// only where there are prices or `batch_options::max_predict_time`.
    double earlier_cost = 0, earlier_predict_time = 0;

    /// Nothing has happened.
    batch_summary() = default;

    /// A prediction has ended.
    void add(prediction const& ended, price_table const& prices)
    {
        predict_time += ended.metrics.predict_time.value_or(0);
        input_tokens += ended.metrics.input_token_count.value_or(0);
        output_tokens += ended.metrics.output_token_count.value_or(0);
        if (auto const more = prices.cost(ended))
            cost = cost.value_or(0) + *more;
        if (ended.metrics.total_time)
            total_times_.push_back(static_cast<float>(*ended.metrics.total_time));
    }

    /// How long a prediction took from its creation to its end, in seconds, for a part of them: 0.5 for the median, 0.99 for all but
    /// the slowest of a hundred. Nothing while none has told.
    std::optional<double> quantile(double part) const
    {
        if (total_times_.empty())
            return std::nullopt;
        std::vector<float> times = total_times_;
        auto const last = static_cast<double>(times.size() - 1);
        auto const nth = times.begin() + static_cast<std::ptrdiff_t>(std::ceil(std::clamp(part, 0.0, 1.0) * last));
        std::nth_element(times.begin(), nth, times.end());
        return static_cast<double>(*nth);
    }

private:
    // Four bytes a row: exact, and small beside all else that a row needs.
    std::vector<float> total_times_;
};

} // namespace replicate

#endif
