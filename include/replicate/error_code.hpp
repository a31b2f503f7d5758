// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_ERROR_CODE_HPP
#define REPLICATE_ERROR_CODE_HPP

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/error_condition.hpp>

#include <string>
#include <type_traits>

namespace replicate {

/// What the library itself reports. An answer of the service with a status of 400 or more is reported
/// in `http_category()` instead, with the status as the value. Compare with `condition`, not with these,
/// unless the exact cause matters.
enum class errc {
    /// No token was configured. Nothing was sent.
    missing_token = 1,
    /// An argument was refused before anything was sent; the text names it.
    invalid_argument,
    /// The configuration was refused when the client was made; the text names the member.
    invalid_configuration,
    /// The output is not of the kind that was asked for; `output::json()` always works.
    output_mismatch,

    /// The host name has no address.
    resolve_failed,
    /// No address of the host accepted a connection.
    connect_failed,
    /// The proxy refused to open a tunnel.
    proxy_refused,
    /// The connection ended before a byte of the answer came.
    connection_lost,
    /// The TLS handshake failed, for another reason than the certificate.
    handshake_failed,
    /// The certificate of the host was not accepted.
    certificate_rejected,

    /// One phase of a request took longer than its own limit; the diagnostics name the phase.
    timed_out,
    /// The call as a whole took longer than its `timeout`.
    deadline_exceeded,

    /// The answer is not HTTP/1.1 as it should be.
    malformed_response,
    /// The connection ended in the middle of an answer.
    truncated_response,
    /// The header of the answer is larger than `config::limits` allows.
    header_too_large,
    /// The body of the answer is larger than `config::limits` allows.
    body_too_large,
    /// The answer is not JSON, though JSON was due.
    unexpected_content,
    /// The answer is JSON, but lacks what this operation needs.
    unexpected_document,

    /// The prediction ended with the status `failed`.
    prediction_failed,
    /// The prediction ended with the status `canceled`.
    prediction_canceled,
    /// The prediction ended with the status `aborted`: its deadline passed before it started. It costs nothing.
    prediction_aborted,
    /// A request that creates something paid for (a prediction, a training, a deployment) was sent and its answer was lost:
    /// it may or may not exist. It is not sent again, because that could cost twice.
    create_outcome_unknown,

    /// A prediction took longer to start than `run_options::start_timeout`.
    start_timed_out,
    /// A prediction ran longer than `run_options::running_timeout`.
    running_timed_out,

    /// A stream was asked of a model that does not stream.
    stream_unavailable,
    /// What came of a stream is not the output of its prediction.
    stream_truncated,
    /// A subscriber of a stream was too slow, or came too late: what it should read next is no longer kept.
    stream_lagged,
    /// A stream was read that had been closed.
    stream_closed,

    /// A file of this machine that is to be sent is missing, is no ordinary file, or cannot be read; the text names it. Nothing
    /// was created.
    file_not_readable,
    /// A file is larger than what the service takes (100 MB); the text names it and the limit. Nothing was sent.
    file_too_large,
    /// A file became another one while it was sent or read: it shrank, grew, or was replaced; the text names it.
    file_changed,
    /// There is a file already where one was to be saved; see `save_options::overwrite`.
    file_exists,
    /// A file could not be written: no such directory, no permission, no space; the text names it. Nothing is left of it.
    file_not_writable,

    /// The service said that it created something, and its id did not come through. It is not sent again.
    created_id_lost,

    /// As many calls wait for their turn already as `scheduler_config::queue_length` allows. Nothing was sent.
    queue_full,

    /// The proxy wants credentials, or other ones (407); they stand in `proxy_config::url`. Nothing was sent, and the request is
    /// not repeated.
    proxy_authentication_failed,
    /// The answer is JSON, but nested more than 512 levels deep.
    nested_too_deeply
};

/// What a caller can do something about. Test with `error.code() == replicate::condition::rate_limited`.
enum class condition {
    /// The token is missing, wrong, expired or not permitted (401, 403).
    authentication = 1,
    /// The account has too little credit (402).
    insufficient_credit,
    /// The arguments or the model's input were refused, here or by the service (400, 413, 422).
    invalid_input,
    /// There is no such thing (404, 410).
    not_found,
    /// Too many requests (429), or too many calls that wait for their turn here.
    rate_limited,
    /// The service failed (5xx).
    server_error,
    /// A phase, the call or the service's wait for the request (408) took too long.
    timeout,
    /// Name resolution, connecting, the proxy or the connection failed.
    connection,
    /// The handshake or the certificate failed.
    tls,
    /// The answer was not understood.
    protocol,
    /// The prediction ended as `failed`.
    prediction_failed,
    /// The prediction ended as `canceled`.
    prediction_canceled,
    /// The prediction ended as `aborted`.
    prediction_aborted,
    /// Something may have been created whose id is not known.
    outcome_unknown,
    /// A file of this machine could not be read or written, or changed meanwhile.
    local_file
};

} // namespace replicate

template<>
struct boost::system::is_error_code_enum<replicate::errc> : std::true_type {};
template<>
struct boost::system::is_error_condition_enum<replicate::condition> : std::true_type {};

namespace replicate {

namespace detail {

inline char const* message_of(errc code) noexcept
{
    switch (code) {
    case errc::missing_token: return "no API token";
    case errc::invalid_argument: return "invalid argument";
    case errc::invalid_configuration: return "invalid configuration";
    case errc::output_mismatch: return "the output is of another kind";
    case errc::resolve_failed: return "the host name could not be resolved";
    case errc::connect_failed: return "could not connect";
    case errc::proxy_refused: return "the proxy refused the tunnel";
    case errc::connection_lost: return "the connection was lost";
    case errc::handshake_failed: return "the TLS handshake failed";
    case errc::certificate_rejected: return "the certificate was not accepted";
    case errc::timed_out: return "timed out";
    case errc::deadline_exceeded: return "the deadline of the call has passed";
    case errc::malformed_response: return "the answer is not valid HTTP";
    case errc::truncated_response: return "the answer was cut short";
    case errc::header_too_large: return "the header of the answer is too large";
    case errc::body_too_large: return "the body of the answer is too large";
    case errc::unexpected_content: return "the answer is not JSON";
    case errc::unexpected_document: return "the answer lacks what was expected";
    case errc::prediction_failed: return "the prediction failed";
    case errc::prediction_canceled: return "the prediction was canceled";
    case errc::prediction_aborted: return "the prediction was aborted before it started";
    case errc::create_outcome_unknown: return "it is not known whether it was created";
    case errc::start_timed_out: return "the prediction did not start in time";
    case errc::running_timed_out: return "the prediction ran too long";
    case errc::stream_unavailable: return "the model does not stream";
    case errc::stream_truncated: return "the stream is not the whole output";
    case errc::stream_lagged: return "the reader of the stream is too far behind";
    case errc::stream_closed: return "the stream is closed";
    case errc::file_not_readable: return "the file cannot be read";
    case errc::file_too_large: return "the file is too large";
    case errc::file_changed: return "the file has changed meanwhile";
    case errc::file_exists: return "the file exists already";
    case errc::file_not_writable: return "the file cannot be written";
    case errc::created_id_lost: return "it was created, but its id is not known";
    case errc::queue_full: return "too many calls wait for their turn";
    case errc::proxy_authentication_failed: return "the proxy wants other credentials";
    case errc::nested_too_deeply: return "the answer is nested more than 512 levels deep";
    }
    return "unknown error";
}

inline char const* message_of(condition value) noexcept
{
    switch (value) {
    case condition::authentication: return "authentication";
    case condition::insufficient_credit: return "insufficient credit";
    case condition::invalid_input: return "invalid input";
    case condition::not_found: return "not found";
    case condition::rate_limited: return "rate limited";
    case condition::server_error: return "server error";
    case condition::timeout: return "timeout";
    case condition::connection: return "connection";
    case condition::tls: return "TLS";
    case condition::protocol: return "protocol";
    case condition::prediction_failed: return "prediction failed";
    case condition::prediction_canceled: return "prediction canceled";
    case condition::prediction_aborted: return "prediction aborted";
    case condition::outcome_unknown: return "outcome unknown";
    case condition::local_file: return "local file";
    }
    return "unknown condition";
}

/// The condition that a code of this library stands for; 0 where there is none.
inline int condition_of(errc code) noexcept
{
    switch (code) {
    case errc::missing_token: return static_cast<int>(condition::authentication);
    case errc::invalid_argument:
    case errc::invalid_configuration: return static_cast<int>(condition::invalid_input);
    case errc::resolve_failed:
    case errc::connect_failed:
    case errc::proxy_refused:
    case errc::proxy_authentication_failed:
    case errc::connection_lost: return static_cast<int>(condition::connection);
    case errc::handshake_failed:
    case errc::certificate_rejected: return static_cast<int>(condition::tls);
    case errc::timed_out:
    case errc::start_timed_out:
    case errc::running_timed_out:
    case errc::deadline_exceeded: return static_cast<int>(condition::timeout);
    case errc::malformed_response:
    case errc::truncated_response:
    case errc::header_too_large:
    case errc::body_too_large:
    case errc::unexpected_content:
    case errc::nested_too_deeply:
    case errc::unexpected_document: return static_cast<int>(condition::protocol);
    case errc::prediction_failed: return static_cast<int>(condition::prediction_failed);
    case errc::prediction_canceled: return static_cast<int>(condition::prediction_canceled);
    case errc::prediction_aborted: return static_cast<int>(condition::prediction_aborted);
    case errc::created_id_lost:
    case errc::create_outcome_unknown: return static_cast<int>(condition::outcome_unknown);
    case errc::queue_full: return static_cast<int>(condition::rate_limited);
    case errc::stream_unavailable:
    case errc::stream_closed: return static_cast<int>(condition::invalid_input);
    case errc::stream_truncated: return static_cast<int>(condition::protocol);
    case errc::file_too_large: return static_cast<int>(condition::invalid_input);
    case errc::file_not_readable:
    case errc::file_changed:
    case errc::file_exists:
    case errc::file_not_writable: return static_cast<int>(condition::local_file);
    case errc::stream_lagged:
    case errc::output_mismatch: return 0;
    }
    return 0;
}

/// The condition that an HTTP status stands for; 0 where there is none.
inline int condition_of_status(int status) noexcept
{
    switch (status) {
    case 400:
    case 413:
    case 422: return static_cast<int>(condition::invalid_input);
    case 401:
    case 403: return static_cast<int>(condition::authentication);
    case 402: return static_cast<int>(condition::insufficient_credit);
    case 404:
    case 410: return static_cast<int>(condition::not_found);
    case 408: return static_cast<int>(condition::timeout);
    case 429: return static_cast<int>(condition::rate_limited);
    default: return status >= 500 ? static_cast<int>(condition::server_error) : 0;
    }
}

class condition_category_type final : public boost::system::error_category {
public:
    char const* name() const noexcept override { return "replicate.condition"; }
    std::string message(int value) const override { return message_of(static_cast<condition>(value)); }
};

// Constant, so that codes compare rightly before main begins, too.
inline constinit condition_category_type const condition_category_instance;

class error_category_type final : public boost::system::error_category {
public:
    char const* name() const noexcept override { return "replicate"; }
    std::string message(int value) const override { return message_of(static_cast<errc>(value)); }
    bool equivalent(int value, boost::system::error_condition const& tested) const noexcept override
    {
        if (tested.category() != condition_category_instance)
            return error_category::equivalent(value, tested);
        return tested.value() == condition_of(static_cast<errc>(value));
    }
};

class http_category_type final : public boost::system::error_category {
public:
    constexpr explicit http_category_type(bool creates) noexcept
        : creates_(creates)
    {
    }

    char const* name() const noexcept override { return creates_ ? "replicate.http.create" : "replicate.http"; }
    std::string message(int value) const override
    {
        std::string const text = "HTTP status " + std::to_string(value);
        return creates_ ? text + "; it is not known whether it was created" : text;
    }
    bool equivalent(int value, boost::system::error_condition const& tested) const noexcept override
    {
        if (tested.category() != condition_category_instance)
            return error_category::equivalent(value, tested);
        if (creates_ && tested.value() == static_cast<int>(condition::outcome_unknown))
            return true;
        return tested.value() == condition_of_status(value);
    }

private:
    bool creates_;
};

inline constinit error_category_type const error_category_instance;
inline constinit http_category_type const http_category_instance{false};
inline constinit http_category_type const create_http_category_instance{true};

} // namespace detail

/// The category of `errc`.
inline boost::system::error_category const& error_category() noexcept
{
    return detail::error_category_instance;
}

/// The category of answers with a status of 400 or more; the value is the status.
inline boost::system::error_category const& http_category() noexcept
{
    return detail::http_category_instance;
}

/// The category of answers with a status of 500 or more to a request that creates something paid for; the value is the
/// status. Such a code is a `condition::server_error` and a `condition::outcome_unknown` at once.
inline boost::system::error_category const& create_http_category() noexcept
{
    return detail::create_http_category_instance;
}

/// The category of `condition`.
inline boost::system::error_category const& condition_category() noexcept
{
    return detail::condition_category_instance;
}

/// Makes an error code of an `errc`; found by argument-dependent lookup.
inline boost::system::error_code make_error_code(errc code) noexcept
{
    return boost::system::error_code(static_cast<int>(code), error_category());
}

/// Makes an error condition of a `condition`; found by argument-dependent lookup.
inline boost::system::error_condition make_error_condition(condition value) noexcept
{
    return boost::system::error_condition(static_cast<int>(value), condition_category());
}

/// The error code of an HTTP status of 400 or more.
inline boost::system::error_code make_http_error_code(unsigned status) noexcept
{
    return boost::system::error_code(static_cast<int>(status), http_category());
}

} // namespace replicate

#endif
