// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_WEBHOOK_SESSION_HPP
#define REPLICATE_IMPL_WEBHOOK_SESSION_HPP

#include <replicate/catalog_resources.hpp>
#include <replicate/impl/webhook_desk.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace replicate::detail {

namespace beast = boost::beast;

/// The requests of one connection, one after the other. `Stream` is a `beast::tcp_stream`, or TLS over one.
template<class Stream>
class webhook_session final : public webhook_connection {
public:
    template<class... Arguments>
    webhook_session(std::shared_ptr<webhook_desk> desk, Arguments&&... arguments)
        : desk_(std::move(desk))
        , stream_(std::forward<Arguments>(arguments)...)
    {
        desk_->join(*this);
    }
    webhook_session(webhook_session const&) = delete;
    webhook_session& operator=(webhook_session const&) = delete;
    ~webhook_session() { desk_->part(*this); }

    void close() override { beast::get_lowest_layer(stream_).close(); }

    asio::awaitable<void> run()
    {
        bool open = co_await shake_hands();
        while (open && !desk_->is_stopped())
            open = co_await serve_one();
        boost::system::error_code ignored;
        beast::get_lowest_layer(stream_).socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    }

private:
    using parser = beast::http::request_parser<beast::http::string_body>;
    static constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

    void limit(std::chrono::steady_clock::duration time) { beast::get_lowest_layer(stream_).expires_after(time); }

    asio::awaitable<bool> shake_hands()
    {
        boost::system::error_code failure;
        if constexpr (requires { stream_.handshake(asio::ssl::stream_base::server); }) {
            limit(desk_->options().request_timeout);
            auto result = co_await stream_.async_handshake(asio::ssl::stream_base::server, as_result);
            failure = std::get<0>(result);
        }
        co_return !failure;
    }

    /// Waits for the first byte of a request as long as a connection may be idle.
    asio::awaitable<bool> wait_for_bytes()
    {
        if (buffer_.size() > 0)
            co_return true;
        limit(desk_->options().idle_timeout);
        auto result = co_await stream_.async_read_some(buffer_.prepare(4096), as_result);
        buffer_.commit(std::get<1>(result));
        co_return !std::get<0>(result);
    }

    asio::awaitable<bool> serve_one()
    {
        bool const begun = co_await wait_for_bytes();
        if (!begun)
            co_return false;
        parser reading;
        reading.header_limit(16 * 1024);
        reading.body_limit(desk_->options().body_bytes);
        limit(desk_->options().request_timeout);
        auto result = co_await beast::http::async_read(stream_, buffer_, reading, as_result);
        boost::system::error_code const failure = std::get<0>(result);
        core::webhook_ruling ruling = ruling_of(failure);
        bool const keep = !failure && reading.get().keep_alive();
        if (!failure)
            ruling = co_await judge(request_of(reading.release()));
        else if (ruling.status == 0)
            co_return false;
        bool const sent = co_await answer(ruling.status, std::string(ruling.text), keep);
        co_return sent && keep;
    }

    /// How to answer what could not be read; 0 where nobody is there any more.
    static core::webhook_ruling ruling_of(boost::system::error_code failure)
    {
        if (failure == beast::http::error::body_limit)
            return core::webhook_ruling(413, "the body is too large\n");
        if (failure == beast::http::error::header_limit)
            return core::webhook_ruling(431, "the header is too large\n");
        if (failure == beast::error::timeout)
            return core::webhook_ruling(0, "");
        bool const is_nonsense = failure.category() == make_error_code(beast::http::error::bad_method).category()
            && failure != beast::http::error::end_of_stream && failure != beast::http::error::partial_message;
        return is_nonsense ? core::webhook_ruling(400, "the request is not HTTP\n") : core::webhook_ruling(0, "");
    }

    static core::webhook_request request_of(beast::http::request<beast::http::string_body> message)
    {
        core::webhook_request made;
        made.method = std::string_view(message.method_string());
        made.target = std::string_view(message.target());
        made.headers = webhook::headers::from(message);
        made.body = std::move(message.body());
        return made;
    }

    asio::awaitable<core::webhook_ruling> judge(core::webhook_request request)
    {
        core::webhook_ruling ruling(503, "the secret of webhooks is not known\n");
        if (!desk_->knows_secret())
            co_await ask_for_secret(false);
        if (!desk_->knows_secret())
            co_return ruling;
        core::webhook_request const again = request;
        ruling = desk_->take(std::move(request));
        if (ruling.wrong_signature && desk_->may_ask_again()) {
            co_await ask_for_secret(true);
            ruling = desk_->take(again);
        }
        co_return ruling;
    }

    asio::awaitable<void> ask_for_secret(bool anew)
    {
        secret_options options;
        options.refetch = anew;
        try {
            webhook_secret const found = co_await webhooks_resource(desk_->client()).async_default_secret(options);
            desk_->set_secret(found.key);
        } catch (std::exception const&) {
            // The service will send its webhook again.
        }
    }

    asio::awaitable<bool> answer(unsigned status, std::string text, bool keep)
    {
        beast::http::response<beast::http::string_body> message;
        message.version(11);
        message.result(status);
        message.set(beast::http::field::content_type, "text/plain");
        if (status == 405)
            message.set(beast::http::field::allow, "POST");
        if (status == 503)
            message.set(beast::http::field::retry_after, "1");
        message.keep_alive(keep);
        message.body() = std::move(text);
        message.prepare_payload();
        limit(desk_->options().request_timeout);
        auto result = co_await beast::http::async_write(stream_, message, as_result);
        co_return !std::get<0>(result);
    }

    std::shared_ptr<webhook_desk> desk_;
    Stream stream_;
    beast::flat_buffer buffer_;
};

} // namespace replicate::detail

#endif
