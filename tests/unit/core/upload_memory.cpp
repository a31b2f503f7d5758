// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/upload_memory.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace replicate::core;
using namespace std::chrono_literals;

namespace {

known_upload file(std::string id)
{
    known_upload made;
    made.url = "https://api.replicate.com/v1/files/" + id;
    made.id = std::move(id);
    return made;
}

upload_memory::time_point const start{1000h};

} // namespace

TEST_CASE("the first asker uploads, others wait, and then all use it")
{
    upload_memory memory(10min);
    CHECK(memory.ask("a", start) == upload_step::upload);
    CHECK(memory.ask("a", start) == upload_step::wait);
    CHECK(memory.ask("b", start) == upload_step::upload);
    memory.finish("a", file("1"), start, 24h);
    CHECK(memory.ask("a", start) == upload_step::use);
    CHECK(memory.find("a").id == "1");
}

TEST_CASE("an upload is used until a margin before it expires, counted from its beginning")
{
    upload_memory memory(10min);
    CHECK(memory.ask("a", start) == upload_step::upload);
    memory.finish("a", file("1"), start, 1h);
    CHECK(memory.ask("a", start + 50min - 1ns) == upload_step::use);
    CHECK(memory.ask("a", start + 50min) == upload_step::upload);
    CHECK(memory.ask("a", start + 50min) == upload_step::wait);
    memory.finish("a", file("2"), start + 50min, 1h);
    CHECK(memory.ask("a", start + 51min) == upload_step::use);
    CHECK(memory.find("a").id == "2");
}

TEST_CASE("an upload that lives no longer than the margin is used by nobody else")
{
    upload_memory memory(10min);
    CHECK(memory.ask("a", start) == upload_step::upload);
    memory.finish("a", file("1"), start, 10min);
    CHECK(memory.find("a").id == "1");
    CHECK(memory.ask("a", start) == upload_step::upload);
}

TEST_CASE("a failed upload fails nobody else: the next asker uploads")
{
    upload_memory memory(0s);
    CHECK(memory.ask("a", start) == upload_step::upload);
    CHECK(memory.ask("a", start) == upload_step::wait);
    memory.fail("a");
    CHECK(memory.ask("a", start) == upload_step::upload);
    CHECK(memory.size() == 1);
}

TEST_CASE("a file that is gone is forgotten, but not the one that came after it")
{
    upload_memory memory(0s);
    CHECK(memory.ask("a", start) == upload_step::upload);
    memory.forget("a", "1"); // nothing to forget while it is under way
    CHECK(memory.ask("a", start) == upload_step::wait);
    memory.finish("a", file("2"), start, 1h);
    memory.forget("a", "1");
    CHECK(memory.ask("a", start) == upload_step::use);
    memory.forget("a", "2");
    CHECK(memory.ask("a", start) == upload_step::upload);
}

TEST_CASE("what it remembers is bounded")
{
    upload_memory memory(0s);
    for (int i = 0; i < 30'000; ++i) {
        std::string const key = std::to_string(i);
        CHECK(memory.ask(key, start) == upload_step::upload);
        memory.finish(key, file(key), start, i % 2 == 0 ? 1h : 0h);
    }
    CHECK(memory.size() <= 10'001);
}

TEST_CASE("the life of an upload is counted by the service's clock, whatever this machine's says")
{
    std::chrono::system_clock::time_point const now{100h};
    CHECK(upload_lifetime(now + 5h, now + 29h, now) == 24h);
    CHECK(upload_lifetime(std::nullopt, now + 2h, now) == 2h);
    CHECK(upload_lifetime(now, std::nullopt, now) == 1h);
}
