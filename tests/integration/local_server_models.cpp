// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// The models that the local server brings along, those that its user adds, and the files that they make.

#include <replicate/testing/server.hpp>

#include "support/raw_client.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;
namespace testing = replicate::testing;
namespace json = boost::json;

namespace {

raw::answer run(raw::api& api, std::string const& model, std::string const& input)
{
    raw::answer const created = api.call("POST", "/v1/models/" + model + "/predictions", "{\"input\":" + input + "}");
    return created.status == 201 ? api.poll(created.text("id")) : created;
}

// A connection to the delivery origin, which is asked without a token.
class delivery {
public:
    explicit delivery(testing::server const& server)
        : origin_(server.delivery_url())
        , settings_(server)
        , connection_(static_cast<std::uint16_t>(std::stoi(origin_.substr(origin_.rfind(':') + 1))))
    {
        REQUIRE(connection_.handshake(settings_));
    }

    raw::answer get(std::string const& url, std::string const& headers = {}, std::string const& method = "GET")
    {
        REQUIRE(url.starts_with(origin_));
        connection_.send(method + ' ' + url.substr(origin_.size()) + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
        return connection_.read(method != "HEAD");
    }

private:
    std::string origin_;
    raw::settings settings_;
    raw::connection connection_;
};

std::string joined(raw::answer const& ended)
{
    std::string text;
    json::value const document = ended.json();
    for (json::value const& piece : document.at("output").as_array())
        text += piece.as_string().c_str();
    return text;
}

std::uint32_t big_endian(std::string const& bytes, std::size_t at)
{
    std::uint32_t number = 0;
    for (std::size_t i = at; i < at + 4; ++i)
        number = number << 8 | static_cast<unsigned char>(bytes[i]);
    return number;
}

} // namespace

TEST_CASE("the language model answers its prompt in pieces of text, with metrics")
{
    testing::server server;
    raw::api api(server);
    raw::answer const ended = run(api, "meta/meta-llama-3-8b-instruct", R"({"prompt":"Hello, world!"})");
    CHECK(ended.text("status") == "succeeded");
    CHECK(ended.text("version") == "hidden");
    CHECK(joined(ended).find("\"Hello, world!\"") != std::string::npos);
    json::value const document = ended.json();
    CHECK(document.at("metrics").at("input_token_count").as_int64() == 2);
    CHECK(document.at("metrics").at("output_token_count").as_int64()
        == static_cast<std::int64_t>(document.at("output").as_array().size()));
}

TEST_CASE("the language model keeps to max_tokens, and an empty prompt has an answer too")
{
    testing::server server;
    raw::api api(server);
    raw::answer const few = run(api, "meta/meta-llama-3-8b-instruct", R"({"prompt":"x","max_tokens":3})");
    CHECK(few.json().at("output").as_array().size() == 3);
    CHECK_FALSE(joined(run(api, "meta/meta-llama-3-8b-instruct", R"({"prompt":""})")).empty());
}

TEST_CASE("an input that does not fit is refused with every field that is wrong")
{
    testing::server server;
    raw::api api(server);
    raw::answer const refused =
        run(api, "black-forest-labs/flux-schnell", R"({"num_inference_steps":50,"width":"wide","height":0})");
    CHECK(refused.status == 422);
    CHECK(refused.text("title") == "Input validation failed");
    json::value const document = refused.json();
    json::array const& fields = document.at("invalid_fields").as_array();
    REQUIRE(fields.size() == 4);
    CHECK(fields[0].at("type").as_string() == "required");
    CHECK(fields[0].at("field").as_string() == "input");
    CHECK(fields[0].at("description").as_string() == "prompt is required");
    CHECK(fields[3].at("type").as_string() == "number_lte");
    CHECK(fields[3].at("field").as_string() == "input.num_inference_steps");
    CHECK(fields[3].at("description").as_string() == "Must be less than or equal to 4");
    CHECK(server.counts().predictions == 0);
}

TEST_CASE("the image models make PNG files of the size asked for, one per output, the same for the same prompt")
{
    testing::server server;
    raw::api api(server);
    delivery files(server);
    std::string const input = R"({"prompt":"a llama","width":300,"height":200,"num_outputs":2})";
    json::value const first = run(api, "black-forest-labs/flux-schnell", input).json();
    json::value const again = run(api, "black-forest-labs/flux-schnell", input).json();
    REQUIRE(first.at("output").as_array().size() == 2);
    raw::answer const image = files.get(first.at("output").at(0).as_string().c_str());
    CHECK(image.status == 200);
    CHECK(image.header("content-type") == "image/png");
    CHECK(image.body.starts_with("\x89PNG\r\n\x1a\n"));
    CHECK(big_endian(image.body, 16) == 300);
    CHECK(big_endian(image.body, 20) == 200);
    CHECK(files.get(again.at("output").at(0).as_string().c_str()).body == image.body);
    CHECK(files.get(first.at("output").at(1).as_string().c_str()).body != image.body);
    CHECK(first.at("logs").as_string().find("100%|##########| 4/4") != json::string::npos);
}

TEST_CASE("sdxl runs by its version")
{
    testing::server server;
    raw::api api(server);
    raw::answer const created = api.call("POST", "/v1/predictions",
        R"({"version":"stability-ai/sdxl:)" + server.version("stability-ai/sdxl") + R"(","input":{"prompt":"x"}})");
    CHECK(created.status == 201);
    CHECK(created.text("version") == server.version("stability-ai/sdxl"));
    CHECK(api.poll(created.text("id")).json().at("output").as_array().size() == 1);
}

TEST_CASE("the models to test against fail, take their time, boot slowly, never end, and echo")
{
    testing::server server;
    raw::api api(server);
    CHECK(run(api, "test/fails", "{}").text("error") == "CUDA out of memory (E1001)");
    CHECK(run(api, "test/slow", R"({"milliseconds":50})").text("output") == "slow, but done");
    CHECK(run(api, "test/cold-boot", R"({"milliseconds":50})").text("output") == "warm now");
    CHECK(run(api, "test/echo", R"({"z":[1,null,{"y":true}]})").json().at("output")
        == json::parse(R"({"z":[1,null,{"y":true}]})"));
    std::string const endless =
        api.call("POST", "/v1/models/test/never-ends/predictions", R"({"input":{}})").text("id");
    CHECK(server.prediction(endless)->at("status").as_string() == "processing");
}

TEST_CASE("a model of the user's own returns text, JSON or a script, and sees its input")
{
    testing::server server;
    raw::api api(server);
    server.model("acme/text",
        [](replicate::input const& input) { return "got " + std::string(input.at("text").as_string().c_str()); });
    server.model("acme/json", [](replicate::input const&) { return json::value(json::array{1, 2}); });
    server.model("acme/number", [](replicate::input const&) { return 42; });
    server.model("acme/script",
        [](replicate::input const&) { return testing::script().text_pieces({"a", "b"}, 1ms).metric("cost", 0.5); });
    CHECK(run(api, "acme/text", R"({"text":"it"})").text("output") == "got it");
    CHECK(run(api, "acme/json", "{}").json().at("output").as_array().size() == 2);
    CHECK(run(api, "acme/number", "{}").json().at("output").as_int64() == 42);
    json::value const scripted = run(api, "acme/script", "{}").json();
    CHECK(scripted.at("output") == json::array{"a", "b"});
    CHECK(scripted.at("metrics").at("cost").as_double() == 0.5);
}

TEST_CASE("what a model throws is the error of its prediction, or the refusal of its input")
{
    testing::server server;
    raw::api api(server);
    server.model("acme/throws", [](replicate::input const&) -> testing::script { throw std::runtime_error("no GPU"); });
    server.model("acme/picky",
        [](replicate::input const&) -> testing::script { throw testing::invalid_input::missing("image"); });
    raw::answer const failed = run(api, "acme/throws", "{}");
    CHECK(failed.text("status") == "failed");
    CHECK(failed.text("error") == "no GPU");
    raw::answer const refused = run(api, "acme/picky", "{}");
    CHECK(refused.status == 422);
    CHECK(refused.text("detail") == "- input: image is required\n");
}

TEST_CASE("a model can be replaced, and may ask its server while it runs")
{
    testing::server server;
    raw::api api(server);
    server.model("acme/it", [](replicate::input const&) { return 1; });
    server.model("acme/it", [&](replicate::input const&) { return server.counts().creates; });
    CHECK(run(api, "acme/it", "{}").json().at("output").as_int64() == 0);
}

TEST_CASE("files anywhere in an output are links to the delivery origin")
{
    testing::server server;
    raw::api api(server);
    delivery files(server);
    server.model("acme/files", [](replicate::input const&) {
        return testing::script()
            .attach(testing::output_file("one", "text/plain", "a b.txt"))
            .attach(testing::output_file("two", "video/mp4", "two.mp4"))
            .output(json::object{
                {"video", testing::script::file_mark(1)}, {"list", json::array{testing::script::file_mark(0)}}});
    });
    json::value const ended = run(api, "acme/files", "{}").json();
    std::string const video = ended.at("output").at("video").as_string().c_str();
    std::string const text = ended.at("output").at("list").at(0).as_string().c_str();
    CHECK(video.ends_with("/two.mp4"));
    CHECK(text.ends_with("/a%20b.txt"));
    CHECK(files.get(video).body == "two");
    CHECK(files.get(video).header("content-type") == "video/mp4");
    CHECK(files.get(text).body == "one");
    CHECK(server.counts().downloads == 3);
}

TEST_CASE("the delivery origin answers ranges, HEAD and what is not there, and notices tokens")
{
    testing::server server;
    raw::api api(server);
    delivery files(server);
    server.model(
        "acme/file", [](replicate::input const&) { return testing::script().file("0123456789", "text/plain", "f"); });
    std::string const url = run(api, "acme/file", "{}").text("output");
    raw::answer const whole = files.get(url);
    CHECK(whole.header("accept-ranges") == "bytes");
    CHECK(whole.header("cache-control") == "public,max-age=3600");
    raw::answer const part = files.get(url, "Range: bytes=2-4\r\n");
    CHECK(part.status == 206);
    CHECK(part.body == "234");
    CHECK(part.header("content-range") == "bytes 2-4/10");
    CHECK(files.get(url, "Range: bytes=8-\r\n").body == "89");
    CHECK(files.get(url, "Range: bytes=-3\r\n").body == "789");
    CHECK(files.get(url, "Range: bytes=4-400\r\n").header("content-range") == "bytes 4-9/10");
    CHECK(files.get(url, "Range: bytes=10-\r\n").status == 416);
    CHECK(files.get(url, "Range: bytes=1-2\r\nIf-Range: " + whole.header("etag") + "\r\n").status == 206);
    CHECK(files.get(url, "Range: bytes=1-2\r\nIf-Range: \"old\"\r\n").status == 200);
    raw::answer const head = files.get(url, "", "HEAD");
    CHECK(head.status == 200);
    CHECK(head.header("content-length") == "10");
    CHECK(files.get(server.delivery_url() + "/nothing").status == 404);
    CHECK(server.counts().delivery_authorizations == 0);
    files.get(url, "Authorization: Bearer " + server.token() + "\r\n");
    CHECK(server.counts().delivery_authorizations == 1);
    server.remove_data(server.predictions().front());
    CHECK(files.get(url).status == 404);
}
