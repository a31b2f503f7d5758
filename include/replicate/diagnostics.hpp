// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DIAGNOSTICS_HPP
#define REPLICATE_DIAGNOSTICS_HPP

#include <replicate/error_code.hpp>
#include <replicate/problem.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace replicate {

class prediction;

/// How far a request had come.
enum class phase {
    /// Nothing was begun: the arguments were looked at.
    prepare,
    /// Waiting for its turn, or for a free connection.
    queue,
    /// Looking up the addresses of the host.
    resolve,
    /// Connecting, through the proxy where there is one.
    connect,
    /// The TLS handshake.
    handshake,
    /// Sending the request.
    write,
    /// The request is sent; waiting for the first byte of the answer, or for the next look at the prediction.
    wait,
    /// Reading the answer.
    read
};

/// The name of a phase, as it stands in messages.
inline char const* to_string(phase value) noexcept
{
    switch (value) {
    case phase::prepare: return "prepare";
    case phase::queue: return "queue";
    case phase::resolve: return "resolve";
    case phase::connect: return "connect";
    case phase::handshake: return "handshake";
    case phase::write: return "write";
    case phase::wait: return "wait";
    case phase::read: return "read";
    }
    return "unknown";
}

/// What an error code cannot carry about a failure. An exception holds one (`error::diagnostics()`); a call
/// with a completion token of the caller's fills one that is given to it. A plain value; it never holds the token.
class diagnostics {
public:
    /// What was asked for: "POST /predictions". Empty where nothing was to be sent.
    std::string operation;
    /// The status of the answer; 0 where there was none.
    unsigned http_status = 0;
    /// The error that the answer described.
    replicate::problem problem;
    /// What the library knows besides: the name of the argument, the text of the TLS library, the address.
    std::string detail;
    /// How far the last attempt had come.
    replicate::phase phase = replicate::phase::prepare;
    /// How many times the request was tried; 0 where it was not.
    unsigned attempts = 0;
    /// The time since the call began.
    std::chrono::steady_clock::duration elapsed{};
    /// The id that a support request to Replicate should name (the header `cf-ray`); often empty.
    std::string request_id;
    /// The prediction that the call was about, as last seen, with its logs and links; null where there is none.
    std::shared_ptr<replicate::prediction const> prediction;
    /// The ids of the predictions before it that the service has interrupted, the first one first: where the call runs again
    /// (`run_options::reruns`), each of them may cost.
    std::vector<std::string> interrupted;

    /// Nothing has happened.
    diagnostics() = default;
};

namespace detail {

inline std::string seconds_text(std::chrono::steady_clock::duration elapsed)
{
    char text[32];
    std::snprintf(text, sizeof(text), "%.2f s", std::chrono::duration<double>(elapsed).count());
    return text;
}

inline std::string interrupted_text(std::vector<std::string> const& ids)
{
    std::string text;
    for (std::string const& id : ids)
        text += (text.empty() ? ": run again after the interruption of " : ", ") + id;
    return text;
}

} // namespace detail

/// One line for people:
/// `POST /predictions: 422 Input validation failed: prompt is required [read, attempt 1, 0.21 s]`.
inline std::string describe(boost::system::error_code code, diagnostics const& context)
{
    std::string line = context.operation;
    if (!line.empty())
        line += ": ";
    std::string const told = context.problem.text();
    if (code.category() == http_category() || code.category() == create_http_category())
        line += std::to_string(code.value()) + (told.empty() ? "" : " " + told);
    else
        line += code.message() + (told.empty() ? "" : ": " + told);
    if (!context.detail.empty())
        line += ": " + context.detail;
    line += detail::interrupted_text(context.interrupted);
    if (code.category() == create_http_category())
        line += "; " + make_error_code(errc::create_outcome_unknown).message();
    if (context.attempts == 0 && context.elapsed.count() == 0)
        return line;
    line += std::string(" [") + to_string(context.phase);
    if (context.attempts != 0)
        line += ", attempt " + std::to_string(context.attempts);
    return line + ", " + detail::seconds_text(context.elapsed) + "]";
}

} // namespace replicate

#endif
