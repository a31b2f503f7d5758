// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_EXCHANGE_HPP
#define REPLICATE_IO_EXCHANGE_HPP

#include <replicate/config.hpp>
#include <replicate/io/attempt.hpp>
#include <replicate/io/phase_limit.hpp>
#include <replicate/io/response_reader.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::io {

/// What bounds one exchange.
struct exchange_limits {
    /// For the phases write, response and read.
    timeout_config timeouts;
    /// How long the service was asked to hold its answer.
    std::chrono::seconds server_wait{0};
    /// The largest header and body of the answer, in bytes.
    std::size_t header_bytes = 0;
    std::size_t body_bytes = 0;
};

/// One request and its answer on one stream: a `ssl::stream`, a socket, or the in-memory stream of the tests.
/// Lives in the frame that awaits it; the stream is of no more use after an error.
template<class Stream>
class exchange {
public:
    exchange(Stream& stream, beast::flat_buffer& buffer, deadline_list& deadlines, exchange_limits limits, attempt& progress)
        : stream_(stream)
        , buffer_(buffer)
        , limits_(limits)
        , progress_(progress)
        , limit_(stream, deadlines)
        , reader_(limits.header_bytes, limits.body_bytes)
    {
    }

    /// Sends the bytes and reads the answer.
    asio::awaitable<boost::system::error_code> perform(std::string request)
    {
        auto const code = co_await write(std::move(request));
        // A server may answer and close before it has taken the whole request: its answer says why.
        auto const read_code = co_await read();
        bool const is_silent = code && read_code && !progress_.answered;
        co_return is_silent ? code : read_code;
    }

    /// The answer, or what has come of it.
    core::response& response() { return reader_.response(); }

    /// True when the stream may carry another exchange.
    bool may_reuse() const
    {
        // The limit may have closed the stream after the last byte had come.
        return progress_.sent == core::sent::all && reader_.may_reuse() && buffer_.size() == 0 && !limit_.is_over();
    }

private:
    using clock = std::chrono::steady_clock;

    asio::awaitable<boost::system::error_code> write(std::string request)
    {
        boost::system::error_code code;
        progress_.enter(phase::write);
        progress_.on_sending();
        progress_.sent = core::sent::a_part;
        limit_.set(clock::now() + limits_.timeouts.write + time_for(request.size()));
        co_await asio::async_write(
            stream_, asio::buffer(request), asio::redirect_error(asio::use_awaitable, code));
        if (!code)
            progress_.sent = core::sent::all;
        co_return code ? explain(code) : code;
    }

    asio::awaitable<boost::system::error_code> read()
    {
        boost::system::error_code code;
        if (limit_.is_over())
            co_return errc::timed_out;
        progress_.enter(phase::wait);
        limit_.set(clock::now() + limits_.timeouts.response + limits_.server_wait);
        while (!reader_.is_complete() && !code) {
            std::size_t const count = co_await stream_.async_read_some(
                buffer_.prepare(read_size), asio::redirect_error(asio::use_awaitable, code));
            buffer_.commit(count);
            if (count > 0)
                on_bytes(code);
            else if (code)
                on_end(code);
        }
        co_return code;
    }

    void on_bytes(boost::system::error_code& code)
    {
        // The bytes count even where an error came with them; the next read reports it again.
        code = {};
        progress_.answered = true;
        auto const data = buffer_.data();
        buffer_.consume(reader_.feed({static_cast<char const*>(data.data()), data.size()}, code));
        if (!reader_.has_header())
            return;
        if (progress_.phase() != phase::read)
            header_came_ = clock::now();
        progress_.enter(phase::read);
        limit_.set(header_came_ + limits_.timeouts.read + time_for(reader_.response().body.size()));
    }

    void on_end(boost::system::error_code& code)
    {
        if (code == asio::error::eof) {
            code = {};
            reader_.end(code);
        } else {
            code = explain(code);
        }
    }

    boost::system::error_code explain(boost::system::error_code code) const
    {
        if (limit_.is_over())
            return errc::timed_out;
        if (code == asio::error::operation_aborted)
            return code;
        return reader_.has_begun() ? errc::truncated_response : errc::connection_lost;
    }

    /// What so many bytes may take besides, on a slow line.
    static clock::duration time_for(std::size_t bytes) { return std::chrono::seconds(bytes / (32 * 1024)); }

    // One TLS record at the most.
    static constexpr std::size_t read_size = 16 * 1024;

    Stream& stream_;
    beast::flat_buffer& buffer_;
    exchange_limits limits_;
    attempt& progress_;
    phase_limit<Stream> limit_;
    response_reader reader_;
    clock::time_point header_came_{};
};

} // namespace replicate::io

#endif
