// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_ENVIRONMENT_HPP
#define REPLICATE_TESTS_SUPPORT_ENVIRONMENT_HPP

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <unistd.h>

namespace replicate::tests {

/// Sets a variable of the environment, or unsets it, and puts it back at the end. No other thread may look meanwhile.
class environment_variable {
public:
    environment_variable(std::string name, char const* value)
        : name_(std::move(name))
    {
        if (char const* const before = std::getenv(name_.c_str()))
            before_ = before;
        put(value);
    }
    environment_variable(std::string name, std::string const& value)
        : environment_variable(std::move(name), value.c_str())
    {
    }
    environment_variable(environment_variable const&) = delete;
    environment_variable& operator=(environment_variable const&) = delete;
    ~environment_variable() { put(before_ ? before_->c_str() : nullptr); }

private:
    void put(char const* value) const noexcept
    {
        if (value != nullptr)
            ::setenv(name_.c_str(), value, 1);
        else
            ::unsetenv(name_.c_str());
    }

    std::string name_;
    std::optional<std::string> before_;
};

/// A file of its own, removed at the end.
class temporary_file {
public:
    temporary_file()
        : path_(std::filesystem::temp_directory_path() / "replicate-test-XXXXXX")
    {
        int const descriptor = ::mkstemp(path_.data());
        if (descriptor < 0)
            throw std::system_error(errno, std::generic_category(), path_);
        ::close(descriptor);
    }
    temporary_file(temporary_file const&) = delete;
    temporary_file& operator=(temporary_file const&) = delete;
    ~temporary_file() { ::unlink(path_.c_str()); }

    /// Fills it, and gives its path.
    std::string const& write(std::string const& content) const
    {
        std::ofstream(path_, std::ios::binary) << content;
        return path_;
    }

private:
    std::string path_;
};

} // namespace replicate::tests

#endif
