// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// The bodies of <replicate/journal.hpp>, for programs that are built with REPLICATE_SEPARATE_COMPILATION: include it in one source
// file, which needs SQLite. The CMake target replicate::journal_compiled does that.

#ifndef REPLICATE_JOURNAL_SRC_HPP
#define REPLICATE_JOURNAL_SRC_HPP

#ifndef REPLICATE_SEPARATE_COMPILATION
#error "replicate/journal_src.hpp needs REPLICATE_SEPARATE_COMPILATION, defined for the whole program"
#endif

#include <replicate/impl/journal.ipp>

#endif
