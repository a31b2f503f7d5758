// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_SCRIPT_MEMBERS_HPP
#define REPLICATE_IMPL_TESTING_SCRIPT_MEMBERS_HPP

#include <replicate/impl/testing/wire.hpp>
#include <replicate/testing/script_file_error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace replicate::testing::detail {

/// The words for the values of an enumeration, in their order.
using script_words = std::vector<std::string_view>;

inline std::string list_words(script_words const& words)
{
    std::string text;
    for (std::string_view const word : words)
        text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

inline json::array const& array_of(json::value const& value, std::string const& place)
{
    if (!value.is_array())
        throw script_file_error(place, "it must be a list");
    return value.get_array();
}

inline void read_value(json::value const& value, std::string const& place, bool& target)
{
    if (!value.is_bool())
        throw script_file_error(place, "it must be true or false");
    target = value.get_bool();
}

inline void read_value(json::value const& value, std::string const& place, std::string& target)
{
    if (!value.is_string())
        throw script_file_error(place, "it must be a text");
    target = view(json::string_view(value.get_string()));
}

template<class Number>
requires(std::is_integral_v<Number> && !std::is_same_v<Number, bool>) void read_value(
    json::value const& value, std::string const& place, Number& target)
{
    json::error_code failure;
    Number const number = value.to_number<Number>(failure);
    if (failure)
        throw script_file_error(place, "it must be a whole number, not negative");
    target = number;
}

// Up to a hundred years: more would not fit into the clocks.
template<class Period>
void read_value(json::value const& value, std::string const& place, std::chrono::duration<long, Period>& target)
{
    json::error_code failure;
    double const number = value.to_number<double>(failure);
    if (failure || !(number > -3e12 && number < 3e12))
        throw script_file_error(place, "it must be a number of milliseconds");
    using duration = std::chrono::duration<long, Period>;
    target = std::chrono::duration_cast<duration>(std::chrono::duration<double, std::milli>(number));
}

template<class T>
void read_value(json::value const& value, std::string const& place, std::optional<T>& target)
{
    read_value(value, place, target.emplace());
}

inline void read_value(json::value const& value, std::string const& place, std::vector<std::string>& target)
{
    target.clear();
    for (json::value const& element : array_of(value, place))
        read_value(element, place + '[' + std::to_string(target.size()) + ']', target.emplace_back());
}

inline void read_value(json::value const& value, std::string const& place, json::object& target)
{
    if (!value.is_object())
        throw script_file_error(place, "it must be an object");
    target = value.get_object();
}

inline void read_value(json::value const& value, std::string const&, json::value& target)
{
    target = value;
}

/// An object of a script file, read member by member; at the end every member must have been asked for.
class script_members {
public:
    script_members(json::value const& value, std::string place)
        : place_(std::move(place))
    {
        if (!value.is_object())
            throw script_file_error(place_, "it must be an object");
        object_ = &value.get_object();
    }

    std::string const& place() const noexcept { return place_; }
    std::string place_of(std::string_view name) const { return place_ + '.' + std::string(name); }

    /// Null where it is absent.
    json::value const* find(std::string_view name)
    {
        known_.push_back(name);
        return object_->if_contains(view(name));
    }

    /// Leaves the target as it is where the member is absent; false then.
    template<class T>
    bool read(std::string_view name, T& target)
    {
        json::value const* const found = find(name);
        if (found != nullptr)
            read_value(*found, place_of(name), target);
        return found != nullptr;
    }

    /// The same for an enumeration, by words.
    template<class Enumeration>
    bool read(std::string_view name, Enumeration& target, script_words const& words)
    {
        std::string word;
        if (!read(name, word))
            return false;
        auto const found = std::find(words.begin(), words.end(), word);
        if (found == words.end())
            throw script_file_error(place_of(name), "it must be one of " + list_words(words));
        target = static_cast<Enumeration>(found - words.begin());
        return true;
    }

    /// Refuses what nobody asked for.
    void finish() const
    {
        for (json::key_value_pair const& member : *object_)
            if (std::find(known_.begin(), known_.end(), view(member.key())) == known_.end())
                throw script_file_error(
                    place_of(view(member.key())), "there is no such member; there are " + list_words(known_));
    }

    json::object const& object() const noexcept { return *object_; }

private:
    json::object const* object_ = nullptr;
    std::string place_;
    script_words known_;
};

} // namespace replicate::testing::detail

#endif
