// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0. (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_VERSION_HPP
#define REPLICATE_VERSION_HPP

// The build reads the version of the package from these three lines.
#define REPLICATE_VERSION_MAJOR 0
#define REPLICATE_VERSION_MINOR 1
#define REPLICATE_VERSION_PATCH 0

/// The version as text, "major.minor.patch".
#define REPLICATE_VERSION_STRING "0.1.0"

/// The version as one number that grows with it: major * 10000 + minor * 100 + patch.
#define REPLICATE_VERSION                                                                                    \
    (REPLICATE_VERSION_MAJOR * 10000 + REPLICATE_VERSION_MINOR * 100 + REPLICATE_VERSION_PATCH)

#endif
