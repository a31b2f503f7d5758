// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// What one has already: a prediction of which the stream, the output or a file is wanted.

#include "support/local_client.hpp"
#include "support/slowness.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::errc;
using replicate::prediction;
using replicate::prediction_status;
using replicate::testing::script;

class existing : public local_client {
public:
    existing()
    {
        server.model("acme/tale", [](replicate::input const&) {
            return script().run(1ms).log("thinking").text_pieces({"Once ", "upon ", "a time"}, 10ms);
        });
        server.model("acme/endless", [](replicate::input const&) { return script().text_pieces({"a"}, 1ms).run(60s); });
        options.first_backoff = 5ms;
        options.maximum_backoff = 20ms;
    }

    prediction create(std::string const& model)
    {
        return get(client.predictions().async_create(server.version(model), replicate::input()));
    }

    replicate::stream_options options;
};

} // namespace

TEST_CASE_FIXTURE(existing, "the stream of a prediction that exists begins at its beginning, and creates nothing")
{
    prediction const known = create("acme/tale");
    SUBCASE("while it runs") {}
    SUBCASE("when it has ended") { get(client.predictions().async_wait(known.id)); }
    SUBCASE("known by a look")
    {
        prediction const looked = get(client.predictions().async_get(known.id));
        CHECK(looked.urls.stream == known.urls.stream);
    }
    replicate::stream const stream = get(client.async_stream(known, options));
    CHECK(stream.prediction()->id == known.id);
    CHECK(get(stream.async_text()) == "Once upon a time");
    CHECK(stream.prediction()->status == prediction_status::succeeded);
    CHECK(server.counts().create_requests == 1);
    CHECK(server.counts().streams == 1);
    CHECK(server.counts().stream_authorizations == 0);
}

TEST_CASE_FIXTURE(existing, "closing the stream of a prediction that exists leaves it running unless told otherwise")
{
    prediction const known = create("acme/endless");
    std::size_t cancels = 0;
    SUBCASE("closed") { get(client.async_stream(known, options)).close(); }
    SUBCASE("let go") { static_cast<void>(get(client.async_stream(known))); }
    SUBCASE("its time is up")
    {
        options.timeout = 200ms * slowness;
        replicate::stream const stream = get(client.async_stream(known, options));
        auto const late = failure_of(stream.async_text());
        REQUIRE(late.has_value());
        CHECK(late->code() == errc::deadline_exceeded);
    }
    SUBCASE("told otherwise")
    {
        options.on_cancel = replicate::on_cancel::cancel_remote;
        get(client.async_stream(known, options)).close();
        cancels = 1;
    }
    run_out(context);
    CHECK(server.counts().cancels == cancels);
    CHECK(server.wait_until([](auto const& counts) { return counts.live_streams == 0; }));
    CHECK(status_at(server, known.id) == (cancels == 0 ? "processing" : "canceled"));
}

TEST_CASE_FIXTURE(existing, "a prediction without a stream is refused, and left to run")
{
    server.model("acme/picture", [](replicate::input const&) {
        return script().run(60s).streams(script::stream_kind::none);
    });
    prediction known = create("acme/picture");
    SUBCASE("none at all") {}
    SUBCASE("not encrypted") { known.urls.stream = "http://stream.example/x"; }
    SUBCASE("and also where closing would cancel it") { options.on_cancel = replicate::on_cancel::cancel_remote; }
    auto const refused = failure_of(client.async_stream(known, options));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == errc::stream_unavailable);
    REQUIRE(refused->diagnostics().prediction != nullptr);
    CHECK(refused->diagnostics().prediction->id == known.id);
    run_out(context);
    CHECK(server.counts().cancels == 0);
    CHECK(server.counts().requests == 1);
}

TEST_CASE_FIXTURE(existing, "a stream of no prediction, and a deadline for what was created long ago, are refused")
{
    auto const nobody = failure_of(client.async_stream(prediction(), options));
    REQUIRE(nobody.has_value());
    CHECK(nobody->code() == errc::invalid_argument);
    CHECK(std::string(nobody->what()).find("prediction: ") != std::string::npos);
    prediction known;
    known.id = "abc";
    known.urls.stream = "https://stream.example/x";
    options.cancel_after = 60s;
    auto const late = failure_of(client.async_stream(known, options));
    REQUIRE(late.has_value());
    CHECK(late->code() == errc::invalid_argument);
    CHECK(std::string(late->what()).find("options.cancel_after: ") != std::string::npos);
    CHECK(server.counts().requests == 0);
}

TEST_CASE_FIXTURE(existing, "the output of a prediction that one holds is what a run would have given, with its files")
{
    server.model("acme/pictures", [](replicate::input const&) {
        return script().run(1ms).file_list({replicate::testing::output_file("first", "image/png", "a.png"),
            replicate::testing::output_file("second", "image/png", "b.png")});
    });
    std::string const id = create("acme/pictures").id;
    prediction const ended = get(client.predictions().async_wait(id));
    server.reset_counts();
    replicate::output const output = client.output_of(ended);
    CHECK(output.prediction().id == id);
    CHECK(output.kind() == replicate::output_kind::unknown);
    std::vector<replicate::file_output> const files = output.files();
    REQUIRE(files.size() == 2);
    CHECK(server.counts().requests == 0);
    CHECK(get(files[0].async_read()) == "first");
    CHECK(get(files[1].async_read()) == "second");
    CHECK(server.counts().delivery_authorizations == 0);
    CHECK(client.output_of(ended, replicate::output_kind::texts).files().empty());
    CHECK(client.output_of(prediction()).text().empty());
}

TEST_CASE_FIXTURE(existing, "a file is had by its URL")
{
    server.model("acme/picture", [](replicate::input const&) {
        return script().run(1ms).file("bytes of a picture", "image/png", "a.png");
    });
    prediction const ended = get(client.predictions().async_wait(create("acme/picture").id));
    std::vector<replicate::file_output> const made = client.output_of(ended).files();
    REQUIRE(made.size() == 1);
    replicate::file_output const file = client.file(made.front().url());
    CHECK(file.url() == made.front().url());
    CHECK(get(file.async_read()) == "bytes of a picture");
    CHECK(server.counts().delivery_authorizations == 0);
    CHECK(get(client.file("data:text/plain,hello").async_read()) == "hello");
    auto const refused = failure_of(client.file("ftp://files.example/x").async_read());
    REQUIRE(refused.has_value());
    CHECK(refused->code() == errc::invalid_argument);
}
