// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_FILE_READER_HPP
#define REPLICATE_IO_FILE_READER_HPP

#include <replicate/core/sha256.hpp>
#include <replicate/core/upload_memory.hpp>
#include <replicate/file_source.hpp>
#include <replicate/identifier.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace replicate::io {

/// A path as it stands in messages: its end says the most.
inline std::string path_text(std::filesystem::path const& path)
{
    std::string const whole = path.string();
    return replicate::detail::quoted(whole.size() <= 100 ? whole : path.filename().string());
}

/// The system's word for what went wrong last.
inline std::string last_system_error()
{
    return std::generic_category().message(errno);
}

/// The number of an open file; closes it. Move-only.
class file_handle {
public:
    /// None.
    file_handle() = default;
    explicit file_handle(int number)
        : number_(number)
    {
    }
    file_handle(file_handle&& other) noexcept
        : number_(std::exchange(other.number_, -1))
    {
    }
    file_handle& operator=(file_handle&& other) noexcept
    {
        std::swap(number_, other.number_);
        return *this;
    }
    ~file_handle()
    {
        if (number_ >= 0)
            ::close(number_);
    }

    /// The number; below zero where there is none.
    int number() const noexcept { return number_; }

private:
    int number_ = -1;
};

/// A file that is open for reading. All of it blocks.
class open_file {
public:
    /// Opens it; throws an `error` of `errc::file_not_readable` that names it, also where it is no ordinary file.
    explicit open_file(std::filesystem::path path)
        : path_(std::move(path))
        // Opening a pipe would otherwise wait for somebody to write to it.
        , handle_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))
    {
        if (handle_.number() < 0)
            throw replicate::detail::make_error(errc::file_not_readable, path_text(path_) + ": " + last_system_error());
        struct stat const state = look();
        if (!S_ISREG(state.st_mode))
            throw replicate::detail::make_error(errc::file_not_readable,
                path_text(path_) + (S_ISDIR(state.st_mode) ? " is a directory" : " is not an ordinary file")
                    + "; give the path of a file");
        size_ = static_cast<std::uint64_t>(state.st_size);
    }

    /// Its size when it was opened.
    std::uint64_t size() const noexcept { return size_; }

    /// Reads from an offset; 0 at the end.
    std::size_t read(std::uint64_t offset, char* target, std::size_t size) const
    {
        ssize_t const count = ::pread(handle_.number(), target, size, static_cast<off_t>(offset));
        if (count < 0)
            throw replicate::detail::make_error(errc::file_not_readable, path_text(path_) + ": " + last_system_error());
        return static_cast<std::size_t>(count);
    }

    /// Its size now.
    std::uint64_t present_size() const { return static_cast<std::uint64_t>(look().st_size); }

private:
    struct stat look() const
    {
        struct stat state {};
        if (::fstat(handle_.number(), &state) != 0)
            throw replicate::detail::make_error(errc::file_not_readable, path_text(path_) + ": " + last_system_error());
        return state;
    }

    std::filesystem::path path_;
    file_handle handle_;
    std::uint64_t size_ = 0;
};

/// One use of a `file_source`: gives its bytes, and finds out when it changes meanwhile. All of it may block; used by one thread
/// at a time.
class file_reader {
public:
    /// Opens what there is to open; throws an `error` of `errc::file_not_readable`.
    explicit file_reader(file_source source)
        : source_(std::move(source))
    {
        if (source_.kind() == file_source_kind::path)
            file_.emplace(source_.path());
        length_ = file_ ? file_->size() : source_.kind() == file_source_kind::bytes ? source_.bytes().size() : source_.length();
    }

    /// How many bytes it has.
    std::uint64_t length() const noexcept { return length_; }

    /// The file as it stands in messages.
    std::string label() const
    {
        return source_.kind() == file_source_kind::path ? path_text(source_.path()) : replicate::detail::quoted(source_.name());
    }

    /// Throws an `error` of `errc::file_too_large` where the service would refuse it for its size.
    void check_size() const
    {
        if (length_ >= core::too_large_upload)
            throw replicate::detail::make_error(errc::file_too_large,
                label() + " has " + std::to_string(length_) + " bytes; files must have less than "
                    + std::to_string(core::too_large_upload)
                    + " (100 MB). Put it where it can be read by https, and give its URL instead");
    }

    /// Its media type: as it was given, or as its name and its first bytes tell.
    std::string content_type()
    {
        if (source_.has_content_type() || source_.kind() == file_source_kind::reader)
            return source_.content_type();
        char first[core::mime_type_bytes];
        auto const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(sizeof(first), length_));
        std::size_t const count = wanted == 0 ? 0 : read(0, first, wanted);
        return std::string(core::mime_type_of(source_.name(), std::string_view(first, count)));
    }

    /// Writes bytes from an offset below the length to `target`: at least one. An `error` of `errc::file_changed` where there
    /// are fewer than there were, or, at the end, more.
    std::size_t read(std::uint64_t offset, char* target, std::size_t size)
    {
        std::size_t const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, length_ - offset));
        std::size_t const count = take(offset, target, wanted);
        if (count == 0 && wanted > 0)
            throw replicate::detail::make_error(errc::file_changed,
                label() + " ended after " + std::to_string(offset) + " of " + std::to_string(length_) + " bytes");
        if (count > wanted)
            replicate::detail::throw_invalid_argument("file", label() + " gave more bytes than it was asked for");
        if (offset + count == length_)
            check_end();
        return count;
    }

    /// Its SHA-256, 32 raw bytes. `check` is called before each piece, and ends it by throwing.
    std::string hash(std::function<void()> const& check)
    {
        core::sha256_hasher hasher;
        std::string buffer(64 * 1024, '\0');
        for (std::uint64_t offset = 0; offset < length_;) {
            check();
            std::size_t const count = read(offset, buffer.data(), buffer.size());
            hasher.update(std::string_view(buffer.data(), count));
            offset += count;
        }
        return hasher.finish();
    }

    /// All of its bytes. `check` as for `hash`.
    std::string read_all(std::function<void()> const& check)
    {
        constexpr std::uint64_t piece = 1024 * 1024;
        std::string bytes(static_cast<std::size_t>(length_), '\0');
        for (std::uint64_t offset = 0; offset < length_;) {
            check();
            offset += read(offset, bytes.data() + offset, static_cast<std::size_t>(std::min(piece, length_ - offset)));
        }
        return bytes;
    }

private:
    std::size_t take(std::uint64_t offset, char* target, std::size_t size)
    {
        if (size == 0)
            return 0;
        if (file_)
            return file_->read(offset, target, size);
        if (source_.kind() == file_source_kind::bytes)
            return source_.bytes().copy(target, size, static_cast<std::size_t>(offset));
        return source_.pull()(offset, target, size);
    }

    void check_end() const
    {
        if (file_ && file_->present_size() != length_)
            throw replicate::detail::make_error(errc::file_changed,
                label() + " had " + std::to_string(length_) + " bytes and has " + std::to_string(file_->present_size())
                    + " now; do not write to a file while it is sent");
    }

    file_source source_;
    std::optional<open_file> file_;
    std::uint64_t length_ = 0;
};

} // namespace replicate::io

#endif
