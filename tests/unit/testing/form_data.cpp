// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/impl/testing/form_data.hpp>

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace replicate::testing::detail;

namespace {

std::string const disposition = "Content-Disposition: form-data; name=\"content\"; filename=\"a.txt\"\r\n";

std::string part(std::string const& head, std::string const& content)
{
    return "--xyz\r\n" + head + "\r\n" + content + "\r\n";
}

std::string file_name_of(std::string const& parameter)
{
    std::string const body =
        part("Content-Disposition: form-data; name=\"content\"; " + parameter + "\r\n", "") + "--xyz--";
    auto const parts = parse_form(body, "xyz");
    REQUIRE(parts.has_value());
    return parts->front().file_name.value_or("(none)");
}

} // namespace

TEST_CASE("the boundary is found in whatever way the header is written")
{
    CHECK(form_boundary("multipart/form-data; boundary=xyz") == "xyz");
    CHECK(form_boundary("Multipart/Form-Data;charset=utf-8;BOUNDARY=\"x y\"") == "x y");
    for (char const* const none : {"", "multipart/form-data", "multipart/form-data; boundary=",
             "multipart/form-data; boundary=\"xyz", "multipart/mixed; boundary=xyz", "application/json"})
        CHECK(form_boundary(none).empty());
    CHECK(form_boundary("multipart/form-data; boundary=" + std::string(71, 'x')).empty());
}

TEST_CASE("the parts of a form are read with their names and types, and their content byte for byte")
{
    std::string const bytes("\0\r\n--xy\r\n\r\n--", 13);
    std::string const body = "preamble\r\n" + part(disposition + "content-TYPE:  text/plain \r\n", bytes)
        + part("X-Other: 1\r\nContent-Disposition: form-data; name=metadata\r\n", "{}") + "--xyz--\r\nepilogue";
    auto const parts = parse_form(body, "xyz");
    REQUIRE(parts.has_value());
    REQUIRE(parts->size() == 2);
    CHECK((*parts)[0].name == "content");
    CHECK((*parts)[0].file_name == "a.txt");
    CHECK((*parts)[0].content_type == "text/plain");
    CHECK((*parts)[0].content == bytes);
    CHECK((*parts)[1].name == "metadata");
    CHECK_FALSE((*parts)[1].file_name.has_value());
    CHECK((*parts)[1].content == "{}");
}

TEST_CASE("an empty content is a content")
{
    std::string const body = part(disposition, "") + "--xyz--\r\n";
    CHECK(parse_form(body, "xyz")->front().content.empty());
}

TEST_CASE("file names are unescaped as browsers and curl escape them")
{
    CHECK(file_name_of("filename=\"a%22b%0D%0A%41.txt\"") == "a\"b\r\n%41.txt");
    CHECK(file_name_of("filename=\"a\\\"b;c\\\\d\\e.txt\"") == "a\"b;c\\d\\e.txt");
    CHECK(file_name_of("filename=plain.txt") == "plain.txt");
    CHECK(file_name_of("filename=\"\"").empty());
    CHECK(file_name_of("other=x") == "(none)");
    CHECK(file_name_of("filename=\"h\xc3\xa9llo \xf0\x9f\xa6\x99.txt\"") == "h\xc3\xa9llo \xf0\x9f\xa6\x99.txt");
}

TEST_CASE("a body that is cut anywhere is no form")
{
    std::string const body = part(disposition, "some bytes") + part("Content-Disposition: form-data; name=x\r\n", "y")
        + "--xyz--";
    REQUIRE(parse_form(body, "xyz").has_value());
    for (std::size_t size = 0; size < body.size(); ++size) {
        CAPTURE(size);
        std::string const cut = body.substr(0, size);
        CHECK_FALSE(parse_form(cut, "xyz").has_value());
    }
}

TEST_CASE("what is hostile is refused, not read past its end")
{
    std::string many;
    for (int i = 0; i < 65; ++i)
        many += part(disposition, "");
    for (std::string const& body : {std::string("--xyz--"), std::string("--xyz"), std::string("--xyz\r\n"),
             std::string("--xyz\r\n\r\n\r\n--xyz--"), part("Content-Disposition: form-data\r\n", "x") + "--xyz--",
             part("Content-Disposition: attachment; name=x\r\n", "x") + "--xyz--", part("no colon\r\n", "x") + "--xyz--",
             part("Content-Type: text/plain\r\n", "x") + "--xyz--", many + "--xyz--",
             part(disposition + "X: " + std::string(17'000, 'x') + "\r\n", "") + "--xyz--",
             "--xyzz\r\n" + disposition + "\r\n\r\n--xyz--"})
        CHECK_FALSE(parse_form(body, "xyz").has_value());
    CHECK_FALSE(parse_form(part(disposition, "") + "--xyz--", "").has_value());
}

TEST_CASE("damaged bodies never lead out of themselves")
{
    std::string const good = part(disposition, "some bytes") + part("Content-Disposition: form-data; name=x\r\n", "y")
        + "--xyz--";
    std::mt19937 generator(7);
    for (int round = 0; round < 5000; ++round) {
        std::string body = good;
        for (int change = 0; change < 3; ++change)
            body[generator() % body.size()] = "\r\n-xyz\";=:\\%\0 "[generator() % 15];
        auto const parts = parse_form(body, "xyz");
        for (std::size_t i = 0; parts && i < parts->size(); ++i) {
            std::string_view const content = (*parts)[i].content;
            if (!content.empty())
                CHECK((content.data() >= body.data() && content.data() + content.size() <= body.data() + body.size()));
        }
    }
}
