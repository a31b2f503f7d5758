// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/error.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <exception>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <utility>

using namespace std::chrono_literals;
using replicate::diagnostics;
using replicate::errc;
using replicate::error;
using replicate::phase;

namespace {

diagnostics refused_create()
{
    diagnostics context;
    context.operation = "POST /predictions";
    context.http_status = 422;
    context.problem.title = "Input validation failed";
    context.problem.detail = "- input: prompt is required\n";
    context.phase = phase::read;
    context.attempts = 1;
    context.elapsed = 213ms;
    return context;
}

static_assert(std::is_base_of_v<boost::system::system_error, error>);
static_assert(std::is_nothrow_copy_constructible_v<error>);
static_assert(!std::is_aggregate_v<diagnostics>);
static_assert(std::is_default_constructible_v<diagnostics>);

} // namespace

TEST_CASE("a refused request is described in one line for people")
{
    CHECK(describe(replicate::make_http_error_code(422), refused_create())
        == "POST /predictions: 422 Input validation failed: input: prompt is required [read, attempt 1, 0.21 s]");
}

TEST_CASE("a description leaves out what is not known")
{
    diagnostics context;
    CHECK(describe(errc::missing_token, context) == "no API token");
    CHECK(describe(replicate::make_http_error_code(503), context) == "503");
    context.detail = "set the variable";
    CHECK(describe(errc::missing_token, context) == "no API token: set the variable");
    context.operation = "GET /predictions";
    context.elapsed = 1500ms;
    context.phase = phase::resolve;
    CHECK(describe(errc::resolve_failed, context)
        == "GET /predictions: the host name could not be resolved: set the variable [resolve, 1.50 s]");
    context.attempts = 3;
    context.problem.detail = "told";
    CHECK(describe(errc::unexpected_content, context)
        == "GET /predictions: the answer is not JSON: told: set the variable [resolve, attempt 3, 1.50 s]");
}

TEST_CASE("a failed create of a status that leaves its outcome open is described with the status")
{
    diagnostics context;
    context.operation = "POST /predictions";
    boost::system::error_code const code(502, replicate::create_http_category());
    CHECK(describe(code, context).substr(0, 22) == "POST /predictions: 502");
}

TEST_CASE("every phase has a name of its own")
{
    std::string names;
    for (phase value : {phase::prepare, phase::queue, phase::resolve, phase::connect, phase::handshake, phase::write,
             phase::wait, phase::read})
        names += std::string(to_string(value)) + ' ';
    CHECK(names == "prepare queue resolve connect handshake write wait read ");
}

TEST_CASE("an error holds its code, what is known, and the line")
{
    error const failure(replicate::make_http_error_code(422), refused_create());
    CHECK(failure.code() == replicate::condition::invalid_input);
    CHECK(failure.code().value() == 422);
    CHECK(failure.diagnostics().problem.title == "Input validation failed");
    CHECK(std::string(failure.what()).substr(0, 22) == "POST /predictions: 422");
}

TEST_CASE("an error can be caught as what it is derived from, and says the same there")
{
    try {
        throw error(replicate::make_http_error_code(422), refused_create());
    } catch (boost::system::system_error const& caught) {
        CHECK(caught.code() == replicate::condition::invalid_input);
        CHECK(std::string(caught.what()).find("prompt is required") != std::string::npos);
    }
    try {
        throw error(errc::timed_out, diagnostics());
    } catch (std::exception const& caught) {
        CHECK(std::string(caught.what()) == "timed out");
    }
}

TEST_CASE("a copy of an error outlives it, and an error that was moved from still speaks")
{
    error source(replicate::make_http_error_code(422), refused_create());
    error const copy = source;
    error const moved = std::move(source);
    error assigned(errc::timed_out, diagnostics());
    assigned = moved;
    for (error const* one : std::initializer_list<error const*>{&source, &copy, &moved, &assigned}) {
        CHECK(one->diagnostics().attempts == 1);
        CHECK(std::string(one->what()).find("422") != std::string::npos);
    }
}

TEST_CASE("a refused argument is named in the message")
{
    try {
        replicate::detail::throw_invalid_argument("options.timeout", "has passed already");
    } catch (error const& failure) {
        CHECK(failure.code() == errc::invalid_argument);
        CHECK(std::string(failure.what()) == "invalid argument: options.timeout: has passed already");
        CHECK(failure.diagnostics().phase == phase::prepare);
        CHECK(failure.diagnostics().attempts == 0);
        return;
    }
    FAIL("nothing was thrown");
}
