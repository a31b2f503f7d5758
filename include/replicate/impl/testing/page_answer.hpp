// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_PAGE_ANSWER_HPP
#define REPLICATE_IMPL_TESTING_PAGE_ANSWER_HPP

#include <replicate/impl/testing/list_page.hpp>
#include <replicate/impl/testing/prediction_text.hpp>
#include <replicate/impl/testing/service.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

/// A list that is answered page by page.
class page_form {
public:
    /// The list's, below the base URL.
    std::string path;
    list_order order;
    /// As many items as the service puts on a page.
    std::size_t page_size;

    page_form(std::string below_base, list_order items_are, std::size_t usual_size)
        : path(std::move(below_base))
        , order(items_are)
        , page_size(usual_size)
    {
    }
};

/// The page that a request asks for. `describe` gives the JSON of an item's value; it is asked for those of the page only.
template<class Value, class Describe>
outcome answer_page(service const& server, call const& received, page_form const& form,
    std::vector<list_item<Value>> const& items, Describe const& describe)
{
    auto const text = query_value(received.request.query(), "cursor");
    auto const cursor = text ? decode_cursor(*text) : std::nullopt;
    if (text && !cursor)
        return outcome(problem(400, "", "Invalid query parameter"));
    auto const page = cut_page(items, form.order, cursor, server.options.page_size.value_or(form.page_size));
    page_linker const links(server.options, server.base_url, form.path, received.request.query());
    std::string results;
    for (auto const& item : page.items)
        results += (results.empty() ? "" : ",") + describe(item.value);
    object_writer document;
    document.raw("previous", links.previous(page.previous));
    document.raw("next", links.next(page.next));
    document.raw("results", '[' + results + ']');
    return outcome(reply(200, std::move(document).finish()));
}

} // namespace replicate::testing::detail

#endif
