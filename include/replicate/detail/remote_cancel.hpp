// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_REMOTE_CANCEL_HPP
#define REPLICATE_DETAIL_REMOTE_CANCEL_HPP

#include <replicate/core/cancel_patience.hpp>
#include <replicate/detail/call.hpp>
#include <replicate/detail/prediction_notes.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <exception>
#include <utility>

namespace replicate::detail {

/// Tells how the prediction has ended that was cancelled, as the answer has it: nobody looks at it any more.
inline void tell_of_cancel(operation& owner, call_result const& answer)
{
    auto const known = owner.context().prediction;
    auto document = core::parse_document(known && !answer.code ? answer.response.body : "null");
    json::object const* const object = document ? document->if_object() : nullptr;
    if (object == nullptr || text_member(*object, "id") != known->id)
        return;
    prediction_notes notes(prediction_origin::known, known->status);
    notes.see(owner.client().notes(), prediction::from_json(std::move(*document)));
}

/// What has come of asking once to cancel.
enum class cancel_outcome {
    /// The service has answered.
    answered,
    /// It has not.
    unheard,
    /// There was no token to ask with.
    impossible
};

/// Asks once to cancel.
inline asio::awaitable<cancel_outcome> try_to_cancel(operation& owner, core::request what)
{
    cancel_outcome outcome = cancel_outcome::impossible;
    try {
        call cancellation(owner, std::move(what));
        call_result const result = co_await cancellation.perform();
        bool const has_answer = !result.code || result.response.status != 0;
        outcome = has_answer ? cancel_outcome::answered : cancel_outcome::unheard;
        tell_of_cancel(owner, result);
    } catch (boost::system::system_error const& ended) {
        if (ended.code() == asio::error::operation_aborted)
            outcome = cancel_outcome::unheard;
    } catch (std::exception const&) {
        outcome = cancel_outcome::impossible;
    }
    co_return outcome;
}

/// Cancels what costs money and what nobody waits for any more. Whether this succeeds interests nobody either: it throws nothing,
/// and the operation's limit ends it, which begins with its turn: thousands may be left at once, and the service takes fifty a second.
/// The function that knows the token may fail for a while.
inline asio::awaitable<void> cancel_remotely(operation& owner, core::request what)
{
    constexpr int tries = 3;
    core::cancel_patience& patience = owner.client().cancels();
    owner.shield(true);
    io::pass const turn = co_await owner.client().cancel_turns().admit();
    owner.shield(false);
    cancel_outcome outcome = cancel_outcome::impossible;
    bool const is_of_use = patience.is_of_use(std::chrono::steady_clock::now());
    for (int i = 0; i < tries && is_of_use && outcome == cancel_outcome::impossible; ++i) {
        if (i > 0) {
            boost::system::error_code ignored;
            asio::steady_timer timer(owner.client().strand(), std::chrono::milliseconds(200));
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
        outcome = co_await try_to_cancel(owner, what);
    }
    if (outcome == cancel_outcome::answered)
        patience.on_answer();
    else if (outcome == cancel_outcome::unheard)
        patience.on_silence(std::chrono::steady_clock::now());
}

} // namespace replicate::detail

#endif
