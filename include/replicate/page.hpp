// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_PAGE_HPP
#define REPLICATE_PAGE_HPP

#include <replicate/error.hpp>
#include <replicate/response_meta.hpp>

#include <boost/json/value.hpp>

#include <string>
#include <utility>
#include <vector>

namespace replicate {

/// One page of a list.
template<class T>
class page : public answered {
public:
    /// What is on it, in the service's order.
    std::vector<T> results;
    /// The next and the previous page, to be passed to the same list operation; empty where there is none.
    std::string next, previous;

    /// An empty page.
    page() = default;

    /// Reads what the service sent; an `error` of `errc::unexpected_document` where it is no list. A bare array, as of
    /// hardware, is a page without neighbours.
    static page from_json(json::value document);

private:
    static std::string link(json::object const& object, std::string_view name)
    {
        std::string url = detail::text_member(object, name);
        // The OpenAPI document has an example with the word "null" in quotes.
        return url == "null" ? std::string() : url;
    }
};

template<class T>
page<T> page<T>::from_json(json::value document)
{
    json::object* const object = document.if_object();
    json::value* const list = object == nullptr ? &document : object->if_contains("results");
    if (list == nullptr || !list->is_array())
        throw detail::make_error(errc::unexpected_document, "a list without results");
    page result;
    if (object != nullptr) {
        result.next = link(*object, "next");
        result.previous = link(*object, "previous");
    }
    for (json::value& element : list->get_array())
        result.results.push_back(T::from_json(std::move(element)));
    return result;
}

} // namespace replicate

#endif
