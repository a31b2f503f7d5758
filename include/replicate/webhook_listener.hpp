// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_WEBHOOK_LISTENER_HPP
#define REPLICATE_WEBHOOK_LISTENER_HPP

#include <replicate/client.hpp>
#include <replicate/webhook_delivery.hpp>
#include <replicate/webhook_listener_options.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace replicate {

namespace detail {

class webhook_desk;

std::shared_ptr<webhook_desk> open_webhook_desk(std::shared_ptr<client_state> client, webhook_listener_options options);
void close_webhook_desk(std::shared_ptr<webhook_desk> desk);
std::weak_ptr<webhook_waits> waits_of(std::shared_ptr<webhook_desk> const& desk);
std::uint16_t port_of(webhook_desk const& desk) noexcept;
std::string url_of(webhook_desk const& desk);
void start_next_delivery(std::shared_ptr<webhook_desk> desk, call_options options,
    erased_handler<std::optional<webhook_delivery>> handler);

} // namespace detail

/// A small HTTP server that takes the webhooks of a client's account.
///
///     replicate::webhook_listener listener(client, listener_options);
///     options.wait = replicate::wait::webhook(listener);
///     auto output = co_await client.async_run(model, input, options);
///
/// It verifies each request by its signature and time, leaves out those that were seen before, and answers at once: 200, or 400,
/// 401, 405, 413, 503. Webhooks of runs that wait by `wait::webhook` complete these; all others, to `url()`, come by
/// `async_next`, trainings among them.
/// It works on the client's strand and keeps its execution context busy until it is stopped. Its members may be called from any
/// thread. It must not outlive its execution context; runs that wait by it go on by polls when it stops.
class webhook_listener {
public:
    /// Begins to listen. Throws an `error`: `errc::invalid_argument` for options that make no sense, or what the system says,
    /// naming the address.
    explicit webhook_listener(client const& of, webhook_listener_options options = webhook_listener_options())
        : desk_(detail::open_webhook_desk(of.state_, std::move(options)))
    {
    }

    webhook_listener(webhook_listener&&) noexcept = default;
    webhook_listener& operator=(webhook_listener&& other) noexcept
    {
        std::swap(desk_, other.desk_);
        return *this;
    }
    /// Stops it.
    ~webhook_listener() { stop(); }

    /// What the service shall call for webhooks that come by `async_next`: for `run_options::webhook` and others.
    std::string url() const { return detail::url_of(*desk_); }

    /// The port that it listens on.
    std::uint16_t port() const noexcept { return detail::port_of(*desk_); }

    /// Waits for the next webhook: `std::optional<webhook_delivery>`, empty when the listener was stopped. Several may wait at
    /// once; each webhook is given to one. Arguments: `[call_options] [diagnostics&] [completion token]`.
    /// Deadline: none but that of the options. Cancellation: terminal and partial; no webhook is lost by it.
    template<class... Arguments>
        requires detail::call_arguments<std::optional<webhook_delivery>, call_options, Arguments...>
    auto async_next(Arguments&&... arguments) const
    {
        return detail::initiate<std::optional<webhook_delivery>, call_options>(
            detail::bind_start<&detail::start_next_delivery>(desk_), std::forward<Arguments>(arguments)...);
    }

    /// Stops listening and closes the connections. Returns at once.
    void stop() noexcept
    {
        if (desk_)
            detail::close_webhook_desk(desk_);
    }

private:
    friend class wait;

    std::shared_ptr<detail::webhook_desk> desk_;
};

inline wait wait::webhook(webhook_listener const& listener, std::chrono::steady_clock::duration safety_poll)
{
    return webhook_of(detail::waits_of(listener.desk_), safety_poll);
}

} // namespace replicate

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/webhook_listener.ipp>
#endif

#endif
