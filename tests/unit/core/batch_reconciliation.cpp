// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/batch_reconciliation.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using replicate::model_ref;
using replicate::core::batch_reconciliation;
using replicate::core::intended_row;
using replicate::core::intent_outcome;
using replicate::core::listed_prediction;

constexpr std::chrono::system_clock::time_point start{std::chrono::seconds(1'700'000'000)};

intended_row row(std::string const& id, std::string const& hash, std::chrono::seconds at = 0s, model_ref target = "a/b")
{
    return intended_row(id, std::move(target), hash, start + at);
}

listed_prediction listed(std::string const& id, std::string const& hash, std::chrono::seconds at, std::string const& model = "a/b")
{
    listed_prediction made;
    made.id = id;
    made.model = model;
    made.input_hash = hash;
    made.created_at = start + at;
    return made;
}

/// What became of each, as letters: the id, `-` for absent, `?` for unknown.
std::string outcome(std::vector<intended_row> rows, std::vector<listed_prediction> const& seen, bool whole = true)
{
    batch_reconciliation one(std::move(rows), 0s, 5s);
    for (listed_prediction const& each : seen)
        one.on_listed(each);
    one.settle(whole);
    std::string letters;
    for (auto const& verdict : one.verdicts())
        letters += verdict.outcome == intent_outcome::created ? verdict.id : verdict.outcome == intent_outcome::absent ? "-" : "?";
    return letters;
}

} // namespace

TEST_CASE("what was created is found by what it asks for, and what was not may be created again")
{
    CHECK(outcome({row("r", "x"), row("s", "y", 1s)}, {listed("q", "y", 2s), listed("p", "x", 1s)}) == "pq");
    CHECK(outcome({row("r", "x")}, {}) == "-");
    CHECK(outcome({row("r", "x")}, {listed("p", "y", 1s)}) == "-");
    CHECK(outcome({row("r", "x")}, {}, false) == "?");
}

TEST_CASE("rows that ask for the same get one each of what was created")
{
    CHECK(outcome({row("r", "x"), row("s", "x", 1s), row("t", "x", 2s)}, {listed("p", "x", 1s), listed("q", "x", 2s)}) == "pq-");
}

TEST_CASE("what was created before is not what is looked for")
{
    CHECK(outcome({row("r", "x", 60s)}, {listed("p", "x", 50s)}) == "-");
    CHECK(outcome({row("r", "x", 60s)}, {listed("p", "x", 56s)}) == "p");
    batch_reconciliation ahead({row("r", "x")}, 3600s, 5s);
    CHECK(ahead.begin() == start + 3595s);
}

TEST_CASE("where something in the list may be the row's, nothing is paid for again")
{
    listed_prediction removed = listed("p", "", 1s);
    removed.data_removed = true;
    CHECK(outcome({row("r", "x")}, {removed}) == "?");
    // The service hides the version, or the deployment.
    listed_prediction hidden = listed("p", "x", 1s, "a/official");
    hidden.version = "hidden";
    CHECK(outcome({row("r", "x", 0s, std::string(64, 'a'))}, {hidden}) == "?");
    CHECK(outcome({row("r", "x", 0s, replicate::deployment("acme", "fast"))}, {listed("p", "x", 1s)}) == "?");
    // But what was found for one of them is not another one's.
    CHECK(outcome({row("r", "x"), row("s", "x", 0s, "c/d")}, {listed("p", "x", 1s), listed("q", "x", 1s, "c/d")}).find('?')
        == std::string::npos);
    listed_prediction by_hand = listed("p", "x", 1s);
    by_hand.made_on_web = true;
    CHECK(outcome({row("r", "x")}, {by_hand}) == "-");
}

TEST_CASE("inputs that the list does not tell are asked for")
{
    batch_reconciliation one({row("r", "x")}, 0s, 5s);
    one.on_listed(listed("p", "", 1s));
    CHECK(one.questions() == std::vector<std::string>{"p"});
    one.on_asked(listed("p", "x", 1s));
    CHECK(one.questions().empty());
    one.settle(true);
    CHECK(one.verdicts()[0].id == "p");
}

TEST_CASE("targets come back from their texts")
{
    for (model_ref const& target : {model_ref("a/b"), model_ref("a/b:c"), model_ref(std::string(64, 'f')), model_ref(replicate::deployment("a", "b"))})
        CHECK(replicate::core::target_of_text(replicate::core::target_text(target)) == target);
}
