// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/impl/testing/list_page.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

using namespace replicate::testing;
using namespace replicate::testing::detail;

namespace {

std::vector<list_item<int>> items(std::initializer_list<int> numbers)
{
    std::vector<list_item<int>> made;
    for (int number : numbers)
        made.emplace_back(number_key(static_cast<std::size_t>(number)), number);
    return made;
}

std::string text_of(list_page<int> const& page)
{
    std::string text;
    for (auto const& item : page.items)
        text += std::to_string(item.value) + ' ';
    return text;
}

// Every page from a place on, in the direction of the links.
std::string walk(std::vector<list_item<int>> const& all, list_order order, std::size_t size)
{
    std::string text;
    std::optional<list_cursor> cursor;
    std::optional<list_page<int>> page;
    do {
        page = cut_page(all, order, cursor, size);
        text += text_of(*page) + "| ";
        cursor = page->next;
    } while (cursor);
    while (page->previous) {
        page = cut_page(all, order, page->previous, size);
        text += "< " + text_of(*page);
    }
    return text;
}

} // namespace

TEST_CASE("a list is read page by page in both directions")
{
    CHECK(walk(items({1, 2, 3, 4, 5}), list_order::ascending, 2) == "1 2 | 3 4 | 5 | < 3 4 < 1 2 ");
    CHECK(walk(items({5, 4, 3, 2, 1}), list_order::descending, 2) == "5 4 | 3 2 | 1 | < 3 2 < 5 4 ");
    CHECK(walk(items({1, 2}), list_order::ascending, 2) == "1 2 | ");
    CHECK(walk(items({}), list_order::ascending, 2) == "| ");
}

TEST_CASE("a place in a list stays where it is while items come and go")
{
    auto const first = cut_page(items({9, 8, 7, 6}), list_order::descending, std::nullopt, 2);
    CHECK(text_of(cut_page(items({10, 9, 7, 6}), list_order::descending, first.next, 2)) == "7 6 ");
    CHECK(text_of(cut_page(items({10, 9}), list_order::descending, first.next, 2)).empty());
    CHECK_FALSE(cut_page(items({10, 9}), list_order::descending, first.next, 2).previous.has_value());
}

TEST_CASE("a cursor is written as Django REST does, and nothing else is one")
{
    auto const time = std::chrono::sys_days(std::chrono::year(2023) / 11 / 15) + std::chrono::hours(5)
        + std::chrono::minutes(3) + std::chrono::microseconds(47'203'903);
    CHECK(encode_cursor(list_cursor(false, time_key(time)))
        == "cD0yMDIzLTExLTE1JTIwMDUlM0EwMyUzQTQ3LjIwMzkwMyUyQjAwJTNBMDA=");
    auto const read = decode_cursor(encode_cursor(list_cursor(true, "a&b=%c")));
    REQUIRE(read.has_value());
    CHECK(read->backwards);
    CHECK(read->position == "a&b=%c");
    for (char const* const other : {"", "nonsense", "cD0=", "eD0x", "????", "cj0x"})
        CHECK_FALSE(decode_cursor(other).has_value());
}

TEST_CASE("the links between pages repeat the other parameters, and can look like all that was seen")
{
    server_options options;
    auto const link = [&](page_links kind, std::optional<list_cursor> const& cursor) {
        options.page_links = kind;
        return page_linker(options, "https://127.0.0.1:1/v1", "/models", "cursor=old&sort_by=x&").next(cursor);
    };
    list_cursor const some(false, "1");
    CHECK(link(page_links::own, some) == "\"https://127.0.0.1:1/v1/models?cursor=cD0x&sort_by=x\"");
    CHECK(link(page_links::insecure_scheme, some) == "\"http://127.0.0.1:1/v1/models?cursor=cD0x&sort_by=x\"");
    CHECK(link(page_links::public_host, some) == "\"https://api.replicate.com/v1/models?cursor=cD0x&sort_by=x\"");
    CHECK(link(page_links::foreign_host, some) == "\"https://api.replicate.example/v1/models?cursor=cD0x&sort_by=x\"");
    CHECK(link(page_links::endless_loop, some) == "\"https://127.0.0.1:1/v1/models?sort_by=x\"");
    CHECK(link(page_links::own, std::nullopt) == "null");
    CHECK(link(page_links::endless_loop, std::nullopt) == "null");
    CHECK(link(page_links::null_as_text, std::nullopt) == "\"null\"");
}
