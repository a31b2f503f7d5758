// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/file_source.hpp>
#include <replicate/input.hpp>

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace json = boost::json;
using replicate::file_source;
using replicate::input;
using replicate::input_value;

static_assert(!std::is_aggregate_v<file_source>);
static_assert(!std::is_aggregate_v<replicate::placed_file>);

namespace {

std::string text_of(input const& values)
{
    return json::serialize(values.object());
}

template<class Function>
std::string refusal(Function const& function)
{
    try {
        function();
    } catch (replicate::error const& failure) {
        CHECK(failure.code() == replicate::errc::invalid_argument);
        return failure.what();
    }
    return {};
}

std::size_t nothing(std::uint64_t, char*, std::size_t)
{
    return 0;
}

} // namespace

TEST_CASE("a file knows its name and its type, by extension or by its first bytes")
{
    CHECK(file_source::from_path("/data/photo.JPG").name() == "photo.JPG");
    CHECK(file_source::from_path("/data/photo.JPG").content_type() == "image/jpeg");
    CHECK(file_source::from_path("/data/photo", "image/x-own").content_type() == "image/x-own");
    CHECK(file_source::from_bytes("\x89PNG\r\n\x1a\n....", "picture").content_type() == "image/png");
    CHECK(file_source::from_bytes("abc").name() == "file");
    CHECK(file_source::from_bytes("abc").content_type() == "application/octet-stream");
    CHECK(file_source::from_reader(5, nothing, "a.wav").content_type() == "audio/wav");
    CHECK(file_source::from_reader(5, nothing, "a.wav").length() == 5);
    CHECK(file_source().bytes().empty());
}

TEST_CASE("a path whose last part cannot travel is called \"file\"")
{
    CHECK(file_source::from_path("/data/").name() == "file");
    CHECK(file_source::from_path("bad\nname").name() == "file");
    CHECK(file_source::from_path("\xff\xfe").name() == "file");
}

TEST_CASE("what cannot be a file is refused, and the text says why")
{
    CHECK(refusal([] { file_source::from_path(""); }).find("the path is empty") != std::string::npos);
    CHECK(refusal([] { file_source::from_path("x", "a\r\nb"); }).find("media type") != std::string::npos);
    CHECK(refusal([] { file_source::from_bytes("x", ""); }).find("name is empty") != std::string::npos);
    CHECK(refusal([] { file_source::from_bytes("x", "a\nb"); }).find("control character") != std::string::npos);
    CHECK(refusal([] { file_source::from_bytes("x", std::string(256, 'n')); }).find("255") != std::string::npos);
    CHECK(refusal([] { file_source::from_bytes("x", "\xff"); }).find("UTF-8") != std::string::npos);
    CHECK(refusal([] { file_source::from_reader(1, nullptr); }).find("function") != std::string::npos);
}

TEST_CASE("an input takes files at any depth, and shows their names in their places")
{
    auto const photo = file_source::from_path("/data/my photo.jpg");
    std::vector<file_source> const many{photo, file_source::from_bytes("b", "b.png")};
    input nested{{"mask", file_source::from_bytes("c", "c.png")}, {"strength", 2}};
    nested.set("list", std::vector<input_value>{1, input_value(many)});
    input const values{{"image", photo}, {"a/b~c", many}, {"options", nested}, {"seed", 1}};
    CHECK(text_of(values)
        == R"({"image":"file:my%20photo.jpg","a/b~c":["file:my%20photo.jpg","file:b.png"],)"
           R"("options":{"mask":"file:c.png","strength":2,"list":[1,["file:my%20photo.jpg","file:b.png"]]},"seed":1})");
    std::vector<std::string> places;
    for (auto const& file : values.files())
        places.push_back(file.place);
    CHECK(places
        == std::vector<std::string>{"/image", "/a~1b~0c/0", "/a~1b~0c/1", "/options/mask", "/options/list/1/0",
            "/options/list/1/1"});
}

TEST_CASE("a file is replaced by its URL in a copy, and the input stays as it is")
{
    input const values{{"a/b", std::vector<file_source>{file_source::from_bytes("x", "x.png")}}, {"c", "file:x.png"}};
    input copy = values;
    copy.resolve_file("/a~1b/0", "https://example.com/x.png");
    CHECK(text_of(copy) == R"({"a/b":["https://example.com/x.png"],"c":"file:x.png"})");
    CHECK(copy.files().empty());
    CHECK(text_of(values) == R"({"a/b":["file:x.png"],"c":"file:x.png"})");
    CHECK(values.files().size() == 1);
}

TEST_CASE("a value that replaces a file takes the file away")
{
    input values{{"a", std::vector<file_source>(2)}, {"ab", file_source()}};
    values.set("a", 1);
    REQUIRE(values.files().size() == 1);
    CHECK(values.files()[0].place == "/ab");
    values.set("ab", file_source::from_bytes("x", "x"));
    REQUIRE(values.files().size() == 1);
    CHECK(values.files()[0].source.name() == "x");
    input const without{{"a", 1}};
    CHECK(without.files().empty());
}
