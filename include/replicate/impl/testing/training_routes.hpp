// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_TRAINING_ROUTES_HPP
#define REPLICATE_IMPL_TESTING_TRAINING_ROUTES_HPP

#include <replicate/impl/testing/page_answer.hpp>
#include <replicate/impl/testing/prediction_routes.hpp>
#include <replicate/impl/testing/resource_body.hpp>
#include <replicate/impl/testing/service.hpp>
#include <replicate/impl/testing/training_text.hpp>
#include <replicate/impl/testing/version_routes.hpp>

#include <chrono>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

// What training does where the user did not say it.
inline script train_by_default(replicate::input const&)
{
    using namespace std::chrono_literals;
    script life;
    life.boot(10ms).log("Fetching data");
    for (int done = 0; done <= 100; done += 20)
        life.run(10ms).log(training_progress(done, 100));
    return life.log("Saving weights");
}

inline reply missing_destination()
{
    return problem(404, "", "The specified training destination does not exist");
}

// It succeeds with a new version of its destination, and with a file.
inline void give_result(script& life, std::string const& destination, std::string const& version)
{
    std::size_t const number = life.files().size();
    life.attach(output_file("weights of " + version, "application/x-tar", "trained_model.tar"));
    json::object output;
    output["version"] = view(std::string_view(destination + ':' + version));
    output["weights"] = script::file_mark(number);
    life.output(std::move(output));
}

// The new version does what the one does that it was trained from.
inline void plan_version(service& server, prediction_record const& record, std::string destination, std::string version)
{
    model_pointer const base = server.models.by_version(record.version);
    auto const add = [id = record.id, base, name = std::move(destination), version = std::move(version)](
                         service& later, moment now) {
        auto const ended = later.trainings.find(id);
        card_pointer const card = later.models.card(name);
        if (!card || ended->at(now.steady).status != prediction_status::succeeded)
            return;
        model_entry made(name, version, card->official, base->function);
        made.created = now.system;
        made.schema = base->schema;
        made.trained_from = base->version;
        later.models.add_version(std::move(made));
    };
    if (record.finish() != std::chrono::steady_clock::time_point::max())
        server.plan(record.finish(), add);
}

inline outcome create_training(service& server, call const& received)
{
    model_pointer const base = find_version(server, received);
    if (!base)
        return outcome(not_found());
    resource_body body(received.request.body, {"destination", "input", "webhook", "webhook_events_filter"});
    if (body.refused())
        return outcome(body.refusal());
    json::value const* const input = body.members().if_contains("input");
    if (input == nullptr || !input->is_object())
        return outcome(input_refusal({invalid_field("required", "(root)", "input is required")}));
    auto const events = parse_webhook_events(body.members());
    if (!events)
        return outcome(input_refusal({webhook_events_refusal()}));
    std::string const destination = body.text("destination").value_or("");
    card_pointer const card = server.models.card(destination);
    if (!card || card->owner() != server.options.account)
        return outcome(missing_destination());
    prediction_record record;
    model_entry trained(*base);
    trained.function = server.models.trainer(base->name);
    if (!trained.function)
        trained.function = train_by_default;
    if (auto refusal = play(trained, input->get_object(), record.life))
        return outcome(std::move(*refusal));
    record.id = server.random.identity(26);
    record.model = base->name;
    record.version = base->version;
    record.gateway_input = gateway_order(*input);
    record.web_input = web_order(*input);
    record.webhook = body.text("webhook").value_or("");
    record.webhook_events = *events;
    record.created = received.now;
    record.fraction_digits = static_cast<int>(server.random.below(10));
    std::string const version = digest_text("trained by " + record.id);
    give_result(record.life, destination, version);
    shelve_files(server, record);
    outcome result(
        reply(201, training_text(record, snapshot(), server.base_url).gateway(server.options.older_members)));
    plan_version(server, record, destination, version);
    result.created_id = record.id;
    server.trainings.add(std::move(record));
    return result;
}

inline outcome list_trainings(service& server, call const& received)
{
    constexpr auto all = std::numeric_limits<std::size_t>::max();
    std::vector<list_item<prediction_book::record_pointer>> items;
    for (auto const& [position, record] : server.trainings.page(all, all,
             std::chrono::system_clock::time_point::min(), std::chrono::system_clock::time_point::max()))
        items.emplace_back(number_key(position), record);
    return answer_page(server, received, page_form("/trainings", list_order::descending, 100), items,
        [&](auto const& record) { return describe_training(server, *record, received.now); });
}

inline outcome get_training(service& server, call const& received)
{
    auto const record = server.trainings.find(received.arguments[0]);
    return outcome(record ? reply(200, describe_training(server, *record, received.now)) : not_found());
}

inline outcome cancel_training(service& server, call const& received)
{
    outcome result;
    auto const record = server.trainings.update(received.arguments[0], [&](prediction_record& changed) {
        if (is_terminal(changed.at(received.now.steady).status))
            return;
        changed.ended = early_end(received.now.steady - changed.created.steady, early_end::reason::cancel);
        result.ended = changed.id;
    });
    if (!record)
        return outcome(not_found());
    result.answer = reply(200, describe_training(server, *record, received.now, "/predictions/"));
    return result;
}

// The answer to a create links there.
inline outcome get_prediction_or_training(service& server, call const& received)
{
    return server.trainings.find(received.arguments[0]) ? get_training(server, received)
                                                        : get_prediction(server, received);
}

inline outcome cancel_prediction_or_training(service& server, call const& received)
{
    return server.trainings.find(received.arguments[0]) ? cancel_training(server, received)
                                                        : cancel_prediction(server, received);
}

/// Trainings, and the two routes that they share with predictions.
inline std::vector<route> training_routes()
{
    return {
        route(
            "POST", "/models/{}/{}/versions/{}/trainings", operation::training_create, bucket::other, create_training),
        route("GET", "/trainings", operation::training, bucket::other, list_trainings),
        route("GET", "/trainings/{}", operation::training, bucket::other, get_training),
        route("POST", "/trainings/{}/cancel", operation::training, bucket::other, cancel_training),
        route("GET", "/predictions/{}", operation::get, bucket::get, get_prediction_or_training),
        route("POST", "/predictions/{}/cancel", operation::cancel, bucket::other, cancel_prediction_or_training),
    };
}

} // namespace replicate::testing::detail

#endif
