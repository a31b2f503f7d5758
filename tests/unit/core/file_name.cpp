// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/file_name.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

using replicate::core::file_name_of_url;

TEST_CASE("a file is named as the last part of its URL")
{
    CHECK(file_name_of_url("https://replicate.delivery/pbxt/abc/out-0.png") == "out-0.png");
    CHECK(file_name_of_url("https://replicate.delivery/AZ-az_09.png#/x?y") == "AZ-az_09.png");
    CHECK(file_name_of_url("https://replicate.delivery/xezq/a_b.tar.gz?x=/y.png#/z") == "a_b.tar.gz");
}

TEST_CASE("what is no plain file name becomes one")
{
    constexpr std::pair<std::string_view, std::string_view> rows[] = {
        {"", "output"},
        {"https://a.example", "output"},
        {"https://a.example/", "output"},
        {"https://a.example/?file=x.png", "output"},
        {"https://a.example/b/", "output"},
        {"https://a.example/.", "output"},
        {"https://a.example/..", "output"},
        {"https://a.example/...png", "png"},
        {"https://a.example/.profile", "profile"},
        {"https://a.example/-rf", "rf"},
        {"https://a.example/.-.-x", "x"},
        {"https://a.example/a%2f..%2fb", "a_2f.._2fb"},
        {"https://a.example/a\\..\\b", "a_.._b"},
        {"https://a.example/a:b|c*d$e`f", "a_b_c_d_e_f"},
        {"https://a.example/\x1b[31m", "__31m"},
        {"https://a.example/\xc3\xbc.png", "__.png"},
        {"data:image/png;base64,iVBORw0KGgo=", "output"},
        {"data:,/etc/passwd", "output"},
    };
    for (auto const& [url, name] : rows) {
        CAPTURE(url);
        CHECK(file_name_of_url(url) == name);
    }
}

TEST_CASE("a long file name keeps its end, and stays one after it was cut")
{
    std::string const url = "https://a.example/" + std::string(1000, 'x') + ".png";
    CHECK(file_name_of_url(url) == std::string(251, 'x') + ".png");
    for (std::size_t length : {std::size_t(254), std::size_t(255), std::size_t(256)})
        CHECK(file_name_of_url("https://a.example/" + std::string(length, 'x')).size()
            == std::min(length, std::size_t(255)));
    std::string const cut_before_dots = "https://a.example/" + std::string(100, 'x') + ".." + std::string(253, 'y');
    CHECK(file_name_of_url(cut_before_dots) == std::string(253, 'y'));
}
