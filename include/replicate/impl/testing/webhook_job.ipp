// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_WEBHOOK_JOB_IPP
#define REPLICATE_IMPL_TESTING_WEBHOOK_JOB_IPP

#include <replicate/detail/config.hpp>
#include <replicate/impl/testing/training_text.hpp>
#include <replicate/impl/testing/webhook_job.hpp>
#include <replicate/webhook.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace replicate::testing::detail {

// A prediction or a training.
inline prediction_book::record_pointer find_run(server_state const& server, std::string const& id)
{
    auto record = server.core.predictions.find(id);
    return record ? record : server.core.trainings.find(id);
}

REPLICATE_DECL webhook_job::webhook_job(std::shared_ptr<server_state> server, prediction_record const& record)
    : server_(std::move(server))
    , id_(record.id)
    , url_(core::parse_absolute_url(record.webhook))
    , options_(server_->core.webhooks.standing())
    , plan_(record.webhook_events, options_.throttle)
    , timer_(server_->executor)
{
    server_->webhooks.emplace(id_, this);
}

REPLICATE_DECL webhook_job::~webhook_job()
{
    auto const jobs = server_->webhooks.equal_range(id_);
    server_->webhooks.erase(
        std::find_if(jobs.first, jobs.second, [this](auto const& entry) { return entry.second == this; }));
}

REPLICATE_DECL void webhook_job::stop()
{
    timer_.cancel();
    if (post_)
        post_->close();
}

REPLICATE_DECL asio::awaitable<void> webhook_job::run()
{
    while (!server_->stopping && !plan_.over()) {
        auto const record = find_run(*server_, id_);
        moment const now = moment::now();
        auto const due = plan_.take(*record, now.steady);
        if (due) {
            webhook_message made = make(*due, *record, now);
            co_await hand_over(std::move(made));
        } else if (!plan_.over()) {
            co_await pause(plan_.next(*record, now.steady));
        }
    }
    if (kept_back_ && !server_->stopping) {
        webhook_message last = std::move(*kept_back_);
        co_await deliver(std::move(last));
    }
}

REPLICATE_DECL asio::awaitable<void> webhook_job::pause(std::chrono::steady_clock::time_point until)
{
    timer_.expires_at(until);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
}

// Reordered: one always waits for the next.
REPLICATE_DECL asio::awaitable<void> webhook_job::hand_over(webhook_message made)
{
    std::optional<webhook_message> earlier;
    if (options_.reordered)
        earlier.swap(kept_back_);
    if (options_.reordered && !earlier) {
        kept_back_.emplace(std::move(made));
        co_return;
    }
    co_await deliver(std::move(made));
    if (earlier && !server_->stopping) {
        webhook_message second = std::move(*earlier);
        co_await deliver(std::move(second));
    }
}

REPLICATE_DECL asio::awaitable<void> webhook_job::deliver(webhook_message made)
{
    auto const patient = std::chrono::steady_clock::now() + options_.delay;
    while (!server_->stopping && std::chrono::steady_clock::now() < patient)
        co_await pause(patient);
    // Only the last one is tried again.
    std::size_t left = made.event == webhook_event::completed ? options_.retries : 0;
    auto interval = options_.first_pause;
    bool accepted = co_await attempt(made);
    for (; !accepted && left > 0 && !server_->stopping; --left) {
        auto const until = std::chrono::steady_clock::now() + std::exchange(interval, interval * 2);
        while (!server_->stopping && std::chrono::steady_clock::now() < until)
            co_await pause(until);
        accepted = co_await attempt(made);
    }
    if (options_.duplicated)
        co_await attempt(made);
}

REPLICATE_DECL asio::awaitable<bool> webhook_job::attempt(webhook_message made)
{
    if (server_->stopping)
        co_return false;
    server_->seen.count([](server_counts& counts) { ++counts.webhooks; });
    post_ = std::make_shared<webhook_post>(server_->executor, server_->webhook_tls);
    std::string request = request_text(made);
    core::absolute_url url(*url_);
    unsigned const status = co_await post_->send(std::move(url), std::move(request), options_.timeout);
    post_.reset();
    bool const accepted = status >= 200 && status < 300;
    server_->seen.count(
        [&](server_counts& counts) { ++(accepted ? counts.webhooks_accepted : counts.webhooks_failed); });
    co_return accepted;
}

REPLICATE_DECL webhook_message webhook_job::make(webhook_event event, prediction_record const& record, moment now) const
{
    webhook_message made;
    made.event = event;
    made.id = "msg_" + server_->core.random.identity(27);
    if (server_->core.trainings.find(record.id))
        made.body = describe_training(server_->core, record, now);
    else
        made.body = server_->core.describe(record, back_end::gateway, now);
    return made;
}

REPLICATE_DECL std::string webhook_job::request_text(webhook_message const& made) const
{
    auto const now = std::chrono::system_clock::now() - options_.age;
    auto const seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    std::string const timestamp = std::to_string(seconds);
    std::string const secret = options_.wrong_signature ? make_webhook_secret() : server_->core.webhook_secret;
    std::string text = "POST " + url_->target() + " HTTP/1.1\r\n";
    append_header(text, "host", url_->origin.authority());
    append_header(text, "user-agent", "replicate-local-server");
    append_header(text, "content-type", "application/json");
    append_header(text, "content-length", std::to_string(made.body.size()));
    append_header(text, "connection", "close");
    append_header(text, "webhook-id", made.id);
    append_header(text, "webhook-timestamp", timestamp);
    append_header(text, "webhook-signature", replicate::webhook::sign(made.id, timestamp, made.body, secret));
    return text.append("\r\n").append(made.body);
}

inline asio::awaitable<void> run_webhook_job(std::unique_ptr<webhook_job> job)
{
    co_await job->run();
}

REPLICATE_DECL void start_webhooks(std::shared_ptr<server_state> const& server, std::string const& id)
{
    auto const record = find_run(*server, id);
    if (!record || record->webhook.empty() || !server->core.webhooks.standing().sent)
        return;
    auto const url = core::parse_absolute_url(record->webhook);
    if (!url || !loopback_endpoint(*url)) {
        server->seen.count([](server_counts& counts) { ++counts.webhooks_withheld; });
        return;
    }
    auto job = std::make_unique<webhook_job>(server, *record);
    asio::co_spawn(server->executor, run_webhook_job(std::move(job)), asio::detached);
}

} // namespace replicate::testing::detail

#endif
