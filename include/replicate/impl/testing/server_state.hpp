// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_SERVER_STATE_HPP
#define REPLICATE_IMPL_TESTING_SERVER_STATE_HPP

#include <replicate/core/datetime.hpp>
#include <replicate/impl/testing/fault_plan.hpp>
#include <replicate/impl/testing/ledger.hpp>
#include <replicate/impl/testing/link.hpp>
#include <replicate/impl/testing/routes.hpp>
#include <replicate/impl/testing/service.hpp>
#include <replicate/impl/testing/waiting_job.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace replicate::testing::detail {

/// Which of the listeners a connection came to.
enum class origin { api, delivery, stream };

/// A TLS context with these credentials, for all listeners.
asio::ssl::context make_tls_context(server_options const& options, credentials const& shown);

/// What the connections of one server share. The members after `executor` belong to its strand.
class server_state {
public:
    service core;
    ledger seen;
    std::shared_ptr<fault_plan> faults = std::make_shared<fault_plan>();
    asio::any_io_executor executor;
    asio::ssl::context tls;
    asio::ip::tcp::acceptor api_acceptor;
    asio::ip::tcp::acceptor delivery_acceptor;
    asio::ip::tcp::acceptor stream_acceptor;
    std::uint16_t api_port = 0;

    /// Every connection that is open; they take themselves out.
    std::unordered_set<link*> open;
    /// Connections with a held create or a stream, by the id of its prediction.
    std::unordered_multimap<std::string, link*> held;
    /// Webhooks at work, by the id of their prediction; they take themselves out.
    std::unordered_multimap<std::string, waiting_job*> webhooks;
    asio::ssl::context webhook_tls{asio::ssl::context::tls_client};
    std::size_t accepted = 0;
    bool stopping = false;

    server_state(asio::any_io_executor strand, server_options options, credentials const& shown)
        : core(std::move(options), all_routes())
        , seen(core.options.remembered_requests)
        , executor(std::move(strand))
        , tls(make_tls_context(core.options, shown))
        , api_acceptor(executor)
        , delivery_acceptor(executor)
        , stream_acceptor(executor)
    {
    }

    asio::ip::tcp::acceptor& acceptor(origin listener) noexcept
    {
        return listener == origin::api ? api_acceptor : listener == origin::stream ? stream_acceptor : delivery_acceptor;
    }

    /// Opens the listeners; throws where the system refuses.
    void listen();

    /// Closes listeners and connections. On the strand.
    void stop();

    /// Lets the held creates of a prediction answer, and its streams look anew. On the strand.
    void wake(std::string const& id);

    /// The Date header; made once a second. On the strand.
    std::string const& date(std::chrono::system_clock::time_point now)
    {
        now += core.options.clock_offset;
        auto const second = std::chrono::floor<std::chrono::seconds>(now);
        if (second != date_second_) {
            date_second_ = second;
            date_ = core::format_http_date(now);
        }
        return date_;
    }

private:
    std::chrono::sys_seconds date_second_{};
    std::string date_;
};

} // namespace replicate::testing::detail

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/testing/server_state.ipp>
#endif

#endif
