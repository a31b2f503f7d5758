// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_REDACTION_HPP
#define REPLICATE_CORE_REDACTION_HPP

#include <replicate/diagnostics.hpp>
#include <replicate/problem.hpp>

#include <string>
#include <string_view>

namespace replicate::core {

// A server may quote what it was sent, in any spelling that JSON allows; a token must not come back in a message. So texts are
// cleaned where they are made from bytes, and again as they are told.

/// Replaces every occurrence of a secret in a text. True where there was one. An empty secret occurs nowhere.
inline bool redact(std::string& text, std::string_view secret)
{
    constexpr std::string_view mark = "[token]";
    bool found = false;
    if (secret.empty())
        return false;
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + mark.size())) {
        text.replace(at, secret.size(), mark);
        found = true;
    }
    return found;
}

/// The same for everything that an error's body tells.
inline bool redact(problem& told, std::string_view secret)
{
    bool found = redact(told.title, secret);
    found |= redact(told.detail, secret);
    for (invalid_field& each : told.invalid_fields) {
        found |= redact(each.type, secret);
        found |= redact(each.field, secret);
        found |= redact(each.description, secret);
    }
    for (invalid_pointer& each : told.errors) {
        found |= redact(each.pointer, secret);
        found |= redact(each.detail, secret);
    }
    return found;
}

/// The same for everything that a message is made of.
inline bool redact(diagnostics& told, std::string_view secret)
{
    bool found = redact(told.problem, secret);
    found |= redact(told.operation, secret);
    found |= redact(told.detail, secret);
    found |= redact(told.request_id, secret);
    return found;
}

} // namespace replicate::core

#endif
