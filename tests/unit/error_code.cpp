// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/error_code.hpp>

#include <boost/system/errc.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <set>
#include <string>
#include <utility>

using boost::system::error_code;
using replicate::condition;
using replicate::errc;

namespace {

constexpr int first_errc = static_cast<int>(errc::missing_token);
constexpr int last_errc = static_cast<int>(errc::nested_too_deeply);
constexpr int first_condition = static_cast<int>(condition::authentication);
constexpr int last_condition = static_cast<int>(condition::local_file);

// The conditions that a code is equal to, as numbers.
std::set<int> conditions_of(error_code code)
{
    std::set<int> found;
    for (int value = first_condition; value <= last_condition; ++value)
        if (code == static_cast<condition>(value))
            found.insert(value);
    return found;
}

std::set<int> only(condition value)
{
    return {static_cast<int>(value)};
}

// Compared before main begins: what the comparison needs must be there by then.
bool const compared_before_main = error_code(errc::timed_out) == condition::timeout
    && replicate::make_http_error_code(429) == condition::rate_limited;

} // namespace

TEST_CASE("every error code of the library has a message of its own and is a failure")
{
    std::set<std::string> messages;
    for (int value = first_errc; value <= last_errc; ++value) {
        error_code const code = static_cast<errc>(value);
        CHECK(code.failed());
        CHECK(code.category() == replicate::error_category());
        CHECK(code.message() != "unknown error");
        messages.insert(code.message());
    }
    CHECK(messages.size() == static_cast<std::size_t>(last_errc - first_errc + 1));
    CHECK(error_code(last_errc + 1, replicate::error_category()).message() == "unknown error");
}

TEST_CASE("every condition has a message of its own")
{
    std::set<std::string> messages;
    for (int value = first_condition; value <= last_condition; ++value)
        messages.insert(make_error_condition(static_cast<condition>(value)).message());
    CHECK(messages.size() == static_cast<std::size_t>(last_condition - first_condition + 1));
    CHECK(messages.count("unknown condition") == 0);
}

TEST_CASE("every error code of the library is exactly the condition that the table says")
{
    constexpr std::pair<errc, condition> rows[] = {
        {errc::missing_token, condition::authentication},
        {errc::invalid_argument, condition::invalid_input},
        {errc::invalid_configuration, condition::invalid_input},
        {errc::resolve_failed, condition::connection},
        {errc::connect_failed, condition::connection},
        {errc::proxy_refused, condition::connection},
        {errc::connection_lost, condition::connection},
        {errc::handshake_failed, condition::tls},
        {errc::certificate_rejected, condition::tls},
        {errc::timed_out, condition::timeout},
        {errc::deadline_exceeded, condition::timeout},
        {errc::malformed_response, condition::protocol},
        {errc::truncated_response, condition::protocol},
        {errc::header_too_large, condition::protocol},
        {errc::body_too_large, condition::protocol},
        {errc::unexpected_content, condition::protocol},
        {errc::unexpected_document, condition::protocol},
        {errc::prediction_failed, condition::prediction_failed},
        {errc::prediction_canceled, condition::prediction_canceled},
        {errc::prediction_aborted, condition::prediction_aborted},
        {errc::create_outcome_unknown, condition::outcome_unknown},
        {errc::start_timed_out, condition::timeout},
        {errc::running_timed_out, condition::timeout},
        {errc::stream_unavailable, condition::invalid_input},
        {errc::stream_truncated, condition::protocol},
        {errc::stream_closed, condition::invalid_input},
        {errc::file_not_readable, condition::local_file},
        {errc::file_too_large, condition::invalid_input},
        {errc::file_changed, condition::local_file},
        {errc::file_exists, condition::local_file},
        {errc::file_not_writable, condition::local_file},
        {errc::created_id_lost, condition::outcome_unknown},
        {errc::queue_full, condition::rate_limited},
        {errc::proxy_authentication_failed, condition::connection},
        {errc::nested_too_deeply, condition::protocol},
    };
    std::set<int> named;
    for (auto const& [code, expected] : rows) {
        CAPTURE(error_code(code).message());
        CHECK(conditions_of(code) == only(expected));
        named.insert(static_cast<int>(code));
    }
    // What the caller asks of an output, and how fast it reads, has nothing to do with the service: no condition.
    for (errc code : {errc::output_mismatch, errc::stream_lagged}) {
        CHECK(conditions_of(code).empty());
        named.insert(static_cast<int>(code));
    }
    CHECK(named.size() == static_cast<std::size_t>(last_errc - first_errc + 1));
}

TEST_CASE("every status of 400 or more is the condition that the table says, or none")
{
    for (int status = 400; status <= 599; ++status) {
        std::set<int> expected;
        switch (status) {
        case 400:
        case 413:
        case 422: expected = only(condition::invalid_input); break;
        case 401:
        case 403: expected = only(condition::authentication); break;
        case 402: expected = only(condition::insufficient_credit); break;
        case 404:
        case 410: expected = only(condition::not_found); break;
        case 408: expected = only(condition::timeout); break;
        case 429: expected = only(condition::rate_limited); break;
        default:
            if (status >= 500)
                expected = only(condition::server_error);
        }
        CAPTURE(status);
        error_code const code = replicate::make_http_error_code(static_cast<unsigned>(status));
        CHECK(conditions_of(code) == expected);
        CHECK(code.value() == status);
        CHECK(code.message() == "HTTP status " + std::to_string(status));
    }
}

TEST_CASE("a server error on a create is also an outcome that is not known")
{
    error_code const code(502, replicate::create_http_category());
    CHECK(code == condition::server_error);
    CHECK(code == condition::outcome_unknown);
    CHECK(conditions_of(code).size() == 2);
    CHECK(code.message().find("not known whether it was created") != std::string::npos);
    CHECK(code != replicate::make_http_error_code(502));
}

TEST_CASE("codes of other categories are no condition of the library")
{
    CHECK(conditions_of(error_code()).empty());
    CHECK(conditions_of(make_error_code(boost::system::errc::timed_out)).empty());
    CHECK(conditions_of(error_code(401, boost::system::generic_category())).empty());
}

TEST_CASE("codes of equal value in different categories are not equal")
{
    CHECK(error_code(errc::missing_token) != error_code(1, replicate::http_category()));
    CHECK(error_code(errc::missing_token) != error_code(1, boost::system::generic_category()));
    CHECK(error_code(errc::missing_token) == errc::missing_token);
    CHECK(error_code(errc::missing_token) != errc::invalid_argument);
}

TEST_CASE("codes compare rightly before main begins")
{
    CHECK(compared_before_main);
}
