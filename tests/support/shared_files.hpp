// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_SHARED_FILES_HPP
#define REPLICATE_TESTS_SUPPORT_SHARED_FILES_HPP

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace replicate::tests {

/// Set when something of that material was wanted and is not there.
inline bool misses_shared = false;

/// The folder of the material that is kept beside the repository: `REPLICATE_SHARED` of the environment, otherwise
/// `../shared` relative to the source directory. Nothing, said once on standard output, where it is not there.
inline std::optional<std::filesystem::path> const& shared_folder()
{
    static std::optional<std::filesystem::path> const folder = [] {
        std::filesystem::path path;
        if (char const* given = std::getenv("REPLICATE_SHARED"); given != nullptr && *given != '\0') {
            path = given;
        } else {
            // This file is tests/support/shared_files.hpp of the source directory.
            path = std::filesystem::absolute(__FILE__).parent_path() / ".." / ".." / ".." / "shared";
        }
        std::error_code code;
        std::optional<std::filesystem::path> found;
        if (std::filesystem::is_directory(path, code))
            found = path;
        else
            std::puts("skipped: ../shared is not there");
        return found;
    }();
    misses_shared = misses_shared || !folder;
    return folder;
}

/// The content of a file of that folder, such as "vectors/retry_after.jsonl"; nothing where it is not there.
inline std::optional<std::string> read_shared(std::string_view relative_path)
{
    if (!shared_folder())
        return std::nullopt;
    std::ifstream file(*shared_folder() / relative_path, std::ios::binary);
    if (!file) {
        misses_shared = true;
        std::printf(
            "skipped: ../shared/%.*s is not there\n", static_cast<int>(relative_path.size()), relative_path.data());
        return std::nullopt;
    }
    return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

/// The names of the files in a folder of that folder, such as "recordings", in order and relative to the outer one; none
/// where it is not there.
inline std::vector<std::string> list_shared(std::string_view relative_folder)
{
    std::vector<std::string> names;
    std::error_code code;
    if (shared_folder())
        for (auto const& entry : std::filesystem::directory_iterator(*shared_folder() / relative_folder, code))
            names.push_back(std::string(relative_folder) + "/" + entry.path().filename().string());
    static bool said = false;
    if (names.empty() && shared_folder() && !said) {
        said = true;
        misses_shared = true;
        std::printf(
            "skipped: ../shared/%.*s is not there\n", static_cast<int>(relative_folder.size()), relative_folder.data());
    }
    std::sort(names.begin(), names.end());
    return names;
}

/// The lines of such a file, without the empty ones; none where it is not there.
inline std::vector<std::string> read_shared_lines(std::string_view relative_path)
{
    std::vector<std::string> lines;
    std::optional<std::string> const text = read_shared(relative_path);
    std::size_t start = 0;
    while (text && start < text->size()) {
        std::size_t const end = text->find('\n', start);
        std::string line = text->substr(start, end == std::string::npos ? end : end - start);
        if (!line.empty())
            lines.push_back(std::move(line));
        start = end == std::string::npos ? text->size() : end + 1;
    }
    return lines;
}

} // namespace replicate::tests

#endif
