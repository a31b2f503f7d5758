// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Uploaded files on the local server.

#include <replicate/core/base64.hpp>
#include <replicate/core/hmac.hpp>
#include <replicate/core/percent_encoding.hpp>
#include <replicate/core/sha256.hpp>
#include <replicate/testing/server.hpp>

#include "support/raw_client.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>

using namespace std::chrono_literals;
namespace testing = replicate::testing;
namespace json = boost::json;

namespace {

std::string const form_type = "Content-Type: multipart/form-data; boundary=xyz\r\n";

std::string file_part(std::string const& content, std::string const& name = "a.txt", std::string const& type = "text/plain")
{
    return "--xyz\r\nContent-Disposition: form-data; name=\"content\"; filename=\"" + name + "\"\r\nContent-Type: " + type
        + "\r\n\r\n" + content + "\r\n";
}

std::string field(std::string const& name, std::string const& value, std::string const& more = {})
{
    return "--xyz\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n" + more + "\r\n" + value + "\r\n";
}

raw::answer upload(testing::server const& server, raw::connection& connection, std::string const& parts)
{
    std::string const body = parts + "--xyz--\r\n";
    connection.send("POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + server.token() + "\r\n" + form_type
        + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return connection.read();
}

class uploader {
public:
    explicit uploader(testing::server const& server)
        : server_(server)
        , settings_(server)
        , connection_(server.port())
    {
        REQUIRE(connection_.handshake(settings_));
    }

    raw::answer operator()(std::string const& parts) { return upload(server_, connection_, parts); }

    raw::connection& connection() { return connection_; }

private:
    testing::server const& server_;
    raw::settings settings_;
    raw::connection connection_;
};

} // namespace

TEST_CASE("an upload is answered with what it is, and read, listed and deleted")
{
    testing::server server;
    raw::api api(server);
    uploader send(server);
    raw::answer const created = send(file_part("") + field("metadata", R"({"a":[1]})"));
    CHECK(created.status == 201);
    CHECK(created.header("content-type") == "application/json; charset=UTF-8");
    CHECK(created.text("name") == "a.txt");
    CHECK(created.text("content_type") == "text/plain");
    CHECK(created.text("etag") == "d41d8cd98f00b204e9800998ecf8427e");
    json::value const file = created.json();
    CHECK(file.at("size").as_int64() == 0);
    CHECK(file.at("checksums").at("sha256").as_string()
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(file.at("checksums").at("md5").as_string() == "d41d8cd98f00b204e9800998ecf8427e");
    CHECK(file.at("metadata") == json::value({{"a", json::array{1}}}));
    CHECK(created.text("created_at").size() == std::string_view("2024-08-22T12:26:51.079Z").size());
    std::string const id = created.text("id");
    CHECK(replicate::core::base64_decode(id)->size() == 36);
    CHECK(file.at("urls").at("get").as_string().c_str() == server.base_url() + "/files/" + id);
    CHECK(api.call("GET", "/v1/files/" + id).body == created.body);
    CHECK(api.call("GET", "/v1/files").json().at("results").as_array().size() == 1);
    raw::answer const deleted = api.call("DELETE", "/v1/files/" + id);
    CHECK(deleted.status == 204);
    CHECK(deleted.header("content-type") == "text/plain; charset=UTF-8");
    for (raw::answer const& missing : {api.call("GET", "/v1/files/" + id), api.call("DELETE", "/v1/files/" + id)}) {
        CHECK(missing.status == 404);
        CHECK(missing.body == R"({"detail":"File not found"})");
        CHECK(missing.header("content-type") == "application/problem+json");
    }
    CHECK(server.counts().file_creates == 1);
    CHECK(server.counts().files == 5);
}

TEST_CASE("files are listed, the oldest first")
{
    testing::server_options options;
    options.page_size = 2;
    testing::server server(options);
    raw::api api(server);
    uploader send(server);
    for (char const* const name : {"1", "2", "3"})
        send(file_part("x", name));
    json::value const first = api.call("GET", "/v1/files").json();
    CHECK(first.at("results").at(0).at("name").as_string() == "1");
    std::string const next = first.at("next").as_string().c_str();
    json::value const second = api.call("GET", next.substr(next.find("/v1/"))).json();
    CHECK(second.at("results").at(0).at("name").as_string() == "3");
    CHECK(second.at("next").is_null());
}

TEST_CASE("fields override the name and type of the part, and metadata may be a JSON part")
{
    testing::server server;
    uploader send(server);
    raw::answer const overridden = send(field("type", "image/png") + file_part("x") + field("filename", "b.png")
        + field("metadata", R"({"b":2})", "Content-Type: application/json\r\n"));
    CHECK(overridden.text("name") == "b.png");
    CHECK(overridden.text("content_type") == "image/png");
    CHECK(overridden.json().at("metadata").at("b").as_int64() == 2);
    raw::answer const plain = send("--xyz\r\nContent-Disposition: form-data; name=\"content\"\r\n\r\nx\r\n");
    CHECK(plain.status == 201);
    CHECK(plain.text("content_type") == "application/octet-stream");
    CHECK(plain.json().at("metadata").as_object().empty());
}

TEST_CASE("an upload that is none is refused")
{
    testing::server server;
    uploader send(server);
    CHECK(send(field("other", "x")).text("detail") == "The form has no part named content");
    CHECK(send(file_part("x") + field("metadata", "[1]")).text("detail") == "The metadata must be a JSON object");
    CHECK(send(file_part("x") + field("metadata", "{")).status == 400);
    CHECK(send(file_part("x", std::string(256, 'n'))).status == 400);
    CHECK(send("").status == 400);
    raw::api api(server);
    CHECK(api.call("POST", "/v1/files", "{}").status == 400);
}

TEST_CASE("a file is gone when it has expired")
{
    testing::server_options options;
    options.file_lifetime = 0s;
    testing::server server(options);
    raw::api api(server);
    uploader send(server);
    std::string const id = send(file_part("x")).text("id");
    CHECK(api.call("GET", "/v1/files/" + id).status == 404);
    CHECK(api.call("GET", "/v1/files").json().at("results").as_array().empty());
}

TEST_CASE("a download shows a signature, or the file is not there")
{
    testing::server server;
    raw::api api(server);
    uploader send(server);
    std::string const id = send(file_part("the bytes")).text("id");
    auto const target = [&](std::string const& owner, std::string const& expiry) {
        auto const code = replicate::core::hmac_sha256(server.file_signing_secret(), {"acme", " ", id, " ", expiry});
        return "/v1/files/" + id + "/download?owner=" + owner + "&expiry=" + expiry
            + "&signature=" + replicate::core::percent_encode(replicate::core::base64_encode(*code));
    };
    raw::answer const got = api.call("GET", target("acme", "4102444800"));
    CHECK(got.status == 200);
    CHECK(got.header("content-type") == "application/octet-stream");
    CHECK(got.body == "the bytes");
    CHECK(api.call("GET", target("acme", "1700000000")).status == 404);
    CHECK(api.call("GET", target("other", "4102444800")).status == 404);
    CHECK(api.call("GET", target("acme", "soon")).status == 404);
    CHECK(api.call("GET", target("acme", "4102444800") + "x").status == 404);
    CHECK(api.call("GET", "/v1/files/" + id + "/download").status == 404);
}

TEST_CASE("a model gets the bytes of the files that it is given")
{
    testing::server server;
    raw::api api(server);
    uploader send(server);
    server.model("acme/read", [&](replicate::input const& input) {
        auto const file = server.open_input(input.at("file").as_string().c_str());
        return file ? file->sha256 + ' ' + file->content_type + ' ' + std::string(file->bytes()) : std::string("none");
    });
    server.model("acme/file",
        [](replicate::input const&) { return testing::script().file("made", "text/css", "made.css"); });
    auto const run = [&](std::string const& model, std::string const& url) {
        return api.poll(
                      api.call("POST", "/v1/models/acme/" + model + "/predictions", R"({"input":{"file":")" + url + R"("}})")
                          .text("id"))
            .text("output");
    };
    auto const hash = [](std::string_view bytes) { return replicate::core::hex(replicate::core::sha256(bytes)); };
    std::string const url = send(file_part("up", "a", "text/x")).json().at("urls").at("get").as_string().c_str();
    CHECK(run("read", url) == hash("up") + " text/x up");
    CHECK(run("read", "data:text/plain;base64,aGk=") == hash("hi") + " text/plain hi");
    CHECK(run("read", run("file", "")) == hash("made") + " text/css made");
    CHECK(run("read", "https://other.example/v1/files/x") == "none");
    CHECK(run("read", url + "x") == "none");
}

TEST_CASE("an upload that announces too much is refused before it is read")
{
    testing::server_options options;
    options.largest_file = 1000;
    options.early_answer_linger = 200ms;
    testing::server server(options);
    uploader send(server);
    CHECK(send(file_part(std::string(1000, 'x'))).status == 201);
    raw::answer const exact = send(file_part(std::string(1001, 'x')));
    CHECK(exact.status == 413);
    CHECK(exact.body == R"({"detail":"Files must be less than 100MB in size"})");
    send.connection().send("POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + server.token() + "\r\n"
        + form_type + "Content-Length: 100000000\r\n\r\n--xyz\r\n");
    raw::answer const early = send.connection().read();
    CHECK(early.status == 413);
    CHECK(early.header("connection") == "close");
    CHECK(early.body == exact.body);
    auto const answered = std::chrono::steady_clock::now();
    while (send.connection().receive()) {}
    CHECK(std::chrono::steady_clock::now() - answered > 100ms);
}

TEST_CASE("a large upload is stored once, and its request forgets it")
{
    testing::server server;
    raw::api api(server);
    uploader send(server);
    std::string content(20'000'000, ' ');
    for (std::size_t i = 0; i < content.size(); ++i)
        content[i] = static_cast<char>(i * i >> 7);
    raw::answer const created = send(file_part(content));
    CHECK(created.json().at("checksums").at("sha256").as_string().c_str()
        == replicate::core::hex(replicate::core::sha256(content)));
    auto const stored = server.open_input(created.json().at("urls").at("get").as_string().c_str());
    CHECK((stored->bytes() == content));
    CHECK(server.last_request(testing::operation::file_create)->body.empty());
}
