// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_PINNED_KEY_HPP
#define REPLICATE_CORE_PINNED_KEY_HPP

#include <replicate/core/base64.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace replicate::core {

/// The hash of a public key as it stands in `tls_config::pinned_keys` and in messages.
inline std::string pinned_key_text(std::string_view hash)
{
    return "sha256/" + base64_encode(hash);
}

/// The hash, 32 raw bytes, of `sha256/` and its base64; curl's `sha256//` is understood too. Nothing where the text is none.
inline std::optional<std::string> read_pinned_key(std::string_view text)
{
    constexpr std::string_view prefix = "sha256/";
    // What 32 bytes are in base64, with the padding that everybody writes.
    constexpr std::size_t digits = 44;
    if (text.substr(0, prefix.size()) != prefix)
        return std::nullopt;
    text.remove_prefix(prefix.size());
    // The digits themselves may begin with a slash.
    if (text.size() == digits + 1 && text.front() == '/')
        text.remove_prefix(1);
    if (text.size() != digits)
        return std::nullopt;
    auto hash = base64_decode(text);
    if (hash && hash->size() != 32)
        return std::nullopt;
    return hash;
}

} // namespace replicate::core

#endif
