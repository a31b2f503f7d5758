// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_RAW_STREAM_HPP
#define REPLICATE_TESTS_SUPPORT_RAW_STREAM_HPP

// Requests to any URL of this machine, and streams read as they come, by the client of raw_client.hpp.

#include "support/raw_client.hpp"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace raw {

/// The port and the path of an URL of this machine.
class place {
public:
    std::uint16_t port = 0;
    std::string target;

    explicit place(std::string_view url)
    {
        url.remove_prefix(url.find("://") + 3);
        std::size_t const slash = url.find('/');
        target = slash == std::string_view::npos ? "/" : std::string(url.substr(slash));
        port =
            static_cast<std::uint16_t>(std::strtoul(std::string(url.substr(url.find(':') + 1)).c_str(), nullptr, 10));
    }
};

/// A connection on which one request was sent, to an URL.
class visit {
public:
    visit(replicate::testing::server const& server, std::string_view url, std::string_view headers = {},
        std::string_view method = "GET")
        : settings_(server)
        , connection_(std::make_unique<connection>(place(url).port))
    {
        if (!connection_->handshake(settings_))
            throw std::runtime_error("handshake failed: " + connection_->failure);
        again(url, headers, method);
    }

    /// The next request on the same connection.
    void again(std::string_view url, std::string_view headers = {}, std::string_view method = "GET")
    {
        std::string text(method);
        text.append(" ").append(place(url).target).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n").append(headers);
        connection_->send(text.append("\r\n"));
    }

    answer read(bool with_body = true) { return connection_->read(with_body); }
    connection& line() { return *connection_; }
    ending how_it_ended() const { return connection_->how_it_ended; }

private:
    settings settings_;
    std::unique_ptr<connection> connection_;
};

/// One block of a stream: what stands before a blank line.
class block {
public:
    std::string event;
    std::string id;
    std::string data;
    std::string comment;
    bool has_data = false;

    block() = default;

    /// Reads one from its lines.
    explicit block(std::string_view text)
    {
        while (!text.empty()) {
            std::string_view const line = text.substr(0, text.find('\n'));
            text.remove_prefix(std::min(text.size(), line.size() + 1));
            if (line.substr(0, 7) == "event: ")
                event = line.substr(7);
            else if (line.substr(0, 4) == "id: ")
                id = line.substr(4);
            else if (line.substr(0, 6) == "data: ")
                add(line.substr(6));
            else
                comment = line;
        }
    }

private:
    void add(std::string_view line)
    {
        data += has_data ? "\n" : "";
        data += line;
        has_data = true;
    }
};

/// The blocks of a whole body whose lines end in line feeds. What is not ended by a blank line is left out.
inline std::vector<block> blocks_of(std::string_view body)
{
    std::vector<block> found;
    for (std::size_t end = 0; (end = body.find("\n\n")) != std::string_view::npos; body.remove_prefix(end + 2))
        found.emplace_back(body.substr(0, end + 1));
    return found;
}

/// The text that the output events of a body make.
inline std::string output_of(std::string_view body)
{
    std::string text;
    for (block const& each : blocks_of(body))
        if (each.event == "output")
            text += each.data;
    return text;
}

/// A chunked stream, read block by block as it comes.
class live_stream {
public:
    live_stream(replicate::testing::server const& server, std::string_view url, std::string_view headers = {})
        : visit_(server, url, headers)
    {
        while (visit_.line().received.find("\r\n\r\n") == std::string::npos)
            if (!visit_.line().receive())
                return;
        visit_.line().received.erase(0, visit_.line().received.find("\r\n\r\n") + 4);
    }

    /// The next block; an empty one at the end of the connection.
    block next()
    {
        std::size_t end = 0;
        while ((end = body_.find("\n\n")) == std::string::npos)
            if (!take_chunk() && !visit_.line().receive())
                return {};
        block const found(std::string_view(body_).substr(0, end + 1));
        body_.erase(0, end + 2);
        return found;
    }

    ending how_it_ended() const { return visit_.how_it_ended(); }

private:
    bool take_chunk()
    {
        std::string& bytes = visit_.line().received;
        std::size_t const line = bytes.find("\r\n");
        if (line == std::string::npos)
            return false;
        std::size_t const size = std::strtoul(bytes.c_str(), nullptr, 16);
        if (bytes.size() < line + 4 + size)
            return false;
        body_ += bytes.substr(line + 2, size);
        bytes.erase(0, line + 4 + size);
        return size > 0;
    }

    visit visit_;
    std::string body_;
};

} // namespace raw

#endif
