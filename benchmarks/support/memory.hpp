// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_BENCHMARKS_MEMORY_HPP
#define REPLICATE_BENCHMARKS_MEMORY_HPP

#include <malloc.h>

#include <fstream>
#include <string>

namespace replicate::benchmarks {

constexpr double mebibyte = 1024 * 1024;

/// What this process uses of memory, in bytes.
class memory {
public:
    static double resident() { return of_status("VmRSS:"); }

    /// The most since `forget_highest`.
    static double highest() { return of_status("VmHWM:"); }

    static double allocated()
    {
        auto const now = ::mallinfo2();
        return static_cast<double>(now.uordblks + now.hblkhd);
    }

    /// Gives back what is free, and counts `highest` anew.
    static void begin()
    {
        ::malloc_trim(0);
        std::ofstream("/proc/self/clear_refs") << "5";
    }

private:
    static double of_status(std::string const& name)
    {
        std::ifstream status("/proc/self/status");
        std::string word;
        double kibibytes = 0;
        while (status >> word)
            if (word == name && status >> kibibytes)
                break;
        return kibibytes * 1024;
    }
};

} // namespace replicate::benchmarks

#endif
