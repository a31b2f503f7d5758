// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// An HTTP server that hands the text of a language model to its own clients while it comes, on the io_context of the client itself:
//
//     ./examples/run 11_server --port 8080
//     curl --no-buffer http://127.0.0.1:8080/generate -d '{"prompt": "Tell me a story about llamas."}'
//     curl --no-buffer http://127.0.0.1:8080/generate -H 'Accept: text/event-stream' -d '{"prompt": "Another one."}'
//     curl http://127.0.0.1:8080/metrics
//
// A client that goes away cancels its prediction, which stops the bill. SIGINT and SIGTERM let what goes on come to its end, for five
// seconds. One request for each connection, to keep it short.

#include "support/service.hpp"

#include <replicate.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <exception>
#include <iostream>
#include <list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr char const* default_model = "meta/meta-llama-3-8b-instruct";
constexpr std::uint64_t largest_body = 64 * 1024;

// What is told to a client whose request came to nothing (RFC 9457).
class problem {
public:
    http::status status = http::status::internal_server_error;
    std::string detail;

    problem(http::status code, std::string text)
        : status(code)
        , detail(std::move(text))
    {
    }

    std::string body() const
    {
        json::object document;
        document["type"] = "about:blank";
        document["title"] = std::string_view(http::obsolete_reason(status));
        document["status"] = static_cast<unsigned>(status);
        document["detail"] = std::string_view(detail);
        return json::serialize(document);
    }
};

// Whose fault it was decides: the client's own is told to him in full, with 4xx; that this server has no credit or a bad token is
// for its log alone, and for the client it is not available (503); what the service does wrong is 502, what takes too long 504.
problem problem_of(replicate::error const& failure)
{
    using replicate::condition;
    auto const code = failure.code();
    std::string const told = failure.diagnostics().problem.text();
    if (code == replicate::errc::stream_unavailable)
        return {http::status::unprocessable_entity, "this model gives no stream"};
    if (code == condition::invalid_input || code == condition::not_found)
        return {http::status::unprocessable_entity, told.empty() ? code.message() : told};
    if (code == condition::insufficient_credit || code == condition::authentication || code == condition::rate_limited)
        return {http::status::service_unavailable, "try again later"};
    if (code == condition::timeout)
        return {http::status::gateway_timeout, "the model took too long"};
    if (code == condition::prediction_failed)
        return {http::status::bad_gateway, "the model has failed"};
    return {http::status::bad_gateway, "the model cannot be reached"};
}

// What is asked for: {"prompt": "...", "model": "owner/name"}, the model only if wanted. A server for strangers would know the models
// that it is ready to pay for.
class generation {
public:
    replicate::model_ref model{default_model};
    replicate::input values;

    explicit generation(std::string_view body)
    {
        boost::system::error_code code;
        json::value const document = json::parse({body.data(), body.size()}, code);
        json::object const* const object = document.if_object();
        if (code || object == nullptr)
            throw problem(http::status::bad_request, "the body is not a JSON object");
        for (auto const& [name, value] : *object) {
            if ((name != "prompt" && name != "model") || !value.is_string())
                throw problem(http::status::bad_request, "the members are prompt and model, both texts");
        }
        json::value const* const prompt = object->if_contains("prompt");
        if (prompt == nullptr || prompt->get_string().empty())
            throw problem(http::status::bad_request, "prompt: is missing or empty");
        values.set("prompt", prompt->get_string().c_str());
        if (json::value const* const named = object->if_contains("model"))
            model = model_named(named->get_string().c_str());
    }

private:
    static replicate::model_ref model_named(std::string const& name)
    {
        try {
            return replicate::model_ref(name);
        } catch (replicate::error const& refused) {
            throw problem(http::status::bad_request, refused.diagnostics().detail);
        }
    }
};

// The answer that grows: as server-sent events where the client wants them, else as text in chunks.
class growing_answer {
public:
    growing_answer(beast::tcp_stream& stream, bool as_events)
        : stream_(stream)
        , as_events_(as_events)
    {
    }

    asio::awaitable<void> begin()
    {
        http::response<http::empty_body> head(http::status::ok, 11);
        head.set(http::field::content_type, as_events_ ? "text/event-stream" : "text/plain; charset=utf-8");
        head.set(http::field::cache_control, "no-store");
        head.keep_alive(false);
        head.chunked(true);
        http::response_serializer<http::empty_body> serializer(head);
        begun_ = true;
        stream_.expires_after(30s);
        co_await http::async_write_header(stream_, serializer, asio::use_awaitable);
    }

    bool has_begun() const noexcept { return begun_; }

    asio::awaitable<void> send(std::string text)
    {
        if (!as_events_)
            co_await send_chunk(std::move(text));
        else
            co_await send_chunk(event_text("output", text));
    }

    // The end that tells the client that all has come.
    asio::awaitable<void> end(std::string id)
    {
        if (as_events_)
            co_await send_chunk(event_text("done", id));
        co_await asio::async_write(stream_, http::make_chunk_last(), asio::use_awaitable);
    }

    // Text in chunks has no other way to say it than to break off.
    asio::awaitable<void> fail(std::string document)
    {
        if (as_events_)
            co_await send_chunk(event_text("error", document));
    }

private:
    static std::string event_text(std::string_view name, std::string_view text)
    {
        std::string made = "event: " + std::string(name) + "\n";
        for (bool more = true; more;) {
            auto const end = text.find('\n');
            more = end != std::string_view::npos;
            made += "data: " + std::string(text.substr(0, end)) + "\n";
            text.remove_prefix(more ? end + 1 : 0);
        }
        return made + "\n";
    }

    asio::awaitable<void> send_chunk(std::string bytes)
    {
        stream_.expires_after(30s);
        if (!bytes.empty())
            co_await asio::async_write(stream_, http::make_chunk(asio::buffer(bytes)), asio::use_awaitable);
    }

    beast::tcp_stream& stream_;
    bool as_events_;
    bool begun_ = false;
};

// One connection: one request, one answer.
class session {
public:
    session(asio::ip::tcp::socket socket, replicate::client client)
        : stream_(std::move(socket))
        , client_(std::move(client))
    {
    }

    asio::awaitable<void> serve()
    {
        http::request_parser<http::string_body> parser;
        parser.header_limit(16 * 1024);
        parser.body_limit(largest_body);
        boost::system::error_code code;
        stream_.expires_after(30s);
        co_await http::async_read(stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, code));
        if (code == http::error::end_of_stream)
            co_return;
        if (!code)
            co_await answer(parser.release());
        else if (code == http::error::body_limit)
            co_await refuse(problem(http::status::payload_too_large, "the body is larger than 64 KiB"));
        else
            co_await refuse(problem(http::status::bad_request, "this is not HTTP/1.1 as it should be"));
        co_await say_goodbye();
    }

    // Ends it at once: whatever it waits for fails, and its prediction is cancelled.
    void stop()
    {
        boost::system::error_code ignored;
        stream_.socket().close(ignored);
    }

private:
    using request_type = http::request<http::string_body>;

    asio::awaitable<void> answer(request_type request)
    {
        std::string_view const target(request.target().data(), request.target().size());
        std::string_view const path = target.substr(0, target.find('?'));
        if (path == "/generate" && request.method() == http::verb::post)
            co_await answer_generate(std::move(request));
        else if (path == "/metrics" && request.method() == http::verb::get)
            co_await answer_metrics();
        else if (path == "/generate" || path == "/metrics")
            co_await refuse(problem(http::status::method_not_allowed, "POST /generate, GET /metrics"));
        else
            co_await refuse(problem(http::status::not_found, "there is POST /generate and GET /metrics"));
    }

    // Generates for as long as the client is there: whichever ends first cancels the other, and with the stream goes the prediction.
    asio::awaitable<void> answer_generate(request_type request)
    {
        using namespace asio::experimental::awaitable_operators;
        bool const as_events = request[http::field::accept].find("text/event-stream") != beast::string_view::npos;
        stream_.expires_never();
        std::string body = std::move(request.body());
        co_await (generate(std::move(body), as_events) || client_gone());
    }

    // Never throws: the race above would go on without it.
    asio::awaitable<void> generate(std::string body, bool as_events)
    {
        growing_answer answer(stream_, as_events);
        std::optional<problem> trouble;
        try {
            generation wanted(body);
            co_await pass_on(std::move(wanted), answer);
        } catch (problem const& refused) {
            trouble = refused;
        } catch (replicate::error const& failure) {
            if (failure.code() == asio::error::operation_aborted)
                co_return; // the client has gone
            std::cerr << "generate: " << failure.what() << '\n';
            trouble = problem_of(failure);
        } catch (std::exception const&) {
            // The client does not read any more.
        }
        if (trouble)
            co_await tell(std::move(*trouble), answer);
    }

    asio::awaitable<void> pass_on(generation wanted, growing_answer& answer)
    {
        replicate::stream_options options;
        options.timeout = 5min;
        auto stream = co_await client_.async_stream(std::move(wanted.model), std::move(wanted.values), options);
        while (auto event = co_await stream.async_next()) {
            if (!event->is_output())
                continue;
            // Not before there is something to say: a failure until then has a status of its own.
            if (!answer.has_begun())
                co_await answer.begin();
            co_await answer.send(event->text());
        }
        if (!answer.has_begun())
            co_await answer.begin();
        co_await answer.end(stream.prediction()->id);
    }

    asio::awaitable<void> tell(problem trouble, growing_answer& answer)
    {
        try {
            if (answer.has_begun())
                co_await answer.fail(trouble.body());
            else
                co_await refuse(std::move(trouble));
        } catch (std::exception const&) {
            // Nor does it read this.
        }
    }

    // Returns when the client has closed its side. What it sends meanwhile interests nobody.
    asio::awaitable<void> client_gone()
    {
        char bytes[512];
        boost::system::error_code code;
        while (!code)
            co_await stream_.async_read_some(asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, code));
    }

    // In the text format of Prometheus.
    asio::awaitable<void> answer_metrics()
    {
        auto const told = co_await client_.async_metrics();
        std::string text;
        auto const line = [&text](std::string_view name, double value) {
            text += "replicate_" + std::string(name) + ' ' + std::to_string(value) + '\n';
        };
        line("requests_total{outcome=\"succeeded\"}", static_cast<double>(told.requests.succeeded));
        line("requests_total{outcome=\"failed\"}", static_cast<double>(told.requests.failed()));
        line("requests_in_flight", static_cast<double>(told.requests.in_flight()));
        line("requests_retried_total", static_cast<double>(told.requests.retried));
        line("requests_throttled_seconds_total", std::chrono::duration<double>(told.requests.throttled_time).count());
        line("queue_waiting", static_cast<double>(told.queue.waiting));
        line("connections_open", static_cast<double>(told.connections.open()));
        line("predictions_created_total", static_cast<double>(told.predictions.created + told.predictions.adopted));
        line("predictions_ended_total{status=\"succeeded\"}", static_cast<double>(told.predictions.succeeded));
        line("predictions_ended_total{status=\"failed\"}", static_cast<double>(told.predictions.failed));
        line("predictions_ended_total{status=\"canceled\"}", static_cast<double>(told.predictions.canceled));
        line("predict_seconds_total", told.predictions.predict_time);
        line("creates_per_minute", told.creates.per_minute);
        co_await send(http::status::ok, "text/plain; version=0.0.4", std::move(text));
    }

    asio::awaitable<void> refuse(problem trouble)
    {
        return send(trouble.status, "application/problem+json", trouble.body());
    }

    asio::awaitable<void> send(http::status status, char const* type, std::string body)
    {
        http::response<http::string_body> answer(status, 11);
        answer.set(http::field::content_type, type);
        if (status == http::status::method_not_allowed)
            answer.set(http::field::allow, "GET, POST");
        if (status == http::status::service_unavailable)
            answer.set(http::field::retry_after, "5");
        answer.keep_alive(false);
        answer.body() = std::move(body);
        answer.prepare_payload();
        stream_.expires_after(30s);
        co_await http::async_write(stream_, answer, asio::use_awaitable);
    }

    // What the client may still be sending is taken in for a moment: closing at once would reset the connection, and the answer with it.
    asio::awaitable<void> say_goodbye()
    {
        boost::system::error_code code;
        stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, code);
        char bytes[4096];
        stream_.expires_after(2s);
        for (int i = 0; i < 1000 && !code; ++i)
            co_await stream_.async_read_some(asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, code));
    }

    beast::tcp_stream stream_;
    beast::flat_buffer buffer_;
    replicate::client client_;
};

// Takes connections until it has had enough, or is stopped.
class server {
public:
    server(asio::io_context& context, replicate::client client, std::uint16_t port, std::optional<std::size_t> requests)
        : acceptor_(context, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), port))
        , signals_(context, SIGINT, SIGTERM)
        , grace_(context)
        , pause_(context)
        , client_(std::move(client))
        , left_(requests)
    {
        signals_.async_wait([this](boost::system::error_code code, int) {
            if (!code)
                stop();
        });
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

    asio::awaitable<void> accept()
    {
        while (acceptor_.is_open() && (!left_ || *left_ > 0)) {
            boost::system::error_code code;
            auto socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, code));
            if (code) {
                // There may be no descriptor left: the client waits until another one has gone.
                pause_.expires_after(50ms);
                co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, code));
                continue;
            }
            if (left_)
                --*left_;
            asio::co_spawn(acceptor_.get_executor(), serve(std::move(socket)), asio::detached);
        }
        acceptor_.close();
        accepting_ = false;
        rest();
    }

private:
    asio::awaitable<void> serve(asio::ip::tcp::socket socket)
    {
        auto const place = sessions_.emplace(sessions_.end(), std::move(socket), client_);
        try {
            co_await place->serve();
        } catch (std::exception const& failure) {
            std::cerr << "a connection has ended: " << failure.what() << '\n';
        }
        sessions_.erase(place);
        rest();
    }

    // No further connections; those that are there have some time to come to their end.
    void stop()
    {
        std::cout << "stopping\n" << std::flush;
        acceptor_.close();
        grace_.expires_after(5s);
        grace_.async_wait([this](boost::system::error_code code) {
            if (!code)
                std::for_each(sessions_.begin(), sessions_.end(), [](session& each) { each.stop(); });
        });
    }

    // Nothing is left to do, and nothing shall keep the io_context busy.
    void rest()
    {
        if (accepting_ || !sessions_.empty())
            return;
        signals_.cancel();
        grace_.cancel();
        client_.close_idle_connections();
    }

    asio::ip::tcp::acceptor acceptor_;
    asio::signal_set signals_;
    asio::steady_timer grace_;
    asio::steady_timer pause_;
    replicate::client client_;
    std::optional<std::size_t> left_;
    std::list<session> sessions_;
    bool accepting_ = true;
};

class options {
public:
    std::uint16_t port = 0;
    std::optional<std::size_t> requests;

    options(int count, char** arguments)
    {
        for (int i = 1; i < count; ++i) {
            std::string_view const name = arguments[i];
            bool const is_known = name == "--port" || name == "--requests";
            if (!is_known || i + 1 == count)
                throw std::invalid_argument("usage: 11_server [--port N] [--requests N]");
            unsigned long const value = std::stoul(arguments[++i]);
            if (name == "--requests")
                requests = value;
            else if (value <= 65535)
                port = static_cast<std::uint16_t>(value);
            else
                throw std::invalid_argument("--port: 0 to 65535");
        }
    }
};

} // namespace

int main(int count, char** arguments)
{
    try {
        options const wanted(count, arguments);
        example::service service;

        auto config = replicate::config::from_environment();
        config.log.sink = replicate::log_to_standard_error();
        config.log.level = replicate::log_level::warning;

        asio::io_context context(1);
        replicate::client client(context, config);
        server answering(context, client, wanted.port, wanted.requests);
        std::cout << "listening on http://127.0.0.1:" << answering.port() << '\n' << std::flush;
        asio::co_spawn(context, answering.accept(), [](std::exception_ptr failure) {
            if (failure)
                std::rethrow_exception(failure);
        });
        context.run();
        return 0;
    } catch (std::exception const& failure) {
        std::cerr << failure.what() << '\n';
        return 1;
    }
}
