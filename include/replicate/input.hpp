// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_INPUT_HPP
#define REPLICATE_INPUT_HPP

#include <replicate/core/json_pointer.hpp>
#include <replicate/core/utf8.hpp>
#include <replicate/error.hpp>
#include <replicate/file.hpp>
#include <replicate/file_source.hpp>

#include <boost/json/value.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace replicate {

namespace json = boost::json;

namespace detail {

template<class T>
concept character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t>
    || std::same_as<T, char16_t> || std::same_as<T, char32_t>;

} // namespace detail

class input;

/// A file among the values of an input.
class placed_file {
public:
    /// Where it stands, as a JSON pointer (RFC 6901) from the whole: `/image`, `/images/0`.
    std::string place;
    /// The file.
    file_source source;

    /// A file at a place.
    placed_file(std::string json_pointer, file_source file)
        : place(std::move(json_pointer))
        , source(std::move(file))
    {
    }
};

namespace detail {

/// What stands in the JSON of an input in the place of a file.
inline std::string file_mark(file_source const& file)
{
    return "file:" + core::percent_encode(file.name());
}

} // namespace detail

/// One value of a model's input: null, a bool, a number, text of every kind of string, a list, an object,
/// any `boost::json::value`, a file to be sent, or a file of an earlier output (which passes as its URL).
class input_value {
public:
    /// null
    input_value(std::nullptr_t = nullptr) {}
    /// true or false
    template<std::same_as<bool> Bool>
    input_value(Bool value)
        : value_(value)
    {
    }
    /// A whole number.
    template<std::integral Integer>
        requires(!std::same_as<Integer, bool> && !detail::character<Integer>)
    input_value(Integer value)
        : value_(value)
    {
    }
    /// A number. One that is not finite has no JSON form and is refused when the value is put into an `input`.
    template<std::floating_point Float>
    input_value(Float value)
        : value_(static_cast<double>(value))
    {
    }
    /// A single character is refused by the compiler: it would become its number.
    template<detail::character Character>
    input_value(Character) = delete;
    /// Text, UTF-8; null where the pointer is null.
    input_value(char const* text)
    {
        if (text != nullptr)
            value_ = json::string_view(text);
    }
    /// Text, UTF-8.
    input_value(std::string const& text)
        : value_(json::string_view(text.data(), text.size()))
    {
    }
    /// Text, UTF-8.
    input_value(std::string_view text)
        : value_(json::string_view(text.data(), text.size()))
    {
    }
    /// Any JSON.
    input_value(json::value value)
        : value_(std::move(value))
    {
    }
    /// A JSON object.
    input_value(json::object value)
        : value_(std::move(value))
    {
    }
    /// A JSON array.
    input_value(json::array value)
        : value_(std::move(value))
    {
    }
    /// JSON text.
    input_value(json::string value)
        : value_(std::move(value))
    {
    }
    /// A file of an earlier output: its URL.
    input_value(file_output const& file)
        : input_value(file.url())
    {
    }
    /// A file, which is sent when the model is run: see `file_source`.
    input_value(file_source file)
        : input_value(detail::file_mark(file))
    {
        files_.emplace_back(std::string(), std::move(file));
    }
    /// An object with the values of an input.
    template<std::same_as<input> Input>
    input_value(Input const& members)
        : value_(members.object())
        , files_(members.files())
    {
    }
    /// A list of values.
    template<class Element>
        requires std::constructible_from<input_value, Element const&>
    input_value(std::vector<Element> const& elements)
        : value_(json::array())
    {
        for (auto const& element : elements) {
            input_value one(static_cast<Element const&>(element));
            one.move_files(core::pointer_step(std::to_string(value_.get_array().size())), files_);
            value_.get_array().push_back(std::move(one.value_));
        }
    }

    /// The value as JSON. A file stands in it as the text `file:` and its name.
    json::value const& json() const& noexcept { return value_; }

    /// The value as JSON, given away.
    json::value json() && noexcept { return std::move(value_); }

    /// The files in it.
    std::vector<placed_file> const& files() const noexcept { return files_; }

private:
    friend class input;

    /// Gives the files to a whole in which this value stands at a place.
    void move_files(std::string const& place, std::vector<placed_file>& files)
    {
        for (placed_file& file : files_)
            files.emplace_back(place + file.place, std::move(file.source));
        files_.clear();
    }

    json::value value_;
    std::vector<placed_file> files_;
};

/// The input of a model: named values.
///
///     replicate::input input{{"prompt", "Hello, world!"}, {"max_tokens", 512}};
///     input.set("seed", 42).set("stop", std::vector<std::string>{"\n"});
///
/// (With g++ 12 make it before the expression that holds `co_await`: a braced list does not compile inside one,
/// `replicate::input().set("prompt", prompt)` does.)
/// Refused at once, with an `error` of `errc::invalid_argument` that names the member: an empty name, a number that
/// is not finite, text that is not UTF-8 (such as the bytes of a file), JSON that is not an object. A value type; not to
/// be changed by two threads at once.
///
/// A value may be a `file_source`, at any depth. The call that runs the model sends a copy of the input in which the URL of the
/// file stands instead; this input stays as it is, and can be used again.
class input {
public:
    /// No values.
    input() = default;

    /// The values listed; a later one replaces an earlier one of the same name.
    input(std::initializer_list<std::pair<std::string_view, input_value>> members)
    {
        for (auto const& [name, value] : members)
            set(name, value);
    }

    /// The members of a JSON object.
    input(json::object const& members)
    {
        for (auto const& member : members)
            set(std::string_view(member.key().data(), member.key().size()), member.value());
    }

    /// The members of a JSON value, which must be an object.
    explicit input(json::value const& value);

    /// Sets a value, replacing one of the same name; returns *this.
    input& set(std::string_view name, input_value value) &
    {
        store(name, std::move(value));
        return *this;
    }

    /// Sets a value, replacing one of the same name; returns *this.
    input&& set(std::string_view name, input_value value) &&
    {
        store(name, std::move(value));
        return std::move(*this);
    }

    /// True when there is a value of this name.
    bool contains(std::string_view name) const noexcept { return members_.contains({name.data(), name.size()}); }

    /// The value of this name, as in `object()`; an `error` of `errc::invalid_argument` where there is none.
    json::value const& at(std::string_view name) const;

    /// All values. Where a file stands that is yet to be sent, there is the text `file:` and its name, percent-encoded, such as
    /// `file:photo.jpg`: a text in the form of a URI, as a model's schema has it. `files()` says which are such places.
    json::object const& object() const noexcept { return members_; }

    /// The files that are yet to be sent, in the order in which they were set.
    std::vector<placed_file> const& files() const noexcept { return files_; }

    /// Puts a text, the URL of a file, where the file stands: `place` is of `files()`. That file is then no longer one.
    void resolve_file(std::string const& place, std::string_view url);

private:
    void store(std::string_view name, input_value value);

    json::object members_;
    std::vector<placed_file> files_;
};

namespace detail {

/// What of a value has no JSON form, as its place and the reason; both empty where all of it has one.
class json_fault {
public:
    std::string place;
    std::string_view reason;

    json_fault() = default;
    explicit json_fault(std::string_view given)
        : reason(given)
    {
    }
};

inline json_fault find_json_fault(json::value const& value);

inline json_fault find_json_fault_in_text(json::string_view text)
{
    bool const good = core::is_utf8({text.data(), text.size()});
    return good ? json_fault() : json_fault("is not UTF-8 text; bytes have to be sent as a file, or encoded");
}

inline json_fault find_json_fault(json::array const& elements)
{
    for (std::size_t i = 0; i < elements.size(); ++i) {
        json_fault fault = find_json_fault(elements[i]);
        if (fault.reason.empty())
            continue;
        fault.place.insert(0, "[" + std::to_string(i) + "]");
        return fault;
    }
    return json_fault();
}

inline json_fault find_json_fault(json::object const& members)
{
    for (auto const& member : members) {
        json_fault fault = find_json_fault_in_text(member.key());
        if (fault.reason.empty())
            fault = find_json_fault(member.value());
        if (fault.reason.empty())
            continue;
        fault.place.insert(0, "." + std::string(member.key().data(), member.key().size()));
        return fault;
    }
    return json_fault();
}

inline json_fault find_json_fault(json::value const& value)
{
    if (value.is_double() && !std::isfinite(value.get_double()))
        return json_fault("is not a finite number, so it has no JSON form");
    if (value.is_string())
        return find_json_fault_in_text(value.get_string());
    if (value.is_array())
        return find_json_fault(value.get_array());
    return value.is_object() ? find_json_fault(value.get_object()) : json_fault();
}

} // namespace detail

inline input::input(json::value const& value)
{
    if (!value.is_object())
        detail::throw_invalid_argument("input", "must be a JSON object: named values such as {\"prompt\": \"...\"}");
    *this = input(value.get_object());
}

inline json::value const& input::at(std::string_view name) const
{
    json::value const* value = members_.if_contains({name.data(), name.size()});
    if (value == nullptr)
        detail::throw_invalid_argument("input." + std::string(name), "there is no value of this name");
    return *value;
}

inline void input::store(std::string_view name, input_value value)
{
    if (name.empty())
        detail::throw_invalid_argument("input", "a value has an empty name");
    if (!core::is_utf8(name))
        detail::throw_invalid_argument("input", "the name of a value is not UTF-8 text");
    detail::json_fault const fault = detail::find_json_fault(value.json());
    if (!fault.reason.empty())
        detail::throw_invalid_argument("input." + std::string(name) + fault.place, fault.reason);
    std::string const place = core::pointer_step(name);
    std::erase_if(files_, [&](placed_file const& file) {
        return file.place == place || file.place.starts_with(place + "/");
    });
    value.move_files(place, files_);
    members_[json::string_view(name.data(), name.size())] = std::move(value).json();
}

inline void input::resolve_file(std::string const& place, std::string_view url)
{
    json::value whole(std::move(members_));
    boost::system::error_code missing;
    if (json::value* const found = whole.find_pointer(json::string_view(place.data(), place.size()), missing))
        *found = json::string_view(url.data(), url.size());
    members_ = std::move(whole.get_object());
    std::erase_if(files_, [&](placed_file const& file) { return file.place == place; });
}

} // namespace replicate

#endif
