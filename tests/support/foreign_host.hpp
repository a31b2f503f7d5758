// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_FOREIGN_HOST_HPP
#define REPLICATE_TESTS_SUPPORT_FOREIGN_HOST_HPP

// A server that is not Replicate's, although the clients trust its certificate: it keeps every request, so that a test can
// see what was sent there and, above all, what was not. It also receives webhooks.

#include <replicate/testing/recorded_request.hpp>
#include <replicate/testing/server.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace replicate::tests {

/// An answer with a body, after which the connection ends.
inline std::string closing_answer(unsigned status, std::string const& body, std::string const& more_headers = "")
{
    return "HTTP/1.1 " + std::to_string(status) + " Status\r\nContent-Type: application/json\r\nConnection: close\r\n"
        + "Content-Length: " + std::to_string(body.size()) + "\r\n" + more_headers + "\r\n" + body;
}

/// Listens on a free port of 127.0.0.1, on a thread of its own.
class foreign_host {
public:
    using recorded_request = replicate::testing::recorded_request;
    using answer_function = std::function<std::string(recorded_request const&)>;

    /// Over TLS, with a certificate of the server's authority.
    explicit foreign_host(replicate::testing::server const& server)
        : foreign_host(true)
    {
        auto const shown = server.issue_certificate();
        tls_.use_certificate_chain(boost::asio::buffer(shown.certificate_chain));
        tls_.use_private_key(boost::asio::buffer(shown.private_key), boost::asio::ssl::context::pem);
        start();
    }

    /// Without TLS.
    foreign_host()
        : foreign_host(false)
    {
        start();
    }

    ~foreign_host()
    {
        context_.stop();
        thread_.join();
    }

    foreign_host(foreign_host const&) = delete;
    foreign_host& operator=(foreign_host const&) = delete;

    /// `https://127.0.0.1:PORT`
    std::string url() const
    {
        return (secure_ ? "https://127.0.0.1:" : "http://127.0.0.1:")
            + std::to_string(acceptor_.local_endpoint().port());
    }

    /// Makes the bytes of the answers; an empty answer ends the connection. It is called on the host's thread. Default: 200
    /// and `{}`.
    void answer_with(answer_function made)
    {
        std::lock_guard const lock(mutex_);
        answer_ = std::move(made);
    }

    /// All requests so far.
    std::vector<recorded_request> requests() const
    {
        std::lock_guard const lock(mutex_);
        return requests_;
    }

    /// Waits for that many requests; false where they do not come.
    bool wait_for(std::size_t count, std::chrono::steady_clock::duration limit = std::chrono::seconds(10)) const
    {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, limit, [&] { return requests_.size() >= count; });
    }

    /// Whether any request had an Authorization header.
    bool saw_authorization() const
    {
        std::lock_guard const lock(mutex_);
        return std::any_of(requests_.begin(), requests_.end(),
            [](recorded_request const& each) { return !each.header("authorization").empty(); });
    }

private:
    using tcp = boost::asio::ip::tcp;
    using stream = boost::asio::ssl::stream<tcp::socket>;
    static constexpr auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);

    explicit foreign_host(bool secure)
        : secure_(secure)
        , tls_(boost::asio::ssl::context::tls_server)
        , acceptor_(context_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0))
    {
    }

    void start()
    {
        boost::asio::co_spawn(context_, accept(), boost::asio::detached);
        thread_ = std::thread([this] { context_.run(); });
    }

    boost::asio::awaitable<void> accept()
    {
        for (;;) {
            auto accepted = co_await acceptor_.async_accept(as_result);
            auto& [failure, socket] = accepted;
            if (failure)
                co_return;
            auto line = std::make_unique<stream>(std::move(socket), tls_);
            boost::asio::co_spawn(context_, serve(std::move(line)), boost::asio::detached);
        }
    }

    boost::asio::awaitable<void> serve(std::unique_ptr<stream> line)
    {
        std::string received;
        if (secure_) {
            auto [failure] = co_await line->async_handshake(boost::asio::ssl::stream_base::server, as_result);
            if (failure)
                co_return;
        }
        while (!is_whole(received)) {
            bool const more = co_await read(*line, received);
            if (!more)
                co_return;
        }
        std::string answer = take(received);
        if (answer.empty())
            co_return;
        if (secure_) {
            co_await boost::asio::async_write(*line, boost::asio::buffer(answer), as_result);
            co_await line->async_shutdown(as_result);
        } else {
            co_await boost::asio::async_write(line->next_layer(), boost::asio::buffer(answer), as_result);
        }
    }

    boost::asio::awaitable<bool> read(stream& line, std::string& received)
    {
        char bytes[4096];
        std::size_t count = 0;
        if (secure_) {
            auto [failure, size] = co_await line.async_read_some(boost::asio::buffer(bytes), as_result);
            count = failure ? 0 : size;
        } else {
            auto [failure, size] = co_await line.next_layer().async_read_some(boost::asio::buffer(bytes), as_result);
            count = failure ? 0 : size;
        }
        received.append(bytes, count);
        co_return count > 0;
    }

    static recorded_request parse(std::string_view text)
    {
        recorded_request made;
        std::size_t const end = text.find("\r\n\r\n");
        std::string_view head = text.substr(0, end);
        std::string_view const line = head.substr(0, head.find("\r\n"));
        made.method = line.substr(0, line.find(' '));
        made.target = line.substr(made.method.size() + 1, line.rfind(' ') - made.method.size() - 1);
        made.arrived = std::chrono::steady_clock::now();
        head.remove_prefix(line.size());
        while (head.substr(0, 2) == "\r\n") {
            head.remove_prefix(2);
            std::string_view const field = head.substr(0, head.find("\r\n"));
            std::size_t const colon = field.find(": ");
            made.headers.emplace_back(field.substr(0, colon), field.substr(colon + 2));
            head.remove_prefix(field.size());
        }
        made.body = text.substr(end + 4);
        return made;
    }

    static bool is_whole(std::string const& received)
    {
        if (received.find("\r\n\r\n") == std::string::npos)
            return false;
        recorded_request const request = parse(received);
        return request.body.size() >= std::strtoul(std::string(request.header("content-length")).c_str(), nullptr, 10);
    }

    std::string take(std::string const& received)
    {
        answer_function answer;
        recorded_request request = parse(received);
        {
            std::lock_guard const lock(mutex_);
            answer = answer_;
            requests_.push_back(request);
        }
        changed_.notify_all();
        return answer ? answer(request) : closing_answer(200, "{}");
    }

    bool const secure_;
    boost::asio::io_context context_{1};
    boost::asio::ssl::context tls_;
    tcp::acceptor acceptor_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<recorded_request> requests_;
    answer_function answer_;
    std::thread thread_;
};

} // namespace replicate::tests

#endif
