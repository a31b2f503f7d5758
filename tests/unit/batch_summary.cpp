// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/batch_summary.hpp>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

namespace {

replicate::prediction ended(std::string const& model, std::string const& status, double seconds, double total)
{
    boost::json::object metrics{{"predict_time", seconds}, {"total_time", total}, {"input_token_count", 10}, {"output_token_count", 100}};
    return replicate::prediction::from_json(
        boost::json::object{{"id", "x"}, {"model", model}, {"status", status}, {"metrics", std::move(metrics)}});
}

} // namespace

TEST_CASE("what predictions cost is summed by the prices given")
{
    auto const prices = replicate::price_table::from_json(boost::json::parse(
        R"({"a/timed": {"per_second": 0.5}, "a/text": {"per_input_token": 0.01, "per_output_token": 0.1}, "a/image": {"per_run": 3}})"));
    replicate::batch_summary sum;
    sum.add(ended("a/unknown", "succeeded", 1, 1), prices);
    CHECK(!sum.cost);
    sum.add(ended("a/timed", "failed", 4, 1), prices);
    CHECK(*sum.cost == doctest::Approx(2));
    sum.add(ended("a/text", "succeeded", 0, 1), prices);
    CHECK(*sum.cost == doctest::Approx(12.1));
    sum.add(ended("a/image", "failed", 0, 1), prices);
    sum.add(ended("a/image", "succeeded", 0, 1), prices);
    CHECK(*sum.cost == doctest::Approx(15.1));
    CHECK(sum.predict_time == doctest::Approx(5));
    CHECK(sum.input_tokens == doctest::Approx(50));
    CHECK(sum.output_tokens == doctest::Approx(500));
}

TEST_CASE("a price for all models is for those that have none of their own")
{
    auto const prices = replicate::price_table::from_json(boost::json::parse(R"({"*": {"per_run": 1}, "a/b": {"per_run": 5}})"));
    CHECK(prices.cost(ended("a/b", "succeeded", 0, 0)) == 5);
    CHECK(prices.cost(ended("c/d", "succeeded", 0, 0)) == 1);
}

TEST_CASE("prices that are none are refused by name")
{
    auto const read = [](char const* text) { replicate::price_table::from_json(boost::json::parse(text)); };
    CHECK_THROWS_WITH(read("[]"), doctest::Contains("prices: must be a JSON object"));
    CHECK_THROWS_WITH(read(R"({"a/b": 1})"), doctest::Contains("prices.a/b: must be an object"));
    CHECK_THROWS_WITH(read(R"({"a/b": {"per_hour": 1}})"), doctest::Contains("prices.a/b.per_hour: is not known"));
    CHECK_THROWS_WITH(read(R"({"a/b": {"per_run": -1}})"), doctest::Contains("prices.a/b.per_run: must be a number"));
}

TEST_CASE("quantiles are exact")
{
    replicate::batch_summary sum;
    CHECK(!sum.quantile(0.5));
    for (int i = 100; i >= 0; --i)
        sum.add(ended("a/b", "succeeded", 0, i), replicate::price_table());
    CHECK(*sum.quantile(0.5) == doctest::Approx(50));
    CHECK(*sum.quantile(0.99) == doctest::Approx(99));
    CHECK(*sum.quantile(0) == doctest::Approx(0));
    CHECK(*sum.quantile(1) == doctest::Approx(100));
}
