// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_DESCRIPTORS_HPP
#define REPLICATE_TESTS_SUPPORT_DESCRIPTORS_HPP

#include <cstddef>
#include <filesystem>
#include <iterator>

namespace replicate::tests {

/// How many file descriptors this process has open.
inline std::size_t open_descriptors()
{
    // The directory itself is open while it is read.
    std::filesystem::directory_iterator const all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all))) - 1;
}

} // namespace replicate::tests

#endif
