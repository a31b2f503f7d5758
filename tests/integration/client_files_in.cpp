// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Files in: small ones go within the input, others are uploaded, each once; what cannot be sent costs nothing.

#include <replicate/client.hpp>
#include <replicate/core/base64.hpp>
#include <replicate/core/sha256.hpp>

#include "support/descriptors.hpp"
#include "support/local_client.hpp"
#include "support/slowness.hpp"
#include "support/temporary_directory.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::condition;
using replicate::errc;
using replicate::file_source;
using replicate::input;
using replicate::testing::operation;
using replicate::testing::recorded_request;
namespace json = boost::json;

constexpr char const* echo = "test/echo";

// More than goes within an input.
std::string large_bytes(unsigned seed = 1)
{
    return varied_bytes(300'000, seed);
}

std::string version(local_client const& local)
{
    return local.server.version(echo);
}

// The input that the last create brought.
json::object last_input(local_client const& local)
{
    auto const sent = local.server.last_request(operation::create);
    REQUIRE(sent.has_value());
    return json::parse(sent->body).at("input").as_object();
}

std::string text(json::value const& value)
{
    return std::string(value.as_string().c_str());
}

std::string id_of(std::string const& url)
{
    return url.substr(url.rfind('/') + 1);
}

bool contains(std::string_view all, std::string_view part)
{
    return all.find(part) != std::string_view::npos;
}

// Gives its bytes, and knows how many such readers are at work.
class counted_reader {
public:
    counted_reader(std::string bytes, std::atomic<int>& active, std::atomic<int>& most)
        : bytes_(std::move(bytes))
        , active_(&active)
        , most_(&most)
    {
    }

    std::size_t operator()(std::uint64_t offset, char* target, std::size_t size) const
    {
        if (offset == 0) {
            int const now = ++*active_;
            for (int seen = *most_; now > seen && !most_->compare_exchange_weak(seen, now);) { }
        }
        std::size_t const count = bytes_.copy(target, size, static_cast<std::size_t>(offset));
        if (offset + count == bytes_.size())
            --*active_;
        return count;
    }

private:
    std::string bytes_;
    std::atomic<int>* active_;
    std::atomic<int>* most_;
};

} // namespace

TEST_CASE("a small file goes within the input, as a data URI, and the caller's input stays as it is")
{
    local_client local;
    temporary_directory const directory;
    std::string const bytes = "\x89PNG\r\n\x1a\n" + varied_bytes(1000);
    input const values{{"image", file_source::from_path(directory.write("photo", bytes))}, {"scale", 2}};
    auto const before = json::serialize(values.object());
    local.get(local.client.async_run(version(local), values));
    CHECK(last_input(local).at("image") == json::value("data:image/png;base64," + replicate::core::base64_encode(bytes)));
    CHECK(last_input(local).at("scale") == json::value(2));
    CHECK(local.server.counts().file_creates == 0);
    CHECK(json::serialize(values.object()) == before);
    CHECK(values.files().size() == 1);
    local.get(local.client.async_run(version(local), values)); // and can be used again
    CHECK(local.server.counts().creates == 2);
}

TEST_CASE("a large file is uploaded with its name and type, and its URL goes into the input")
{
    local_client local;
    temporary_directory const directory;
    std::string const bytes = large_bytes();
    input const values{{"audio", file_source::from_path(directory.write("speech.wav", bytes))}};
    auto const output = local.get(local.client.async_run(version(local), values));
    std::string const url = text(last_input(local).at("audio"));
    auto const stored = local.get(local.client.files().async_get(id_of(url)));
    CHECK(stored.url == url);
    CHECK(stored.name == "speech.wav");
    CHECK(stored.content_type == "audio/wav");
    CHECK(stored.size == bytes.size());
    CHECK(stored.sha256 == replicate::core::hex(replicate::core::sha256(bytes)));
    CHECK(text(values.object().at("audio")) == "file:speech.wav");
}

TEST_CASE("files stand at any depth, and go with a create that does not wait, too")
{
    local_client local;
    std::string const large = large_bytes();
    input nested{{"mask", file_source::from_bytes(large, "mask.png")}};
    nested.set("list", std::vector<file_source>{file_source::from_bytes("a", "a.txt"), file_source::from_bytes("b", "b.txt")});
    input const values{{"options", nested}, {"a/b", file_source::from_bytes("c", "c.txt")}};
    local.get(local.client.predictions().async_create(version(local), values));
    auto const sent = last_input(local);
    CHECK(text(sent.at("options").at("mask")).starts_with(local.server.base_url() + "/files/"));
    CHECK(text(sent.at("options").at("list").at(0)) == "data:text/plain;base64,YQ==");
    CHECK(text(sent.at("options").at("list").at(1)) == "data:text/plain;base64,Yg==");
    CHECK(text(sent.at("a/b")) == "data:text/plain;base64,Yw==");
}

TEST_CASE("files go with a stream, too")
{
    local_client local;
    input const values{{"prompt", "Hello"}, {"image", file_source::from_bytes("a", "a.txt")}};
    auto stream = local.get(local.client.async_stream("meta/meta-llama-3-8b-instruct", values));
    CHECK(text(last_input(local).at("image")) == "data:text/plain;base64,YQ==");
    CHECK_FALSE(local.get(stream.async_text()).empty());
}

TEST_CASE("how files are sent can be chosen")
{
    for (auto const strategy : {replicate::file_strategy::within_input, replicate::file_strategy::upload}) {
        local_client local([&](replicate::config& settings) { settings.files.strategy = strategy; });
        local.get(local.client.async_run(version(local),
            input{{"small", file_source::from_bytes("x", "x.txt")}, {"large", file_source::from_bytes(large_bytes(), "y")}}));
        bool const uploads = strategy == replicate::file_strategy::upload;
        CHECK(local.server.counts().file_creates == (uploads ? 2 : 0));
        CHECK(text(last_input(local).at("large")).starts_with(uploads ? "https:" : "data:"));
    }
    local_client local([](replicate::config& settings) { settings.files.inline_bytes = 3; });
    local.get(local.client.async_run(version(local),
        input{{"small", file_source::from_bytes("123", "x.txt")}, {"large", file_source::from_bytes("1234", "y.txt")}}));
    CHECK(text(last_input(local).at("small")).starts_with("data:"));
    CHECK(text(last_input(local).at("large")).starts_with("https:"));
    CHECK(thrown_by([] {
        local_client bad([](replicate::config& settings) { settings.files.parallel_uploads = 0; });
    })->code() == errc::invalid_configuration);
}

TEST_CASE("the same bytes are uploaded once, by whomever, at the same time or later")
{
    local_client local;
    temporary_directory const directory;
    std::string const bytes = large_bytes();
    auto const path = directory.write("a.png", bytes);
    std::vector<pending<replicate::output>> runs(10);
    for (std::size_t i = 0; i < runs.size(); ++i) {
        auto const file = i % 2 == 0 ? file_source::from_path(path) : file_source::from_bytes(bytes, "b.png");
        local.client.async_run(version(local), input{{"image", file}, {"again", file}}, runs[i].token());
    }
    REQUIRE(local.run_until([&] { return std::all_of(runs.begin(), runs.end(), [](auto const& run) { return run.done(); }); }));
    for (auto const& run : runs)
        CHECK_FALSE(run.code());
    local.get(local.client.async_run(version(local), input{{"image", file_source::from_bytes(bytes, "c.png")}}));
    CHECK(local.server.counts().file_creates == 1);
    CHECK(local.server.counts().creates == 11);
    local.get(local.client.async_run(version(local), input{{"image", file_source::from_bytes(bytes, "c.gif")}}));
    CHECK(local.server.counts().file_creates == 2); // as another type
}

TEST_CASE("an upload that is about to expire is not used again, nor any where that was not wanted")
{
    replicate::testing::server_options brief;
    brief.file_lifetime = std::chrono::minutes(10);
    local_client expiring(nullptr, brief);
    local_client alone([](replicate::config& settings) { settings.files.share_uploads = false; });
    for (local_client* local : {&expiring, &alone}) {
        input const values{{"image", file_source::from_bytes(large_bytes(), "a.png")}};
        local->get(local->client.async_run(version(*local), values));
        local->get(local->client.async_run(version(*local), values));
        CHECK(local->server.counts().file_creates == 2);
    }
}

TEST_CASE("an upload that fails fails its own call alone")
{
    local_client local;
    local.server.next(operation::file_create).status(400, R"({"detail":"no"})");
    std::vector<pending<replicate::output>> runs(4);
    for (auto const& run : runs)
        local.client.async_run(
            version(local), input{{"image", file_source::from_bytes(large_bytes(), "a.png")}}, run.token());
    REQUIRE(local.run_until([&] { return std::all_of(runs.begin(), runs.end(), [](auto const& run) { return run.done(); }); }));
    auto const failed = std::count_if(runs.begin(), runs.end(), [](auto const& run) { return run.code().failed(); });
    CHECK(failed == 1);
    for (auto const& run : runs)
        CHECK((!run.code() || run.code() == condition::invalid_input));
    CHECK(local.server.counts().file_creates == 2);
    CHECK(local.server.counts().creates == 3);
}

TEST_CASE("an upload whose owner was cancelled is taken over by one who waits for it")
{
    local_client local;
    local.server.next(operation::file_create).never_answer();
    input const values{{"image", file_source::from_bytes(large_bytes(), "a.png")}};
    replicate::asio::cancellation_signal signal;
    pending<replicate::output> first, second;
    local.client.async_run(version(local), values, first.token(signal));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.file_creates == 1; }));
    local.client.async_run(version(local), values, second.token());
    signal.emit(replicate::asio::cancellation_type::terminal);
    REQUIRE(local.run_until([&] { return first.done() && second.done(); }));
    CHECK(first.code() == replicate::asio::error::operation_aborted);
    CHECK_FALSE(second.code());
    CHECK(local.server.counts().file_creates == 2);
    CHECK(local.server.counts().creates == 1);
}

TEST_CASE("a file that the service has lost is uploaded anew when the create is refused, and paid once")
{
    local_client local;
    input const values{{"image", file_source::from_bytes(large_bytes(), "a.png")}};
    local.get(local.client.async_run(version(local), values));
    std::string const old = text(last_input(local).at("image"));
    local.get(local.client.files().async_delete(id_of(old)));
    local.server.next_create().status(422, R"({"detail":"the file could not be fetched"})");
    local.get(local.client.async_run(version(local), values));
    CHECK(text(last_input(local).at("image")) != old);
    CHECK(local.server.counts().file_creates == 2);
    CHECK(local.server.counts().creates == 2);
    // Refused for another reason: it stays refused.
    local.server.next_create().status(422, R"({"detail":"scale is required"})");
    auto const refused = local.failure_of(local.client.async_run(version(local), values));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == condition::invalid_input);
    CHECK(contains(refused->what(), "scale is required"));
    CHECK(local.server.counts().file_creates == 2);
    CHECK(local.server.counts().creates == 2);
}

TEST_CASE("a file that cannot be sent is refused by its name and place before anything is sent")
{
    local_client local;
    temporary_directory const directory;
    auto const large = directory.write("large.bin", "");
    std::filesystem::resize_file(large, 100'000'000);
    struct {
        file_source file;
        errc expected;
        char const* words;
    } const rows[] = {
        {file_source::from_path(directory.path() / "missing.png"), errc::file_not_readable, "missing.png"},
        {file_source::from_path(directory.path()), errc::file_not_readable, "is a directory"},
        {file_source::from_path("/dev/null"), errc::file_not_readable, "is not an ordinary file"},
        {file_source::from_path(large), errc::file_too_large, "large.bin"},
        {file_source::from_reader(200'000'000, [](std::uint64_t, char*, std::size_t n) { return n; }, "endless"),
            errc::file_too_large, "'endless' has 200000000 bytes"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.words);
        input const values{{"good", file_source::from_bytes(large_bytes(), "a.png")}, {"list", std::vector<file_source>{row.file}}};
        auto const refused = local.failure_of(local.client.async_run(version(local), values));
        REQUIRE(refused.has_value());
        CHECK(refused->code() == row.expected);
        CHECK(contains(refused->what(), row.words));
        CHECK(contains(refused->what(), "input/list/0"));
        CHECK(refused->diagnostics().phase == replicate::phase::prepare);
    }
    CHECK(local.server.requests().empty());
}

TEST_CASE("a file that shrinks or grows while it is sent costs nothing")
{
    for (std::uintmax_t changed : {10u, 60'000'000u}) {
        local_client local;
        temporary_directory const directory;
        auto const path = directory.write("file.bin", "");
        std::filesystem::resize_file(path, 50'000'000);
        // When the header of the upload has come: most of the file is still to be read.
        local.server
            .when(
                [path, changed](recorded_request const&) {
                    std::filesystem::resize_file(path, changed);
                    return false;
                },
                operation::file_create)
            .delay(0ms);
        auto const refused = local.failure_of(local.client.async_run(version(local), input{{"x", file_source::from_path(path)}}));
        REQUIRE(refused.has_value());
        CHECK(refused->code() == errc::file_changed);
        CHECK(refused->code() == condition::local_file);
        CHECK(contains(refused->what(), "file.bin"));
        CHECK(contains(refused->what(), "POST /files"));
        CHECK(refused->diagnostics().phase == replicate::phase::write);
        CHECK(local.server.counts().create_requests == 0);
        std::filesystem::resize_file(path, 50'000'000);
        local.server.clear_faults();
        local.get(local.client.async_run(version(local), input{{"x", file_source::from_path(path)}}));
        CHECK(local.server.counts().creates == 1);
    }
}

TEST_CASE("a file of the same length that was changed while it was sent is found out by its hash")
{
    local_client local;
    temporary_directory const directory;
    auto const path = directory.write("file.bin", std::string(50'000'000, 'a'));
    local.server
        .when(
            [path](recorded_request const&) {
                std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
                file.seekp(49'000'000);
                file << "another";
                return false;
            },
            operation::file_create)
        .delay(0ms);
    auto const refused = local.failure_of(local.client.async_run(version(local), input{{"x", file_source::from_path(path)}}));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == errc::file_changed);
    CHECK(local.server.counts().create_requests == 0);
}

TEST_CASE("a function may give the bytes; what it throws ends the call")
{
    local_client local;
    std::string const bytes = large_bytes();
    auto const pull = [&bytes](std::uint64_t offset, char* target, std::size_t size) {
        return bytes.copy(target, std::min<std::size_t>(size, 7000), static_cast<std::size_t>(offset));
    };
    local.get(local.client.async_run(
        version(local), input{{"x", file_source::from_reader(bytes.size(), pull, "x.bin")}}));
    auto const stored = local.get(local.client.files().async_get(id_of(text(last_input(local).at("x")))));
    CHECK(stored.sha256 == replicate::core::hex(replicate::core::sha256(bytes)));
    auto const throws = [](std::uint64_t, char*, std::size_t) -> std::size_t { throw std::runtime_error("no more"); };
    auto const failed = local.failure_of<std::runtime_error>(local.client.async_run(
        version(local), input{{"x", file_source::from_reader(bytes.size(), throws, "x.bin")}}));
    REQUIRE(failed.has_value());
    CHECK(std::string_view(failed->what()) == "no more");
    auto const ends = [](std::uint64_t, char*, std::size_t) -> std::size_t { return 0; };
    CHECK(local.failure_of(local.client.async_run(version(local),
                               input{{"x", file_source::from_reader(bytes.size(), ends, "x.bin")}}))->code()
        == errc::file_changed);
    CHECK(local.server.counts().creates == 1);
}

TEST_CASE("an upload whose answer was lost is sent again, and the prediction is paid once")
{
    local_client local;
    local.server.next(operation::file_create).drop_after_request();
    local.server.next(operation::file_create).status(503);
    local.get(local.client.async_run(version(local), input{{"x", file_source::from_bytes(large_bytes(), "x")}}));
    CHECK(local.server.counts().file_creates == 3);
    CHECK(local.server.counts().creates == 1);
}

TEST_CASE("a call that is cancelled, or whose time is up, while it uploads costs nothing")
{
    local_client local;
    std::size_t const descriptors = open_descriptors();
    temporary_directory const directory;
    auto const path = directory.write("a.png", large_bytes());
    input const values{{"a", file_source::from_path(path)}, {"b", file_source::from_bytes(large_bytes(2), "b.png")}};
    local.server.always(operation::file_create).never_answer();
    replicate::asio::cancellation_signal signal;
    pending<replicate::output> run;
    local.client.async_run(version(local), values, run.token(signal));
    REQUIRE(local.run_until_server([](auto const& counts) { return counts.file_creates == 2; }));
    signal.emit(replicate::asio::cancellation_type::terminal);
    REQUIRE(local.run_until([&] { return run.done(); }));
    CHECK(run.code() == replicate::asio::error::operation_aborted);
    auto options = local_client::quick();
    options.timeout = 200ms;
    auto const late = local.failure_of(local.client.async_run(version(local), values, options));
    REQUIRE(late.has_value());
    CHECK(late->code() == errc::deadline_exceeded);
    CHECK(late->diagnostics().operation == "POST /files");
    run_out(local.context);
    CHECK(local.server.counts().create_requests == 0);
    local.client.close_idle_connections();
    run_out(local.context);
    CHECK(open_descriptors() <= descriptors + 10); // of the server, which notices later
}

TEST_CASE("a service that takes less says so while the file is still being sent")
{
    replicate::testing::server_options small;
    small.largest_file = 1'000'000;
    local_client local(nullptr, small);
    auto const refused = local.failure_of(
        local.client.async_run(version(local), input{{"x", file_source::from_bytes(varied_bytes(20'000'000), "x")}}));
    REQUIRE(refused.has_value());
    CHECK(refused->code() == replicate::make_http_error_code(413));
    CHECK(refused->code() == condition::invalid_input);
    CHECK(contains(refused->what(), "100MB"));
    CHECK(local.server.counts().create_requests == 0);
}

TEST_CASE("so many uploads go on at once, and the others wait")
{
    local_client local([](replicate::config& settings) { settings.files.parallel_uploads = 2; });
    std::atomic<int> active = 0;
    std::atomic<int> most = 0;
    std::vector<file_source> files;
    for (unsigned i = 1; i <= 6; ++i)
        files.push_back(file_source::from_reader(300'000, counted_reader(large_bytes(i), active, most), "x"));
    local.get(local.client.async_run(version(local), input{{"files", files}}));
    CHECK(local.server.counts().file_creates == 6);
    CHECK(most <= 2);
    CHECK(active == 0);
}

TEST_CASE("a file is uploaded by itself, with what is to be kept with it")
{
    local_client local;
    temporary_directory const directory;
    std::string const bytes = varied_bytes(100'000);
    replicate::upload_options options;
    options.metadata = json::object{{"customer", 7}};
    auto const file =
        local.get(local.client.files().async_create(file_source::from_path(directory.write("a \"b\".png", bytes)), options));
    CHECK(file.size == bytes.size());
    CHECK(file.sha256 == replicate::core::hex(replicate::core::sha256(bytes)));
    CHECK(file.metadata() == json::value(json::object{{"customer", 7}}));
    CHECK(file.meta().status == 201);
    CHECK(file.expires_at.has_value());
    auto const empty = local.get(local.client.files().async_create(file_source::from_bytes("", "empty.txt")));
    CHECK(empty.size == 0);
    CHECK(empty.name == "empty.txt");
    pending<replicate::uploaded_file> created;
    local.client.files().async_create(file_source::from_bytes("x", "x.txt"), options, created.token());
    REQUIRE(local.run_until([&] { return created.done(); }));
    CHECK(created.value().name == "x.txt");
}

TEST_CASE("metadata that is not an object is refused before anything is sent")
{
    local_client local;
    for (json::value const& bad : {json::value(1), json::value("x"), json::value(json::array{1}),
             json::value(json::object{{"x", "\xff"}})}) {
        replicate::upload_options options;
        options.metadata = bad;
        auto const refused = local.failure_of(local.client.files().async_create(file_source::from_bytes("x"), options));
        REQUIRE(refused.has_value());
        CHECK(refused->code() == errc::invalid_argument);
        CHECK(contains(refused->what(), "options.metadata"));
    }
    CHECK(local.failure_of(local.client.files().async_create(file_source::from_path("/nowhere/x")))->code()
        == errc::file_not_readable);
    CHECK(local.server.requests().empty());
}

TEST_CASE("a file that is larger than the service takes is put where the user knows a place for it")
{
    std::string const url = "https://store.example/large.bin";
    std::vector<std::string> placed;
    std::thread elsewhere;
    bool fails = false;
    SUBCASE("at once") {}
    SUBCASE("not at all") { fails = true; }
    local_client local([&](replicate::config& settings) {
        settings.files.place_large_file = [&](replicate::file_source const& file, auto answer) {
            placed.push_back(file.name());
            elsewhere = std::thread([answer, fails, url] {
                auto const failure = std::make_exception_ptr(std::runtime_error("the store is full"));
                answer(fails ? failure : nullptr, fails ? std::string() : url);
            });
        };
    });
    auto const large = replicate::file_source::from_reader(
        100'000'000, [](std::uint64_t, char*, std::size_t) -> std::size_t { return 0; }, "large.bin", "video/mp4");
    auto const values = replicate::input().set("file", large);
    auto run = local.client.async_run(local.server.version("test/echo"), values, local_client::quick());
    if (fails) {
        CHECK_THROWS_WITH_AS(local.get(std::move(run)), "the store is full", std::runtime_error);
        CHECK(local.server.counts().requests == 0);
    } else {
        CHECK(local.get(std::move(run)).json().at("file") == boost::json::string(url));
    }
    elsewhere.join();
    CHECK(placed == std::vector<std::string>{"large.bin"});
}

TEST_CASE("a place for a large file that is known only when nobody waits for it any more changes nothing")
{
    std::function<void(std::exception_ptr, std::string)> answer;
    pending<replicate::output> run;
    {
        local_client local([&](replicate::config& settings) {
            settings.files.place_large_file = [&](replicate::file_source const&, auto known) { answer = known; };
        });
        auto const large = replicate::file_source::from_reader(
            100'000'000, [](std::uint64_t, char*, std::size_t) -> std::size_t { return 0; }, "large.bin", "video/mp4");
        auto options = local_client::quick();
        asio::cancellation_signal signal;
        bool after_the_client = false;
        SUBCASE("the run was cancelled") {}
        SUBCASE("the time of the run was up") { options.timeout = 200ms * slowness; }
        SUBCASE("the run was cancelled, and its client has gone") { after_the_client = true; }
        local.client.async_run(local.server.version("test/echo"), replicate::input().set("file", large), options,
            run.token(signal));
        REQUIRE(local.run_until([&] { return answer != nullptr; }));
        if (!options.timeout)
            signal.emit(asio::cancellation_type::terminal);
        REQUIRE(local.run_until([&] { return run.done(); }));
        boost::system::error_code const expected = options.timeout ? make_error_code(errc::deadline_exceeded)
                                                                   : make_error_code(asio::error::operation_aborted);
        CHECK(run.code() == expected);
        if (!after_the_client)
            std::thread([&] { answer(nullptr, "https://store.example/large.bin"); }).join();
        run_out(local.context);
        CHECK(local.server.counts().requests == 0);
        CHECK(get(local.context, local.client.account().async_get()).meta().status == 200);
    }
    answer(nullptr, "https://store.example/large.bin");
    answer(std::make_exception_ptr(std::runtime_error("too late")), "");
    CHECK(run.completions() == 1);
}

TEST_CASE("runs with files and uploads do not wait for each other's places")
{
    local_client local([](replicate::config& settings) {
        settings.scheduler.in_flight = 1;
        settings.files.parallel_uploads = 1;
    });
    std::vector<pending<replicate::output>> runs(8);
    std::vector<pending<replicate::uploaded_file>> uploads(8);
    for (std::size_t i = 0; i < runs.size(); ++i) {
        auto const file = replicate::file_source::from_bytes("llama " + std::to_string(i), "a.txt");
        local.client.async_run(local.server.version("test/echo"), replicate::input().set("file", file),
            local_client::quick(), runs[i].token());
        local.client.files().async_create(file, uploads[i].token());
    }
    for (std::size_t i = 0; i < runs.size(); ++i) {
        REQUIRE(local.run_until([&] { return runs[i].done() && uploads[i].done(); }));
        CHECK_FALSE(runs[i].code());
        CHECK_FALSE(uploads[i].code());
    }
}
