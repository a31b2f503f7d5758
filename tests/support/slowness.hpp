// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_SLOWNESS_HPP
#define REPLICATE_TESTS_SUPPORT_SLOWNESS_HPP

namespace replicate::tests {

/// How many times longer things may take in this build. A sanitizer makes everything several times slower, the preparation of a
/// large request above all; what is promised is measured without one.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int slowness = 10;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
inline constexpr int slowness = 10;
#else
inline constexpr int slowness = 1;
#endif
#else
inline constexpr int slowness = 1;
#endif

} // namespace replicate::tests

#endif
