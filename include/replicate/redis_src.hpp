// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// The bodies of <replicate/redis.hpp>, for programs that are built with REPLICATE_SEPARATE_COMPILATION: include it in one source
// file, which needs hiredis. The CMake target replicate::redis_compiled does that.

#ifndef REPLICATE_REDIS_SRC_HPP
#define REPLICATE_REDIS_SRC_HPP

#ifndef REPLICATE_SEPARATE_COMPILATION
#error "replicate/redis_src.hpp needs REPLICATE_SEPARATE_COMPILATION, defined for the whole program"
#endif

#include <replicate/impl/redis.ipp>

#endif
