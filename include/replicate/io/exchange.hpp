// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_EXCHANGE_HPP
#define REPLICATE_IO_EXCHANGE_HPP

#include <replicate/config.hpp>
#include <replicate/error.hpp>
#include <replicate/io/attempt.hpp>
#include <replicate/io/body.hpp>
#include <replicate/io/phase_limit.hpp>
#include <replicate/io/response_reader.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
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
    /// Whether all headers of the answer are kept, or those that the library has a use for.
    bool all_headers = false;
    /// Whether the front of a body that is larger is read all the same.
    bool keep_front = false;
};

/// One request and its answer on one stream: a `ssl::stream`, a socket, or the in-memory stream of the tests.
/// Lives in the frame that awaits it; the stream is of no more use after an error.
template<class Stream>
class exchange {
public:
    exchange(Stream& stream, beast::flat_buffer& buffer, deadline_list& deadlines, exchange_limits limits,
        attempt& progress, body_streams bodies = body_streams())
        : stream_(stream)
        , buffer_(buffer)
        , limits_(limits)
        , progress_(progress)
        , bodies_(bodies)
        , limit_(stream, deadlines)
        , reader_(limits.header_bytes, limits.body_bytes)
    {
        if (bodies_.sink != nullptr)
            reader_.pass_on_body();
        else if (limits_.keep_front)
            reader_.keep_front();
        if (limits_.all_headers)
            reader_.keep_all_headers();
    }

    /// Sends the bytes, and the source behind them, and reads the answer. Throws what the source throws.
    asio::awaitable<boost::system::error_code> perform(std::string request)
    {
        using namespace asio::experimental::awaitable_operators;
        boost::system::error_code code;
        boost::system::error_code read_code;
        if (is_small(request)) {
            code = co_await write(std::move(request));
            // A server may answer and close before it has taken the whole request: its answer says why.
            read_code = co_await read();
        } else {
            // Or it may answer and just not read on, and it is only by reading that one gets to know.
            auto const codes = co_await (write(std::move(request)) && read());
            code = std::get<0>(codes);
            read_code = std::get<1>(codes);
        }
        bool const is_silent = code && read_code && !progress_.answered;
        co_return is_silent ? code : read_code;
    }

    /// The answer, or what has come of it.
    core::response& response() { return reader_.response(); }

    /// True when the sink has the answer, or the beginning of it.
    bool has_passed_on() const noexcept { return passed_on_; }

    /// True when the stream may carry another exchange.
    bool may_reuse() const
    {
        // The limit may have closed the stream after the last byte had come.
        return progress_.sent == core::sent::all && reader_.may_reuse() && buffer_.size() == 0 && !limit_.is_over();
    }

private:
    using clock = std::chrono::steady_clock;

    bool is_small(std::string const& request) const noexcept
    {
        return bodies_.source == nullptr && request.size() <= large_request;
    }

    asio::awaitable<boost::system::error_code> write(std::string request)
    {
        progress_.enter(phase::write);
        bool const leaves_at_once = is_small(request);
        if (leaves_at_once)
            progress_.on_committed();
        progress_.sent = core::sent::a_part;
        boost::system::error_code code = co_await write_piece(asio::buffer(request));
        if (bodies_.source != nullptr && !code) {
            request.resize(piece_size);
            code = co_await write_source(asio::buffer(request));
        }
        if (!code)
            progress_.sent = core::sent::all;
        if (!code && !leaves_at_once)
            progress_.on_committed();
        written_ = true;
        if (!reader_.has_header())
            await_answer();
        co_return code ? explain(code) : code;
    }

    asio::awaitable<boost::system::error_code> write_piece(asio::mutable_buffer piece)
    {
        boost::system::error_code code;
        limit_.set(clock::now() + limits_.timeouts.write + time_for(piece.size()));
        co_await asio::async_write(stream_, asio::buffer(piece), asio::redirect_error(asio::use_awaitable, code));
        co_return code;
    }

    asio::awaitable<boost::system::error_code> write_source(asio::mutable_buffer piece)
    {
        boost::system::error_code code;
        for (std::uint64_t left = bodies_.source->size(); left > 0 && !code;) {
            std::size_t const count = co_await bodies_.source->read(piece);
            if (count == 0 || count > left)
                replicate::detail::throw_invalid_argument("body", "is not as long as was announced");
            code = co_await write_piece(asio::buffer(piece, count));
            left -= count;
        }
        co_return code;
    }

    /// From now on the answer is due.
    void await_answer()
    {
        if (limit_.is_over() || reader_.is_complete())
            return;
        limit_.set(clock::now() + limits_.timeouts.response + limits_.server_wait);
        progress_.enter(phase::wait);
    }

    asio::awaitable<boost::system::error_code> read()
    {
        boost::system::error_code code;
        if (limit_.is_over())
            co_return errc::timed_out;
        while (!reader_.is_complete() && !code) {
            std::size_t const count = co_await stream_.async_read_some(
                buffer_.prepare(read_size), asio::redirect_error(asio::use_awaitable, code));
            buffer_.commit(count);
            if (count > 0)
                on_bytes(code);
            else if (code)
                on_end(code);
            if (may_pass_on() && !code)
                code = co_await pass_on();
        }
        if (!written_)
            break_off();
        co_return code;
    }

    /// The answer came before the whole request had left: what is left of it interests nobody.
    void break_off()
    {
        boost::system::error_code ignored;
        stream_.lowest_layer().close(ignored);
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
        if (bodies_.sink == nullptr)
            limit_.set(header_came_ + limits_.timeouts.read + time_for(reader_.response().body.size()));
        else
            limit_.set(clock::now() + (bodies_.silence > clock::duration::zero() ? bodies_.silence : limits_.timeouts.read));
        if (!code && reader_.response().body.size() > limits_.body_bytes && !is_success())
            code = errc::body_too_large;
    }

    bool is_success() { return reader_.response().status >= 200 && reader_.response().status < 300; }

    bool may_pass_on() { return bodies_.sink != nullptr && reader_.has_header() && is_success(); }

    /// Hands over what has come of the body.
    asio::awaitable<boost::system::error_code> pass_on()
    {
        boost::system::error_code code;
        if (!std::exchange(passed_on_, true))
            code = bodies_.sink->begin(reader_.response());
        std::string bytes = std::exchange(reader_.response().body, std::string());
        if (!code && !bytes.empty()) {
            auto const limit = limit_.time();
            auto const began = clock::now();
            limit_.clear();
            code = co_await bodies_.sink->take(std::move(bytes));
            limit_.set(limit + (clock::now() - began));
        }
        co_return code;
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
    // Small enough for memory, large enough that the reads of a file cost little.
    static constexpr std::size_t piece_size = 64 * 1024;
    // What an ordinary send buffer takes at once: nobody can refuse it half way.
    static constexpr std::size_t large_request = 64 * 1024;

    Stream& stream_;
    beast::flat_buffer& buffer_;
    exchange_limits limits_;
    attempt& progress_;
    body_streams bodies_;
    phase_limit<Stream> limit_;
    response_reader reader_;
    clock::time_point header_came_{};
    bool written_ = false;
    bool passed_on_ = false;
};

} // namespace replicate::io

#endif
