// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_TRAINING_TEXT_HPP
#define REPLICATE_IMPL_TESTING_TRAINING_TEXT_HPP

#include <replicate/core/datetime.hpp>
#include <replicate/impl/testing/prediction_record.hpp>
#include <replicate/impl/testing/prediction_text.hpp>
#include <replicate/impl/testing/service.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::testing::detail {

/// A line of a progress bar that is drawn again in its place.
inline std::string training_progress(int done, int all)
{
    int const tenths = done * 10 / all;
    return std::to_string(done * 100 / all) + "%|" + std::string(static_cast<std::size_t>(tenths), '#')
        + std::string(static_cast<std::size_t>(10 - tenths), ' ') + "| " + std::to_string(done) + '/'
        + std::to_string(all) + (done < all ? "\r" : "\n");
}

/// What the two back ends write about a training (http-api 1.4): a prediction with fewer members. File marks in the output
/// must have been replaced.
class training_text {
public:
    training_text(prediction_record const& record, snapshot seen, std::string_view base_url)
        : record_(record)
        , seen_(std::move(seen))
        , base_url_(base_url)
    {
    }

    /// The answer to a create. Its links lead to predictions, as recorded.
    std::string gateway(bool older = false) const
    {
        object_writer object;
        object.string("id", record_.id);
        object.string("model", record_.model);
        object.string("version", record_.version);
        object.raw("input", record_.gateway_input);
        object.string("logs", seen_.logs);
        object.string_or_null("error", seen_.error);
        object.string("status", status_word(seen_.status));
        object.string("created_at", core::format_rfc3339(record_.created.system, record_.fraction_digits));
        if (!older)
            object.string("source", "api");
        object.raw("urls", links("/predictions/"));
        return std::move(object).finish();
    }

    /// Everything else. `collection`: what its links lead to, `/trainings/` or `/predictions/`.
    std::string web_application(std::string_view collection) const
    {
        object_writer object;
        object.string_or_null("completed_at", time_text(seen_.completed));
        object.string("created_at", core::format_rfc3339(record_.created.system, 6));
        object.string_or_null("error", seen_.error);
        object.string("id", record_.id);
        object.raw("input", record_.web_input);
        object.string_or_null("logs", seen_.logs);
        object.raw("metrics", json::serialize(seen_.metrics));
        object.raw("output", json::serialize(seen_.output));
        object.string_or_null("started_at", time_text(seen_.started));
        object.string("status", status_word(seen_.status));
        object.string("source", "api");
        object.raw("urls", links(collection));
        object.string("model", record_.model);
        object.string("version", record_.version);
        object.string_or_null("webhook", record_.webhook);
        return std::move(object).finish();
    }

private:
    std::string time_text(std::optional<std::chrono::steady_clock::duration> const& since_creation) const
    {
        if (!since_creation)
            return {};
        auto const offset = std::chrono::duration_cast<std::chrono::system_clock::duration>(*since_creation);
        return core::format_rfc3339(record_.created.system + offset, 6);
    }

    std::string links(std::string_view collection) const
    {
        std::string const self = std::string(base_url_) + std::string(collection) + record_.id;
        object_writer urls;
        urls.string("get", self);
        urls.string("cancel", self + "/cancel");
        return std::move(urls).finish();
    }

    prediction_record const& record_;
    snapshot seen_;
    std::string_view base_url_;
};

/// A training as a GET answers it.
inline std::string describe_training(service const& server, prediction_record const& record, moment now,
    std::string_view collection = "/trainings/")
{
    snapshot seen = record.at(now.steady);
    replace_marks(seen.output, record.file_urls);
    return training_text(record, std::move(seen), server.base_url).web_application(collection);
}

} // namespace replicate::testing::detail

#endif
