// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_INPUT_WRITER_HPP
#define REPLICATE_CORE_INPUT_WRITER_HPP

#include <replicate/core/datetime.hpp>
#include <replicate/detail/value_decoder.hpp>
#include <replicate/input.hpp>

#include <boost/describe/enum_to_string.hpp>
#include <boost/mp11/algorithm.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace replicate::detail {

template<class T>
input_value write_value(T const& value);

/// Writes the members of a described struct; those that are empty are left out.
template<class T>
input write_members(T const& value)
{
    input members;
    boost::mp11::mp_for_each<described_members<T>>([&](auto known) {
        auto const& member = value.*known.pointer;
        using kind = std::remove_cvref_t<decltype(member)>;
        if constexpr (is_optional<kind>) {
            if (member)
                members.set(known.name, write_value(*member));
        } else {
            members.set(known.name, write_value(member));
        }
    });
    return members;
}

template<class T>
input write_map(T const& entries)
{
    input members;
    for (auto const& [name, value] : entries)
        members.set(name, write_value(value));
    return members;
}

template<class T>
std::string enumerator_name(T value)
{
    char const* const name = boost::describe::enum_to_string(value, nullptr);
    if (name == nullptr)
        throw_invalid_argument("input", "holds a value of an enumeration that has no name");
    return name;
}

/// Whole seconds as a whole number, others as a fraction.
template<class Count, class Period>
input_value write_duration(std::chrono::duration<Count, Period> length)
{
    auto const whole = std::chrono::duration_cast<std::chrono::seconds>(length);
    if (whole == length)
        return input_value(static_cast<std::int64_t>(whole.count()));
    return input_value(std::chrono::duration<double>(length).count());
}

template<class T>
input_value write_value(T const& value)
{
    if constexpr (described_class<T>) {
        return input_value(write_members(value));
    } else if constexpr (described_enum<T>) {
        return input_value(enumerator_name(value));
    } else if constexpr (is_optional<T>) {
        return value ? write_value(*value) : input_value();
    } else if constexpr (std::constructible_from<input_value, T const&>) {
        return input_value(value);
    } else if constexpr (std::same_as<T, std::chrono::system_clock::time_point>) {
        return input_value(core::format_rfc3339(value, 6));
    } else if constexpr (is_duration<T>) {
        return write_duration(value);
    } else if constexpr (text_map<T>) {
        return input_value(write_map(value));
    } else {
        std::vector<input_value> elements;
        for (auto const& element : value)
            elements.push_back(write_value(element));
        return input_value(elements);
    }
}

} // namespace replicate::detail

#endif
