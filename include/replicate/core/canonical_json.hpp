// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_CANONICAL_JSON_HPP
#define REPLICATE_CORE_CANONICAL_JSON_HPP

#include <replicate/core/sha256.hpp>

#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace replicate::core {

namespace json = boost::json;

/// Writes a value so that equal values give equal texts, whatever was between client and service: members are sorted, and numbers
/// stand for their value (1, 1.0 and 1e0 are one). It is no JSON; texts carry their length instead of being escaped.
class canonical_writer {
public:
    /// Appends to this text, which must outlive the writer.
    explicit canonical_writer(std::string& text)
        : text_(text)
    {
    }

    /// Appends a value.
    void write(json::value const& value)
    {
        switch (value.kind()) {
        case json::kind::null: text_ += '0'; break;
        case json::kind::bool_: text_ += value.get_bool() ? 't' : 'f'; break;
        case json::kind::int64: write_number('i', value.get_int64()); break;
        case json::kind::uint64: write_number('i', value.get_uint64()); break;
        case json::kind::double_: write(value.get_double()); break;
        case json::kind::string: write_text(value.get_string()); break;
        case json::kind::array: write(value.get_array()); break;
        case json::kind::object: write(value.get_object()); break;
        }
    }

    /// Appends an object.
    void write(json::object const& object)
    {
        std::vector<json::key_value_pair const*> members;
        members.reserve(object.size());
        for (json::key_value_pair const& member : object)
            members.push_back(&member);
        std::sort(members.begin(), members.end(),
            [](auto const* left, auto const* right) { return left->key() < right->key(); });
        write_number('o', members.size());
        for (json::key_value_pair const* member : members) {
            write_text(member->key());
            write(member->value());
        }
    }

private:
    void write(json::array const& array)
    {
        write_number('a', array.size());
        for (json::value const& element : array)
            write(element);
    }

    void write(double number)
    {
        constexpr double signed_end = 9223372036854775808.0;
        if (std::trunc(number) == number && number >= -signed_end && number < signed_end)
            write_number('i', static_cast<std::int64_t>(number));
        else if (std::trunc(number) == number && number >= signed_end && number < 2 * signed_end)
            write_number('i', static_cast<std::uint64_t>(number));
        else
            write_number('d', number);
    }

    void write_text(json::string_view text)
    {
        write_number('s', text.size());
        text_.append(text.data(), text.size());
    }

    /// The shortest digits that tell the number from all others.
    template<class Number>
    void write_number(char kind, Number number)
    {
        char digits[32];
        auto const end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
        text_ += kind;
        text_.append(digits, end);
        text_ += ';';
    }

    std::string& text_;
};

/// The SHA-256 of an object in canonical form; equal for objects that mean the same, and for no others.
inline std::string canonical_hash(json::object const& object)
{
    std::string text;
    canonical_writer(text).write(object);
    return sha256(text);
}

} // namespace replicate::core

#endif
