// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CONNECTION_EVENTS_HPP
#define REPLICATE_CONNECTION_EVENTS_HPP

#include <replicate/detail/event_attributes.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

// See client_observer.hpp for what all events have in common.

namespace replicate {

/// What all events of a connection have in common.
class connection_event {
public:
    /// [server.address] The host that it leads to, whatever proxy is between.
    std::string_view server_address;
    /// [server.port] Its port.
    std::uint16_t server_port = 0;

    /// Nothing.
    connection_event() = default;

    /// Shows all attributes.
    template<class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        detail::visit_text(visitor, "server.address", self.server_address);
        detail::visit_number(visitor, "server.port", self.server_port);
    }
};

/// A connection was opened.
class connection_opened : public connection_event {
public:
    /// [tls.established] Whether it is encrypted; only a connection to this machine may not be.
    bool secure = false;
    /// [tls.resumed] Whether an earlier TLS session was resumed.
    bool resumed = false;
    /// [replicate.connection.open_duration] What that took, from the look-up of the name to the end of the handshake.
    std::chrono::steady_clock::duration duration{};

    /// Nothing.
    connection_opened() = default;

    /// Shows all attributes.
    template<class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        connection_event::visit(self, visitor);
        visitor("tls.established", self.secure);
        visitor("tls.resumed", self.resumed);
        detail::visit_time(visitor, "replicate.connection.open_duration", self.duration);
    }
};

/// An idle connection is used again.
class connection_reused : public connection_event {
public:
    /// Nothing.
    connection_reused() = default;
};

/// A connection was closed; there is one for each `connection_opened`.
class connection_closed : public connection_event {
public:
    /// [http.client.connection.duration] For how long it was open.
    std::chrono::steady_clock::duration duration{};
    /// [replicate.connection.requests] How many requests it has carried.
    std::uint64_t requests = 0;

    /// Nothing.
    connection_closed() = default;

    /// Shows all attributes.
    template<class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        connection_event::visit(self, visitor);
        detail::visit_time(visitor, "http.client.connection.duration", self.duration);
        detail::visit_number(visitor, "replicate.connection.requests", self.requests);
    }
};

} // namespace replicate

#endif
