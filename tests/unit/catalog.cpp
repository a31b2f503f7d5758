// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/catalog.hpp>
#include <replicate/page.hpp>

#include "support/published_bodies.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

namespace json = boost::json;
using replicate::account;
using replicate::collection;
using replicate::hardware;
using replicate::uploaded_file;

TEST_CASE("the recorded collections are read")
{
    std::vector<json::value> const bodies =
        replicate::tests::recorded_bodies("collections-list", "GET", "/collections");
    if (bodies.empty())
        return;
    auto const page = replicate::page<collection>::from_json(bodies.at(0));
    REQUIRE(page.results.size() == 19);
    CHECK(page.results[0].slug == "vision-models");
    CHECK(page.results[0].name == "Vision models");
    CHECK(page.results[1].description == "T2I-Adapter models to modify images");
    CHECK(page.results[1].full_description == "");
    CHECK(page.results[1].models.empty());
}

TEST_CASE("the recorded hardware is read from its bare list")
{
    std::vector<json::value> const bodies = replicate::tests::recorded_bodies("hardware-list", "GET", "/hardware");
    if (bodies.empty())
        return;
    std::vector<hardware> const list = replicate::page<hardware>::from_json(bodies.at(0)).results;
    REQUIRE(list.size() == 4);
    CHECK(list[0].sku == "cpu");
    CHECK(list[0].name == "CPU");
    CHECK(list[3].sku == "gpu-a40-large");
    CHECK(list[3].name == "Nvidia A40 (Large) GPU");
}

TEST_CASE("hardware that is no list, or holds what is none, is refused")
{
    using list = replicate::page<hardware>;
    CHECK_THROWS_WITH_AS(
        list::from_json(json::object()), "the answer lacks what was expected: a list without results", replicate::error);
    CHECK_THROWS_WITH_AS(list::from_json(json::parse(R"([{"sku":"cpu"},{}])")),
        "the answer lacks what was expected: hardware without 'sku'", replicate::error);
    list const empty = list::from_json(json::array());
    CHECK(empty.results.empty());
    CHECK(empty.next.empty());
}

TEST_CASE("the recorded files are read")
{
    std::vector<json::value> const created = replicate::tests::recorded_bodies("file-operations", "POST", "/files");
    if (created.empty())
        return;
    uploaded_file const file = uploaded_file::from_json(created.at(0));
    CHECK(file.id == "NGZiNmY2YzQtMThhZi00ZjcyLWFhZjktODg4NTY0NWNlMDEy");
    CHECK(file.name == "test_fileo20o3wth.txt");
    CHECK(file.content_type == "text/plain");
    CHECK(file.size == 0);
    CHECK(file.etag == "d41d8cd98f00b204e9800998ecf8427e");
    CHECK(file.md5 == file.etag);
    CHECK(file.sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(file.metadata() == json::object());
    REQUIRE((file.created_at && file.expires_at));
    CHECK(*file.expires_at - *file.created_at == std::chrono::hours(24));
    CHECK(file.url == "https://api.replicate.com/v1/files/" + file.id);
    std::vector<json::value> const got = replicate::tests::recorded_bodies("file-operations", "GET", "/files");
    REQUIRE(got.size() == 3);
    CHECK(uploaded_file::from_json(got[0]).raw() == file.raw());
    CHECK(replicate::page<uploaded_file>::from_json(got[1]).results.size() == 38);
    CHECK(replicate::page<uploaded_file>::from_json(got[2]).results.size() == 37);
}

TEST_CASE("the accounts, collections and hardware of the OpenAPI document are read")
{
    std::vector<json::value> const accounts = replicate::tests::openapi_examples("account.get");
    if (accounts.empty())
        return;
    account const acme = account::from_json(accounts.at(0));
    CHECK(acme.username == "acme");
    CHECK(acme.name == "Acme Corp, Inc.");
    CHECK(acme.is_organization());
    CHECK(acme.github_url == "https://github.com/acme");
    auto const page =
        replicate::page<collection>::from_json(replicate::tests::openapi_examples("collections.list").at(0));
    CHECK(page.next == "");
    CHECK(page.results.at(0).slug == "super-resolution");
    collection const one = collection::from_json(replicate::tests::openapi_examples("collections.get").at(0));
    CHECK(one.full_description.substr(0, 11) == "## Overview");
    CHECK(one.models.empty());
    CHECK(replicate::page<hardware>::from_json(replicate::tests::openapi_examples("hardware.list").at(0)).results.size()
        == 4);
    CHECK(replicate::webhook_secret::from_json(replicate::tests::openapi_examples("webhooks.default.secret.get").at(0))
              .key
        == "...");
}

TEST_CASE("a collection holds models, or their names")
{
    collection const read = collection::from_json(
        json::parse(R"({"slug":"s","models":[{"owner":"a","name":"b","run_count":3},{"owner":"c","name":"d"}]})"));
    REQUIRE(read.models.size() == 2);
    CHECK(read.models[0].reference() == "a/b");
    CHECK(read.models[0].run_count == 3);
    CHECK(read.models[1].reference() == "c/d");
    CHECK(read.model_names.empty());
    collection const found = collection::from_json(json::parse(R"({"slug":"s","models":["a/b","c/d"]})"));
    CHECK(found.models.empty());
    CHECK(found.model_names == std::vector<std::string>{"a/b", "c/d"});
}

TEST_CASE("an account is an organization only where the service says so")
{
    CHECK_FALSE(account::from_json(json::parse(R"({"username":"u","type":"user"})")).is_organization());
    CHECK_FALSE(account::from_json(json::parse(R"({"username":"u"})")).is_organization());
}
