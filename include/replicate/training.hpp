// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TRAINING_HPP
#define REPLICATE_TRAINING_HPP

#include <replicate/prediction.hpp>
#include <replicate/resource.hpp>

#include <boost/json/value.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace replicate {

/// One training of a model, as the service last described it. Its life is that of a prediction.
class training : public resource {
public:
    /// Its identity; opaque.
    std::string id;
    /// The model that is trained: `owner/name`.
    std::string model;
    /// The version that is trained.
    std::string version;
    /// The state.
    prediction_status status = prediction_status::unknown;
    /// The state in the service's own word.
    std::string status_text;
    /// Why it failed; empty where it did not.
    std::string error;
    /// All that it has logged so far.
    std::string logs;
    /// `web` or `api`; often empty.
    std::string source;
    /// What it took; `predict_time` and `total_time` only.
    prediction_metrics metrics;
    /// Its links. Those of a new training speak of a prediction: use the id.
    prediction_urls urls;
    /// The version that it made: `owner/name:id`; empty until it has succeeded.
    std::string trained_version;
    /// Where the weights that it made are; often empty.
    std::string weights;
    /// When it was created, started and ended; in the service's time.
    std::optional<std::chrono::system_clock::time_point> created_at, started_at, completed_at;

    /// No training.
    training() = default;

    /// Reads what the service sent, from either of its back ends; an `error` of `errc::unexpected_document` where it has no id.
    static training from_json(json::value document)
    {
        return training(checked(std::move(document), "a training", {"id"}));
    }

    /// Reads a part of another document.
    explicit training(detail::shared_object document)
        : resource(std::move(document))
        , id(text("id"))
        , model(text("model"))
        , version(text("version"))
        , status_text(text("status"))
        , error(detail::error_member(raw()))
        , logs(text("logs"))
        , source(text("source"))
        , metrics(detail::read_metrics(raw()))
        , urls(detail::read_urls(raw()))
        , created_at(time("created_at"))
        , started_at(time("started_at"))
        , completed_at(time("completed_at"))
    {
        status = parse_prediction_status(status_text);
        if (detail::shared_object const made = part("output")) {
            trained_version = detail::text_member(*made, "version");
            weights = detail::text_member(*made, "weights");
        }
    }

    /// What it was asked.
    json::value const& input() const noexcept { return member("input"); }

    /// What it made; null while there is nothing.
    json::value const& output() const noexcept { return member("output"); }

    /// True when it has ended.
    bool is_terminal() const noexcept { return replicate::is_terminal(status); }
};

} // namespace replicate

#endif
