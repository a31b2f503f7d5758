// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/io/proxy_tunnel.hpp>

#include "support/coroutines.hpp"
#include "support/memory_stream.hpp"

#include <boost/asio/ssl/error.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>

namespace {

namespace asio = boost::asio;
using replicate::errc;
using replicate::io::strand;
using replicate::tests::make_strand;
using replicate::tests::memory_stream;
using replicate::tests::run_dry;
using replicate::tests::run_ready;
using replicate::tests::task;
using error_code = boost::system::error_code;

class trial {
public:
    explicit trial(strand executor)
        : stream(executor)
    {
        through.origin.secure = false;
        through.origin.host = "proxy.test";
        through.origin.port = 3128;
        target.host = "api.replicate.com";
    }

    memory_stream stream;
    replicate::core::proxy through;
    replicate::core::origin target;
    replicate::io::attempt progress;
    std::optional<error_code> code;
};

asio::awaitable<void> open(std::shared_ptr<trial> on)
{
    on->code = co_await replicate::io::open_tunnel(on->stream, on->through, on->target, on->progress);
}

class tunnel_fixture {
public:
    void run()
    {
        task const running(executor, open(on));
        CHECK(run_dry(context));
        REQUIRE(running.ended());
        running.rethrow();
    }

    void renew() { on = std::make_shared<trial>(executor); }

    asio::io_context context;
    strand executor = make_strand(context);
    std::shared_ptr<trial> on = std::make_shared<trial>(executor);
};

std::string const established = "HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n";
std::string const request = "CONNECT api.replicate.com:443 HTTP/1.1\r\nHost: api.replicate.com:443\r\n\r\n";

} // namespace

TEST_CASE_FIXTURE(tunnel_fixture, "a tunnel is asked for with host and port and nothing else")
{
    on->stream.answer(established, 1);
    SUBCASE("without credentials")
    {
        run();
        CHECK(on->stream.received() == request);
    }
    SUBCASE("with credentials")
    {
        on->through.authorization = "Basic dXNlcjpwYXNz";
        run();
        CHECK(on->stream.received()
            == request.substr(0, request.size() - 2) + "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n");
    }
    CHECK(*on->code == error_code());
    CHECK(on->progress.detail.empty());
}

TEST_CASE_FIXTURE(tunnel_fixture, "a tunnel stands when the proxy says so, however it cuts its answer")
{
    for (std::string const& answer :
        {established, std::string("HTTP/1.0 200 OK\r\n\r\n"), std::string("HTTP/1.1 204 No Content\r\n\r\n"),
            std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")})
        for (std::size_t const share : {std::size_t(1), std::size_t(7), std::size_t(100'000)}) {
            CAPTURE(answer);
            CAPTURE(share);
            renew();
            on->stream.answer(answer, request.size());
            on->stream.carry_at_most(share);
            run();
            CHECK(*on->code == error_code());
            CHECK(on->stream.delivered() == answer.size());
        }
}

TEST_CASE_FIXTURE(tunnel_fixture, "a proxy that refuses is quoted with its status")
{
    on->stream.answer("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 4\r\n\r\nnope");
    run();
    CHECK(*on->code == errc::proxy_authentication_failed);
    CHECK(on->progress.detail == "the proxy proxy.test:3128 answered 407");
}

TEST_CASE_FIXTURE(tunnel_fixture, "a proxy that speaks something else is refused")
{
    for (std::string const answer : {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "\x16\x03\x01\x02\x01\x01", "200\r\n\r\n"}) {
        CAPTURE(answer);
        renew();
        on->stream.answer(answer);
        on->stream.end_with(asio::error::eof);
        run();
        CHECK(*on->code == errc::proxy_refused);
        CHECK(on->progress.detail.find("the proxy proxy.test:3128") == 0);
    }
}

TEST_CASE_FIXTURE(
    tunnel_fixture, "bytes behind the header of a proxy's answer are refused, because TLS begins with the client")
{
    on->stream.answer(established + "x");
    run();
    CHECK(*on->code == errc::proxy_refused);
    CHECK(on->progress.detail == "the proxy proxy.test:3128 answered 200 and more than that");
}

TEST_CASE_FIXTURE(tunnel_fixture, "a proxy whose header has no end is refused")
{
    on->stream.answer("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 1000; ++i)
        on->stream.answer("X-Filler: " + std::string(100, 'x') + "\r\n");
    run();
    CHECK(*on->code == errc::proxy_refused);
    CHECK(on->stream.delivered() < 40'000);
}

TEST_CASE_FIXTURE(tunnel_fixture, "a tunnel fails rightly, whichever operation fails first")
{
    error_code const errors[] = {asio::error::connection_reset, asio::error::eof, asio::error::operation_aborted};
    for (std::size_t const share : {std::size_t(1), std::size_t(100'000)})
        for (error_code const& injected : errors) {
            std::size_t failed = 0;
            for (bool succeeded = false; !succeeded; ++failed) {
                CAPTURE(share);
                CAPTURE(injected);
                CAPTURE(failed);
                renew();
                on->stream.answer(established, request.size());
                on->stream.carry_at_most(share);
                on->stream.fail_at(failed, injected);
                run();
                succeeded = on->stream.operations() <= failed;
                if (succeeded)
                    CHECK(*on->code == error_code());
                else if (injected == asio::error::operation_aborted)
                    CHECK(*on->code == injected);
                else
                    CHECK(*on->code == errc::proxy_refused);
                if (*on->code == errc::proxy_refused)
                    CHECK(on->progress.detail == "the proxy proxy.test:3128: " + injected.message());
            }
            CHECK(failed >= 3);
        }
}

TEST_CASE_FIXTURE(tunnel_fixture, "a wait for a proxy that does not answer can be cancelled")
{
    task waiting(executor, open(on));
    run_ready(context);
    REQUIRE_FALSE(waiting.ended());
    waiting.cancel();
    CHECK(run_dry(context));
    CHECK(waiting.ended());
    CHECK((waiting.code() == asio::error::operation_aborted || on->code == error_code(asio::error::operation_aborted)));
}
