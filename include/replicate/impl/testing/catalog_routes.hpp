// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_CATALOG_ROUTES_HPP
#define REPLICATE_IMPL_TESTING_CATALOG_ROUTES_HPP

#include <replicate/impl/testing/catalog.hpp>
#include <replicate/impl/testing/model_text.hpp>
#include <replicate/impl/testing/page_answer.hpp>
#include <replicate/impl/testing/service.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

/// The account of the token, as it stands alone and as the maker of releases.
inline std::string describe_account(server_options const& options)
{
    object_writer account;
    account.raw("type", "\"organization\"");
    account.string("username", options.account);
    account.string("name", options.account);
    account.string("github_url", "https://github.com/" + options.account);
    account.string("avatar_url", "https://replicate.delivery/avatars/" + options.account + ".png");
    return std::move(account).finish();
}

inline outcome get_account(service& server, call const&)
{
    return outcome(reply(200, describe_account(server.options)));
}

inline outcome list_hardware(service&, call const&)
{
    std::string listed;
    for (hardware_entry const& each : all_hardware) {
        object_writer entry;
        entry.string("sku", each.sku);
        entry.string("name", each.name);
        listed += (listed.empty() ? "" : ",") + std::move(entry).finish();
    }
    return outcome(reply(200, '[' + listed + ']'));
}

inline object_writer begin_collection(collection_entry const& collection)
{
    object_writer document;
    document.string("name", collection.name);
    document.string("slug", collection.slug);
    document.string("description", collection.description);
    return document;
}

inline outcome list_collections(service& server, call const& received)
{
    std::vector<list_item<collection_entry>> items;
    for (collection_entry const& each : all_collections)
        items.emplace_back(number_key(items.size()), each);
    return answer_page(server, received, page_form("/collections", list_order::ascending, 25), items,
        [](collection_entry const& each) { return begin_collection(each).finish(); });
}

// All of its models at once, without pages, as recorded.
inline outcome get_collection(service& server, call const& received)
{
    for (collection_entry const& each : all_collections) {
        if (each.slug != received.arguments[0])
            continue;
        std::string models;
        for (card_pointer const& card : server.models.cards())
            if (is_in(each, *card))
                models += (models.empty() ? "" : ",") + describe_model(server, *card, received.now);
        object_writer document = begin_collection(each);
        document.string("full_description", "# " + std::string(each.name) + "\n\n" + std::string(each.description));
        document.raw("models", '[' + models + ']');
        return outcome(reply(200, std::move(document).finish()));
    }
    return outcome(not_found());
}

inline outcome get_webhook_secret(service& server, call const&)
{
    object_writer document;
    document.string("key", server.webhook_secret);
    return outcome(reply(200, std::move(document).finish()));
}

inline reply search_refusal(std::string_view detail)
{
    object_writer document;
    document.string("detail", detail);
    return reply(400, std::move(document).finish());
}

// 20 unless told; empty where it is not a number from 1 to 50.
inline std::optional<std::size_t> search_limit(std::string_view query)
{
    std::string const text = query_value(query, "limit").value_or("20");
    std::size_t limit = 0;
    auto const parsed = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || limit < 1 || limit > 50)
        return std::nullopt;
    return limit;
}

inline std::string json_text(std::string_view text)
{
    return json::serialize(json::value(view(text)));
}

// The best first; here that is the order of the names.
inline std::string describe_found_model(service& server, model_card const& card, std::size_t place, moment now)
{
    std::string tags;
    for (std::string const& tag : card.tags)
        tags += (tags.empty() ? "" : ",") + json_text(tag);
    object_writer metadata;
    metadata.string_or_null("generated_description", card.description);
    metadata.raw("tags", '[' + tags + ']');
    metadata.raw("score", json::serialize(json::value(1.0 / static_cast<double>(place + 1))));
    object_writer found;
    found.raw("model", describe_model(server, card, now));
    found.raw("metadata", std::move(metadata).finish());
    return std::move(found).finish();
}

inline std::string find_collections(service const& server, std::string_view text)
{
    std::string listed;
    for (collection_entry const& each : all_collections) {
        if (!finds(text, std::string(each.name) + '\n' + std::string(each.description)))
            continue;
        std::string models;
        for (card_pointer const& card : server.models.cards())
            if (is_in(each, *card))
                models += (models.empty() ? "" : ",") + json_text(card->name);
        object_writer found = begin_collection(each);
        found.raw("models", '[' + models + ']');
        listed += (listed.empty() ? "" : ",") + std::move(found).finish();
    }
    return '[' + listed + ']';
}

inline std::string find_pages(std::string_view text)
{
    std::string listed;
    for (documentation_page const& each : all_pages) {
        if (!finds(text, each.name))
            continue;
        object_writer found;
        found.string("name", each.name);
        found.string("href", each.href);
        listed += (listed.empty() ? "" : ",") + std::move(found).finish();
    }
    return '[' + listed + ']';
}

inline outcome search(service& server, call const& received)
{
    auto text = query_value(received.request.query(), "query");
    if (!text || text->empty())
        return outcome(search_refusal("Query parameter \"query\" is required"));
    std::replace(text->begin(), text->end(), '+', ' ');
    auto const limit = search_limit(received.request.query());
    if (!limit)
        return outcome(search_refusal("Query parameter \"limit\" must be a number from 1 to 50"));
    std::string models;
    std::size_t found = 0;
    for (card_pointer const& card : server.models.cards())
        if (found < *limit && card->is_public && finds(*text, searched_text(*card))) {
            models += (models.empty() ? "" : ",") + describe_found_model(server, *card, found, received.now);
            ++found;
        }
    object_writer document;
    document.string("query", *text);
    document.raw("models", '[' + models + ']');
    document.raw("collections", find_collections(server, *text));
    document.raw("pages", find_pages(*text));
    return outcome(reply(200, std::move(document).finish()));
}

/// What belongs to no resource of the account's: the account itself, collections, hardware, searches.
inline std::vector<route> catalog_routes()
{
    return {
        route("GET", "/account", operation::catalog, bucket::other, get_account),
        route("GET", "/hardware", operation::catalog, bucket::other, list_hardware),
        route("GET", "/collections", operation::catalog, bucket::other, list_collections),
        route("GET", "/collections/{}", operation::catalog, bucket::other, get_collection),
        route("GET", "/webhooks/default/secret", operation::catalog, bucket::other, get_webhook_secret),
        route("GET", "/search", operation::catalog, bucket::other, search, false),
    };
}

} // namespace replicate::testing::detail

#endif
