// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_INPUT_FILE_HPP
#define REPLICATE_TESTING_INPUT_FILE_HPP

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::testing {

/// A file that a model was given: what its URL stands for. A plain value; copies share the bytes.
class input_file {
public:
    /// The file name; empty for a data URI.
    std::string name;
    /// The media type.
    std::string content_type;
    /// The SHA-256 of the bytes, 64 hexadecimal digits.
    std::string sha256;

    /// No file.
    input_file() = default;

    /// A file whose bytes are a part of something that is kept alive.
    input_file(std::string file_name, std::string media_type, std::string digest, std::shared_ptr<void const> keeper,
        std::string_view part)
        : name(std::move(file_name))
        , content_type(std::move(media_type))
        , sha256(std::move(digest))
        , keeper_(std::move(keeper))
        , bytes_(part)
    {
    }

    /// The content; a view that lives as long as a copy of this object.
    std::string_view bytes() const noexcept { return bytes_; }

private:
    std::shared_ptr<void const> keeper_;
    std::string_view bytes_;
};

} // namespace replicate::testing

#endif
