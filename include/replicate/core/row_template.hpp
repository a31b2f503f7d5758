// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_ROW_TEMPLATE_HPP
#define REPLICATE_CORE_ROW_TEMPLATE_HPP

#include <replicate/error.hpp>
#include <replicate/identifier.hpp>
#include <replicate/input.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::core {

/// Makes the objects that rows are read from of the records of a table.
///
/// A mapping `column=field` says into which member of the input a column goes; `column=field:text` keeps what looks like a number as
/// text. Without any mapping each column goes into the member of its own name. The columns custom_id, model, version and deployment go
/// into the row. An empty field is left out. A setting `key=value` goes into all inputs; `{column}` in it stands for the field of the
/// record, `{{` for a brace.
class row_template {
public:
    /// Nothing mapped, nothing set.
    row_template() = default;

    /// Reads `column=field`. An `error` of `errc::invalid_argument` where it is none.
    void map(std::string_view text)
    {
        auto [column, field] = halves("map", text, "column=field");
        bool const as_text = field.ends_with(":text");
        field.remove_suffix(as_text ? 5 : 0);
        maps_.emplace_back(std::string(column), std::string(field), as_text);
    }

    /// Reads `key=value`. The value is JSON where it can be read as JSON, else text. An `error` of `errc::invalid_argument` where it is
    /// none.
    void set(std::string_view text)
    {
        auto const [key, value] = halves("set", text, "key=value");
        settings_.emplace_back(std::string(key), std::string(value), false);
    }

    /// The settings, where there are no columns: for rows that are no table's.
    json::object settings() const
    {
        json::object values;
        for (entry const& each : settings_)
            values[each.name] = value_of(each.field, false);
        return values;
    }

    /// Names the columns. An `error` of `errc::invalid_argument` where one is missing that is mapped, or one is there twice.
    void begin(std::vector<std::string> columns)
    {
        columns_ = std::move(columns);
        for (std::size_t i = 0; i < columns_.size(); ++i)
            if (std::find(columns_.begin(), columns_.begin() + static_cast<std::ptrdiff_t>(i), columns_[i])
                != columns_.begin() + static_cast<std::ptrdiff_t>(i))
                detail::throw_invalid_argument("columns", "there are two of the name " + detail::quoted(columns_[i]));
        for (entry const& each : maps_)
            index_of(each.name);
        for (entry const& each : settings_)
            if (is_text(value_of(each.field, false), each.field))
                filled(each.field, columns_);
    }

    /// The object of a record. Precondition: there are as many fields as columns.
    json::object make(std::vector<std::string> const& fields) const
    {
        json::object row, values;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (fields[i].empty())
                continue;
            if (is_of_row(columns_[i]))
                row[columns_[i]] = fields[i];
            else if (maps_.empty())
                values[columns_[i]] = value_of(fields[i], false);
        }
        for (entry const& each : maps_)
            if (std::string const& field = fields[index_of(each.name)]; !field.empty())
                values[each.field] = value_of(field, each.as_text);
        for (entry const& each : settings_) {
            json::value value = value_of(each.field, false);
            if (is_text(value, each.field))
                value = json::string_view(filled(each.field, fields));
            values[each.name] = std::move(value);
        }
        row["input"] = std::move(values);
        return row;
    }

private:
    class entry {
    public:
        entry(std::string of, std::string into, bool text)
            : name(std::move(of))
            , field(std::move(into))
            , as_text(text)
        {
        }

        std::string name, field;
        bool as_text;
    };

    static std::pair<std::string_view, std::string_view> halves(
        std::string_view option, std::string_view text, std::string_view form)
    {
        std::size_t const middle = text.find('=');
        if (middle == std::string_view::npos || middle == 0)
            detail::throw_invalid_argument(option, detail::quoted(text) + " is not of the form " + std::string(form));
        return {text.substr(0, middle), text.substr(middle + 1)};
    }

    static bool is_of_row(std::string_view column) noexcept
    {
        return column == "custom_id" || column == "model" || column == "version" || column == "deployment";
    }

    static json::value value_of(std::string_view text, bool as_text)
    {
        boost::system::error_code code;
        json::value read;
        if (!as_text)
            read = json::parse(json::string_view(text.data(), text.size()), code);
        return as_text || code ? json::value(json::string_view(text.data(), text.size())) : read;
    }

    std::size_t index_of(std::string_view column) const
    {
        auto const found = std::find(columns_.begin(), columns_.end(), column);
        if (found == columns_.end())
            detail::throw_invalid_argument("map", "there is no column " + detail::quoted(column));
        return static_cast<std::size_t>(found - columns_.begin());
    }

    /// Whether a value was kept as the text that it was read from: only then are its braces no JSON.
    static bool is_text(json::value const& value, std::string_view from)
    {
        return value.is_string() && std::string_view(value.get_string().data(), value.get_string().size()) == from;
    }

    std::string filled(std::string_view text, std::vector<std::string> const& fields) const
    {
        std::string made;
        for (std::size_t i = 0; i < text.size(); ++i) {
            bool const is_double = text.substr(i, 2) == "{{" || text.substr(i, 2) == "}}";
            if (text[i] != '{' || is_double) {
                made += text[i];
                i += is_double ? 1 : 0;
                continue;
            }
            std::size_t const end = text.find('}', i);
            if (end == std::string_view::npos)
                detail::throw_invalid_argument("set", detail::quoted(text) + " has a '{' without '}'; write '{{' for a brace");
            made += fields[index_of(text.substr(i + 1, end - i - 1))];
            i = end;
        }
        return made;
    }

    std::vector<entry> maps_, settings_;
    std::vector<std::string> columns_;
};

} // namespace replicate::core

#endif
