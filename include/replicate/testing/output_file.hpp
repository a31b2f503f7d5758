// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_OUTPUT_FILE_HPP
#define REPLICATE_TESTING_OUTPUT_FILE_HPP

#include <string>
#include <utility>

namespace replicate::testing {

/// A file that a scripted model makes; the delivery origin of the local server serves it.
class output_file {
public:
    /// The content.
    std::string bytes;
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
};

} // namespace replicate::testing

#endif
