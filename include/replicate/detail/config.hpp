// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0. (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_CONFIG_HPP
#define REPLICATE_DETAIL_CONFIG_HPP

// Stands before every function whose body is in an impl/*.ipp file. In header-only mode, the default, those files
// are included wherever their header is, so the functions must be inline; in separate mode exactly one translation
// unit holds them (see replicate/src.hpp).
#ifdef REPLICATE_SEPARATE_COMPILATION
#define REPLICATE_DECL
#else
#define REPLICATE_DECL inline
#endif

#endif
