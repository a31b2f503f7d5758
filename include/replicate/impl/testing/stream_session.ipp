// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_STREAM_SESSION_IPP
#define REPLICATE_IMPL_TESTING_STREAM_SESSION_IPP

#include <replicate/detail/config.hpp>
#include <replicate/impl/testing/stream_session.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace replicate::testing::detail {

REPLICATE_DECL stream_session::stream_session(
    std::shared_ptr<server_state> server, std::shared_ptr<link> line, recorded_request const& request)
    : server_(std::move(server))
    , link_(std::move(line))
    , options_(server_->core.streams.options.take())
    , text_(options_)
    , id_(server_->core.streams.find(std::string(request.path())))
    , last_event_id_(request.header("last-event-id"))
    , accepted_(request.header("accept").find("text/event-stream") != std::string_view::npos)
    , authorized_(server_->core.knows_token(request))
{
    bool const with_header = !request.header("authorization").empty();
    server_->seen.count([&](server_counts& counts) {
        counts.stream_authorizations += with_header ? 1 : 0;
        if (!last_event_id_.empty())
            counts.last_event_ids.push_back(last_event_id_);
    });
    if (auto const asked = query_value(request.query(), "last_event_id"); asked && last_event_id_.empty())
        last_event_id_ = *asked;
    record_ = server_->core.predictions.find(id_);
}

REPLICATE_DECL stream_session::~stream_session()
{
    if (!live_)
        return;
    auto const waiting = server_->held.equal_range(id_);
    auto const own =
        std::find_if(waiting.first, waiting.second, [&](auto const& entry) { return entry.second == link_.get(); });
    server_->held.erase(own);
    server_->seen.count([](server_counts& counts) { --counts.live_streams; });
}

REPLICATE_DECL std::optional<reply> stream_session::refusal() const
{
    if (options_.status != 0 && options_.body.empty())
        return problem(options_.status, "", reason_phrase(options_.status));
    if (options_.status != 0)
        return reply(options_.status, options_.body);
    if (options_.needs_token && !authorized_)
        return problem(401, "Unauthenticated", "You did not pass an authentication token");
    if (options_.needs_accept && !accepted_)
        return problem(406, "", "Accept must be text/event-stream");
    // With its data the events of a prediction go too.
    if (!record_ || record_->data_removed)
        return not_found();
    return std::nullopt;
}

REPLICATE_DECL std::string stream_session::head() const
{
    bool const chunked = options_.framing == stream_framing::chunked;
    std::string bytes = "HTTP/1.1 200 OK\r\n";
    append_header(bytes, "date", server_->date(std::chrono::system_clock::now()));
    append_header(bytes, "content-type", options_.content_type);
    append_header(bytes, "cache-control", "no-cache");
    append_header(bytes, "connection", chunked ? "keep-alive" : "close");
    if (chunked)
        append_header(bytes, "transfer-encoding", "chunked");
    return bytes += "\r\n";
}

// A cancel makes a new record; what had come before it is the same in both.
REPLICATE_DECL void stream_session::read_record()
{
    auto current = server_->core.predictions.find(id_);
    if (current == record_ && !events_.empty())
        return;
    record_ = std::move(current);
    events_ = stream_events(*record_, options_).list();
}

REPLICATE_DECL void stream_session::find_start()
{
    read_record();
    if (!options_.resumes || last_event_id_.empty())
        return;
    auto const found = std::find_if(
        events_.begin(), events_.end(), [&](stream_event const& each) { return each.id == last_event_id_; });
    if (found != events_.end())
        next_ = static_cast<std::size_t>(found - events_.begin()) + 1;
}

REPLICATE_DECL link::time_point stream_session::next_time() const
{
    return next_ < events_.size() ? record_->created.steady + events_[next_].at : link::time_point::max();
}

REPLICATE_DECL asio::awaitable<bool> stream_session::run()
{
    server_->held.emplace(id_, link_.get());
    live_ = true;
    server_->seen.count(
        [](server_counts& counts) { counts.peak_streams = std::max(counts.peak_streams, ++counts.live_streams); });
    find_start();
    std::string bytes = head();
    bool goes_on = co_await link_->write(std::move(bytes));
    bytes = text_.greeting();
    if (goes_on)
        goes_on = co_await send(std::move(bytes));
    last_message_ = std::chrono::steady_clock::now();
    while (goes_on && !is_over()) {
        read_record();
        if (!is_stalled() && next_time() <= std::chrono::steady_clock::now())
            goes_on = co_await send_next();
        else
            goes_on = co_await wait();
    }
    if (goes_on)
        goes_on = co_await end();
    co_return goes_on;
}

REPLICATE_DECL bool stream_session::is_cut() const noexcept
{
    return (options_.cut_after_events && sent_events_ >= *options_.cut_after_events)
        || (options_.cut_after_bytes && sent_bytes_ >= *options_.cut_after_bytes);
}

REPLICATE_DECL bool stream_session::is_stalled() const noexcept
{
    return options_.stall_after_events && sent_events_ >= *options_.stall_after_events;
}

REPLICATE_DECL bool stream_session::is_over() const noexcept
{
    return is_cut() || timed_out_ || (done_ && options_.close_after_done);
}

REPLICATE_DECL asio::awaitable<bool> stream_session::send_next()
{
    stream_event const& told = events_[next_++];
    done_ = told.name == "done";
    std::string bytes = text_.event(told);
    bool const sent = co_await send(std::move(bytes));
    last_message_ = std::chrono::steady_clock::now();
    ++sent_events_;
    server_->seen.count([](server_counts& counts) { ++counts.stream_events; });
    co_return sent;
}

REPLICATE_DECL asio::awaitable<bool> stream_session::wait()
{
    bool const stalled = is_stalled();
    auto const patience = last_message_ + options_.idle_timeout;
    auto const until = stalled ? link::time_point::max() : std::min(next_time(), patience);
    bool there = co_await link_->sleep_until(until, true);
    if (!there || stalled || std::chrono::steady_clock::now() < patience || next_time() <= patience)
        co_return there;
    timed_out_ = true;
    std::string comment = text_.timeout();
    there = co_await send(std::move(comment));
    co_return there;
}

REPLICATE_DECL asio::awaitable<bool> stream_session::send(std::string bytes)
{
    if (options_.cut_after_bytes)
        bytes.resize(std::min(bytes.size(), *options_.cut_after_bytes - sent_bytes_));
    sent_bytes_ += bytes.size();
    if (bytes.empty())
        co_return true;
    if (options_.framing == stream_framing::chunked) {
        std::string framed;
        append_chunk(framed, bytes);
        bytes = std::move(framed);
    }
    bool const sent = co_await write(std::move(bytes));
    co_return sent;
}

REPLICATE_DECL asio::awaitable<bool> stream_session::write(std::string bytes)
{
    if (!options_.byte_by_byte) {
        bool const sent = co_await link_->write(std::move(bytes));
        co_return sent;
    }
    for (char const letter : bytes) {
        bool const sent = co_await link_->write(std::string(1, letter));
        if (!sent)
            co_return false;
    }
    co_return true;
}

REPLICATE_DECL asio::awaitable<bool> stream_session::end()
{
    bool const cut = is_cut() && options_.cut != stream_ending::complete;
    if (cut && options_.cut == stream_ending::reset)
        link_->reset();
    if (cut)
        co_return false;
    bool const chunked = options_.framing == stream_framing::chunked;
    bool there = true;
    if (chunked)
        there = co_await link_->write("0\r\n\r\n");
    // Whoever was left waiting is not waited for.
    if (there && chunked && !timed_out_)
        co_return true;
    if (there)
        co_await link_->say_goodbye();
    co_return false;
}

} // namespace replicate::testing::detail

#endif
