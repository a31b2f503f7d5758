// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_CATALOG_HPP
#define REPLICATE_IMPL_TESTING_CATALOG_HPP

#include <replicate/impl/testing/model_registry.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace replicate::testing::detail {

/// A machine that models run on.
class hardware_entry {
public:
    std::string_view sku;
    std::string_view name;
};

inline constexpr hardware_entry all_hardware[] = {
    {"cpu", "CPU"},
    {"gpu-t4", "Nvidia T4 GPU"},
    {"gpu-l40s", "Nvidia L40S GPU"},
    {"gpu-l40s-2x", "2x Nvidia L40S GPU"},
    {"gpu-a100-large", "Nvidia A100 (80GB) GPU"},
    {"gpu-a100-large-2x", "2x Nvidia A100 (80GB) GPU"},
    {"gpu-h100", "Nvidia H100 GPU"},
};

inline bool is_hardware(std::string_view sku)
{
    return std::any_of(std::begin(all_hardware), std::end(all_hardware),
        [&](hardware_entry const& each) { return each.sku == sku; });
}

inline std::string hardware_choices()
{
    std::string listed;
    for (hardware_entry const& each : all_hardware)
        listed.append(listed.empty() ? "" : ", ").append(each.sku);
    return listed;
}

/// Models that belong together: those with a tag.
class collection_entry {
public:
    std::string_view slug;
    std::string_view name;
    std::string_view description;
    std::string_view tag;
};

inline constexpr collection_entry all_collections[] = {
    {"text-to-image", "Text to image", "Models that paint what a text says", "image"},
    {"language-models", "Language models", "Models that write and answer", "language"},
    {"streaming-language-models", "Streaming language models", "Models that answer piece by piece", "streaming"},
    {"gallery", "Gallery", "Many models that give back what they get", "gallery"},
    {"for-testing", "For testing", "Models that fail, wait, or never end", "test"},
};

inline bool is_in(collection_entry const& collection, model_card const& card)
{
    return card.is_public && std::find(card.tags.begin(), card.tags.end(), collection.tag) != card.tags.end();
}

/// A page of the documentation that a search can find.
class documentation_page {
public:
    std::string_view name;
    std::string_view href;
};

inline constexpr documentation_page all_pages[] = {
    {"Webhooks", "/docs/topics/webhooks"},
    {"Streaming output", "/docs/topics/predictions/streaming"},
    {"Language models", "/docs/guides/language-models"},
    {"Image models", "/docs/guides/image-models"},
};

inline std::string lower_case(std::string_view text)
{
    std::string lowered(text);
    for (char& letter : lowered)
        if (letter >= 'A' && letter <= 'Z')
            letter = static_cast<char>(letter - 'A' + 'a');
    return lowered;
}

/// Whether every word of a query stands in a text, in whatever case.
inline bool finds(std::string_view query, std::string_view text)
{
    std::string const in = lower_case(text);
    std::string const words = lower_case(query);
    std::string_view rest = words;
    while (!rest.empty()) {
        std::string_view const word = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(rest.size(), word.size() + 1));
        if (in.find(word) == std::string::npos)
            return false;
    }
    return true;
}

/// What a search looks at in a model.
inline std::string searched_text(model_card const& card)
{
    std::string text = card.name + '\n' + card.description;
    for (std::string const& tag : card.tags)
        text += '\n' + tag;
    return text;
}

} // namespace replicate::testing::detail

#endif
