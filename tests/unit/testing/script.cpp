// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/testing/script.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using replicate::prediction_status;
using replicate::testing::early_end;
using replicate::testing::output_file;
using replicate::testing::script;
using replicate::testing::snapshot;
namespace json = boost::json;

TEST_CASE("a script without steps succeeds at once")
{
    snapshot const seen = script("hello").at(0ms);
    CHECK(seen.status == prediction_status::succeeded);
    CHECK(seen.output == json::value("hello"));
    CHECK(seen.started == script::duration());
    CHECK(seen.completed == script::duration());
    CHECK(script().at(0ms).output.is_null());
}

TEST_CASE("a script is made of text, numbers, bools and JSON")
{
    CHECK(script(std::string("a")).at(0ms).output == json::value("a"));
    CHECK(script(std::string_view("b")).at(0ms).output == json::value("b"));
    CHECK(script(3).at(0ms).output == json::value(3));
    CHECK(script(2.5).at(0ms).output == json::value(2.5));
    CHECK(script(true).at(0ms).output == json::value(true));
    CHECK(script(json::array{1}).at(0ms).output == json::value(json::array{1}));
}

TEST_CASE("a script boots, runs and ends, each at its time")
{
    script const life = script().boot(2s).log("loading").run(1s).log("half").run(1s).output(7);
    class expectation {
    public:
        script::duration time;
        prediction_status status;
        char const* logs;
        bool has_output;
    };
    expectation const table[] = {
        {0s, prediction_status::starting, "", false},
        {1999ms, prediction_status::starting, "", false},
        {2s, prediction_status::processing, "loading\n", false},
        {2999ms, prediction_status::processing, "loading\n", false},
        {3s, prediction_status::processing, "loading\nhalf\n", false},
        {3999ms, prediction_status::processing, "loading\nhalf\n", false},
        {4s, prediction_status::succeeded, "loading\nhalf\n", true},
        {1h, prediction_status::succeeded, "loading\nhalf\n", true},
    };
    for (expectation const& row : table) {
        CAPTURE(row.time.count());
        snapshot const seen = life.at(row.time);
        CHECK(seen.status == row.status);
        CHECK(seen.logs == row.logs);
        CHECK(!seen.output.is_null() == row.has_output);
        CHECK(seen.started.has_value() == (row.time >= 2s));
        CHECK(seen.completed.has_value() == (row.time >= 4s));
    }
    CHECK(life.finish() == script::duration(4s));
    CHECK(life.at(1h).metrics.at("predict_time").as_double() == 2.0);
    CHECK(life.at(1h).metrics.at("total_time").as_double() == 4.0);
    CHECK(life.at(1s).metrics.empty());
}

TEST_CASE("pieces come one by one, and are the output when nothing replaces them")
{
    script life = script().text_pieces({"a", "b", "c"}, 10ms);
    CHECK(life.at(9ms).output.is_null());
    CHECK(life.at(10ms).output == json::value(json::array{"a"}));
    CHECK(life.at(29ms).output == json::value(json::array{"a", "b"}));
    CHECK(life.at(30ms).status == prediction_status::succeeded);
    CHECK(life.at(30ms).output == json::value(json::array{"a", "b", "c"}));
    life.output("abc");
    CHECK(life.at(29ms).output == json::value(json::array{"a", "b"}));
    CHECK(life.at(30ms).output == json::value("abc"));
}

TEST_CASE("a line end in a log is added where there is none, and a carriage return counts as one")
{
    CHECK(script().log("a").log("b\n").log("50%|##|\r").at(0ms).logs == "a\nb\n50%|##|\r");
}

TEST_CASE("a failure keeps the logs and has no output")
{
    snapshot const seen = script().run(1s).output("never").fail("out of memory", "Traceback").at(1s);
    CHECK(seen.status == prediction_status::failed);
    CHECK(seen.error == "out of memory");
    CHECK(seen.logs == "Traceback\n");
    CHECK(seen.output.is_null());
    CHECK(script().run(1s).fail("x").at(999ms).error.empty());
}

TEST_CASE("an aborted prediction never ran")
{
    script const life = script().boot(1s).run(1s).abort();
    CHECK(life.at(999ms).status == prediction_status::starting);
    CHECK(life.at(1s).status == prediction_status::aborted);
    CHECK_FALSE(life.at(1s).started.has_value());
    CHECK(life.finish() == script::duration(1s));
}

TEST_CASE("a script without an end goes on")
{
    script const life = script().boot(1s).log("on it").never_ends();
    CHECK(life.at(24h * 365).status == prediction_status::processing);
    CHECK_FALSE(life.finish().has_value());
}

TEST_CASE("a cancel ends a prediction wherever it is, and takes its output away")
{
    script const life = script().boot(1s).log("running").run(1s).output("done");
    early_end const while_booting(500ms, early_end::reason::cancel);
    CHECK(life.at(499ms, while_booting).status == prediction_status::starting);
    CHECK(life.at(500ms, while_booting).status == prediction_status::canceled);
    CHECK(life.at(1h, while_booting).completed == script::duration(500ms));
    CHECK(life.at(1h, while_booting).started == script::duration(500ms) - 3us);
    early_end const while_running(1500ms, early_end::reason::cancel);
    snapshot const seen = life.at(1h, while_running);
    CHECK(seen.status == prediction_status::canceled);
    CHECK(seen.output.is_null());
    CHECK(seen.logs == "running\n");
    CHECK(seen.metrics.at("predict_time").as_double() == 0.5);
}

TEST_CASE("a deadline cancels what runs and aborts what waits")
{
    script const life = script().boot(1s).run(1s);
    CHECK(life.at(1h, early_end(500ms, early_end::reason::deadline)).status == prediction_status::aborted);
    CHECK(life.at(1h, early_end(1500ms, early_end::reason::deadline)).status == prediction_status::canceled);
}

TEST_CASE("an interruption that comes too late changes nothing")
{
    script const life = script().run(1s).output("done");
    for (early_end::reason const why : {early_end::reason::cancel, early_end::reason::deadline}) {
        CHECK(life.at(1h, early_end(1s, why)).status == prediction_status::succeeded);
        CHECK(life.at(1h, early_end(2s, why)).output == json::value("done"));
    }
    CHECK(script().never_ends().at(2h, early_end(1h, early_end::reason::cancel)).status == prediction_status::canceled);
}

TEST_CASE("no status is ever left once it is final, at any time and with any interruption")
{
    std::vector<script> const lives = {script().boot(3ms).run(4ms), script().boot(3ms).run(4ms).fail("x"),
        script().boot(3ms).abort(), script().boot(2ms).text_pieces({"a", "b"}, 2ms), script().never_ends()};
    for (script const& life : lives)
        for (int end = 0; end < 10; ++end)
            for (early_end::reason const why : {early_end::reason::cancel, early_end::reason::deadline}) {
                auto last = prediction_status::starting;
                for (int time = 0; time < 12; ++time) {
                    auto const now =
                        life.at(std::chrono::milliseconds(time), early_end(std::chrono::milliseconds(end), why));
                    if (is_terminal(last))
                        CHECK(now.status == last);
                    CHECK(is_terminal(now.status) == now.completed.has_value());
                    last = now.status;
                }
                CHECK(is_terminal(last));
            }
}

TEST_CASE("files are marked in the output by their number")
{
    CHECK(script().file("x", "text/plain", "a").at(0ms).output == script::file_mark(0));
    script const two = script().file_list({output_file("x", "text/plain", "a"), output_file("y", "text/plain", "b")});
    CHECK(two.at(0ms).output == json::value(json::array{script::file_mark(0), script::file_mark(1)}));
    REQUIRE(two.files().size() == 2);
    CHECK(two.files()[1]->bytes == "y");
}
