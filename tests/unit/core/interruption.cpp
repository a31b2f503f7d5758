// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/interruption.hpp>

#include <doctest/doctest.h>

using replicate::core::failure_code;
using replicate::core::was_interrupted;

TEST_CASE("the code of a failure stands in brackets at its end")
{
    CHECK(failure_code("Prediction interrupted; please retry (code: PA)") == "PA");
    CHECK(failure_code("Director: unexpected error handling prediction (E9828)") == "E9828");
    CHECK(failure_code("something (E8765).\n") == "E8765");
    CHECK(failure_code("The input was flagged as sensitive. (E005)") == "E005");
    CHECK(failure_code("tensor of size (3, 4)").empty());
    CHECK(failure_code("ValueError: bad (thing)").empty());
    CHECK(failure_code("()").empty());
    CHECK(failure_code(")").empty());
    CHECK(failure_code("").empty());
    CHECK(failure_code("E8765").empty());
}

TEST_CASE("a failure of the service is told from one of the model")
{
    for (auto const* text : {"Prediction interrupted; please retry (code: PA)", "Prediction interrupted; please retry",
             "Director: unexpected error handling prediction (E9828)", "health check failed (E8765)",
             "could not be started in time (E6716)", "stopped (E8367)", "start error (E9243)", "upload failed (E9825)"})
        CHECK_MESSAGE(was_interrupted(text), text);
    for (auto const* text : {"", "CUDA out of memory (E1001)", "unknown (E1000)", "flagged as sensitive. (E005)",
             "prompt is required", "please retry with a smaller image", "(code: XX)"})
        CHECK_MESSAGE(!was_interrupted(text), text);
}
