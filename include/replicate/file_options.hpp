// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_FILE_OPTIONS_HPP
#define REPLICATE_FILE_OPTIONS_HPP

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace replicate {

/// A file that was saved.
class saved_file {
public:
    /// Where it is.
    std::filesystem::path path;
    /// Its length in bytes.
    std::uint64_t bytes = 0;
    /// The SHA-256 of its content, in lower-case hexadecimal digits.
    std::string sha256;
    /// Its media type, as the server named it; empty where it did not.
    std::string content_type;

    /// None.
    saved_file() = default;
};

/// Options of `file_output::async_save`.
class save_options {
public:
    /// The longest that the call may take, resumptions included; at most a year. Default: `config::timeouts.run`.
    std::optional<std::chrono::steady_clock::duration> timeout;
    /// Replaces a file of that name. Default: false, so that such a file is an `error` of `errc::file_exists`.
    bool overwrite = false;

    /// The defaults.
    save_options() = default;
};

/// Options of `file_output::async_stream`.
class download_options {
public:
    /// The longest that the call may take, resumptions included; at most a year. Default: `config::timeouts.run`.
    std::optional<std::chrono::steady_clock::duration> timeout;

    /// The defaults.
    download_options() = default;
};

/// Options of `files().async_create`.
class upload_options {
public:
    /// The longest that the call may take, repetitions included; at most a year. Default: `config::timeouts.run`.
    std::optional<std::chrono::steady_clock::duration> timeout;
    /// What the service is to keep with the file: an object, or null for nothing, the default. Anything else is an `error` of
    /// `errc::invalid_argument`.
    boost::json::value metadata;

    /// The defaults.
    upload_options() = default;
};

} // namespace replicate

#endif
