// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_SMALL_DISK_HPP
#define REPLICATE_TESTS_SUPPORT_SMALL_DISK_HPP

#include <filesystem>

#include <sys/mount.h>

namespace replicate::tests {

/// Room for a few files, for who may make such.
class small_disk {
public:
    explicit small_disk(std::filesystem::path const& where, char const* size)
        : path_(where)
        , is_there_(::mount("tmpfs", path_.c_str(), "tmpfs", 0, size) == 0)
    {
    }
    small_disk(small_disk const&) = delete;
    small_disk& operator=(small_disk const&) = delete;
    ~small_disk()
    {
        if (is_there_)
            ::umount2(path_.c_str(), MNT_DETACH);
    }

    bool is_there() const { return is_there_; }

private:
    std::filesystem::path path_;
    bool is_there_;
};

} // namespace replicate::tests

#endif
