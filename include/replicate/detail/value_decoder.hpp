// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_VALUE_DECODER_HPP
#define REPLICATE_DETAIL_VALUE_DECODER_HPP

#include <replicate/core/datetime.hpp>
#include <replicate/core/json_pointer.hpp>
#include <replicate/file.hpp>

#include <boost/describe/enum_from_string.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/describe/modifiers.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>
#include <boost/mp11/algorithm.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace replicate::detail {

namespace json = boost::json;

// A text may begin like a URL and go on as a sentence; a URL holds no blank.
inline bool is_file_url(std::string_view text) noexcept
{
    bool const is_data = text.substr(0, 5) == "data:" && text.find(',') != std::string_view::npos;
    bool const is_https = text.substr(0, 8) == "https://" && text.size() > 8;
    return (is_data || is_https) && text.find_first_of(" \t\r\n") == std::string_view::npos;
}

/// What kind of value stands in a document, in words.
inline std::string_view kind_in_words(json::value const& value) noexcept
{
    switch (value.kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return "true or false";
    case json::kind::int64:
    case json::kind::uint64: return "a whole number";
    case json::kind::double_: return "a number";
    case json::kind::string: return "a string";
    case json::kind::array: return "an array";
    case json::kind::object: return "an object";
    }
    return "nothing";
}

/// Thrown where a document does not fit a type; never leaves the library.
class misfit {
public:
    misfit(std::string place, std::string_view wanted, std::string_view found)
        : place_(std::move(place))
        , wanted_(wanted)
        , found_(found)
    {
    }

    /// `at /segments/3/start: expected a number, found a string`
    std::string text() const
    {
        return (place_.empty() ? "" : "at " + place_ + ": ") + "expected " + wanted_ + ", found " + found_;
    }

private:
    std::string place_;
    std::string wanted_;
    std::string found_;
};

template<class T>
concept described_class = boost::describe::has_describe_members<T>::value && std::is_class_v<T>;

template<class T>
concept described_enum = boost::describe::has_describe_enumerators<T>::value && std::is_enum_v<T>;

template<class T>
using described_members =
    boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

template<class T>
constexpr bool is_optional = false;
template<class T>
constexpr bool is_optional<std::optional<T>> = true;

template<class T>
constexpr bool is_duration = false;
template<class Count, class Period>
constexpr bool is_duration<std::chrono::duration<Count, Period>> = true;

template<class T>
concept text_map = std::same_as<typename T::key_type, std::string> && requires { typename T::mapped_type; };

template<class T>
concept growing_list = requires(T list, typename T::value_type element) { list.push_back(std::move(element)); }
    && !std::constructible_from<std::string_view, T const&>;

/// Makes values of C++ types out of a JSON document, and says where it does not fit.
class value_decoder {
public:
    /// `make_file` makes the file of a URL.
    explicit value_decoder(std::function<file_output(std::string)> make_file)
        : make_file_(std::move(make_file))
    {
    }

    /// The value as a T; throws a `misfit`.
    template<class T>
    T decode(json::value const& value)
    {
        if constexpr (std::same_as<T, json::value>)
            return value;
        else if constexpr (is_optional<T>)
            return value.is_null() ? T() : T(decode<typename T::value_type>(value));
        else if constexpr (std::same_as<T, std::string>)
            return text(value, "a string");
        else if constexpr (std::same_as<T, file_output>)
            return file(value);
        else if constexpr (std::is_arithmetic_v<T>)
            return number<T>(value);
        else if constexpr (std::same_as<T, std::chrono::system_clock::time_point>)
            return time(value);
        else if constexpr (is_duration<T>)
            return std::chrono::duration_cast<T>(std::chrono::duration<double>(number<double>(value)));
        else if constexpr (described_enum<T>)
            return enumerator<T>(value);
        else
            return composite<T>(value);
    }

    /// The texts of a list as one.
    std::string join(json::array const& pieces)
    {
        std::string whole;
        for (std::size_t i = 0; i < pieces.size(); ++i)
            whole += at(std::to_string(i), [&] { return text(pieces[i], "a string"); });
        return whole;
    }

private:
    [[noreturn]] void refuse(std::string_view wanted, json::value const& found) const
    {
        throw misfit(place_, wanted, kind_in_words(found));
    }

    /// Does something one step deeper in the document.
    template<class Function>
    std::invoke_result_t<Function> at(std::string_view name, Function const& function)
    {
        std::size_t const before = place_.size();
        place_ += core::pointer_step(name);
        auto result = function();
        place_.resize(before);
        return result;
    }

    std::string text(json::value const& value, std::string_view wanted) const
    {
        if (!value.is_string())
            refuse(wanted, value);
        return std::string(value.get_string().data(), value.get_string().size());
    }

    file_output file(json::value const& value) const
    {
        constexpr std::string_view wanted = "the URL of a file (https: or data:)";
        std::string url = text(value, wanted);
        if (!is_file_url(url))
            throw misfit(place_, wanted, "another text");
        return make_file_(std::move(url));
    }

    template<class T>
    T number(json::value const& value) const
    {
        if constexpr (std::same_as<T, bool>) {
            if (!value.is_bool())
                refuse("true or false", value);
            return value.get_bool();
        } else {
            constexpr std::string_view wanted = std::integral<T> ? "a whole number" : "a number";
            if (!value.is_number())
                refuse(wanted, value);
            boost::system::error_code failure;
            T const result = value.to_number<T>(failure);
            if (failure)
                throw misfit(place_, wanted, value.is_double() ? "a fraction, or one too large" : "one too large or too small");
            return result;
        }
    }

    std::chrono::system_clock::time_point time(json::value const& value) const
    {
        constexpr std::string_view wanted = "a time such as 2026-01-31T12:00:00Z";
        auto const found = core::parse_rfc3339(text(value, wanted));
        if (!found)
            throw misfit(place_, wanted, "another text");
        return *found;
    }

    template<class T>
    T enumerator(json::value const& value) const
    {
        std::string wanted;
        boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
            [&](auto known) { wanted.append(wanted.empty() ? "one of " : ", ").append(known.name); });
        std::string const name = text(value, wanted);
        T result{};
        if (!boost::describe::enum_from_string(name.c_str(), result))
            throw misfit(place_, wanted, "another text");
        return result;
    }

    template<class T>
    T composite(json::value const& value)
    {
        if constexpr (described_class<T>)
            return structure<T>(value);
        else if constexpr (text_map<T>)
            return map<T>(value);
        else if constexpr (growing_list<T>)
            return list<T>(value);
        else
            return converted<T>(value);
    }

    template<class T>
    T structure(json::value const& value)
    {
        if (!value.is_object())
            refuse("an object", value);
        T result{};
        boost::mp11::mp_for_each<described_members<T>>([&](auto known) {
            auto& member = result.*known.pointer;
            using kind = std::remove_reference_t<decltype(member)>;
            json::value const* const found = value.get_object().if_contains(known.name);
            if (found != nullptr)
                member = at(known.name, [&] { return decode<kind>(*found); });
            else if constexpr (!is_optional<kind>)
                throw misfit(place_, "the member '" + std::string(known.name) + "'", "none of that name");
        });
        return result;
    }

    template<class T>
    T map(json::value const& value)
    {
        if (!value.is_object())
            refuse("an object", value);
        T result{};
        for (auto const& member : value.get_object()) {
            std::string name(member.key().data(), member.key().size());
            auto made = at(name, [&] { return decode<typename T::mapped_type>(member.value()); });
            result.insert_or_assign(std::move(name), std::move(made));
        }
        return result;
    }

    template<class T>
    T list(json::value const& value)
    {
        if (!value.is_array())
            refuse("an array", value);
        T result{};
        for (json::value const& element : value.get_array())
            result.push_back(
                at(std::to_string(result.size()), [&] { return decode<typename T::value_type>(element); }));
        return result;
    }

    template<class T>
    T converted(json::value const& value) const
    {
        auto result = json::try_value_to<T>(value);
        if (!result)
            refuse("a value of the type asked for (" + result.error().message() + ")", value);
        return std::move(*result);
    }

    std::function<file_output(std::string)> make_file_;
    std::string place_;
};

} // namespace replicate::detail

#endif
