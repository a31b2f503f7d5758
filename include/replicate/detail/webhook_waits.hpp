// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_WEBHOOK_WAITS_HPP
#define REPLICATE_DETAIL_WEBHOOK_WAITS_HPP

#include <replicate/prediction.hpp>

#include <memory>
#include <string>

// What a run knows of a webhook listener. All of it happens on the strand of their client.

namespace replicate::detail {

class client_state;

/// A run that waits for webhooks.
class webhook_receiver {
public:
    virtual ~webhook_receiver() = default;

    /// A webhook that came by its URL, verified; the newest need not come last, and it may speak of another prediction.
    virtual void receive(prediction seen) = 0;

    /// No webhooks will come any more.
    virtual void no_more() = 0;
};

/// Where runs wait for webhooks.
class webhook_waits {
public:
    virtual ~webhook_waits() = default;

    /// Gives a run of a client a URL of its own, which the service is to call, and remembers the run until it has gone. An `error`
    /// of `errc::invalid_argument` where nothing listens any more, or for another client.
    virtual std::string enter(client_state const& client, std::weak_ptr<webhook_receiver> who) = 0;

    /// Forgets the run with this URL.
    virtual void leave(std::string const& url) noexcept = 0;
};

} // namespace replicate::detail

#endif
