// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_TEMPORARY_DIRECTORY_HPP
#define REPLICATE_TESTS_SUPPORT_TEMPORARY_DIRECTORY_HPP

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace replicate::tests {

/// A directory that goes away with all that is in it.
class temporary_directory {
public:
    temporary_directory()
    {
        std::random_device random;
        path_ = std::filesystem::temp_directory_path() / ("replicate-test-" + std::to_string(random()));
        std::filesystem::create_directory(path_);
    }
    temporary_directory(temporary_directory const&) = delete;
    temporary_directory& operator=(temporary_directory const&) = delete;
    ~temporary_directory()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    std::filesystem::path const& path() const noexcept { return path_; }

    /// The names of all that is in it, hidden files included.
    std::vector<std::string> names() const
    {
        std::vector<std::string> found;
        for (auto const& entry : std::filesystem::directory_iterator(path_))
            found.push_back(entry.path().filename().string());
        return found;
    }

    /// Makes a file in it.
    std::filesystem::path write(std::string_view name, std::string_view bytes) const
    {
        std::filesystem::path const path = path_ / name;
        std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        return path;
    }

private:
    std::filesystem::path path_;
};

/// All bytes of a file.
inline std::string bytes_of(std::filesystem::path const& path)
{
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

/// So many bytes that repeat nowhere soon, the same each time.
inline std::string varied_bytes(std::size_t count, unsigned seed = 1)
{
    std::minstd_rand random(seed);
    std::string bytes(count, '\0');
    for (char& byte : bytes)
        byte = static_cast<char>(random() >> 8);
    return bytes;
}

} // namespace replicate::tests

#endif
