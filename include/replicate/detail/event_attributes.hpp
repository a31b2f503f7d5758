// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_EVENT_ATTRIBUTES_HPP
#define REPLICATE_DETAIL_EVENT_ATTRIBUTES_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace replicate::detail {

/// Shows a text that is not empty; by reference, so that it can be replaced.
template<class Text, class Visitor>
void visit_text(Visitor& visitor, std::string_view name, Text& text)
{
    if (!text.empty())
        visitor(name, text);
}

/// Shows a number.
template<class Visitor>
void visit_number(Visitor& visitor, std::string_view name, std::uint64_t number)
{
    visitor(name, number);
}

/// Shows a time, in seconds.
template<class Visitor>
void visit_time(Visitor& visitor, std::string_view name, std::chrono::steady_clock::duration time)
{
    visitor(name, std::chrono::duration<double>(time).count());
}

/// Shows a number that is known.
template<class Visitor>
void visit_known(Visitor& visitor, std::string_view name, std::optional<double> number)
{
    if (number)
        visitor(name, *number);
}

/// Shows a count that is known.
template<class Visitor>
void visit_count(Visitor& visitor, std::string_view name, std::optional<double> count)
{
    if (count)
        visitor(name, static_cast<std::uint64_t>(std::max(*count, 0.0)));
}

/// Shows a word that belongs to the library.
template<class Visitor>
void visit_word(Visitor& visitor, std::string_view name, std::string_view word)
{
    visitor(name, word);
}

} // namespace replicate::detail

#endif
