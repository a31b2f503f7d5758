// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/pinned_key.hpp>

#include <replicate/core/config_check.hpp>
#include <replicate/core/sha256.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using replicate::core::pinned_key_text;
using replicate::core::read_pinned_key;

namespace {

// The SHA-256 of nothing, and one whose text begins with a slash.
constexpr std::string_view of_nothing = "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
std::string const with_slash = "sha256//" + std::string(42, 'A') + "=";

replicate::config pinned(std::string_view text)
{
    replicate::config settings;
    settings.token = "r8_x";
    settings.tls.pinned_keys = {std::string(of_nothing), std::string(text)};
    return settings;
}

std::string refusal(replicate::config const& settings)
{
    try {
        replicate::core::check_config(settings);
    } catch (replicate::error const& refused) {
        CHECK(refused.code() == replicate::errc::invalid_configuration);
        return refused.what();
    }
    return {};
}

} // namespace

TEST_CASE("a pinned key is read as HPKP and curl write it, and written again")
{
    CHECK(read_pinned_key(of_nothing) == replicate::core::sha256(""));
    CHECK(pinned_key_text(replicate::core::sha256("")) == of_nothing);
    std::string curls(of_nothing);
    curls.insert(7, "/");
    CHECK(read_pinned_key(curls) == replicate::core::sha256(""));
    // 44 letters, of which the first is a slash: nothing of curl's.
    auto const begins_with_slash = read_pinned_key(with_slash);
    REQUIRE(begins_with_slash.has_value());
    CHECK(begins_with_slash->front() == '\xfc');
    CHECK(pinned_key_text(*begins_with_slash) == with_slash);
}

TEST_CASE("what is no pinned key is refused, and the configuration with it")
{
    for (std::string_view text : {"", "sha256/", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
             "sha1/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "SHA256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
             "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
             "sha256/47DEQpj8HBSa+_TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA==",
             "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
             " sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}) {
        CAPTURE(text);
        CHECK_FALSE(read_pinned_key(text).has_value());
        std::string const line = refusal(pinned(text));
        CHECK(line.find("tls.pinned_keys: '" + std::string(text.substr(0, 40))) != std::string::npos);
        CHECK(line.find("' is not `sha256/`") != std::string::npos);
    }
    CHECK(refusal(pinned(of_nothing)).empty());
}

TEST_CASE("keys that are pinned for an API without TLS are refused")
{
    auto settings = pinned(of_nothing);
    settings.base_url = "http://127.0.0.1:8080/v1";
    settings.allow_insecure = true;
    CHECK(refusal(settings).find("tls.pinned_keys: base_url is not https") != std::string::npos);
    settings.tls.pinned_keys.clear();
    CHECK(refusal(settings).empty());
}
