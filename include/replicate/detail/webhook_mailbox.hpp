// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_WEBHOOK_MAILBOX_HPP
#define REPLICATE_DETAIL_WEBHOOK_MAILBOX_HPP

#include <replicate/detail/client_state.hpp>
#include <replicate/detail/webhook_waits.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace replicate::detail {

namespace asio = boost::asio;

/// What webhooks have said, until the run that waits for it looks. Used on the client's strand.
class webhook_mailbox final : public webhook_receiver {
public:
    explicit webhook_mailbox(io::strand executor)
        : timer_(std::move(executor))
    {
    }

    void receive(prediction seen) override
    {
        states_.push_back(std::move(seen));
        if (states_.size() > most_states)
            states_.pop_front();
        wake();
    }

    void no_more() override
    {
        ended_ = true;
        wake();
    }

    /// Ends a wait early.
    void wake() { timer_.cancel(); }

    /// The next state of this prediction; nothing where there is none now. Those of others are dropped.
    std::optional<prediction> take(std::string const& id)
    {
        while (!states_.empty()) {
            prediction next = std::move(states_.front());
            states_.pop_front();
            if (next.id == id)
                return next;
        }
        return std::nullopt;
    }

    /// The oldest state, which stays; null where there is none now.
    prediction const* front() const noexcept { return states_.empty() ? nullptr : &states_.front(); }

    /// True when no webhooks will come any more.
    bool has_ended() const noexcept { return ended_; }

    /// Waits for a webhook, or for their end, until a time. Look first: what has come already does not end it.
    asio::awaitable<void> wait(std::chrono::steady_clock::time_point until)
    {
        boost::system::error_code ignored;
        timer_.expires_at(until);
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

private:
    // Those before the oldest that is kept say nothing that a later one does not.
    static constexpr std::size_t most_states = 64;

    asio::steady_timer timer_;
    std::deque<prediction> states_;
    bool ended_ = false;
};

/// A run's place among those that wait for webhooks; leaves it when it goes.
class webhook_place {
public:
    webhook_place() = default;
    webhook_place(webhook_place const&) = delete;
    webhook_place& operator=(webhook_place const&) = delete;
    ~webhook_place()
    {
        if (waits_)
            waits_->leave(url_);
    }

    /// Takes a place.
    void enter(std::shared_ptr<webhook_waits> waits, client_state& client)
    {
        if (!waits)
            throw_invalid_argument("options.wait", "the webhook listener has gone");
        mailbox_ = std::make_shared<webhook_mailbox>(client.strand());
        url_ = waits->enter(client, mailbox_);
        waits_ = std::move(waits);
    }

    /// The URL for the service.
    std::string const& url() const noexcept { return url_; }

    /// Null where no place was taken.
    webhook_mailbox* mailbox() noexcept { return mailbox_.get(); }

private:
    std::shared_ptr<webhook_waits> waits_;
    std::shared_ptr<webhook_mailbox> mailbox_;
    std::string url_;
};

} // namespace replicate::detail

#endif
