// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_WEBHOOK_JOB_HPP
#define REPLICATE_IMPL_TESTING_WEBHOOK_JOB_HPP

#include <replicate/impl/testing/server_state.hpp>
#include <replicate/impl/testing/webhook_plan.hpp>
#include <replicate/impl/testing/webhook_post.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace replicate::testing::detail {

/// A webhook that is to be sent.
class webhook_message {
public:
    webhook_event event = webhook_event::completed;
    std::string id;
    std::string body;

    webhook_message() = default;
};

/// Sends the webhooks of one prediction. Everything on the server's strand.
class webhook_job final : public waiting_job {
public:
    webhook_job(std::shared_ptr<server_state> server, prediction_record const& record);
    ~webhook_job() override;

    /// Until the last one was sent, or given up.
    asio::awaitable<void> run();

    /// Looks at the prediction anew.
    void wake() override { timer_.cancel(); }

    /// Ends it, whatever it waits for.
    void stop() override;

private:
    asio::awaitable<void> pause(std::chrono::steady_clock::time_point until);
    asio::awaitable<void> hand_over(webhook_message made);
    asio::awaitable<void> deliver(webhook_message made);
    asio::awaitable<bool> attempt(webhook_message made);

    webhook_message make(webhook_event event, prediction_record const& record, moment now) const;
    std::string request_text(webhook_message const& made) const;

    std::shared_ptr<server_state> server_;
    std::string const id_;
    std::optional<core::absolute_url> const url_;
    webhook_options const options_;
    webhook_plan plan_;
    asio::steady_timer timer_;
    std::shared_ptr<webhook_post> post_;
    std::optional<webhook_message> kept_back_;
};

/// Begins to send the webhooks of a prediction, if it has any. On the strand.
void start_webhooks(std::shared_ptr<server_state> const& server, std::string const& id);

} // namespace replicate::testing::detail

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/testing/webhook_job.ipp>
#endif

#endif
