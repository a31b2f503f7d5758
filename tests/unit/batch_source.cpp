// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/batch_source.hpp>

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

namespace {

using replicate::batch_entry;
using replicate::batch_source_options;

std::vector<batch_entry> all_of(replicate::batch_source& source)
{
    std::vector<batch_entry> entries;
    while (auto entry = source.next())
        entries.push_back(std::move(*entry));
    return entries;
}

std::vector<batch_entry> lines(std::string const& text, batch_source_options const& options = batch_source_options())
{
    std::istringstream stream(text);
    replicate::jsonl_source source(stream, options);
    return all_of(source);
}

std::vector<batch_entry> table(std::string const& text, batch_source_options const& options = batch_source_options())
{
    std::istringstream stream(text);
    replicate::csv_source source(stream, options);
    return all_of(source);
}

std::string fault(std::string const& line)
{
    auto const entries = lines(line);
    return entries.size() == 1 && !entries[0].row ? entries[0].fault.text() : "no fault";
}

std::string input_of(batch_entry const& entry)
{
    return entry.row ? std::string(boost::json::serialize(entry.row->values.object())) : entry.fault.text();
}

std::string const start = "{\"custom_id\":\"a\",\"model\":\"meta/llama\",";

} // namespace

TEST_CASE("each line is a row")
{
    auto const entries = lines("\xef\xbb\xbf{\"custom_id\":\"a\",\"model\":\"meta/llama\",\"input\":{\"prompt\":\"x\"}}\r\n"
                               "\n  \t\n"
                               "{\"deployment\":\"acme/fast\",\"input\":{}}\n"
                               "{\"custom_id\":7,\"version\":\"" + std::string(64, 'a') + "\"}");
    REQUIRE(entries.size() == 3);
    CHECK(entries[0].row->custom_id == "a");
    CHECK(entries[0].row->target.str() == "meta/llama");
    CHECK(input_of(entries[0]) == R"({"prompt":"x"})");
    CHECK(entries[1].row->custom_id == "line-4");
    CHECK(entries[1].number == 1);
    CHECK(entries[1].row->target.kind() == replicate::model_ref::form::deployment);
    CHECK(entries[2].row->custom_id == "7");
    CHECK(entries[2].row->target.kind() == replicate::model_ref::form::version);
}

TEST_CASE("a line that is no row says where and why, and the rest goes on")
{
    auto const entries = lines("{\"custom_id\": \"\xc3\xa4\", nonsense}\n" + start + "\"input\":{}}\n");
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].fault.line == 1);
    CHECK(entries[0].fault.column == 20);
    CHECK(entries[1].row);
    CHECK(fault("{\"a\":1").starts_with("line 1, column 7: is not JSON"));
    CHECK(fault("{} {}").starts_with("line 1, column 4: behind the JSON object"));
    CHECK(fault("[1]").starts_with("line 1, column 1: is not a JSON object"));
    CHECK(fault("{}") == "line 1: 'line-1': model: a row has one of model, version and deployment; this one has none");
    CHECK(fault(start + "\"version\":\"x\"}").find("one of model, version and deployment") != std::string::npos);
    CHECK(fault(start + "\"imput\":{}}")
        == "line 1: 'a': 'imput': is no member of a row; there are: custom_id, model, version, deployment, input");
    CHECK(fault(start + "\"input\":[]}").find("input: must be an object") != std::string::npos);
    CHECK(fault("{\"model\":\"no slash\",\"input\":{}}").find("is not a model reference") != std::string::npos);
    CHECK(fault("{\"custom_id\":\"\"}").find("custom_id: must have 1 to 512 bytes") != std::string::npos);
    CHECK(fault("{\"custom_id\":true}").find("custom_id: must be a text") != std::string::npos);
}

TEST_CASE("a line that is too long is a fault, and is not kept")
{
    batch_source_options options;
    options.longest_line = 100;
    auto const entries = lines(std::string(1000, ' ') + "x\n" + start + "\"input\":{}}", options);
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].fault.text() == "line 1, column 101: the line is too long");
    CHECK(entries[1].row);
}

TEST_CASE("@path stands for a file, at any depth, and @@ for the letter")
{
    batch_source_options options;
    options.directory = "/data";
    auto entries = lines(start + R"("input":{"image":"@a b.jpg","list":[{"x":"@/abs/c.png"},"@@home"],"prompt":"a@b"}})", options);
    REQUIRE(entries.at(0).row);
    auto const& files = entries[0].row->values.files();
    REQUIRE(files.size() == 2);
    CHECK(files[0].place == "/image");
    CHECK(files[0].source.path() == "/data/a b.jpg");
    CHECK(files[1].place == "/list/0/x");
    CHECK(files[1].source.path() == "/abs/c.png");
    CHECK(entries[0].row->values.object().at("list").at(1) == "@home");
    CHECK(fault(start + R"("input":{"image":"@"}})").find("'@' stands in front of a path") != std::string::npos);
    options.files = false;
    CHECK(input_of(lines(start + R"("input":{"image":"@a"}})", options).at(0)) == R"({"image":"@a"})");
}

TEST_CASE("settings go into all inputs, and a model to those that name none")
{
    batch_source_options options;
    options.target = replicate::model_ref("acme/model");
    options.set = {"seed=42", "prompt=a, {b}", "list=[1,2]", "text=\"7\""};
    auto const entries = lines("{\"input\":{\"seed\":1,\"other\":2}}", options);
    CHECK(input_of(entries.at(0)) == R"({"seed":42,"other":2,"prompt":"a, {b}","list":[1,2],"text":"7"})");
    CHECK(entries[0].row->target.str() == "acme/model");
    options.set = {"seed"};
    CHECK_THROWS_WITH(lines("", options), doctest::Contains("set: 'seed' is not of the form key=value"));
    options.set.clear();
    options.map = {"a=b"};
    CHECK_THROWS_WITH(lines("", options), doctest::Contains("map: is for the columns of CSV"));
}

TEST_CASE("lines of OpenAI's batches are rows")
{
    std::string const front = R"({"custom_id":"r1","method":"POST","url":"/v1/chat/completions","body":{"model":"openai/gpt",)";
    CHECK(input_of(lines(front + R"("max_tokens":5,"messages":[{"role":"system","content":"S"},{"role":"user","content":"U"}]}})").at(0))
        == R"({"max_tokens":5,"prompt":"U","system_prompt":"S"})");
    std::string const turns = R"("messages":[{"role":"user","content":"1"},{"role":"assistant","content":"2"},{"role":"user","content":"3"}])";
    CHECK(input_of(lines(front + turns + "}}").at(0)) == "{" + turns + "}");
    CHECK(input_of(lines(R"({"custom_id":"r","url":"/v1/predictions","body":{"model":"a/b","input":{"x":1}}})").at(0)) == R"({"x":1})");
    CHECK(lines(front + "\"messages\":[]}}").at(0).row->custom_id == "r1");
    CHECK(fault(R"({"method":"GET","body":{}})").find("method: must be POST") != std::string::npos);
    CHECK(fault(R"({"url":"/v1/embeddings","body":{}})").find("url: must be") != std::string::npos);
    CHECK(fault(R"({"body":{"model":"gpt-4o","messages":[]}})").find("is not a model reference") != std::string::npos);
}

TEST_CASE("each record of CSV is a row, by its columns or as they are mapped")
{
    auto const plain = table("custom_id,model,prompt,width\r\na,x/y,\"red, \"\"big\"\"\nhat\",512\r\nb,x/y,cat,\r\n");
    REQUIRE(plain.size() == 2);
    CHECK(input_of(plain[0]) == R"({"prompt":"red, \"big\"\nhat","width":512})");
    CHECK(plain[0].row->custom_id == "a");
    CHECK(input_of(plain[1]) == R"({"prompt":"cat"})");

    batch_source_options options;
    options.target = replicate::model_ref("x/y");
    options.map = {"Title=prompt:text", "n=count"};
    options.set = {"note={Title} {{n}}: {n}", "o={\"a\":1}"};
    auto const mapped = table("Title,n,unused\n42,7,z\n", options);
    CHECK(input_of(mapped.at(0)) == R"({"prompt":"42","count":7,"note":"42 {n}: 7","o":{"a":1}})");
    CHECK(mapped[0].row->custom_id == "line-2");
}

TEST_CASE("CSV that is wrong says where")
{
    batch_source_options options;
    options.target = replicate::model_ref("x/y");
    auto const entries = table("a,b\n1\n1,x\"y\n1,\"y\"z\n1,2\n\"open,1\n2,3\n", options);
    REQUIRE(entries.size() == 5);
    CHECK(entries[0].fault.text() == "line 2: has 1 fields, and there are 2 columns");
    CHECK(entries[1].fault.text().starts_with("line 3, column 4: a quote within a field"));
    CHECK(entries[2].fault.text().starts_with("line 4, column 6: behind the closing quote"));
    CHECK(entries[3].row);
    CHECK(entries[4].fault.text() == "line 6, column 1: the quote that begins here has no end");
    CHECK_THROWS_WITH(table("", options), doctest::Contains("no first line"));
    CHECK_THROWS_WITH(table("a,a\n", options), doctest::Contains("two of the name 'a'"));
    options.map = {"c=x"};
    CHECK_THROWS_WITH(table("a,b\n", options), doctest::Contains("there is no column 'c'"));
    options.map.clear();
    options.set = {"x={c}"};
    CHECK_THROWS_WITH(table("a,b\n", options), doctest::Contains("there is no column 'c'"));
}

TEST_CASE("inputs are told apart by all of their bytes")
{
    std::istringstream one(std::string(200'000, 'x')), other(std::string(200'000, 'x') + "y"), none;
    std::string const first = replicate::fingerprint_of(one);
    CHECK(first.size() == 64);
    CHECK(first != replicate::fingerprint_of(other));
    CHECK(replicate::fingerprint_of(none) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
