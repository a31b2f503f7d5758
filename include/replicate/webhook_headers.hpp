// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_WEBHOOK_HEADERS_HPP
#define REPLICATE_WEBHOOK_HEADERS_HPP

#include <algorithm>
#include <string>
#include <string_view>

namespace replicate::webhook {

/// The three headers that sign a webhook. A plain value.
class headers {
public:
    /// None of them.
    headers() = default;

    /// The values of `webhook-id`, `webhook-timestamp` and `webhook-signature`; empty where one is missing.
    headers(std::string_view id, std::string_view timestamp, std::string_view signature)
        : id_(id)
        , timestamp_(timestamp)
        , signature_(signature)
    {
    }

    /// Finds them among the headers of a request: a range of pairs of name and value, or of fields with `name_string()` and
    /// `value()`, such as a Beast request. Case does not matter. A second `webhook-signature` is added to the first.
    template<class Fields>
    static headers from(Fields const& fields);

    /// The id of the delivery; the same when it is sent again.
    std::string const& id() const noexcept { return id_; }

    /// When it was sent, in seconds since 1970.
    std::string const& timestamp() const noexcept { return timestamp_; }

    /// The signatures: `v1,` and base64, with spaces between.
    std::string const& signature() const noexcept { return signature_; }

private:
    static bool is_name(std::string_view name, std::string_view expected) noexcept
    {
        return std::equal(name.begin(), name.end(), expected.begin(), expected.end(), [](char given, char lower) {
            return (given >= 'A' && given <= 'Z' ? static_cast<char>(given - 'A' + 'a') : given) == lower;
        });
    }

    void take(std::string_view name, std::string_view value)
    {
        if (is_name(name, "webhook-id"))
            take_first(id_, value);
        else if (is_name(name, "webhook-timestamp"))
            take_first(timestamp_, value);
        else if (is_name(name, "webhook-signature"))
            signature_.append(signature_.empty() ? "" : " ").append(value);
    }

    static void take_first(std::string& target, std::string_view value)
    {
        if (target.empty())
            target = value;
    }

    std::string id_;
    std::string timestamp_;
    std::string signature_;
};

template<class Fields>
headers headers::from(Fields const& fields)
{
    headers found;
    for (auto const& field : fields) {
        if constexpr (requires { field.name_string(); }) {
            auto const name = field.name_string();
            auto const value = field.value();
            found.take({name.data(), name.size()}, {value.data(), value.size()});
        } else {
            found.take(field.first, field.second);
        }
    }
    return found;
}

} // namespace replicate::webhook

#endif
