// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_REMOTE_CANCEL_HPP
#define REPLICATE_DETAIL_REMOTE_CANCEL_HPP

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

/// Asks once to cancel; false where there was no token to do it with.
inline asio::awaitable<bool> try_to_cancel(operation& owner, core::request what)
{
    bool is_sent = false;
    try {
        call cancellation(owner, std::move(what));
        call_result const result = co_await cancellation.perform();
        is_sent = true;
        tell_of_cancel(owner, result);
    } catch (boost::system::system_error const& ended) {
        is_sent = ended.code() == asio::error::operation_aborted;
    } catch (std::exception const&) {
        is_sent = false;
    }
    co_return is_sent;
}

/// Cancels what costs money and what nobody waits for any more. Whether this succeeds interests nobody either: it throws nothing,
/// and the operation's limit ends it. The function that knows the token may fail for a while.
inline asio::awaitable<void> cancel_remotely(operation& owner, core::request what)
{
    constexpr int tries = 3;
    bool is_sent = false;
    for (int i = 0; i < tries && !is_sent; ++i) {
        if (i > 0) {
            boost::system::error_code ignored;
            asio::steady_timer timer(owner.client().strand(), std::chrono::milliseconds(200));
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
        is_sent = co_await try_to_cancel(owner, what);
    }
}

} // namespace replicate::detail

#endif
