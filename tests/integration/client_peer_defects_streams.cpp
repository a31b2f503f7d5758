// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Defects of other clients that this one must not have, each named by what must not happen: in streams.

#include "support/local_client.hpp"
#include "support/slowness.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::testing::script;

constexpr std::string_view words = "acme/words";

class streaming : public local_client {
public:
    streaming()
    {
        server.model(words, [](replicate::input const&) {
            return script().run(1ms).text_pieces({"gr\xc3\xbc\xc3\x9f ", "dich, ", "\xe4\xb8\x96\xe7\x95\x8c"}, 5ms);
        });
        options.first_backoff = 5ms;
        options.maximum_backoff = 20ms;
    }

    replicate::stream open() { return get(client.async_stream(server.version(words), replicate::input(), options)); }

    std::string const text = "gr\xc3\xbc\xc3\x9f dich, \xe4\xb8\x96\xe7\x95\x8c";
    replicate::stream_options options;
};

} // namespace

TEST_CASE_FIXTURE(streaming, "D12: the first pieces must not be lost when the stream is read late")
{
    replicate::stream const stream = open();
    REQUIRE(run_until([&] { return status_at(server, stream.prediction()->id) == "succeeded"; }));
    CHECK(get(stream.async_text()) == text);
}

TEST_CASE_FIXTURE(streaming, "D13: events without ids must not be dropped")
{
    replicate::testing::stream_options shape;
    shape.event_ids = false;
    server.every_stream(shape);
    CHECK(get(open().async_text()) == text);
}

TEST_CASE_FIXTURE(streaming, "D13: an answer that is no stream must not be read as one")
{
    replicate::testing::stream_options shape;
    shape.status = 500;
    shape.body = "event: output\nid: 1:0\ndata: nonsense\n\nevent: done\nid: 1:1\ndata: {}\n\n";
    server.every_stream(shape);
    CHECK(get(open().async_text()) == text);
}

TEST_CASE_FIXTURE(streaming, "D14: a stream that ends too early must not look complete")
{
    replicate::testing::stream_options shape;
    shape.cut_after_events = 2;
    shape.cut = replicate::testing::stream_ending::complete;
    SUBCASE("the rest is fetched")
    {
        server.every_stream(shape);
        CHECK(get(open().async_text()) == text);
    }
    SUBCASE("and where there is none any more, that is told")
    {
        server.next_stream(shape);
        replicate::testing::stream_options gone;
        gone.status = 404;
        server.every_stream(gone);
        replicate::stream const stream = open();
        std::string record = R"({"id":")" + stream.prediction()->id
            + R"(","status":"succeeded","output":null,"data_removed":true})";
        server.always(replicate::testing::operation::get).status(200, record);
        auto const failed = failure_of(stream.async_text());
        REQUIRE(failed.has_value());
        CHECK(failed->code() == replicate::errc::stream_truncated);
    }
}

TEST_CASE_FIXTURE(streaming, "D15: a stream that breaks must not be asked for again without pause and without end")
{
    server.model(words, [](replicate::input const&) { return script().run(500ms).text_pieces({"late"}, 1ms); });
    replicate::testing::stream_options shape;
    shape.cut_after_events = 0;
    server.every_stream(shape);
    options.resumes = 4;
    CHECK(get(open().async_text()) == "late");
    CHECK(server.counts().streams <= 6);
}

TEST_CASE_FIXTURE(streaming, "D30: letters beyond ASCII must not end a stream")
{
    replicate::testing::stream_options shape;
    shape.byte_by_byte = true;
    server.every_stream(shape);
    CHECK(get(open().async_text()) == text);
}
