// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_RUN_UPDATE_HPP
#define REPLICATE_RUN_UPDATE_HPP

#include <replicate/log_reader.hpp>
#include <replicate/prediction.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate {

/// What is new about a prediction that a run waits for; see `run_options::observer`.
class run_update {
public:
    /// The prediction as it was seen; its model may be unknown where a webhook told of it.
    replicate::prediction prediction;
    /// The lines of its logs that are new, each given once; see `log_reader`.
    std::vector<std::string> log_lines;
    /// The bar that the model draws in its logs, if any.
    std::optional<log_progress> progress;
    /// What has changed since the last update. All are true at the first.
    bool status_changed = false, output_changed = false, progress_changed = false;

    /// Nothing new.
    run_update() = default;
};

/// Is called with what is new.
using run_observer = std::function<void(run_update const&)>;

} // namespace replicate

namespace replicate::detail {

/// Finds out what is new in each state of a prediction, in the order in which they are seen. A state that is older than the last one
/// says nothing.
class update_finder {
public:
    update_finder() = default;

    /// What is new in a state; nothing where nothing is.
    std::optional<run_update> look_at(prediction const& seen)
    {
        if (seen.status_text.empty() || is_older(seen.status, last_.status))
            return std::nullopt;
        run_update made;
        made.log_lines = logs_.read(seen.logs);
        if (seen.is_terminal())
            if (auto line = logs_.finish())
                made.log_lines.push_back(std::move(*line));
        made.progress = logs_.progress();
        made.progress_changed = first_ || made.progress != progress_;
        made.status_changed = first_ || seen.status_text != last_.status_text;
        made.output_changed = first_ || seen.output() != last_.output();
        bool const is_new =
            made.progress_changed || made.status_changed || made.output_changed || !made.log_lines.empty();
        first_ = false;
        progress_ = made.progress;
        last_ = seen;
        if (!is_new)
            return std::nullopt;
        made.prediction = seen;
        return made;
    }

    /// True for a status that a prediction has before the other one.
    static bool is_older(prediction_status status, prediction_status other) noexcept { return rank(status) < rank(other); }

private:
    /// How far a state is in the life of a prediction.
    static int rank(prediction_status status) noexcept
    {
        return is_terminal(status) ? 2 : status == prediction_status::processing ? 1 : 0;
    }

    log_reader logs_;
    prediction last_;
    std::optional<log_progress> progress_;
    bool first_ = true;
};

} // namespace replicate::detail

#endif
