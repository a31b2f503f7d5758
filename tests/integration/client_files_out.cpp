// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Files out: they are fetched when asked for, whole or not at all, from where they are and with no more than is needed there.

#include <replicate/client.hpp>
#include <replicate/core/sha256.hpp>

#include "support/local_client.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::errc;
using replicate::testing::operation;
using replicate::testing::recorded_request;
using replicate::testing::script;

// The file that a model of the local server makes.
replicate::file_output made_file(local_client& local, std::string const& bytes)
{
    local.server.model(
        "acme/file", [bytes](replicate::input const&) { return script().file(bytes, "image/png", "out.png"); });
    auto const output = local.get(local.client.async_run(local.server.version("acme/file"), replicate::input()));
    return output.files().at(0);
}

// A file at any URL that is read by the client.
replicate::file_output file_at(local_client& local, std::string const& url)
{
    local.server.model(
        "acme/url", [url](replicate::input const&) { return script().output(boost::json::value(url.c_str())); });
    auto const output = local.get(local.client.async_run(local.server.version("acme/url"), replicate::input()));
    return output.files().at(0);
}

std::vector<recorded_request> downloads(local_client const& local)
{
    std::vector<recorded_request> found;
    for (auto const& request : local.server.requests())
        if (request.operation == operation::download)
            found.push_back(request);
    return found;
}

// An answer that ends after the bytes given, whatever length it has announced.
std::string answer(std::string const& headers, std::string const& bytes)
{
    return "HTTP/1.1 " + headers + "\r\n\r\n" + bytes;
}

std::string host_of(std::string const& url)
{
    return url.substr(url.find("//") + 2);
}

// Takes all pieces into a string that the test owns.
class collector {
public:
    explicit collector(std::string& into)
        : into_(&into)
    {
    }

    void operator()(std::string_view piece) const { into_->append(piece); }

private:
    std::string* into_;
};

// Takes its time for each piece.
class slow_collector {
public:
    slow_collector(std::string& into, std::size_t& largest)
        : into_(&into)
        , largest_(&largest)
    {
    }

    replicate::asio::awaitable<void> operator()(std::string_view piece) const
    {
        *largest_ = std::max(*largest_, piece.size());
        auto const executor = co_await replicate::asio::this_coro::executor;
        replicate::asio::steady_timer pause(executor, 1ms);
        co_await pause.async_wait(replicate::asio::use_awaitable);
        into_->append(piece);
    }

private:
    std::string* into_;
    std::size_t* largest_;
};

void throwing_sink(std::string_view)
{
    throw std::runtime_error("full");
}

} // namespace

TEST_CASE("nothing is fetched before it is asked for")
{
    local_client local;
    auto const file = made_file(local, "bytes");
    CHECK(file.name() == "out.png");
    CHECK(file.content_type() == "image/png");
    CHECK(local.server.counts().downloads == 0);
}

TEST_CASE("a file is saved whole, under its name alone, and what was saved is told")
{
    local_client local;
    temporary_directory const directory;
    std::string const bytes = varied_bytes(700'000);
    auto const file = made_file(local, bytes);
    auto const saved = local.get(file.async_save(directory.path() / file.name()));
    CHECK(saved.path == directory.path() / "out.png");
    CHECK(saved.bytes == bytes.size());
    CHECK(saved.sha256 == replicate::core::hex(replicate::core::sha256(bytes)));
    CHECK(saved.content_type == "image/png");
    CHECK(bytes_of(saved.path) == bytes);
    CHECK(directory.names() == std::vector<std::string>{"out.png"});
    auto const empty = local.get(made_file(local, "").async_save(directory.path() / "empty"));
    CHECK(empty.bytes == 0);
    CHECK(bytes_of(empty.path).empty());
}

TEST_CASE("a file that is there is not replaced unless that is asked for, and nothing is fetched for it")
{
    local_client local;
    temporary_directory const directory;
    auto const path = directory.write("out.png", "mine");
    auto const file = made_file(local, "theirs");
    auto const refused = local.failure_of(file.async_save(path));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == errc::file_exists);
    CHECK(refused->code() == condition::local_file);
    CHECK(std::string_view(refused->what()).find("out.png") != std::string_view::npos);
    CHECK(local.server.counts().downloads == 0);
    CHECK(bytes_of(path) == "mine");
    replicate::save_options options;
    options.overwrite = true;
    local.get(file.async_save(path, options));
    CHECK(bytes_of(path) == "theirs");
    CHECK(directory.names().size() == 1);
}

TEST_CASE("a file that came under the name meanwhile is not replaced either")
{
    local_client local;
    temporary_directory const directory;
    auto const path = directory.path() / "out.png";
    auto const file = made_file(local, "theirs");
    local.server.next_download().delay(50ms);
    pending<replicate::saved_file> saving;
    file.async_save(path, saving.token());
    REQUIRE(local.run_until([&] { return local.server.counts().downloads == 1; }));
    directory.write("out.png", "mine");
    REQUIRE(local.run_until([&] { return saving.done(); }));
    CHECK(saving.code() == errc::file_exists);
    CHECK(bytes_of(path) == "mine");
    CHECK(directory.names().size() == 1);
}

TEST_CASE("a place where no file can be is refused before anything is fetched")
{
    local_client local;
    temporary_directory const directory;
    auto const file = made_file(local, "bytes");
    for (auto const& path : {directory.path() / "missing" / "out.png", directory.path(), directory.path() / "",
             std::filesystem::path(), directory.write("plain", "x") / "out.png"}) {
        auto const refused = local.failure_of(file.async_save(path));
        REQUIRE(refused.has_value());
        CHECK_MESSAGE(refused->code() == errc::file_not_writable, path.string());
    }
    CHECK(local.server.counts().downloads == 0);
    CHECK(directory.names().size() == 1);
}

TEST_CASE("a download that is cut again and again is resumed where it was cut")
{
    local_client local;
    temporary_directory const directory;
    std::string const bytes = varied_bytes(1'000'000);
    auto const file = made_file(local, bytes);
    for (int i = 0; i < 20; ++i)
        local.server.next_download().cut_answer(40'000 + static_cast<std::size_t>(i) * 37);
    auto const saved = local.get(file.async_save(directory.path() / "a"));
    CHECK(bytes_of(saved.path) == bytes);
    CHECK(saved.sha256 == replicate::core::hex(replicate::core::sha256(bytes)));
    auto const asked = downloads(local);
    REQUIRE(asked.size() == 21);
    CHECK(asked[0].header("range").empty());
    for (std::size_t i = 1; i < asked.size(); ++i) {
        CHECK(asked[i].header("range").starts_with("bytes="));
        CHECK_FALSE(asked[i].header("if-range").empty());
    }
    for (int i = 0; i < 3; ++i)
        local.server.next_download().cut_answer(50'000);
    CHECK(local.get(file.async_read()) == bytes);
    std::string streamed;
    for (int i = 0; i < 3; ++i)
        local.server.next_download().cut_answer(50'000);
    CHECK(local.get(file.async_stream(collector(streamed))) == bytes.size());
    CHECK(streamed == bytes);
}

TEST_CASE("a file that became another one is begun anew where that can be, and refused where bytes were passed on")
{
    local_client local;
    temporary_directory const directory;
    std::string const bytes = varied_bytes(300'000);
    auto const file = made_file(local, bytes);
    std::string const other = answer("200 OK\r\nETag: \"other\"\r\nContent-Length: 400000", std::string(200'000, 'x'));
    local.server.next_download().raw(other);
    auto const saved = local.get(file.async_save(directory.path() / "a"));
    CHECK(bytes_of(saved.path) == bytes);
    CHECK(saved.sha256 == replicate::core::hex(replicate::core::sha256(bytes)));
    local.server.next_download().raw(other);
    CHECK(local.get(file.async_read()) == bytes);
    std::string streamed;
    local.server.next_download().raw(other);
    CHECK(local.failure_of(file.async_stream(collector(streamed)))->code() == errc::file_changed);
    CHECK(streamed == std::string(200'000, 'x'));
}

TEST_CASE("a server that ignores the range sends what is there already, which is passed over")
{
    local_client local;
    auto const file = made_file(local, "");
    std::string const bytes = varied_bytes(100'000);
    std::string const head = "200 OK\r\nETag: \"one\"\r\nContent-Length: 100000";
    local.server.next_download().raw(answer(head, bytes.substr(0, 33'333)));
    local.server.next_download().raw(answer(head, bytes.substr(0, 20'000)));
    local.server.next_download().raw(answer(head, bytes));
    std::string streamed;
    CHECK(local.get(file.async_stream(collector(streamed))) == bytes.size());
    CHECK(streamed == bytes);
}

TEST_CASE("a download that makes no progress ends, and leaves nothing")
{
    local_client local;
    temporary_directory const directory;
    auto const file = made_file(local, varied_bytes(100'000));
    local.server.always(operation::download).cut_answer(600); // a header, and some bytes at most
    auto const failed = local.failure_of(file.async_save(directory.path() / "a"));
    local.server.clear_faults();
    if (failed)
        CHECK(failed->code() == errc::truncated_response);
    local.server.always(operation::download).cut_answer(100);
    auto const without_header = local.failure_of(file.async_save(directory.path() / "b"));
    REQUIRE(without_header.has_value());
    CHECK(without_header->code() == errc::truncated_response);
    CHECK(directory.names().size() == (failed ? 0 : 1));
}

TEST_CASE("a disk that takes no more is told, and nothing is left on it")
{
    local_client local;
    temporary_directory const directory;
    auto const file = made_file(local, varied_bytes(2'000'000));
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    rlimit small = before;
    small.rlim_cur = 500'000;
    auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    auto const failed = local.failure_of(file.async_save(directory.path() / "out.png"));
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    REQUIRE(failed.has_value());
    CHECK(failed->code() == errc::file_not_writable);
    CHECK(std::string_view(failed->what()).find("out.png") != std::string_view::npos);
    CHECK(directory.names().empty());
}

TEST_CASE("a cancelled download ends at once and leaves nothing")
{
    local_client local;
    temporary_directory const directory;
    auto const file = made_file(local, varied_bytes(500'000));
    local.server.next_download().drip(100'000);
    replicate::asio::cancellation_signal signal;
    pending<replicate::saved_file> saving;
    file.async_save(directory.path() / "a", saving.token(signal));
    REQUIRE(local.run_until([&] { return local.server.counts().downloads == 1; }));
    CHECK(directory.names().size() == 1);
    signal.emit(replicate::asio::cancellation_type::terminal);
    REQUIRE(local.run_until([&] { return saving.done(); }));
    CHECK(saving.code() == replicate::asio::error::operation_aborted);
    CHECK(local.run_until([&] { return directory.names().empty(); }));
    local.server.next_download().drip(100'000);
    replicate::save_options options;
    options.timeout = 100ms;
    CHECK(local.failure_of(file.async_save(directory.path() / "b", options))->code() == errc::deadline_exceeded);
    CHECK(local.run_until([&] { return directory.names().empty(); }));
}

TEST_CASE("a sink that takes its time holds the download up, and gets small pieces")
{
    local_client local;
    std::string const bytes = varied_bytes(300'000);
    auto const file = made_file(local, bytes);
    std::string streamed;
    std::size_t largest = 0;
    CHECK(local.get(file.async_stream(slow_collector(streamed, largest))) == bytes.size());
    CHECK(streamed == bytes);
    CHECK(largest <= 256 * 1024);
    std::string by_callback;
    pending<std::uint64_t> streaming;
    file.async_stream(collector(by_callback), streaming.token());
    REQUIRE(local.run_until([&] { return streaming.done(); }));
    CHECK(streaming.value() == bytes.size());
    CHECK(by_callback == bytes);
}

TEST_CASE("what a sink throws ends the download with it")
{
    local_client local;
    auto const file = made_file(local, varied_bytes(300'000));
    auto const failed = local.failure_of<std::runtime_error>(file.async_stream(&throwing_sink));
    REQUIRE(failed.has_value());
    CHECK(std::string_view(failed->what()) == "full");
    CHECK(local.get(file.async_read()).size() == 300'000);
}

TEST_CASE("a delivery host that asks for the token gets it once, if it is one that may have it")
{
    local_client local;
    auto const file = made_file(local, "bytes");
    local.server.next_download().status(401, "who are you?");
    CHECK(local.failure_of(file.async_read())->code() == condition::authentication);
    CHECK(local.server.counts().delivery_authorizations == 0);

    local_client trusting;
    auto settings = local_client::settings(trusting.server);
    settings.files.delivery_hosts = host_of(trusting.server.delivery_url());
    trusting.client = replicate::client(trusting.context, settings);
    auto const trusted = made_file(trusting, "bytes");
    CHECK(trusting.get(trusted.async_read()) == "bytes");
    CHECK(trusting.server.counts().delivery_authorizations == 0);
    trusting.server.next_download().status(403, "who are you?");
    CHECK(trusting.get(trusted.async_read()) == "bytes");
    CHECK(trusting.server.counts().delivery_authorizations == 1);
    trusting.server.always(operation::download).status(401, "no");
    auto const before = trusting.server.counts().downloads;
    CHECK(trusting.failure_of(trusted.async_read())->code() == condition::authentication);
    CHECK(trusting.server.counts().downloads == before + 2);
}

TEST_CASE("a redirect is followed without the token, and never to http")
{
    local_client local;
    auto settings = local_client::settings(local.server);
    settings.files.delivery_hosts = host_of(local.server.delivery_url());
    replicate::testing::server foreign;
    settings.tls.certificate_authority += foreign.certificate_authority();
    local.client = replicate::client(local.context, settings);
    auto const file = made_file(local, "bytes");
    std::string const target = file.url();
    local.server.next_download().status(302, "", {{"location", target}});
    CHECK(local.get(file.async_read()) == "bytes");
    local.server.next_download().status(401, "who?");
    local.server.next_download().status(302, "", {{"location", foreign.delivery_url() + "/x"}});
    CHECK(local.failure_of(file.async_read())->code() == condition::not_found);
    CHECK(foreign.counts().downloads == 1);
    CHECK(foreign.counts().delivery_authorizations == 0);
    CHECK(local.server.counts().delivery_authorizations == 1);
    local.server.next_download().status(302, "", {{"location", "http" + target.substr(5)}});
    CHECK(local.failure_of(file.async_read())->code() == replicate::make_http_error_code(302));
}

TEST_CASE("data URLs are read, saved and passed on without a request")
{
    local_client local;
    temporary_directory const directory;
    auto const file = file_at(local, "data:image/png;base64,SGVsbG8=");
    CHECK(file.name() == "output.png");
    CHECK(file.content_type() == "image/png");
    CHECK(local.get(file.async_read()) == "Hello");
    auto const saved = local.get(file.async_save(directory.path() / file.name()));
    CHECK(bytes_of(saved.path) == "Hello");
    CHECK(saved.content_type == "image/png");
    std::string streamed;
    CHECK(local.get(file_at(local, "data:,a%20b").async_stream(collector(streamed))) == 3);
    CHECK(streamed == "a b");
    CHECK(local.server.counts().downloads == 0);
}

TEST_CASE("a malformed data URL is a typed error, and nothing is left")
{
    local_client local;
    temporary_directory const directory;
    for (char const* bad : {"data:image/png;base64,%%%", "data:,%zz", "data:;base64,a"}) {
        auto const file = file_at(local, bad);
        CHECK_MESSAGE(local.failure_of(file.async_read())->code() == errc::unexpected_document, bad);
        CHECK(local.failure_of(file.async_save(directory.path() / "a"))->code() == errc::unexpected_document);
    }
    CHECK(directory.names().empty());
}

TEST_CASE("so many downloads go on at once, and the others wait")
{
    local_client local([](replicate::config& settings) { settings.files.parallel_downloads = 2; });
    auto const file = made_file(local, "bytes");
    local.server.next_download().delay(200ms);
    local.server.next_download().delay(200ms);
    std::vector<pending<std::string>> reads(5);
    for (auto const& read : reads)
        file.async_read(read.token());
    REQUIRE(local.run_until([&] { return local.server.counts().downloads == 2; }));
    local.get(local.client.predictions().async_list());
    CHECK((local.server.counts().downloads == 2 || reads[0].done() || reads[1].done()));
    REQUIRE(local.run_until([&] { return reads[2].done() && reads[3].done() && reads[4].done(); }));
    for (auto const& read : reads)
        CHECK(read.value() == "bytes");
    CHECK(local.server.counts().downloads == 5);
}

TEST_CASE("options that make no sense are refused")
{
    local_client local;
    temporary_directory const directory;
    auto const file = made_file(local, "bytes");
    replicate::save_options saving;
    saving.timeout = 0s;
    CHECK(local.failure_of(file.async_save(directory.path() / "a", saving)).has_value());
    CHECK(thrown_by([&] { local.get(replicate::file_output("https://x/y").async_save("a")); })->code() == errc::invalid_argument);
    CHECK(directory.names().empty());
}

TEST_CASE("a model of text that answers with a URL answers with text, where its schema is known")
{
    // A model of the community: its latest version is looked up, and its schema with it.
    constexpr char const* model = "stability-ai/sdxl";
    auto const values = replicate::input().set("prompt", "x").set("width", 16).set("height", 16);
    local_client pictures;
    auto const drawn = pictures.get(pictures.client.async_run(model, values));
    CHECK(drawn.kind() == replicate::output_kind::files);
    CHECK(drawn.files().size() == 1);
    local_client local;
    local.server.model_schema(model,
        boost::json::parse(R"({"components":{"schemas":{"Output":{"type":"array","items":{"type":"string"},
            "x-cog-array-type":"iterator","x-cog-array-display":"concatenate"}}}})")
            .as_object());
    auto const written = local.get(local.client.async_run(model, values));
    CHECK(written.kind() == replicate::output_kind::concatenated_text);
    CHECK(written.text().starts_with("https://"));
    CHECK(written.as<std::string>() == written.text());
    CHECK(written.files().empty());
}
