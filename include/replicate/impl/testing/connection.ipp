// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_CONNECTION_IPP
#define REPLICATE_IMPL_TESTING_CONNECTION_IPP

#include <replicate/detail/config.hpp>
#include <replicate/impl/testing/connection.hpp>
#include <replicate/impl/testing/counts_text.hpp>
#include <replicate/impl/testing/create_request.hpp>
#include <replicate/impl/testing/prediction_text.hpp>
#include <replicate/impl/testing/send_body.hpp>
#include <replicate/impl/testing/stream_session.hpp>
#include <replicate/impl/testing/webhook_job.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <utility>

namespace replicate::testing::detail {

inline constexpr auto for_ever = link::time_point::max();

REPLICATE_DECL connection::connection(
    std::shared_ptr<server_state> server, asio::ip::tcp::socket socket, origin listener)
    : server_(std::move(server))
    , link_(std::make_shared<link>(server_->executor, std::move(socket), server_->tls))
    , origin_(listener)
    , number_(++server_->accepted)
{
    server_->open.insert(link_.get());
    server_->seen.connection_opened();
}

REPLICATE_DECL connection::~connection()
{
    link_->close();
    server_->open.erase(link_.get());
    server_->seen.connection_closed();
}

REPLICATE_DECL asio::awaitable<void> connection::run()
{
    bool open = co_await open_tls();
    while (open && !link_->closed())
        open = co_await serve_one();
}

REPLICATE_DECL asio::awaitable<bool> connection::open_tls()
{
    request_.operation = operation::connection;
    request_.connection = number_;
    take_fault();
    bool const goes_on = co_await fail_before_tls();
    if (!goes_on)
        co_return false;
    auto const failure = co_await link_->handshake();
    bool const resumed = !failure && link_->resumed();
    server_->seen.count([&](server_counts& counts) {
        ++(failure ? counts.failed_handshakes : resumed ? counts.resumed_handshakes : counts.full_handshakes);
    });
    if (!failure && fault_.what == kind::never_read)
        co_await link_->sleep_until(for_ever, false);
    co_return !failure;
}

REPLICATE_DECL asio::awaitable<bool> connection::delay(bool watching)
{
    if (fault_.wait.count() <= 0)
        co_return true;
    bool const there = co_await link_->sleep_until(std::chrono::steady_clock::now() + fault_.wait, watching);
    co_return there;
}

REPLICATE_DECL asio::awaitable<bool> connection::fail_before_tls()
{
    bool const there = co_await delay(false);
    switch (fault_.what) {
    case kind::drop_before_request:
    case kind::drop_after_request: co_return false;
    case kind::reset_after_request: link_->reset(); co_return false;
    case kind::raw: co_await link_->write_plain(std::move(fault_.bytes)); co_return false;
    case kind::never_answer:
    case kind::stall_handshake: co_await link_->sleep_until(for_ever, false); co_return false;
    default: co_return there;
    }
}

REPLICATE_DECL void connection::take_fault()
{
    fault_ = server_->faults->take(request_).value_or(fault_description());
    if (fault_.what != kind::none || fault_.wait.count() > 0)
        server_->seen.count([](server_counts& counts) { ++counts.faults; });
}

REPLICATE_DECL asio::awaitable<bool> connection::serve_one()
{
    bool usable = co_await read_head();
    if (!usable)
        co_return false;
    take_head();
    if (counts_asked_) {
        fault_ = fault_description();
        answer_ = reply(200, describe_counts(server_->seen.counts()));
        bool const told = co_await send_answer();
        co_return told && keep_alive_;
    }
    take_fault();
    if (fault_.what == kind::drop_before_request || fault_.what == kind::never_read)
        remember_request();
    if (fault_.what == kind::never_read)
        co_await link_->sleep_until(for_ever, false);
    if (remembered_)
        co_return false;
    bool const refused = co_await refuse_early();
    if (refused)
        co_return false;
    usable = co_await read_body();
    if (usable)
        usable = co_await answer_request();
    if (!remembered_)
        remember_request();
    co_return usable&& keep_alive_;
}

REPLICATE_DECL asio::awaitable<bool> connection::read_head()
{
    parser_.emplace();
    parser_->header_limit(256 * 1024);
    parser_->body_limit(std::uint64_t(1) << 30);
    bool received = true;
    while (received) {
        boost::system::error_code failure = boost::beast::http::error::need_more;
        std::string_view const bytes = link_->unread();
        if (!bytes.empty())
            link_->consume(parser_->put(asio::buffer(bytes), failure));
        if (parser_->is_header_done())
            co_return true;
        if (failure && failure != boost::beast::http::error::need_more) {
            reply const refusal = problem(400, "", "The request is not HTTP: " + failure.message());
            std::string answer = to_bytes(refusal, answer_framing::content_length, true, true, "");
            co_await link_->write(std::move(answer));
            co_return false;
        }
        received = co_await link_->read_more();
    }
    co_return false;
}

REPLICATE_DECL void connection::take_head()
{
    auto const& message = parser_->get();
    request_ = recorded_request();
    remembered_ = false;
    request_.connection = number_;
    request_.number_on_connection = ++requests_;
    request_.arrived = std::chrono::steady_clock::now();
    request_.method = std::string_view(message.method_string());
    request_.target = std::string_view(message.target());
    for (auto const& field : message)
        request_.headers.emplace_back(std::string_view(field.name_string()), std::string_view(field.value()));
    matched_ = origin_ == origin::api ? server_->core.match(request_) : route_match();
    request_.operation = origin_ == origin::api ? matched_.kind()
        : origin_ == origin::stream            ? operation::stream
                                               : operation::download;
    keep_alive_ = message.keep_alive();
    head_only_ = request_.method == "HEAD";
    counts_asked_ = origin_ == origin::api && request_.path() == "/_/counts";
    if (!counts_asked_)
        server_->seen.request_seen(request_.operation);
    if (origin_ == origin::delivery && !request_.header("authorization").empty())
        server_->seen.count([](server_counts& counts) { ++counts.delivery_authorizations; });
}

REPLICATE_DECL asio::awaitable<bool> connection::read_body()
{
    bool received = true;
    if (!parser_->is_done() && request_.header("expect") == "100-continue")
        received = co_await link_->write("HTTP/1.1 100 Continue\r\n\r\n");
    parser_->eager(true);
    while (received && !parser_->is_done()) {
        boost::system::error_code failure;
        std::string_view const bytes = link_->unread();
        if (!bytes.empty())
            link_->consume(parser_->put(asio::buffer(bytes), failure));
        if (failure && failure != boost::beast::http::error::need_more)
            co_return false;
        if (!parser_->is_done())
            received = co_await link_->read_more();
    }
    request_.body = std::move(parser_->get().body());
    co_return received;
}

// An upload that is too large is refused before it is read, as a server in front of the service does it: nothing more is read,
// and the connection stays for a while, so that whoever only writes is stuck.
REPLICATE_DECL asio::awaitable<bool> connection::refuse_early()
{
    service const& core = server_->core;
    constexpr std::uint64_t form_allowance = 16 * 1024;
    auto const length = parser_->content_length();
    if (request_.operation != operation::file_create || fault_.what != kind::none || core.recorded.active()
        || !core.knows_token(request_) || !length || *length <= core.options.largest_file + form_allowance)
        co_return false;
    reply const refusal = file_too_large();
    remember_request();
    std::string bytes = to_bytes(refusal, answer_framing::content_length, true, true,
        server_->date(std::chrono::system_clock::now()));
    bool const sent = co_await link_->write(std::move(bytes));
    if (sent)
        co_await link_->sleep_until(std::chrono::steady_clock::now() + core.options.early_answer_linger, false);
    co_return true;
}

REPLICATE_DECL void connection::remember_request()
{
    remembered_ = true;
    if (request_.body.size() > server_->core.options.largest_remembered_body)
        request_.body = std::string();
    server_->seen.remember(std::move(request_));
}

REPLICATE_DECL outcome connection::carry_out()
{
    if (!fault_.carried_out)
        return outcome();
    if (origin_ == origin::stream)
        return outcome(not_found());
    moment now = moment::now();
    now.system += server_->core.options.clock_offset;
    if (origin_ == origin::delivery)
        return outcome(server_->core.files.answer(request_, server_->core.knows_token(request_), now.system));
    try {
        return server_->core.answer(request_, matched_, now);
    } catch (std::exception const& failure) {
        return outcome(problem(500, "", failure.what()));
    }
}

// The input of a create that a client has to take for paid, see `server_counts::creates`; nothing where there is none.
REPLICATE_DECL std::optional<std::string> connection::paid_input(outcome const& result) const
{
    unsigned const status = fault_.what == kind::status ? fault_.answer_status : result.answer.status;
    bool const refused = status >= 400 && status < 500;
    if (request_.operation != operation::create || (refused && !result.created_input))
        return std::nullopt;
    if (result.created_input)
        return *result.created_input;
    auto const parsed = parse_create(request_.body,
        request_.path().find("/models/") == std::string::npos
            && request_.path().find("/deployments/") == std::string::npos);
    return parsed.refusal ? std::string() : gateway_order(json::value(parsed.input));
}

// The request is remembered first: whoever sees it counted can look at it.
REPLICATE_DECL void connection::remember_and_count(outcome const& result)
{
    auto const input = paid_input(result);
    remember_request();
    server_->seen.count([&](server_counts& counts) {
        counts.unmatched_replays += result.unmatched_replay ? 1 : 0;
        if (!input)
            return;
        ++counts.creates;
        ++counts.creates_by_input[*input];
        counts.predictions += result.created_input ? 1 : 0;
    });
}

REPLICATE_DECL asio::awaitable<bool> connection::answer_request()
{
    bool there = co_await delay(true);
    if (!there)
        co_return false;
    if (origin_ == origin::stream && fault_.carried_out && fault_.what == kind::none) {
        bool const goes_on = co_await serve_stream();
        co_return goes_on;
    }
    outcome result = carry_out();
    remember_and_count(result);
    if (!result.ended.empty())
        server_->wake(result.ended);
    if (!result.created_id.empty())
        start_webhooks(server_, result.created_id);
    answer_ = std::move(result.answer);
    switch (fault_.what) {
    case kind::drop_after_request: co_return false;
    case kind::reset_after_request: link_->reset(); co_return false;
    case kind::raw: co_await link_->write(std::move(fault_.bytes)); co_return false;
    case kind::never_answer: co_await link_->sleep_until(for_ever, true); co_return false;
    default: break;
    }
    if (result.held && fault_.what != kind::status) {
        there = co_await wait_for_prediction(std::move(*result.held));
        if (!there)
            co_return false;
    }
    bool const sent = co_await send_answer();
    co_return sent;
}

REPLICATE_DECL asio::awaitable<bool> connection::serve_stream()
{
    stream_session session(server_, link_, request_);
    remember_request();
    bool goes_on = true;
    auto refusal = session.refusal();
    if (refusal) {
        answer_ = std::move(*refusal);
        goes_on = co_await send_answer();
    } else {
        goes_on = co_await session.run();
    }
    co_return goes_on;
}

REPLICATE_DECL asio::awaitable<bool> connection::wait_for_prediction(hold waiting)
{
    auto const entry = server_->held.emplace(waiting.id, link_.get());
    bool const there = co_await link_->sleep_until(waiting.until, true);
    server_->held.erase(entry);
    if (there)
        answer_ = server_->core.finish_hold(waiting, moment::now());
    co_return there;
}

REPLICATE_DECL asio::awaitable<bool> connection::send_answer()
{
    if (fault_.what == kind::status)
        answer_ = reply_of(fault_);
    bool const piecemeal = fault_.what == kind::cut_answer || fault_.what == kind::drip;
    if (answer_.file && !piecemeal) {
        bool const delivered = co_await send_file();
        co_return delivered;
    }
    if (answer_.file) {
        answer_.body = answer_.file->bytes();
        answer_.file.reset();
    }
    answer_framing const framing = server_->core.options.framing;
    keep_alive_ = keep_alive_ && framing != answer_framing::connection_close;
    std::string bytes =
        to_bytes(answer_, framing, !keep_alive_, !head_only_, server_->date(std::chrono::system_clock::now()));
    if (fault_.what == kind::cut_answer)
        bytes.resize(std::min(bytes.size(), fault_.amount));
    bool sent = false;
    if (fault_.what == kind::drip)
        sent = co_await drip(std::move(bytes));
    else
        sent = co_await link_->write(std::move(bytes));
    if (fault_.what == kind::cut_answer || fault_.what == kind::close_after_answer)
        co_return false;
    if (sent && !keep_alive_)
        co_await link_->say_goodbye();
    co_return sent;
}

// However large the file is, it is not copied.
REPLICATE_DECL asio::awaitable<bool> connection::send_file()
{
    file_body const part(*answer_.file);
    answer_framing framing = server_->core.options.framing;
    if (!part.length)
        framing = answer_framing::connection_close;
    bool const chunked = framing == answer_framing::chunked;
    keep_alive_ = keep_alive_ && framing != answer_framing::connection_close;
    std::string head = head_bytes(answer_, framing, !keep_alive_, server_->date(std::chrono::system_clock::now()));
    bool sent = co_await link_->write(std::move(head));
    if (sent && !head_only_)
        sent = co_await send_body(link_, part, chunked);
    if (!part.is_whole() || fault_.what == kind::close_after_answer)
        co_return false;
    if (sent && !keep_alive_)
        co_await link_->say_goodbye();
    co_return sent;
}

REPLICATE_DECL asio::awaitable<bool> connection::drip(std::string bytes)
{
    auto const pause = std::chrono::nanoseconds(std::chrono::seconds(1)) / std::max<std::size_t>(fault_.amount, 1);
    for (char const letter : bytes) {
        bool there = co_await link_->write(std::string(1, letter));
        if (there)
            there = co_await link_->sleep_until(std::chrono::steady_clock::now() + pause, true);
        if (!there)
            co_return false;
    }
    co_return true;
}

} // namespace replicate::testing::detail

#endif
