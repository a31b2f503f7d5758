// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_SEND_BODY_HPP
#define REPLICATE_IMPL_TESTING_SEND_BODY_HPP

#include <replicate/impl/testing/link.hpp>
#include <replicate/impl/testing/wire.hpp>

#include <memory>

namespace replicate::testing::detail {

/// Writes part of a file, or the beginning of that part where it is to be cut; false when the connection has ended.
asio::awaitable<bool> send_body(std::shared_ptr<link> line, file_body part, bool chunked);

} // namespace replicate::testing::detail

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/testing/send_body.ipp>
#endif

#endif
