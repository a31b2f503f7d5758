// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_OUTPUT_FILE_HPP
#define REPLICATE_TESTING_OUTPUT_FILE_HPP

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::testing {

/// A file that a scripted model makes; the delivery origin of the local server serves it.
class output_file {
public:
    /// The content, unless it is shared.
    std::string bytes;
    /// The content of a large file: copies of the file, and all predictions that have it, share it.
    std::shared_ptr<std::string const> shared_bytes;
    /// Its media type.
    std::string content_type = "application/octet-stream";
    /// The last segment of its URL.
    std::string name = "output";

    /// An empty file.
    output_file() = default;

    /// A file of these bytes.
    output_file(std::string file_bytes, std::string media_type, std::string file_name)
        : bytes(std::move(file_bytes))
        , content_type(std::move(media_type))
        , name(std::move(file_name))
    {
    }

    /// A file of bytes that are not copied.
    output_file(std::shared_ptr<std::string const> file_bytes, std::string media_type, std::string file_name)
        : shared_bytes(std::move(file_bytes))
        , content_type(std::move(media_type))
        , name(std::move(file_name))
    {
    }

    /// The content, wherever it is.
    std::string_view content() const noexcept { return shared_bytes ? *shared_bytes : bytes; }
};

} // namespace replicate::testing

#endif
