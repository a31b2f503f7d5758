// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_REQUEST_HPP
#define REPLICATE_CORE_REQUEST_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::core {

/// May a request be sent twice?
enum class repeatability {
    /// It reads, or repeating it changes nothing (cancel).
    safe,
    /// It creates something that is paid for.
    creates
};

/// One request to the API, before it is bound to an origin, a token and a connection.
class request {
public:
    /// GET, POST, PATCH, DELETE, QUERY.
    std::string method = "GET";
    /// Path below the base URL, and query: "/predictions?cursor=x". Every segment is already percent-encoded.
    std::string target;
    /// The media type of the body; empty where there is none.
    std::string content_type;
    /// The body.
    std::string body;
    /// How many bytes of body follow that are made while they are sent; `body` is empty then.
    std::optional<std::uint64_t> streamed_bytes;
    /// The media types that the answer may have.
    std::string accept = "*/*";
    /// Further headers. Names and values are free of control characters.
    std::vector<std::pair<std::string, std::string>> headers;
    /// Whether it may be repeated.
    core::repeatability repeatability = core::repeatability::safe;
    /// How long the service was asked to hold its answer; the time limit for the answer grows by it.
    std::chrono::seconds server_wait{0};

    /// GET of nothing yet.
    request() = default;

    /// A request without a body.
    request(std::string method_name, std::string path)
        : method(std::move(method_name))
        , target(std::move(path))
    {
    }

    /// What it is called in messages: method and path, without the query.
    std::string name() const { return method + ' ' + target.substr(0, target.find('?')); }
};

/// One answer, as far as anything here needs it.
class response {
public:
    /// 200 to 599.
    unsigned status = 0;
    /// The body, decoded from its transfer coding.
    std::string body;
    /// The headers that the library knows what to do with; names in lower case.
    std::vector<std::pair<std::string, std::string>> headers;

    /// No answer.
    response() = default;

    /// The value of a header, by its lower-case name; empty where there is none.
    std::string_view header(std::string_view name) const noexcept
    {
        for (auto const& [known_name, value] : headers)
            if (known_name == name)
                return value;
        return {};
    }
};

/// True for the headers that are worth keeping; the rest of an answer's header is dropped as it is read.
constexpr bool is_kept_header(std::string_view lower_case_name) noexcept
{
    constexpr std::string_view kept[] = {"cf-ray", "content-encoding", "content-length", "content-range", "content-type",
        "date", "etag", "last-modified", "location", "preference-applied", "ratelimit-remaining", "ratelimit-reset",
        "retry-after", "retry-after-ms"};
    for (std::string_view name : kept)
        if (name == lower_case_name)
            return true;
    return false;
}

} // namespace replicate::core

#endif
