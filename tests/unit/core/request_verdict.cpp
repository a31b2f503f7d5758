// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/request_verdict.hpp>

#include <doctest/doctest.h>

using namespace replicate;
using boost::system::error_code;

TEST_CASE("an answer is counted by its status")
{
    CHECK(core::outcome_of(error_code(), 200) == request_outcome::succeeded);
    CHECK(core::outcome_of(error_code(), 304) == request_outcome::succeeded);
    CHECK(core::outcome_of(error_code(), 400) == request_outcome::refused);
    CHECK(core::outcome_of(error_code(), 408) == request_outcome::refused);
    CHECK(core::outcome_of(error_code(), 429) == request_outcome::throttled);
    CHECK(core::outcome_of(error_code(), 500) == request_outcome::server_error);
    CHECK(core::outcome_of(error_code(), 599) == request_outcome::server_error);
}

TEST_CASE("a request without an answer is counted by its error")
{
    CHECK(core::outcome_of(errc::timed_out, 0) == request_outcome::timed_out);
    CHECK(core::outcome_of(errc::connection_lost, 0) == request_outcome::connection_failed);
    CHECK(core::outcome_of(errc::resolve_failed, 0) == request_outcome::connection_failed);
    CHECK(core::outcome_of(errc::certificate_rejected, 0) == request_outcome::tls_failed);
    CHECK(core::outcome_of(errc::malformed_response, 0) == request_outcome::malformed_answer);
    CHECK(core::outcome_of(errc::truncated_response, 200) == request_outcome::malformed_answer);
    CHECK(core::outcome_of(errc::file_changed, 0) == request_outcome::other);
    CHECK(core::outcome_of(make_error_code(boost::system::errc::operation_canceled), 0) == request_outcome::interrupted);
    CHECK(core::outcome_of(error_code(), 0) == request_outcome::other);
}

TEST_CASE("a refusal that was cut short is a refusal")
{
    CHECK(core::outcome_of(errc::truncated_response, 422) == request_outcome::refused);
    CHECK(core::outcome_of(errc::truncated_response, 429) == request_outcome::throttled);
    CHECK(core::outcome_of(errc::timed_out, 503) == request_outcome::server_error);
}

TEST_CASE("the type of an error is the status, or the word for what happened")
{
    CHECK(core::error_type_of(request_outcome::succeeded, 200).empty());
    CHECK(core::error_type_of(request_outcome::refused, 404) == "404");
    CHECK(core::error_type_of(request_outcome::throttled, 429) == "429");
    CHECK(core::error_type_of(request_outcome::server_error, 500) == "500");
    CHECK(core::error_type_of(request_outcome::server_error, 599) == "599");
    CHECK(core::error_type_of(request_outcome::server_error, 999) == "server_error");
    CHECK(core::error_type_of(request_outcome::timed_out, 0) == "timed_out");
    CHECK(core::error_type_of(request_outcome::malformed_answer, 200) == "malformed_answer");
}

TEST_CASE("every status from 400 to 599 has its text")
{
    for (unsigned status = 400; status < 600; ++status)
        CHECK(core::status_text(status) == std::to_string(status));
    CHECK(core::status_text(399).empty());
}
