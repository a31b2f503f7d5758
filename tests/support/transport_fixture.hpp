// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_TRANSPORT_FIXTURE_HPP
#define REPLICATE_TESTS_SUPPORT_TRANSPORT_FIXTURE_HPP

#include <replicate/io/transport.hpp>

#include "support/coroutines.hpp"
#include "support/raw_tls_peer.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace replicate::tests {

/// One request through a transport, and what came of it.
class sending {
public:
    io::attempt progress;
    std::optional<io::exchange_result> result;

    bool ended() const noexcept { return result.has_value(); }
    boost::system::error_code code() const { return result->code; }
    std::string const& body() const { return result->response.body; }
};

/// Keeps alive what it uses, as the calls of a client do.
inline asio::awaitable<void> send_through(std::shared_ptr<io::transport> through, core::origin target,
    std::string request, io::exchange_limits limits, bool want_fresh, std::shared_ptr<sending> to)
{
    io::exchange_result result =
        co_await through->send(std::move(target), std::move(request), limits, want_fresh, to->progress);
    to->result = std::move(result);
}

/// A transport and a scripted peer, with a certificate that the transport trusts.
class transport_fixture {
public:
    transport_fixture()
    {
        settings.tls.certificate_authority = authority().certificate();
        settings.tls.only_certificate_authority = true;
    }

    /// Makes the transport, with the settings as they are.
    io::transport& transport()
    {
        if (!transport_)
            transport_ = std::make_shared<io::network_transport>(
                executor, std::make_shared<io::deadline_list>(executor), io::make_tls_context(settings.tls), settings);
        return *transport_;
    }

    core::origin origin() const
    {
        core::origin result;
        result.secure = secure;
        result.host = host;
        result.port = peer.port();
        return result;
    }

    /// Starts a request.
    std::shared_ptr<sending> start(std::string const& name, bool want_fresh = false)
    {
        auto const result = std::make_shared<sending>();
        last_task = std::make_shared<task>(executor, make(name, want_fresh, result));
        return result;
    }

    /// Makes a request, and waits for what comes of it.
    std::shared_ptr<sending> send(std::string const& name, bool want_fresh = false)
    {
        auto const result = start(name, want_fresh);
        REQUIRE(run_until_ended(context, *last_task));
        last_task->rethrow();
        return result;
    }

    asio::awaitable<void> make(std::string const& name, bool want_fresh, std::shared_ptr<sending> const& to)
    {
        transport();
        io::exchange_limits limits;
        limits.timeouts = settings.timeouts;
        limits.header_bytes = settings.limits.header_bytes;
        limits.body_bytes = settings.limits.body_bytes;
        return send_through(transport_, origin(), "GET /" + name + " HTTP/1.1\r\nHost: x\r\n" + more_headers + "\r\n",
            limits, want_fresh, to);
    }

    /// Lets go of the transport; what is under way keeps it.
    void drop_transport() { transport_.reset(); }

    /// Runs until all scripts have ended that were played.
    bool run_until_peer_ended(std::size_t scripts)
    {
        return run_until(context, [&] { return peer.ended() == scripts; });
    }

    /// One for all tests: keys take time.
    static testing::certificate_authority const& authority()
    {
        static testing::certificate_authority const made;
        return made;
    }

    static testing::credentials const& usual_identity()
    {
        static testing::credentials const made = authority().issue();
        return made;
    }

    asio::io_context context;
    io::strand executor = make_strand(context);
    config settings;
    bool secure = true;
    std::string host = "localhost";
    std::string more_headers;
    raw_tls_peer peer{context, usual_identity()};
    std::shared_ptr<task> last_task;

private:
    std::shared_ptr<io::transport> transport_;
};

} // namespace replicate::tests

#endif
