// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// Through a proxy that others have written: tinyproxy.

#include "support/child_process.hpp"
#include "support/environment.hpp"
#include "support/local_client.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

namespace {

using namespace replicate::tests;
using replicate::condition;
using tcp = asio::ip::tcp;

constexpr char const* program = "/usr/bin/tinyproxy";

bool is_listening(unsigned short port)
{
    asio::io_context context;
    tcp::socket socket(context);
    boost::system::error_code code;
    socket.connect(tcp::endpoint(asio::ip::address_v4::loopback(), port), code);
    return !code;
}

unsigned short free_port()
{
    asio::io_context context;
    return tcp::acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)).local_endpoint().port();
}

// It cannot choose its port itself, so that another program may be quicker: then it is started again.
class tinyproxy {
public:
    tinyproxy()
    {
        for (int tries = 0; tries < 5 && !start(); ++tries) {
        }
        REQUIRE(process_ != nullptr);
    }

    std::string url(std::string const& credentials) const
    {
        return "http://" + credentials + "127.0.0.1:" + std::to_string(port_);
    }

private:
    bool start()
    {
        port_ = free_port();
        std::string const settings = "Port " + std::to_string(port_)
            + "\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\nAllow 127.0.0.1\nBasicAuth llama s3cret\nLogLevel Critical\n";
        process_ = std::make_unique<child_process>(std::vector<std::string>{program, "-d", "-c", settings_.write(settings)});
        while (process_->runs())
            if (is_listening(port_))
                return true;
        process_.reset();
        return false;
    }

    temporary_file settings_;
    unsigned short port_ = 0;
    std::unique_ptr<child_process> process_;
};

bool is_missing()
{
    bool const missing = !std::filesystem::exists(program);
    if (missing)
        std::cout << "skipped: " << program << " is not installed (package tinyproxy-bin)\n";
    return missing;
}

} // namespace

TEST_CASE("a run, its stream and its file go through a real proxy that wants credentials")
{
    if (is_missing())
        return;
    tinyproxy const proxy;
    local_client local([&](replicate::config& settings) { settings.proxy.url = proxy.url("llama:s3cret@"); });
    auto const output = local.get(local.client.async_run(
        "black-forest-labs/flux-schnell", replicate::input().set("prompt", "x").set("width", 16)));
    CHECK_FALSE(local.get(output.files().at(0).async_read()).empty());
    auto const stream = local.get(
        local.client.async_stream("meta/meta-llama-3-8b-instruct", replicate::input().set("prompt", "x")));
    CHECK_FALSE(local.get(stream.async_text()).empty());
    for (auto const& request : local.server.requests())
        CHECK(request.header("proxy-authorization").empty());
}

TEST_CASE("a real proxy that refuses is an error that names it, and nothing is sent")
{
    if (is_missing())
        return;
    tinyproxy const proxy;
    local_client local([&](replicate::config& settings) { settings.proxy.url = proxy.url("llama:wrong@"); });
    auto const refused = local.failure_of(local.client.account().async_get());
    REQUIRE(refused.has_value());
    CHECK(refused->code() == condition::connection);
    CHECK(refused->code() == replicate::errc::proxy_refused);
    CHECK(std::string(refused->what()).find("40") != std::string::npos);
    CHECK(local.server.counts().requests == 0);
}
