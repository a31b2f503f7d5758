// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_PREDICTION_RECORD_HPP
#define REPLICATE_IMPL_TESTING_PREDICTION_RECORD_HPP

#include <replicate/impl/testing/wire.hpp>
#include <replicate/testing/script.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace replicate::testing::detail {

/// What a webhook is sent for.
enum class webhook_event { start, output, logs, completed };

/// One prediction. Only `ended` and `data_removed` change after it was made.
class prediction_record {
public:
    std::string id;
    std::string model;
    std::string version;
    /// `owner/name`, where it was made through a deployment.
    std::string deployment;
    /// The input as each of the back ends writes it.
    std::string gateway_input;
    std::string web_input;
    std::string webhook;
    /// Empty: as the service chooses.
    std::vector<webhook_event> webhook_events;
    bool stream_requested = false;
    /// Empty where it has none.
    std::string stream_url;
    /// Where its links lead; empty: to this server.
    std::string get_base;
    std::string cancel_base;
    script life;
    /// Where its files are; as many as the script has.
    std::vector<std::string> file_urls;
    moment created = moment({}, {});
    int fraction_digits = 6;
    /// From `Cancel-After`.
    std::optional<std::chrono::steady_clock::duration> deadline;

    /// From outside: a cancel.
    std::optional<early_end> ended;
    bool data_removed = false;

    /// What is seen of it at a moment.
    snapshot at(std::chrono::steady_clock::time_point now) const
    {
        if (auto const cut = interruption())
            return life.at(now - created.steady, *cut);
        return life.at(now - created.steady);
    }

    /// When it ends as far as is known now; the greatest time there is if never.
    std::chrono::steady_clock::time_point finish() const
    {
        auto end = std::chrono::steady_clock::time_point::max();
        if (auto const own = life.finish())
            end = created.steady + *own;
        if (auto const cut = interruption())
            end = std::min(end, created.steady + cut->at);
        return end;
    }

private:
    // Whichever comes first: the cancel, or the deadline.
    std::optional<early_end> interruption() const
    {
        if (ended && (!deadline || ended->at <= *deadline))
            return ended;
        if (deadline)
            return early_end(*deadline, early_end::reason::deadline);
        return std::nullopt;
    }
};

} // namespace replicate::testing::detail

#endif
