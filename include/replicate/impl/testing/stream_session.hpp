// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_STREAM_SESSION_HPP
#define REPLICATE_IMPL_TESTING_STREAM_SESSION_HPP

#include <replicate/impl/testing/server_state.hpp>
#include <replicate/impl/testing/stream_events.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace replicate::testing::detail {

/// One request for the stream of a prediction. Everything on the server's strand.
class stream_session {
public:
    stream_session(std::shared_ptr<server_state> server, std::shared_ptr<link> line, recorded_request const& request);
    ~stream_session();

    stream_session(stream_session const&) = delete;
    stream_session& operator=(stream_session const&) = delete;

    /// The answer where it is no stream.
    std::optional<reply> refusal() const;

    /// Sends the stream, live, until it ends; false when the connection is to end too.
    asio::awaitable<bool> run();

private:
    // Each of these is false when nothing more is to be sent.
    asio::awaitable<bool> send_next();
    asio::awaitable<bool> send(std::string bytes);
    asio::awaitable<bool> write(std::string bytes);
    asio::awaitable<bool> wait();
    // False when the connection is to end too.
    asio::awaitable<bool> end();

    std::string head() const;
    void read_record();
    void find_start();
    bool is_cut() const noexcept;
    bool is_stalled() const noexcept;
    bool is_over() const noexcept;
    link::time_point next_time() const;

    std::shared_ptr<server_state> server_;
    std::shared_ptr<link> link_;
    stream_options const options_;
    stream_text const text_;
    std::string const id_;
    std::string last_event_id_;
    bool accepted_ = false;
    bool authorized_ = false;
    bool live_ = false;

    prediction_book::record_pointer record_;
    std::vector<stream_event> events_;
    std::size_t next_ = 0;
    // Of this connection.
    std::size_t sent_events_ = 0;
    std::size_t sent_bytes_ = 0;
    bool done_ = false;
    bool timed_out_ = false;
    link::time_point last_message_;
};

} // namespace replicate::testing::detail

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/testing/stream_session.ipp>
#endif

#endif
