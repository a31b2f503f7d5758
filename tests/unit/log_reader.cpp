// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/log_reader.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using replicate::log_reader;
using lines = std::vector<std::string>;

} // namespace

TEST_CASE("each line is given once, when its end has come")
{
    log_reader reader;
    CHECK(reader.read("one\ntw") == lines{"one"});
    CHECK(reader.read("one\ntw") == lines{});
    CHECK(reader.read("one\ntwo\nthree\n") == lines{"two", "three"});
    CHECK(reader.read("one\ntwo\nthree\n\nfour") == lines{""});
    CHECK(reader.finish() == "four");
    CHECK_FALSE(reader.finish());
}

TEST_CASE("pieces of a stream and whole logs go together")
{
    log_reader reader;
    CHECK(reader.append("on") == lines{});
    CHECK(reader.append("e\ntwo\n") == lines{"one", "two"});
    CHECK(reader.read("one\ntwo\nthree\n") == lines{"three"});
}

TEST_CASE("cut anywhere, the same lines come, each once")
{
    constexpr std::string_view logs = "a\n\nb c\r\n 10%|#  | 1/10\r 50%|#  | 5/10\r100%|###| 10/10\nlast";
    lines const expected{"a", "", "b c", "100%|###| 10/10", "last"};
    for (std::size_t first = 0; first <= logs.size(); ++first)
        for (std::size_t second = first; second <= logs.size(); ++second) {
            log_reader reader;
            lines found;
            for (std::string_view seen : {logs.substr(0, first), logs.substr(0, second), logs})
                for (auto& line : reader.read(seen))
                    found.push_back(line);
            if (auto line = reader.finish())
                found.push_back(*line);
            CHECK(found == expected);
        }
}

TEST_CASE("of a bar that is redrawn the last state is a line, and its progress is known at once")
{
    log_reader reader;
    CHECK(reader.read(" 10%|#  | 1/10\r").empty());
    REQUIRE(reader.progress());
    CHECK(reader.progress()->current == 1);
    CHECK(reader.read(" 10%|#  | 1/10\r 50%|## | 5/10").empty());
    CHECK(reader.progress()->current == 5);
    CHECK(reader.finish() == " 50%|## | 5/10");
}

TEST_CASE("logs that are older or were removed have nothing new")
{
    log_reader reader;
    CHECK(reader.read("one\ntwo\n").size() == 2);
    CHECK(reader.read("one\n").empty());
    CHECK(reader.read("").empty());
    CHECK(reader.read("one\ntwo\n").empty());
    CHECK(reader.logs() == "one\ntwo\n");
}

TEST_CASE("where logs were changed, what follows the part that stayed is new")
{
    log_reader reader;
    CHECK(reader.read("one\ntwo\nthree\nfour") == lines{"one", "two", "three"});
    CHECK(reader.read("one\ntwo\n[truncated]\nfive\n") == lines{"[truncated]", "five"});
    CHECK(reader.read("one\ntwo\n[truncated]\nfive\nsix\n") == lines{"six"});
}
