// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_BATCH_LINE_HPP
#define REPLICATE_CORE_BATCH_LINE_HPP

#include <replicate/batch_row.hpp>
#include <replicate/core/row_files.hpp>
#include <replicate/error.hpp>
#include <replicate/problem.hpp>

#include <boost/json/stream_parser.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::core {

namespace json = boost::json;

/// A text as Boost.JSON has it.
inline std::string_view view_of(json::string_view text) noexcept
{
    return {text.data(), text.size()};
}

/// Makes rows of JSON objects: `{"custom_id": "a", "model": "owner/name", "input": {...}}`, with `version` or `deployment` in the place
/// of `model`; or a line of OpenAI's batches, `{"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {...}}`.
class batch_line_reader {
public:
    /// `target`: what rows are run on that name no model. `values`: what all inputs get, in the place of what they have.
    explicit batch_line_reader(std::optional<model_ref> target = std::nullopt, json::object values = {}, row_files files = row_files())
        : target_(std::move(target))
        , values_(std::move(values))
        , files_(std::move(files))
    {
    }

    /// Reads a line. `line`: its number, from 1 on.
    batch_entry read(std::string_view text, std::uint64_t line) const
    {
        json::stream_parser parser;
        boost::system::error_code code;
        std::size_t const taken = parser.write_some(text.data(), text.size(), code);
        std::size_t const blank = std::min(text.find_first_not_of(" \t\r\n", taken), text.size());
        if (!code && blank != text.size())
            return fault(line, column_of(text, blank), "behind the JSON object stands something else");
        if (!code)
            parser.finish(code);
        if (code)
            return fault(line, column_of(text, taken), "is not JSON: " + code.message());
        json::value const document = parser.release();
        if (!document.is_object())
            return fault(line, 1, "is not a JSON object such as {\"custom_id\": \"a\", \"model\": \"owner/name\", \"input\": {}}");
        return read(document.get_object(), line);
    }

    /// Reads an object.
    batch_entry read(json::object const& object, std::uint64_t line) const
    {
        std::string id = "line-" + std::to_string(line);
        try {
            read_id(object, id);
            batch_row row = object.contains("body") ? foreign_row(id, object) : own_row(id, object);
            row.line = line;
            return batch_entry(std::move(row));
        } catch (replicate::error const& refused) {
            // The member that is refused stands at the front of the text.
            batch_entry found = fault(line, 0, refused.diagnostics().detail);
            found.fault.custom_id = std::move(id);
            return found;
        }
    }

private:
    static batch_entry fault(std::uint64_t line, std::uint64_t column, std::string reason)
    {
        return batch_entry(batch_fault(line, column, std::move(reason)));
    }

    /// In letters, as an editor counts them.
    static std::uint64_t column_of(std::string_view text, std::size_t offset)
    {
        auto const is_first_byte = [](char letter) { return (static_cast<unsigned char>(letter) & 0xc0U) != 0x80U; };
        auto const end = text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size()));
        return 1 + static_cast<std::uint64_t>(std::count_if(text.begin(), end, is_first_byte));
    }

    static void check_members(json::object const& object, std::initializer_list<std::string_view> known)
    {
        for (auto const& member : object) {
            std::string_view const name = view_of(member.key());
            if (std::find(known.begin(), known.end(), name) != known.end())
                continue;
            std::string all;
            for (std::string_view each : known)
                all.append(all.empty() ? "" : ", ").append(each);
            detail::throw_invalid_argument(detail::quoted(name), "is no member of a row; there are: " + all);
        }
    }

    static void read_id(json::object const& object, std::string& id)
    {
        constexpr std::size_t longest = 512;
        json::value const* const given = object.if_contains("custom_id");
        if (given == nullptr || given->is_null())
            return;
        if (given->is_int64() || given->is_uint64()) {
            id = given->is_int64() ? std::to_string(given->get_int64()) : std::to_string(given->get_uint64());
            return;
        }
        if (!given->is_string())
            detail::throw_invalid_argument("custom_id", "must be a text or a whole number");
        std::string_view const text = view_of(given->get_string());
        if (text.empty() || text.size() > longest)
            detail::throw_invalid_argument("custom_id", "must have 1 to 512 bytes");
        if (!std::none_of(text.begin(), text.end(), [](char letter) { return static_cast<unsigned char>(letter) < ' '; }))
            detail::throw_invalid_argument("custom_id", "has a control character");
        id = text;
    }

    static std::string text_of(json::object const& object, std::string_view name)
    {
        json::value const& value = object.at(json::string_view(name.data(), name.size()));
        if (!value.is_string())
            detail::throw_invalid_argument(name, "must be a text");
        return std::string(view_of(value.get_string()));
    }

    static model_ref deployment_of(std::string const& text)
    {
        std::size_t const slash = text.find('/');
        if (slash == std::string::npos)
            detail::throw_invalid_argument("deployment", detail::quoted(text) + " is not of the form owner/name");
        return model_ref(deployment(std::string_view(text).substr(0, slash), std::string_view(text).substr(slash + 1)));
    }

    model_ref target_of(json::object const& object) const
    {
        int const count = object.contains("model") + object.contains("version") + object.contains("deployment");
        if (count > 1)
            detail::throw_invalid_argument("model", "a row has one of model, version and deployment");
        if (object.contains("deployment"))
            return deployment_of(text_of(object, "deployment"));
        if (object.contains("version"))
            return model_ref(text_of(object, "version"));
        if (object.contains("model"))
            return model_ref(text_of(object, "model"));
        if (!target_)
            detail::throw_invalid_argument("model", "a row has one of model, version and deployment; this one has none");
        return *target_;
    }

    batch_row own_row(std::string const& id, json::object const& object) const
    {
        check_members(object, {"custom_id", "model", "version", "deployment", "input"});
        json::value const* const given = object.if_contains("input");
        if (given != nullptr && !given->is_object())
            detail::throw_invalid_argument("input", "must be an object such as {\"prompt\": \"...\"}");
        return make(id, target_of(object), given == nullptr ? json::object() : given->get_object());
    }

    batch_row foreign_row(std::string const& id, json::object const& object) const
    {
        check_members(object, {"custom_id", "method", "url", "body"});
        if (object.contains("method") && text_of(object, "method") != "POST")
            detail::throw_invalid_argument("method", "must be POST");
        if (!object.at("body").is_object())
            detail::throw_invalid_argument("body", "must be an object");
        json::object values = object.at("body").get_object();
        std::string const url = object.contains("url") ? text_of(object, "url") : "/v1/chat/completions";
        if (url == "/v1/predictions") {
            values["custom_id"] = std::string_view(id);
            return own_row(id, values);
        }
        if (url != "/v1/chat/completions" && url != "/v1/completions")
            detail::throw_invalid_argument("url", "must be /v1/chat/completions, /v1/completions or /v1/predictions");
        model_ref target = target_of(values);
        values.erase("model");
        take_messages(values);
        return make(id, std::move(target), std::move(values));
    }

    /// Models of the service have a prompt; what is more than one question stays as it is, for models that take messages.
    static void take_messages(json::object& values)
    {
        json::value const* const list = values.if_contains("messages");
        if (list == nullptr || !list->is_array())
            return;
        json::string system, user;
        std::size_t users = 0;
        for (json::value const& message : list->get_array()) {
            json::object const* const object = message.if_object();
            json::value const* const content = object == nullptr ? nullptr : object->if_contains("content");
            if (content == nullptr || !content->is_string())
                return;
            std::string const role = detail::text_member(*object, "role");
            bool const is_system = role == "system" || role == "developer";
            users += role == "user" ? 1 : 0;
            if ((!is_system && role != "user") || users > 1)
                return;
            json::string& into = is_system ? system : user;
            into.append(into.empty() ? "" : "\n").append(content->get_string());
        }
        if (users == 0)
            return;
        values.erase("messages");
        values["prompt"] = std::move(user);
        if (!system.empty())
            values["system_prompt"] = std::move(system);
    }

    batch_row make(std::string const& id, model_ref target, json::object given) const
    {
        for (auto const& member : values_)
            given[member.key()] = member.value();
        return batch_row(id, std::move(target), files_.input_of(given));
    }

    std::optional<model_ref> target_;
    json::object values_;
    row_files files_;
};

} // namespace replicate::core

#endif
