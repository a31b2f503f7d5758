// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_PART_FILE_HPP
#define REPLICATE_IO_PART_FILE_HPP

#include <replicate/core/sha256.hpp>
#include <replicate/io/file_reader.hpp>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace replicate::io {

/// A file that is being saved. It stands under a name of its own in the directory where it is to be until it is whole; then it
/// takes its name at once. Otherwise nothing is left of it. All but `discard` blocks; used by one thread at a time.
class part_file {
public:
    /// Makes the file under a temporary name. Throws an `error` of `errc::file_exists`, or of `errc::file_not_writable`.
    part_file(std::filesystem::path path, bool overwrite)
        : path_(std::move(path))
        , overwrite_(overwrite)
    {
        check_target();
        std::random_device random;
        for (int tries = 0; tries < 16 && handle_.number() < 0; ++tries) {
            char name[40];
            std::snprintf(name, sizeof(name), ".replicate-%08x%08x.part", random(), random());
            temporary_ = directory() / name;
            handle_ = file_handle(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
            if (handle_.number() < 0 && errno != EEXIST)
                refuse();
        }
        if (handle_.number() < 0)
            refuse();
    }
    part_file(part_file const&) = delete;
    part_file& operator=(part_file const&) = delete;
    ~part_file() { discard(); }

    /// Appends bytes.
    void write(std::string_view bytes)
    {
        hasher_.update(bytes);
        size_ += bytes.size();
        while (!bytes.empty()) {
            ssize_t const count = ::write(handle_.number(), bytes.data(), bytes.size());
            if (count < 0 && errno != EINTR)
                refuse();
            bytes.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
        }
    }

    /// Begins anew.
    void clear()
    {
        if (::ftruncate(handle_.number(), 0) != 0 || ::lseek(handle_.number(), 0, SEEK_SET) != 0)
            refuse();
        hasher_.finish();
        size_ = 0;
    }

    /// Gives the file its name, when all of it is on the disk. Throws as the constructor does.
    void commit()
    {
        if (::fsync(handle_.number()) != 0)
            refuse();
        if (overwrite_)
            replace();
        else
            link();
        done_ = true;
        file_handle const directory_handle(::open(directory().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        // The name is on the disk too, where the file system can do that.
        if (directory_handle.number() >= 0)
            ::fsync(directory_handle.number());
    }

    /// Takes the temporary name away, unless the file has its own already. Also while another thread writes.
    void discard() noexcept
    {
        if (!done_)
            ::unlink(temporary_.c_str());
    }

    /// How many bytes it has.
    std::uint64_t size() const noexcept { return size_; }

    /// The SHA-256 of its bytes, in hexadecimal digits. Once.
    std::string hash() { return core::hex(hasher_.finish()); }

private:
    std::filesystem::path directory() const
    {
        return path_.has_parent_path() ? path_.parent_path() : std::filesystem::path(".");
    }

    [[noreturn]] void refuse() const
    {
        throw replicate::detail::make_error(errc::file_not_writable, path_text(path_) + ": " + last_system_error());
    }

    [[noreturn]] void refuse_existing() const
    {
        throw replicate::detail::make_error(
            errc::file_exists, path_text(path_) + " is there already; set save_options::overwrite to replace it");
    }

    void check_target() const
    {
        std::error_code ignored;
        if (!path_.has_filename() || std::filesystem::is_directory(path_, ignored))
            throw replicate::detail::make_error(errc::file_not_writable,
                path_text(path_) + " is a directory; give the path of a file, such as directory / file.name()");
        if (!std::filesystem::is_directory(directory(), ignored))
            throw replicate::detail::make_error(
                errc::file_not_writable, path_text(path_) + ": there is no such directory; create it first");
        if (!overwrite_ && std::filesystem::symlink_status(path_, ignored).type() != std::filesystem::file_type::not_found)
            refuse_existing();
    }

    void replace()
    {
        if (::rename(temporary_.c_str(), path_.c_str()) != 0)
            refuse();
    }

    /// Fails where a file of that name has come meanwhile, which `rename` would replace.
    void link()
    {
        if (::link(temporary_.c_str(), path_.c_str()) == 0) {
            ::unlink(temporary_.c_str());
            return;
        }
        if (errno == EEXIST)
            refuse_existing();
        // A file system without links: the best that it can do.
        check_target();
        replace();
    }

    std::filesystem::path path_;
    bool overwrite_;
    std::filesystem::path temporary_;
    file_handle handle_;
    core::sha256_hasher hasher_;
    std::uint64_t size_ = 0;
    std::atomic<bool> done_ = false;
};

} // namespace replicate::io

#endif
