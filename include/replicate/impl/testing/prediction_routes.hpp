// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_PREDICTION_ROUTES_HPP
#define REPLICATE_IMPL_TESTING_PREDICTION_ROUTES_HPP

#include <replicate/core/datetime.hpp>
#include <replicate/core/percent_encoding.hpp>
#include <replicate/impl/testing/create_request.hpp>
#include <replicate/impl/testing/page_answer.hpp>
#include <replicate/impl/testing/prediction_text.hpp>
#include <replicate/impl/testing/service.hpp>

#include <algorithm>
#include <exception>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

// The script for an input, or the refusal of the input.
inline std::optional<reply> play(model_entry const& model, json::object const& input, script& life)
{
    try {
        life = model.function(replicate::input(input));
    } catch (invalid_input const& refused) {
        return input_refusal(refused.fields());
    } catch (std::exception const& failure) {
        life = script().fail(failure.what());
    }
    return std::nullopt;
}

inline void shelve_files(service& server, prediction_record& record)
{
    std::string const origin = server.links.origin(prediction_link::output, server.delivery_url);
    for (auto const& file : record.life.files()) {
        std::string path = "/xezq/" + server.random.identity(40) + '/' + core::percent_encode(file->name);
        record.file_urls.push_back(origin + path);
        server.files.add(std::move(path), file, record.created.system);
    }
}

// Where its files, its stream and its links are.
inline void place_links(service& server, prediction_record& record)
{
    shelve_files(server, record);
    std::string const stream = server.streams.publish(record.id, record.life.streamed_as(), server.random);
    if (!stream.empty())
        record.stream_url = server.links.origin(prediction_link::stream, server.stream_url) + stream;
    record.get_base = server.links.origin(prediction_link::get, "");
    record.get_base += record.get_base.empty() ? "" : server.options.base_path;
    record.cancel_base = server.links.origin(prediction_link::cancel, "");
    record.cancel_base += record.cancel_base.empty() ? "" : server.options.base_path;
}

// The part of a create that the three routes share.
inline outcome create_prediction(
    service& server, call const& received, model_entry const& model, create_request parsed, std::string deployment)
{
    prediction_record record;
    std::string_view const cancel_after = received.request.header("cancel-after");
    if (!cancel_after.empty()) {
        auto const time = parse_cancel_after(cancel_after);
        if (!time || *time < server.options.shortest_cancel_after)
            return outcome(problem(422, "", "Cancel-After must be a duration of at least 5 seconds"));
        record.deadline = *time;
    }
    if (auto refusal = play(model, parsed.input, record.life))
        return outcome(std::move(*refusal));
    json::value const input(std::move(parsed.input));
    record.id = server.random.identity(26);
    record.model = model.name;
    record.version = model.official ? "hidden" : model.version;
    record.deployment = std::move(deployment);
    record.gateway_input = gateway_order(input);
    record.web_input = web_order(input);
    record.webhook = std::move(parsed.webhook);
    record.webhook_events = std::move(parsed.webhook_events);
    record.stream_requested = parsed.stream;
    record.created = received.now;
    record.fraction_digits = static_cast<int>(server.random.below(10));
    place_links(server, record);
    server.models.update(model.name, [](model_card& card) { ++card.run_count; });

    outcome result;
    result.created_input = record.gateway_input;
    result.created_id = record.id;
    auto const preference = parse_prefer(received.request.header("prefer"));
    if (preference) {
        auto const longest =
            std::min<std::chrono::steady_clock::duration>(preference->time, server.options.longest_wait);
        result.held.emplace(record.id, std::min(received.now.steady + longest, record.finish()),
            std::vector<std::pair<std::string, std::string>>());
        result.held->headers.emplace_back("preference-applied", preference->text);
    } else {
        // At the moment of its creation nothing has happened yet, however short the script is.
        result.answer =
            reply(201, prediction_text(record, snapshot(), server.base_url).gateway(server.options.older_members));
    }
    server.predictions.add(std::move(record));
    return result;
}

inline outcome create_by_version(service& server, call const& received)
{
    create_request parsed = parse_create(received.request.body, true);
    if (parsed.refusal)
        return outcome(std::move(*parsed.refusal));
    model_pointer const model = server.models.by_reference(parsed.version);
    if (!model)
        return outcome(version_refusal());
    return create_prediction(server, received, *model, std::move(parsed), "");
}

inline outcome create_by_model(service& server, call const& received)
{
    model_pointer const model = server.models.by_name(received.arguments[0] + '/' + received.arguments[1]);
    if (!model || !(model->official || server.options.community_models_by_name))
        return outcome(not_found());
    create_request parsed = parse_create(received.request.body, false);
    if (parsed.refusal)
        return outcome(std::move(*parsed.refusal));
    return create_prediction(server, received, *model, std::move(parsed), "");
}

inline outcome create_by_deployment(service& server, call const& received)
{
    std::string const name = received.arguments[0] + '/' + received.arguments[1];
    auto const deployment = server.deployments.find(name);
    if (!deployment)
        return outcome(not_found());
    model_pointer const model = deployment->version.empty() ? server.models.by_name(deployment->model)
                                                            : server.models.by_version(deployment->version);
    if (!model)
        return outcome(not_found());
    create_request parsed = parse_create(received.request.body, false);
    if (parsed.refusal)
        return outcome(std::move(*parsed.refusal));
    server.deployments.update(name, [&](deployment_record& used) { used.used = received.now.system; });
    return create_prediction(server, received, *model, std::move(parsed), name);
}

inline outcome get_prediction(service& server, call const& received)
{
    auto const record = server.predictions.find(received.arguments[0]);
    if (!record)
        return outcome(not_found());
    back_end shape = server.options.back_end;
    if (shape == back_end::random)
        shape = server.random.below(2) == 0 ? back_end::gateway : back_end::web_application;
    return outcome(reply(200, server.describe(*record, shape, received.now)));
}

inline outcome cancel_prediction(service& server, call const& received)
{
    outcome result;
    result.ended = server.cancel(received.arguments[0], received.now);
    auto const record = server.predictions.find(received.arguments[0]);
    if (!record)
        return outcome(not_found());
    snapshot seen = record->at(received.now.steady);
    if (!result.ended.empty())
        seen.logs.clear();
    replace_marks(seen.output, record->file_urls);
    result.answer = reply(200, prediction_text(*record, std::move(seen), server.base_url).web_application());
    return result;
}

class list_bounds {
public:
    std::chrono::system_clock::time_point after = std::chrono::system_clock::time_point::min();
    std::chrono::system_clock::time_point before = std::chrono::system_clock::time_point::max();
    bool valid = true;

    explicit list_bounds(std::string_view query)
    {
        read(query, "created_after", after);
        read(query, "created_before", before);
        if (auto const source = query_value(query, "source"))
            valid = valid && *source == "web";
    }

private:
    void read(std::string_view query, std::string_view name, std::chrono::system_clock::time_point& bound)
    {
        auto const text = query_value(query, name);
        if (!text)
            return;
        auto const time = core::parse_rfc3339(*text);
        valid = valid && time.has_value();
        bound = time.value_or(bound);
    }
};

inline outcome list_predictions(service& server, call const& received)
{
    list_bounds bounds(received.request.query());
    if (!bounds.valid)
        return outcome(problem(400, "", "Invalid query parameter"));
    auto const lag = std::chrono::duration_cast<std::chrono::system_clock::duration>(server.options.list_lag);
    if (lag > lag.zero())
        bounds.before = std::min(bounds.before, received.now.system - lag);
    constexpr auto all = std::numeric_limits<std::size_t>::max();
    std::vector<list_item<prediction_book::record_pointer>> items;
    for (auto& [position, record] : server.predictions.page(all, all, bounds.after, bounds.before))
        items.emplace_back(number_key(position), std::move(record));
    // All of them were made through the API.
    if (query_value(received.request.query(), "source"))
        items.clear();
    return answer_page(server, received, page_form("/predictions", list_order::descending, 100), items,
        [&](auto const& record) { return server.describe(*record, back_end::web_application, received.now); });
}

/// Predictions; those routes that may also be asked for a training stand with the trainings.
inline std::vector<route> prediction_routes()
{
    return {
        route("POST", "/predictions", operation::create, bucket::create, create_by_version),
        route("POST", "/models/{}/{}/predictions", operation::create, bucket::create, create_by_model),
        route("POST", "/deployments/{}/{}/predictions", operation::create, bucket::create, create_by_deployment),
        route("GET", "/predictions", operation::list, bucket::other, list_predictions),
    };
}

} // namespace replicate::testing::detail

#endif
