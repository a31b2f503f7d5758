// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// What a schema says about a model's input, and what it finds wrong with one.

#include <replicate/model_schema.hpp>

#include "support/published_bodies.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace json = boost::json;
using replicate::input;
using replicate::input_violation;
using replicate::model_schema;
using strings = std::vector<std::string>;

// As Cog writes it.
constexpr std::string_view pictures = R"({"openapi":"3.0.2","components":{"schemas":{
    "Input":{"type":"object","title":"Input","required":["prompt"],"properties":{
        "seed":{"type":"integer","title":"Seed","x-order":6,"description":"Random seed","nullable":true},
        "prompt":{"type":"string","title":"Prompt","x-order":0,"default":"An astronaut","maxLength":20},
        "width":{"type":"integer","minimum":64,"maximum":1024,"default":768,"x-order":1},
        "strength":{"type":"number","minimum":0,"exclusiveMinimum":true,"maximum":1,"x-order":2},
        "scheduler":{"allOf":[{"$ref":"#/components/schemas/scheduler"}],"default":"DDIM","description":"How","x-order":3},
        "image":{"type":"string","format":"uri","x-order":4},
        "masks":{"type":"array","items":{"type":"string","format":"uri"},"x-order":5},
        "token":{"type":"string","format":"password","x-cog-secret":true,"writeOnly":true,"x-order":7},
        "name":{"type":"string","pattern":"^[a-z]+$","x-order":8},
        "either":{"anyOf":[{"type":"integer"},{"type":"boolean"}],"x-order":9}}},
    "Output":{"type":"string"},
    "scheduler":{"type":"string","enum":["DDIM","K_EULER"],"title":"scheduler","description":"An enumeration."}}}})";

json::value parsed(std::string_view text)
{
    return json::parse(json::string_view(text.data(), text.size()));
}

model_schema schema_of(std::string_view text = pictures)
{
    return model_schema::from_json(parsed(text));
}

// A schema whose Input has these properties, and what else stands beside them.
model_schema with(std::string const& properties, std::string const& rest = "", std::string const& others = "{}")
{
    json::value document = parsed(R"({"components":{"schemas":)" + others + "}}");
    document.at("components").at("schemas").as_object()["Input"] =
        parsed(R"({"type":"object","properties":)" + properties + rest + "}");
    return model_schema::from_json(document);
}

strings findings(model_schema const& schema, input const& values)
{
    strings found;
    for (input_violation const& each : schema.validate(values))
        found.push_back((each.level == input_violation::severity::warning ? "warning " : "") + each.pointer + " " + each.text);
    std::sort(found.begin(), found.end());
    return found;
}

strings findings(model_schema const& schema, std::string_view values)
{
    return findings(schema, input(parsed(values)));
}

std::string refusal(std::string_view document)
{
    try {
        (void)schema_of(document);
    } catch (replicate::error const& failure) {
        CHECK(failure.code() == replicate::errc::unexpected_document);
        return failure.diagnostics().detail;
    }
    return "not refused";
}

} // namespace

TEST_CASE("a schema lists the values of the input as its author orders them")
{
    auto const fields = schema_of().fields();
    strings names;
    for (auto const& field : fields)
        names.push_back(field.name);
    CHECK(names
        == strings{"prompt", "width", "strength", "scheduler", "image", "masks", "seed", "token", "name", "either"});
    CHECK(fields[0].required);
    CHECK(fields[0].type == "string");
    CHECK(fields[0].title == "Prompt");
    CHECK(fields[0].default_value == json::value("An astronaut"));
    CHECK_FALSE(fields[1].required);
    CHECK(fields[1].minimum == 64.0);
    CHECK(fields[1].maximum == 1024.0);
    CHECK(fields[3].values == std::vector<json::value>{"DDIM", "K_EULER"});
    CHECK(fields[3].type == "string");
    CHECK(fields[3].description == "How");
    CHECK(fields[3].default_value == json::value("DDIM"));
    CHECK(fields[4].is_file());
    CHECK_FALSE(fields[5].is_file());
    CHECK(fields[6].nullable);
    CHECK(fields[6].type == "integer");
    CHECK(fields[6].description == "Random seed");
    CHECK_FALSE(fields[6].default_value);
    CHECK(fields[7].secret);
}

TEST_CASE("an input that fits has nothing wrong with it")
{
    auto const schema = schema_of();
    CHECK(findings(schema, R"({"prompt":"a cat"})") == strings{});
    CHECK(findings(schema, R"({"prompt":"a cat","seed":null,"width":64,"strength":0.5,"scheduler":"K_EULER",
        "image":"https://a.example/x.png","masks":["data:,x"],"name":"abc","either":true})")
        == strings{});
    CHECK(findings(schema, R"({"prompt":"","width":128.0,"strength":1})") == strings{});
    schema.throw_if_invalid(input().set("prompt", "x"));
}

TEST_CASE("every violation is found, each once, at its place, with what would be right")
{
    CHECK(findings(schema_of(), R"({"seed":"x","width":4096,"strength":0,"scheduler":"odd","image":7,
        "masks":["https://a.example/",1,"photo.png"],"name":"A1","either":"x","token":[]})")
        == strings{"/either must be a whole number or true or false, not a string", "/image must be a string, not a whole number",
            "/masks/1 must be a string, not a whole number", "/masks/2 must be a file or a URL, not another text",
            "/name must match the pattern ^[a-z]+$", "/prompt is required", "/scheduler must be one of \"DDIM\", \"K_EULER\"",
            "/seed must be a whole number or null, not a string", "/strength must be greater than 0",
            "/token must be a string, not an array", "/width must be at most 1024"});
    CHECK(findings(schema_of(), R"({"prompt":"x","width":99.5,"strength":1.5})")
        == strings{"/strength must be at most 1", "/width must be a whole number, not a fraction"});
    CHECK(findings(schema_of(), R"({"prompt":"x","width":63})") == strings{"/width must be at least 64"});
    CHECK(findings(schema_of(), R"({"prompt":"a text of more than twenty letters"})").size() == 1);
    CHECK(findings(schema_of(), R"({"prompt":null})") == strings{"/prompt must be a string, not null"});
}

TEST_CASE("unknown members are errors where the schema forbids them, else warnings")
{
    CHECK(findings(schema_of(), R"({"prompt":"x","promt":"y"})")
        == strings{"warning /promt is not known to the model; it is likely ignored"});
    schema_of().throw_if_invalid(input(parsed(R"({"prompt":"x","promt":"y"})")));
    auto const closed = with(R"({"a":{"type":"object","properties":{"b":{}},"additionalProperties":false}})",
        R"(,"additionalProperties":false)");
    CHECK(findings(closed, R"({"x/y":1,"z":2,"a":{"b":1,"c":2}})")
        == strings{"/a/c is not known to the model", "/x~1y is not known to the model", "/z is not known to the model"});
    CHECK(findings(with("{}"), R"({"anything":1})") == strings{});
}

TEST_CASE("a file that is yet to be sent counts as a URL")
{
    auto const file = replicate::file_source::from_bytes("x", "a photo.png");
    input values = input().set("prompt", "x").set("image", file);
    values.set("masks", std::vector<replicate::file_source>{file, file});
    CHECK(findings(schema_of(), values) == strings{});
    CHECK(findings(schema_of(), input().set("prompt", "x").set("width", file))
        == strings{"/width must be a whole number, not a string"});
}

TEST_CASE("refusing an input names all that is wrong with it, and not its values")
{
    try {
        schema_of().throw_if_invalid(input(parsed(R"({"width":1,"token":7,"name":"Secret99","promt":1})")));
        FAIL("not refused");
    } catch (replicate::invalid_input_error const& failure) {
        CHECK(failure.code() == replicate::condition::invalid_input);
        CHECK(failure.violations().size() == 4);
        std::string const text = failure.what();
        CHECK(text.find("input/prompt is required") != std::string::npos);
        CHECK(text.find("input/width must be at least 64") != std::string::npos);
        CHECK(text.find("promt") == std::string::npos);
        CHECK(text.find("Secret99") == std::string::npos);
    }
}

TEST_CASE("what is no schema is refused, saying why")
{
    CHECK(refusal("null").find("no components.schemas.Input") != std::string::npos);
    CHECK(refusal("[]").find("no components.schemas.Input") != std::string::npos);
    CHECK(refusal(R"({"components":{"schemas":{"Input":7}}})").find("no components.schemas.Input") != std::string::npos);
    CHECK(refusal(R"({"components":{"schemas":{"Input":{"properties":[]}}}})").find("not an object") != std::string::npos);
    CHECK(refusal(R"({"components":{"schemas":{"Input":{"properties":{"a":7}}}}})").find("neither an object")
        != std::string::npos);
    CHECK(refusal(R"({"components":{"schemas":{"Input":{"properties":{"a":{"$ref":"#/no/where"}}}}}})").find("'#/no/where'")
        != std::string::npos);
    CHECK(refusal(R"({"components":{"schemas":{"Input":{"properties":{"a":{"$ref":"https://a.example/"}}}}}})")
        != "not refused");
    CHECK(refusal(R"({"components":{"schemas":{"Input":{"properties":{"a":{"type":7}}}}}})") != "not refused");
    CHECK(refusal(R"({"components":{"schemas":{"Input":{"properties":{"a":{"minimum":"x"}}}}}})").find("/properties/a/minimum")
        != std::string::npos);
    for (char const* odd : {R"("type":"text")", R"("type":[])", R"("enum":{})", R"("required":true)", R"("required":[1])",
             R"("maxLength":-1)", R"("maxItems":"2")", R"("multipleOf":0)", R"("uniqueItems":1)", R"("allOf":{})",
             R"("anyOf":[])", R"("items":7)", R"("additionalProperties":"no")", R"("not":[])"}) {
        CAPTURE(odd);
        CHECK(refusal(std::string(R"({"components":{"schemas":{"Input":{"properties":{"a":{)") + odd + "}}}}}}")
            != "not refused");
    }
}

TEST_CASE("references that lead into themselves, or multiply, end")
{
    auto const looped = with(R"({"tree":{"$ref":"#/components/schemas/tree"}})", "",
        R"({"tree":{"type":"object","required":["value"],"properties":{"value":{"type":"integer"},
            "children":{"type":"array","items":{"$ref":"#/components/schemas/tree"}}}},"self":{"$ref":"#/components/schemas/self"}})");
    CHECK(findings(looped, R"({"tree":{"value":"x","children":[{"value":1}]}})")
        == strings{"/tree/value must be a whole number, not a string"});
    CHECK(findings(with(R"({"a":{"$ref":"#/components/schemas/self"}})", "",
              R"({"self":{"$ref":"#/components/schemas/self"}})"),
              R"({"a":1})")
        == strings{});
    std::string others = R"({"level0":{"type":"integer"})";
    for (int i = 1; i < 24; ++i) {
        std::string const below = R"({"$ref":"#/components/schemas/level)" + std::to_string(i - 1) + "\"}";
        others += ",\"level" + std::to_string(i) + R"(":{"allOf":[)" + below + "," + below + "]}";
    }
    try {
        (void)with(R"({"a":{"$ref":"#/components/schemas/level23"}})", "", others + "}");
        FAIL("not refused");
    } catch (replicate::error const& failure) {
        CHECK(failure.code() == replicate::errc::unexpected_document);
    }
}

TEST_CASE("a reference in the name of a value, a default or an enumeration is none")
{
    auto const schema = with(R"({"$ref":{"type":"string"},"nullable":{"type":"string","default":{"$ref":"x"}},
        "properties":{"type":"integer"},"pattern":{"type":"integer"}})");
    CHECK(schema.fields().size() == 4);
    CHECK(findings(schema, R"({"$ref":"x","nullable":"y","properties":1,"pattern":2})") == strings{});
    CHECK(findings(schema, R"({"$ref":1,"pattern":"x"})")
        == strings{"/$ref must be a string, not a whole number", "/pattern must be a whole number, not a string"});
}

TEST_CASE("odd patterns, long texts and numbers of every size are looked at without harm")
{
    CHECK(findings(with(R"({"a":{"type":"string","pattern":"("}})"), R"({"a":"x"})") == strings{});
    auto const schema = with(R"({"a":{"type":"string","pattern":"^(a|b)*$"},"n":{"type":"integer"}})");
    CHECK(findings(schema, input().set("a", std::string(1'000'000, 'a'))) == strings{});
    CHECK(findings(schema, input().set("n", std::numeric_limits<std::uint64_t>::max())) == strings{});
    CHECK(findings(schema, input().set("n", 1e300)) == strings{"/n must be a whole number, not a fraction"});
}

TEST_CASE("a schema made of nothing takes everything")
{
    model_schema const none;
    CHECK(none.fields().empty());
    CHECK(none.validate(input().set("a", 1)).empty());
    CHECK(none.document().is_null());
}

TEST_CASE("recorded schemas are read, and their own default examples fit them")
{
    for (json::value const& body : replicate::tests::recorded_bodies("models-get", "GET", "/models/")) {
        auto const model = replicate::model::from_json(body);
        if (!model.latest_version)
            continue;
        auto const schema = model_schema::from_version(*model.latest_version);
        CHECK_FALSE(schema.fields().empty());
        if (auto const example = model.default_example())
            CHECK(findings(schema, input(example->input())) == strings{});
    }
}
