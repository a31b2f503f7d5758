// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// What is new in each state of a prediction that is waited for.

#include <replicate/run_update.hpp>

#include <boost/json/object.hpp>
#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using replicate::detail::update_finder;
using lines = std::vector<std::string>;

replicate::prediction state(char const* status, char const* logs = "", boost::json::value output = nullptr)
{
    boost::json::object document;
    document["id"] = "abc";
    document["status"] = status;
    document["logs"] = logs;
    document["output"] = std::move(output);
    return replicate::prediction::from_json(document);
}

} // namespace

TEST_CASE("the first state is new, and each further one by what has changed")
{
    update_finder finder;
    auto update = finder.look_at(state("starting"));
    REQUIRE(update);
    CHECK((update->status_changed && update->output_changed && update->progress_changed));
    CHECK_FALSE(finder.look_at(state("starting")));

    update = finder.look_at(state("processing"));
    REQUIRE(update);
    CHECK(update->status_changed);
    CHECK_FALSE(update->output_changed);

    update = finder.look_at(state("processing", "one\n 50%|#|5/10"));
    REQUIRE(update);
    CHECK(update->log_lines == lines{"one"});
    CHECK_FALSE(update->status_changed);
    CHECK(update->progress_changed);
    CHECK(update->progress->current == 5);

    update = finder.look_at(state("processing", "one\n 50%|#|5/10", "x"));
    REQUIRE(update);
    CHECK(update->output_changed);
    CHECK(update->log_lines.empty());

    update = finder.look_at(state("succeeded", "one\n 50%|#|5/10\r100%|#|10/10", "x"));
    REQUIRE(update);
    CHECK(update->log_lines == lines{"100%|#|10/10"});
    CHECK(update->prediction.is_terminal());
    CHECK_FALSE(finder.look_at(state("succeeded", "", "x")));
}

TEST_CASE("states that come out of order, or without a status, say nothing")
{
    update_finder finder;
    CHECK(finder.look_at(state("processing", "one\n")));
    CHECK_FALSE(finder.look_at(state("starting")));
    CHECK_FALSE(finder.look_at(replicate::prediction()));
    CHECK(finder.look_at(state("succeeded", "one\ntwo\n")));
    CHECK_FALSE(finder.look_at(state("processing", "one\ntwo\nthree\n")));
}

TEST_CASE("a status that this library does not know is a change, too")
{
    update_finder finder;
    CHECK(finder.look_at(state("starting")));
    auto const update = finder.look_at(state("warming"));
    REQUIRE(update);
    CHECK(update->prediction.status_text == "warming");
}
