// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/search_result.hpp>

#include "support/published_bodies.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace json = boost::json;
using replicate::search_result;

TEST_CASE("the search result of the OpenAPI document is read")
{
    std::vector<json::value> const examples = replicate::tests::openapi_examples("search");
    if (examples.empty())
        return;
    search_result const read = search_result::from_json(examples.back());
    CHECK(read.query == "nano banana");
    REQUIRE(read.models.size() == 1);
    CHECK(read.models[0].model.reference() == "google/nano-banana");
    CHECK(read.models[0].model.latest_version->cog_version == "0.16.7");
    CHECK(read.models[0].generated_description.substr(0, 24) == "Generate and edit images");
    CHECK(read.models[0].tags == std::vector<std::string>{"text-to-image", "image-to-image", "image-editing"});
    CHECK(read.models[0].score == 1.3847375700706976);
    REQUIRE(read.collections.size() == 1);
    CHECK(read.collections[0].slug == "image-editing");
    CHECK(read.collections[0].model_names
        == std::vector<std::string>{"google/nano-banana", "stability-ai/stable-diffusion"});
    REQUIRE(read.pages.size() == 1);
    CHECK(read.pages[0].href == "/docs/guides/image-editing");
    CHECK(read.pages[0].name == "Getting started with image editing");
}

TEST_CASE("what a search does not know of a model is empty")
{
    search_result const read = search_result::from_json(json::parse(
        R"({"models":[{"model":{"owner":"a","name":"b"},"metadata":{"generated_description":null,"tags":null,"score":null}},
            {"model":null}, 5, {"metadata":{"score":-0.5}}]})"));
    REQUIRE(read.models.size() == 3);
    CHECK(read.models[0].model.reference() == "a/b");
    CHECK(read.models[0].generated_description == "");
    CHECK(read.models[0].tags.empty());
    CHECK_FALSE(read.models[0].score);
    CHECK(read.models[1].model.owner == "");
    CHECK(read.models[2].score == -0.5);
    CHECK(read.query == "");
    CHECK(read.collections.empty());
    CHECK(read.pages.empty());
}
