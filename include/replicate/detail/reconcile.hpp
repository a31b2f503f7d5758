// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_RECONCILE_HPP
#define REPLICATE_DETAIL_RECONCILE_HPP

#include <replicate/core/model_requests.hpp>
#include <replicate/core/page_target.hpp>
#include <replicate/core/prediction_requests.hpp>
#include <replicate/detail/call.hpp>
#include <replicate/detail/webhook_mailbox.hpp>

#include <boost/asio/detached.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace replicate::detail {

/// One look at the list of predictions: nobody's call, so nobody is told how it ends.
class look_operation final : public operation {
public:
    using operation::operation;

    /// The look is over.
    void finish() { end(); }

private:
    void complete_failure(failure) override {}
};

/// Why a page of the list could not be taken; no error where it could. `more`: where the next one is, if it is wanted.
inline boost::system::error_code take_page(core::create_reconciliation& creates, call_result const& result,
    std::chrono::steady_clock::time_point asked, std::string& next)
{
    next.clear();
    if (result.code)
        return result.code;
    auto const document = core::parse_document(result.response.body);
    json::object const* const object = document ? document->if_object() : nullptr;
    json::value const* const items = object == nullptr ? nullptr : object->if_contains("results");
    if (items == nullptr || !items->is_array())
        return errc::unexpected_document;
    auto const told = core::parse_http_date(result.response.header("date"));
    bool const wants_more = creates.on_page(items->get_array(), asked, std::chrono::steady_clock::now(), told);
    if (wants_more)
        next = text_member(*object, "next");
    return {};
}

/// Reads the list as far as it can hold what is looked for.
inline asio::awaitable<boost::system::error_code> read_list(operation& owner)
{
    core::create_reconciliation& creates = owner.client().creates().decisions;
    core::api_links const links(owner.client().base());
    prediction_list_options options;
    options.created_after = creates.begin_look(std::chrono::steady_clock::now());
    boost::system::error_code code;
    do {
        auto const asked = std::chrono::steady_clock::now();
        call one(owner, core::list_predictions_request(options, links));
        call_result const result = co_await one.perform();
        code = take_page(creates, result, asked, options.page);
    } while (!code && !options.page.empty() && options.page != "null");
    co_return code;
}

/// Asks for the predictions that the list tells no input of. One that cannot be had is not the one that is looked for.
inline asio::awaitable<void> ask_for_inputs(operation& owner)
{
    core::create_reconciliation& creates = owner.client().creates().decisions;
    std::vector<std::string> const ids = creates.questions();
    for (std::string const& id : ids) {
        if (!core::is_safe_segment(id))
            continue;
        call one(owner, core::get_prediction_request(id));
        call_result const result = co_await one.perform();
        auto const document = core::parse_document(result.code ? "null" : result.response.body);
        if (document)
            creates.on_asked(id, *document);
    }
}

/// Asks whether versions are of the models that they may be of.
inline asio::awaitable<void> ask_for_versions(operation& owner)
{
    core::create_reconciliation& creates = owner.client().creates().decisions;
    std::vector<model_ref> const asked = creates.version_questions();
    for (model_ref const& each : asked) {
        call one(owner, core::get_version_request(each.owner(), each.name(), each.version()));
        call_result const result = co_await one.perform();
        if (!result.code || result.code == condition::not_found)
            creates.on_version_asked(each, !result.code);
    }
}

/// True for failures that another look need not meet.
inline bool may_pass(boost::system::error_code code) noexcept
{
    return code == condition::timeout || code == condition::connection || code == condition::server_error
        || code == condition::rate_limited || code == condition::protocol || code == errc::handshake_failed
        || code == asio::error::operation_aborted;
}

/// One look.
inline asio::awaitable<void> look_for_creates(std::shared_ptr<look_operation> running)
{
    running->begin();
    core::look_result how = core::look_result::done;
    std::string reason;
    try {
        boost::system::error_code const code = co_await read_list(*running);
        if (code) {
            how = may_pass(code) ? core::look_result::failed_for_now : core::look_result::failed_for_good;
            reason = text_of(code, running->context());
        }
        co_await ask_for_inputs(*running);
        co_await ask_for_versions(*running);
    } catch (...) {
        // The function that knows the token may fail for a while; what a list leads to does not change.
        failure const thrown = running->make_failure(std::current_exception());
        how = core::look_result::failed_for_now;
        reason = text_of(thrown.code(), thrown.diagnostics());
    }
    running->client().creates().decisions.end_look(std::chrono::steady_clock::now(), how, reason);
    running->finish();
}

/// Looks as long as there is something to look for.
inline asio::awaitable<void> find_creates(std::shared_ptr<client_state> client)
{
    create_board& board = client->creates();
    for (auto due = board.decisions.next_look(); due; due = board.decisions.next_look()) {
        if (*due > std::chrono::steady_clock::now()) {
            boost::system::error_code ignored;
            board.alarm.expires_at(*due);
            co_await board.alarm.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
            continue;
        }
        // Those whose callers have gone say so meanwhile.
        board.notices.notify();
        auto const running = std::make_shared<look_operation>(client, client->settings().timeouts.call);
        auto const slot = running->slot();
        co_await asio::co_spawn(
            client->strand(), look_for_creates(running), asio::bind_cancellation_slot(slot, asio::use_awaitable));
        board.notices.notify();
    }
    board.is_looking = false;
}

/// One create of a call, among those that a client knows of; leaves them when it goes.
class create_claim {
public:
    create_claim() = default;
    create_claim(create_claim const&) = delete;
    create_claim& operator=(create_claim const&) = delete;
    ~create_claim() { release(); }

    /// It is about to be sent; perhaps once more after it was lost: what comes of the first counts too.
    void begin(std::shared_ptr<client_state> client, core::create_signature what)
    {
        client_ = std::move(client);
        if (number_ == 0)
            number_ = creates().begin(std::move(what));
    }

    /// It is sent.
    void on_try() { creates().on_try(number_, std::chrono::steady_clock::now()); }

    /// Its prediction is known.
    void on_created(prediction const& seen)
    {
        creates().on_created(number_, seen, std::chrono::steady_clock::now());
        number_ = 0;
    }

    /// Its answer was lost; this is what came of it.
    void on_lost(core::response const& rest)
    {
        std::optional<std::chrono::system_clock::time_point> told;
        if (std::string_view const date = rest.header("date"); !date.empty())
            told = core::parse_http_date(date);
        creates().on_lost(number_, std::chrono::steady_clock::now(), told);
    }

    /// A webhook that was asked for by this create alone says this; null for none.
    void on_told(prediction const* told)
    {
        if (told != nullptr && core::is_safe_segment(told->id))
            creates().on_told(number_, *told, std::chrono::steady_clock::now());
    }

    /// Its caller has gone.
    void on_unwanted() { creates().on_unwanted(number_); }

    /// What became of it. Precondition: it was lost.
    core::create_verdict const& verdict() { return creates().verdict(number_); }

    /// There is nothing to know any more.
    void release() noexcept
    {
        if (number_ != 0)
            creates().end(std::exchange(number_, 0));
    }

private:
    core::create_reconciliation& creates() noexcept { return client_->creates().decisions; }

    std::shared_ptr<client_state> client_;
    core::create_reconciliation::number number_ = 0;
};

/// Waits until it is known what became of a create that was lost, or how far it was looked for. The caller of the operation may go
/// meanwhile. `mailbox`: where webhooks come that were asked for by this create alone; null where none was.
inline asio::awaitable<core::create_verdict> wait_for_verdict(operation& owner, create_claim& claim, webhook_mailbox* mailbox)
{
    constexpr std::chrono::milliseconds mail_interval{100};
    create_board& board = owner.client().creates();
    board.alarm.cancel(); // the next look may have to come earlier
    if (!std::exchange(board.is_looking, true))
        asio::co_spawn(owner.client().strand(), find_creates(owner.shared_client()), asio::detached);
    while (claim.verdict().kind == core::create_verdict_kind::pending) {
        if (owner.is_stopped())
            claim.on_unwanted();
        if (mailbox == nullptr) {
            co_await board.notices.wait();
            continue;
        }
        claim.on_told(mailbox->front());
        if (claim.verdict().kind == core::create_verdict_kind::pending)
            co_await mailbox->wait(std::chrono::steady_clock::now() + mail_interval);
    }
    core::create_verdict verdict = claim.verdict();
    co_return verdict;
}

} // namespace replicate::detail

#endif
