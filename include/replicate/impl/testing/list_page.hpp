// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_LIST_PAGE_HPP
#define REPLICATE_IMPL_TESTING_LIST_PAGE_HPP

#include <replicate/core/base64.hpp>
#include <replicate/core/datetime.hpp>
#include <replicate/core/percent_encoding.hpp>
#include <replicate/impl/testing/target.hpp>
#include <replicate/testing/server_options.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

/// A place in a list: just after an item, or just before it. Items come and go without moving it (http-api 9).
class list_cursor {
public:
    /// Whether the page lies before the place rather than after it.
    bool backwards = false;
    /// The key of the item.
    std::string position;

    list_cursor() = default;

    list_cursor(bool before, std::string key)
        : backwards(before)
        , position(std::move(key))
    {
    }
};

/// As Django REST writes it: the base64 text of `p=KEY`, with `r=1&` before it where it leads backwards.
inline std::string encode_cursor(list_cursor const& cursor)
{
    return core::base64_encode((cursor.backwards ? "r=1&p=" : "p=") + core::percent_encode(cursor.position));
}

/// Empty where the text is no cursor.
inline std::optional<list_cursor> decode_cursor(std::string_view text)
{
    auto const query = core::base64_decode(text);
    if (!query)
        return std::nullopt;
    auto position = query_value(*query, "p");
    if (!position || position->empty())
        return std::nullopt;
    return list_cursor(query_value(*query, "r").value_or("0") == "1", std::move(*position));
}

/// A time as the key of an item; such keys are in order as texts.
inline std::string time_key(std::chrono::system_clock::time_point time)
{
    std::string text = core::format_rfc3339(time, 6);
    text[10] = ' ';
    text.pop_back();
    return text + "+00:00";
}

/// A number as the key of an item; such keys are in order as texts.
inline std::string number_key(std::size_t number)
{
    std::string const digits = std::to_string(number);
    return std::string(20 - std::min<std::size_t>(digits.size(), 20), '0') + digits;
}

enum class list_order { ascending, descending };

/// An item of a list, and its key, which no other item of the list has.
template<class Value>
class list_item {
public:
    std::string key;
    Value value;

    list_item(std::string its_key, Value its_value)
        : key(std::move(its_key))
        , value(std::move(its_value))
    {
    }
};

/// One page: some of the items, and the places where its neighbours are.
template<class Value>
class list_page {
public:
    std::vector<list_item<Value>> items;
    std::optional<list_cursor> next;
    std::optional<list_cursor> previous;

    list_page() = default;
};

/// The page of a list at a place, or its first one. The items are in the order that is named.
template<class Value>
list_page<Value> cut_page(std::vector<list_item<Value>> const& items, list_order order,
    std::optional<list_cursor> const& cursor, std::size_t page_size)
{
    auto const before = [&](std::string const& left, std::string const& right) {
        return order == list_order::ascending ? left < right : right < left;
    };
    auto begin = items.begin();
    auto end = items.end();
    auto const size = static_cast<std::ptrdiff_t>(std::max<std::size_t>(page_size, 1));
    if (cursor && cursor->backwards) {
        end = std::partition_point(
            begin, end, [&](list_item<Value> const& item) { return before(item.key, cursor->position); });
        begin = end - std::min(size, end - begin);
    } else {
        if (cursor)
            begin = std::partition_point(
                begin, end, [&](list_item<Value> const& item) { return !before(cursor->position, item.key); });
        end = begin + std::min(size, end - begin);
    }
    list_page<Value> page;
    page.items.assign(begin, end);
    if (begin != end && end != items.end())
        page.next.emplace(false, page.items.back().key);
    if (begin != end && begin != items.begin())
        page.previous.emplace(true, page.items.front().key);
    return page;
}

/// What a page says where its neighbours are: a JSON text or null. `path` is that of the list, below the base URL; the
/// other parameters of its query are repeated in the links.
class page_linker {
public:
    page_linker(server_options const& options, std::string_view base_url, std::string path, std::string_view query)
        : options_(options)
        , base_url_(base_url)
        , path_(std::move(path))
        , query_(other_parameters(query))
    {
    }

    std::string next(std::optional<list_cursor> const& cursor) const
    {
        if (cursor && options_.page_links == page_links::endless_loop)
            return '"' + base() + path_ + (query_.empty() ? "" : '?' + query_) + '"';
        return link(cursor);
    }

    std::string previous(std::optional<list_cursor> const& cursor) const { return link(cursor); }

private:
    static std::string other_parameters(std::string_view query)
    {
        std::string kept;
        while (!query.empty()) {
            std::string_view const pair = query.substr(0, query.find('&'));
            query.remove_prefix(std::min(query.size(), pair.size() + 1));
            if (!pair.empty() && pair.substr(0, pair.find('=')) != "cursor")
                kept.append(kept.empty() ? "" : "&").append(pair);
        }
        return kept;
    }

    std::string base() const
    {
        switch (options_.page_links) {
        case page_links::insecure_scheme: return "http" + base_url_.substr(base_url_.find(':'));
        case page_links::public_host: return "https://api.replicate.com/v1";
        case page_links::foreign_host: return options_.foreign_page_base;
        default: return base_url_;
        }
    }

    std::string link(std::optional<list_cursor> const& cursor) const
    {
        if (!cursor)
            return options_.page_links == page_links::null_as_text ? "\"null\"" : "null";
        return '"' + base() + path_ + "?cursor=" + core::percent_encode(encode_cursor(*cursor))
            + (query_.empty() ? "" : '&' + query_) + '"';
    }

    server_options const& options_;
    std::string base_url_;
    std::string path_;
    std::string query_;
};

} // namespace replicate::testing::detail

#endif
