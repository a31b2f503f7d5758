// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// The delivery origin of the local server, seen by a client that shares no code with the library.

#include <replicate/testing/server.hpp>

#include "support/foreign_host.hpp"
#include "support/raw_stream.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>

using namespace std::chrono_literals;
namespace testing = replicate::testing;

namespace {

constexpr char const* content = "0123456789abcdefghijklmnopqrstuvwxyz";

// A server with a prediction whose output is one file.
class fixture {
public:
    testing::server server;

    explicit fixture(testing::server_options options = testing::server_options())
        : server(std::move(options))
    {
        server.model("test/file",
            [](replicate::input const&) { return testing::script().file(content, "text/plain", "file.txt"); });
        url = make("test/file");
    }

    std::string make(std::string const& model)
    {
        raw::api api(server);
        raw::answer const created = api.call("POST", "/v1/models/" + model + "/predictions", R"({"input":{}})");
        REQUIRE(created.status == 201);
        id = created.text("id");
        return api.poll(id).text("output");
    }

    raw::answer get(std::string_view headers = {}) { return raw::visit(server, url, headers).read(); }

    std::string token() const { return "Authorization: Bearer " + server.token() + "\r\n"; }

    std::string id;
    std::string url;
};

} // namespace

TEST_CASE("a file comes with its type, its validators, and whole")
{
    fixture made;
    raw::answer const file = made.get();
    CHECK(file.status == 200);
    CHECK(file.complete);
    CHECK(file.body == content);
    CHECK(file.header("content-type") == "text/plain");
    CHECK(file.header("content-length") == "36");
    CHECK(file.header("accept-ranges") == "bytes");
    CHECK(file.header("cache-control") == "public,max-age=3600");
    CHECK(file.header("etag").size() == 34);
    CHECK(file.header("last-modified").ends_with(" GMT"));
    raw::visit head(made.server, made.url, "", "HEAD");
    raw::answer const only_header = head.read(false);
    CHECK(only_header.header("content-length") == "36");
    head.again(made.url);
    CHECK(head.read().body == content);
}

TEST_CASE("a part of a file is answered with 206, and one past its end with 416")
{
    fixture made;
    raw::answer const middle = made.get("Range: bytes=10-12\r\n");
    CHECK(middle.status == 206);
    CHECK(middle.body == "abc");
    CHECK(middle.header("content-range") == "bytes 10-12/36");
    CHECK(made.get("Range: bytes=34-\r\n").body == "yz");
    CHECK(made.get("Range: bytes=-3\r\n").body == "xyz");
    CHECK(made.get("Range: bytes=30-99\r\n").header("content-range") == "bytes 30-35/36");
    raw::answer const past = made.get("Range: bytes=36-\r\n");
    CHECK(past.status == 416);
    CHECK(past.header("content-range") == "bytes */36");
    CHECK(made.get("Range: bytes=0-1,4-5\r\n").status == 200);
}

TEST_CASE("If-Range gives the part only of the same file")
{
    fixture made;
    raw::answer const file = made.get();
    CHECK(made.get("Range: bytes=1-1\r\nIf-Range: " + file.header("etag") + "\r\n").status == 206);
    CHECK(made.get("Range: bytes=1-1\r\nIf-Range: " + file.header("last-modified") + "\r\n").status == 206);
    CHECK(made.get("Range: bytes=1-1\r\nIf-Range: \"other\"\r\n").status == 200);
    testing::delivery_options options;
    options.changing_etag = true;
    made.server.every_delivery(options);
    std::string const first = made.get().header("etag");
    CHECK(made.get("Range: bytes=1-1\r\nIf-Range: " + first + "\r\n").status == 200);
}

TEST_CASE("a file goes away with its lifetime, or with the data of its prediction")
{
    fixture made;
    testing::delivery_options options;
    options.lifetime = 0s;
    made.server.next_delivery(options);
    CHECK(made.get().status == 404);
    options.expired_status = 403;
    made.server.next_delivery(options);
    CHECK(made.get().status == 403);
    options.lifetime = 1h;
    made.server.next_delivery(options);
    CHECK(made.get().status == 200);
    made.server.remove_data(made.id);
    CHECK(made.get().status == 404);
}

TEST_CASE("the delivery host needs the token, or fails with it, where it was told so")
{
    fixture made;
    CHECK(made.get(made.token()).status == 200);
    testing::delivery_options options;
    options.needs_token = true;
    made.server.every_delivery(options);
    CHECK(made.get().status == 401);
    CHECK(made.get("Authorization: Bearer nonsense\r\n").status == 401);
    CHECK(made.get(made.token()).status == 200);
    options = testing::delivery_options();
    options.fails_with_token = true;
    made.server.every_delivery(options);
    CHECK(made.get(made.token()).status == 400);
    CHECK(made.get().status == 200);
    CHECK(made.server.counts().delivery_authorizations == 4);
}

TEST_CASE("the first answers are cut after some bytes, also those to resumed requests")
{
    fixture made;
    testing::delivery_options options;
    options.cut_after_bytes = 5;
    made.server.next_delivery(options, 2);
    options.reset = true;
    made.server.next_delivery(options);
    raw::answer file = made.get();
    CHECK_FALSE(file.complete);
    CHECK(file.header("content-length") == "36");
    CHECK(file.body == "01234");
    file = made.get("Range: bytes=5-\r\n");
    CHECK_FALSE(file.complete);
    CHECK(file.body == "56789");
    raw::visit broken(made.server, made.url);
    CHECK_FALSE(broken.read().complete);
    CHECK(broken.how_it_ended() == raw::ending::reset);
    CHECK(made.get().complete);
}

TEST_CASE("the length of a file is absent, too great, or too small, as told")
{
    fixture made;
    testing::delivery_options options;
    options.length = testing::delivery_length::absent;
    made.server.next_delivery(options);
    raw::answer file = made.get();
    CHECK(file.complete);
    CHECK(file.header("content-length").empty());
    CHECK(file.body == content);
    options.length = testing::delivery_length::too_long;
    made.server.next_delivery(options);
    file = made.get();
    CHECK_FALSE(file.complete);
    CHECK(file.header("content-length") == "46");
    CHECK(file.body == content);
    options.length = testing::delivery_length::too_short;
    made.server.next_delivery(options);
    CHECK(made.get().header("content-length") == "26");
}

TEST_CASE("a host that knows no ranges and no validators sends the whole file")
{
    fixture made;
    testing::delivery_options options;
    options.ranges = false;
    options.validators = false;
    made.server.every_delivery(options);
    raw::answer const file = made.get("Range: bytes=10-12\r\n");
    CHECK(file.status == 200);
    CHECK(file.body == content);
    CHECK(file.header("accept-ranges").empty());
    CHECK(file.header("etag").empty());
}

TEST_CASE("a file is chunked where all answers are, and the faults are for files as well")
{
    testing::server_options chosen;
    chosen.framing = testing::answer_framing::chunked;
    fixture made(chosen);
    CHECK(made.get().header("transfer-encoding") == "chunked");
    CHECK(made.get().body == content);
    made.server.next_download().status(503);
    CHECK(made.get().status == 503);
    made.server.next_download().cut_answer(20);
    CHECK_FALSE(made.get().complete);
}

TEST_CASE("a file of 99 MB is delivered again and again without a copy")
{
    fixture made;
    auto const bytes = std::make_shared<std::string const>(99'000'000, 'x');
    made.server.model("test/large", [bytes](replicate::input const&) {
        return testing::script().file(testing::output_file(bytes, "application/octet-stream", "large.bin"));
    });
    made.url = made.make("test/large");
    raw::visit visit(made.server, made.url);
    CHECK(visit.read().body.size() == 99'000'000);
    visit.again(made.url, "Range: bytes=98999990-\r\n");
    CHECK(visit.read().body == "xxxxxxxxxx");
}

TEST_CASE("links and redirects lead to another host, which sees what it was sent")
{
    fixture made;
    replicate::tests::foreign_host foreign(made.server);
    for (auto const which : {testing::prediction_link::get, testing::prediction_link::cancel,
             testing::prediction_link::stream, testing::prediction_link::output})
        made.server.point(which, foreign.url());
    made.server.model("test/streams", [](replicate::input const&) { return testing::script().text_pieces({"a"}); });
    raw::api api(made.server);
    auto const created = api.call("POST", "/v1/models/test/streams/predictions", R"({"input":{}})").json();
    for (char const* const name : {"get", "cancel", "stream"}) {
        std::string const url = created.at("urls").at(name).as_string().c_str();
        CHECK(url.starts_with(foreign.url() + "/v1/"));
    }
    CHECK(made.make("test/file").starts_with(foreign.url() + "/xezq/"));
    testing::delivery_options options;
    options.redirect_to = foreign.url();
    made.server.next_delivery(options);
    raw::answer const moved = made.get();
    CHECK(moved.status == 302);
    CHECK(moved.header("location").starts_with(foreign.url() + "/xezq/"));
    made.server.next(testing::operation::create).redirect(308, foreign.url() + "/v1/predictions");
    raw::answer const elsewhere = api.call("POST", "/v1/predictions", "{}");
    CHECK(elsewhere.status == 308);
    CHECK(elsewhere.header("location") == foreign.url() + "/v1/predictions");
    CHECK(raw::visit(made.server, moved.header("location")).read().body == "{}");
    CHECK_FALSE(foreign.saw_authorization());
    CHECK(raw::visit(made.server, foreign.url() + "/x", made.token()).read().status == 200);
    CHECK(foreign.saw_authorization());
    REQUIRE(foreign.wait_for(2));
    CHECK(foreign.requests()[1].target == "/x");
}
