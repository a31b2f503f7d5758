// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_RAW_TLS_PEER_HPP
#define REPLICATE_TESTS_SUPPORT_RAW_TLS_PEER_HPP

// A server that does exactly what a script says, byte by byte and record by record, right or wrong. It shares nothing with
// the library but the maker of certificates.

#include <replicate/testing/certificate.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace replicate::tests {

namespace asio = boost::asio;

/// One thing that the peer does.
class step {
public:
    enum class what { handshake, receive, request, send, close_notify, close, reset, until_end, hold };

    what kind;
    /// For `send`: one record each; all leave in one piece.
    std::vector<std::string> records;

    /// TLS. Without it all that follows is plain.
    static step handshake() { return step(what::handshake); }

    /// Takes the bytes that come next, whatever they are.
    static step receive() { return step(what::receive); }

    /// Waits for one request, and keeps it.
    static step request() { return step(what::request); }

    /// Sends bytes.
    static step send(std::string bytes)
    {
        step result(what::send);
        result.records.push_back(std::move(bytes));
        return result;
    }

    /// Sends bytes as several TLS records in one piece.
    static step send_records(std::string first, std::string second)
    {
        step result = send(std::move(first));
        result.records.push_back(std::move(second));
        return result;
    }

    /// Ends TLS as it should be ended, then the connection.
    static step close_notify() { return step(what::close_notify); }

    /// Ends the connection without ending TLS.
    static step close() { return step(what::close); }

    /// Resets the connection.
    static step reset() { return step(what::reset); }

    /// Waits until the other side has gone.
    static step until_end() { return step(what::until_end); }

    /// Waits until the test calls `raw_tls_peer::let_go`.
    static step hold() { return step(what::hold); }

private:
    explicit step(what chosen)
        : kind(chosen)
    {
    }
};

using script = std::vector<step>;

/// An answer with a length, fit for reuse.
inline std::string answer_of(std::string const& body, std::string const& more_headers = "")
{
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more_headers + "\r\n" + body;
}

class openssl_object_release {
public:
    void operator()(SSL_CTX* object) const noexcept { SSL_CTX_free(object); }
    void operator()(SSL* object) const noexcept { SSL_free(object); }
    void operator()(BIO* object) const noexcept { BIO_free(object); }
    void operator()(X509* object) const noexcept { X509_free(object); }
    void operator()(EVP_PKEY* object) const noexcept { EVP_PKEY_free(object); }
};

/// One connection of the peer.
class raw_tls_connection {
public:
    raw_tls_connection(asio::ip::tcp::socket socket, SSL_CTX* context)
        : socket_(std::move(socket))
        , tls_(SSL_new(context))
    {
        SSL_set_bio(tls_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    }

    asio::ip::tcp::socket& socket() noexcept { return socket_; }

    /// True when this connection resumed an earlier session.
    bool resumed() const noexcept { return SSL_session_reused(tls_.get()) == 1; }

    asio::awaitable<bool> handshake()
    {
        for (;;) {
            int const result = SSL_accept(tls_.get());
            bool const wants_more = result != 1 && SSL_get_error(tls_.get(), result) == SSL_ERROR_WANT_READ;
            co_await flush();
            if (result == 1) {
                secure_ = true;
                co_return true;
            }
            bool more = false;
            if (wants_more)
                more = co_await receive();
            if (!more)
                co_return false;
        }
    }

    /// One request: header and body by its length. Empty when the other side has gone.
    asio::awaitable<std::string> read_request()
    {
        std::string request;
        for (;;) {
            std::size_t const size = request_size();
            if (size > 0) {
                request = received_.substr(0, size);
                received_.erase(0, size);
                co_return request;
            }
            bool const more = co_await read_some();
            if (!more)
                co_return request;
        }
    }

    asio::awaitable<void> send(std::vector<std::string> records)
    {
        std::string plain;
        for (std::string const& record : records) {
            if (secure_)
                SSL_write(tls_.get(), record.data(), static_cast<int>(record.size()));
            else
                plain += record;
        }
        if (secure_)
            co_await flush();
        else
            co_await write(plain);
    }

    asio::awaitable<void> close_notify()
    {
        SSL_shutdown(tls_.get());
        co_await flush();
        close();
    }

    /// More of the bytes of the network.
    asio::awaitable<bool> receive()
    {
        char part[4096];
        boost::system::error_code code;
        std::size_t const count =
            co_await socket_.async_read_some(asio::buffer(part), asio::redirect_error(asio::use_awaitable, code));
        BIO_write(SSL_get_rbio(tls_.get()), part, static_cast<int>(count));
        co_return !code;
    }

    /// Waits for the end of the connection; whatever still comes is dropped.
    asio::awaitable<void> until_end()
    {
        bool more = true;
        while (more)
            more = co_await read_some();
    }

    void close()
    {
        boost::system::error_code ignored;
        socket_.close(ignored);
    }

    void reset()
    {
        boost::system::error_code ignored;
        socket_.set_option(asio::socket_base::linger(true, 0), ignored);
        socket_.close(ignored);
    }

private:
    /// The size of the request that has come whole; 0 where it has not.
    std::size_t request_size() const
    {
        std::size_t const header_end = received_.find("\r\n\r\n");
        if (header_end == std::string::npos)
            return 0;
        std::size_t const length = received_.find("Content-Length: ");
        std::size_t size = header_end + 4;
        if (length < header_end)
            size += std::strtoul(received_.c_str() + length + 16, nullptr, 10);
        return received_.size() >= size ? size : 0;
    }

    /// More of the decrypted bytes.
    asio::awaitable<bool> read_some()
    {
        for (;;) {
            char part[4096];
            int const count = secure_ ? SSL_read(tls_.get(), part, sizeof part)
                                      : BIO_read(SSL_get_rbio(tls_.get()), part, sizeof part);
            if (count > 0) {
                received_.append(part, static_cast<std::size_t>(count));
                co_return true;
            }
            if (secure_ && SSL_get_error(tls_.get(), count) != SSL_ERROR_WANT_READ)
                co_return false;
            bool const more = co_await receive();
            if (!more)
                co_return false;
        }
    }

    asio::awaitable<void> flush()
    {
        char* data = nullptr;
        BIO* const out = SSL_get_wbio(tls_.get());
        long const size = BIO_get_mem_data(out, &data);
        std::string const bytes(data, static_cast<std::size_t>(size));
        BIO_reset(out);
        co_await write(bytes);
    }

    asio::awaitable<void> write(std::string bytes)
    {
        boost::system::error_code ignored;
        co_await asio::async_write(socket_, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ignored));
    }

    asio::ip::tcp::socket socket_;
    std::unique_ptr<SSL, openssl_object_release> tls_;
    std::string received_;
    bool secure_ = false;
};

/// Listens on 127.0.0.1, and plays one script for each connection that comes, in order. Outlives the context's work.
class raw_tls_peer {
public:
    raw_tls_peer(asio::io_context& context, testing::credentials const& identity)
        : acceptor_(context, asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0))
        , gate_(context, asio::steady_timer::time_point::max())
        , context_(SSL_CTX_new(TLS_server_method()))
    {
        use(identity);
        asio::co_spawn(context, accept_all(), asio::detached);
    }
    raw_tls_peer(raw_tls_peer const&) = delete;
    raw_tls_peer& operator=(raw_tls_peer const&) = delete;

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

    /// What it does with the next connection that has no script yet.
    void play(script steps) { scripts_.push_back(std::move(steps)); }

    /// Lets those go on that hold.
    void let_go() { gate_.cancel(); }

    /// Shows another certificate from now on.
    void present(testing::credentials const& identity) { use(identity); }

    /// Speaks these versions of TLS alone.
    void speak_only(int least, int most)
    {
        SSL_CTX_set_security_level(context_.get(), 0);
        SSL_CTX_set_min_proto_version(context_.get(), least);
        SSL_CTX_set_max_proto_version(context_.get(), most);
    }

    /// Accepts no connection any more.
    void stop_listening()
    {
        boost::system::error_code ignored;
        acceptor_.close(ignored);
    }

    std::size_t connections() const noexcept { return connections_; }
    std::size_t handshakes() const noexcept { return handshakes_; }
    std::size_t resumptions() const noexcept { return resumptions_; }

    /// How many scripts were played to their end.
    std::size_t ended() const noexcept { return ended_; }

    /// The requests, in the order of their coming.
    std::vector<std::string> const& requests() const noexcept { return requests_; }

private:
    void use(testing::credentials const& identity)
    {
        std::string const& pem = identity.certificate_chain;
        std::unique_ptr<BIO, openssl_object_release> const text(
            BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
        std::unique_ptr<X509, openssl_object_release> const certificate(
            PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
        std::string const& key_pem = identity.private_key;
        std::unique_ptr<BIO, openssl_object_release> const key_text(
            BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
        std::unique_ptr<EVP_PKEY, openssl_object_release> const key(
            PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
        if (SSL_CTX_use_certificate(context_.get(), certificate.get()) != 1
            || SSL_CTX_use_PrivateKey(context_.get(), key.get()) != 1)
            throw std::runtime_error("the peer's certificate is of no use");
    }

    asio::awaitable<void> accept_all()
    {
        boost::system::error_code code;
        for (;;) {
            asio::ip::tcp::socket socket(acceptor_.get_executor());
            co_await acceptor_.async_accept(socket, asio::redirect_error(asio::use_awaitable, code));
            if (code)
                co_return;
            // What is sent is to be there when the next step is done, a reset above all.
            socket.set_option(asio::ip::tcp::no_delay(true), code);
            ++connections_;
            script steps;
            if (!scripts_.empty()) {
                steps = std::move(scripts_.front());
                scripts_.pop_front();
            }
            asio::co_spawn(acceptor_.get_executor(), perform(std::move(socket), std::move(steps)), asio::detached);
        }
    }

    asio::awaitable<void> perform(asio::ip::tcp::socket socket, script steps)
    {
        raw_tls_connection connection(std::move(socket), context_.get());
        for (step const& next : steps) {
            bool const good = co_await perform_step(connection, next);
            if (!good)
                break;
        }
        ++ended_;
    }

    asio::awaitable<bool> perform_step(raw_tls_connection& connection, step what)
    {
        bool good = true;
        switch (what.kind) {
        case step::what::handshake: good = co_await handshake(connection); break;
        case step::what::receive: good = co_await connection.receive(); break;
        case step::what::request: good = co_await take_request(connection); break;
        case step::what::send: co_await connection.send(what.records); break;
        case step::what::close_notify: co_await connection.close_notify(); break;
        case step::what::close: connection.close(); break;
        case step::what::reset: connection.reset(); break;
        case step::what::until_end: co_await connection.until_end(); break;
        case step::what::hold: co_await hold(); break;
        }
        co_return good;
    }

    asio::awaitable<bool> handshake(raw_tls_connection& connection)
    {
        bool const good = co_await connection.handshake();
        if (good) {
            ++handshakes_;
            resumptions_ += connection.resumed() ? 1 : 0;
        }
        co_return good;
    }

    asio::awaitable<bool> take_request(raw_tls_connection& connection)
    {
        std::string request = co_await connection.read_request();
        bool const good = !request.empty();
        if (good)
            requests_.push_back(std::move(request));
        co_return good;
    }

    asio::awaitable<void> hold()
    {
        boost::system::error_code ignored;
        co_await gate_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    asio::ip::tcp::acceptor acceptor_;
    asio::steady_timer gate_;
    std::unique_ptr<SSL_CTX, openssl_object_release> context_;
    std::deque<script> scripts_;
    std::vector<std::string> requests_;
    std::size_t connections_ = 0;
    std::size_t handshakes_ = 0;
    std::size_t resumptions_ = 0;
    std::size_t ended_ = 0;
};

} // namespace replicate::tests

#endif
