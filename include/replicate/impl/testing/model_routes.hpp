// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_MODEL_ROUTES_HPP
#define REPLICATE_IMPL_TESTING_MODEL_ROUTES_HPP

#include <replicate/impl/testing/catalog.hpp>
#include <replicate/impl/testing/model_text.hpp>
#include <replicate/impl/testing/page_answer.hpp>
#include <replicate/impl/testing/resource_body.hpp>
#include <replicate/impl/testing/service.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

inline std::string model_name(call const& received)
{
    return received.arguments[0] + '/' + received.arguments[1];
}

inline reply not_allowed()
{
    return problem(403, "", "You do not have permission to perform this action.");
}

inline outcome get_model(service& server, call const& received)
{
    card_pointer const card = server.models.card(model_name(received));
    if (!card)
        return outcome(not_found());
    return outcome(reply(200, describe_model(server, *card, received.now)));
}

// The public ones.
inline outcome list_models(service& server, call const& received)
{
    std::string_view const query = received.request.query();
    std::string const sort_by = query_value(query, "sort_by").value_or("latest_version_created_at");
    std::string const direction = query_value(query, "sort_direction").value_or("desc");
    bool const by_version = sort_by == "latest_version_created_at";
    if ((!by_version && sort_by != "model_created_at") || (direction != "asc" && direction != "desc"))
        return outcome(problem(400, "", "Invalid query parameter"));
    std::vector<list_item<card_pointer>> items;
    for (card_pointer const& card : server.models.cards()) {
        auto const latest = card->latest();
        if (card->is_public)
            items.emplace_back(time_key(by_version && latest ? latest->created : card->created), card);
    }
    list_order const order = direction == "asc" ? list_order::ascending : list_order::descending;
    std::sort(items.begin(), items.end(), [&](auto const& left, auto const& right) {
        return order == list_order::ascending ? left.key < right.key : right.key < left.key;
    });
    return answer_page(server, received, page_form("/models", order, 25), items,
        [&](card_pointer const& card) { return describe_model(server, *card, received.now); });
}

// One client sends the text as a JSON string.
inline outcome query_models(service& server, call const& received)
{
    std::string text = received.request.body;
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    if (text.empty())
        return outcome(problem(400, "", "A search query is required"));
    std::vector<list_item<card_pointer>> items;
    for (card_pointer const& card : server.models.cards())
        if (card->is_public && finds(text, searched_text(*card)) && items.size() < 25)
            items.emplace_back(card->name, card);
    return answer_page(server, received, page_form("/models", list_order::ascending, 25), items,
        [&](card_pointer const& card) { return describe_model(server, *card, received.now); });
}

inline bool is_resource_name(std::string_view name)
{
    return !name.empty() && name.size() <= 150 && std::all_of(name.begin(), name.end(), [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-' || letter == '_'
            || letter == '.';
    });
}

inline void read_links(resource_body& body, model_card& card)
{
    for (auto const& [name, place] : {std::pair("description", &model_card::description),
             std::pair("readme", &model_card::readme), std::pair("github_url", &model_card::github_url),
             std::pair("paper_url", &model_card::paper_url), std::pair("weights_url", &model_card::weights_url),
             std::pair("license_url", &model_card::license_url),
             std::pair("cover_image_url", &model_card::cover_image_url)})
        if (auto text = body.text(name))
            card.*place = std::move(*text);
}

inline outcome create_model(service& server, call const& received)
{
    resource_body body(received.request.body,
        {"owner", "name", "visibility", "hardware", "description", "github_url", "paper_url", "license_url",
            "cover_image_url"});
    if (body.refused())
        return outcome(body.refusal());
    std::string const owner = body.required_text("owner");
    std::string const name = body.required_text("name");
    std::string const visibility = body.required_text("visibility");
    model_card made(owner + '/' + name);
    made.hardware = body.required_text("hardware");
    made.is_public = visibility == "public";
    made.created = received.now.system;
    read_links(body, made);
    if (!owner.empty() && owner != server.options.account)
        body.refuse("owner", "You don't have permission to create a model for this owner.");
    if (!name.empty() && !is_resource_name(name))
        body.refuse("name", "Use lower-case letters, digits, '-', '_' and '.' only.");
    if (!visibility.empty() && visibility != "public" && visibility != "private")
        body.refuse("visibility", '"' + visibility + "\" is not a valid choice.");
    if (!made.hardware.empty() && !is_hardware(made.hardware))
        body.refuse("hardware", "Hardware must be one of: " + hardware_choices() + '.');
    if (!body.refused() && !server.models.create(made))
        body.refuse("name", "A model with that name and owner already exists.");
    if (body.refused())
        return outcome(body.refusal());
    return outcome(reply(201, describe_model(server, made, received.now)));
}

inline outcome update_model(service& server, call const& received)
{
    std::string const name = model_name(received);
    card_pointer const card = server.models.card(name);
    if (!card)
        return outcome(not_found());
    if (card->owner() != server.options.account)
        return outcome(not_allowed());
    resource_body body(received.request.body,
        {"description", "readme", "github_url", "paper_url", "weights_url", "license_url"});
    model_card read = *card;
    read_links(body, read);
    if (body.refused())
        return outcome(body.refusal());
    card_pointer const changed = server.models.update(name, [&](model_card& target) { read_links(body, target); });
    return outcome(reply(200, describe_model(server, *changed, received.now)));
}

inline outcome delete_model(service& server, call const& received)
{
    std::string const name = model_name(received);
    card_pointer const card = server.models.card(name);
    if (!card)
        return outcome(not_found());
    if (card->owner() != server.options.account)
        return outcome(not_allowed());
    if (card->is_public)
        return outcome(problem(400, "", "Only private models can be deleted"));
    if (!card->versions.empty())
        return outcome(problem(400, "", "A model with versions cannot be deleted: delete its versions first"));
    server.models.erase(name);
    return outcome(reply(204, ""));
}

inline outcome list_examples(service& server, call const& received)
{
    card_pointer const card = server.models.card(model_name(received));
    if (!card)
        return outcome(not_found());
    std::vector<list_item<std::string>> items;
    for (std::string& text : describe_examples(server, *card, card->examples.size(), received.now))
        items.emplace_back(number_key(items.size()), std::move(text));
    page_form const form("/models/" + card->name + "/examples", list_order::ascending, 25);
    return answer_page(server, received, form, items, [](std::string const& text) { return text; });
}

inline outcome get_readme(service& server, call const& received)
{
    card_pointer const card = server.models.card(model_name(received));
    if (!card || card->readme.empty())
        return outcome(not_found());
    reply made(200, card->readme);
    made.content_type = "text/plain; charset=utf-8";
    return outcome(std::move(made));
}

/// Models.
inline std::vector<route> model_routes()
{
    return {
        route("GET", "/models", operation::model, bucket::other, list_models),
        route("POST", "/models", operation::model, bucket::other, create_model),
        route("QUERY", "/models", operation::model, bucket::other, query_models),
        route("GET", "/models/{}/{}", operation::model, bucket::other, get_model),
        route("PATCH", "/models/{}/{}", operation::model, bucket::other, update_model),
        route("DELETE", "/models/{}/{}", operation::model, bucket::other, delete_model),
        route("GET", "/models/{}/{}/examples", operation::model, bucket::other, list_examples),
        route("GET", "/models/{}/{}/readme", operation::model, bucket::other, get_readme),
    };
}

} // namespace replicate::testing::detail

#endif
