// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_BODY_HPP
#define REPLICATE_IO_BODY_HPP

#include <replicate/core/request.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace replicate::io {

namespace asio = boost::asio;

/// The body of a request that is made while it is sent, so that a large file never stands in memory. Used on the strand alone.
class body_source {
public:
    body_source() = default;
    body_source(body_source const&) = delete;
    body_source& operator=(body_source const&) = delete;
    virtual ~body_source() = default;

    /// How many bytes it gives, exactly.
    virtual std::uint64_t size() const = 0;

    /// Begins at the front again: before every try of the request.
    virtual void rewind() = 0;

    /// Writes the next bytes to `target`, at least one while there are any, and says how many; 0 behind the last. Throws an
    /// `error` that names what could not be read; the request is broken off then.
    virtual asio::awaitable<std::size_t> read(asio::mutable_buffer target) = 0;
};

/// Where the body of an answer goes while it comes. Only that of a success (2xx): what explains a refusal is kept in the answer.
/// Used on the strand alone.
class body_sink {
public:
    body_sink() = default;
    body_sink(body_sink const&) = delete;
    body_sink& operator=(body_sink const&) = delete;
    virtual ~body_sink() = default;

    /// The header of a success has come. A code refuses the answer.
    virtual boost::system::error_code begin(core::response const& head) = 0;

    /// Takes the next bytes. Nothing more is read from the network until it has ended, nor does time run out meanwhile. A code
    /// ends the answer.
    virtual asio::awaitable<boost::system::error_code> take(std::string bytes) = 0;
};

/// The bodies of one exchange that do not stand in memory. What is pointed to outlives the exchange.
struct body_streams {
    /// What follows the bytes of the request; none by default.
    body_source* source = nullptr;
    /// Where the answer goes; by default into `core::response::body`.
    body_sink* sink = nullptr;
    /// The longest silence within an answer that goes to the sink; zero, the default, for `timeout_config::read`.
    std::chrono::steady_clock::duration silence{0};
};

} // namespace replicate::io

#endif
