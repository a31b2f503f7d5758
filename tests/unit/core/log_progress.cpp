// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/log_progress.hpp>

#include "support/published_bodies.hpp"

#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using replicate::core::find_progress;
using replicate::core::log_follower;
using replicate::core::log_progress;

namespace {

bool is(std::optional<log_progress> const& found, double fraction, std::uint64_t current, std::uint64_t total)
{
    return found && found->fraction == fraction && found->current == current && found->total == total;
}

std::vector<std::string> recorded_logs()
{
    std::vector<std::string> logs;
    for (auto const& body : replicate::tests::recorded_bodies("run", "GET", "/v1/predictions/")) {
        auto const& text = body.at("logs").as_string();
        logs.emplace_back(text.data(), text.size());
    }
    return logs;
}

} // namespace

TEST_CASE("a bar of tqdm is read")
{
    CHECK(is(find_progress("76%|████     | 7568/10000 [00:33<00:10, 229.00it/s]"), 0.76, 7568, 10000));
    CHECK(is(find_progress("  0%|          | 0/50 [00:00<?, ?it/s]\n"), 0, 0, 50));
    CHECK(is(find_progress("\t100%|#| 1/1"), 1, 1, 1));
    CHECK(is(find_progress("5% | x |3/4"), 0.05, 3, 4));
    CHECK(is(find_progress("5%|x|\t3/4x"), 0.05, 3, 4));
    CHECK(is(find_progress("5%|a|b| 3/4"), 0.05, 3, 4));
    CHECK(is(find_progress("5%||| 3/4"), 0.05, 3, 4));
    CHECK(is(find_progress("5%|a| 1|2/3|4/5"), 0.05, 2, 3));
    CHECK(is(find_progress("5%|a| 18446744073709551615/18446744073709551615"), 0.05, 18446744073709551615u,
        18446744073709551615u));
}

TEST_CASE("other lines are no bars")
{
    for (std::string_view line : {"", "\n\r\n", "76%", "76%|", "76%|x", "76%|x|", "76%|x| 5", "76%|x| 5/", "76%|x| /5",
             "76%|| 1/2", "x76%|x| 1/2", "-5%|x| 1/2", "7.6%|x| 1/2", "%|x| 1/2", "76 %|x| 1/2", "76%x|x| 1/2",
             "76%|x| 1 / 2", "76%|x| +1/2", "5%|a| 18446744073709551616/1", "99999999999999999999%|a| 1/2"}) {
        CAPTURE(line);
        CHECK_FALSE(find_progress(line));
    }
}

TEST_CASE("the last bar counts, in lines that end in LF and in CR")
{
    CHECK(is(find_progress("1%|x| 1/100\n2%|x| 2/100\ndone\n\n"), 0.02, 2, 100));
    CHECK(is(find_progress("1%|x| 1/100\r2%|x| 2/100\r3%|x| 3/100"), 0.03, 3, 100));
    CHECK(is(find_progress("1%|x| 1/100\r\n  2%|x|\r\nsaving 3%|x| 3/100"), 0.01, 1, 100));
    CHECK(is(find_progress("\n\n1%|x| 1/100"), 0.01, 1, 100));
}

TEST_CASE("the recorded logs show the recorded progress, and each line of them once")
{
    std::vector<std::string> const logs = recorded_logs();
    if (logs.empty())
        return;
    log_follower follower;
    std::string all;
    std::vector<std::uint64_t> steps;
    for (std::string const& one : logs) {
        all += follower.observe(one);
        CHECK(all == one);
        if (follower.progress())
            steps.push_back(follower.progress()->current);
    }
    CHECK(steps == std::vector<std::uint64_t>{0, 9, 19, 29, 39, 49, 49, 49, 50});
    CHECK(is(follower.progress(), 1, 50, 50));
}

TEST_CASE("what was seen is not new again, also in an older answer")
{
    log_follower follower;
    CHECK(follower.observe("") == "");
    CHECK(follower.observe("one\n") == "one\n");
    CHECK(follower.observe("one\ntwo\n") == "two\n");
    CHECK(follower.observe("one\ntwo\n") == "");
    CHECK(follower.observe("one\n") == "");
    CHECK(follower.observe("") == "");
    CHECK(follower.observe("one\ntwo\nthree") == "three");
    CHECK(follower.logs() == "one\ntwo\nthree");
}

TEST_CASE("pieces of a stream and whole logs go together")
{
    log_follower follower;
    CHECK(follower.append("one") == "one");
    CHECK(follower.append("") == "");
    CHECK(follower.append("\ntw") == "\ntw");
    CHECK(follower.observe("one\ntwo\n") == "o\n");
    CHECK(follower.observe("one\ntwo\n") == "");
    CHECK(follower.append("three\n") == "three\n");
    CHECK(follower.observe("one\ntwo\nthree\n") == "");
}

TEST_CASE("where the service has changed what was seen, the rest is new")
{
    log_follower follower;
    follower.observe("one\ntwo\nthree\n");
    CHECK(follower.observe("one\nTWO\n") == "TWO\n");
    CHECK(follower.logs() == "one\nTWO\n");
    CHECK(follower.observe("[cut]\n") == "[cut]\n");
    CHECK(follower.observe("[cut]\nfour\n") == "four\n");
}

TEST_CASE("what is new never begins within a character")
{
    log_follower follower;
    follower.observe("a\xf0\x9f\xa6\x99");
    CHECK(follower.observe("a\xf0\x9f\xa6\x9a!") == "\xf0\x9f\xa6\x9a!");
    CHECK(follower.logs() == "a\xf0\x9f\xa6\x9a!");
}

TEST_CASE("a bar is seen however it is cut")
{
    std::string const logs = "start\n 10%|#     | 1/10 [00:01]\r 20%|##    | 2/10 [00:02]\rsaving\n";
    for (std::size_t cut = 0; cut <= logs.size(); ++cut) {
        log_follower follower;
        follower.append(std::string_view(logs).substr(0, cut));
        follower.append(std::string_view(logs).substr(cut));
        CAPTURE(cut);
        CHECK(is(follower.progress(), 0.2, 2, 10));
    }
    log_follower follower;
    for (char const& letter : logs)
        follower.append(std::string_view(&letter, 1));
    CHECK(is(follower.progress(), 0.2, 2, 10));
}

TEST_CASE("no progress is none")
{
    log_follower follower;
    follower.observe("loading\nready\n");
    CHECK_FALSE(follower.progress());
}
