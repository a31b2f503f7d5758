// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_MODEL_TEXT_HPP
#define REPLICATE_IMPL_TESTING_MODEL_TEXT_HPP

#include <replicate/core/datetime.hpp>
#include <replicate/impl/testing/prediction_routes.hpp>
#include <replicate/impl/testing/prediction_text.hpp>
#include <replicate/impl/testing/schema_writer.hpp>
#include <replicate/impl/testing/service.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

inline std::string describe_version(model_entry const& model)
{
    object_writer version;
    version.string("id", model.version);
    version.string("created_at", core::format_rfc3339(model.created, 6));
    version.raw("cog_version", "\"0.16.7\"");
    version.raw("openapi_schema", model.schema.empty() ? schema_writer().finish() : model.schema);
    return std::move(version).finish();
}

// An example is a prediction that ended long ago. It is made when it is first asked for.
inline prediction_book::record_pointer example_of(
    service& server, model_card const& card, std::size_t number, moment now)
{
    std::string const id = digest_text("example " + std::to_string(number) + " of " + card.name).substr(0, 26);
    if (auto known = server.examples.find(id))
        return known;
    model_pointer const model = card.latest();
    json::value const input(card.examples[number]);
    prediction_record record;
    record.id = id;
    record.model = card.name;
    record.version = model->official ? "hidden" : model->version;
    record.gateway_input = gateway_order(input);
    record.web_input = web_order(input);
    record.created = moment(now.steady - std::chrono::hours(1), model->created);
    if (play(*model, input.get_object(), record.life))
        return nullptr;
    shelve_files(server, record);
    server.examples.add(std::move(record));
    return server.examples.find(id);
}

/// The examples of a model, as the web application writes predictions.
inline std::vector<std::string> describe_examples(
    service& server, model_card const& card, std::size_t limit, moment now)
{
    std::vector<std::string> texts;
    for (std::size_t number = 0; card.latest() && number < card.examples.size() && number < limit; ++number)
        if (auto const record = example_of(server, card, number, now))
            texts.push_back(server.describe(*record, back_end::web_application, now));
    return texts;
}

inline std::string describe_model(service& server, model_card const& card, moment now)
{
    object_writer document;
    document.string("url", "https://replicate.com/" + card.name);
    document.string("owner", card.owner());
    document.string("name", card.short_name());
    document.string_or_null("description", card.description);
    document.raw("visibility", card.is_public ? "\"public\"" : "\"private\"");
    document.raw("is_official", card.official ? "true" : "false");
    document.string_or_null("github_url", card.github_url);
    document.string_or_null("paper_url", card.paper_url);
    document.string_or_null("weights_url", card.weights_url);
    document.string_or_null("license_url", card.license_url);
    document.raw("run_count", std::to_string(card.run_count));
    document.string_or_null("cover_image_url", card.cover_image_url);
    document.string("created_at", core::format_rfc3339(card.created, 6));
    auto const examples = describe_examples(server, card, 1, now);
    document.raw("default_example", examples.empty() ? "null" : std::string_view(examples.front()));
    model_pointer const latest = card.latest();
    document.raw("latest_version", latest ? describe_version(*latest) : "null");
    return std::move(document).finish();
}

} // namespace replicate::testing::detail

#endif
