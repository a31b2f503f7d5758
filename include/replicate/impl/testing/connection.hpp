// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_CONNECTION_HPP
#define REPLICATE_IMPL_TESTING_CONNECTION_HPP

#include <replicate/impl/testing/link.hpp>
#include <replicate/impl/testing/server_state.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace replicate::testing::detail {

/// The requests of one connection, one after the other, with the faults that are due. Everything on the server's strand.
class connection {
public:
    connection(std::shared_ptr<server_state> server, asio::ip::tcp::socket socket, origin listener);
    ~connection();

    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;

    /// Serves it until it ends.
    asio::awaitable<void> run();

private:
    using kind = fault_description::kind;

    // Each of these is false when the connection is to end.
    asio::awaitable<bool> open_tls();
    asio::awaitable<bool> fail_before_tls();
    asio::awaitable<bool> serve_one();
    asio::awaitable<bool> read_head();
    asio::awaitable<bool> read_body();
    asio::awaitable<bool> refuse_early();
    asio::awaitable<bool> answer_request();
    asio::awaitable<bool> serve_stream();
    asio::awaitable<bool> wait_for_prediction(hold waiting);
    asio::awaitable<bool> send_answer();
    asio::awaitable<bool> send_file();
    asio::awaitable<bool> drip(std::string bytes);
    asio::awaitable<bool> delay(bool watching);

    void take_fault();
    void take_head();
    void remember_request();
    outcome carry_out();
    std::optional<std::string> paid_input(outcome const& result) const;
    void remember_and_count(outcome const& result);

    std::shared_ptr<server_state> server_;
    std::shared_ptr<link> link_;
    origin origin_;
    std::size_t number_;
    std::size_t requests_ = 0;

    // Of the request at work.
    std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
    recorded_request request_;
    route_match matched_;
    fault_description fault_;
    reply answer_;
    bool keep_alive_ = true;
    bool head_only_ = false;
    bool remembered_ = false;
    bool counts_asked_ = false;
};

} // namespace replicate::testing::detail

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/testing/connection.ipp>
#endif

#endif
