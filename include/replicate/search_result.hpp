// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_SEARCH_RESULT_HPP
#define REPLICATE_SEARCH_RESULT_HPP

#include <replicate/catalog.hpp>
#include <replicate/model.hpp>
#include <replicate/resource.hpp>

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace replicate {

/// A model that a search has found.
class found_model : public resource {
public:
    /// The model.
    replicate::model model;
    /// What it does, in the words of the search; often empty.
    std::string generated_description;
    /// Words for what it does.
    std::vector<std::string> tags;
    /// How well it fits; nothing where the service does not say.
    std::optional<double> score;

    /// No model.
    found_model() = default;

    /// Reads a part of another document.
    explicit found_model(detail::shared_object document)
        : resource(std::move(document))
    {
        if (detail::shared_object found = part("model"))
            model = replicate::model(std::move(found));
        if (detail::shared_object const known = part("metadata")) {
            generated_description = detail::text_member(*known, "generated_description");
            tags = detail::texts_member(*known, "tags");
            if (json::value const& given = detail::any_member(*known, "score"); given.is_number())
                score = given.to_number<double>();
        }
    }
};

/// A page of the documentation that a search has found.
class found_page : public resource {
public:
    /// Its title.
    std::string name;
    /// Its path on the web site of the service, such as `/docs/topics/...`.
    std::string href;

    /// No page.
    found_page() = default;

    /// Reads a part of another document.
    explicit found_page(detail::shared_object document)
        : resource(std::move(document))
        , name(text("name"))
        , href(text("href"))
    {
    }
};

/// What a search has found.
class search_result : public resource {
public:
    /// The text that was searched for.
    std::string query;
    /// Models, the best first.
    std::vector<found_model> models;
    /// Collections; without their models, but with some of their names.
    std::vector<collection> collections;
    /// Pages of the documentation.
    std::vector<found_page> pages;

    /// Nothing.
    search_result() = default;

    /// Reads what the service sent; an `error` of `errc::unexpected_document` where there is no list of models in it.
    static search_result from_json(json::value document)
    {
        search_result result(checked(std::move(document), "a search result", {}));
        if (!result.member("models").is_array())
            throw detail::make_error(errc::unexpected_document, "a search result without 'models'");
        return result;
    }

    /// Reads a part of another document.
    explicit search_result(detail::shared_object document)
        : resource(std::move(document))
        , query(text("query"))
    {
        for (detail::shared_object& entry : parts("models"))
            models.emplace_back(std::move(entry));
        for (detail::shared_object& entry : parts("collections"))
            collections.emplace_back(std::move(entry));
        for (detail::shared_object& entry : parts("pages"))
            pages.emplace_back(std::move(entry));
    }
};

} // namespace replicate

#endif
