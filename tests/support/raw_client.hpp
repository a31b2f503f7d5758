// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_RAW_CLIENT_HPP
#define REPLICATE_TESTS_SUPPORT_RAW_CLIENT_HPP

// A client that shares nothing with the library: a blocking socket, OpenSSL, and a reader of answers of its own. It
// sends exactly what it is given, so that a server can be tested with it.

#include <replicate/testing/server.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace raw {

class openssl_release {
public:
    void operator()(SSL_CTX* object) const noexcept { SSL_CTX_free(object); }
    void operator()(SSL* object) const noexcept { SSL_free(object); }
    void operator()(SSL_SESSION* object) const noexcept { SSL_SESSION_free(object); }
    void operator()(X509* object) const noexcept { X509_free(object); }
    void operator()(BIO* object) const noexcept { BIO_free(object); }
};

/// How a connection came to its end.
enum class ending { open, closed, truncated, reset, timed_out };

/// One answer.
class answer {
public:
    unsigned status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    /// False where the connection ended first.
    bool complete = false;

    answer() = default;

    std::string header(std::string_view name) const
    {
        for (auto const& [known, value] : headers)
            if (known == name)
                return value;
        return {};
    }

    boost::json::value json() const { return boost::json::parse(boost::json::string_view(body.data(), body.size())); }

    std::string text(std::string_view member) const
    {
        boost::json::value const document = json();
        auto const& value = document.at(boost::json::string_view(member.data(), member.size())).as_string();
        return std::string(value.data(), value.size());
    }
};

/// What a client trusts and offers; shared by connections that resume each other's sessions.
class settings {
public:
    std::string authority;
    int newest_tls = TLS1_3_VERSION;
    std::string host = "127.0.0.1";
    /// Kept from the last connection, offered by the next one.
    std::shared_ptr<SSL_SESSION> session;

    settings() = default;
    explicit settings(replicate::testing::server const& server)
        : authority(server.certificate_authority())
    {
    }
};

/// A blocking connection to a port of this machine. Every wait ends after ten seconds.
class connection {
public:
    explicit connection(std::uint16_t port, int seconds = 10)
        : socket_(::socket(AF_INET, SOCK_STREAM, 0))
    {
        // OpenSSL writes without MSG_NOSIGNAL, and many of the servers here hang up.
        std::signal(SIGPIPE, SIG_IGN);
        timeval const limit{seconds, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket_, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
            throw std::runtime_error("connect failed");
    }

    ~connection()
    {
        // Otherwise OpenSSL takes the session for broken, and it is not resumed.
        if (tls_ != nullptr)
            SSL_set_shutdown(tls_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        ::close(socket_);
    }

    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;

    /// The TLS handshake; false, and `failure`, where it fails.
    bool handshake(settings& chosen)
    {
        settings_ = &chosen;
        context_.reset(SSL_CTX_new(TLS_client_method()));
        SSL_CTX_set_max_proto_version(context_.get(), chosen.newest_tls);
        trust(chosen.authority);
        SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
        tls_.reset(SSL_new(context_.get()));
        SSL_set_fd(tls_.get(), socket_);
        X509_VERIFY_PARAM* const checks = SSL_get0_param(tls_.get());
        if (X509_VERIFY_PARAM_set1_ip_asc(checks, chosen.host.c_str()) != 1)
            SSL_set1_host(tls_.get(), chosen.host.c_str());
        if (chosen.session)
            SSL_set_session(tls_.get(), chosen.session.get());
        ERR_clear_error();
        if (SSL_connect(tls_.get()) == 1)
            return true;
        failure = X509_verify_cert_error_string(SSL_get_verify_result(tls_.get()));
        return false;
    }

    bool resumed() const { return SSL_session_reused(tls_.get()) == 1; }
    int version() const { return SSL_version(tls_.get()); }

    void send(std::string_view bytes)
    {
        if (tls_ != nullptr)
            SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
        else
            ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }

    /// Waits for more; false, and `how_it_ended`, at the end.
    bool receive()
    {
        char bytes[16384];
        ERR_clear_error();
        errno = 0;
        long const size =
            tls_ != nullptr ? SSL_read(tls_.get(), bytes, sizeof bytes) : ::recv(socket_, bytes, sizeof bytes, 0);
        if (size > 0) {
            received.append(bytes, static_cast<std::size_t>(size));
            return true;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            how_it_ended = ending::timed_out;
        else if (errno == ECONNRESET)
            how_it_ended = ending::reset;
        else if (tls_ != nullptr && SSL_get_error(tls_.get(), static_cast<int>(size)) != SSL_ERROR_ZERO_RETURN)
            how_it_ended = ending::truncated;
        else
            how_it_ended = ending::closed;
        return false;
    }

    /// Reads one answer: its header, and its body by length, by chunks, or to the end.
    answer read(bool with_body = true)
    {
        answer result;
        std::size_t end = 0;
        while ((end = received.find("\r\n\r\n")) == std::string::npos)
            if (!receive())
                return result;
        take_head(result, received.substr(0, end));
        received.erase(0, end + 4);
        if (result.status == 100)
            return read(with_body);
        keep_session();
        if (!with_body || result.status == 204 || result.status == 304)
            result.complete = true;
        else if (result.header("transfer-encoding") == "chunked")
            result.complete = read_chunks(result.body);
        else if (result.header("content-length").empty())
            result.complete = read_to_end(result.body);
        else
            result.complete =
                read_exactly(result.body, std::strtoul(result.header("content-length").c_str(), nullptr, 10));
        return result;
    }

    void send_shutdown()
    {
        if (tls_ != nullptr)
            SSL_shutdown(tls_.get());
        ::shutdown(socket_, SHUT_WR);
    }

    std::string received;
    ending how_it_ended = ending::open;
    std::string failure;

private:
    void trust(std::string const& authority)
    {
        std::unique_ptr<BIO, openssl_release> const text(
            BIO_new_mem_buf(authority.data(), static_cast<int>(authority.size())));
        std::unique_ptr<X509, openssl_release> const certificate(
            PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
        if (certificate)
            X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), certificate.get());
    }

    // With TLS 1.3 the tickets come after the handshake, before the first answer.
    void keep_session()
    {
        if (settings_ != nullptr && tls_ != nullptr)
            settings_->session = std::shared_ptr<SSL_SESSION>(SSL_get1_session(tls_.get()), openssl_release());
    }

    static void take_head(answer& result, std::string_view head)
    {
        result.status = static_cast<unsigned>(std::strtoul(std::string(head.substr(9, 3)).c_str(), nullptr, 10));
        std::size_t line = head.find("\r\n");
        while (line != std::string_view::npos) {
            std::size_t const next = head.find("\r\n", line + 2);
            std::string_view const field =
                head.substr(line + 2, next == std::string_view::npos ? next : next - line - 2);
            std::size_t const colon = field.find(':');
            std::string name(field.substr(0, colon));
            std::transform(name.begin(), name.end(), name.begin(),
                [](char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter; });
            result.headers.emplace_back(std::move(name), std::string(field.substr(colon + 2)));
            line = next;
        }
    }

    bool read_exactly(std::string& body, std::size_t size)
    {
        while (received.size() < size)
            if (!receive()) {
                body = std::exchange(received, std::string());
                return false;
            }
        body = received.substr(0, size);
        received.erase(0, size);
        return true;
    }

    bool read_to_end(std::string& body)
    {
        while (receive()) {}
        body = std::exchange(received, std::string());
        return how_it_ended == ending::closed;
    }

    bool read_chunks(std::string& body)
    {
        for (;;) {
            std::size_t end = 0;
            while ((end = received.find("\r\n")) == std::string::npos)
                if (!receive())
                    return false;
            std::size_t const size = std::strtoul(received.substr(0, end).c_str(), nullptr, 16);
            received.erase(0, end + 2);
            std::string chunk;
            if (!read_exactly(chunk, size + 2))
                return false;
            if (size == 0)
                return true;
            body += chunk.substr(0, size);
        }
    }

    int socket_;
    settings* settings_ = nullptr;
    std::unique_ptr<SSL_CTX, openssl_release> context_;
    std::unique_ptr<SSL, openssl_release> tls_;
};

/// The text of a request with the server's token.
inline std::string request_text(replicate::testing::server const& server, std::string_view method,
    std::string_view target, std::string_view body = {}, std::string_view extra_headers = {})
{
    std::string text(method);
    text.append(" ").append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ");
    text.append(server.token()).append("\r\n").append(extra_headers);
    if (!body.empty())
        text.append("Content-Type: application/json\r\nContent-Length: ")
            .append(std::to_string(body.size()))
            .append("\r\n");
    return text.append("\r\n").append(body);
}

/// A connection to a server's API, ready for requests.
class api {
public:
    explicit api(replicate::testing::server const& server)
        : server_(server)
        , settings_(server)
        , connection_(std::make_unique<raw::connection>(server.port()))
    {
        if (!connection_->handshake(settings_))
            throw std::runtime_error("handshake failed: " + connection_->failure);
    }

    void send(
        std::string_view method, std::string_view target, std::string_view body = {}, std::string_view headers = {})
    {
        connection_->send(request_text(server_, method, target, body, headers));
    }

    answer call(
        std::string_view method, std::string_view target, std::string_view body = {}, std::string_view headers = {})
    {
        send(method, target, body, headers);
        return connection_->read(method != "HEAD");
    }

    /// Gets a prediction until it has ended.
    answer poll(std::string const& id)
    {
        for (;;) {
            answer const seen = call("GET", "/v1/predictions/" + id);
            std::string const status = seen.text("status");
            if (status != "starting" && status != "processing")
                return seen;
        }
    }

    raw::connection& transport() { return *connection_; }

private:
    replicate::testing::server const& server_;
    settings settings_;
    std::unique_ptr<raw::connection> connection_;
};

} // namespace raw

#endif
