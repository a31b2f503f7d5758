// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_MULTIPART_HPP
#define REPLICATE_CORE_MULTIPART_HPP

#include <replicate/core/percent_encoding.hpp>
#include <replicate/core/utf8.hpp>
#include <replicate/error.hpp>
#include <replicate/file_source.hpp>
#include <replicate/identifier.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::core {

/// What gives the bytes of a part that is not in memory.
using replicate::pull_function;

/// The boundary of a multipart body from 16 random bytes: 32 letters that no content holds by accident.
inline std::string multipart_boundary(std::string_view random_bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string boundary;
    for (char letter : random_bytes) {
        auto const byte = static_cast<unsigned char>(letter);
        boundary += digits[byte >> 4];
        boundary += digits[byte & 15];
    }
    return boundary;
}

/// A `multipart/form-data` body (RFC 7578) whose length is known before its first byte is made, and which is made piece by
/// piece, so that a large file never stands in memory. What cannot stand in a part is refused when the part is added, with an
/// `error` of `errc::invalid_argument`. Not to be used by two threads at once.
class multipart_body {
public:
    /// A body without parts. The boundary: 1 to 70 letters, digits, `-` and `_`, which stand in no part.
    explicit multipart_body(std::string boundary)
        : boundary_(checked_boundary(std::move(boundary)))
        , closing_("--" + boundary_ + "--\r\n")
    {
    }

    /// Adds a field: its value stands in the body as it is. An empty type is left out.
    void add_field(std::string_view name, std::string_view value, std::string_view content_type = {})
    {
        add_memory(head(name, {}, content_type).append(value).append("\r\n"));
    }

    /// Adds a file that is in memory.
    void add_file(std::string_view name, std::string_view file_name, std::string_view content_type, std::string bytes)
    {
        add_memory(file_head(name, file_name, content_type));
        add_memory(std::move(bytes));
        add_memory("\r\n");
    }

    /// Adds a file of which `read` asks for exactly `length` bytes, in order.
    void add_file(std::string_view name, std::string_view file_name, std::string_view content_type,
        std::uint64_t length, pull_function pull)
    {
        if (!pull)
            replicate::detail::throw_invalid_argument("file", "the function that gives its bytes is empty");
        add_memory(file_head(name, file_name, content_type));
        parts_.push_back({{}, length, std::move(pull), std::string(file_name)});
        add_memory("\r\n");
    }

    /// The value of the header Content-Type.
    std::string content_type() const { return "multipart/form-data; boundary=" + boundary_; }

    /// The value of the header Content-Length: exactly what `read` will give.
    std::uint64_t length() const noexcept
    {
        std::uint64_t sum = closing_.size();
        for (segment const& part : parts_)
            sum += part.length;
        return sum;
    }

    /// Writes the next bytes of the body: as many as fit, fewer only at the end, 0 behind it. An `error` of
    /// `errc::invalid_argument` that names the file where one gives fewer bytes than were announced; then the request cannot be
    /// finished. May block and throw as the files do. `is_stopped`, if there is one, is asked before each piece; once it says
    /// so, the bytes that there are do.
    std::size_t read(char* target, std::size_t size, std::function<bool()> const& is_stopped = {})
    {
        std::size_t written = 0;
        while (written < size && index_ <= parts_.size() && !(is_stopped && is_stopped())) {
            bool const closes = index_ == parts_.size();
            std::uint64_t const length = closes ? closing_.size() : parts_[index_].length;
            if (offset_ == length) {
                ++index_;
                offset_ = 0;
                continue;
            }
            auto const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size - written, length - offset_));
            std::size_t const taken =
                closes ? copy(closing_, target + written, wanted) : take(parts_[index_], target + written, wanted);
            written += taken;
            offset_ += taken;
        }
        return written;
    }

    /// Goes back to the first byte, so that the body can be sent again.
    void rewind() noexcept
    {
        index_ = 0;
        offset_ = 0;
    }

private:
    // Bytes in memory, or a file.
    struct segment {
        std::string bytes;
        std::uint64_t length;
        pull_function pull;
        std::string file_name;
    };

    static std::string checked_boundary(std::string boundary)
    {
        bool const good = !boundary.empty() && boundary.size() <= 70
            && std::all_of(boundary.begin(), boundary.end(),
                [](char letter) { return replicate::detail::is_unreserved(letter) && letter != '.' && letter != '~'; });
        if (!good)
            replicate::detail::throw_invalid_argument("boundary", "give 1 to 70 letters, digits, '-' and '_'");
        return boundary;
    }

    /// A name within quotes. A quote and a backslash are encoded, because parsers disagree about what a backslash does.
    static std::string escaped(std::string_view what, std::string_view text)
    {
        if (!is_safe_header_value(text))
            replicate::detail::throw_invalid_argument(
                what, replicate::detail::quoted(text) + " contains a control character, such as CR, LF or NUL");
        if (!is_utf8(text))
            replicate::detail::throw_invalid_argument(what, replicate::detail::quoted(text) + " is not UTF-8");
        std::string safe;
        for (char letter : text) {
            if (letter == '"')
                safe += "%22";
            else if (letter == '\\')
                safe += "%5C";
            else
                safe += letter;
        }
        return safe;
    }

    std::string head(std::string_view name, std::string_view file_parameter, std::string_view content_type) const
    {
        if (name.empty())
            replicate::detail::throw_invalid_argument("name", "the name of a part is empty");
        if (!is_safe_header_value(content_type))
            replicate::detail::throw_invalid_argument("content type",
                replicate::detail::quoted(content_type) + " contains a control character, such as CR, LF or NUL");
        std::string text =
            "--" + boundary_ + "\r\nContent-Disposition: form-data; name=\"" + escaped("name", name) + "\"";
        text.append(file_parameter);
        if (!content_type.empty())
            text.append("\r\nContent-Type: ").append(content_type);
        return text.append("\r\n\r\n");
    }

    std::string file_head(std::string_view name, std::string_view file_name, std::string_view content_type) const
    {
        if (file_name.empty())
            replicate::detail::throw_invalid_argument("file name", "is empty");
        return head(name, "; filename=\"" + escaped("file name", file_name) + "\"", content_type);
    }

    void add_memory(std::string bytes)
    {
        std::uint64_t const length = bytes.size();
        parts_.push_back({std::move(bytes), length, {}, {}});
    }

    std::size_t copy(std::string_view source, char* target, std::size_t size) const
    {
        return source.copy(target, size, static_cast<std::size_t>(offset_));
    }

    std::size_t take(segment const& part, char* target, std::size_t size)
    {
        if (!part.pull)
            return copy(part.bytes, target, size);
        std::size_t const taken = part.pull(offset_, target, size);
        if (taken == 0)
            replicate::detail::throw_invalid_argument("file",
                replicate::detail::quoted(part.file_name) + " ended after " + std::to_string(offset_) + " of "
                    + std::to_string(part.length) + " bytes; was it changed while it was sent?");
        if (taken > size)
            replicate::detail::throw_invalid_argument(
                "file", replicate::detail::quoted(part.file_name) + " gave more bytes than it was asked for");
        return taken;
    }

    std::string boundary_;
    std::string closing_;
    std::vector<segment> parts_;
    // What comes next: a part, or the closing line behind the last, and the offset within it.
    std::size_t index_ = 0;
    std::uint64_t offset_ = 0;
};

} // namespace replicate::core

#endif
