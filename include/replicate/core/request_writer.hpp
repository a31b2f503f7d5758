// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_REQUEST_WRITER_HPP
#define REPLICATE_CORE_REQUEST_WRITER_HPP

#include <replicate/core/request.hpp>

#include <string>
#include <string_view>

namespace replicate::core {

/// What all requests of a client have in common. Every text is free of control characters.
class request_frame {
public:
    /// The header Host.
    std::string host;
    /// What stands before every target: "/v1".
    std::string path_prefix;
    /// The header User-Agent.
    std::string user_agent;

    /// Nothing.
    request_frame() = default;
};

/// The bytes of a request, except for a body that is streamed. Header and body are one string, so that they leave in one write. An empty token sends no
/// Authorization: for hosts that the token is not for.
inline std::string write_request(request const& what, request_frame const& frame, std::string_view token)
{
    std::string bytes;
    bytes.reserve(512 + what.body.size());
    auto const header = [&bytes](std::string_view name, std::string_view value) {
        bytes.append(name).append(": ").append(value).append("\r\n");
    };
    bytes.append(what.method).append(" ").append(frame.path_prefix).append(what.target).append(" HTTP/1.1\r\n");
    header("Host", frame.host);
    header("User-Agent", frame.user_agent);
    header("Accept", what.accept);
    // Answers are small and the line is rarely the bottleneck; a coding would only be work for both sides.
    header("Accept-Encoding", "identity");
    if (!token.empty())
        bytes.append("Authorization: Bearer ").append(token).append("\r\n");
    if (!what.content_type.empty())
        header("Content-Type", what.content_type);
    if (what.method != "GET")
        header("Content-Length", std::to_string(what.streamed_bytes.value_or(what.body.size())));
    for (auto const& [name, value] : what.headers)
        header(name, value);
    return bytes.append("\r\n").append(what.body);
}

} // namespace replicate::core

#endif
