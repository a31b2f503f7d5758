// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Files of 99 MB, in and out, in bounded memory. The client works in a process of its own, this program started once more, so that
// the memory of the server is not counted.

#include <replicate/client.hpp>
#include <replicate/core/sha256.hpp>

#include "support/environment.hpp"
#include "support/local_client.hpp"
#include "support/slowness.hpp"
#include "support/temporary_directory.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <malloc.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace {

using namespace replicate::tests;
using replicate::file_source;
using replicate::input;
namespace json = boost::json;

constexpr std::size_t large = 99'000'000;
constexpr std::int64_t allowed_growth = 4'000'000;

// A line of /proc/self/status, in bytes.
std::int64_t memory(std::string_view name)
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(name))
            return std::strtoll(line.c_str() + name.size(), nullptr, 10) * 1024;
    return -1;
}

// How much more memory than before was needed at the peak of something.
class growth_meter {
public:
    growth_meter()
    {
        malloc_trim(0); // what is free must not hide what is taken anew
        std::ofstream("/proc/self/clear_refs") << "5"; // forgets the peak
        before_ = memory("VmRSS:");
    }

    std::int64_t growth() const { return memory("VmHWM:") - before_; }

private:
    std::int64_t before_ = 0;
};

// What the other process is to do, and where it tells of it.
std::string variable(char const* name)
{
    char const* const value = std::getenv(name);
    return value == nullptr ? std::string() : value;
}

// Runs the test case below in another process, as a client of the server; gives what it tells.
json::value elsewhere(replicate::testing::server const& server, std::string const& work, std::filesystem::path const& file)
{
    temporary_file const authority;
    temporary_file const result;
    environment_variable const what("REPLICATE_TEST_WORK", work);
    environment_variable const where("REPLICATE_TEST_FILE", file.string());
    environment_variable const answer("REPLICATE_TEST_RESULT", result.write("{}"));
    environment_variable const token("REPLICATE_API_TOKEN", server.token());
    environment_variable const base_url("REPLICATE_BASE_URL", server.base_url());
    environment_variable const trust("SSL_CERT_FILE", authority.write(server.certificate_authority()));
    std::string const program = std::filesystem::read_symlink("/proc/self/exe").string();
    int const status = std::system(("'" + program + "' --no-skip --minimal --test-case='the work of the other process'").c_str());
    CHECK(status == 0);
    return json::parse(bytes_of(variable("REPLICATE_TEST_RESULT")));
}

std::int64_t number(json::value const& told, char const* name)
{
    return told.at(name).as_int64();
}

void check_growth(json::value const& told)
{
    MESSAGE("memory grew by " << number(told, "growth") / 1000 << " kB");
    if (slowness == 1) // a sanitizer has a memory of its own
        CHECK(number(told, "growth") < allowed_growth);
}

std::string hash_of(std::string_view bytes)
{
    return replicate::core::hex(replicate::core::sha256(bytes));
}

} // namespace

TEST_CASE("the work of the other process" * doctest::skip())
{
    std::string const work = variable("REPLICATE_TEST_WORK");
    if (work.empty())
        return; // started by hand
    std::filesystem::path const path = variable("REPLICATE_TEST_FILE");
    replicate::asio::io_context context;
    auto settings = replicate::config::from_environment();
    settings.retry.first_backoff = 2ms;
    replicate::client const client(context, settings);
    // Once in small, so that all is there that stays.
    get(context, client.async_run("test/echo", input{{"x", file_source::from_bytes(varied_bytes(1'000'000), "x")}}));
    json::object told;
    growth_meter const meter;
    if (work == "upload") {
        auto const file = get(context, client.files().async_create(file_source::from_path(path)));
        told["id"] = file.id;
    } else if (work == "run") {
        auto const output = get(context, client.async_run("test/echo", input{{"x", file_source::from_path(path)}}));
        told["output"] = output.json();
    } else {
        auto const output = get(context, client.async_run("acme/large", input()));
        auto const saved = get(context, output.files().at(0).async_save(path));
        told["sha256"] = saved.sha256;
        told["bytes"] = static_cast<std::int64_t>(saved.bytes);
    }
    told["growth"] = meter.growth();
    std::ofstream(variable("REPLICATE_TEST_RESULT")) << json::serialize(told);
}

TEST_CASE("memory that is used is seen")
{
    growth_meter const meter;
    std::string const used(16'000'000, 'x');
    CHECK(used.size() == 16'000'000);
    if (slowness == 1)
        CHECK(meter.growth() > allowed_growth);
}

TEST_CASE("99 MB are uploaded in bounded memory and arrive as they are")
{
    replicate::testing::server_options options;
    options.community_models_by_name = true;
    replicate::testing::server server(options);
    temporary_directory const directory;
    std::string const bytes = varied_bytes(large);
    auto const path = directory.write("large.bin", bytes);
    auto const told = elsewhere(server, "upload", path);
    check_growth(told);
    replicate::asio::io_context context;
    replicate::client const client(context, local_client::settings(server));
    auto const stored = get(context, client.files().async_get(told.at("id").as_string().c_str()));
    CHECK(stored.size == large);
    CHECK(stored.sha256 == hash_of(bytes));
}

TEST_CASE("a model is run with a file of 99 MB in bounded memory")
{
    replicate::testing::server_options options;
    options.community_models_by_name = true;
    replicate::testing::server server(options);
    temporary_directory const directory;
    check_growth(elsewhere(server, "run", directory.write("large.bin", varied_bytes(large))));
    CHECK(server.counts().file_creates == 2); // the small one, and this
    CHECK(server.counts().creates == 2);
}

TEST_CASE("99 MB that are cut 20 times are saved in bounded memory, byte for byte")
{
    replicate::testing::server_options options;
    options.community_models_by_name = true;
    replicate::testing::server server(options);
    temporary_directory const directory;
    std::string const bytes = varied_bytes(large);
    server.model("acme/large", [&bytes](replicate::input const&) {
        return replicate::testing::script().file(bytes, "application/octet-stream", "large.bin");
    });
    for (std::size_t i = 0; i < 20; ++i)
        server.next_download().cut_answer(4'000'000 + i * 77'777);
    auto const told = elsewhere(server, "download", directory.path() / "saved.bin");
    check_growth(told);
    CHECK(server.counts().downloads == 21);
    CHECK(number(told, "bytes") == static_cast<std::int64_t>(large));
    CHECK(told.at("sha256").as_string() == hash_of(bytes));
    CHECK((bytes_of(directory.path() / "saved.bin") == bytes));
    CHECK(directory.names().size() == 1);
}
