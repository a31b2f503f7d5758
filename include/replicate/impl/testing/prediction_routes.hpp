// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_PREDICTION_ROUTES_HPP
#define REPLICATE_IMPL_TESTING_PREDICTION_ROUTES_HPP

#include <replicate/core/base64.hpp>
#include <replicate/core/datetime.hpp>
#include <replicate/core/percent_encoding.hpp>
#include <replicate/impl/testing/create_request.hpp>
#include <replicate/impl/testing/prediction_text.hpp>
#include <replicate/impl/testing/service.hpp>

#include <charconv>
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
    for (auto const& file : record.life.files()) {
        std::string path = "/xezq/" + server.random.identity(40) + '/' + core::percent_encode(file->name);
        record.file_urls.push_back(server.delivery_url + path);
        server.files.add(std::move(path), file, record.created.system);
    }
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
    record.stream_requested = parsed.stream;
    record.created = received.now;
    record.fraction_digits = static_cast<int>(server.random.below(10));
    shelve_files(server, record);
    std::string const stream = server.streams.publish(record.id, record.life.streamed_as(), server.random);
    record.stream_url = stream.empty() ? stream : server.stream_url + stream;

    outcome result;
    result.created_input = record.gateway_input;
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
    model_pointer const model = server.models.by_deployment(name);
    if (!model)
        return outcome(not_found());
    create_request parsed = parse_create(received.request.body, false);
    if (parsed.refusal)
        return outcome(std::move(*parsed.refusal));
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

// Where a page begins: the position in the order of creation that the cursor names.
inline std::optional<std::size_t> parse_cursor(std::optional<std::string> const& cursor)
{
    if (!cursor)
        return std::numeric_limits<std::size_t>::max();
    auto const text = core::base64_decode(*cursor);
    std::size_t position = 0;
    if (!text || !text->starts_with("p="))
        return std::nullopt;
    char const* const end = text->data() + text->size();
    auto const parsed = std::from_chars(text->data() + 2, end, position);
    if (parsed.ec != std::errc() || parsed.ptr != end)
        return std::nullopt;
    return position;
}

// The link to another page of the same list: the other parameters are repeated in it.
inline std::string page_link(service const& server, recorded_request const& request, std::size_t position)
{
    std::string const cursor = core::base64_encode("p=" + std::to_string(position));
    std::string link = server.base_url + "/predictions?cursor=" + core::percent_encode(cursor);
    for (std::string_view name : {"created_after", "created_before", "source"})
        if (auto const value = query_value(request.query(), name))
            link += '&' + std::string(name) + '=' + core::percent_encode(*value);
    return link;
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
    constexpr std::size_t page_size = 100;
    std::string_view const query = received.request.query();
    list_bounds const bounds(query);
    auto const cursor = query_value(query, "cursor");
    auto const from = parse_cursor(cursor);
    if (!bounds.valid || !from)
        return outcome(problem(400, "", "Invalid query parameter"));
    auto page = server.predictions.page(*from, page_size + 1, bounds.after, bounds.before);
    // All of them were made through the API.
    if (query_value(query, "source"))
        page.clear();
    std::string next = "null";
    if (page.size() > page_size) {
        next = '"' + page_link(server, received.request, page.back().first) + '"';
        page.pop_back();
    }
    std::string previous = "null";
    if (cursor)
        previous = '"' + page_link(server, received.request, *from + page_size) + '"';
    std::string results;
    for (auto const& [position, record] : page)
        results += (results.empty() ? "" : ",") + server.describe(*record, back_end::web_application, received.now);
    object_writer document;
    document.raw("previous", previous);
    document.raw("next", next);
    document.raw("results", '[' + results + ']');
    return outcome(reply(200, std::move(document).finish()));
}

/// Predictions.
inline std::vector<route> prediction_routes()
{
    return {
        route("POST", "/predictions", operation::create, bucket::create, create_by_version),
        route("POST", "/models/{}/{}/predictions", operation::create, bucket::create, create_by_model),
        route("POST", "/deployments/{}/{}/predictions", operation::create, bucket::create, create_by_deployment),
        route("GET", "/predictions", operation::list, bucket::other, list_predictions),
        route("GET", "/predictions/{}", operation::get, bucket::get, get_prediction),
        route("POST", "/predictions/{}/cancel", operation::cancel, bucket::other, cancel_prediction),
    };
}

} // namespace replicate::testing::detail

#endif
