// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0. (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_HPP
#define REPLICATE_HPP

#include <replicate/version.hpp>

#endif
