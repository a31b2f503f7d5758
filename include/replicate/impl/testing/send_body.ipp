// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_SEND_BODY_IPP
#define REPLICATE_IMPL_TESTING_SEND_BODY_IPP

#include <replicate/detail/config.hpp>
#include <replicate/impl/testing/send_body.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::testing::detail {

inline asio::awaitable<bool> send_chunks(std::shared_ptr<link> line, char const* bytes, std::size_t size)
{
    constexpr std::size_t most = 64 * 1024;
    bool sent = true;
    for (std::size_t done = 0; sent && done < size; done += most) {
        std::string chunk;
        append_chunk(chunk, std::string_view(bytes + done, std::min(most, size - done)));
        sent = co_await line->write(std::move(chunk));
    }
    co_return sent;
}

REPLICATE_DECL asio::awaitable<bool> send_body(std::shared_ptr<link> line, file_body part, bool chunked)
{
    std::string_view bytes = part.bytes();
    bytes = bytes.substr(0, part.cut.value_or(bytes.size()));
    bool sent = true;
    if (chunked)
        sent = co_await send_chunks(line, bytes.data(), bytes.size());
    else
        sent = co_await line->write_view(bytes.data(), bytes.size());
    if (part.cut && part.reset)
        line->reset();
    if (sent && chunked && part.is_whole())
        sent = co_await line->write("0\r\n\r\n");
    co_return sent;
}

} // namespace replicate::testing::detail

#endif
