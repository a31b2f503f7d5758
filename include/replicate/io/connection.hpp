// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_CONNECTION_HPP
#define REPLICATE_IO_CONNECTION_HPP

#include <replicate/io/connection_note.hpp>
#include <replicate/io/exchange.hpp>
#include <replicate/io/tls.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace replicate::io {

/// What became of one request on one connection.
class exchange_result {
public:
    /// No error where an answer came, whatever its status.
    boost::system::error_code code;
    /// The answer, or what came of it.
    core::response response;
    /// True when the sink has the answer, or the beginning of it.
    bool passed_on = false;

    exchange_result() = default;
};

/// One HTTP/1.1 connection, over TLS or (to this machine only) plain. It carries one exchange at a time. Used on the
/// strand alone.
class connection {
public:
    using clock = std::chrono::steady_clock;
    using tls_stream = asio::ssl::stream<asio::ip::tcp::socket>;

    connection(asio::ip::tcp::socket socket, std::shared_ptr<asio::ssl::context> context, bool secure)
        : context_(std::move(context))
        , stream_(std::move(socket), *context_)
        , secure_(secure)
    {
    }

    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;

    /// Closes it, without a word: nobody waits for the answer of the other side.
    ~connection()
    {
        // Otherwise OpenSSL, by a rule that TLS 1.1 has dropped, forbids to resume the session of a connection that is closed
        // like this.
        SSL_set_shutdown(stream_.native_handle(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }

    /// The TLS stream; before its handshake only its socket is of use.
    tls_stream& tls() noexcept { return stream_; }

    /// The socket.
    asio::ip::tcp::socket& socket() noexcept { return stream_.next_layer(); }

    /// Says whether it is to speak TLS; for a tunnel, which begins plain.
    void set_secure(bool secure) noexcept { secure_ = secure; }

    /// Keeps what must live as long as the stream.
    void keep(std::unique_ptr<tls_session_sink> sink) { sink_ = std::move(sink); }

    /// Where its life is told.
    connection_note& note() noexcept { return note_; }

    /// When it was opened.
    clock::time_point opened_at() const noexcept { return opened_at_; }

    /// True when it has carried a request before.
    bool has_carried() const noexcept { return carried_; }

    /// True when it may carry another request: the last one ended cleanly.
    bool may_reuse() const noexcept { return may_reuse_; }

    /// It was opened for a request that has not been sent; it may carry another one.
    void spare() noexcept { may_reuse_ = true; }

    /// Sends one request and reads its answer.
    asio::awaitable<exchange_result> send(
        std::string request, deadline_list& deadlines, exchange_limits limits, attempt& progress,
        body_streams bodies = body_streams())
    {
        exchange_result result;
        progress.reused = std::exchange(carried_, true);
        note_.used();
        may_reuse_ = false;
        if (secure_)
            result = co_await send_over(stream_, std::move(request), deadlines, limits, progress, bodies);
        else
            result = co_await send_over(socket(), std::move(request), deadlines, limits, progress, bodies);
        co_return result;
    }

    /// Looks, without waiting, whether the other side has closed it or sent what nobody asked for. The answer can be
    /// wrong a moment later, but an idle connection that was closed long ago is found.
    bool is_quiet()
    {
        SSL* const native = stream_.native_handle();
        if (secure_ && (SSL_has_pending(native) != 0 || BIO_ctrl_pending(SSL_get_rbio(native)) != 0))
            return false;
        boost::system::error_code code;
        char byte = 0;
        socket().non_blocking(true, code);
        if (!code)
            socket().receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, code);
        return code == asio::error::would_block || code == asio::error::try_again;
    }

private:
    template<class Stream>
    asio::awaitable<exchange_result> send_over(Stream& stream, std::string request, deadline_list& deadlines,
        exchange_limits limits, attempt& progress, body_streams bodies)
    {
        exchange<Stream> one(stream, buffer_, deadlines, limits, progress, bodies);
        exchange_result result;
        result.code = co_await one.perform(std::move(request));
        may_reuse_ = !result.code && one.may_reuse();
        result.response = std::move(one.response());
        result.passed_on = one.has_passed_on();
        co_return result;
    }

    std::shared_ptr<asio::ssl::context> context_;
    std::unique_ptr<tls_session_sink> sink_;
    tls_stream stream_;
    beast::flat_buffer buffer_;
    connection_note note_;
    bool secure_;
    bool carried_ = false;
    bool may_reuse_ = false;
    clock::time_point opened_at_ = clock::now();
};

} // namespace replicate::io

#endif
