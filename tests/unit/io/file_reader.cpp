// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/io/file_reader.hpp>
#include <replicate/io/part_file.hpp>

#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

using namespace replicate::tests;
using replicate::errc;
using replicate::file_source;
using replicate::io::file_reader;
using replicate::io::part_file;

namespace {

// The error that a function throws; nothing where it returns.
std::string refusal(errc expected, std::function<void()> const& function)
{
    try {
        function();
    } catch (replicate::error const& failure) {
        CHECK(failure.code() == expected);
        return failure.what();
    }
    return {};
}

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

} // namespace

TEST_CASE("a file is read whole, with its hash and its type, wherever its bytes are")
{
    temporary_directory const directory;
    std::string const bytes = "\x89PNG\r\n\x1a\n" + varied_bytes(200'000);
    auto const pull = [&bytes](std::uint64_t offset, char* target, std::size_t size) {
        return bytes.copy(target, std::min<std::size_t>(size, 1000), static_cast<std::size_t>(offset));
    };
    for (auto const& source : {file_source::from_path(directory.write("picture", bytes)),
             file_source::from_bytes(bytes, "picture"), file_source::from_reader(bytes.size(), pull, "picture.png")}) {
        file_reader reader(source);
        CHECK(reader.length() == bytes.size());
        CHECK(reader.content_type() == "image/png");
        CHECK(reader.hash([] {}) == replicate::core::sha256(bytes));
        CHECK(reader.read_all([] {}) == bytes);
    }
    file_reader empty(file_source::from_path(directory.write("empty", "")));
    CHECK(empty.length() == 0);
    CHECK(empty.read_all([] {}).empty());
    CHECK(empty.content_type() == "application/octet-stream");
}

TEST_CASE("what is no readable file is refused by its name")
{
    temporary_directory const directory;
    REQUIRE(mkfifo((directory.path() / "pipe").c_str(), 0600) == 0);
    CHECK(contains(refusal(errc::file_not_readable,
                       [&] { file_reader(file_source::from_path(directory.path() / "missing.png")); }),
        "missing.png"));
    CHECK(contains(
        refusal(errc::file_not_readable, [&] { file_reader(file_source::from_path(directory.path())); }), "is a directory"));
    CHECK(contains(refusal(errc::file_not_readable, [&] { file_reader(file_source::from_path(directory.path() / "pipe")); }),
        "is not an ordinary file"));
}

TEST_CASE("a file that shrinks or grows while it is read is found out")
{
    temporary_directory const directory;
    char buffer[1000];
    for (std::size_t changed : {0U, 500U, 999U, 1001U, 5000U}) {
        auto const path = directory.write("file.bin", std::string(1000, 'x'));
        file_reader reader(file_source::from_path(path));
        CHECK(reader.read(0, buffer, 400) == 400);
        std::filesystem::resize_file(path, changed);
        auto const text = refusal(errc::file_changed, [&] {
            for (std::uint64_t offset = 400; offset < 1000;)
                offset += reader.read(offset, buffer, sizeof(buffer));
        });
        CHECK_MESSAGE(contains(text, "file.bin"), changed);
    }
}

TEST_CASE("a reader that gives less or more than it has said is found out")
{
    char buffer[100];
    file_reader short_one(file_source::from_reader(
        10, [](std::uint64_t offset, char*, std::size_t) { return offset < 5 ? 5u : 0u; }, "short"));
    CHECK(short_one.read(0, buffer, 100) == 5);
    CHECK(contains(refusal(errc::file_changed, [&] { short_one.read(5, buffer, 100); }), "'short' ended after 5 of 10 bytes"));
    file_reader long_one(
        file_source::from_reader(10, [](std::uint64_t, char*, std::size_t size) { return size + 1; }, "long"));
    CHECK_FALSE(refusal(errc::invalid_argument, [&] { long_one.read(0, buffer, 100); }).empty());
}

TEST_CASE("a file of 100 MB is too large, and one byte less is not")
{
    temporary_directory const directory;
    auto const path = directory.write("large.bin", "");
    std::filesystem::resize_file(path, 100'000'000);
    auto const text = refusal(errc::file_too_large, [&] { file_reader(file_source::from_path(path)).check_size(); });
    CHECK(contains(text, "large.bin"));
    CHECK(contains(text, "100000000"));
    std::filesystem::resize_file(path, 99'999'999);
    file_reader(file_source::from_path(path)).check_size();
}

TEST_CASE("a part of a file never stands under its name")
{
    temporary_directory const directory;
    auto const path = directory.path() / "out.bin";
    {
        part_file part(path, false);
        part.write("abc");
        CHECK(directory.names().size() == 1);
        CHECK_FALSE(std::filesystem::exists(path));
    }
    CHECK(directory.names().empty());
    {
        part_file part(path, false);
        part.write("wrong");
        part.clear();
        part.write("ab");
        part.write("c");
        part.commit();
        CHECK(part.size() == 3);
        CHECK(part.hash() == replicate::core::hex(replicate::core::sha256("abc")));
    }
    CHECK(bytes_of(path) == "abc");
    CHECK(directory.names().size() == 1);
}

TEST_CASE("a link that leads nowhere is a file that is there")
{
    temporary_directory const directory;
    std::filesystem::create_symlink(directory.path() / "elsewhere", directory.path() / "out.bin");
    CHECK_FALSE(refusal(errc::file_exists, [&] { part_file(directory.path() / "out.bin", false); }).empty());
}
