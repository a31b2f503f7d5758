// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_WIRE_HPP
#define REPLICATE_IMPL_TESTING_WIRE_HPP

#include <replicate/testing/output_file.hpp>
#include <replicate/testing/server_options.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse_options.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

namespace json = boost::json;

/// The two clocks at one moment. The cores of the server are told the time; they never ask for it.
class moment {
public:
    std::chrono::steady_clock::time_point steady;
    std::chrono::system_clock::time_point system;

    moment(std::chrono::steady_clock::time_point steady_time, std::chrono::system_clock::time_point system_time)
        : steady(steady_time)
        , system(system_time)
    {
    }

    static moment now() { return moment(std::chrono::steady_clock::now(), std::chrono::system_clock::now()); }
};

/// The body of an answer that is part of a file; it is not copied.
class file_body {
public:
    std::shared_ptr<output_file const> file;
    std::size_t begin = 0;
    std::size_t end = 0;
    /// Ends after so many bytes.
    std::optional<std::size_t> cut;
    bool reset = false;
    /// What Content-Length says; empty for none.
    std::optional<std::size_t> length;

    file_body(std::shared_ptr<output_file const> whole, std::size_t first, std::size_t past_last)
        : file(std::move(whole))
        , begin(first)
        , end(past_last)
        , length(past_last - first)
    {
    }

    std::string_view bytes() const noexcept { return file->content().substr(begin, end - begin); }

    /// Whether what is sent is what was said.
    bool is_whole() const noexcept { return !cut && length.value_or(end - begin) == end - begin; }
};

/// An answer before it is bytes.
class reply {
public:
    unsigned status = 200;
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    /// In place of `body`.
    std::optional<file_body> file;

    reply() = default;

    reply(unsigned code, std::string text)
        : status(code)
        , body(std::move(text))
    {
    }

    reply& header(std::string name, std::string value) &
    {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }
};

inline json::string_view view(std::string_view text) noexcept
{
    return json::string_view(text.data(), text.size());
}

inline std::string_view view(json::string_view text) noexcept
{
    return std::string_view(text.data(), text.size());
}

/// Inputs and outputs may be nested deeper than Boost.JSON allows unless told.
inline json::parse_options deep_json() noexcept
{
    json::parse_options options;
    options.max_depth = 512;
    return options;
}

/// The service's error document: compact, and with a line end after it.
inline reply problem(unsigned status, std::string_view title, std::string_view detail)
{
    json::object document;
    if (!title.empty())
        document["title"] = view(title);
    document["detail"] = view(detail);
    document["status"] = status;
    reply made(status, json::serialize(document) + '\n');
    made.content_type = "application/problem+json";
    return made;
}

/// http-api 8.2: what is answered for whatever is not there.
inline reply not_found()
{
    return problem(404, "", "The requested resource could not be found.");
}

inline char const* reason_phrase(unsigned status) noexcept
{
    switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 410: return "Gone";
    case 413: return "Payload Too Large";
    case 416: return "Range Not Satisfiable";
    case 422: return "Unprocessable Entity";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "Status";
    }
}

inline void append_header(std::string& bytes, std::string_view name, std::string_view value)
{
    bytes.append(name).append(": ").append(value).append("\r\n");
}

inline void append_chunk(std::string& bytes, std::string_view chunk)
{
    char size[16];
    char* const end = std::to_chars(size, size + sizeof size, chunk.size(), 16).ptr;
    bytes.append(size, end).append("\r\n").append(chunk).append("\r\n");
}

// In pieces, so that clients meet chunks that end anywhere.
inline void append_chunks(std::string& bytes, std::string_view body)
{
    while (!body.empty()) {
        std::string_view const chunk = body.substr(0, 4096);
        append_chunk(bytes, chunk);
        body.remove_prefix(chunk.size());
    }
    bytes += "0\r\n\r\n";
}

/// The header of an answer. `close` announces the end of the connection.
inline std::string head_bytes(reply const& answer, answer_framing framing, bool close, std::string_view date)
{
    bool const empty_by_rule = answer.status == 204 || answer.status == 304 || answer.status < 200;
    std::optional<std::size_t> const length = answer.file ? answer.file->length : answer.body.size();
    std::string bytes;
    bytes.reserve(answer.body.size() + 512);
    bytes += "HTTP/1.1 " + std::to_string(answer.status) + ' ' + reason_phrase(answer.status) + "\r\n";
    append_header(bytes, "date", date);
    append_header(bytes, "content-type", answer.content_type);
    for (auto const& [name, value] : answer.headers)
        append_header(bytes, name, value);
    append_header(bytes, "connection", close || framing == answer_framing::connection_close ? "close" : "keep-alive");
    if (framing == answer_framing::content_length && !empty_by_rule && length)
        append_header(bytes, "content-length", std::to_string(*length));
    if (framing == answer_framing::chunked && !empty_by_rule)
        append_header(bytes, "transfer-encoding", "chunked");
    return bytes += "\r\n";
}

/// The bytes of an answer; `with_body` is false for the answer to a HEAD.
inline std::string to_bytes(
    reply const& answer, answer_framing framing, bool close, bool with_body, std::string_view date)
{
    bool const empty_by_rule = answer.status == 204 || answer.status == 304 || answer.status < 200;
    std::string bytes = head_bytes(answer, framing, close, date);
    if (!with_body || empty_by_rule)
        return bytes;
    if (framing == answer_framing::chunked)
        append_chunks(bytes, answer.body);
    else
        bytes += answer.body;
    return bytes;
}

} // namespace replicate::testing::detail

#endif
