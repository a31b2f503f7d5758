// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_FILE_SOURCE_HPP
#define REPLICATE_FILE_SOURCE_HPP

#include <replicate/core/mime_type.hpp>
#include <replicate/core/percent_encoding.hpp>
#include <replicate/core/utf8.hpp>
#include <replicate/error.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace replicate {

/// Gives bytes of a content of known length: from this offset at most so many, written to `target`; answers with how many, 0
/// where there are none. The offsets follow each other from 0, and start at 0 again when the bytes are needed again. May
/// block, and may throw.
using pull_function = std::function<std::size_t(std::uint64_t offset, char* target, std::size_t size)>;

/// Where a `file_source` has its bytes.
enum class file_source_kind {
    /// In a file of this machine.
    path,
    /// In memory.
    bytes,
    /// A function gives them.
    reader
};

/// A file to be sent: as a value of a model's input, or to `files().async_create`. Nothing is opened or read before the call
/// that sends it. A value; copies share the content.
class file_source {
public:
    /// An empty file.
    file_source()
        : file_source(content(file_source_kind::bytes, "file", {}))
    {
    }

    /// A file of this machine. Its name is the last part of the path; its media type is told by its name and its first bytes,
    /// unless it is given. It is opened when it is sent, once; each further use opens it again. It must not change
    /// meanwhile: one that shrinks or grows while it is sent is an `error` of `errc::file_changed`.
    /// Refused at once, with an `error` of `errc::invalid_argument`: an empty path, a type that holds control characters.
    static file_source from_path(std::filesystem::path path, std::string type = {});

    /// Bytes in memory. Their media type is told by the name and the first bytes, unless it is given.
    /// Refused as for `from_reader`.
    static file_source from_bytes(std::string bytes, std::string name = "file", std::string type = {});

    /// So many bytes, given by a function. It is called on a thread of its own kind, never on the client's, one call at a
    /// time for each use of the file; when the file is used by several calls at once, it is called from several threads.
    /// What it throws ends the call that uses the file. A call that is cancelled while it is in the function ends at once, and the
    /// function is not called again; but it is waited for until it returns when the client's execution context is destroyed. So one
    /// that never returns holds that destruction for ever, and one that takes long keeps one of the few threads from other files.
    /// Refused at once, with an `error` of `errc::invalid_argument`: no function; a name that is empty, not UTF-8, of
    /// more than 255 bytes, or with control characters; a type with them.
    static file_source from_reader(
        std::uint64_t length, pull_function pull, std::string name = "file", std::string type = {});

    /// Its name, without any directory.
    std::string const& name() const noexcept { return content_->name; }

    /// Its media type as it was given, or as its name and the bytes in memory tell it. What a path leads to may turn out to
    /// be of another one when its first bytes are read.
    std::string content_type() const
    {
        return content_->type.empty() ? std::string(core::mime_type_of(name(), content_->bytes)) : content_->type;
    }

    /// True when the media type was given, so that nothing has to be guessed.
    bool has_content_type() const noexcept { return !content_->type.empty(); }

    /// Where its bytes are.
    file_source_kind kind() const noexcept { return content_->kind; }

    /// For `file_source_kind::path`: the path; else empty.
    std::filesystem::path const& path() const noexcept { return content_->path; }

    /// For `file_source_kind::bytes`: the bytes; else empty.
    std::string const& bytes() const noexcept { return content_->bytes; }

    /// For `file_source_kind::reader`: how many bytes there are; else 0.
    std::uint64_t length() const noexcept { return content_->length; }

    /// For `file_source_kind::reader`: what gives them; else empty.
    pull_function const& pull() const noexcept { return content_->pull; }

private:
    struct content {
        content(file_source_kind where, std::string given_name, std::string given_type)
            : kind(where)
            , name(std::move(given_name))
            , type(std::move(given_type))
        {
        }

        file_source_kind kind;
        std::string name;
        std::string type;
        std::filesystem::path path;
        std::string bytes;
        std::uint64_t length = 0;
        pull_function pull;
    };

    explicit file_source(content made)
        : content_(std::make_shared<content const>(std::move(made)))
    {
    }

    static void check_type(std::string_view type);
    static void check_name(std::string_view name);

    std::shared_ptr<content const> content_;
};

inline void file_source::check_type(std::string_view type)
{
    if (!core::is_safe_header_value(type))
        detail::throw_invalid_argument("file", "its media type holds a control character, such as CR, LF or NUL");
}

inline void file_source::check_name(std::string_view name)
{
    if (name.empty())
        detail::throw_invalid_argument("file", "its name is empty");
    if (name.size() > 255)
        detail::throw_invalid_argument("file", "its name has more than the 255 bytes that the service takes");
    if (!core::is_utf8(name) || !core::is_safe_header_value(name))
        detail::throw_invalid_argument("file", "its name is not UTF-8 text, or holds a control character");
}

inline file_source file_source::from_path(std::filesystem::path path, std::string type)
{
    check_type(type);
    if (path.empty())
        detail::throw_invalid_argument("file", "the path is empty");
    // Only a name that can travel: the path itself may be any that the system knows.
    std::string name = path.filename().string();
    bool const presentable = !name.empty() && name.size() <= 255 && core::is_utf8(name) && core::is_safe_header_value(name);
    content made(file_source_kind::path, presentable ? std::move(name) : std::string("file"), std::move(type));
    made.path = std::move(path);
    return file_source(std::move(made));
}

inline file_source file_source::from_bytes(std::string bytes, std::string name, std::string type)
{
    check_type(type);
    check_name(name);
    content made(file_source_kind::bytes, std::move(name), std::move(type));
    made.bytes = std::move(bytes);
    return file_source(std::move(made));
}

inline file_source file_source::from_reader(std::uint64_t length, pull_function pull, std::string name, std::string type)
{
    check_type(type);
    check_name(name);
    if (!pull)
        detail::throw_invalid_argument("file", "the function that gives its bytes is empty");
    content made(file_source_kind::reader, std::move(name), std::move(type));
    made.length = length;
    made.pull = std::move(pull);
    return file_source(std::move(made));
}

} // namespace replicate

#endif
